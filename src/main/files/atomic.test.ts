import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeFileAtomically } from './atomic'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-atomic-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('writeFileAtomically', () => {
  it('makes folders, replaces files, keeps permissions, leaves nothing else', async () => {
    const file = join(folder, 'a', 'b')
    await writeFileAtomically(file, 'one')
    await chmod(file, 0o600)
    await writeFileAtomically(file, 'two')
    expect(await readFile(file, 'utf8')).toBe('two')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder, 'a'))).toEqual(['b'])
  })

  it.skipIf(process.platform === 'win32')('writes what a symbolic link leads to', async () => {
    await writeFile(join(folder, 'real'), 'old')
    await symlink('real', join(folder, 'link'))
    await writeFileAtomically(join(folder, 'link'), 'new')
    expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new')
    expect(await readlink(join(folder, 'link'))).toBe('real')
  })

  it('refuses to put a file in the place of a folder', async () => {
    await mkdir(join(folder, 'sub'))
    await expect(writeFileAtomically(join(folder, 'sub'), 'x')).rejects.toMatchObject({ failure: { code: 'bad-input', what: 'This is a folder.' } })
    expect(await readdir(folder)).toEqual(['sub'])
  })

  it.skipIf(process.platform === 'win32')('refuses to put a file in the place of a socket or device', async () => {
    const path = join(folder, 'socket')
    const server = createServer().listen(path)
    await new Promise((resolve) => server.once('listening', resolve))
    await expect(writeFileAtomically(path, 'x')).rejects.toMatchObject({ failure: { what: 'This is not a regular file.' } })
    expect((await stat(path)).isSocket()).toBe(true)
    server.close()
  })
})
