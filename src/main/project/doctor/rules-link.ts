/** How the kernel is linked: flavor of the linker, and its arguments. Source: rustc's `rustc_target::spec` (LinkerFlavorCli, check_consistency). */
import { GNU_LINKERS } from '../target/keys-link'
import { LINKER_FLAVORS } from '../target/key'
import { CHANGES, compilerName, has, type CompilerFacts } from './compiler'
import type { Draft } from './finding'
import { nearest } from './nearest'
import { isUefi, type SpecContext, type SpecRule } from './rule'
import type { Edit, Property } from './spec-text'

const ARGUMENT_KEYS = ['pre-link-args', 'late-link-args', 'late-link-args-static', 'late-link-args-dynamic', 'post-link-args'] as const

/** Flavors that run a C compiler as linker, and those of other systems. */
const COMPILERS: readonly string[] = ['gcc', 'gnu-cc', 'gnu-lld-cc', 'unix-cc', 'em', 'em-cc']
const isGnu = (name: string): boolean => GNU_LINKERS.some((known) => known === name)
const isKnown = (name: string): boolean => LINKER_FLAVORS.some((known) => known === name)

/** The flavor of ld.lld, in the words of a compiler. */
const lldOf = (compiler: CompilerFacts): string => (has(compiler, CHANGES.canonicalFlavors) ? 'gnu-lld' : has(compiler, CHANGES.lldFlavor) ? 'ld.lld' : 'ld')

function* flavor({ spec, compiler, language, misnamed }: SpecContext): Iterable<Draft> {
  // C is always linked by Bootlab's ld.lld.
  if (language === 'c' || isUefi(spec)) return
  const property = spec.get('linker-flavor')
  const right = lldOf(compiler)
  const fix = (edits: readonly Edit[]): NonNullable<Draft['fix']> => ({ title: `Set "linker-flavor" to "${right}"`, edits })
  if (property === undefined) {
    if (compiler.release < 56 || misnamed.has('linker-flavor')) return
    const linker = spec.get('linker') === undefined ? { linker: 'rust-lld' } : {}
    const edits = Object.entries({ 'linker-flavor': right, ...linker }).map(([key, value]) => spec.insert(key, value, ['executables', 'os', 'target-c-int-width', 'target-pointer-width']))
    yield {
      id: 'linker-flavor-missing',
      severity: 'warning',
      what: 'Nothing says how the linker is called, so rustc calls the C compiler of this computer.',
      why: 'That one links programs for the operating system you sit at: it adds start-up code and libraries that a kernel cannot use.',
      at: spec.start,
      fix: fix(joined(edits)),
    }
    return
  }
  const { value } = property
  const at = property.valueNode
  if (typeof value !== 'string') return
  if (COMPILERS.includes(value)) {
    const linker = spec.get('linker')
    const compilerNamed = typeof linker?.value === 'string' && /(^|[-/\\])(gcc|cc|clang|ld)(\.exe)?$/.test(linker.value)
    yield {
      id: 'linker-flavor-compiler',
      severity: 'error',
      what: `"linker-flavor": "${value}" calls a C compiler to link.`,
      why: 'It adds start-up code and libraries of the operating system you sit at, and exists on Windows and macOS only when somebody installed it; lld comes with Rust and with Bootlab.',
      at,
      fix: fix([spec.replaceValue(property, right), ...(compilerNamed ? [spec.replaceValue(linker, 'rust-lld')] : [])]),
    }
  } else if (!isGnu(value) && isKnown(value)) {
    yield {
      id: 'linker-flavor-foreign',
      severity: 'error',
      what: `"linker-flavor": "${value}" is the command line of another system's linker.`,
      why: 'Kernels are ELF files here, and the linker of ELF files is called the GNU way.',
      at,
      fix: fix([spec.replaceValue(property, right)]),
    }
  } else if (isGnu(value) && value.startsWith('gnu') && !has(compiler, CHANGES.canonicalFlavors)) {
    yield {
      id: 'linker-flavor-too-new',
      severity: 'error',
      what: `${compilerName(compiler)} does not know the flavor "${value}" yet.`,
      why: 'The flavors got their present names with rustc 1.72; before, this one was called by the name of the program.',
      at,
      fix: fix([spec.replaceValue(property, right)]),
    }
  }
}

/** Insertions at one place become one, in their order: edits must not touch. */
function joined(edits: readonly Edit[]): Edit[] {
  const [first] = edits
  return first === undefined ? [] : [{ ...first, text: edits.map(({ text }) => text).join('') }]
}

/** Arguments for ld, without those that only a C compiler understands, and without libraries of an operating system. */
function forLinker(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    if (arg.startsWith('-Wl,')) return arg.slice('-Wl,'.length).split(',')
    return /^-(m(32|64)|nostdlib|nostartfiles|nodefaultlibs|static-pie|no-pie|f\S*|march=\S*|g|O\S*|l(c|m|gcc|gcc_s|dl|pthread))$/.test(arg) ? [] : [arg]
  })
}

