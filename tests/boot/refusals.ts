/** Disks that cannot boot, and what the loader must say about each. */
import { DISK, RAW_VOLUME, SECTOR_BYTES } from '../../src/main/image/layout'
import { readRawConfig, writeRawHeader } from '../../src/main/image/raw-volume'
import { imageOf } from './qemu-judge'
import { linkKernel } from '../support/link-kernel'

export const VOLUME_AT = DISK.PARTITION_LBA * SECTOR_BYTES
/** Behind the header's sector and the one of the boot configuration. */
export const KERNEL_AT = VOLUME_AT + 2 * SECTOR_BYTES
const PROGRAM_HEADERS_AT = { 32: KERNEL_AT + 52, 64: KERNEL_AT + 64 }

export const SOURCE = 'void start(void) { for (;;) __asm__ volatile("hlt"); } int cleared[1000];'

/** Changes the boot configuration, which stays in its sector, and the checksum with it. */
export function setConfig(image: Uint8Array, ...[from, to]: [from: RegExp | string, to: string]): undefined {
  const volume = image.subarray(VOLUME_AT)
  const before = readRawConfig(volume, 'test image')
  const after = before.replace(from, to)
  if (after === before || after.length > SECTOR_BYTES) throw new Error(`${String(from)} cannot be replaced in\n${before}`)
  volume.fill(0, SECTOR_BYTES, 2 * SECTOR_BYTES)
  writeRawHeader(volume, new TextEncoder().encode(after))
}

function setU32(image: Uint8Array, at: number, value: number): undefined {
  new DataView(image.buffer).setUint32(at, value, true)
}

export interface Refusal {
  bits: 32 | 64
  /** Changes the image, or returns another. */
  damage: (image: Uint8Array) => Uint8Array | undefined
  says: string
  linkArguments?: string[]
  /** The machine's memory, when it matters. */
  memoryMib?: number
  /** What only QEMU can be: its processor model, or `any` when only the disk is one that Bootlab's PC does not have. */
  qemuCpu?: string
}

