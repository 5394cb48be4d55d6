import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import { type FatInput, makeFat } from './fat'
import { looksLikeFat, readFat } from './fat-read'

const SECTOR = 512
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootlab-fat-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Bytes that differ from sector to sector, so that a piece in the wrong place shows. */
function content(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed * 2_654_435_761
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

const FILES = [
  { path: '/boot/bootlab.cfg', bytes: Buffer.from('timeout 5\n') },
  { path: '/boot/kernel.elf', bytes: content(100_001) },
  { path: '/EFI/BOOT/BOOTX64.EFI', bytes: content(65_536, 2) },
  { path: '/A file with a long name, thirty characters and more.text', bytes: content(1, 3) },
  { path: '/boot/Größe – ☃.txt', bytes: content(4096, 4) },
  { path: '/empty', bytes: new Uint8Array() },
  { path: '/x'.repeat(20), bytes: content(513, 5) },
]

const SHAPES: (Pick<FatInput, 'kind' | 'sectors' | 'floppy' | 'hiddenSectors' | 'label'> & { name: string; is: string; sectorsPerCluster?: number })[] = [
  { name: 'diskette', kind: 'auto', sectors: 2880, floppy: true, label: 'DISKETTE', is: 'fat12', sectorsPerCluster: 1 },
  { name: 'FAT12 as small as possible', kind: 'fat12', sectors: 'fit', is: 'fat12' },
  { name: 'FAT12 of 30 MiB', kind: 'fat12', sectors: 61_440, label: 'Large 12', is: 'fat12' },
  { name: 'FAT16 as small as possible', kind: 'fat16', sectors: 'fit', label: 'A', is: 'fat16', sectorsPerCluster: 1 },
  { name: 'FAT16 of 63 MiB', kind: 'auto', sectors: 129_024, hiddenSectors: 2048, label: 'BOOTLAB', is: 'fat16', sectorsPerCluster: 4 },
  { name: 'FAT16 of 130 MiB', kind: 'fat16', sectors: 266_240, is: 'fat16', sectorsPerCluster: 8 },
  { name: 'FAT32 as small as possible', kind: 'fat32', sectors: 'fit', label: 'ELEVEN CHAR', is: 'fat32', sectorsPerCluster: 1 },
  { name: 'FAT32 of 300 MiB', kind: 'fat32', sectors: 614_400, hiddenSectors: 63, is: 'fat32', sectorsPerCluster: 8 },
]

describe.each(SHAPES)('a FAT file system: $name', (shape) => {
  const path = (): string => join(folder, `${shape.name}.img`)
  let volume = new Uint8Array()
  beforeAll(async () => {
    volume = new Uint8Array(await makeFat({ ...shape, files: FILES }))
    writeFileSync(path(), volume)
  })

  it('has the kind, size and settings asked for', () => {
    const fat = readFat(volume)
    expect(fat).toMatchObject({ kind: shape.is, label: shape.label?.toUpperCase() ?? '', hiddenSectors: shape.hiddenSectors ?? 0, media: shape.floppy ? 0xf0 : 0xf8, problems: [] })
    expect(fat.sectors * SECTOR).toBe(volume.length)
    if (shape.sectors !== 'fit') expect(fat.sectors).toBe(shape.sectors)
    if (shape.sectorsPerCluster !== undefined) expect(fat.sectorsPerCluster).toBe(shape.sectorsPerCluster)
  })

  it('is read back with the same paths and bytes, each file in one piece', () => {
    const fat = readFat(volume)
    const files = fat.entries.filter(({ directory }) => !directory)
    expect(files.map((file) => file.path).toSorted()).toEqual(FILES.map((file) => file.path).toSorted())
    for (const { path: name, bytes } of FILES) {
      expect(Buffer.from(fat.read(name)).equals(bytes), name).toBe(true)
      expect(fat.find(name.replace(/[a-z]/g, (letter) => letter.toUpperCase()))?.extents.length, name).toBe(bytes.length === 0 ? 0 : 1)
    }
  })

  it('is the same at any time', async () => {
    const { useFakeTimers, setSystemTime, useRealTimers } = vi
    useFakeTimers({ toFake: ['Date'] })
    setSystemTime(new Date('2041-07-01T12:34:56Z'))
    try {
      expect(Buffer.from(await makeFat({ ...shape, files: FILES })).equals(volume)).toBe(true)
    } finally {
      useRealTimers()
    }
  })

  const fsck = requireTool('fsck.fat')
  it.skipIf(fsck === undefined)('is clean for fsck.fat', () => {
    const report = execFileSync(fsck ?? '', ['-n', '-v', path()], { encoding: 'utf8' })
    expect(report).toMatch(/\d+ files, \d+\/\d+ clusters/)
    expect(report).toContain(`${shape.is.slice(3)} bit`)
    expect(report).not.toMatch(/differ|wrong|bad|invalid|dirty|orphan|reclaim/i)
  })

  const mcopy = requireTool('mcopy')
  it.skipIf(mcopy === undefined)('is read by mtools', () => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8', MTOOLS_SKIP_CHECK: '1' }
    for (const { path: name, bytes } of FILES) {
      const target = join(folder, 'copied')
      execFileSync(mcopy ?? '', ['-n', '-o', '-i', path(), `::${name}`, target], { env })
      expect(readFileSync(target).equals(bytes), name).toBe(true)
    }
  })
})

