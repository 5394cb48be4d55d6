import { z } from 'zod'
import type { Problem, ProblemSeverity } from '../../../shared/problems'
import { parseLldOutput } from '../diagnostics/lld'
import { installHostLinker } from './advice'

/** What cargo prints with --message-format=json, as far as it matters here (The Cargo Book, "External tools"). */
const span = z.object({
  file_name: z.string(),
  line_start: z.number(),
  line_end: z.number(),
  column_start: z.number(),
  column_end: z.number(),
  is_primary: z.boolean(),
  label: z.string().nullish(),
})
const diagnostic = z.object({
  message: z.string(),
  level: z.string(),
  code: z.object({ code: z.string() }).nullish(),
  spans: z.array(span),
  children: z.array(z.object({ message: z.string(), level: z.string() })),
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
/** Sentences that only sum up others. */
const SUMMARY = /^(aborting due to|\d+ warnings? emitted|could not compile|Some errors have detailed explanations|For more information about (this|an) error)/

/** A compiler's message as problems: one for each primary place, or for what the linker said. */
export function problemsOfDiagnostic(message: RustDiagnostic): Problem[] {
  if (SUMMARY.test(message.message)) return []
  if (/^linking with .* failed/.test(message.message)) {
    const linker = message.children.flatMap((child) => parseLldOutput(child.message)).flatMap(({ problem }) => (problem ? [problem] : []))
    if (linker.length > 0) return linker
  }
  const severity = LEVELS[message.level] ?? 'error'
  const known = KNOWN.find(({ pattern }) => pattern.test(message.message))
  const help = message.children.filter(({ level }) => level === 'help').map(({ message: text }) => text)
  const base: Problem = {
    severity,
    source: 'rustc',
    message: message.message,
    ...(message.code ? { code: message.code.code } : {}),
    ...(help.length > 0 ? { next: help.join('; ') } : known ? { next: known.next } : {}),
  }
  const places = message.spans.filter(({ is_primary }) => is_primary)
  if (places.length === 0) return [base]
  return places.map((place) => ({
    ...base,
    message: place.label ? `${base.message}: ${place.label}` : base.message,
    file: place.file_name,
    line: place.line_start,
    column: place.column_start,
    endLine: place.line_end,
    endColumn: place.column_end,
  }))
}

const ERROR_LINE = /^error(?:\[(E\d+)\])?: (.*)$/
const PLACE_LINE = /^\s*--> (.+):(\d+):(\d+)$/

interface KnownFailure {
  pattern: RegExp
  next: string
  /** The mistake is in the target specification. */
  target?: boolean
}

/** What cargo and rustc say, and what mends it; the first that fits counts. */
const KNOWN: readonly KnownFailure[] = [
  // Build scripts, core's own among them, are programs for the computer that builds: they need its linker.
  { pattern: /^linker `[^`]+` not found/, next: `Get the linker that Rust's build scripts need with: ${installHostLinker()}` },
  { pattern: /soft-float.*incompatible with the ABI/, target: true, next: 'Set "rustc-abi": "softfloat" (before July 2026: "x86-softfloat").' },
  { pattern: /^data-layout for target/, target: true, next: "Set \"data-layout\" to LLVM's default layout, the second one that is named." },
  { pattern: /unknown field/, target: true, next: 'Take the key out: rustc refuses keys that it does not know.' },
  { pattern: /invalid type: .*, expected u(8|16|32|64)/, target: true, next: 'Write the number without quotes.' },
  { pattern: /`rustc-abi`|rustc-abi:/, target: true, next: 'The value is "softfloat", or "x86-softfloat" for a Rust from before July 2026.' },
  { pattern: /loading target specification|could not find specification for target|target specification/i, target: true, next: 'Correct the target specification; the message says what is at fault.' },
  {
    pattern: /no matching package named|failed to (get|download|fetch|load source)|attempting to make an HTTP request/i,
    next: 'Connect to the network once, so that cargo can fetch the crates, or run `cargo vendor`.',
  },
  { pattern: /rust-src/, next: 'Get the sources of core with: rustup component add rust-src' },
  { pattern: /unknown `?-Z`? flag|unexpected `?-Z/, next: 'Update Rust with: rustup update' },
]

/** Sentences around the actual reason. */
const WRAPPING = /^(failed to run `rustc` to learn about target-specific information: )?(error loading target specification: )?/
const CHOICES = /, expected one of `.*?(?= at line|$)/
const JSON_PLACE = / at line (\d+) column (\d+)$/

/**
 * What cargo printed as text on standard error, as problems. Sentences that sum up JSON messages are left out.
 * @param targetFile path of the target specification, for mistakes in it; undefined when the target is built into rustc
 */
export function problemsOfCargoText(stderr: string, targetFile: string | undefined): Problem[] {
  const lines = stderr.split(/\r?\n/)
  return lines.flatMap((line, index) => {
    const match = ERROR_LINE.exec(line)
    const text = match?.[2]
    if (text === undefined || SUMMARY.test(text)) return []
    const block = lines.slice(index + 1, nextBlank(lines, index + 1))
    const causes = causedBy(lines.slice(index + 1))
    const whole = causes === undefined ? text : `${text}: ${causes}`
    const known = KNOWN.find(({ pattern }) => pattern.test(whole))
    const json = known?.target ? JSON_PLACE.exec(whole) : null
    const message = whole.replace(WRAPPING, '').replace(CHOICES, '').replace(json === null ? '' : JSON_PLACE, '')
    const problem: Problem = { severity: 'error', source: known?.target ? 'target' : 'cargo', message, ...(known ? { next: known.next } : {}) }
    if (match?.[1] !== undefined) problem.code = match[1]
    const place = block.map((entry) => PLACE_LINE.exec(entry)).find((found) => found !== null)
    if (place) Object.assign(problem, { file: place[1], line: Number(place[2]), column: Number(place[3]) })
    else if (known?.target && targetFile !== undefined) problem.file = targetFile
    if (json !== null) problem.line = Number(json[1])
    return [problem]
  })
}

function nextBlank(lines: readonly string[], from: number): number {
  const at = lines.indexOf('', from)
  return at === -1 ? lines.length : at
}

/** The last sentence below "Caused by:", which is the actual reason. */
function causedBy(lines: readonly string[]): string | undefined {
  const at = lines.indexOf('Caused by:')
  const end = lines.findIndex((line) => ERROR_LINE.test(line))
  if (at === -1 || (end !== -1 && end < at)) return undefined
  const error = lines.slice(at, end === -1 ? lines.length : end).findLast((line) => /^\s*(error: )/.test(line)) ?? lines[at + 1]
  return error?.trim().replace(/^error: /, '')
}
