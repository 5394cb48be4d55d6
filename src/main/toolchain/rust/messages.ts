/** What cargo prints with --message-format=json (The Cargo Book, "External tools"; The rustc book, "JSON Output"). */
import { z } from 'zod'
import type { Problem, ProblemFix, ProblemNote, ProblemSeverity } from '../../../shared/problems'
import { parseLldOutput } from '../diagnostics/lld'
import { advise, SUMMARY } from './known'

const span = z.object({
  file_name: z.string(),
  line_start: z.number(),
  line_end: z.number(),
  column_start: z.number(),
  column_end: z.number(),
  is_primary: z.boolean(),
  label: z.string().nullish(),
  suggested_replacement: z.string().nullish(),
  suggestion_applicability: z.string().nullish(),
})
type Span = z.infer<typeof span>
const child = z.object({ message: z.string(), level: z.string(), spans: z.array(span).default([]) })
const diagnostic = z.object({
  message: z.string(),
  level: z.string(),
  code: z.object({ code: z.string() }).nullish(),
  spans: z.array(span),
  children: z.array(child),
  rendered: z.string().nullish(),
})
const cargoMessage = z.discriminatedUnion('reason', [
  z.object({ reason: z.literal('compiler-message'), message: diagnostic }),
  z.object({ reason: z.literal('compiler-artifact'), executable: z.string().nullable(), fresh: z.boolean(), target: z.object({ name: z.string(), kind: z.array(z.string()) }) }),
  z.object({ reason: z.literal('build-finished'), success: z.boolean() }),
])
export type CargoMessage = z.infer<typeof cargoMessage>
export type RustDiagnostic = z.infer<typeof diagnostic>

/** One line of cargo's standard output; undefined for kinds of messages that do not matter here. */
export function parseCargoLine(line: string): CargoMessage | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const parsed = cargoMessage.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : undefined
  } catch (error) {
    // A crate's build script may print a line of its own that only looks like JSON.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const LEVELS: Readonly<Record<string, ProblemSeverity>> = { error: 'error', 'error: internal compiler error': 'error', warning: 'warning', note: 'info', help: 'info', 'failure-note': 'info' }
/** Why a lint is on: nothing to do about a mistake. */
const LINT_NOTE = /^`#\[(warn|deny|forbid)\(.*\)\]`/

/**
 * A compiler's message as problems: one for each primary place, or for what the linker said. What stands elsewhere become notes, a
 * replacement that rustc is sure of becomes the fix.
 * @param sysroot of the rustc in use, for advice
 */
export function problemsOfDiagnostic(message: RustDiagnostic, sysroot: string): Problem[] {
  if (SUMMARY.test(message.message)) return []
  if (/^linking with .* failed/.test(message.message)) {
    const linker = message.children.flatMap((said) => parseLldOutput(said.message)).flatMap(({ problem }) => (problem ? [problem] : []))
    if (linker.length > 0) return linker
  }
  const help = message.children.filter(({ level }) => level === 'help').map(({ message: text }) => text)
  const notes = notesOf(message)
  const fix = fixOf(message)
  const base: Problem = advise(
    {
      severity: LEVELS[message.level] ?? 'error',
      source: 'rustc',
      message: message.message,
      ...(message.code ? { code: message.code.code } : {}),
      ...(help.length > 0 ? { next: help.join('; ') } : {}),
      ...(notes.length > 0 ? { notes } : {}),
      ...(fix ? { fix } : {}),
    },
    sysroot,
  )
  const places = message.spans.filter(({ is_primary }) => is_primary)
  if (places.length === 0) return [base]
  return places.map((place) => ({ ...base, message: place.label ? `${base.message}: ${place.label}` : base.message, ...placeOf(place) }))
}

function placeOf({ file_name, line_start, line_end, column_start, column_end }: Span): Required<Pick<Problem, 'file' | 'line' | 'column' | 'endLine' | 'endColumn'>> {
  return { file: file_name, line: line_start, column: column_start, endLine: line_end, endColumn: column_end }
}

function notesOf({ spans, children }: RustDiagnostic): ProblemNote[] {
  const labels = spans.flatMap((place) => (!place.is_primary && place.label ? [{ message: place.label, ...placeOf(place) }] : []))
  const said = children
    .filter(({ level, message }) => level === 'note' && !LINT_NOTE.test(message))
    .map(({ message, spans: [place] }) => ({ message, ...(place ? placeOf(place) : {}) }))
  return [...labels, ...said]
}

/** rustc says of each suggestion how sure it is; only what it calls machine applicable is offered. */
function fixOf({ children }: RustDiagnostic): ProblemFix | undefined {
  for (const { message, spans } of children) {
    const sure = spans.filter(({ suggested_replacement, suggestion_applicability }) => typeof suggested_replacement === 'string' && suggestion_applicability === 'MachineApplicable')
    if (sure.length === 0 || sure.length !== spans.length) continue
    const edits = sure.map((place) => {
      const { file, ...range } = placeOf(place)
      return { file, range, text: place.suggested_replacement ?? '' }
    })
    return { title: `${message.charAt(0).toUpperCase()}${message.slice(1)}`, edits }
  }
  return undefined
}
