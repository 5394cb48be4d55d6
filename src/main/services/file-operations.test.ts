import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Drafts } from './drafts'
import { FileOperations } from './file-operations'
import { watchProject } from './project-watcher'

let outer: string
let project: string
let trashed: string[]
const files = new FileOperations({
  trash: async (path) => {
    trashed.push(path)
    await rm(path, { recursive: true })
  },
  reveal: async () => undefined,
})

beforeEach(async () => {
  outer = await mkdtemp(join(tmpdir(), 'bootlab-operations-'))
  project = join(outer, 'project')
  trashed = []
  await mkdir(join(project, 'src'), { recursive: true })
  await writeFile(join(project, 'bootlab.json'), '{}')
  await writeFile(join(project, 'src', 'main.c'), 'int x;')
  await writeFile(join(outer, 'secret'), 'secret')
})
afterEach(() => rm(outer, { recursive: true }))

const failsWith = (code: string) => ({ failure: { code } })

describe('FileOperations', () => {
  it('makes files and folders on the way, and writes over nothing', async () => {
    await files.createFile(project, 'a/b/c.S')
    await files.createFolder(project, 'd/e')
    expect(await readFile(join(project, 'a/b/c.S'), 'utf8')).toBe('')
    expect((await lstat(join(project, 'd/e'))).isDirectory()).toBe(true)
    await expect(files.createFile(project, 'src/main.c')).rejects.toMatchObject(failsWith('exists'))
    await expect(files.createFolder(project, 'src')).rejects.toMatchObject(failsWith('exists'))
    await expect(files.createFile(project, 'src/main.c/x')).rejects.toMatchObject(failsWith('exists'))
    expect(await readFile(join(project, 'src/main.c'), 'utf8')).toBe('int x;')
  })

  it('renames and moves, but not onto something, into itself, or the manifest', async () => {
    await writeFile(join(project, 'other.c'), 'other')
    await files.rename(project, 'src', 'kernel/source')
    expect(await readFile(join(project, 'kernel/source/main.c'), 'utf8')).toBe('int x;')
    await expect(files.rename(project, 'other.c', 'kernel/source/main.c')).rejects.toMatchObject(failsWith('exists'))
    await expect(files.rename(project, 'kernel', 'kernel/source/kernel')).rejects.toMatchObject(failsWith('bad-input'))
    await expect(files.rename(project, 'gone.c', 'x.c')).rejects.toMatchObject(failsWith('not-found'))
    for (const manifest of ['bootlab.json', './bootlab.json']) await expect(files.rename(project, manifest, 'x.json')).rejects.toMatchObject(failsWith('bad-input'))
    await expect(files.delete(project, 'bootlab.json', true)).rejects.toMatchObject(failsWith('bad-input'))
    expect(await readFile(join(project, 'other.c'), 'utf8')).toBe('other')
  })

  it('deletes into the trash, says when there is none, and for good when asked', async () => {
    await files.delete(project, 'src/main.c', false)
    expect(trashed).toHaveLength(1)
    const without = new FileOperations({ trash: () => Promise.reject(new Error('no trash here')), reveal: async () => undefined })
    await expect(without.delete(project, 'src', false)).rejects.toMatchObject({ failure: { code: 'no-trash', why: 'no trash here' } })
    // A trash that does nothing is none.
    const idle = new FileOperations({ trash: async () => undefined, reveal: async () => undefined })
    await expect(idle.delete(project, 'src', false)).rejects.toMatchObject(failsWith('no-trash'))
    await without.delete(project, 'src', true)
    expect(await readdir(project)).toEqual(['bootlab.json'])
    await expect(files.delete(project, 'src', true)).rejects.toMatchObject(failsWith('not-found'))
  })

  it.each(['../secret', 'src/../../secret', '/etc/passwd', '..', '', '.', './', 'folder/secret', 'folder/new', 'C:/x', 'a\\b'])('never leaves the project by %j', async (path) => {
    await symlink(outer, join(project, 'folder'))
    const outside = failsWith('outside')
    await expect(files.createFile(project, path)).rejects.toMatchObject(outside)
    await expect(files.createFolder(project, path)).rejects.toMatchObject(outside)
    await expect(files.rename(project, path, 'mine')).rejects.toMatchObject(outside)
    await expect(files.rename(project, 'src/main.c', path)).rejects.toMatchObject(outside)
    await expect(files.delete(project, path, true)).rejects.toMatchObject(outside)
    await expect(files.reveal(project, path)).rejects.toMatchObject(outside)
    expect((await readdir(outer)).toSorted()).toEqual(['project', 'secret'])
    expect(await readFile(join(project, 'src/main.c'), 'utf8')).toBe('int x;')
  })

  it('takes a link for itself, and leaves alone what it leads to', async () => {
    await symlink(join(outer, 'secret'), join(project, 'link'))
    await files.rename(project, 'link', 'src/other')
    expect((await lstat(join(project, 'src/other'))).isSymbolicLink()).toBe(true)
    await files.delete(project, 'src/other', true)
    await symlink(outer, join(project, 'folder'))
    await files.delete(project, 'folder', true)
    expect(await readFile(join(outer, 'secret'), 'utf8')).toBe('secret')
  })
})

it('drafts follow a file and a folder', async () => {
  const drafts = new Drafts(join(outer, 'data'), expect.unreachable)
  const baseVersion = '0'.repeat(64)
  for (const path of ['src/main.c', 'srcs.c']) await drafts.save(project, { path, text: path, baseVersion })
  await drafts.move(project, 'src', 'kernel')
  expect((await drafts.list(project)).map(({ path, text }) => `${path} ${text}`)).toEqual(['kernel/main.c src/main.c', 'srcs.c srcs.c'])
})

it('the watcher tells of changes, not of what builds write, and ends with its signal', async () => {
  const controller = new AbortController()
  const told: string[] = []
  await mkdir(join(project, 'build'))
  let ended: Promise<null> | undefined
  await new Promise<void>((ready) => {
    ended = watchProject(project, ({ paths }) => told.push(...paths), controller.signal, ready)
  })
  await writeFile(join(project, 'build', 'x.o'), '')
  await writeFile(join(project, 'src', 'main.c'), 'changed')
  await mkdir(join(project, 'lib'))
  await expect.poll(() => told, { timeout: 5000 }).toEqual(expect.arrayContaining(['src/main.c', 'lib']))
  await writeFile(join(project, 'lib', 'new.c'), '')
  await expect.poll(() => told, { timeout: 5000 }).toContain('lib/new.c')
  await rm(join(project, 'src'), { recursive: true })
  await expect.poll(() => told, { timeout: 5000 }).toContain('src')
  expect(told.filter((path) => path.startsWith('build'))).toEqual([])
  controller.abort()
  expect(await ended).toBeNull()
})
