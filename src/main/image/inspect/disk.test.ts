/** Disks in every layout, from tables to source lines. Judges: what other people's tools wrote is read, and readelf says what the ELF facts say. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linkKernel } from '../../../../tests/support/link-kernel'
import { requireTool } from '../../../../tests/support/tools'
import { type FileSystem, type ImageLayout, VIRTUAL_DISK_FORMATS } from '../../../shared/image'
import { inspectionSchema, mapSchema, originSchema } from '../../../shared/inspection'
import { buildDiskImage } from '../disk-image'
import { parseElf, readSymbols } from '../elf'
import { noise } from '../elf-sample'
import { inFormat } from '../formats'
import { makeIso } from '../iso'
import { MAGIC } from '../layout'
import { fileInside, inspectFile, mapFile, originOf } from '.'

const KERNEL = `int table[4] = { 1, 2, 3, 4 };
__attribute__((noinline)) int work(int *place) {
  return place[0] + place[3];
}
void start(void) {
  for (;;)
    __asm__ volatile("" :: "r"(work(table)));
}
`
const stage = new Uint8Array(512)
stage.set([0xeb, 0xfe])
stage.set([0x55, 0xaa], 510)
const loader = { stage1: stage, stage2: Uint8Array.from([...new Uint8Array(Uint32Array.of(MAGIC.STAGE2_MAGIC).buffer), ...noise(2000, 9)]) }
const folder = mkdtempSync(join(tmpdir(), 'bootlab-inspect-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let kernel: Uint8Array
let workAt: number
beforeAll(async () => {
  kernel = await linkKernel({ bits: 64, source: KERNEL, debug: true, linkArguments: ['--image-base=0xffffffff80000000'] })
  const elf = parseElf(kernel)
  const work = readSymbols(kernel, elf).find(({ name }) => name === 'work')
  const section = elf.sections[work?.sectionIndex ?? 0]
  workAt = Number((work?.address ?? 0n) - (section?.address ?? 0n)) + (section?.offset ?? 0)
}, 60_000)

/** Where the function `work` lies in an image. */
function find(image: Uint8Array): number {
  const at = Buffer.from(image).indexOf(kernel.subarray(workAt, workAt + 8))
  expect(at).toBeGreaterThan(0)
  return at
}

