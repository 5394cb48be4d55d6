import { describe, expect, test } from 'vitest'
import type { BootProtocol } from '../../../shared/boot'
import { inspectionSchema } from '../../../shared/inspection'
import { buildBootSectorImage, buildDiskImage } from '../disk-image'
import { noise, type SampleElf, sampleElf } from '../elf-sample'
import { ImageError } from '../errors'
import { foreignFormats } from '../foreign-formats'
import { inspectFile } from '.'

const words = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer)
const MULTIBOOT = words(0x1badb002, 3, -(0x1badb002 + 3))

/** A 32-bit kernel at 1 MiB with these bytes at an offset of the file. */
function kernelWith(offset: number, bytes: Uint8Array, more: Partial<SampleElf> = {}): Uint8Array {
  const content = new Uint8Array(offset + 4096)
  const file = sampleElf({ bits: 32, segments: [{ virtualAddress: 0x100000n, content }], ...more })
  file.set(bytes, offset)
  return file
}

function verdict(file: Uint8Array, protocol: BootProtocol | 'boot sector'): [fits: boolean, reasons: string] {
  const found = inspectFile(file, 'k').protocols.find((each) => each.protocol === protocol)
  return [found?.fits ?? false, found?.reasons.join(' ') ?? '']
}

describe('why a protocol fits, or not', () => {
  test.each<[string, Uint8Array, BootProtocol | 'boot sector', boolean, RegExp]>([
    ['a header in its place', kernelWith(256, MULTIBOOT), 'multiboot1', true, /^$/],
    ['a header at 0x2000', kernelWith(0x2000, MULTIBOOT), 'multiboot1', false, /k\+0x2000: a Multiboot header lies here, outside the first 8192 bytes/],
    ['a checksum that is off by one', kernelWith(256, words(0x1badb002, 3, -(0x1badb002 + 2))), 'multiboot1', false, /k\+0x100.*do not sum to 0.*0xe4524ffc; 0xe4524ffb would be right/],
    ['a Multiboot 2 checksum that is off by one', kernelWith(256, words(0xe85250d6, 0, 24, -(0xe85250d6 + 23), 0, 8)), 'multiboot2', false, /k\+0x100.*do not sum to 0.*0x17adaf13; 0x17adaf12 would be right/],
    ['a Multiboot 2 header at 0x9000', kernelWith(0x9000, words(0xe85250d6, 0, 24, -(0xe85250d6 + 24), 0, 8)), 'multiboot2', false, /k\+0x9000: a Multiboot 2 header lies here, outside the first 32768 bytes/],
    ['addresses of 5-level paging', sampleElf({ bits: 64, segments: [{ virtualAddress: 0xff00_0000_0000_0000n, physicalAddress: 0x200000n, content: noise(64, 1) }] }), 'elf64', false, /needs 5-level paging/],
    ['addresses that no paging has', sampleElf({ bits: 64, segments: [{ virtualAddress: 0x8000_0000_0000_0000n, physicalAddress: 0x200000n, content: noise(64, 1) }] }), 'elf64', false, /is not in canonical addresses/],
    ['pages that p_vaddr and p_paddr share in part', sampleElf({ bits: 64, segments: [{ virtualAddress: 0xffff_8000_0000_0000n, physicalAddress: 0x200010n, content: noise(64, 1) }] }), 'elf64', false, /both must agree in the lowest 12 bits/],
    ['an entry point outside', sampleElf({ bits: 64, entry: 0x100n, segments: [{ virtualAddress: 0x200000n, content: noise(64, 1) }] }), 'elf64', false, /entry point 0x100 lies in none/],
    ['a wrong machine', sampleElf({ bits: 64, machine: 183, segments: [{ virtualAddress: 0x200000n, content: noise(64, 1) }] }), 'elf64', false, /for machine 183/],
    ['no configuration', sampleElf({ bits: 64, segments: [{ virtualAddress: 0x200000n, content: noise(64, 1) }] }), 'bootloader11', false, /no section \.bootloader-config.*do not strip it/],
    ['no requests', sampleElf({ bits: 64, segments: [{ virtualAddress: 0xffff_ffff_8000_0000n, content: noise(64, 1) }] }), 'limine', false, /no Limine request/],
    ['no Linux header', noise(4000, 3), 'linux', false, /no "HdrS" at offset 0x202/],
    ['a flag nobody knows', kernelWith(256, words(0x1badb002, 8, -(0x1badb002 + 8))), 'multiboot1', false, /requires features/],
    ['no header at all', kernelWith(0, new Uint8Array()), 'multiboot2', false, /no Multiboot 2 header/],
    ['a 32-bit file', kernelWith(256, MULTIBOOT), 'elf64', false, /32-bit ELF file/],
    ['a 64-bit file', sampleElf({ bits: 64, segments: [{ virtualAddress: 0x200000n, content: noise(64, 1) }] }), 'elf32', false, /64-bit ELF file/],
    ['segments that overlap', kernelWith(0, new Uint8Array(), { segments: [0x100000n, 0x100010n].map((virtualAddress) => ({ virtualAddress, content: noise(64, 2) })) }), 'elf32', false, /overlap in memory/],
    ['what bootimage would not map', sampleElf({ bits: 64, segments: [{ virtualAddress: 0x200000n, content: noise(64, 1) }] }), 'bootloader', true, /bootimage would not boot it: the segment at 0x200000 has file offset/],
    ['an ELF header', kernelWith(0, new Uint8Array()), 'flat32', false, /starts with an ELF header/],
    ['bare bytes', noise(4000, 3), 'flat16', true, /give the address/],
    ['bytes without a signature', noise(512, 3), 'boot sector', false, /Bytes 510 and 511/],
    ['too few bytes', noise(100, 3), 'boot sector', false, /100 bytes; a sector has 512/],
  ])('%s', (_name, file, protocol, fits, says) => {
    const [does, reasons] = verdict(file, protocol)
    expect(does).toBe(fits)
    expect(reasons).toMatch(says)
  })
})

