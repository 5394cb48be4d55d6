import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
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
      expect.objectContaining({ required: ['name', 'kind'] }),
      expect.objectContaining({ required: ['name', 'target', 'sources', 'kind'] }),
      expect.objectContaining({ required: ['name', 'target', 'kind', 'parts'] }),
      expect.objectContaining({ required: ['name', 'kind', 'command', 'output'] }),
      expect.objectContaining({ required: ['name', 'kind', 'file'] }),
    ])
  })
})

describe('the documentation', () => {
  it('has every key of a manifest', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../resources/schemas/README.md'), 'utf8')
    const documented = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '')
    const kinds = z.array(z.object({ properties: z.record(z.string(), z.object({ properties: z.record(z.string(), z.unknown()).optional() })) })).parse(manifestJsonSchema()['oneOf'])
    const keys = kinds.flatMap(({ properties }) => Object.entries(properties).flatMap(([name, { properties: inner }]) => (inner ? Object.keys(inner).map((key) => `${name}.${key}`) : [name])))
    expect(documented.toSorted()).toEqual([...new Set(keys)].toSorted())
  })

  it.each(['resources/schemas/README.md', 'docs/zh-CN/manifest.md'])('has in %s every value of keys that are one of a few, and every key of their objects', async (page) => {
    const text = await readFile(join(import.meta.dirname, '../../..', page), 'utf8')
    const named = wordsOf(manifestJsonSchema())
    expect(named).toEqual(expect.arrayContaining(['limine', 'superfloppy', 'buildStd', 'assembler']))
    const forms = (word: string): string[] => [`\`${word}\``, `"${word}"`, `.${word}\``, `\`${word}.`]
    expect(named.filter((word) => !forms(word).some((form) => text.includes(form)))).toEqual([])
  })
})

/** The keys of every object in a schema, and the values of every enumeration. */
function wordsOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return [...new Set(schema.flatMap(wordsOf))]
  if (typeof schema !== 'object' || schema === null) return []
  const words = Object.entries(schema).flatMap(([key, value]) => {
    if (key === 'enum') return Array.isArray(value) ? value.map(String) : []
    if (key === 'properties' && typeof value === 'object' && value !== null) return [...Object.keys(value), ...wordsOf(Object.values(value))]
    return wordsOf(value)
  })
  return [...new Set(words)]
}
