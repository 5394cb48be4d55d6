/**
 * What the loader says when a machine, a medium or a boot configuration fails it: each ends in its sentence on the screen, on COM1 and on port
 * 0xE9. The faults are made in Bootlab's own PC (quirks) or in the image. About 15 seconds alone.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import type { CpuModelName } from '../../src/main/emulator/cpu/system/models'
import type { MemoryRange } from '../../src/main/emulator/firmware/int15'
import type { Quirks } from '../../src/main/emulator/firmware/quirks'
import { CONFIG_PATH } from '../../src/main/image/boot-config'
import { readFat } from '../../src/main/image/fat-read'
import { DISK, SECTOR_BYTES } from '../../src/main/image/layout'
import { writeRawHeader } from '../../src/main/image/raw-volume'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel } from '../support/link-kernel'
import { runInOwnPc } from './own-pc'
import { imageOf } from './qemu-judge'
import { setConfig, SOURCE, VOLUME_AT } from './refusals'

interface Fault {
  /** Default: a 32-bit kernel of a few KiB on FAT16. */
  image?: (kernels: { small: Uint8Array; long: Uint8Array }) => Promise<Uint8Array>
  damage?: (image: Uint8Array) => void
  quirks?: Quirks
  memoryMib?: number
  model?: CpuModelName
  says: string
}

const fat = async (kernel: Uint8Array): Promise<Uint8Array> => imageOf(kernel, '', { image: { layout: 'mbr', fileSystem: 'fat16' } })
const raw = async (kernel: Uint8Array): Promise<Uint8Array> => imageOf(kernel)

const KERNEL = '/boot/kernel.elf'
const volumeOf = (image: Uint8Array): Uint8Array => image.subarray(DISK.PARTITION_LBA * SECTOR_BYTES)

/** First sector of a file on the disk, and where its directory entry is in the image. */
function fileOf(image: Uint8Array, path: string): { sector: number; entryAt: number; cluster: number } {
  const entry = readFat(volumeOf(image)).find(path)
  const offset = entry?.extents[0]?.offset
  if (entry === undefined || offset === undefined) throw new Error(`${path} is not on the test image.`)
  return { sector: DISK.PARTITION_LBA + offset / SECTOR_BYTES, entryAt: VOLUME_AT + entry.entryOffset, cluster: entry.firstCluster }
}

/** Sets what follows a cluster in the first FAT, which is the one that is read. */
function setFollower(image: Uint8Array, cluster: number, follower: number): void {
  const { reservedSectors } = readFat(volumeOf(image))
  new DataView(image.buffer).setUint16(VOLUME_AT + reservedSectors * SECTOR_BYTES + 2 * cluster, follower, true)
}

/** Writes another text in place of the boot configuration of a raw volume, whose kernel begins behind its one sector. */
function writeConfig(image: Uint8Array, text: string): void {
  const volume = image.subarray(VOLUME_AT)
  volume.fill(0, SECTOR_BYTES, 2 * SECTOR_BYTES)
  writeRawHeader(volume, new TextEncoder().encode(text))
}
const config = (text: string, says: string): Fault => ({ image: ({ small }) => raw(small), damage: (image) => writeConfig(image, text), says })

const MIB = 1 << 20
const usable = (start: number, length: number): MemoryRange => ({ start, length, type: 1 })
const scattered = (count: number): MemoryRange[] => Array.from({ length: count }, (_, index) => ({ start: 0x8000_0000 + index * 0x10000, length: 0x1000, type: 2 }))

