/** Saving images to files: the programs of the formats judge the packed ones, and full disks, devices and cancelling leave nothing behind. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, type FileHandle, link, mkdir, mkdtemp, open, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import { packingOf, type Packing, saveImage, type SaveJob } from './save-image'

const tools = { gzip: requireTool('gzip'), xz: requireTool('xz'), zstd: requireTool('zstd') }
const packsZstd = 'createZstdCompress' in zlib

/** Mostly zeros, as disk images are; no whole number of blocks. */
const bytes = Buffer.alloc((20 << 20) + 777)
bytes.fill('boot sector', 0, 5000)
bytes.fill('kernel', 9 << 20, (9 << 20) + 100_000)
const sha256 = createHash('sha256').update(bytes).digest('hex')

let folder: string
let image: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-save-'))
  image = join(folder, 'disk.img')
  await writeFile(image, bytes)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

const save = (to: string, rest: Partial<SaveJob> = {}): ReturnType<typeof saveImage> => saveImage({ image, to, verify: true, ...rest })

describe('saving', () => {
  test('bare: the same bytes, zeros as holes', async () => {
    const to = join(folder, 'copy.img')
    const steps: string[] = []
    expect(await save(to, { onProgress: (phase, done, total) => steps.push(`${phase} ${done === total}`) })).toEqual({ sha256, bytes: bytes.length, fileBytes: bytes.length })
    expect(Buffer.compare(await readFile(to), bytes)).toBe(0)
    expect([...new Set(steps)]).toEqual(['writing false', 'writing true', 'verifying false', 'verifying true'])
    if (process.platform === 'linux') expect((await stat(to)).blocks * 512).toBeLessThan(1 << 20)
    expect((await readdir(folder)).toSorted()).toEqual(['copy.img', 'disk.img'])
  })

  test('nothing but zeros has its length', async () => {
    await writeFile(image, Buffer.alloc(300_001))
    expect(await save(join(folder, 'zeros.img'))).toMatchObject({ bytes: 300_001, fileBytes: 300_001 })
    expect((await readFile(join(folder, 'zeros.img'))).equals(Buffer.alloc(300_001))).toBe(true)
  })

  const formats: [Packing & keyof typeof tools, boolean][] = [
    ['gzip', tools.gzip !== undefined],
    ['zstd', tools.zstd !== undefined && packsZstd],
  ]
  for (const [format, can] of formats)
    test.skipIf(!can)(`packed as ${format}: its own program finds it whole`, async () => {
      const to = join(folder, `copy.${format === 'gzip' ? 'gz' : 'zst'}`)
      const saved = await save(to)
      expect(saved).toMatchObject({ sha256, bytes: bytes.length, fileBytes: (await stat(to)).size })
      expect(saved.fileBytes).toBeLessThan(100_000)
      execFileSync(tools[format] ?? '', ['-t', '-q', to])
      expect(Buffer.compare(execFileSync(tools[format] ?? '', ['-d', '-c', to], { maxBuffer: 2 ** 30 }), bytes)).toBe(0)
      if (format === 'zstd') expect(execFileSync(tools[format] ?? '', ['-lv', to], { encoding: 'utf8' })).toMatch(/Check: XXH64/)
    })

  test.skipIf(packsZstd)('packed as zstd needs a newer Node, and says so', async () => {
    await expect(save(join(folder, 'copy.zst'))).rejects.toMatchObject({ failure: { code: 'unsupported', why: expect.stringContaining('22.15') } })
    expect(await readdir(folder)).toEqual(['disk.img'])
  })

  test('packed as xz is refused', async () => {
    await expect(save(join(folder, 'copy.img.xz'))).rejects.toMatchObject({ failure: { code: 'unsupported', what: 'Bootlab cannot pack xz.' } })
    expect(await readdir(folder)).toEqual(['disk.img'])
  })

  test.skipIf(!tools.xz)('unpacks what is packed, also by a name that hides it', async () => {
    await writeFile(image, execFileSync(tools.xz ?? '', ['-0', '-c'], { input: bytes }))
    expect(await save(join(folder, 'copy.gz'), { packed: 'none' })).toEqual({ sha256, bytes: bytes.length, fileBytes: bytes.length })
    expect(Buffer.compare(await readFile(join(folder, 'copy.gz')), bytes)).toBe(0)
  })

  test('reads back bare bytes even if they look packed', async () => {
    const inner = zlib.gzipSync('an image of an image')
    await writeFile(image, zlib.gzipSync(inner))
    expect(await save(join(folder, 'inner'))).toMatchObject({ fileBytes: inner.length })
  })

  test('names decide', () => {
    expect(['a.img', 'a.img.gz', 'a.ZST', 'a.xz'].map(packingOf)).toEqual(['none', 'gzip', 'zstd', 'xz'])
  })

  test('replaces a file, with its permissions, and what a link leads to', async () => {
    const to = join(folder, 'old.img')
    await writeFile(to, 'old')
    await save(to)
    expect((await stat(to)).size).toBe(bytes.length)
    if (process.platform === 'win32') return
    await chmod(to, 0o600)
    await symlink('old.img', join(folder, 'link.img'))
    await writeFile(image, 'new image')
    await save(join(folder, 'link.img'))
    expect(await readlink(join(folder, 'link.img'))).toBe('old.img')
    expect(await readFile(to, 'utf8')).toBe('new image')
    expect((await stat(to)).mode & 0o777).toBe(0o600)
  })
})

