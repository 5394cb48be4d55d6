import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { requireTool } from '../../../../tests/support/tools'
import { targetJsonSchema } from '../schemas'
import { parseTargetSpec, readTargetSpec } from './target-spec'

const GOOD = { 'llvm-target': 'x86_64-unknown-none', 'data-layout': 'e', arch: 'x86_64', 'target-pointer-width': 64 }
const text = (extra: object = {}): string => JSON.stringify({ ...GOOD, ...extra }, null, 1)

function messages(source: string): string[] {
  return parseTargetSpec(source, 't.json').problems.map((problem) => `${problem.line}:${problem.column} ${problem.message}`)
}

describe('a target specification', () => {
  it('is typed, and keeps what it does not know', () => {
    const result = parseTargetSpec(text({ 'disable-redzone': true, colour: 'red', cpu: null }), 't.json')
    if (!result.ok) throw new Error(messages(text()).join())
    expect(result.target.spec).toEqual({ ...GOOD, 'disable-redzone': true })
    expect(result.target.unknown).toEqual({ colour: 'red' })
    expect(result.target.machine).toEqual({ arch: 'x86_64', pointerWidth: 64, elf: 'elf_x86_64' })
    expect(result.problems).toMatchObject([{ severity: 'warning', line: 7, column: 2, endColumn: 10 }])
  })

  it.each([
    ['a width in words', text({ 'target-pointer-width': 'wide' }), /^5:26 "target-pointer-width": a number is expected, without quotes/],
    ['a quoted boolean', text({ 'disable-redzone': 'true' }), /^6:21 "disable-redzone": true or false is expected, without quotes/],
    ['link arguments as a list', text({ 'pre-link-args': ['-e'] }), /"pre-link-args": the arguments stand in an object by linker flavor/],
    ['spaces among features', text({ features: '-mmx, -sse' }), /"features": features are "\+name" or "-name"/],
    ['an unknown choice', text({ 'code-model': 'huge' }), /one of "tiny", "small", "kernel"/],
    ['a missing key', '{"llvm-target": "x86_64-unknown-none", "arch": "x86_64", "target-pointer-width": 64}', /The key "data-layout" is missing/],
    ['another processor', text({ 'llvm-target': 'riscv64-unknown-none' }), /^2:17 "riscv64-unknown-none" is not a triple for the PC/],
    ['a width that contradicts', text({ 'target-pointer-width': 32 }), /has pointers of 64 bits, not 32/],
    ['an architecture that contradicts', text({ arch: 'x86' }), /is of the architecture "x86_64", not "x86"/],
    ['a trailing comma', '{"arch": "x86",}', /JSON allows no comma after the last entry/],
    ['no object', '3', /an object in braces/],
  ])('names %s at its place', (_, source, expected) => {
    const result = parseTargetSpec(source, 't.json')
    expect(result.ok).toBe(false)
    expect(messages(source)[0]).toMatch(expected)
  })

  it('takes widths in quotes, as old compilers want them, and says so', () => {
    const result = parseTargetSpec(text({ 'target-pointer-width': '64', 'target-c-int-width': '32' }), 't.json')
    expect(result).toMatchObject({ ok: true, target: { spec: { 'target-pointer-width': 64, 'target-c-int-width': 32 } } })
    expect(result.problems).toMatchObject([
      { severity: 'warning', line: 5, column: 26, next: expect.stringContaining('bootlab doctor --fix') },
      { severity: 'warning', line: 6 },
    ])
  })

  it('gives one clear error for a file that is empty, random or huge', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bootlab-spec-'))
    for (const [bytes, expected] of [
      [Buffer.alloc(0), /is empty/],
      [Buffer.concat([Buffer.from([0xc3, 0x28]), randomBytes(512)]), /is not text/],
      [Buffer.alloc(2 << 20, 0x20), /is too large/],
    ] as const) {
      await writeFile(join(dir, 't.json'), bytes)
      await expect(readTargetSpec(dir, 't.json')).rejects.toThrow(expected)
    }
    await rm(dir, { recursive: true })
  })
})

describe('the table of keys', () => {
  const rustc = requireTool('rustc')
  const property = z.looseObject({ type: z.union([z.string(), z.array(z.string())]).optional(), $ref: z.string().optional(), anyOf: z.array(z.looseObject({ $ref: z.string().optional() })).optional() })
  const schemaOfRustc = z.object({ required: z.array(z.string()), properties: z.record(z.string(), property), $defs: z.record(z.string(), z.looseObject({ enum: z.array(z.string()).optional() })) })
  const ours = z.object({ required: z.array(z.string()), properties: z.record(z.string(), z.looseObject({ type: z.string().optional(), enum: z.array(z.string()).optional() })) })

  it.skipIf(rustc === undefined)('holds every key that rustc knows, with its type and choices', (context) => {
    const run = spawnSync(rustc ?? '', ['-Zunstable-options', '--print', 'target-spec-json-schema'], { env: { ...process.env, RUSTC_BOOTSTRAP: '1' }, encoding: 'utf8' })
    if (run.status !== 0) return context.skip(`this rustc does not print its schema: ${run.stderr}`)
    const theirs = schemaOfRustc.parse(JSON.parse(run.stdout))
    const table = ours.parse(targetJsonSchema())
    expect(table.required.toSorted()).toEqual(theirs.required.toSorted())
    expect(Object.keys(table.properties)).toEqual(expect.arrayContaining(Object.keys(theirs.properties)))
    for (const [name, key] of Object.entries(theirs.properties)) {
      const row = table.properties[name]
      const types = [key.type ?? []].flat().filter((type) => type !== 'null')
      if (types.length > 0) expect([row?.type], name).toEqual(types)
      const definition = theirs.$defs[(key.$ref ?? key.anyOf?.[0]?.$ref ?? '').replace('#/$defs/', '')]
      // Calling conventions grow with every release and mean nothing to a kernel, so that key takes any text.
      if (definition?.enum && name !== 'entry-abi' && row?.enum) expect(row.enum.toSorted(), name).toEqual(definition.enum.toSorted())
    }
  })
})