const MACHINE_AND_MEDIUM: Record<string, Fault> = {
  'A20 does not open': { quirks: { a20Stuck: true }, says: 'Bootlab: address line A20 cannot be switched on (tried the BIOS, port 0x92 and the keyboard controller)' },
  'there is no memory map': { quirks: { e820: 'absent', noMemorySizes: true }, says: 'Bootlab: the BIOS does not say how much memory there is (INT 15h E820h, E801h and 88h all failed).' },
  'the memory map leaves no room for the kernel': { quirks: { e820: [usable(0, 0x9fc00), usable(64 * MIB, MIB)] }, says: 'is outside usable memory: this machine has 0 MiB from 1 MiB up.' },
  'the memory map has more regions than are kept': {
    quirks: { e820: [usable(0, 0x9fc00), usable(MIB, 100 * MIB), ...scattered(600)] },
    says: 'Bootlab: the memory map of this machine has more than 512 regions',
  },
  'the memory map has more regions than a kernel’s boot information': {
    image: async () => imageOf(await linkKernel({ bits: 64, source: SOURCE }), '', { bootloader: { version: '0.9.34', features: [] } }),
    quirks: { e820: [usable(0, 0x9fc00), usable(MIB, 100 * MIB), ...scattered(80)] },
    says: "Bootlab: the memory map has more than the 64 regions that the bootloader crate's BootInfo holds.",
  },
  'the processor has no long mode': {
    image: async () => fat(await linkKernel({ bits: 64, source: SOURCE })),
    model: 'pentium',
    says: 'Bootlab: the kernel is a 64-bit program, but this processor has no long mode. Use a 64-bit processor or build a 32-bit kernel.',
  },
  'the kernel needs more memory than there is': { image: async () => fat(await linkKernel({ bits: 32, source: `${SOURCE} char huge[64 << 20];` })), memoryMib: 16, says: 'is outside usable memory: this machine has 14 MiB from 1 MiB up. Link it lower or give the machine more memory.' },
  'the disk fails in the middle of the kernel': {
    image: ({ long }) => raw(long),
    quirks: { badSectors: [{ first: DISK.PARTITION_LBA + 500, last: DISK.PARTITION_LBA + 500, status: 0x10 }] },
    says: `Bootlab: the BIOS could not read sectors ${DISK.PARTITION_LBA + 500} to ${DISK.PARTITION_LBA + 500} of drive 0x80 (status 0x10). The medium may be damaged, cut short or unplugged`,
  },
  'stage 2 cannot be read': { quirks: { badSectors: [{ first: 3, last: 3, status: 4 }] }, says: 'Bootlab: disk error.' },
}

const FILES: Record<string, Fault> = {
  'the kernel is missing': {
    damage: (image) => void image.set(new TextEncoder().encode('OTHER'), fileOf(image, KERNEL).entryAt),
    says: 'Bootlab: the kernel /boot/kernel.elf is not on the boot volume: there is no "kernel.elf".',
  },
  'the boot configuration is missing': {
    damage: (image) => void image.set(new TextEncoder().encode('OTHER'), fileOf(image, CONFIG_PATH).entryAt),
    says: 'Bootlab: there is no boot configuration on the boot volume: /boot/bootlab.cfg is looked for, and there is no "bootlab.cfg".',
  },
  'the folder is missing': {
    damage: (image) => void image.set(new TextEncoder().encode('BOOX'), VOLUME_AT + (readFat(volumeOf(image)).find('/boot')?.entryOffset ?? 0)),
    says: 'Bootlab: there is no boot configuration on the boot volume: /boot/bootlab.cfg is looked for, and there is no "boot/bootlab.cfg".',
  },
  'the kernel’s chain is a loop': {
    image: ({ long }) => fat(long),
    damage: (image) => setFollower(image, fileOf(image, KERNEL).cluster + 1, fileOf(image, KERNEL).cluster),
    says: "Bootlab: the boot volume's FAT is damaged: the clusters of /boot/kernel.elf, from ",
  },
  'the kernel’s chain leads to a free cluster': {
    image: ({ long }) => fat(long),
    damage: (image) => setFollower(image, fileOf(image, KERNEL).cluster + 1, 0),
    says: "Bootlab: the boot volume's FAT is damaged: on the way to /boot/kernel.elf cluster ",
  },
  'the kernel’s chain leads to a bad cluster': {
    image: ({ long }) => fat(long),
    damage: (image) => setFollower(image, fileOf(image, KERNEL).cluster + 1, 0xfff7),
    says: 'is followed by one marked as bad. Write the image again.',
  },
  'the kernel’s chain leads out of the volume': {
    image: ({ long }) => fat(long),
    damage: (image) => setFollower(image, fileOf(image, KERNEL).cluster + 1, 0xffe0),
    says: "Bootlab: the boot volume's FAT is damaged: on the way to /boot/kernel.elf cluster ",
  },
  'the kernel’s chain ends too early': {
    image: ({ long }) => fat(long),
    damage: (image) => setFollower(image, fileOf(image, KERNEL).cluster + 1, 0xffff),
    says: 'but its clusters end after 2. Write the image again.',
  },
}