function* linkArguments(context: SpecContext): Iterable<Draft> {
  if (isUefi(context.spec)) return
  for (const name of ARGUMENT_KEYS) {
    const property = context.spec.get(name)
    if (property !== undefined && property.value !== null) yield* argumentsOf(context, property)
  }
}

function* argumentsOf({ spec, compiler, language }: SpecContext, property: Property): Iterable<Draft> {
  const { name, value } = property
  const right = lldOf(compiler)
  const at = property.keyNode
  const base = { severity: 'error', at } as const
  if (typeof value === 'string' || isTexts(value)) {
    const args = forLinker(typeof value === 'string' ? value.split(/\s+/).filter((word) => word !== '') : value)
    yield {
      ...base,
      id: 'link-args-list',
      what: `"${name}" is an object of lists by linker flavor, and stands here as ${typeof value === 'string' ? 'text' : 'one list'}.`,
      why: 'Each family of linkers has options of its own, so rustc takes those of the flavor in use.',
      fix:
        args.length === 0
          ? { title: `Remove "${name}": a linker has no use for its arguments`, edits: [spec.remove(property)] }
          : { title: `Put them under "${right}"`, edits: [spec.replaceValue(property, { [right]: args })] },
    }
    return
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield { ...base, id: 'wrong-type', what: `"${name}" is an object of lists by linker flavor.`, why: 'rustc takes the list of the flavor in use.', next: `Write { "${right}": ["…"] }.` }
    return
  }
  const entries = Object.entries(value)
  const bad = entries.find(([, args]) => !isTexts(args))
  if (bad !== undefined) {
    const split = typeof bad[1] === 'string' ? bad[1].split(/\s+/).filter((word) => word !== '') : undefined
    yield {
      ...base,
      id: 'link-args-list',
      what: `The arguments for "${bad[0]}" in "${name}" are a list of texts.`,
      why: 'Each argument is a text of its own; nothing splits them at blanks.',
      ...(split === undefined ? { next: 'Write ["…", "…"].' } : { fix: { title: 'Split them into a list', edits: [spec.replaceValue(property, { ...value, [bad[0]]: split })] } }),
    }
    return
  }
  const lists = entries.filter((entry): entry is [string, string[]] => isTexts(entry[1]))
  const good = lists.filter(([list, args]) => isGnu(list) && args.length > 0 && (has(compiler, CHANGES.canonicalFlavors) || !list.startsWith('gnu')))
  // Half of a pair under two names of ld, as check_consistency has it.
  const torn = has(compiler, CHANGES.strictKeys) && good.some(([list]) => list === 'gnu') && good.some(([list, args]) => list === 'gnu-lld' && args.join() !== good.find(([other]) => other === 'gnu')?.[1].join())
  if (good.length === lists.length && !torn) return
  const misspelt = lists.find(([list]) => !isKnown(list))
  const others = lists.filter((list) => !good.includes(list))
  const kept = torn ? good.filter(([list]) => list !== 'gnu') : good
  // What is meant for ld under another name moves to its name, unless there are arguments for it already.
  const moved = kept.length > 0 ? [] : forLinker(others[0]?.[1] ?? [])
  const result = Object.fromEntries([...kept, ...(moved.length > 0 ? [[right, moved] as const] : [])])
  const names = (torn ? lists.filter(([list]) => list === 'gnu') : others).map(([list]) => `"${list}"`).join(', ')
  const meant = misspelt === undefined ? undefined : nearest(misspelt[0], LINKER_FLAVORS)
  const empty = others.length > 0 && others.every(([list, args]) => isGnu(list) && args.length === 0)
  yield {
    ...base,
    severity: language === 'c' ? 'warning' : 'error',
    id: 'link-args-flavor',
    what: torn
      ? `"${name}" has other arguments for "gnu" than for "gnu-lld".`
      : empty
        ? `The list for ${names} in "${name}" is empty.`
        : `"${name}" has arguments for ${names}${misspelt === undefined ? '' : `, which is no flavor of a linker${meant === undefined ? '' : ` ("${meant}" is)`}`}.`,
    why: empty || torn ? 'rustc refuses a specification that contradicts itself.' : `A kernel is linked by ld.lld, which takes those under "${right}"; rustc refuses a mixture of families.`,
    fix: {
      title: Object.keys(result).length === 0 ? `Remove "${name}"` : `Keep one list, under "${Object.keys(result)[0]}"`,
      edits: [Object.keys(result).length === 0 ? spec.remove(property) : spec.replaceValue(property, result)],
    },
  }
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((entry) => typeof entry === 'string')

export const LINK_RULES: readonly SpecRule[] = [flavor, linkArguments]
