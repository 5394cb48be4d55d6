import { z } from 'zod'
import { join } from 'node:path'
import type { Problem } from '../../../shared/problems'
import { ProjectError } from '../errors'
import { parseJsonText, problemsOfIssues, type JsonDocument } from '../json-text'
import { readTextFile } from '../text-file'
import { isTargetKey, TARGET_KEYS, type TargetKeyName, type TargetSpec } from './keys'
import { machineOf, type TargetMachine } from './machines'

export type { TargetMachine }

/** A target specification that can be built with. */
export interface Target {
  spec: TargetSpec
  machine: TargetMachine
  /** Keys that are not in the table, kept as they were. */
  unknown: Readonly<Record<string, unknown>>
  /** Path relative to the project, for problems. */
  file: string
  /** Where a key stands in the file, for problems that a tool finds later. */
  locate(key: TargetKeyName): { line: number; column: number; endLine: number; endColumn: number }
}

export type TargetResult = { ok: true; target: Target; problems: Problem[] } | { ok: false; problems: Problem[] }

const shape = Object.fromEntries(Object.entries(TARGET_KEYS).map(([name, key]) => [name, key.required ? key.schema : key.schema.nullish()]))
const specShape = z.looseObject(shape, 'a target specification is an object in braces.')
// The shape is built at run time from the table, whose types TargetSpec states: this is where the two meet.
const specSchema = z.custom<TargetSpec>((value) => specShape.safeParse(value).success)

/**
 * Parse the text of a target specification. Never throws. Unknown keys are warnings: C builds pass them over, rustc refuses them.
 * @param file how the file is called in problems
 */
export function parseTargetSpec(text: string, file: string): TargetResult {
  const json = parseJsonText(text, file, 'target')
  if (!json.ok) return json
  const at = placer(json.document, file)
  const { numeric, quoted } = withNumbers(json.document.value)
  const parsed = specShape.safeParse(numeric)
  if (!parsed.success) return { ok: false, problems: problemsOfIssues(parsed.error.issues, json.document, file, 'target') }

  const entries = Object.entries(parsed.data).filter(([, value]) => value !== null)
  const spec = specSchema.parse(Object.fromEntries(entries.filter(([name]) => isTargetKey(name))))
  const unknown = Object.fromEntries(entries.filter(([name]) => !isTargetKey(name)))
  const warnings = [
    ...quoted.map((name) => ({ ...at(name, 'warning', `"${name}" stands in quotes, as rustc wanted it before version 1.91 and refuses it since.`), next: '`bootlab doctor --fix` writes it as your compiler reads it.' })),
    ...Object.keys(unknown).map((name) => at(name, 'warning', `${JSON.stringify(name)} is not a key of target specifications: rustc refuses it, and C has no use for it.`, true)),
  ]

  const machine = machineOf(spec['llvm-target'])
  if (machine === undefined) {
    const problem = at('llvm-target', 'error', `"${spec['llvm-target']}" is not a triple for the PC: it must start with i386 to i686 or with x86_64.`)
    return { ok: false, problems: [problem, ...warnings] }
  }
  const mismatches = [
    ...(spec['target-pointer-width'] === machine.pointerWidth
      ? []
      : [at('target-pointer-width', 'error', `"llvm-target" ${spec['llvm-target']} has pointers of ${machine.pointerWidth} bits, not ${spec['target-pointer-width']}.`)]),
    ...(spec.arch === machine.arch ? [] : [at('arch', 'error', `"llvm-target" ${spec['llvm-target']} is of the architecture "${machine.arch}", not "${spec.arch}".`)]),
  ]
  if (mismatches.length > 0) return { ok: false, problems: [...mismatches, ...warnings] }
  const target: Target = { spec, machine, unknown, file, locate: (key) => json.document.locate([key]) }
  return { ok: true, target, problems: warnings }
}

const WIDTHS = ['target-pointer-width', 'target-c-int-width']

/** Widths as numbers, also where they are written as old compilers want them; and which those are. */
function withNumbers(value: unknown): { numeric: unknown; quoted: string[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { numeric: value, quoted: [] }
  const entries = Object.entries(value)
  const isQuoted = (name: string, width: unknown): boolean => WIDTHS.includes(name) && typeof width === 'string' && /^\d{1,5}$/.test(width)
  return {
    numeric: Object.fromEntries(entries.map(([name, width]) => [name, isQuoted(name, width) ? Number(width) : width])),
    quoted: entries.filter(([name, width]) => isQuoted(name, width)).map(([name]) => name),
  }
}

/**
 * Read and parse a project's target specification.
 * @param path relative to the project
 * @throws ProjectError when the file cannot be read as text; mistakes inside it are problems of the result
 */
export async function readTargetSpec(projectDir: string, path: string): Promise<TargetResult> {
  return parseTargetSpec(await readTextFile(join(projectDir, path), 'target specification'), path)
}

/** The error for a target specification with problems, for callers that want a sentence rather than a list. */
export function targetSpecError(path: string, problems: readonly Problem[]): ProjectError {
  const first = problems.find((problem) => problem.severity === 'error')
  return new ProjectError({
    what: 'The target specification has a mistake',
    where: first?.line === undefined ? path : `${path}:${first.line}:${first.column}`,
    why: first?.message ?? 'It is not a target specification.',
    next: 'Correct it, or let `bootlab doctor --fix` do it; every key is described in the editor as you type.',
    problems,
  })
}

function placer(document: JsonDocument, file: string) {
  return (key: string, severity: Problem['severity'], message: string, onKey = false): Problem => ({
    severity,
    source: 'target',
    file,
    message,
    ...(onKey ? document.locateKey([key]) : document.locate([key])),
  })
}
