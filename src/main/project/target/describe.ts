/** The words on a key that the editor shows and that the documentation holds, made from its row. */
import { z } from 'zod'
import { DEFAULTS } from './defaults'
import { keySince, RETIRED_KEYS } from './history'
import { TARGET_KEYS, type TargetKeyName } from './keys'
import type { Flags } from './key'

export interface KeyWords {
  readonly name: TargetKeyName
  /** "text", "true or false", "one of a, b" … */
  readonly type: string
  readonly required: boolean
  readonly doc: string
  /** JSON of the default; absent when there is none. */
  readonly byDefault?: string
  /** The first rustc that is known to take it; absent for keys older than 1.56. */
  readonly since?: string
  /** The first rustc that does not know it any more. */
  readonly until?: string
  /** What it comes to for C and assembly. */
  readonly forC: string
}

/** The words around a key's own ones, in a language. */
export interface KeyLanguage {
  /** By the names of JSON schema; `mixed` for what may be of several types. */
  readonly types: Readonly<Record<'string' | 'boolean' | 'integer' | 'array' | 'object' | 'mixed', string>>
  readonly oneOf: (values: string) => string
  readonly onlyDescribes: string
  /** @param why of the row, in English */
  readonly noEffect: (why: string) => string
  readonly becomesArguments: string
  readonly becomes: (value: string, what: string) => string
  readonly between: string
  /** Of a value that adds no argument. */
  readonly nothing: string
  readonly nothingToAdd: string
}

const ENGLISH: KeyLanguage = {
  types: { string: 'text', boolean: 'true or false', integer: 'number', array: 'list', object: 'object', mixed: 'text or list' },
  oneOf: (values) => `one of ${values}`,
  onlyDescribes: 'it only describes the target',
  noEffect: (why) => `no effect (${why})`,
  becomesArguments: 'becomes arguments of clang or ld.lld',
  becomes: (value, what) => `${value} becomes ${what}`,
  between: ', ',
  nothing: 'nothing',
  nothingToAdd: 'nothing to add',
}

const schemaShape = z.looseObject({ type: z.enum(['string', 'boolean', 'integer', 'array', 'object']).optional(), enum: z.array(z.string()).optional(), anyOf: z.array(z.unknown()).optional() })

/** Everything that is said about a key. */
export function describeKey(name: TargetKeyName, language: KeyLanguage = ENGLISH): KeyWords {
  const row = TARGET_KEYS[name]
  const schema = schemaShape.parse(z.toJSONSchema(row.schema, { io: 'input' }))
  const since = keySince(name)
  const retired = Object.hasOwn(RETIRED_KEYS, name) ? RETIRED_KEYS[name] : undefined
  const standard = DEFAULTS[name]
  return {
    name,
    type: schema.enum !== undefined ? language.oneOf(schema.enum.join(', ')) : language.types[schema.type ?? 'mixed'],
    required: row.required,
    doc: row.doc,
    ...(standard === undefined ? {} : { byDefault: JSON.stringify(standard) }),
    ...(since === undefined ? {} : { since: `1.${since}` }),
    ...(retired === undefined ? {} : { until: `1.${retired.until}` }),
    forC: effectOnC(name, schema.type === 'boolean' ? [true, false] : (schema.enum ?? []), language),
  }
}

/** The same as a few sentences. */
export function sentencesOn(name: TargetKeyName): string {
  const { doc, byDefault, since, until, forC } = describeKey(name)
  const age = [since === undefined ? '' : `Since rustc ${since}.`, until === undefined ? '' : `Gone with rustc ${until}.`]
  return [doc, byDefault === undefined ? '' : `Default: ${byDefault}.`, ...age, `For C: ${forC}.`].filter((part) => part !== '').join(' ')
}

/** For a key with few values: what each of them becomes. */
function effectOnC(name: TargetKeyName, values: readonly unknown[], language: KeyLanguage): string {
  const { forC } = TARGET_KEYS[name]
  if (forC.kind === 'describes') return language.onlyDescribes
  if (forC.kind === 'rust-only') return language.noEffect(forC.why)
  if (values.length === 0) return language.becomesArguments
  const effects = values.map((value) => ({ value: JSON.stringify(value), what: argumentsOf(forC.flags(value)) }))
  if (effects.every(({ what }) => what === '')) return language.nothingToAdd
  return effects.map(({ value, what }) => language.becomes(value, what || language.nothing)).join(language.between)
}

const argumentsOf = ({ compile = [], link = [] }: Flags): string => [...compile, ...link].join(' ')
