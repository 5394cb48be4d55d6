import { isTargetKey, refusedArgument, TARGET_KEYS, type Target } from '../project'
import type { Problem } from '../../shared/problems'

/** What a target specification comes to for C and assembly. */
export interface TargetFlags {
  compile: string[]
  /** Before the object files. */
  linkBefore: string[]
  /** After the object files. */
  linkAfter: string[]
  /** The text of the specification's own linker script. */
  linkScript?: string | undefined
  /** Sentences for the log: keys without a meaning for C, values passed over. */
  notes: string[]
  problems: Problem[]
}

/** Keys whose link arguments stand after the objects, in the order of rustc's command line. */
const AFTER_OBJECTS = ['late-link-args', 'late-link-args-static', 'post-link-args'] as const

/** Turn a target specification into arguments for clang and ld.lld, key by key in the order of the file. */
export function targetFlags(target: Target): TargetFlags {
  const result: TargetFlags = { compile: [], linkBefore: ['-m', target.machine.elf], linkAfter: [], linkScript: target.spec['link-script'], notes: [], problems: [] }
  const rustOnly: string[] = []
  for (const [name, value] of Object.entries(target.spec)) {
    if (!isTargetKey(name) || value === undefined) continue
    const row = TARGET_KEYS[name]
    if (row.forC.kind === 'rust-only') rustOnly.push(row.forC.why === 'only rustc reads it' ? name : `${name} (${row.forC.why})`)
    if (row.forC.kind !== 'flags') continue
    const flags = row.forC.flags(value)
    result.compile.push(...(flags.compile ?? []))
    const after = AFTER_OBJECTS.some((key) => key === name)
    ;(after ? result.linkAfter : result.linkBefore).push(...(flags.link ?? []))
    if (flags.note) result.notes.push(flags.note)
    for (const arg of flags.link ?? []) {
      const refused = refusedArgument('linker', arg)
      if (refused !== undefined) {
        result.problems.push({ severity: 'error', source: 'target', file: target.file, message: `The link argument ${JSON.stringify(arg)} is refused: ${refused}.`, next: 'Take it out.', ...target.locate(name) })
      }
    }
  }
  if (rustOnly.length > 0) result.notes.push(`Keys of ${target.file} that have no effect on C: ${rustOnly.join(', ')}.`)
  const unknown = Object.keys(target.unknown)
  if (unknown.length > 0) result.notes.push(`Unknown keys of ${target.file}, passed over: ${unknown.join(', ')}.`)
  return result
}
