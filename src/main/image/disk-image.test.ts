import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { requireTool } from '../../../tests/support/tools'
import { buildBootSectorImage, buildDiskImage, unpackDisk, withCommandLine } from './disk-image'
import { noise, sampleElf } from './elf-sample'
import { ImageError } from './errors'
import { readPartitionTable } from './mbr'
import { readRawConfig } from './raw-volume'

const kernel = sampleElf({ bits: 64, segments: [{ virtualAddress: 0x100000n, content: noise(5000, 4) }] })
const loader = { stage1: new Uint8Array(512), stage2: noise(9000, 5) }

describe('a disk image', () => {
  const { image, report } = buildDiskImage({ kernel, loader, commandLine: 'quiet' })
  const view = new DataView(image.buffer)

  test('is the same for the same input, another for another', () => {
    expect(Buffer.compare(buildDiskImage({ kernel: kernel.slice(), loader, commandLine: 'quiet' }).image, image)).toBe(0)
    expect(Buffer.compare(buildDiskImage({ kernel, loader, commandLine: 'loud' }).image, image)).not.toBe(0)
  })

  test('has the parts where the report says', () => {
    expect(report).toMatchObject({ protocol: 'elf64', entry: 0x100000n, imageBytes: image.length, warnings: [] })
    expect(report.parts).toEqual([
      { name: 'stage 1', lba: 0, sectors: 1 },
      { name: 'stage 2', lba: 1, sectors: 18 },
      { name: 'boot configuration', lba: 2048, sectors: 2 },
      { name: 'kernel', lba: 2050, sectors: Math.ceil(kernel.length / 512) },
    ])
    expect(image.slice(2050 * 512, 2050 * 512 + kernel.length)).toEqual(kernel)
    expect(image.slice(512 + 12, 512 + 9000)).toEqual(loader.stage2.slice(12))
  })

  test('is a whole number of MiB with one active partition to its end', () => {
    expect(image.length % (1 << 20)).toBe(0)
    expect(readPartitionTable(image)).toEqual([{ active: true, type: 0x7f, lba: 2048, sectors: image.length / 512 - 2048 }])
  })

  test('has a boot configuration that names the kernel', () => {
    const at = 2048 * 512
    expect(new TextDecoder().decode(image.slice(at, at + 4))).toBe('BOLB')
    expect(readRawConfig(image.subarray(at), 'image')).toBe(`# What the boot loader starts.\nentry kernel\nprotocol elf64\nkernel @2+${kernel.length}\ncmdline quiet\n`)
  })

  test('carries its identity in both stages', () => {
    expect(view.getUint16(0x1b2, true)).toBe(18)
    expect(view.getUint32(0x1b4, true)).toBe(view.getUint32(512 + 4, true))
    expect(view.getUint32(0x1b4, true)).not.toBe(0)
  })

  test.each([0, 4094, 4095])('takes a command line of %i bytes', (length) => {
    expect(() => buildDiskImage({ kernel, loader, commandLine: 'x'.repeat(length) })).not.toThrow()
  })
  test.each([['x'.repeat(4096), /4096 bytes; at most 4095/], ['é'.repeat(2048), /4096 bytes/], ['a\0b', /zero byte at offset 1/]])('refuses a command line that does not fit', (commandLine, says) => {
    expect(() => buildDiskImage({ kernel, loader, commandLine })).toThrow(ImageError)
    expect(() => buildDiskImage({ kernel, loader, commandLine })).toThrow(says)
  })
  test('refuses more modules or longer command lines than the boot configuration holds', () => {
    const module = { bytes: new Uint8Array(1), commandLine: 'x'.repeat(4000) }
    expect(() => buildDiskImage({ kernel, loader, modules: Array.from({ length: 129 }, () => module) })).toThrow(/129 modules; at most 128/)
    expect(() => buildDiskImage({ kernel, loader, modules: Array.from({ length: 5 }, () => module) })).toThrow(/Command lines, titles and names have 20\d+ bytes together/)
  })
  test('refuses an empty kernel', () => expect(() => buildDiskImage({ kernel: new Uint8Array(), loader, where: 'k.elf' })).toThrow('k.elf: The file is empty.'))
})

