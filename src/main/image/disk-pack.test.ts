import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { requireTool } from '../../../tests/support/tools'
import type { FileSystem, Firmware, ImageLayout } from '../../shared/image'
import { DEFAULT_IMAGE_OPTIONS, type DiskContent, type DiskEntry, type ImageOptions, type PackedDisk } from './disk-content'
import { packDisk } from './disk-pack'
import { unpackDisk } from './disk-unpack'
import { noise } from './elf-sample'
import { ImageError } from './errors'
import { readFat } from './fat-read'
import { readGpt } from './gpt'
import { readPartitionTable } from './mbr'

/** Stages as assembleLoader makes them: free where the builder writes. */
function stages(): DiskContent['loader'] {
  const stage1 = noise(512, 8)
  stage1.set([0xeb, 0x58, 0x90])
  stage1.fill(0, 3, 0x5a)
  stage1.fill(0, 0x1ae)
  stage1.set([0x55, 0xaa], 510)
  return { stage1, stage1Cd: new Uint8Array([...noise(0x3f4, 7), ...new Uint8Array(12)]), stage2: Uint8Array.from([0x42, 0x4c, 0x53, 0x32, ...new Uint8Array(12), ...noise(9000, 9)]) }
}

const content: DiskContent = {
  options: DEFAULT_IMAGE_OPTIONS,
  loader: { ...stages(), uefi: { x64: noise(30_000, 1), ia32: noise(20_000, 2) } },
  timeout: 3,
  default: 2,
  entries: [
    { title: 'First', protocol: 'multiboot1', parameters: {}, kernel: { path: '/boot/kernel.elf', bytes: noise(70_000, 3) }, commandLine: 'quiet', modules: [{ path: '/boot/initrd.img', bytes: noise(5000, 4), commandLine: 'ram' }] },
    { title: 'Second', protocol: 'flat32', parameters: { address: 0x10000n }, kernel: { path: '/boot/flat.bin', bytes: noise(600, 5) }, commandLine: '', modules: [] },
  ],
  files: [],
}
const note = { path: '/docs/A long name.txt', bytes: new TextEncoder().encode('hello') }

