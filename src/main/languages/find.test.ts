import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { candidates, findServer } from './find'

/** Folders with programs; a text is what one does. */
async function folders(programs: Readonly<Record<string, string>>): Promise<{ root: string; PATH: string }> {
  const root = await mkdtemp(join(tmpdir(), 'bootlab-find-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(programs)) {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(join(root, path), `#!/bin/sh\n${text}\n`)
    await chmod(join(root, path), 0o755)
  }
  return { root, PATH: [join(root, 'a'), join(root, 'gone'), join(root, 'b')].join(delimiter) }
}

it('prefers a name without a version, then the newest; in the order of PATH', async () => {
  const { root, PATH } = await folders({ 'a/clangd-9': '', 'a/clangd-18': '', 'b/clangd-14': '', 'b/clangd': '', 'b/clangd-tidy': '', 'b/rust-analyzer': '' })
  const names = (await candidates('clangd', { env: { PATH }, platform: 'linux' })).map((path) => path.slice(root.length + 1))
  expect(names).toEqual(['b/clangd', 'a/clangd-18', 'b/clangd-14', 'a/clangd-9'])
  expect(await candidates('clangd', { env: { PATH, BOOTLAB_CLANGD: '/mine' } })).toEqual(['/mine'])
})

it('knows Windows’ names of programs and of PATH', async () => {
  const { root, PATH } = await folders({ 'a/clangd': '', 'b/clangd.exe': '', 'b/rust-analyzer.EXE': '' })
  expect(await candidates('clangd', { env: { Path: PATH }, platform: 'win32' })).toEqual([join(root, 'b', 'clangd.exe')])
  expect(await candidates('rust-analyzer', { env: { Path: PATH }, platform: 'win32' })).toEqual([join(root, 'b', 'rust-analyzer.EXE')])
})

it.skipIf(process.platform === 'win32')('passes over what does not run, as rustup’s stand-in for what is not installed', async () => {
  const { root, PATH } = await folders({ 'a/rust-analyzer': 'echo not installed >&2; exit 1', 'b/rust-analyzer': 'echo rust-analyzer 1.96.0 ac68faa 2026-05-25' })
  expect(await findServer('rust-analyzer', { env: { PATH } })).toEqual({ command: join(root, 'b', 'rust-analyzer'), version: '1.96.0' })
  expect(await findServer('rust-analyzer', { env: { PATH: join(root, 'a') } })).toBeUndefined()
  expect(await findServer('clangd', { env: { BOOTLAB_CLANGD: join(root, 'nothing') } })).toBeUndefined()
})
