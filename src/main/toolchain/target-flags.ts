import { isTargetKey, pathFault, refusedArgument, TARGET_KEYS, type Target } from '../project'
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

/** Keys with link arguments, in the order of rustc's command line (`linker_with_args` of rustc_codegen_ssa); others come before all. */
const LINK_ORDER = {
  before: ['pre-link-args', 'pre-link-objects'],
  after: ['late-link-args', 'late-link-args-static', 'post-link-objects', 'post-link-args'],
} as const

/** Keys whose link arguments are files of the project. */
const OBJECTS = ['pre-link-objects', 'post-link-objects'] as const

/**
 * clang takes every 32-bit triple for a Pentium 4 with SSE2, whatever its first part says; rustc takes the least processor. For C the
 * triple is meant as it is written.
 */
function processorOf({ spec, machine }: Target): string | undefined {
  if (machine.pointerWidth !== 32 || (spec.cpu !== undefined && spec.cpu !== 'generic')) return undefined
  return spec['llvm-target'].split('-')[0]
}

/** Turn a target specification into arguments for clang and ld.lld. */
export function targetFlags(target: Target): TargetFlags {
  const result: TargetFlags = { compile: [], linkBefore: ['-m', target.machine.elf], linkAfter: [], linkScript: target.spec['link-script'], notes: [], problems: [] }
  const rustOnly: string[] = []
  const links = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(target.spec)) {
    if (!isTargetKey(name) || value === undefined) continue
    const row = TARGET_KEYS[name]
    if (row.forC.kind === 'rust-only') rustOnly.push(row.forC.why === 'only rustc reads it' ? name : `${name} (${row.forC.why})`)
    if (row.forC.kind !== 'flags') continue
    const flags = row.forC.flags(value)
    result.compile.push(...(flags.compile ?? []))
    links.set(name, flags.link ?? [])
    if (flags.note) result.notes.push(flags.note)
    for (const arg of flags.link ?? []) {
      const object = OBJECTS.some((key) => key === name)
      const refused = object ? pathFault(arg) : refusedArgument('linker', arg)
      if (refused === undefined) continue
      const [message, next] = object
        ? [`The object ${JSON.stringify(arg)} cannot be linked: ${refused}.`, 'Copy it into the project and name it there.']
        : [`The link argument ${JSON.stringify(arg)} is refused: ${refused}.`, 'Take it out.']
      result.problems.push({ severity: 'error', source: 'target', file: target.file, message, next, ...target.locate(name) })
    }
  }
  const ranked: readonly string[] = [...LINK_ORDER.before, ...LINK_ORDER.after]
  for (const [name, args] of links) if (!ranked.includes(name)) result.linkBefore.push(...args)
  result.linkBefore.push(...LINK_ORDER.before.flatMap((name) => links.get(name) ?? []))
  result.linkAfter.push(...LINK_ORDER.after.flatMap((name) => links.get(name) ?? []))
  const processor = processorOf(target)
  if (processor !== undefined) {
    // Before the features, which add to it.
    result.compile.unshift(`-march=${processor}`)
    result.notes.push(`Code for the ${processor}, as the triple says: "cpu" names no other processor.`)
  }
  if (rustOnly.length > 0) result.notes.push(`Keys of ${target.file} that have no effect on C: ${rustOnly.join(', ')}.`)
  const unknown = Object.keys(target.unknown)
  if (unknown.length > 0) result.notes.push(`Unknown keys of ${target.file}, passed over: ${unknown.join(', ')}.`)
  return result
}
