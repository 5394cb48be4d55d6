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

const schemaShape = z.looseObject({ type: z.string().optional(), enum: z.array(z.string()).optional(), anyOf: z.array(z.unknown()).optional() })

const TYPES: Readonly<Record<string, string>> = { string: 'text', boolean: 'true or false', integer: 'number', array: 'list', object: 'object' }

/** Everything that is said about a key. */
export function describeKey(name: TargetKeyName): KeyWords {
  const row = TARGET_KEYS[name]
  const schema = schemaShape.parse(z.toJSONSchema(row.schema, { io: 'input' }))
  const since = keySince(name)
  const retired = Object.hasOwn(RETIRED_KEYS, name) ? RETIRED_KEYS[name] : undefined
  const standard = DEFAULTS[name]
  return {
    name,
    type: schema.enum !== undefined ? `one of ${schema.enum.join(', ')}` : (TYPES[schema.type ?? ''] ?? 'text or list'),
    required: row.required,
    doc: row.doc,
    ...(standard === undefined ? {} : { byDefault: JSON.stringify(standard) }),
    ...(since === undefined ? {} : { since: `1.${since}` }),
    ...(retired === undefined ? {} : { until: `1.${retired.until}` }),
    forC: effectOnC(name, schema.type === 'boolean' ? [true, false] : (schema.enum ?? [])),
  }
}

/** The same as a few sentences. */
export function sentencesOn(name: TargetKeyName): string {
  const { doc, byDefault, since, until, forC } = describeKey(name)
  const age = [since === undefined ? '' : `Since rustc ${since}.`, until === undefined ? '' : `Gone with rustc ${until}.`]
  return [doc, byDefault === undefined ? '' : `Default: ${byDefault}.`, ...age, `For C: ${forC}.`].filter((part) => part !== '').join(' ')
}

/** For a key with few values: what each of them becomes. */
function effectOnC(name: TargetKeyName, values: readonly unknown[]): string {
  const { forC } = TARGET_KEYS[name]
  if (forC.kind === 'describes') return 'it only describes the target'
  if (forC.kind === 'rust-only') return `no effect (${forC.why})`
  if (values.length === 0) return 'becomes arguments of clang or ld.lld'
  const effects = values.map((value) => `${JSON.stringify(value)} becomes ${argumentsOf(forC.flags(value))}`)
  return effects.every((effect) => effect.endsWith(' becomes nothing')) ? 'nothing to add' : effects.join(', ')
}

const argumentsOf = ({ compile = [], link = [] }: Flags): string => [...compile, ...link].join(' ') || 'nothing'
