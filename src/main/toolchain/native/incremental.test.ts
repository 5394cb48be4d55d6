import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { requireTool } from '../../../../tests/support/tools'
import type { LogEvent, Problem } from '../../../shared/problems'
import { openProject, type Project } from '../../project'
import { buildKernel } from '../build'
import { elfOf, projectFrom } from '../testing'

const MANIFEST = { name: 'k', kind: 'c', target: 'i386-miniboot.json', sources: ['a.c', 'b.c'], includeDirs: ['inc'] }
const FILES = {
  'bootlab.json': JSON.stringify(MANIFEST),
  'inc/a.h': '#include "deep.h"\n',
  'inc/deep.h': '#define FIRST 1\n',
  'a.c': '#include <a.h>\nint value = FIRST;\nint other(void);\nvoid start_entry(void) { for (;;) value = other(); }\n',
  'b.c': 'int other(void) { int unused; return 2; }\n',
}

const twoFiles = (files: Readonly<Record<string, string>> = {}): Promise<Project> => projectFrom('miniboot-c', { ...FILES, ...files })

/** The steps that were really made, and what was said. */
async function made(project: Project): Promise<{ steps: string[]; elf: Uint8Array; problems: Problem[]; log: LogEvent[] }> {
  const log: LogEvent[] = []
  const result = await buildKernel(await openProject(project.dir), { onLog: (event) => log.push(event) })
  return { steps: result.steps.filter(({ cached }) => !cached).map(({ name }) => name), elf: elfOf(result), problems: result.problems, log }
}

const write = (project: Project, file: string, text: string): Promise<void> => writeFile(join(project.dir, file), text)

/** Writes files that lie in the past, so that no clock is in play. */
async function settled(project: Project): Promise<Project> {
  const past = new Date(Date.now() - 60_000)
  for (const file of ['a.c', 'b.c', 'inc/a.h', 'inc/deep.h']) await utimes(join(project.dir, file), past, past)
  return project
}

it('makes nothing again while nothing changed, and repeats the warnings', async () => {
  const project = await settled(await twoFiles())
  const first = await made(project)
  expect(first.steps).toEqual(expect.arrayContaining(['compile a.c', 'compile b.c', 'link']))
  const second = await made(project)
  expect(second.steps).toEqual([])
  expect(second.elf).toEqual(first.elf)
  expect(second.problems).toEqual(first.problems)
  expect(second.problems).toMatchObject([{ file: 'b.c', line: 1, code: '-Wunused-variable' }])
  expect(second.log.filter(({ level }) => level === 'command')).toEqual([])
  expect(second.log.filter(({ problem }) => problem !== undefined)).toHaveLength(1)
})

it.each([
  ['a source', 'b.c', 'int other(void) { return 3; }\n', ['compile b.c', 'link']],
  ['a header of a header', 'inc/deep.h', '#define FIRST 5\n', ['compile a.c', 'link']],
  ['a macro for all', 'bootlab.json', JSON.stringify({ ...MANIFEST, defines: { X: 1 } }), ['compile a.c', 'compile b.c', 'link']],
  ['a flag of one file', 'bootlab.json', JSON.stringify({ ...MANIFEST, sources: ['a.c', { path: 'b.c', optimize: '0' }] }), ['compile b.c', 'link']],
  ['an argument of the linker', 'bootlab.json', JSON.stringify({ ...MANIFEST, linkFlags: ['--gc-sections'] }), ['link']],
])('makes again what %s is in', async (_, file, text, steps) => {
  const project = await settled(await twoFiles())
  await made(project)
  await write(project, file, text)
  expect((await made(project)).steps.toSorted()).toEqual(steps)
})

it('goes by content, not by time: what was only touched, or undone, is not made again', async () => {
  const project = await settled(await twoFiles())
  const { elf } = await made(project)
  const now = new Date()
  await utimes(join(project.dir, 'b.c'), now, now)
  expect((await made(project)).steps).toEqual([])
  await write(project, 'b.c', 'int other(void) { return 3; }\n')
  const past = new Date(Date.now() - 3_600_000)
  await utimes(join(project.dir, 'b.c'), past, past)
  const changed = await made(project)
  expect(changed.steps).toEqual(['compile b.c', 'link'])
  expect(changed.elf).not.toEqual(elf)
})