const CONFIGURATIONS: Record<string, Fault> = {
  'a word that is none': config('entry a\nkernal @2+100\n', 'Bootlab: line 2 of the boot configuration (/boot/bootlab.cfg) begins with a word that is none of the boot configuration: kernal. Correct the line, or build the image again.'),
  'no entry': config('# nothing\ntimeout 3\n', 'Bootlab: the boot configuration (/boot/bootlab.cfg) has no entry.'),
  'an entry without a kernel': config('entry first one\nprotocol elf32\nentry b\nkernel @2+9\n', 'names no kernel for the entry "first one". Add a line such as: kernel /boot/kernel.elf'),
  'a line before any entry': config('kernel @2+9\n', 'line 1 of the boot configuration (/boot/bootlab.cfg) belongs to an entry, and none has begun'),
  'a number that is none': config('timeout soon\nentry a\nkernel @2+9\n', 'line 1 of the boot configuration (/boot/bootlab.cfg) should have a number, such as 4096 or 0x1000, not soon.'),
  'a number without end': config('entry a\nkernel @2+9\naddress 99999999999999999999\n', 'line 3 of the boot configuration (/boot/bootlab.cfg) has a number that is too large: 99999999999999999999.'),
  'a setting below an entry': config('entry a\nkernel @2+9\ndefault 1\n', 'line 3 of the boot configuration (/boot/bootlab.cfg) belongs above the first entry.'),
  'a default that is not there': config('default 2\nentry a\nkernel @2+9\n', 'the default entry of the boot configuration (/boot/bootlab.cfg) is 2, and there are 1.'),
  'two kernels': config('entry a\nkernel @2+9\nkernel @3+9\n', 'line 3 of the boot configuration (/boot/bootlab.cfg) says it a second time in one entry.'),
  'a command line of no module': config('entry a\nmodule-cmdline x\n', 'line 2 of the boot configuration (/boot/bootlab.cfg) belongs to a module, and none stands above it.'),
  'ten entries': config('entry a\nkernel @2+9\n'.repeat(10), 'line 19 of the boot configuration (/boot/bootlab.cfg) is an entry too many for the menu.'),
  'a name on a volume without names': config('entry a\nkernel /boot/k\n', 'the kernel /boot/k is not on the boot volume: there is no "/boot/k".'),
  'a kernel of no known kind': { image: ({ small }) => raw(small), damage: (image) => setConfig(image, 'protocol elf32\nkernel @2', 'kernel @0'), says: 'Bootlab: the kernel @0+' },
}

describe.each([
  ['a machine or medium at fault', MACHINE_AND_MEDIUM],
  ['files that are missing or damaged', FILES],
  ['a boot configuration with mistakes', CONFIGURATIONS],
])('the loader says what is wrong with %s', (_group, faults) => {
  let kernels: { small: Uint8Array; long: Uint8Array }
  beforeAll(async () => {
    const small = await linkKernel({ bits: 32, source: SOURCE })
    kernels = { small, long: await linkKernel({ bits: 32, source: `${SOURCE} char filled[600 << 10] = { 1 };` }) }
  })
  test.each(Object.entries(faults))('%s', async (_name, { image: build, damage, quirks, memoryMib, model, says }) => {
    const image = await (build ? build(kernels) : fat(kernels.small))
    damage?.(image)
    const run = runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 5, untilText: says, ...(quirks && { quirks }), ...(memoryMib && { memoryMib }), ...(model && { model }) })
    expect(run.screenFlow).toContain(says)
    expect(run.serial).toContain(says)
    expect(run.debugPort).toContain(says)
    expect(run.serial.startsWith('Bootlab: ')).toBe(true)
  })
})
