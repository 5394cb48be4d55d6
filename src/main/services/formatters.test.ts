import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import { formatText } from './formatters'

let project: string
const { signal } = new AbortController()

beforeEach(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'bootlab-format-')))
  await mkdir(join(project, 'src'))
})
afterEach(() => rm(project, { recursive: true }))

/** A program that is found in place of the real one. */
async function program(source: string): Promise<() => Promise<string>> {
  const path = join(project, 'tool.mjs')
  await writeFile(path, `#!${process.execPath}\n${source}\n`)
  await chmod(path, 0o755)
  return async () => path
}

it.skipIf(process.platform === 'win32')('the tool gets the unsaved text, the place of the file, and the edition of its package', async () => {
  await writeFile(join(project, 'Cargo.toml'), '[package]\nedition = "2018"\n')
  const find = await program("let text = ''; for await (const part of process.stdin) text += part; console.log(JSON.stringify([text, process.cwd(), ...process.argv.slice(2)]))")
  const ask = async (language: 'c' | 'rust', path: string): Promise<unknown> => JSON.parse(await formatText({ directory: project, path, language, text: 'ä' }, signal, find))
  expect(await ask('c', 'src/a.c')).toEqual(['ä', join(project, 'src'), '--style=file', '--fallback-style=LLVM', `--assume-filename=${join(project, 'src/a.c')}`])
  expect(await ask('rust', 'src/main.rs')).toEqual(['ä', join(project, 'src'), '--emit', 'stdout', '--edition', '2018'])
})

it.skipIf(process.platform === 'win32')('says what the tool says, that it is missing, and never leaves the project', async () => {
  const find = await program("console.error('line 1: no'); process.exit(1)")
  const file = { directory: project, path: 'a.c', language: 'c', text: 'x' } as const
  await expect(formatText(file, signal, find)).rejects.toMatchObject({ failure: { code: 'bad-input', why: 'line 1: no' } })
  await expect(formatText(file, signal, async () => undefined)).rejects.toMatchObject({ failure: { code: 'tool-missing', what: 'clang-format is not installed.' } })
  await expect(formatText({ ...file, path: '../a.c' }, signal, find)).rejects.toMatchObject({ failure: { code: 'outside' } })
  // A tool that says nothing must not empty the file.
  await expect(formatText(file, signal, await program(''))).rejects.toMatchObject({ failure: { code: 'bad-input' } })
})

it.skipIf(requireTool('rustfmt') === undefined)('rustfmt formats', async () => {
  expect(await formatText({ directory: project, path: 'src/main.rs', language: 'rust', text: 'fn  main( ){}' }, signal)).toBe('fn main() {}\n')
})