describe('what a file is', () => {
  test('an ELF file, with segments, symbols and its oddities', () => {
    const { elf, format, bootedAs } = inspectFile(sampleElf({ bits: 64, type: 3, segments: [{ virtualAddress: 0xffffffff80000000n, physicalAddress: 0x100000n, content: noise(64, 1), memoryBytes: 0x1000n }, { type: 3, virtualAddress: 0n, content: noise(8, 1) }] }))
    expect(format).toBe('64-bit ELF position independent (ET_DYN)')
    expect(bootedAs).toBe('elf64')
    expect(elf).toMatchObject({ entry: '0xffffffff80000000', symbolCount: 1, entrySymbol: 'start', remarks: expect.arrayContaining([expect.stringContaining('PT_INTERP')]) })
    expect(elf?.segments[0]).toEqual({ type: 'LOAD', offset: 176, virtualAddress: '0xffffffff80000000', physicalAddress: '0x100000', fileBytes: 64, memoryBytes: '0x1000', flags: 'R-X', sections: ['.text'] })
  })
  test('a boot sector, and a disk of one’s own', () => {
    const sector = new Uint8Array(512)
    sector.set([0x55, 0xaa], 510)
    expect(inspectFile(sector)).toMatchObject({ format: 'boot sector', bootedAs: 'boot sector' })
    expect(inspectFile(buildBootSectorImage(sector))).toMatchObject({ format: 'raw disk image', bootedAs: 'disk', disk: { partitions: [] } })
  })
  test('a disk that Bootlab packed', async () => {
    const loader = { stage1: new Uint8Array(512), stage2: Uint8Array.from([0x42, 0x4c, 0x53, 0x32, ...noise(2000, 9)]) }
    const { image } = await buildDiskImage({ image: { firmware: 'bios', fileSystem: 'none' }, kernel: kernelWith(256, MULTIBOOT), loader, commandLine: 'quiet', modules: [{ bytes: noise(9, 9), commandLine: 'm' }] })
    expect(inspectFile(image).disk).toMatchObject({
      partitioning: 'MBR',
      partitions: [{ number: 1, table: 'MBR', active: true, type: '0x7f', firstSector: 2048, sectors: 2048 }],
    })
  })
  test('nothing that could be booted', () => expect(inspectFile(noise(3000, 4)).bootedAs).toBeUndefined())
  test('is plain JSON of the documented shape', () => {
    const found = inspectFile(kernelWith(256, MULTIBOOT))
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
    expect(inspectionSchema.parse(found)).toEqual(found)
  })
  test('a damaged file is refused, never half described', () => {
    expect(() => inspectFile(new Uint8Array())).toThrow(ImageError)
    expect(() => inspectFile(kernelWith(0, new Uint8Array()).slice(0, 60))).toThrow(ImageError)
  })
})

