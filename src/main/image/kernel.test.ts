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
  ['a position-independent kernel', { bits: 64, type: 3, segments: [at(0x100000n)] }, /position independent/],
  ['nothing to load', { bits: 64, segments: [{ ...at(0x100000n), type: 4 }] }, /no loadable segment/],
  ['an entry outside', { bits: 32, entry: 0n, segments: [at(0x100000n)] }, /entry point 0x0 lies in none/],
  ['a segment over the loader', { bits: 32, segments: [at(0x8000n)] }, /overwrite the boot loader: the segment at physical address 0x8000/],
  ['a segment beyond 4 GiB', { bits: 64, segments: [at(0x100000000n, 0xffffffffn)] }, /does not fit below 4 GiB/],
  ['too many segments', { bits: 32, segments: Array.from({ length: 33 }, (_, i) => at(BigInt(0x100000 + i * 0x1000))) }, /33 loadable segments/],
  ['too many program headers', { bits: 64, segments: [at(0x100000n), ...Array.from({ length: 73 }, () => ({ ...at(0n), type: 4 }))] }, /74 program headers/],
  ['addresses that are not canonical', { bits: 64, segments: [at(0x800000000000n, 0x100000n)] }, /not in canonical addresses/],
  ['a segment that leaves the lower half', { bits: 64, segments: [at(0x7ffffffffff0n, 0x100ff0n)] }, /not in canonical addresses/],
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

test.each([32, 64] as const)('warns of a %i-bit kernel that has a Multiboot 2 header only', (bits) => {
  const code = new Uint8Array(4096)
  const view = new DataView(code.buffer)
  // The sample puts its segment right behind the headers: one of the two words is 8-aligned in the file.
  for (const offset of [64, 132]) for (const [index, word] of [0xe85250d6, 0, 16, -(0xe85250d6 + 16) >>> 0].entries()) view.setUint32(offset + 4 * index, word, true)
  expect(planKernel(sampleElf({ bits, segments: [{ virtualAddress: 0x100000n, content: code }] }), 'k').warnings).toEqual([expect.stringMatching(/Multiboot 2 kernel/)])
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
    [0x8040, 0x8000, 0, 0, 0x8100], // over the loader
  ])
    expect(() => planKernel(flat(words))).toThrow(/addresses in the Multiboot header do not fit/)
})
