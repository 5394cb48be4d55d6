import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildSearchWorker, type BuiltWorker } from '../../../../tests/support/emulator-worker'
import type { SearchFile, SearchQuery } from '../../../shared/search'
import { ProjectFiles } from '../project-files'
import { findMatches } from './find-matches'
import { pathFilter, searchProject } from './search'

const plain: SearchQuery = { text: '', regex: false, caseSensitive: false, wholeWord: false, include: '', exclude: '' }
let worker: BuiltWorker
let outer: string
let project: string

beforeAll(async () => {
  worker = await buildSearchWorker()
  outer = await mkdtemp(join(tmpdir(), 'bootlab-search-'))
  project = join(outer, 'project')
  await mkdir(join(project, 'src'), { recursive: true })
  await mkdir(join(project, 'build'))
  await writeFile(join(project, 'src', 'vga.c'), 'int row;\r\nvoid Put(char c) { row++; }\r\n')
  await writeFile(join(project, 'boot.S'), 'call put\n')
  await writeFile(join(project, 'build', 'out.c'), 'put')
  await writeFile(join(project, 'font.bin'), 'put\0put')
  await writeFile(join(project, 'latin.txt'), Buffer.from([0x70, 0x75, 0x74, 0xe9]))
  await writeFile(join(outer, 'secret.c'), 'put')
  await symlink(join(outer, 'secret.c'), join(project, 'link.c'))
  await symlink(outer, join(project, 'up'))
})
afterAll(async () => {
  await worker.remove()
  await rm(outer, { recursive: true })
})

async function search(query: Partial<SearchQuery>, unsaved: { path: string; text: string }[] = [], signal = new AbortController().signal) {
  const found: SearchFile[] = []
  const end = await searchProject(new ProjectFiles(), { directory: project, query: { ...plain, ...query }, unsaved }, { emit: (file) => found.push(file), signal, worker: worker.url })
  return { found, end, places: found.flatMap(({ path, matches }) => matches.map(({ line, column, endColumn }) => `${path}:${line}:${column}-${endColumn}`)) }
}

test('text is found in sources alone: no results of builds, no bytes, nothing that a link leads to', async () => {
  const { places, end, found } = await search({ text: 'put' })
  expect(places).toEqual(['boot.S:1:6-9', 'src/vga.c:2:6-9'])
  expect(end).toEqual({ files: 2, limited: false })
  expect(found[1]?.matches[0]).toMatchObject({ preview: 'void Put(char c) { row++; }', from: 5, to: 8 })
})

test('case, whole words, files, and unsaved text decide', async () => {
  expect((await search({ text: 'put', caseSensitive: true })).places).toEqual(['boot.S:1:6-9'])
  expect((await search({ text: 'ro', wholeWord: true })).places).toEqual([])
  expect((await search({ text: 'put', include: '*.c' })).places).toEqual(['src/vga.c:2:6-9'])
  expect((await search({ text: 'put', exclude: 'src' })).places).toEqual(['boot.S:1:6-9'])
  expect((await search({ text: 'put' }, [{ path: 'boot.S', text: '\n\nput' }])).places).toEqual(['boot.S:3:1-4', 'src/vga.c:2:6-9'])
})

test('a regular expression that is none, or never ends, is told; the search can be ended', { timeout: 20_000 }, async () => {
  await expect(search({ text: '(', regex: true })).rejects.toMatchObject({ failure: { code: 'bad-input' } })
  await expect(search({ text: '(a+)+$', regex: true }, [{ path: 'a.c', text: `${'a'.repeat(60)}!` }])).rejects.toMatchObject({ failure: { code: 'too-slow', where: 'a.c' } })
  const controller = new AbortController()
  const running = search({ text: '(a+)+$', regex: true }, [{ path: 'a.c', text: `${'a'.repeat(60)}!` }], controller.signal)
  setTimeout(() => controller.abort(), 50)
  await expect(running).rejects.toMatchObject({ failure: { code: 'cancelled' } })
})

test('too many places end the search', async () => {
  const { end, found } = await search({ text: 'x' }, [{ path: 'x.c', text: 'x'.repeat(6000) }])
  expect(end.limited).toBe(true)
  expect(found.flatMap(({ matches }) => matches)).toHaveLength(5000)
})

test('replacements are what JavaScript makes of them', () => {
  const [match] = findMatches('out(a, b)', { ...plain, text: String.raw`(\w+)\((?<first>\w+), (\w+)\)`, regex: true, replacement: '$1($3, $<first>) $$ $& $9' }, 10)
  expect(match?.replacement).toBe('out(b, a) $ out(a, b) $9')
  expect(findMatches('a.b', { ...plain, text: 'a.b', replacement: '$1' }, 10)[0]?.replacement).toBe('$1')
  expect(findMatches('a\nb', { ...plain, text: String.raw`a\nb`, regex: true }, 10)[0]).toMatchObject({ line: 1, endLine: 2, endColumn: 2, preview: 'a' })
})

test('globs are read as editors read them', () => {
  const fits = pathFilter('*.{c,h}, src', 'test')
  expect(['a.c', 'lib/a.h', 'src/x.txt', 'a.S', 'test/a.c', 'lib/test/a.c'].map(fits)).toEqual([true, true, true, false, false, false])
})