export const REFUSALS: Record<string, Refusal> = {
  'the boot volume is empty': {
    bits: 32,
    damage: (image) => void image.fill(0, VOLUME_AT, KERNEL_AT),
    says: 'Bootlab: there is no kernel on this disk: the boot volume is empty. Write the image again.',
  },
  'the boot volume is of no kind': {
    bits: 32,
    damage: (image) => void image.fill(0x41, VOLUME_AT, KERNEL_AT),
    says: 'Bootlab: the boot volume has no file system that this loader knows (FAT12, FAT16, FAT32, ISO 9660, or none). Write the image again.',
  },
  'the boot configuration is damaged': {
    bits: 32,
    damage: (image) => void image.fill(0x20, VOLUME_AT + SECTOR_BYTES, VOLUME_AT + SECTOR_BYTES + 1),
    says: "Bootlab: the boot volume's header or its boot configuration is damaged: its checksum is wrong. Write the image again.",
  },
  'the boot volume is from a later version': {
    bits: 32,
    damage: (image) => setU32(image, VOLUME_AT + RAW_VOLUME.RAW_VERSION, 9),
    says: 'Bootlab: the boot volume has version 9, this loader knows version 3. Build the image again.',
  },
  'the boot protocol is unknown': {
    bits: 32,
    damage: (image) => setConfig(image, 'protocol elf32', 'protocol elf128'),
    says: 'Bootlab: line 3 of the boot configuration (/boot/bootlab.cfg) names a boot protocol that this loader does not know: elf128.',
  },
  'the kernel is not an ELF file': {
    bits: 64,
    damage: (image) => void image.fill(0x41, KERNEL_AT, KERNEL_AT + 512),
    says: 'Bootlab: the kernel is not an ELF file: it starts with the bytes 0x41 0x41 0x41 0x41 instead of 0x7f 0x45 0x4c 0x46.',
  },
  'the kernel has the wrong class': {
    bits: 64,
    damage: (image) => setConfig(image, 'protocol elf64', 'protocol elf32'),
    says: 'Bootlab: the kernel is an ELF file of class 2 (1: 32-bit, 2: 64-bit), not what its boot protocol wants.',
  },
  'the Multiboot header is gone': {
    bits: 32,
    damage: (image) => setConfig(image, 'protocol elf32', 'protocol multiboot1'),
    says: 'Bootlab: the kernel has no Multiboot header in its first 8192 bytes. Build the image again.',
  },
  'the kernel file is cut short': {
    bits: 32,
    damage: (image) => setConfig(image, /@2\+\d+/, '@2+100'),
    says: 'Bootlab: the kernel file is cut short: bytes 0x',
  },
  'the disk ends before the kernel': {
    bits: 32,
    damage: (image) => setConfig(image, '@2+', '@1000000+'),
    says: 'Bootlab: the BIOS could not read sectors 1002048 to 1002048 of drive 0x80 (status 0x',
  },
  'a segment is outside memory': {
    bits: 32,
    linkArguments: ['--image-base=0x20000000'],
    damage: () => undefined,
    says: 'MiB from 1 MiB up. Link it lower or give the machine more memory.',
  },
  'a 64-bit segment is outside memory': {
    bits: 64,
    linkArguments: ['--image-base=0x20000000'],
    damage: () => undefined,
    says: 'is outside usable memory: this machine has 12',
  },
  'a segment would overwrite the BIOS’s data': {
    bits: 32,
    damage: (image) => setU32(image, PROGRAM_HEADERS_AT[32] + loadHeader(image, 32) * 32 + 12, 0x400),
    says: "would overwrite the BIOS's data below 0x500. Link it at 0x100000 or above.",
  },
  'the entry lies nowhere': {
    bits: 32,
    damage: (image) => setU32(image, KERNEL_AT + 24, 0x300),
    says: "Bootlab: the kernel's entry point 0x300 lies in none of its segments. Check the entry symbol (ENTRY() or -e).",
  },
  'an address is not canonical': {
    bits: 64,
    damage: (image) => {
      const at = PROGRAM_HEADERS_AT[64] + loadHeader(image, 64) * 56
      setU32(image, at + 20, 0x1234567)
      new DataView(image.buffer).setBigUint64(KERNEL_AT + 24, new DataView(image.buffer).getBigUint64(at + 16, true), true)
    },
    says: 'is not in canonical addresses (below 0x800000000000 or from 0xffff800000000000).',
  },
  'the processor has no long mode': {
    bits: 64,
    damage: () => undefined,
    qemuCpu: 'qemu32',
    says: 'Bootlab: the kernel is a 64-bit program, but this processor has no long mode. Use a 64-bit processor or build a 32-bit kernel.',
  },
  'the machine has too little memory': {
    bits: 64,
    linkArguments: ['--image-base=0xffffffff80000000', '--defsym=unused=0'],
    damage: (image) => {
      // The last loaded segment claims 64 MiB.
      setU32(image, PROGRAM_HEADERS_AT[64] + lastLoadHeader(image) * 56 + 40, 64 << 20)
    },
    memoryMib: 32,
    says: 'Bootlab: no free memory is large enough for the kernel, which spans 0xffffffff80000000 to 0x',
  },
  'two segments share a page of different frames': {
    bits: 64,
    linkArguments: ['--image-base=0xffffffff80000000'],
    damage: (image) => {
      const view = new DataView(image.buffer)
      const [first = 0, second = 0, ...others] = loadHeaders(image).map((index) => PROGRAM_HEADERS_AT[64] + index * 56)
      // Two halves of one page, without content, 4 MiB apart in memory; the entry in the first.
      const halves = [
        { at: first, address: 0xffffffff80000000n, frame: 0x400000n },
        { at: second, address: 0xffffffff80000800n, frame: 0x800800n },
      ]
      for (const { at, address, frame } of halves) {
        view.setBigUint64(at + 16, address, true)
        view.setBigUint64(at + 24, frame, true)
        view.setBigUint64(at + 32, 0n, true)
        view.setBigUint64(at + 40, 0x800n, true)
      }
      for (const at of others) setU32(image, at, 0)
      view.setBigUint64(KERNEL_AT + 24, 0xffffffff80000000n, true)
    },
    says: "Bootlab: the kernel's segments at virtual addresses 0xffffffff80000000 and 0xffffffff80000800 share a page, but their physical",
  },
  'stage 2 is damaged': {
    bits: 32,
    damage: (image) => void image.fill(0, SECTOR_BYTES, 2 * SECTOR_BYTES),
    says: 'Bootlab: loader damaged. Write the image again.',
  },
  'stage 2 cannot be read': {
    bits: 32,
    // A disk of one sector. Bootlab's PC fills its last cylinder with zeros.
    qemuCpu: 'any',
    damage: (image) => image.slice(0, SECTOR_BYTES),
    says: 'Bootlab: disk error.',
  },
}

/** Indices of the program headers of type PT_LOAD. */
function loadHeaders(image: Uint8Array, bits: 32 | 64 = 64): number[] {
  const view = new DataView(image.buffer)
  const count = view.getUint16(KERNEL_AT + (bits === 64 ? 56 : 44), true)
  const found = Array.from({ length: count }, (_, index) => index).filter(
    (index) => view.getUint32(PROGRAM_HEADERS_AT[bits] + index * (bits === 64 ? 56 : 32), true) === 1,
  )
  if (found.length < 2) throw new Error('The test kernel should have two PT_LOAD headers.')
  return found
}

function loadHeader(image: Uint8Array, bits: 32 | 64): number {
  return loadHeaders(image, bits)[0] ?? 0
}

function lastLoadHeader(image: Uint8Array): number {
  return loadHeaders(image).at(-1) ?? 0
}

/** The image for a case, damaged. */
export async function refusedImage({ bits, damage, linkArguments }: Refusal): Promise<Uint8Array> {
  const image = await imageOf(await linkKernel({ bits, source: SOURCE, ...(linkArguments && { linkArguments }) }))
  return damage(image) ?? image
}
