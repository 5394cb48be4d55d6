import { describe, expect, test } from 'vitest'
import { noise, type SampleElf, sampleElf } from './elf-sample'
import { ImageError } from './errors'
import { planKernel } from './kernel'

const content = noise(64, 3)
const header = Uint8Array.of(0x02, 0xb0, 0xad, 0x1b, 0, 0, 0, 0, 0xfe, 0x4f, 0x52, 0xe4)
const at = (virtualAddress: bigint, physicalAddress = virtualAddress): SampleElf['segments'][number] => ({ virtualAddress, physicalAddress, content })

/** Content aligned so that a header at its start is at a multiple of 4. */
const multiboot = (bits: 32 | 64): Uint8Array => sampleElf({ bits, segments: [{ virtualAddress: 0x100000n, content: new Uint8Array([...header, ...content]) }] })

describe('the protocol follows from the file', () => {
  test.each<[string, Uint8Array, string]>([
    ['a 32-bit ELF', sampleElf({ bits: 32, segments: [at(0x100000n)] }), 'elf32'],
    ['a 64-bit ELF', sampleElf({ bits: 64, segments: [at(0x100000n)] }), 'elf64'],
    ['a 32-bit ELF with a Multiboot header', multiboot(32), 'multiboot1'],
    ['a 64-bit ELF with a Multiboot header', multiboot(64), 'multiboot1'],
    ['a higher-half kernel with low physical addresses', sampleElf({ bits: 64, segments: [at(0xffffffff80100000n, 0x100000n)] }), 'elf64'],
    ['a higher-half kernel without', sampleElf({ bits: 64, segments: [at(0xffffffff80100000n)] }), 'elf64'],
  ])('%s', (_name, file, protocol) => {
    expect(planKernel(file)).toMatchObject({ protocol, warnings: [] })
  })
})

