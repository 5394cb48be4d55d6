import { z } from 'zod'
import { manifestSchema } from './manifest'
import { sentencesOn } from './target/describe'
import { isTargetKey, TARGET_KEYS } from './target/keys'

/** A JSON schema, as editors take it. */
export type JsonSchema = Readonly<Record<string, unknown>>

const DRAFT = 'http://json-schema.org/draft-07/schema#'

/** The JSON schema of `bootlab.json`, made from the schema that parses it. */
export function manifestJsonSchema(): JsonSchema {
  return {
    $schema: DRAFT,
    title: 'Bootlab project',
    description: 'The manifest of a Bootlab project (bootlab.json).',
    ...z.toJSONSchema(manifestSchema, { target: 'draft-7', io: 'input' }),
  }
}

/** The JSON schema of a target specification, made from the table of keys, with a description for each. */
export function targetJsonSchema(): JsonSchema {
  const keys = Object.entries(TARGET_KEYS)
  return {
    $schema: DRAFT,
    title: 'Target specification',
    description: "Rust's target JSON: what code is generated for a kernel, and how it is linked.",
    type: 'object',
    required: keys.filter(([, key]) => key.required).map(([name]) => name),
    properties: Object.fromEntries(
      keys.map(([name, key]) => {
        const { $schema: _draft, ...schema } = z.toJSONSchema(key.schema, { target: 'draft-7', io: 'input' })
        return [name, { ...schema, description: isTargetKey(name) ? sentencesOn(name) : key.doc }]
      }),
    ),
    additionalProperties: false,
  }
}