describe('kernels for other loaders are told', () => {
  const at = (offset: number, bytes: Uint8Array): Uint8Array => {
    const file = new Uint8Array(4096)
    file.set(bytes, offset)
    return file
  }
  test.each<[string, Uint8Array, RegExp]>([
    ['UEFI', new Uint8Array([0x4d, 0x5a, ...at(0x3a, words(0x80)), ...new Uint8Array(8)]).fill(0x50, 0x80, 0x81).fill(0x45, 0x81, 0x82).fill(0, 0x82, 0x84), /UEFI/],
  ])('%s', (_name, file, says) => expect(foreignFormats(file).join(' ')).toMatch(says))
  test('nothing is seen in noise', () => expect(foreignFormats(noise(5000, 5))).toEqual([]))
})

test('whatever bytes are damaged, the file is described or refused', async () => {
  const loader = { stage1: new Uint8Array(512), stage2: Uint8Array.from([0x42, 0x4c, 0x53, 0x32, ...noise(2000, 9)]) }
  const seeds = [
    kernelWith(256, MULTIBOOT),
    kernelWith(64, words(0xe85250d6, 0, 40, -(0xe85250d6 + 40), 1, 12, 6, 0, 0, 8)),
    sampleElf({ bits: 64, type: 3, segments: [{ virtualAddress: 0n, content: noise(64, 1) }, { type: 2, virtualAddress: 0n, content: words(7, 0, 0, 0, 8, 0, 24, 0, 9, 0, 24, 0, 0, 0, 0, 0) }] }),
  ]
  const disk = (await buildDiskImage({ image: { firmware: 'bios', fileSystem: 'none' }, kernel: kernelWith(256, MULTIBOOT), loader, modules: [{ bytes: noise(9, 9), commandLine: 'm' }] })).image.slice(0, 2060 * 512)
  const random = new DataView(noise(40_000, 77).buffer)
  let refused = 0
  for (let run = 0; run < 900; run++) {
    // The disk is large: seldom.
    const file = (run % 20 === 0 ? disk : (seeds[run % seeds.length] ?? disk)).slice()
    const mutations = 1 + (run % 5)
    for (let change = 0; change < mutations; change++) {
      const dice = random.getUint32((run * 20 + change * 4) % 39_996, true)
      // Headers and tables are where damage matters: the first KiB, the descriptor, the end.
      const [start, length] = [[0, 512], [2048 * 512, 512], [file.length - 600, 600]][dice % 3] ?? [0, 512]
      const at = (start ?? 0) + ((dice >>> 8) % (length ?? 512))
      if (at >= 0 && at < file.length) file[at] = dice >>> 24
    }
    const cut = run % 7 === 0 ? file.slice(0, random.getUint32((run * 20 + 8) % 39_996, true) % file.length) : file
    try {
      inspectFile(cut)
    } catch (error) {
      expect(error).toBeInstanceOf(ImageError)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(50)
  expect(refused).toBeLessThan(850)
})