describe('a disk that was built', () => {
  const real = { stage1: noise(512, 8), stage2: Uint8Array.from([0x42, 0x4c, 0x53, 0x32, ...new Uint8Array(8), ...noise(2000, 9)]) }
  real.stage1.fill(0, 0x1ae)
  real.stage1.set([0x55, 0xaa], 510)
  const input = { kernel, loader: real, modules: [{ bytes: noise(700, 6), commandLine: 'first' }], bootloader: { version: '0.9.8', features: ['map_physical_memory'] } }

  test('tells what is on it', () => {
    const { loader: stages, ...content } = unpackDisk(buildDiskImage({ ...input, commandLine: 'quiet' }).image)
    expect(stages).toEqual({ stage1: real.stage1, stage2: new Uint8Array([...real.stage2, ...new Uint8Array(36)]) })
    expect(content).toMatchObject({ protocol: 'bootloader', kernel, commandLine: 'quiet', modules: input.modules })
  })
  test('holds modules behind the kernel, with their command lines', () => {
    const modules = [{ bytes: noise(700, 6), commandLine: 'first module' }, { bytes: new Uint8Array(), commandLine: '' }, { bytes: noise(10, 7), commandLine: 'x'.repeat(1000) }]
    const disk = buildDiskImage({ ...input, modules })
    expect(unpackDisk(disk.image).modules).toEqual(modules)
    expect(disk.report.parts.slice(3).map(({ name }) => name)).toEqual(['kernel', 'module', 'module', 'module'])
  })
  test('with another command line is as if built with it', () => {
    const padded = { ...input, loader: { ...real, stage2: new Uint8Array([...real.stage2, ...new Uint8Array(36)]) } }
    const other = 'x'.repeat(900)
    expect(Buffer.compare(withCommandLine(buildDiskImage({ ...padded, commandLine: 'quiet' }).image, other), buildDiskImage({ ...padded, commandLine: other }).image)).toBe(0)
  })
  test('of a flat kernel keeps its mode', () => {
    expect(unpackDisk(buildDiskImage({ kernel: noise(600, 1), loader: real, protocol: 'flat32', address: 0x10000 }).image)).toMatchObject({ protocol: 'flat32', commandLine: '' })
  })
  test.each<[string, (image: Uint8Array) => void, RegExp]>([
    ['another loader', (image) => void image.fill(0, 512, 516), /does not start with Bootlab/],
    ['no partition of ours', (image) => void (image[446] = 0), /does not start with Bootlab/],
    ['a damaged boot configuration', (image) => void image.fill(0xff, 2048 * 512 + 520, 2048 * 512 + 521), /damaged/],
    ['a boot volume of another version', (image) => void (image[2048 * 512 + 4] = 1), /another version/],
  ])('is refused with %s', (_name, damage, says) => {
    const { image } = buildDiskImage(input)
    damage(image)
    expect(() => unpackDisk(image)).toThrow(ImageError)
    expect(() => unpackDisk(image)).toThrow(says)
  })
})

function withImage<T>(work: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-mbr-'))
  try {
    const path = join(folder, 'disk.img')
    // Long enough that the last cylinder is far from the first.
    const long = sampleElf({ bits: 32, segments: [{ virtualAddress: 0x100000n, content: noise(64, 1) }] })
    const padded = new Uint8Array(30 << 20)
    padded.set(long)
    writeFileSync(path, buildDiskImage({ kernel: padded, loader }).image)
    return work(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('other programs read the partition table', () => {
  const sfdisk = requireTool('sfdisk')
  test.skipIf(sfdisk === undefined)('sfdisk finds no fault', () => {
    const table = z.object({ partitiontable: z.object({ label: z.string(), partitions: z.array(z.object({ start: z.number(), size: z.number(), type: z.string(), bootable: z.boolean() })) }) })
    withImage((path) => {
      expect(execFileSync(sfdisk ?? '', ['--verify', path], { encoding: 'utf8' })).toContain('No errors detected')
      const { partitiontable } = table.parse(JSON.parse(execFileSync(sfdisk ?? '', ['--json', path], { encoding: 'utf8' })))
      expect(partitiontable).toEqual({ label: 'dos', partitions: [{ start: 2048, size: 63_488, type: '7f', bootable: true }] })
    })
  })

  const sgdisk = requireTool('sgdisk')
  test.skipIf(sgdisk === undefined)('sgdisk finds a valid MBR with the one partition', () => {
    withImage((path) => {
      const output = execFileSync(sgdisk ?? '', ['--print', path], { encoding: 'utf8' })
      expect(output).toContain('valid MBR')
      expect(output.split('\n').filter((line) => /^\s+\d+\s/.test(line))).toEqual([expect.stringMatching(/^\s+1\s+2048\s+65535\s.*\s7F00\s/)])
    })
  })
})

describe('a boot sector image', () => {
  const sector = noise(512, 6)
  sector.set([0x55, 0xaa], 510)

  test('starts with the sector and is zero up to 1 MiB', () => {
    const image = buildBootSectorImage(sector)
    expect(image.length).toBe(1 << 20)
    expect(image.slice(0, 512)).toEqual(sector)
    expect(image.slice(512).every((byte) => byte === 0)).toBe(true)
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(), /only 0 bytes/],
    ['short', sector.slice(0, 511), /only 511 bytes/],
    ['long', new Uint8Array(513), /513 bytes, 1 too many/],
    ['unsigned', new Uint8Array(512), /55 AA/],
  ])('refuses one that is %s', (_name, bytes, says) => {
    expect(() => buildBootSectorImage(bytes)).toThrow(ImageError)
    expect(() => buildBootSectorImage(bytes)).toThrow(says)
  })
})
