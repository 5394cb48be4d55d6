import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replaceFile, writeFileAtomically } from './atomic'

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

describe('replaceFile', () => {
  /** Larger than a piece, with zeros in between and an end that is no whole block. */
  function large(): Uint8Array {
    const bytes = new Uint8Array((5 << 20) + 100)
    for (const at of [0, 65_535, 65_536, 1 << 20, (3 << 20) + 5, bytes.length - 1]) bytes[at] = 1 + (at & 0x7f)
    bytes.fill(7, 200_000, 400_000)
    return bytes
  }

  it('writes every byte of a file with holes, once', async () => {
    const file = join(folder, 'disk')
    for (const bytes of [large(), new Uint8Array(4 << 20), new Uint8Array(4 << 20).fill(1)]) {
      expect(await replaceFile(file, bytes)).toBe(true)
      expect(Buffer.compare(await readFile(file), bytes)).toBe(0)
      expect(await replaceFile(file, bytes)).toBe(false)
    }
    expect(await readdir(folder)).toEqual(['disk'])
  })

  it('sees a difference in any place', async () => {
    const file = join(folder, 'disk')
    for (const at of [0, 1 << 20, (5 << 20) + 99]) {
      await replaceFile(file, large())
      const other = large()
      other[at] = 0xee
      expect(await replaceFile(file, other)).toBe(true)
      expect(Buffer.compare(await readFile(file), other)).toBe(0)
    }
    expect(await replaceFile(file, large().subarray(1))).toBe(true)
    expect(await replaceFile(file, 'short')).toBe(true)
    expect(await replaceFile(file, 'short')).toBe(false)
  })
})