describe('each layout', () => {
  test.each<[ImageLayout, FileSystem, string]>([
    ['mbr', 'auto', 'MBR'],
    ['mbr', 'none', 'MBR'],
    ['mbr', 'fat32', 'MBR'],
    ['gpt', 'auto', 'GPT'],
    ['hybrid', 'auto', 'MBR + GPT (hybrid)'],
    ['superfloppy', 'auto', 'none'],
    ['floppy', 'auto', 'none'],
  ])('%s, %s', async (layout, fileSystem, partitioning) => {
    const { image } = await buildDiskImage({ kernel, loader, commandLine: 'quiet', image: { layout, fileSystem, firmware: 'bios' } })
    const found = inspectionSchema.parse(inspectFile(image))
    expect(found).toMatchObject({ format: 'raw disk image', bootedAs: 'disk', disk: { partitioning, remarks: [] } })
    expect(found.disk?.bootCode.map(({ owner }) => owner)).toEqual(['Bootlab, stage 1', 'Bootlab, stage 2'])
    expect(found.disk?.gptHeaders.flatMap(({ faults }) => faults)).toEqual([])
    expect(found.disk?.configurations).toMatchObject([{ entries: [{ protocol: 'elf64', commandLine: 'quiet' }], remarks: [] }])

    const [volume] = found.disk?.volumes ?? []
    const file = volume?.files.find(({ what }) => what?.startsWith('64-bit ELF'))
    expect(volume?.remarks).toEqual([])
    expect(file?.bytes).toBe(kernel.length)
    expect(Buffer.compare(fileInside(image, file?.path ?? ''), kernel)).toBe(0)
    const at = find(image)
    const origin = originSchema.parse(originOf(image, at + 1))
    expect(origin.chain.map(({ kind }) => kind)).toEqual([...(partitioning === 'none' ? [] : ['partition']), ...(layout === 'hybrid' ? ['partition'] : []), 'volume', 'file', 'segment', 'section', 'symbol'])
    expect(origin).toMatchObject({ source: { file: 'kernel.c', line: 2 } })
    expect(origin.chain.at(-1)).toMatchObject({ name: 'work', detail: 'kernel.c:2', offset: at })
    expect(BigInt(origin.address ?? 0)).toBeGreaterThan(0xffff_ffff_8000_0000n)
    // Sector 0 of a disk with a table has no byte that is not explained.
    const first = mapFile(image).regions.filter(({ depth, offset }) => depth === 0 && offset < 512)
    if (partitioning !== 'none') expect(first.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(512)
    const stage2 = mapSchema.parse(mapFile(image)).regions.find(({ name }) => name === 'Bootlab, stage 2')
    // On a volume without partition it is a file of that volume.
    expect(stage2).toMatchObject({ bytes: 2048, depth: partitioning === 'none' ? 2 : 0 })
  })
})

test('a CD, with the boot images that its catalogue names', async () => {
  const { image: efi } = await buildDiskImage({ kernel, loader, image: { layout: 'floppy', firmware: 'bios' } })
  const { image } = makeIso({ label: 'CD', files: [{ path: '/boot/kernel.elf', bytes: kernel }, { path: '/bios.bin', bytes: noise(4096, 1) }, { path: '/efi.img', bytes: efi }], biosBoot: { path: '/bios.bin', loadSectors: 4 }, efiBoot: { path: '/efi.img' } })
  const found = inspectionSchema.parse(inspectFile(image))
  expect(found.format).toBe('CD image')
  expect(found.disk?.catalogue).toMatchObject([{ platform: 'BIOS', bootable: true, emulation: 'none', sectors: 4 }, { platform: 'UEFI', bootable: true }])
  expect(found.disk?.volumes.map(({ kind, bootImage }) => [kind, bootImage])).toEqual([['ISO 9660', undefined], ['FAT12', true]])
  const map = mapFile(image).regions
  expect(map.find(({ name }) => name === 'El Torito boot catalogue')).toMatchObject({ kind: 'table' })
  expect(originOf(image, find(image)).chain.map(({ kind, name }) => [kind, name]).slice(0, 2)).toEqual([['volume', 'ISO 9660 CD'], ['file', '/boot/kernel.elf']])
})

test.each(VIRTUAL_DISK_FORMATS)('%s is looked into', async (format) => {
  const { image } = await buildDiskImage({ kernel, loader, image: { layout: 'gpt', firmware: 'bios' } })
  const inside = inspectFile(inFormat(image, format, 'disk'))
  expect(inside).toMatchObject({ container: { opened: true }, format: expect.stringContaining('with raw disk image inside') })
  expect(inside.disk).toEqual(inspectFile(image).disk)
  expect(originOf(inFormat(image, format, 'disk'), find(image)).chain.at(-1)?.name).toBe('work')
})

test('gzip is looked into; a damaged one and xz are told', () => {
  expect(inspectFile(new Uint8Array(gzipSync(kernel)))).toMatchObject({ format: 'gzip with 64-bit ELF executable (ET_EXEC) inside', bootedAs: 'elf64' })
  expect(inspectFile(new Uint8Array(gzipSync(kernel)).slice(0, 200)).container).toMatchObject({ kind: 'gzip', opened: false, why: expect.stringMatching(/cannot be unpacked/) })
  expect(inspectFile(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2)).container).toMatchObject({ kind: 'xz', opened: false })
})