it('sees what the assembler reads itself', async () => {
  const project = await twoFiles({ 'data.bin': 'one', 'b.c': 'int other(void) { return 2; }\n__asm__(".data\\n.incbin \\"data.bin\\"\\n.text");\n', 'a.c': FILES['a.c'] })
  await settled(project)
  await utimes(join(project.dir, 'data.bin'), new Date(0), new Date(0))
  expect(Buffer.from((await made(project)).elf).includes('one')).toBe(true)
  expect((await made(project)).steps).toEqual([])
  await write(project, 'data.bin', 'two')
  const changed = await made(project)
  expect(changed.steps).toEqual(['compile b.c', 'link'])
  expect(Buffer.from(changed.elf).includes('two')).toBe(true)
})

it('sees a header that is found earlier than the one before', async () => {
  const project = await twoFiles({ 'bootlab.json': JSON.stringify({ ...MANIFEST, includeDirs: ['first', 'inc'] }), 'first/x.h': '' })
  await settled(project)
  await made(project)
  expect((await made(project)).steps).toEqual([])
  await write(project, 'first/a.h', '#define FIRST 9\n')
  expect((await made(project)).steps).toEqual(['compile a.c', 'link'])
  expect((await made(project)).steps).toEqual([])
})

it('sees a linker script, and what it includes', async () => {
  const project = await twoFiles({
    'bootlab.json': JSON.stringify({ ...MANIFEST, linkerScript: 'k.ld' }),
    'k.ld': 'INCLUDE base.ld\nSECTIONS { . = BASE; .text : { *(.text*) } .data : { *(.data*) } }\n',
    'base.ld': 'BASE = 0x100000;\n',
  })
  await settled(project)
  for (const file of ['k.ld', 'base.ld']) await utimes(join(project.dir, file), new Date(0), new Date(0))
  const first = await made(project)
  expect((await made(project)).steps).toEqual([])
  await write(project, 'base.ld', 'BASE = 0x200000;\n')
  const second = await made(project)
  expect(second.steps).toEqual(['link'])
  expect(Buffer.from(first.elf).readUInt32LE(24) >>> 20).toBe(1)
  expect(Buffer.from(second.elf).readUInt32LE(24) >>> 20).toBe(2)
})

it.skipIf(requireTool('nasm') === undefined)('sees what nasm includes', async () => {
  const project = await twoFiles({ 'bootlab.json': JSON.stringify({ ...MANIFEST, sources: ['a.c', 'b.asm'] }), 'b.asm': '%include "b.inc"\nglobal other\nother: mov eax, VALUE\nret\n', 'inc/b.inc': '%define VALUE 7\n' })
  await settled(project)
  for (const file of ['b.asm', 'inc/b.inc']) await utimes(join(project.dir, file), new Date(0), new Date(0))
  await made(project)
  expect((await made(project)).steps).toEqual([])
  await write(project, 'inc/b.inc', '%define VALUE 8\n')
  expect((await made(project)).steps).toEqual(['compile b.asm', 'link'])
})

it('mends what somebody removed or damaged in the build folder', async () => {
  const project = await settled(await twoFiles())
  const { elf } = await made(project)
  const store = join(project.dir, 'build', '.objects')
  for (const name of await readdir(store)) {
    if (name.endsWith('.json')) await writeFile(join(store, name), '{"result":')
    else if (name.endsWith('.o')) await writeFile(join(store, name), 'short')
  }
  await writeFile(join(project.dir, 'build', 'k.elf'), 'damaged')
  expect((await made(project)).elf).toEqual(elf)
  expect(new Uint8Array(await readFile(join(project.dir, 'build', 'k.elf')))).toEqual(new Uint8Array(elf))
  await rm(join(project.dir, 'build'), { recursive: true })
  expect((await made(project)).elf).toEqual(elf)
})

it('keeps no results that were not used for long', async () => {
  const project = await settled(await twoFiles())
  await made(project)
  const store = join(project.dir, 'build', '.objects')
  const before = (await readdir(store)).length
  const past = new Date(Date.now() - 3_600_000)
  await writeFile(join(store, 'left-by-a-crash.tmp.o'), '')
  await utimes(join(store, 'left-by-a-crash.tmp.o'), past, past)
  await write(project, 'b.c', 'int other(void) { return 3; }\n')
  for (const name of await readdir(store)) await utimes(join(store, name), past, past)
  await made(project)
  const after = await readdir(store)
  expect(after).not.toContain('left-by-a-crash.tmp.o')
  expect(after.length).toBeLessThanOrEqual(before)
})
