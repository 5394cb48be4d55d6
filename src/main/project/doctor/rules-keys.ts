/** Keys: misspelt, retired, too new, missing. */
import { keySince, RETIRED_KEYS, type RetiredKey } from '../target/history'
import { isTargetKey, TARGET_KEYS, type TargetKeyName } from '../target/keys'
import { machineOf } from '../target/machines'
import { CHANGES, compilerName, has, type CompilerFacts } from './compiler'
import { dataLayout } from './data-layout'
import type { Draft } from './finding'
import { nearest } from './nearest'
import type { SpecContext, SpecRule } from './rule'
import type { Property, SpecText } from './spec-text'

/** Whether this compiler takes a key; its own schema has the last word. */
function takes(compiler: CompilerFacts, name: string): boolean {
  if (compiler.keys !== undefined) return compiler.keys.has(name)
  const retired = retiredKey(name)
  if (retired !== undefined && compiler.release >= retired.until) return false
  return isTargetKey(name) ? compiler.release >= (keySince(name) ?? 0) : retired !== undefined
}

const retiredKey = (name: string): RetiredKey | undefined => (Object.hasOwn(RETIRED_KEYS, name) ? RETIRED_KEYS[name] : undefined)

function* unknownKeys({ spec, compiler, language }: SpecContext): Iterable<Draft> {
  // Old compilers read on as if the key were not there, which is a mistake nobody sees; clang never sees the file.
  const severity = language === 'rust' && (has(compiler, CHANGES.strictKeys) || compiler.keys !== undefined) ? 'error' : 'warning'
  const reader = language === 'rust' ? compilerName(compiler) : 'Bootlab'
  const ignored = severity === 'error' ? `${reader} refuses a specification with a key that it does not know.` : `${reader} passes over a key that it does not know, so what it should do does not happen.`
  for (const property of spec.properties) {
    const { name } = property
    if (language === 'c' ? isTargetKey(name) : takes(compiler, name)) continue
    const at = property.keyNode
    const retired = retiredKey(name)
    if (retired !== undefined && !(isTargetKey(name) && language === 'c')) {
      yield { id: 'retired-key', severity, what: `"${name}" is no key of target specifications any more. ${retired.why}`, why: ignored, at, ...retire(spec, property, retired, compiler) }
    } else if (isTargetKey(name)) {
      yield {
        id: 'key-too-new',
        severity,
        what: `${compilerName(compiler)} does not know "${name}"${keySince(name) === undefined ? '' : ` yet: rustc 1.${keySince(name)} does`}.`,
        why: ignored,
        at,
        fix: { title: `Remove "${name}"`, edits: [spec.remove(property)] },
      }
    } else {
      yield { id: 'unknown-key', severity, what: `"${name}" is not a key of target specifications.`, why: ignored, at, ...correct(spec, property, compiler) }
    }
  }
}

/** The successor with the old value in its terms, where there is one and it is not there already. */
function retire(spec: SpecText, property: Property, { becomes }: RetiredKey, compiler: CompilerFacts): Pick<Draft, 'fix'> {
  const value = becomes?.value?.(property.value)
  if (becomes === undefined || value === undefined || !takes(compiler, becomes.key) || spec.get(becomes.key) !== undefined) {
    return { fix: { title: `Remove "${property.name}"`, edits: [spec.remove(property)] } }
  }
  const edits = [spec.rename(property, becomes.key), ...(value === property.value ? [] : [spec.replaceValue(property, value)])]
  return { fix: { title: `Write "${becomes.key}" instead`, edits } }
}

/** What the keys that are no keys were meant to be. */
export function misnamedKeys(spec: SpecText, compiler: CompilerFacts): ReadonlySet<string> {
  const meant = spec.properties.flatMap(({ name }) => (takes(compiler, name) ? [] : [retiredKey(name)?.becomes?.key ?? nearest(name, Object.keys(TARGET_KEYS)) ?? []].flat()))
  return new Set(meant)
}

function correct(spec: SpecText, property: Property, compiler: CompilerFacts): Pick<Draft, 'fix' | 'next'> {
  const meant = nearest(property.name, compiler.keys ?? Object.keys(TARGET_KEYS))
  if (meant === undefined) return { fix: { title: `Remove "${property.name}"`, edits: [spec.remove(property)] } }
  if (spec.get(meant) !== undefined) return { fix: { title: `Remove "${property.name}": "${meant}" is there too`, edits: [spec.remove(property)] } }
  return { fix: { title: `Write "${meant}" instead`, edits: [spec.rename(property, meant)] } }
}

/** The keys that every specification must have, each with where it goes and what it follows from. */
const REQUIRED: readonly { key: TargetKeyName; after: readonly string[]; derive: (context: SpecContext, triple: string | undefined) => unknown; why: string }[] = [
  {
    key: 'llvm-target',
    after: [],
    derive: ({ spec }) => (spec.string('arch') === 'x86' ? 'i686-unknown-none' : spec.string('arch') === 'x86_64' ? 'x86_64-unknown-none' : undefined),
    why: 'It says for which processor code is generated.',
  },
  {
    key: 'data-layout',
    after: ['llvm-target'],
    derive: ({ compiler }, triple) => (triple === undefined ? undefined : dataLayout(triple, compiler.llvm)),
    why: 'rustc compares it with the layout of types that LLVM uses.',
  },
  { key: 'arch', after: ['data-layout', 'llvm-target'], derive: (_context, triple) => machineOf(triple ?? '')?.arch, why: '`#[cfg(target_arch)]` and the choice of calling conventions depend on it.' },
  {
    key: 'target-pointer-width',
    after: ['target-endian', 'arch', 'llvm-target'],
    derive: ({ compiler, language }, triple) => {
      const width = machineOf(triple ?? '')?.pointerWidth
      return width === undefined || language === 'c' || has(compiler, CHANGES.numericPointerWidth) ? width : String(width)
    },
    why: 'The size of usize and of pointers follows from it.',
  },
]

function* missingKeys(context: SpecContext): Iterable<Draft> {
  const { spec } = context
  // Without braces there is nothing that a key could be missing from.
  if (!spec.isObject || spec.errors.length > 0) return
  const triple = spec.string('llvm-target')
  for (const { key, after, derive, why } of REQUIRED) {
    if (spec.get(key) !== undefined || context.misnamed.has(key)) continue
    const value = derive(context, triple)
    yield {
      id: 'missing-key',
      severity: 'error',
      what: `The key "${key}" is missing.`,
      why: `No specification works without it. ${why}`,
      at: spec.start,
      ...(value === undefined ? { next: `Add "${key}".` } : { fix: { title: `Add "${key}"`, edits: [spec.insert(key, value, after)] } }),
    }
  }
  // Compilers before 1.56 demanded these too.
  if (context.language === 'c' || context.compiler.release >= 56) return
  for (const [key, value] of [['target-c-int-width', '32'], ['target-endian', 'little'], ['os', 'none'], ['linker-flavor', 'ld.lld']] as const) {
    if (spec.get(key) !== undefined || context.misnamed.has(key)) continue
    yield {
      id: 'missing-key',
      severity: 'error',
      what: `The key "${key}" is missing.`,
      why: `${compilerName(context.compiler)} knows no default for it.`,
      at: spec.start,
      fix: { title: `Add "${key}"`, edits: [spec.insert(key, value)] },
    }
  }
}

export const KEY_RULES: readonly SpecRule[] = [unknownKeys, missingKeys]
