/** clangd itself, on a template: it reads the flags of builds, and writes nothing into the project. */
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import { ownCache, projectFrom, temporaryFolder } from '../toolchain/testing'
import { createLanguageSessions, languageHandlers } from './language-calls'
import { ProjectFiles } from './project-files'
import type { LanguageServerState } from '../../shared/language-servers'

const clangd = requireTool('clangd')
const PATH = 'kernel.c'
const signal = new AbortController().signal

async function start(directory: string) {
  await ownCache()
  const sessions = createLanguageSessions(new ProjectFiles())
  onTestFinished(() => sessions.close(), 30_000)
  const { calls, streams } = languageHandlers(sessions, async (folder) => folder)
  const session = crypto.randomUUID()
  const states: LanguageServerState[] = []
  const watch = streams['languages.watch']({ directory, server: 'clangd', session }, { emit: (state) => states.push(state), unread: () => 0, onRead: () => undefined, signal })
  watch.catch((error: unknown) => expect.unreachable(String(error)))
  await vi.waitFor(() => expect(states[0]).toBeDefined())
  /** Changes the text, and asks at the first `¦` in it. */
  const at = async (text: string) => {
    const offset = text.indexOf('¦')
    const lines = text.slice(0, offset).split('\n')
    await calls['languages.update']({ session, path: PATH, text: text.slice(0, offset) + text.slice(offset + 1) }, { signal })
    return { session, path: PATH, line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
  }
  const complete = async (text: string) => {
    const place = await at(text)
    // clangd has only a file's words to offer before it has read it; a hover waits for that.
    await calls['languages.hover'](place, { signal })
    return (await calls['languages.complete'](place, { signal })).items
  }
  return { sessions, calls, states, at, complete }
}

it.skipIf(clangd === undefined)('completes members and macros, explains, and finds definitions, with the flags of the build', async () => {
  const { dir } = await projectFrom('paging-c')
  const before = await readdir(dir, { recursive: true })
  // Servers know a file by its real path only.
  const link = join(await temporaryFolder(), 'link')
  await symlink(dir, link)
  const { calls, states, at, complete } = await start(link)
  const source = await readFile(join(dir, PATH), 'utf8')

  const ends = (code: string): string => `${source}\nstruct cell { unsigned char letter; unsigned char colour; };\n#define SCREEN_ROWS 25\nstatic void more(struct cell *cell)\n{\n    ${code}\n}\n`
  const members = await complete(ends('cell->¦;'))
  expect(members.map(({ label, detail, kind }) => [label, detail, kind]).toSorted()).toEqual([['colour', 'unsigned char', 'Field'], ['letter', 'unsigned char', 'Field']])
  expect((await complete(ends('int rows = SCREEN_R¦;'))).map(({ label }) => label)).toContain('SCREEN_ROWS')
  const functions = await complete(ends('vga_col¦'))
  expect(functions[0]).toMatchObject({ kind: 'Function', snippet: true, insert: expect.stringContaining('vga_colour(${1') })
  expect(states.at(-1)).toEqual({ status: 'ready', version: expect.stringMatching(/^\d+/) })

  const hover = await calls['languages.hover'](await at(ends('unsigned long si¦ze = sizeof(void *);')), { signal })
  expect(hover?.text).toContain('unsigned long')
  // What the target specification says: 64 bits, no SSE.
  const asks = '#if defined __SSE__ || !defined __LP64__\nstatic int flags_wrong;\n#else\nstatic int flags_right;\n#endif\nint a = flags_¦;\n'
  expect((await complete(asks)).map(({ label, kind }) => [label, kind])).toContainEqual(['flags_right', 'Variable'])

  const [definition] = await calls['languages.definition'](await at(ends('int back = LIGHT_G¦REY;')), { signal })
  expect(definition?.file).toBe('vga.h')
  expect((await readFile(join(dir, 'vga.h'), 'utf8')).split('\n')[(definition?.range.line ?? 0) - 1]).toContain('LIGHT_GREY')
  const question = await at(`#include <stdint.h>\nuint64¦_t value;\n`)
  // clangd reads a header that is new in its own time, and answers with what it has until then.
  await expect.poll(async () => (await calls['languages.definition'](question, { signal }))[0]?.file, { timeout: 10_000 }).toMatch(/stdint\.h$/)
  const [outside] = await calls['languages.definition'](question, { signal })
  expect(outside?.text).toContain('uint64_t')

  const signatures = await calls['languages.signatures']({ ...(await at(ends('vga_colour(BLUE, ¦'))), retrigger: false }, { signal })
  expect(signatures).toMatchObject({ activeParameter: 1, signatures: [{ label: expect.stringContaining('vga_colour(') }] })
  expect(await readdir(dir, { recursive: true })).toEqual(before)
}, 60_000)

it.skipIf(clangd === undefined)('notices other flags when the manifest is saved', async () => {
  const { dir, manifest } = await projectFrom('miniboot-c')
  const { sessions, complete } = await start(dir)
  const asks = 'int a = SPECIAL_ADD¦;\n'
  expect((await complete(asks)).map(({ label }) => label)).not.toContain('SPECIAL_ADDRESS')
  await writeFile(join(dir, 'bootlab.json'), JSON.stringify({ ...JSON.parse(await readFile(join(dir, 'bootlab.json'), 'utf8')), defines: { SPECIAL_ADDRESS: 1 } }))
  expect(manifest.kind).toBe('c')
  await sessions.refresh(dir)
  expect((await complete(asks)).map(({ label }) => label)).toContain('SPECIAL_ADDRESS')
}, 60_000)

it.skipIf(clangd === undefined)('refuses paths that leave the project', async () => {
  const { dir } = await projectFrom('miniboot-c')
  const { calls, at } = await start(dir)
  const { session } = await at('¦')
  for (const path of ['../kernel.c', '/etc/a.c', 'a/../../b.c', 'C:/a.c']) await expect(calls['languages.update']({ session, path, text: '' }, { signal })).rejects.toThrow('not a file of the project')
}, 60_000)
