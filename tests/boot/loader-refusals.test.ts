/** What the loader says of kernels, modules and parameters that the image builder would not have let through, or that only the machine can refuse. */
import { describe, expect, test } from 'vitest'
import type { Quirks } from '../../src/main/emulator/firmware/quirks'
import { noise, sampleElf } from '../../src/main/image/elf-sample'
import { findMultibootHeader } from '../../src/main/image/multiboot'
import { findMultiboot2Header } from '../../src/main/image/multiboot2'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel } from '../support/link-kernel'
import { header, script } from './kernels'
import { runInOwnPc } from './own-pc'
import { imageOf } from './qemu-judge'
import { KERNEL_AT, setConfig, SOURCE } from './refusals'

type Damage = (image: Uint8Array, view: DataView) => void
interface Case {
  image: () => Promise<Uint8Array>
  damage?: Damage
  says: string
  memoryMib?: number
  quirks?: Quirks
}

const crate = { bootloader: { version: '0.9.34', features: [] } }
const plain = async (bits: 32 | 64 = 32): Promise<Uint8Array> => linkKernel({ bits, source: SOURCE })
const small = (virtualAddress: bigint, bits: 32 | 64 = 32): Uint8Array => sampleElf({ bits, segments: [{ virtualAddress, content: noise(64, 1) }] })

/** A Multiboot 2 kernel; all its tags are optional, so that the image builder takes it: the damage makes one required. */
async function second(...tags: [type: number, ...words: number[]][]): Promise<Uint8Array> {
  const text = tags.map(([type, ...words]) => `.balign 8\n.short ${type}, 1\n.long ${8 + 4 * words.length}${words.map((word) => `, ${word}`).join('')}\n`).join('')
  const source = `__asm__(${JSON.stringify(`.section .multiboot,"a"\n.balign 8\nheader: .long 0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)\n${text}.balign 8\n.short 0, 0\n.long 8\nheader_end:\n.text\n.globl start\nstart: jmp start\n`)});`
  return imageOf(await linkKernel({ bits: 32, source, linkerScript: script('0x100000', '0') }))
}

/** The header's first tag in the image. */
const firstTag = (image: Uint8Array): number => {
  const { header: found } = findMultiboot2Header(image.subarray(KERNEL_AT))
  if (!found) throw new Error('The test kernel should have a Multiboot 2 header.')
  return KERNEL_AT + found.offset + 16
}
const required: Damage = (image, view) => view.setUint16(firstTag(image) + 2, 0, true)

const firstHeader = (image: Uint8Array): number => KERNEL_AT + (findMultibootHeader(image.subarray(KERNEL_AT)).header?.offset ?? 0)
const tiny = (flags: number): Promise<Uint8Array> =>
  linkKernel({ bits: 32, source: `__asm__(${header(flags)} ".text\\n.globl start\\nstart: jmp start\\n");`, linkerScript: script('0x100000', '0') })

/** The header stays one: its checksum follows. */
const setFlags = (flags: number): Damage => (image, view) => {
  const at = firstHeader(image)
  view.setUint32(at + 4, flags, true)
  view.setUint32(at + 8, -(0x1badb002 + flags) >>> 0, true)
}

const module = { bytes: noise(5000, 3), commandLine: 'm' }

