/** What the loader finds out by itself, and what it says of kernels for the crate bootloader 0.11 and of Linux kernels that were changed on the disk, where the builder cannot look. Alone: 10 s. */
import { describe, expect, test } from 'vitest'
import { DISK, RAW_VOLUME, SECTOR_BYTES } from '../../src/main/image/layout'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'
import { linkKernel } from '../support/link-kernel'
import { byteList, crateSection } from './crate11-config'
import { runInOwnPc } from './own-pc'
import { imageOf } from './qemu-judge'
import crateSource from './qemu-kernels/bootloader11.c?raw'

const crateKernel = (): Promise<Uint8Array> =>
  linkKernel({
    bits: 64,
    source: crateSource,
    linkArguments: ['-z', 'separate-code'],
    defines: { CONFIG: byteList(crateSection({ patch: 16 })), PATCH: 16, EXPECTED_UNKNOWN: 3, EXPECTED_FRAMEBUFFER: 1 },
  })

/** Its section, on the disk, where the file lies as it is behind the loader, which knows the identity, too. */
function sectionIn(image: Uint8Array): DataView {
  const at = Buffer.from(image.buffer, image.byteOffset, image.length).lastIndexOf(Buffer.from('743ca961093646a0bb555c158915253d', 'hex'))
  if (at === -1) throw new Error('The image holds no section .bootloader-config.')
  return new DataView(image.buffer, image.byteOffset + at, 133)
}

/** A fixed address instead of one that is chosen. */
const fix = (view: DataView, at: number, address: bigint): void => {
  view.setUint8(at, 1)
  view.setBigUint64(at + 1, address, true)
}

describe('of a kernel for the crate bootloader 0.11 it says', () => {
  test.each<[string, (section: DataView) => void, string]>([
    ['that the section is damaged', (view) => view.setUint8(0, 0), 'section .bootloader-config is damaged at its identity.'],
    ['where', (view) => view.setUint8(87, 7), 'section .bootloader-config is damaged at its aslr.'],
    ['that the version is unknown', (view) => view.setUint16(18, 12, true), 'built with version 0.12.16 of the crate bootloader_api; this loader knows 0.11.'],
    ['that the stack is too small', (view) => view.setBigUint64(23, 16n, true), 'asks for a stack of 0x10 bytes.'],
    ['that two things meet', (view) => fix(view, 31, 0x1f_f000n), 'the stack would be mapped at 0x1ff000 to 0x213fff, where the kernel is'],
    ['that an address is not canonical', (view) => fix(view, 49, 0x8000_0000_0000n), 'the boot information would be mapped at 0x800000000000 to'],
    ['that an address is not aligned', (view) => fix(view, 31, 0x4000_0800n), 'the stack is to be mapped at 0x40000800, which is no multiple of 0x1000.'],
    ['that it cannot be moved', (view) => fix(view, 40, 0x40_0000n), 'asks for the base address 0x400000, but it is linked to fixed addresses.'],
    [
      'that there is no room in the range it wants',
      (view) => {
        fix(view, 88, 0xffff_ff80_0000_0000n)
        fix(view, 97, 0xffff_ffff_ffff_f000n)
      },
      'leaves no free part of the address space for its boot information.',
    ],
  ])('%s', async (_name, change, says) => {
    const image = await imageOf(await crateKernel())
    change(sectionIn(image))
    expect(runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 3 }).screenFlow).toContain(says)
  })
})

/** A bzImage whose protected-mode part is one instruction and a lot of nothing. */
function bzImage(): Uint8Array {
  const file = new Uint8Array(8192)
  const view = new DataView(file.buffer)
  view.setUint8(0x1f1, 3)
  view.setUint16(0x1fe, 0xaa55, true)
  view.setUint16(0x200, 0x66eb, true)
  view.setUint32(0x202, 0x53726448, true)
  view.setUint16(0x206, 0x20f, true)
  view.setUint8(0x211, 1)
  view.setUint32(0x22c, 0x7fff_ffff, true)
  view.setUint32(0x230, 0x20_0000, true)
  view.setUint8(0x235, 21)
  view.setUint32(0x238, 20, true)
  view.setBigUint64(0x258, 0x20_0000n, true)
  view.setUint32(0x260, 0x10_0000, true)
  file.set([0xb0, 0x10, 0xe6, 0xf4], 2048) // mov $0x10, %al; out %al, $0xf4
  return file
}

