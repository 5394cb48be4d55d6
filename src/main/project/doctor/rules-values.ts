/** Values of the wrong type, and choices that do not exist. */
import { z } from 'zod'
import { isTargetKey, TARGET_KEYS } from '../target/keys'
import { CHANGES, compilerName, has, type Change } from './compiler'
import type { Draft } from './finding'
import { nearest } from './nearest'
import type { SpecContext, SpecRule } from './rule'
import type { Property, SpecText } from './spec-text'

/** Keys whose numbers were text once, and since when they are numbers. */
const NUMBERS: Readonly<Record<string, Change>> = {
  'target-pointer-width': CHANGES.numericPointerWidth,
  'target-c-int-width': CHANGES.numericIntWidth,
}

function* widths({ spec, compiler, language }: SpecContext): Iterable<Draft> {
  for (const [name, change] of Object.entries(NUMBERS)) {
    const property = spec.get(name)
    if (property === undefined) continue
    const numeric = language === 'c' || has(compiler, change)
    const { value } = property
    const at = property.valueNode
    if (numeric && typeof value === 'string' && /^\d+$/.test(value)) {
      yield {
        id: 'number-as-string',
        severity: 'error',
        what: `"${name}" is a number, and stands here in quotes.`,
        why: language === 'c' ? 'A width is a number of bits.' : `${compilerName(compiler)} reads a number here and refuses text; before ${nameOf(change)} it was the other way round.`,
        at,
        fix: { title: `Write ${value}`, edits: [spec.replaceValue(property, Number(value))] },
      }
    } else if (!numeric && typeof value === 'number') {
      yield {
        id: 'string-as-number',
        severity: 'error',
        what: `"${name}" is text for this compiler, and stands here as a number.`,
        why: `${compilerName(compiler)} wants it in quotes; numbers are read since ${nameOf(change)}.`,
        at,
        fix: { title: `Write "${value}"`, edits: [spec.replaceValue(property, String(value))] },
      }
    }
  }
}

const nameOf = ({ release, nightly }: Change): string => (nightly === undefined ? `rustc 1.${release}` : `rustc 1.${release} (nightly of ${nightly})`)

function* types(context: SpecContext): Iterable<Draft> {
  const { spec } = context
  for (const property of spec.properties) {
    const { name, value } = property
    // Widths, link arguments and features have rules of their own, which say more.
    if (!isTargetKey(name) || value === null || Object.hasOwn(NUMBERS, name) || /-link-args/.test(name) || name === 'features') continue
    const parsed = TARGET_KEYS[name].schema.safeParse(value)
    if (parsed.success) continue
    yield mistake(context, property, parsed.error.issues[0]?.message ?? 'another type is expected.')
  }
}

const schemaShape = z.object({ type: z.string().optional(), enum: z.array(z.string()).optional() })

/** What a key takes, as its JSON schema says it. */
function expected(name: string): { type?: string | undefined; choices: readonly string[] } {
  if (!isTargetKey(name)) return { choices: [] }
  const schema = schemaShape.safeParse(z.toJSONSchema(TARGET_KEYS[name].schema, { io: 'input' }))
  return schema.success ? { type: schema.data.type, choices: schema.data.enum ?? [] } : { choices: [] }
}

function mistake({ spec, compiler, language }: SpecContext, property: Property, message: string): Draft {
  const { name, value } = property
  const { type, choices } = expected(name)
  const reader = language === 'rust' ? compilerName(compiler) : 'Bootlab'
  const base = { severity: 'error', at: property.valueNode } as const
  if (type === 'boolean' && typeof value === 'string' && /^(true|false|yes|no|on|off|1|0)$/i.test(value)) {
    const on = /^(true|yes|on|1)$/i.test(value)
    return { ...base, id: 'boolean-as-string', what: `"${name}" is true or false, and stands here in quotes.`, why: `${reader} takes text for something else than yes or no.`, fix: replacement(spec, property, on) }
  }
  if (type === 'boolean' && (value === 0 || value === 1)) {
    return { ...base, id: 'boolean-as-number', what: `"${name}" is true or false, not a number.`, why: `${reader} does not read numbers as yes or no.`, fix: replacement(spec, property, value === 1) }
  }
  if ((type === 'integer' || type === 'number') && typeof value === 'string' && /^\d+$/.test(value)) {
    return { ...base, id: 'number-as-string', what: `"${name}" is a number, and stands here in quotes.`, why: `${reader} reads a number here and refuses text.`, fix: replacement(spec, property, Number(value)) }
  }
  if (type === 'array' && typeof value === 'string') {
    return { ...base, id: 'list-as-string', what: `"${name}" is a list, and stands here as one text.`, why: `${reader} expects brackets around the entries.`, fix: replacement(spec, property, value.split(/\s+/).filter((word) => word !== '')) }
  }
  if (name === 'stack-probes' && typeof value === 'boolean') {
    return { ...base, id: 'stack-probes-shape', what: '"stack-probes" is an object today.', why: 'rustc can probe the stack in several ways since 1.56, so yes and no are not enough.', fix: replacement(spec, property, { kind: value ? 'inline' : 'none' }) }
  }
  if (choices.length > 0 && typeof value === 'string') {
    const meant = choices.find((choice) => choice === SYNONYMS[name]?.[value]) ?? nearest(value, choices)
    const list = choices.map((choice) => JSON.stringify(choice)).join(', ')
    const what = `"${name}" cannot be "${value}": the choices are ${list}.`
    const why = `${reader} has no such choice, and guesses none.`
    return meant === undefined ? { ...base, id: 'unknown-choice', what, why, next: 'Take one of them.' } : { ...base, id: 'unknown-choice', what, why, fix: replacement(spec, property, meant) }
  }
  return { ...base, id: 'wrong-type', what: `"${name}": ${message}`, why: `${reader} cannot read the value as what the key means.`, next: 'Write the value as the description of the key says.' }
}

/** What people wrote for choices, where no slip of the pen explains it. */
const SYNONYMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'relocation-model': { default: 'pic', 'no-pic': 'static', none: 'static', 'non-pic': 'static' },
  'code-model': { default: 'small' },
  'panic-strategy': { none: 'abort', halt: 'abort' },
}

function replacement(spec: SpecText, property: Property, value: unknown): NonNullable<Draft['fix']> {
  return { title: `Write ${JSON.stringify(value)}`, edits: [spec.replaceValue(property, value)] }
}

export const VALUE_RULES: readonly SpecRule[] = [widths, types]