describe('never written is', () => {
  test('the image itself, by whatever name', async () => {
    await link(image, join(folder, 'hard.img'))
    const names = ['disk.img', 'hard.img']
    if (process.platform !== 'win32') {
      await symlink('disk.img', join(folder, 'soft.img'))
      names.push('soft.img')
    }
    for (const name of names) await expect(save(join(folder, name))).rejects.toMatchObject({ failure: { what: 'This is the image itself.' } })
    expect(Buffer.compare(await readFile(image), bytes)).toBe(0)
    expect((await readdir(folder)).toSorted()).toEqual(['disk.img', ...names.slice(1)].toSorted())
  })

  test.skipIf(process.platform === 'win32')('a device, a folder, a pipe, a drive that is gone', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    await expect(save('/dev/null')).rejects.toMatchObject({ failure: { what: 'This is a device.', next: expect.stringContaining('bootlab flash --to') } })
    await expect(save(join(folder, 'pipe'))).rejects.toMatchObject({ failure: { what: 'This is not a regular file.' } })
    await expect(save(folder)).rejects.toMatchObject({ failure: { what: 'This is a folder.' } })
    await expect(save('/dev/sdnone')).rejects.toMatchObject({ failure: { what: 'There is no such drive.' } })
  })

  test('a block device', async ({ skip }) => {
    // Whatever this computer has: it is not opened.
    const device = spawnSync('mknod', [join(folder, 'block'), 'b', '7', '200'])
    if (device.status !== 0) skip('mknod needs an administrator')
    await expect(save(join(folder, 'block'))).rejects.toMatchObject({ failure: { what: 'This is a device.', next: expect.stringContaining('bootlab flash --to') } })
    expect((await stat(join(folder, 'block'))).isBlockDevice()).toBe(true)
  })

  test.each(['\\\\.\\PhysicalDrive2', '\\\\.\\E:', '//./e:', '\\\\?\\PhysicalDrive1', '\\\\?\\Volume{1b3b1146-4076-11e1-84aa-806e6f6e6963}\\'])('Windows’ %s', async (to) => {
    await expect(save(to)).rejects.toMatchObject({ failure: { what: 'This is a device.' } })
  })

  test('a folder that is not there', async () => {
    await expect(save(join(folder, 'none', 'copy.img'))).rejects.toMatchObject({ failure: { code: 'not-found', what: 'There is no such folder.' } })
    await expect(save(join(image, 'copy.img'))).rejects.toMatchObject({ failure: { code: 'not-found' } })
  })
})

