import { describe, expect, test } from 'vitest'
import { crateSection, type Wishes } from '../../../tests/boot/crate11-config'
import { checkCrateConfiguration, readCrateConfiguration } from './bootloader11'
import type { ElfFile } from './elf'
import { ImageError } from './errors'

/** A file that is nothing but the section, and the ELF file that would name it. */
function fileOf(section: Uint8Array, more: Partial<ElfFile> = {}): [bytes: Uint8Array, elf: ElfFile] {
  const segments = [{ type: 1, flags: 5, offset: 0, virtualAddress: 0x200000n, physicalAddress: 0x200000n, fileBytes: 16, memoryBytes: 0x3000n, alignment: 4096n }]
  const found = { name: '.bootloader-config', type: 1, flags: 2n, address: 0n, offset: 0, bytes: section.length, link: 0, info: 0, entryBytes: 0 }
  const tables = { headerBytes: 64, segmentTable: { offset: 0, bytes: 0 }, sectionTable: { offset: 0, bytes: 0 } }
  return [section, { bits: 64, type: 2, machine: 62, entry: 0x200000n, segments, sections: [found], tables, ...more }]
}
const read = (wishes: Wishes): ReturnType<typeof readCrateConfiguration> => readCrateConfiguration(...fileOf(crateSection(wishes)), 'k')

describe('the section is read in each of its shapes', () => {
  const common = { stackBytes: 0x9000n, stack: 0x1000n, bootInfo: 0x2008n, framebuffer: 0x3000n, aslr: true, rangeStart: 1n, rangeEnd: 2n, height: 480n, width: 640n } as const
  const expected = { stackBytes: 0x9000n, stack: 0x1000n, bootInfo: 0x2008n, framebuffer: 0x3000n, aslr: true, rangeStart: 1n, rangeEnd: 2n, leastHeight: 480n, leastWidth: 640n }
  test.each<[string, number, Partial<Wishes>, object]>([
    ['115 bytes', 0, { physical: true, recursive: 0x4000n }, { physicalMemory: {}, recursive: { address: 0x4000n } }],
    ['124 bytes', 10, { ramdisk: 0x5000n, physical: 0x20_0000n }, { ramdisk: 0x5000n, physicalMemory: { address: 0x20_0000n } }],
    ['133 bytes', 17, { ramdisk: 0x5000n, base: 0x6000n }, { ramdisk: 0x5000n, base: 0x6000n }],
  ])('%s', (name, patch, wishes, more) => {
    expect(crateSection({ patch })).toHaveLength(Number.parseInt(name, 10))
    expect(read({ patch, ...common, ...wishes })).toEqual({ version: `0.11.${patch}`, patch, ...expected, ...more })
  })
  test('without wishes', () => expect(read({ patch: 17 })).toEqual({ version: '0.11.17', patch: 17, stackBytes: 81_920n, aslr: false }))
})

describe('a section is refused', () => {
  const changed = (at: number, value: number): Uint8Array => {
    const section = crateSection({ patch: 17 })
    section[at] = value
    return section
  }
  test.each<[string, Uint8Array, RegExp]>([
    ['of another length', crateSection({ patch: 17 }).slice(0, 120), /has 120 bytes\..*115 bytes \(0\.11\.0\), 124 bytes.*133 bytes/],
    ['with another identity', changed(3, 0), /damaged at its identity/],
    ['of version 0.12', changed(18, 12), /built with bootloader_api 0\.12\.17/],
    ['with a mapping of no kind', changed(31, 2), /damaged at its stack address/],
    ['with physical memory of no kind', changed(67, 9), /damaged at its physical memory/],
    ['with an aslr of no kind', changed(87, 7), /damaged at its aslr/],
  ])('%s', (_name, section, says) => {
    const sentence = (): string => {
      try {
        return JSON.stringify(readCrateConfiguration(...fileOf(section), 'k'), (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
      } catch (error) {
        if (error instanceof ImageError) return `${error.what} ${error.why}`
        throw error
      }
    }
    expect(sentence()).toMatch(says)
  })
  test('that is not in the file', () => {
    const [bytes, elf] = fileOf(crateSection({ patch: 17 }))
    expect(() => readCrateConfiguration(bytes.subarray(0, 90), elf, 'k')).toThrow(ImageError)
    expect(() => readCrateConfiguration(bytes, { ...elf, sections: [] }, 'k')).toThrow(/no section \.bootloader-config/)
  })
})

describe('a configuration is refused', () => {
  const check = (wishes: Wishes, more: Partial<ElfFile> = {}): void => checkCrateConfiguration(read(wishes), fileOf(crateSection(wishes), more)[1], 'k')
  test.each<[string, Partial<Wishes>, RegExp]>([
    ['a stack of less than a page', { stackBytes: 4095n }, /kernel_stack_size is 4095/],
    ['a stack of 4 GiB', { stackBytes: 1n << 32n }, /kernel_stack_size is 4294967296/],
    ['a stack inside a page', { stack: 0x1234n }, /kernel_stack is 0x1234/],
    ['boot information at an odd address', { bootInfo: 0x2004n }, /boot_info is 0x2004/],
    ['physical memory in small pages', { physical: 0x1000n }, /physical_memory is 0x1000/],
    ['a recursive entry inside another', { recursive: 0x1000n }, /page_table_recursive is 0x1000/],
    ['an address that is not canonical', { framebuffer: 0x8000_0000_0000n }, /framebuffer is 0x800000000000/],
    ['a base for fixed addresses', { base: 0x40_0000n }, /kernel_base is 0x400000, but the kernel is linked to fixed addresses/],
    ['a stack over the kernel', { stack: 0x1f_f000n }, /kernel_stack at 0x1ff000 and the kernel at 0x200000/],
    ['a RAM disk over the framebuffer', { framebuffer: 0x7000_0000n, ramdisk: 0x7000_0000n }, /ramdisk_memory at 0x70000000 and framebuffer at 0x70000000/],
  ])('%s', (_name, wishes, says) => expect(() => check({ patch: 17, ...wishes })).toThrow(says))

  test('all of it is fine where nothing meets', () => {
    expect(() => check({ patch: 17, stack: 0x1_0000_0000n, bootInfo: 0x2_0000_0008n, physical: 0xffff_8000_0000_0000n, recursive: 0xffff_ff00_0000_0000n })).not.toThrow()
    expect(() => check({ patch: 17, base: 0x40_0000n }, { type: 3 })).not.toThrow()
  })
})