describe('what cannot be a FAT file system', () => {
  const small = (files: FatInput['files'], more: Partial<FatInput> = {}): Promise<Uint8Array> => makeFat({ kind: 'auto', sectors: 2880, files, where: 'boot partition', ...more })
  const one = (path: string): FatInput['files'] => [{ path, bytes: content(1) }]

  it.each([
    ['/a:b', /signs/],
    ['/a\\b', /signs/],
    ['/a/../b', /no name/],
    ['/a//b', /no name/],
    ['/dot.', /ends with a dot/],
    [`/${'n'.repeat(256)}`, /256 characters/],
    ['/a\ud800', /Unicode/],
    ['', /it is empty/],
    ['/boot/', /no name/],
  ])('refuses the path %j', async (path, sentence) => {
    await expect(small(one(path))).rejects.toThrow(sentence)
    await expect(small(one(path))).rejects.toMatchObject({ name: 'ImageError', where: 'boot partition' })
  })

  it('refuses two files with one name', async () => {
    await expect(small([...one('/a/B'), ...one('/A/b')])).rejects.toThrow(/differs only in case/)
    await expect(small([...one('/a'), ...one('/a/b')])).rejects.toThrow(/is a file, too/)
    await expect(small([...one('/a/b'), ...one('/a')])).rejects.toThrow(/differs only in case/)
  })

  it('refuses labels that FAT cannot hold', async () => {
    await expect(small(one('/a'), { label: 'TWELVE CHARS' })).rejects.toThrow(/cannot be the label/)
    await expect(small(one('/a'), { label: 'a/b' })).rejects.toThrow(/cannot be the label/)
  })

  it('says how large it would have to be', async () => {
    const files = [{ path: '/big', bytes: content(1_500_000) }]
    const sentence = await small(files).then(
      () => '',
      (error: unknown) => String(error),
    )
    const sectors = Number(/Give it (\d+) sectors/.exec(sentence)?.[1])
    expect(sectors).toBeGreaterThan(2880)
    expect(Buffer.from(readFat(await small(files, { sectors })).read('big')).equals(content(1_500_000))).toBe(true)
    await expect(small(files, { sectors: sectors - 1 })).rejects.toThrow(/do not fit/)
  })

  it('rounds up what fits', async () => {
    for (const kind of ['auto', 'fat12', 'fat16', 'fat32'] as const) {
      const volume = await small(one('/a'), { kind, sectors: 'fit', multipleOf: 2048 })
      expect(volume.length % (2048 * SECTOR)).toBe(0)
      expect(volume.length - (await small(one('/a'), { kind, sectors: 'fit' })).length).toBeLessThan(2048 * SECTOR)
    }
  })

  it('refuses FAT32 below its smallest size', async () => {
    await expect(small(one('/a'), { kind: 'fat32' })).rejects.toThrow(/FAT32 file system of 2880 sectors/)
    await expect(small(one('/a'), { kind: 'fat12', sectors: 120 })).rejects.toThrow(/FAT12 file system of 120 sectors.*128 sectors/s)
  })
})