describe('nothing is left behind, and the old file stays,', () => {
  let to: string
  const untouched = async (): Promise<void> => {
    expect(await readFile(to, 'utf8')).toBe('old')
    expect((await readdir(folder)).toSorted()).toEqual(['copy.img', 'disk.img'])
  }
  beforeEach(async () => {
    to = join(folder, 'copy.img')
    await writeFile(to, 'old')
  })

  test.each(['none', 'gzip'] as const)('when it is cancelled at any time (%s)', async (packed) => {
    let calls = 0
    await save(join(folder, 'count'), { packed, onProgress: () => calls++ })
    await rm(join(folder, 'count'))
    for (let stopAt = 1; stopAt < calls; stopAt += Math.ceil(calls / 8)) {
      const stop = new AbortController()
      let call = 0
      await expect(save(to, { packed, signal: stop.signal, onProgress: () => ++call === stopAt && stop.abort() })).rejects.toMatchObject({ name: 'AbortError' })
      await untouched()
    }
  })

  test('when the image is damaged at its end', async () => {
    await writeFile(image, zlib.gzipSync(bytes).subarray(0, -1))
    await expect(save(to)).rejects.toMatchObject({ failure: { code: 'bad-input', where: image, what: expect.stringContaining('damaged') } })
    await untouched()
  })

  /** The real file handles, whose calls can be made to fail. */
  async function handles(): Promise<FileHandle> {
    const file = await open(image)
    await file.close()
    return Object.getPrototypeOf(file)
  }
  const failing = (code: string): Error => Object.assign(new Error(code), { code })

  test.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EFBIG', 'too-large'],
    ['EIO', 'medium'],
  ])('when writing fails with %s', async (code, told) => {
    for (const packed of ['none', 'gzip'] as const) {
      const write = vi.spyOn(await handles(), 'write').mockRejectedValueOnce(failing(code))
      await expect(save(to, { packed })).rejects.toMatchObject({ failure: { code: told, where: to, why: expect.stringContaining('Nothing of it is left behind') } })
      expect(write).toHaveBeenCalled()
      await untouched()
    }
  })

  test.each(['sync', 'truncate'] as const)('when the system says only at %s that the disk is full', async (call) => {
    vi.spyOn(await handles(), call).mockRejectedValueOnce(failing('ENOSPC'))
    await expect(save(to)).rejects.toMatchObject({ failure: { code: 'disk-full' } })
    await untouched()
  })

  test.each(['none', 'gzip'] as const)('when other bytes come back (%s)', async (packed) => {
    const proto = await handles()
    const write = proto.write
    let first = true
    vi.spyOn(proto, 'write').mockImplementation(function (this: FileHandle, buffer: Uint8Array, offset: number, length: number, position: number) {
      const piece = Buffer.from(buffer.subarray(offset, offset + length))
      // Not gzip's header: it holds a time, which says nothing about the image.
      if (first && length > 1000) {
        piece[length >> 1] = (piece[length >> 1] ?? 0) ^ 4
        first = false
      }
      return Reflect.apply(write, this, [piece, 0, length, position])
    } as typeof proto.write)
    await expect(save(to, { packed })).rejects.toMatchObject({ failure: { code: 'verify', where: to } })
    await untouched()
  })

  test.skipIf(process.platform !== 'linux')('when a disk is really full', async ({ skip }) => {
    const disk = join(folder, 'disk')
    await mkdir(disk)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'none', disk]).status !== 0) skip('mounting needs an administrator')
    try {
      const noise = Buffer.alloc(5 << 20)
      for (let at = 0; at < noise.length; at += 4) noise.writeInt32LE(Math.imul(at + 1, 0x9e3779b1) ^ (at << 7), at)
      await writeFile(image, noise)
      await writeFile(join(disk, 'old.img'), 'old')
      for (const name of ['new.img', 'new.img.gz', 'old.img']) {
        await expect(save(join(disk, name))).rejects.toMatchObject({ failure: { code: 'disk-full', what: 'The disk is full.', where: join(disk, name) } })
        expect(await readdir(disk)).toEqual(['old.img'])
        expect(await readFile(join(disk, 'old.img'), 'utf8')).toBe('old')
      }
      // With holes, 20 MiB fit.
      await writeFile(image, bytes)
      expect(await save(join(disk, 'old.img'))).toMatchObject({ sha256 })
    } finally {
      execFileSync('umount', [disk])
      await rm(disk, { recursive: true })
    }
  })
})