test.each<[string, SampleElf, RegExp]>([
  ['another processor', { bits: 64, machine: 183, segments: [at(0x100000n)] }, /machine 183; 64-bit x86 is 62/],
  ['an object file', { bits: 64, type: 1, segments: [at(0x100000n)] }, /object file/],
  ['a core dump', { bits: 64, type: 4, segments: [at(0x100000n)] }, /type 4/],
  ['nothing to load', { bits: 64, segments: [{ ...at(0x100000n), type: 4 }] }, /no loadable segment/],
  ['an entry outside', { bits: 32, entry: 0n, segments: [at(0x100000n)] }, /entry point 0x0 lies in none/],
  ['a segment over the BIOS’s data', { bits: 32, segments: [at(0x400n)] }, /overwrite the BIOS's data: the segment at physical address 0x400/],
  ['a segment beyond 4 GiB', { bits: 64, segments: [at(0x100000000n, 0xffffffffn)] }, /does not fit below 4 GiB/],
  ['too many segments', { bits: 32, segments: Array.from({ length: 129 }, (_, i) => at(BigInt(0x100000 + i * 0x1000))) }, /129 loadable segments/],
  ['too many program headers', { bits: 64, segments: [at(0x100000n), ...Array.from({ length: 146 }, () => ({ ...at(0n), type: 4 }))] }, /147 program headers/],
  ['addresses that are not canonical', { bits: 64, segments: [at(0x800000000000n, 0x100000n)] }, /needs 5-level paging/],
  ['addresses that not even 5-level paging has', { bits: 64, segments: [at(0x8000000000000000n, 0x100000n)] }, /not in canonical addresses/],
  ['a segment that leaves the lower half', { bits: 64, segments: [at(0x7ffffffffff0n, 0x100ff0n)] }, /needs 5-level paging/],
  ['frames that do not agree with the addresses', { bits: 64, segments: [at(0xffffffff80000800n, 0x100000n)] }, /has physical address 0x100000/],
  ['low addresses with other frames', { bits: 64, segments: [at(0x1000n, 0x100000n)] }, /0x1000 has another physical address/],
  ['segments that overlap', { bits: 32, segments: [at(0x100000n), at(0x200000n, 0x100020n)] }, /overlap/],
])('refuses %s', (_name, elf, says) => {
  expect(() => planKernel(sampleElf(elf), 'build/x.elf')).toThrow(ImageError)
  expect(() => planKernel(sampleElf(elf), 'build/x.elf')).toThrow(says)
})

test('warns of a Multiboot header that no loader will find', () => {
  const far = new Uint8Array(9000)
  far.set(header, 8996 - 12 - ((52 + 32) % 4))
  expect(planKernel(sampleElf({ bits: 32, segments: [{ virtualAddress: 0x100000n, content: far }] }), 'k').warnings).toEqual([
    expect.stringMatching(/outside the first 8192 bytes/),
  ])
})

/** The sample puts its segment right behind the headers: one of the two words is 8-aligned in the file. */
const withMultiboot2 = (bits: 32 | 64, words: number[]): Uint8Array => {
  const code = new Uint8Array(4096)
  const view = new DataView(code.buffer)
  for (const offset of [64, 132]) for (const [index, word] of words.entries()) view.setUint32(offset + 4 * index, word, true)
  return sampleElf({ bits, segments: [{ virtualAddress: 0x100000n, content: code }] })
}

test.each([32, 64] as const)('a %i-bit kernel with a Multiboot 2 header is booted by it', (bits) => {
  const sum = (0xe85250d6 + 24) >>> 0
  expect(planKernel(withMultiboot2(bits, [0xe85250d6, 0, 24, -sum >>> 0, 0, 8]), 'k')).toMatchObject({ protocol: 'multiboot2', warnings: [] })
  expect(planKernel(withMultiboot2(bits, [0xe85250d6, 0, 24, 7, 0, 8]), 'k')).toMatchObject({ protocol: `elf${bits}`, warnings: [expect.stringMatching(/Multiboot 2 header's magic/)] })
})

test('what the project says comes before what the file says', () => {
  const file = multiboot(64)
  expect(planKernel(file, 'k', { protocol: 'elf64' }).protocol).toBe('elf64')
  expect(planKernel(file, 'k', { bootloader: { version: '0.9.23', features: [] } })).toMatchObject({ protocol: 'bootloader', parameters: { 'crate-flags': 112n, 'stack-pages': 512n } })
  expect(planKernel(file, 'k', { protocol: 'flat32', address: 0x10000 })).toMatchObject({ protocol: 'flat32', entry: 0x10000n })
  expect(() => planKernel(file, 'k', { protocol: 'multiboot2' })).toThrow(/no Multiboot 2 header/)
  expect(() => planKernel(file, 'k', { protocol: 'bootloader' })).toThrow(/which version and features/)
  expect(() => planKernel(file, 'k', { protocol: 'flat32' })).toThrow(/needs an address/)
  expect(() => planKernel(multiboot(32), 'k', { protocol: 'elf64' })).toThrow(/32-bit ELF file/)
  expect(() => planKernel(sampleElf({ bits: 64, segments: [at(0x10000n)] }), 'k', { bootloader: { version: '0.9.23', features: [] } })).toThrow(/in the first MiB/)
})

test.each<[string, { protocol: 'flat16' | 'flat32' | 'flat64'; address: number }, RegExp]>([
  ['over the BIOS’s data', { protocol: 'flat32', address: 0x400 }, /would lie at 0x400/],
  ['over video memory', { protocol: 'flat32', address: 0x9ff00 }, /would lie at 0x9ff00/],
  ['beyond 16-bit reach', { protocol: 'flat16', address: 0x100000 }, /16-bit code cannot run above/],
  ['over the loader’s last instructions', { protocol: 'flat16', address: 0x4ff00 }, /way back to real mode/],
  ['beyond 4 GiB', { protocol: 'flat64', address: 0xffffff00 }, /does not fit/],
])('a flat binary %s is refused', (_name, hints, says) => {
  expect(() => planKernel(noise(4096, 8), 'k', hints)).toThrow(says)
})

const flat = (words: number[]): Uint8Array => {
  const file = new Uint8Array(4096)
  const view = new DataView(file.buffer)
  for (const [index, word] of [0x1badb002, 0x10000, -(0x1badb002 + 0x10000) >>> 0, ...words].entries()) view.setUint32(64 + 4 * index, word, true)
  return file
}

test('a flat Multiboot kernel needs addresses that fit the file', () => {
  expect(planKernel(flat([0x100040, 0x100000, 0, 0x200000, 0x100100]))).toMatchObject({ protocol: 'multiboot1', entry: 0x100100n })
  for (const words of [
    [0x100040, 0x100044, 0, 0, 0x100100], // load_addr behind the header
    [0x100040, 0xff000, 0, 0, 0x100100], // starts before the file
    [0x100040, 0x100000, 0x102000, 0, 0x100100], // ends after the file
    [0x100040, 0x100000, 0, 0x100100, 0x100100], // bss ends before the data
    [0x100040, 0x100000, 0, 0, 0x300000], // entry outside
    [0x440, 0x400, 0, 0, 0x480], // over the BIOS's data
  ])
    expect(() => planKernel(flat(words))).toThrow(/addresses in the Multiboot header do not fit/)
})