describe('directories', () => {
  it('grow over many clusters, also the root directory', async () => {
    const files = Array.from({ length: 1200 }, (_, index) => ({ path: index % 2 ? `/file number ${index} of many.text` : `/sub/f${index}`, bytes: content(index % 3) }))
    for (const kind of ['fat12', 'fat16', 'fat32'] as const) {
      const volume = await makeFat({ kind, sectors: 'fit', files })
      const fat = readFat(volume)
      expect(fat.entries.filter(({ directory }) => !directory).map(({ path }) => path).toSorted()).toEqual(files.map(({ path }) => path).toSorted())
      expect(fat.find('/sub')?.size).toBeGreaterThan(600 * 32)
    }
  })
})

describe('reading what is damaged', () => {
  it('names the field that is wrong', async () => {
    const volume = await makeFat({ kind: 'fat16', sectors: 'fit', files: FILES })
    expect(looksLikeFat(volume)).toBe(true)
    const damaged = (at: number, ...bytes: number[]): Uint8Array => {
      const copy = Uint8Array.from(volume)
      copy.set(bytes, at)
      return copy
    }
    expect(() => readFat(damaged(0x0b, 0, 3))).toThrow(/bytes per sector \(768 at 0xb\)/)
    expect(() => readFat(damaged(0x0d, 3))).toThrow(/sectors per cluster \(3/)
    expect(() => readFat(damaged(0x0e, 0, 0))).toThrow(/reserved sectors/)
    expect(() => readFat(damaged(0x10, 0))).toThrow(/number of tables/)
    expect(() => readFat(damaged(0x16, 1, 0))).toThrow(/too short for/)
    expect(() => readFat(damaged(0x16, 0xff, 0xff))).toThrow(/leave no room/)
    expect(() => readFat(damaged(0x13, 1, 0))).toThrow(/leave no room/)
    expect(() => readFat(volume.subarray(0, 100))).toThrow(/cut short/)
    expect(() => readFat(volume.subarray(0, 5000))).toThrow(/tables end at byte/)
    expect(looksLikeFat(new Uint8Array(512))).toBe(false)
  })

  it('tells which file is damaged and reads the others', async () => {
    const volume = await makeFat({ kind: 'fat16', sectors: 'fit', files: FILES })
    const fat = readFat(volume)
    const kernel = fat.find('/boot/kernel.elf')
    const first = kernel?.firstCluster ?? 0
    const link = (cluster: number, to: number): Uint8Array => {
      const copy = Uint8Array.from(volume)
      new DataView(copy.buffer).setUint16(fat.reservedSectors * SECTOR + cluster * 2, to, true)
      return copy
    }
    for (const [to, sentence] of [
      [first, /belongs to it or another file already/],
      [0, /marked as free/],
      [0xfff7, /marked as bad/],
      [0xfff0, /the last one is/],
      [0xffff, /end after 5120 of 100001 bytes/],
    ] as const) {
      const damaged = readFat(link(first + 9, to))
      expect(damaged.find('/boot/kernel.elf')?.problem).toMatch(sentence)
      expect(() => damaged.read('/boot/kernel.elf')).toThrow(sentence)
      expect(Buffer.from(damaged.read('/EFI/BOOT/BOOTX64.EFI')).equals(content(65_536, 2))).toBe(true)
    }
  })

  it('reads each cluster once, however many directories share it', async () => {
    const volume = await makeFat({ kind: 'fat16', sectors: 8000, files: [{ path: '/a', bytes: content(3 << 20) }] })
    const view = new DataView(volume.buffer)
    const { clusters, dataSector, sectorsPerCluster, find } = readFat(volume)
    volume[(find('/a')?.entryOffset ?? 0) + 11] = 0x10
    const places = (sectorsPerCluster * SECTOR) / 32
    for (let place = 0; place < clusters * places; place++) {
      const at = dataSector * SECTOR + place * 32
      volume.fill(0x41, at, at + 11)
      volume[at + 11] = 0x10
      view.setUint16(at + 26, 2 + ((place * 7919) % clusters), true)
    }
    const { entries } = readFat(volume)
    expect(entries.length).toBeGreaterThan(1000)
    expect(entries.filter(({ extents }) => extents.length > 0).reduce((sum, { extents }) => sum + extents.reduce((bytes, extent) => bytes + extent.bytes, 0), 0)).toBeLessThanOrEqual(volume.length)
  })
})
