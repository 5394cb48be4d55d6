import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAX_TEXT_LENGTH } from '../../shared/contract'
import { ProjectFiles } from './project-files'

let outer: string
let project: string
const files = new ProjectFiles()

beforeEach(async () => {
  outer = await mkdtemp(join(tmpdir(), 'bootlab-files-'))
  project = join(outer, 'project')
  await mkdir(join(project, 'src'), { recursive: true })
  await writeFile(join(project, 'src', 'main.c'), 'int x;\r\n')
  await writeFile(join(outer, 'secret'), 'secret')
})
afterEach(() => rm(outer, { recursive: true }))

describe('ProjectFiles', () => {
  it('lists files and folders without build results', async () => {
    await mkdir(join(project, 'build'))
    await writeFile(join(project, 'build', 'x.elf'), '')
    expect(await files.list(project)).toEqual([
      { path: 'src', kind: 'directory', size: 0 },
      { path: 'src/main.c', kind: 'file', size: 8 },
    ])
  })

  it('reads and writes text unchanged, line ends and byte order mark too', async () => {
    const text = '\ufeffint a;\r\nint ä;\n'
    const version = await files.write(project, 'src/main.c', text)
    expect(await files.read(project, 'src/main.c')).toEqual({ text, version })
    expect(await readFile(join(project, 'src', 'main.c'), 'utf8')).toBe(text)
  })

  it('makes missing folders and keeps permission bits', async () => {
    await files.write(project, 'a/b/c.S', 'nop')
    expect((await files.read(project, 'a/b/c.S')).text).toBe('nop')
    await chmod(join(project, 'src', 'main.c'), 0o640)
    await files.write(project, 'src/main.c', '')
    expect((await stat(join(project, 'src', 'main.c'))).mode & 0o777).toBe(0o640)
  })

  it('refuses to overwrite what another program changed', async () => {
    const { version } = await files.read(project, 'src/main.c')
    await writeFile(join(project, 'src', 'main.c'), 'theirs')
    await expect(files.write(project, 'src/main.c', 'mine', version)).rejects.toMatchObject({ failure: { code: 'file-changed' } })
    expect(await readFile(join(project, 'src', 'main.c'), 'utf8')).toBe('theirs')
    await rm(join(project, 'src', 'main.c'))
    await expect(files.write(project, 'src/main.c', 'mine', version)).rejects.toMatchObject({ failure: { code: 'file-changed' } })
  })

  it('lets only one of two simultaneous writes over the same version through', async () => {
    const { version } = await files.read(project, 'src/main.c')
    const results = await Promise.allSettled(['a', 'b'].map((text) => files.write(project, 'src/main.c', text, version)))
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it.each(['../secret', 'src/../../secret', '/etc/passwd', 'src\\..\\..\\secret', '', '.', 'C:/x', 'link', 'folder/secret', 'folder/new'])(
    'neither reads nor writes %j',
    async (path) => {
      await symlink(join(outer, 'secret'), join(project, 'link'))
      await symlink(outer, join(project, 'folder'))
      await expect(files.read(project, path)).rejects.toMatchObject({ failure: { code: 'outside' } })
      await expect(files.write(project, path, 'x')).rejects.toMatchObject({ failure: { code: 'outside' } })
      expect(await readFile(join(outer, 'secret'), 'utf8')).toBe('secret')
    },
  )

  it.each([
    ['missing.c', 'not-found'],
    ['src', 'not-text'],
    ['binary.c', 'not-text'],
    ['huge.c', 'too-large'],
  ])('says what is wrong with %s', async (path, code) => {
    await writeFile(join(project, 'binary.c'), new Uint8Array([0x41, 0xff, 0xfe]))
    await writeFile(join(project, 'huge.c'), 'x'.repeat(MAX_TEXT_LENGTH + 1))
    await expect(files.read(project, path)).rejects.toMatchObject({ failure: { code, where: path } })
  })
})