/** Where the setup header is on the disk. */
function headerIn(image: Uint8Array): DataView {
  const at = Buffer.from(image.buffer, image.byteOffset, image.length).lastIndexOf('HdrS')
  return new DataView(image.buffer, image.byteOffset + at - 0x202, 0x268)
}

describe('of a Linux kernel it says', () => {
  test('nothing when all is well', async () => {
    expect(runInOwnPc(await imageOf(bzImage(), 'quiet'), { backend: DEFAULT_BACKEND, seconds: 3 }).outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })

  test.each<[string, (header: DataView) => void, string]>([
    ['that it is none', (view) => view.setUint32(0x202, 0, true), 'the kernel is no Linux kernel (bzImage): "HdrS" is not at offset 0x202.'],
    ['that it is too old', (view) => view.setUint16(0x206, 0x205, true), 'speaks version 2.5 of the Linux boot protocol; 2.6 (Linux 2.6.22) is the oldest'],
    ['that it is a zImage', (view) => view.setUint8(0x211, 0), 'the kernel is a zImage, which is loaded below 1 MiB.'],
    ['that there is nothing to start', (view) => view.setUint8(0x1f1, 200), 'the kernel file is cut short: it has 8192 bytes, and its protected-mode part begins at 102912.'],
    ['that there is no room', (view) => view.setUint32(0x260, 0x4000_0000, true), 'there is no room for the Linux kernel: it wants 0x40000000 bytes at 0x200000, and this machine has'],
    ['that the command line is too long', (view) => view.setUint32(0x238, 3, true), 'the command line has 5 bytes; this kernel takes 3.'],
    ['that it does not find its RAM disk', (view) => view.setUint32(0x22c, 0x1000, true), 'but the kernel finds it only up to 0x1000.'],
  ])('%s', async (_name, change, says) => {
    const image = await imageOf(bzImage(), 'quiet', { modules: [{ bytes: Uint8Array.of(1, 2, 3), commandLine: '' }] })
    change(headerIn(image))
    expect(runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 3 }).screenFlow).toContain(says)
  })

  test('nothing of a relocatable one whose place is taken', async () => {
    const file = bzImage()
    new DataView(file.buffer).setBigUint64(0x258, 0x1_0000_0000n, true)
    file[0x234] = 1
    expect(runInOwnPc(await imageOf(file, 'quiet'), { backend: DEFAULT_BACKEND, seconds: 3 }).outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })
})

/** Makes a comment of the line that says the protocol, on a volume without a file system: all its words sum to 0. */
function withoutProtocol(image: Uint8Array): void {
  const at = Buffer.from(image.buffer, image.byteOffset, image.length).indexOf('\nprotocol ') + 1
  const volume = DISK.PARTITION_LBA * SECTOR_BYTES
  const view = new DataView(image.buffer, image.byteOffset + volume)
  const word = (at - volume) & ~3
  const before = view.getUint32(word, true)
  image[at] = '#'.charCodeAt(0)
  view.setUint32(RAW_VOLUME.RAW_CHECKSUM, (view.getUint32(RAW_VOLUME.RAW_CHECKSUM, true) + before - view.getUint32(word, true)) >>> 0, true)
}

describe('when the boot configuration leaves the protocol open, the loader knows', () => {
  test.each<[string, () => Promise<Uint8Array>]>([
    ['a kernel for the crate bootloader 0.11', crateKernel],
    ['a Linux kernel', async () => bzImage()],
  ])('%s', async (_name, kernelOf) => {
    const image = await imageOf(await kernelOf(), 'quiet')
    withoutProtocol(image)
    expect(runInOwnPc(image, { backend: DEFAULT_BACKEND, seconds: 5 }).outcome).toEqual({ reason: 'debug-exit', value: 0x10 })
  })
})
