import { z } from 'zod'

/** Arguments that a key adds when C and assembly are built. */
export interface Flags {
  /** For clang, on every C and assembly file. */
  compile?: readonly string[]
  /** For ld.lld. */
  link?: readonly string[]
  /** What a reader of the log should know about this value. */
  note?: string
}

/** What a key means for C: arguments, nothing because only rustc uses it, or nothing because it only describes the target. */
export type ForC =
  /** `flags` takes a value that has passed the row's schema. */
  | { kind: 'flags'; flags: (value: unknown) => Flags }
  | { kind: 'rust-only'; why: string }
  | { kind: 'describes' }

/** One row of the target specification's table of keys. */
export interface TargetKey<T> {
  schema: z.ZodType<T>
  /** One or two sentences for hover and documentation. */
  doc: string
  required: boolean
  forC: ForC
}

export function flags<T>(schema: z.ZodType<T>, doc: string, toFlags: (value: T) => Flags): TargetKey<T> {
  return { schema, doc, required: false, forC: { kind: 'flags', flags: (value) => toFlags(schema.parse(value)) } }
}

export function rustOnly<T>(schema: z.ZodType<T>, doc: string, why = 'only rustc reads it'): TargetKey<T> {
  return { schema, doc, required: false, forC: { kind: 'rust-only', why } }
}

export function describes<T>(schema: z.ZodType<T>, doc: string): TargetKey<T> {
  return { schema, doc, required: false, forC: { kind: 'describes' } }
}

export function required<T>(key: TargetKey<T>): TargetKey<T> {
  return { ...key, required: true }
}

// The value types that occur in target specifications.
export const text = z.string('a string is expected.')
export const flag = z.boolean('true or false is expected, without quotes.')
export const whole = z.number('a number is expected, without quotes.').int('a whole number is expected.').min(0, 'the number must not be negative.')
export const texts = z.array(text, 'a list of strings is expected.')
export function oneOf<const T extends readonly [string, ...string[]]>(values: T): z.ZodType<T[number]> {
  return z.enum(values, `one of ${values.map((value) => JSON.stringify(value)).join(', ')} is expected.`)
}

/** Linker families of rustc; the first group is the canonical spelling, the second the older one that is still read. */
export const LINKER_FLAVORS = [
  'gnu', 'gnu-lld', 'gnu-cc', 'gnu-lld-cc', 'darwin', 'darwin-lld', 'darwin-cc', 'darwin-lld-cc', 'wasm-lld', 'wasm-lld-cc',
  'unix', 'unix-cc', 'msvc-lld', 'msvc', 'em-cc', 'bpf', 'llbc', 'ptx',
  'gcc', 'ld', 'ld.lld', 'ld64.lld', 'lld-link', 'wasm-ld', 'em',
] as const
export type LinkerFlavor = (typeof LINKER_FLAVORS)[number]
export const linkerFlavor = oneOf(LINKER_FLAVORS)
const flavorMessage = `the arguments stand in an object by linker flavor: {"gnu-lld": ["…"]}.`
export const linkArgs = z.partialRecord(linkerFlavor, texts, flavorMessage)
export const linkObjects = z.record(z.string(), texts, 'an object of lists is expected.')
