import { describe, expect, it } from 'vitest'
import { manifestJsonSchema, targetJsonSchema } from './schemas'
import { TARGET_KEYS } from './target/keys'

describe('schemas for the editor', () => {
  it('describe every key of a target specification', () => {
    const schema = targetJsonSchema()
    expect(Object.keys(schema['properties'] ?? {})).toEqual(Object.keys(TARGET_KEYS))
    expect(schema).toMatchObject({
      required: expect.arrayContaining(['llvm-target', 'data-layout', 'arch', 'target-pointer-width']),
      properties: {
        'llvm-target': { type: 'string', description: expect.stringContaining('triple') },
        'disable-redzone': { type: 'boolean' },
        'panic-strategy': { enum: ['unwind', 'abort', 'immediate-abort'], description: expect.stringContaining('For C: no effect') },
        'pre-link-args': { type: 'object' },
      },
    })
  })

  it('are plain JSON', () => {
    for (const schema of [manifestJsonSchema(), targetJsonSchema()]) expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  })

  it('ask of a manifest only what has no default', () => {
    const kinds = manifestJsonSchema()['oneOf']
    expect(kinds).toEqual([
      expect.objectContaining({ required: ['name', 'target', 'sources', 'kind'] }),
      expect.objectContaining({ required: ['name', 'target', 'kind'] }),
      expect.objectContaining({ required: ['name', 'target', 'sources', 'kind'] }),
    ])
  })
})