describe('what others made', () => {
  const tools = ['mkfs.fat', 'mcopy', 'mdel', 'sgdisk'].map((name) => requireTool(name))
  test.skipIf(tools.includes(undefined))('a GPT of sgdisk with a FAT of mkfs.fat; the kernel lies in several pieces', () => {
    const [volume, disk] = [join(folder, 'volume.img'), join(folder, 'disk.img')]
    const run = (tool: string, ...args: string[]): void => void execFileSync(tool, args, { env: { ...process.env, MTOOLS_SKIP_CHECK: '1' }, stdio: 'pipe' })
    writeFileSync(volume, '')
    truncateSync(volume, 6 << 20)
    run('mkfs.fat', '-F', '16', '-s', '1', '-n', 'OTHERS', volume)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      writeFileSync(join(folder, name), noise(512, 1))
      run('mcopy', '-i', volume, join(folder, name), `::${name}`)
    }
    run('mdel', '-i', volume, '::a', '::c', '::e')
    writeFileSync(join(folder, 'kernel.elf'), kernel)
    run('mcopy', '-i', volume, join(folder, 'kernel.elf'), '::kernel.elf')
    const image = new Uint8Array(8 << 20)
    image.set(readFileSync(volume), 1 << 20)
    writeFileSync(disk, image)
    run('sgdisk', '-n', '1:2048:+6M', '-t', '1:ef00', '-c', '1:mine', disk)
    const bytes = new Uint8Array(readFileSync(disk))
    const found = inspectFile(bytes)
    expect(found.disk).toMatchObject({ partitioning: 'GPT', gptHeaders: [{ which: 'primary', faults: [] }, { which: 'backup', faults: [] }], volumes: [{ kind: 'FAT16', label: 'OTHERS', partition: 1 }] })
    expect(found.disk?.partitions).toContainEqual(expect.objectContaining({ table: 'GPT', name: 'mine', typeName: 'EFI system partition', firstSector: 2048, sectors: 12_288 }))
    const file = found.disk?.volumes[0]?.files.find(({ path }) => path.toLowerCase() === '/kernel.elf')
    expect(file?.extents.length).toBeGreaterThan(1)
    expect(Buffer.compare(fileInside(bytes, '/KERNEL.elf'), kernel)).toBe(0)
    const pieces = mapFile(bytes).regions.filter(({ kind, name }) => kind === 'file' && name.toLowerCase() === '/kernel.elf')
    expect(pieces.map(({ offset, bytes: length }) => ({ offset, bytes: length })).toSorted((a, b) => a.offset - b.offset)).toEqual(file?.extents.toSorted((a, b) => a.offset - b.offset))
    expect(pieces.some(({ base }) => base > 0)).toBe(true)
  })

  const readelf = requireTool('readelf')
  test.skipIf(readelf === undefined)('readelf says the same of sections, segments and symbols', () => {
    const path = join(folder, 'judged.elf')
    writeFileSync(path, kernel)
    const said = (flag: string): string => execFileSync(readelf ?? '', ['-W', flag, path], { encoding: 'utf8' })
    const { elf } = inspectFile(kernel, 'k', { symbols: Infinity })
    const sections = [...said('-S').matchAll(/^ +\[ *[1-9]\d*\] (\S+) +(\S+) +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)/gm)].map(([, name, type, address, offset, bytes]) => [name, type, BigInt(`0x${address}`), Number(`0x${offset}`), Number(`0x${bytes}`)])
    expect(elf?.sections.map(({ name, type, address, offset, bytes }) => [name, type, BigInt(address), offset, bytes])).toEqual(sections)
    const segments = [...said('-l').matchAll(/^ {2}([A-Z_]+) +0x([0-9a-f]+) 0x([0-9a-f]+) 0x([0-9a-f]+) 0x([0-9a-f]+) 0x([0-9a-f]+) ([RWE ]{3})/gm)].map(([, type, ...numbers]) => [type, ...numbers.slice(0, 5).map((digits) => BigInt(`0x${digits}`))])
    expect(elf?.segments.map(({ type, offset, virtualAddress, physicalAddress, fileBytes, memoryBytes }) => [type, BigInt(offset), BigInt(virtualAddress), BigInt(physicalAddress), BigInt(fileBytes), BigInt(memoryBytes)])).toEqual(segments)
    expect(segments.length).toBeGreaterThan(2)
    const symbols = [...said('-s').matchAll(/^ +[1-9]\d*: ([0-9a-f]+) +(\d+) /gm)].map(([, address, bytes]) => [BigInt(`0x${address}`), BigInt(bytes ?? 0)])
    expect(elf?.symbols.map(({ address, bytes }) => [BigInt(address), BigInt(bytes)])).toEqual(symbols)
    expect(elf?.symbols.find(({ name }) => name === 'table')).toMatchObject({ type: 'object', binding: 'global', source: 'kernel.c:1' })
    expect(elf?.entrySymbol).toBe('start')
  })
})
