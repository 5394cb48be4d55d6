import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProjectError } from './errors'
import { MANIFEST_FILE, parseManifest, readManifest } from './manifest'
import { memorySize } from './memory-size'
import { openProject } from './project'

const GOOD = { name: 'k', kind: 'c', target: 't.json', sources: ['a.c'] }
const text = (value: unknown): string => JSON.stringify(value, null, 2)

function messages(source: string): string[] {
  const result = parseManifest(source)
  return result.ok ? [] : result.problems.map((problem) => `${problem.line}:${problem.column} ${problem.message}`)
}

describe('a manifest', () => {
  it('gets its defaults', () => {
    expect(parseManifest(text(GOOD))).toEqual({
      ok: true,
      manifest: { ...GOOD, output: 'elf', includeDirs: [], defines: {}, optimize: '2', warnings: 'all', flags: [], linkFlags: [], runtime: true, run: { memory: '128M', append: '' } },
    })
  })

  it.each([
    ['an unknown key, at the key', '{\n  "name": "k",\n  "colour": 1,\n  "kind": "rust", "target": "t.json"\n}', [/^3:3 "colour" is not a key/]],
    ['a missing key', '{"kind": "c", "name": "k", "sources": ["a.c"]}', [/^1:1 The key "target" is missing/]],
    ['a compiler argument that writes elsewhere', text({ ...GOOD, flags: ['-MF', 'x'] }), [/^9:5 "flags.0": the compiler argument "-MF" is refused/]],
    ['a linker argument that writes elsewhere', text({ ...GOOD, sources: ['a.c'], linkFlags: ['--Map=x'] }), [/the linker argument "--Map=x" is refused/]],
    ['a part of a disk without content', text({ name: 'k', kind: 'disk', target: 't.json', parts: [{ name: 'boot', sector: 0 }] }), [/a part has either "sources" or a "file"/]],
    ['a part of a disk with two contents', text({ name: 'k', kind: 'disk', target: 't.json', parts: [{ name: 'boot', sector: 0, file: 'a', sources: ['a.c'] }] }), [/a part has either "sources" or a "file"/]],
    ['a command that is no list', text({ name: 'k', kind: 'command', command: 'make', output: 'k.elf' }), [/"command"/]],
    ['a trailing comma', '{\n  "name": "k",\n}', [/^3:1 A key in double quotes must stand here/]],
    ['a comment', '{\n  // mine\n  "name": "k", "kind": "rust", "target": "t.json"}', [/^2:3 JSON has no comments/]],
    ['a key twice', '{"name": "k", "name": "l", "kind": "rust", "target": "t.json"}', [/^1:15 The key "name" stands here a second time/]],
    ['a path out of the project', text({ ...GOOD, sources: ['../a.c'] }), [/^6:5 "sources.0": the path must stay inside/]],
    ['an absolute path', text({ ...GOOD, target: '/etc/passwd.json' }), [/relative to the project/]],
    ['a drive letter', text({ ...GOOD, target: 'C:t.json' }), [/relative to the project/]],
    ['a path that would be an option', text({ ...GOOD, sources: ['-a.c'] }), [/must not start with a dash/]],
    ['backslashes', text({ ...GOOD, sources: ['src\\a.c'] }), [/forward slash/]],
    ['a source in another language', text({ ...GOOD, sources: ['a.pas'] }), [/a source is a .c, .S, .s or .asm file/]],
    ['a name that leaves the build folder', text({ ...GOOD, name: '../x' }), [/a name has 1 to 64/]],
    ['memory without sense', text({ ...GOOD, run: { memory: 'lots' } }), [/is not a memory size/]],
    ['a drive of no kind', text({ ...GOOD, run: { drives: [{ path: 'a.img', medium: 'tape' }] } }), [/medium/]],
    ['more drives than there are', text({ ...GOOD, run: { drives: Array.from({ length: 6 }, () => ({ path: 'a.img' })) } }), [/drives/]],
    ['firmware from elsewhere', text({ ...GOOD, run: { firmware: { bios: '../bios.bin' } } }), [/bios/]],
    ['a clock without a time', text({ ...GOOD, run: { clock: 'noon' } }), [/"now"/]],
    ['memory out of range', text({ ...GOOD, run: { memory: '64G' } }), [/out of range/]],
    ['a kind that does not exist', text({ ...GOOD, kind: 'pascal' }), [/kind/]],
    ['a list instead of an object', '[]', [/./]],
    ['a byte-order mark', `\uFEFF${text(GOOD)}`, [/byte-order mark/]],
    ['nesting without end', '['.repeat(100_000), [/Nesting deeper/]],
    ['nothing but blanks', '  \n ', [/./]],
  ])('names %s', (_, source, expected) => {
    const found = messages(source)
    expect(found).toHaveLength(expected.length)
    expected.forEach((pattern, index) => expect(found[index]).toMatch(pattern))
  })

  it('keeps "__proto__" from doing anything', () => {
    expect(messages('{"__proto__": {"name": "k"}, "kind": "rust", "target": "t.json"}').join()).toContain('"name" is missing')
  })

  it('reports every truncation of a good text, and never throws', () => {
    const whole = text(GOOD)
    for (let length = 0; length < whole.length; length++) expect(messages(whole.slice(0, length)).length, whole.slice(0, length)).toBeGreaterThan(0)
  })
})

describe('a manifest file', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bootlab-manifest-'))
  })
  afterAll(() => rm(dir, { recursive: true }))

  it.each([
    ['empty', Buffer.alloc(0), /The manifest is empty/],
    ['random', Buffer.concat([Buffer.from([0xff, 0xfe, 0x80]), randomBytes(4096)]), /The manifest is not text/],
    ['huge', Buffer.alloc((1 << 20) + 1, ' '), /The manifest is too large: 1048577 bytes/],
    ['truncated', Buffer.from('{"name": "k", '), /The manifest has a mistake/],
  ])('that is %s gives one clear error', async (_, bytes, expected) => {
    const path = join(dir, MANIFEST_FILE)
    await writeFile(path, bytes)
    const error: unknown = await readManifest(path).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ProjectError)
    expect(error).toHaveProperty('what', expect.stringMatching(expected))
    expect(error).toHaveProperty('where', expect.stringContaining(path))
    expect(error).toHaveProperty('next', expect.stringMatching(/\.$/))
  })

  it.each([
    ['a folder that does not exist', 'nowhere', /The folder does not exist/],
    ['a folder without manifest', '.', /holds no bootlab.json/],
  ])('is missed in %s', async (_, path, expected) => {
    await rm(join(dir, MANIFEST_FILE), { force: true })
    await expect(openProject(join(dir, path))).rejects.toThrow(expected)
  })
})

describe('a memory size', () => {
  it.each([
    ['128M', 128 * 2 ** 20],
    ['64', 64 * 2 ** 20],
    ['1g', 2 ** 30],
    ['2048K', 2 ** 21],
  ])('%s', (size, bytes) => expect(memorySize(size)).toEqual({ ok: true, bytes }))
  it.each(['', '-1M', '1.5G', '0', '4G', '12T'])('refuses %j', (size) => expect(memorySize(size).ok).toBe(false))
})