function pack(options: Partial<ImageOptions> = {}, more: Partial<DiskContent> = {}): Promise<PackedDisk> {
  const files = (options.fileSystem ?? 'auto') === 'none' ? [] : [note]
  return packDisk({ ...content, files, ...more, options: { ...DEFAULT_IMAGE_OPTIONS, ...options } }, 'test')
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** What remains of an entry where files have no names. */
const summary = ({ kernel, modules, ...rest }: DiskEntry): unknown => ({ ...rest, kernel: hash(kernel.bytes), modules: modules.map(({ bytes, commandLine }) => [hash(bytes), commandLine]) })

const WITH_TABLE: readonly ImageLayout[] = ['mbr', 'gpt', 'hybrid']
/** Every combination that there is. */
const SHAPES: readonly [ImageLayout, FileSystem, Firmware][] = [
  ...WITH_TABLE.flatMap((layout) => (['auto', 'fat12', 'fat16', 'fat32', 'none'] as const).map((fileSystem): [ImageLayout, FileSystem, Firmware] => [layout, fileSystem, 'both'])),
  ...WITH_TABLE.flatMap((layout) => (['bios', 'uefi'] as const).map((firmware): [ImageLayout, FileSystem, Firmware] => [layout, 'auto', firmware])),
  ['mbr', 'none', 'bios'],
  ...(['auto', 'fat12', 'fat32'] as const).map((fileSystem): [ImageLayout, FileSystem, Firmware] => ['superfloppy', fileSystem, 'both']),
  ['superfloppy', 'auto', 'bios'],
  ['floppy', 'auto', 'both'],
  ['floppy', 'fat12', 'bios'],
  ...(['both', 'bios', 'uefi'] as const).map((firmware): [ImageLayout, FileSystem, Firmware] => ['iso', 'auto', firmware]),
]

function inFolder<T>(image: Uint8Array, work: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-disk-'))
  try {
    const path = join(folder, 'disk.img')
    writeFileSync(path, image)
    return work(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe.each(SHAPES)('%s with %s for %s', (layout, fileSystem, firmware) => {
  const options = { layout, fileSystem, firmware }

  test('gives the same bytes for the same content, others for other content', async () => {
    const { image } = await pack(options)
    expect(Buffer.compare((await pack(options)).image, image)).toBe(0)
    expect(Buffer.compare((await pack({ ...options, sizeBytes: undefined }, { timeout: 4 })).image, image)).not.toBe(0)
  })

  test('tells what is on it, and is packed again to the same', async () => {
    const { image } = await pack(options)
    const read = unpackDisk(image)
    expect(read).toMatchObject({ timeout: 3, default: 2, options: { layout, firmware } })
    expect(read.entries.map(summary)).toEqual(content.entries.map(summary))
    expect(read.files).toEqual(fileSystem === 'none' ? [] : [note])
    expect(Buffer.compare((await packDisk(read, 'again')).image, image)).toBe(0)
  })

  test('has the parts where it says, none over another', async () => {
    const { image, parts } = await pack(options)
    const kernel = parts.find(({ name }) => name === '/boot/kernel.elf')
    const at = (kernel?.lba ?? 0) * 512
    expect(hash(image.subarray(at, at + 70_000))).toBe(hash(content.entries[0]?.kernel.bytes ?? image))
    const shared = new Set(['stage 1', 'partition table', 'file system'])
    for (const [index, part] of parts.entries()) {
      const next = parts[index + 1]
      if (next && !(shared.has(part.name) && shared.has(next.name))) expect(part.lba + part.sectors, `${part.name}, ${next.name}`).toBeLessThanOrEqual(next.lba)
      expect(part.lba + part.sectors).toBeLessThanOrEqual(image.length / 512)
    }
  })

  const partitioned = WITH_TABLE.includes(layout) || layout === 'iso'
  const sfdisk = requireTool('sfdisk')
  const sgdisk = requireTool('sgdisk')
  test.skipIf(!partitioned || sfdisk === undefined || sgdisk === undefined)('sfdisk and sgdisk find no fault', async () => {
    const { image } = await pack(options)
    inFolder(image, (path) => {
      expect(execFileSync(sfdisk ?? '', ['--verify', path], { encoding: 'utf8' })).toContain('No errors detected')
      const said = execFileSync(sgdisk ?? '', ['--verify', path], { encoding: 'utf8' })
      if (layout === 'mbr' || layout === 'iso') expect(execFileSync(sgdisk ?? '', ['--print', path], { encoding: 'utf8' })).toContain('valid MBR')
      else expect(said).toContain('No problems found')
    })
  })

  const fsck = requireTool('fsck.fat')
  const mdir = requireTool('mdir')
  const mcopy = requireTool('mcopy')
  test.skipIf(fsck === undefined || mdir === undefined || mcopy === undefined)('fsck.fat and mtools find its file systems in order', async () => {
    const { image, parts } = await pack(options)
    const starts = partitioned ? readPartitionTable(image).filter(({ type }) => ![0x7f, 0xee, 0x96].includes(type)).map(({ lba }) => lba) : [0]
    if (layout === 'gpt') starts.push(...(readGpt(image)?.primary?.partitions ?? []).filter(({ name }) => fileSystem !== 'none' || name.startsWith('EFI')).map(({ lba }) => lba))
    const separate = fileSystem === 'none' || layout === 'iso'
    expect(starts.length).toBe(separate && firmware === 'bios' ? 0 : 1)
    for (const lba of starts) {
      const volume = image.subarray(lba * 512)
      const { sectors } = readFat(volume)
      inFolder(volume.subarray(0, sectors * 512), (path) => {
        execFileSync(fsck ?? '', ['-n', path])
        if (separate) expect(execFileSync(mdir ?? '', ['-i', path, '::/EFI/BOOT'], { encoding: 'utf8' })).toMatch(/BOOTX64\s+EFI\s+30000/i)
        else expect(execFileSync(mcopy ?? '', ['-i', path, '::/docs/A long name.txt', '-'], { encoding: 'utf8' })).toBe('hello')
      })
    }
    expect(parts.some(({ name }) => ['/EFI/BOOT/BOOTX64.EFI', 'EFI system partition', '/boot/efi.img'].includes(name))).toBe(firmware !== 'bios')
  })
})

describe('a CD', () => {
  const xorriso = requireTool('xorriso')
  const isoinfo = requireTool('isoinfo')
  test.skipIf(xorriso === undefined || isoinfo === undefined)('is read by xorriso and isoinfo, with what starts it', async () => {
    const { image, parts } = await pack({ layout: 'iso' })
    inFolder(image, (path) => {
      const lba = (name: string): number => (parts.find((part) => part.name === name)?.lba ?? 0) / 4
      const report = execFileSync(xorriso ?? '', ['-indev', path, '-report_el_torito', 'plain'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      expect(report).toMatch(new RegExp(`El Torito boot img :\\s+1\\s+BIOS\\s+y\\s+none\\s+0x0000\\s+0x00\\s+4\\s+${lba('/boot/bootlab.sys')}`))
      expect(report).toMatch(new RegExp(`El Torito boot img :\\s+2\\s+UEFI\\s+y\\s+none\\s+.*\\s${lba('/boot/efi.img')}`))
      const listed = execFileSync(isoinfo ?? '', ['-R', '-f', '-i', path], { encoding: 'utf8' }).split('\n')
      expect(listed).toEqual(expect.arrayContaining(['/boot/bootlab.cfg', '/boot/kernel.elf', '/docs/A long name.txt']))
      expect(execFileSync(isoinfo ?? '', ['-R', '-i', path, '-x', '/docs/A long name.txt'], { encoding: 'utf8' })).toBe('hello')
    })
  })
})

describe('partition tables', () => {
  const active = (image: Uint8Array): number[] => readPartitionTable(image).filter((partition) => partition.active).map(({ type }) => type)

  test('have one active partition, aligned to a MiB', async () => {
    expect(active((await pack()).image)).toEqual([0x0e])
    expect(active((await pack({ fileSystem: 'fat32' })).image)).toEqual([0x0c])
    expect(active((await pack({ fileSystem: 'none' })).image)).toEqual([0x7f])
    expect(active((await pack({ layout: 'hybrid' })).image)).toEqual([0x0e])
    for (const fileSystem of ['auto', 'none'] as const) for (const { lba } of readPartitionTable((await pack({ fileSystem })).image)) expect(lba % 2048).toBe(0)
  })
  test('of a GPT carry GUIDs made of the content', async () => {
    const one = readGpt((await pack({ layout: 'gpt' })).image)
    expect(one).toMatchObject({ faults: [], primary: { faults: [], firstUsable: 2048, partitions: [{ type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', lba: 2048 }] }, backup: { faults: [] } })
    const other = readGpt((await pack({ layout: 'gpt' }, { timeout: 9 })).image)
    expect(other?.primary?.id).not.toBe(one?.primary?.id)
    expect(other?.primary?.partitions[0]?.id).not.toBe(one?.primary?.partitions[0]?.id)
  })
  test('leave stage 1 as it was, but for its fields', async () => {
    const { image } = await pack({ layout: 'superfloppy', fileSystem: 'fat32' })
    expect(image.slice(0x5a, 0x1ae)).toEqual(content.loader.stage1?.slice(0x5a, 0x1ae))
    expect(image.slice(6 * 512, 7 * 512)).toEqual(image.slice(0, 512))
  })
})

describe('sizes', () => {
  test('fit the content, in whole MiB', async () => {
    expect((await pack()).image.length).toBe(4 << 20)
    expect((await pack({ fileSystem: 'none', firmware: 'bios' })).image.length).toBe(2 << 20)
    expect((await pack({ layout: 'floppy' })).image.length).toBe(1_474_560)
  })
  test.each<[ImageLayout, FileSystem]>([['mbr', 'auto'], ['mbr', 'none'], ['gpt', 'fat32'], ['gpt', 'none'], ['hybrid', 'auto'], ['superfloppy', 'auto']])('are as asked: %s with %s', async (layout, fileSystem) => {
    const { image } = await pack({ layout, fileSystem, sizeBytes: 64 << 20 })
    expect(image.length).toBe(64 << 20)
    expect(unpackDisk(image).entries.length).toBe(2)
  })
  test.each<[Partial<ImageOptions>, RegExp]>([
    [{ sizeBytes: 1 << 20 }, /is to have 1024 KiB; its content needs 4096 KiB.*Let "size" be 4M or more/],
    [{ sizeBytes: 2 << 20, fileSystem: 'fat16' }, /content needs 4096 KiB/],
    [{ sizeBytes: 1 << 20, layout: 'gpt', fileSystem: 'none' }, /is to have 1024 KiB/],
    [{ sizeBytes: 1 << 30 }, /1024 MiB; at most 512/],
    [{ layout: 'floppy', sizeBytes: 1 << 20 }, /size is given for a medium that has its own/],
    [{ layout: 'floppy', fileSystem: 'fat32' }, /another file system than FAT12/],
    [{ layout: 'superfloppy', fileSystem: 'none' }, /to have no file system/],
  ])('that are impossible are refused: %j', async (options, says) => {
    await expect(pack(options)).rejects.toThrow(ImageError)
    await expect(pack(options)).rejects.toThrow(says)
  })
  test('of a diskette are not exceeded', async () => {
    const [first] = content.entries
    if (!first) throw new Error('no entry')
    const entries = [{ ...first, kernel: { path: '/k', bytes: noise(1_500_000, 1) } }]
    await expect(pack({ layout: 'floppy' }, { entries, default: 1 })).rejects.toThrow(/do not fit into a FAT12 file system of 2880 sectors/)
  })
})

describe('what cannot lie on a volume', () => {
  test('files without a file system', async () => {
    await expect(pack({ fileSystem: 'none' }, { files: [note] })).rejects.toThrow(/volume without a file system/)
  })
  test('two files of one name', async () => {
    await expect(pack({}, { files: [note, { path: '/DOCS/a long name.TXT', bytes: new Uint8Array(1) }] })).rejects.toThrow(/Two different files/)
  })
})

describe('a disk that was packed', () => {
  test.each<[string, Partial<ImageOptions>, (image: Uint8Array) => void, RegExp]>([
    ['without stages and programs', { firmware: 'bios' }, (image) => void image.fill(0, 512, 516), /does not start with Bootlab/],
    ['without an active partition', {}, (image) => void (image[446] = 0), /does not start with Bootlab/],
    ['without a signature', {}, (image) => void (image[510] = 0), /does not start with Bootlab/],
    ['with a damaged header', { fileSystem: 'none' }, (image) => void (image[(2048 << 9) + 8] = 1), /header is damaged/],
    ['with a header of another version', { fileSystem: 'none' }, (image) => void (image[(2048 << 9) + 4] = 1), /another version/],
    ['with another file system', {}, (image) => void image.fill(0, 2048 << 9, 2049 << 9), /does not start with Bootlab/],
  ])('is refused %s', async (_name, options, damage, says) => {
    const { image } = await pack(options)
    damage(image)
    expect(() => unpackDisk(image)).toThrow(ImageError)
    expect(() => unpackDisk(image)).toThrow(says)
  })
})