const CASES: Record<string, Case> = {
  'a Multiboot 2 header that is gone': { image: async () => imageOf(await plain()), damage: (image) => setConfig(image, 'protocol elf32', 'protocol multiboot2'), says: 'has no Multiboot 2 header in its first 32768 bytes.' },
  'a graphics mode that is required': { image: () => second([5, 800, 600, 32]), damage: required, quirks: { noVbe: true }, says: "requires a graphics mode (tag 5), and this machine's firmware has none with a linear framebuffer." },
  'a required tag that nobody knows': { image: () => second([77]), damage: required, says: "Multiboot 2 header requires tag 77, which this loader does not know." },
  'required information that nobody knows': { image: () => second([1, 6, 30]), damage: required, says: 'requires information of type 30, which this loader does not have.' },
  'a damaged tag': { image: () => second([6]), damage: (image, view) => view.setUint32(firstTag(image) + 4, 4, true), says: 'Multiboot 2 header is damaged: tag 6 has 4 bytes.' },
  'addresses without an entry': { image: () => second([4, 0, 0, 0, 0]), damage: (image, view) => view.setUint16(firstTag(image), 2, true), says: 'has addresses (tag 2), but no entry address (tag 3).' },
  'an alignment that is none': { image: () => second([10, 0x200000, 0xffffffff, 0x3000, 0]), says: 'wants to be aligned to 0x3000, which is no power of 2.' },
  'a place that is nowhere': { image: () => second([10, 0x20000000, 0x2fffffff, 0x1000, 0]), says: 'no free memory from 0x20000000 to 0x2fffffff is large enough for the kernel' },
  'Multiboot flags that nobody knows': { image: async () => imageOf(await tiny(0)), damage: setFlags(0x10), says: "Multiboot header requires features this loader does not have (flags 0x10)." },
  'Multiboot addresses before the file': {
    image: async () => imageOf(await tiny(0)),
    damage: (image, view) => {
      setFlags(0x10000)(image, view)
      for (const [index, value] of [0x200000, 0x100000, 0, 0, 0x100000].entries()) view.setUint32(firstHeader(image) + 12 + 4 * index, value, true)
    },
    says: "Multiboot header's addresses do not fit the file: load_addr 0x100000, header_addr 0x200000",
  },
  'Multiboot addresses behind the file': {
    image: async () => imageOf(await tiny(0)),
    damage: (image, view) => {
      setFlags(0x10000)(image, view)
      for (const [index, value] of [0x100000, 0x100000, 0x900000, 0, 0x100000].entries()) view.setUint32(firstHeader(image) + 12 + 4 * index, value, true)
    },
    says: "Multiboot header's addresses do not fit the file: load_addr 0x100000, load_end_addr 0x900000",
  },
  'another processor': { image: async () => imageOf(await plain()), damage: (_image, view) => view.setUint16(KERNEL_AT + 18, 40, true), says: 'is for another processor (ELF machine 40), not for an x86 PC.' },
  'a position-independent file that was not settled': { image: async () => imageOf(await plain()), damage: (_image, view) => view.setUint16(KERNEL_AT + 16, 3, true), says: 'ELF file of type 3, not an executable (2): it is position independent, and the image builder did not relocate it.' },
  'a header table of another size': { image: async () => imageOf(await plain()), damage: (_image, view) => view.setUint16(KERNEL_AT + 44, 5000, true), says: 'program header table (5000 entries of 32 bytes) is damaged or too large.' },
  'nothing to load': { image: async () => imageOf(small(0x100000n)), damage: (_image, view) => view.setUint32(KERNEL_AT + 52, 4, true), says: 'has nothing to load: no PT_LOAD segment.' },
  'a segment larger in the file than in memory': { image: async () => imageOf(small(0x100000n)), damage: (_image, view) => view.setUint32(KERNEL_AT + 52 + 20, 3, true), says: 'segment at 0x100000 is damaged: it has 0x40 bytes in the file but only 0x3 in memory.' },
  'segments that overlap': {
    image: async () => imageOf(sampleElf({ bits: 32, segments: [0x100000n, 0x200000n].map((virtualAddress) => ({ virtualAddress, content: noise(64, 1) })) })),
    damage: (_image, view) => view.setUint32(KERNEL_AT + 52 + 32 + 12, 0x100020, true),
    says: 'segments at 0x100000 and 0x100020 overlap in memory.',
  },
  'addresses beyond 4 GiB': { image: async () => imageOf(small(0x100000n, 64)), damage: (_image, view) => view.setBigUint64(KERNEL_AT + 64 + 24, 0x1_0000_0000n, true), says: 'segment at 0x100000000 to 0x10000003f does not fit below 4 GiB' },
  'frames that disagree with addresses': { image: async () => imageOf(small(0x100000n, 64)), damage: (_image, view) => view.setBigUint64(KERNEL_AT + 64 + 24, 0x200800n, true), says: 'virtual address 0x100000 has physical address 0x200800: they must agree in the lowest 12 bits.' },
  'low addresses with other frames': {
    image: async () => imageOf(small(0x50000n, 64)),
    damage: (_image, view) => view.setBigUint64(KERNEL_AT + 64 + 24, 0x200000n, true),
    says: 'segment at virtual address 0x50000 covers 0x50000, which the loader keeps identical to its physical address until the kernel runs.',
  },
  'the crate’s kernel in the first MiB': {
    image: async () => imageOf(small(0x200000n, 64), '', crate),
    damage: (_image, view) => {
      view.setBigUint64(KERNEL_AT + 64 + 16, 0x8000n, true)
      view.setBigUint64(KERNEL_AT + 24, 0x8000n, true)
    },
    says: 'segment at virtual address 0x8000 lies where the loader and the screen are mapped.',
  },
  'the crate’s kernel everywhere': {
    image: async () => imageOf(sampleElf({ bits: 64, segments: [{ virtualAddress: 0x200000n, content: noise(64, 1) }] }), '', crate),
    damage: (_image, view) => view.setBigUint64(KERNEL_AT + 64 + 40, 0xffff_ffff_ffc0_0000n, true),
    says: 'leaves no free part of the address space for its boot information.',
  },
  'a stack without room': { image: async () => imageOf(small(0x200000n, 64), '', { bootloader: { version: '0.9.34', features: [], kernelStackPages: 8192 } }), memoryMib: 24, says: "there is no room for the kernel's stack: 0x2000000 bytes are wanted" },
  'a module without room': { image: async () => imageOf(small(0x100000n), '', { modules: [{ bytes: new Uint8Array(3 << 20), commandLine: '' }] }), memoryMib: 3, says: 'there is no room for a module: 0x300000 bytes are wanted' },
  'a module that is cut short': {
    image: async () => imageOf(await plain(), '', { modules: [module] }),
    damage: (image) => setConfig(image, /module @(\d+)\+5000/, 'module @9999999+5000'),
    says: 'the BIOS could not read sectors ',
  },
  'a flat program without an address': {
    image: async () => imageOf(noise(512, 1), '', { protocol: 'flat32', address: 0x100000 }),
    damage: (image) => setConfig(image, 'address 0x100000', 'address 0x100000000'),
    says: 'gives a flat kernel no address below 4 GiB (the line "address").',
  },
  'a 16-bit program over the last instructions': {
    image: async () => imageOf(noise(512, 1), '', { protocol: 'flat16', address: 0x20000 }),
    damage: (image) => setConfig(image, 'address 0x20000', 'address 0x50000'),
    says: '16-bit program at 0x50000 to 0x501ff leaves the loader no room below 1 MiB',
  },
}

describe('the loader refuses', () => {
  test.each(Object.entries(CASES))('%s', async (_name, { image: build, damage, says, memoryMib = 128, quirks }) => {
    const image = await build()
    damage?.(image, new DataView(image.buffer))
    const run = runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 2, memoryMib, untilText: says, ...(quirks && { quirks }) })
    expect(run.serial).toContain(says)
    expect(run.screenFlow).toContain(says)
    expect(run.serial.startsWith('Bootlab: ')).toBe(true)
  })
})
