import { describe, expect, it } from 'vitest'
import { sampleElf } from './elf-sample'
import { ImageError } from './errors'
import { planKernel } from './kernel'
import { findLinuxHeader } from './linux'
import { linuxPayload, withoutDecompressor } from './linux-unpacked'

const SETUP = 2048
const LOADED = 0x100_0000
const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** A bzImage of boot protocol 2.15 with a payload 256 bytes behind its setup. */
function bzImage(payload: Uint8Array, change: (view: DataView) => void = () => undefined): Uint8Array {
  const file = new Uint8Array(SETUP + 256 + payload.length)
  const view = new DataView(file.buffer)
  view.setUint8(0x1f1, SETUP / 512 - 1)
  view.setUint16(0x1fe, 0xaa55, true)
  view.setUint32(0x202, 0x53726448, true)
  view.setUint16(0x206, 0x20f, true)
  view.setUint8(0x211, 1)
  view.setUint8(0x234, 1)
  view.setUint32(0x238, 2047, true)
  view.setUint32(0x248, 256, true)
  view.setUint32(0x24c, payload.length, true)
  file.set(payload, SETUP + 256)
  change(view)
  return file
}

const vmlinux = (bits: 32 | 64, place = LOADED): Uint8Array =>
  sampleElf({
    bits,
    entry: BigInt(place),
    segments: [
      { virtualAddress: BigInt(place), content: text('text') },
      { virtualAddress: BigInt(place), physicalAddress: BigInt(place + 0x2000), content: text('data'), memoryBytes: 0x3000n },
    ],
  })

describe('what a kernel is packed with', () => {
  it.each([
    ['gzip', [0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5], 9],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 9, 9, 9, 9], 7],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd, 1, 9, 9, 9, 9], 5],
    ['lz4', [0x02, 0x21, 0x4c, 0x18, 1, 9, 9, 9, 9], 5],
  ] as const)('%s; its length behind it is not part of it', (packer, bytes, length) => {
    const payload = linuxPayload(bzImage(Uint8Array.from(bytes)), 'k')
    expect([payload.packer, payload.bytes.length]).toEqual([packer, length])
  })

  it('nothing', () => expect(linuxPayload(bzImage(vmlinux(64)), 'k')).toEqual({ bytes: vmlinux(64) }))

  it.each([
    ['it is cut short', bzImage(text('x'.repeat(64))).subarray(0, SETUP + 280), /cut short/],
    ['it is not known', bzImage(text('unknown packer')), /not known/],
    ['the protocol is too old to say', bzImage(vmlinux(64), (view) => view.setUint16(0x206, 0x207, true)), /does not say where/],
    ['it is no kernel', new Uint8Array(4096), /no Linux kernel/],
  ])('is told when %s', (_name, file, why) => {
    expect(() => linuxPayload(file, 'k')).toThrow(ImageError)
    expect(() => linuxPayload(file, 'k')).toThrow(why)
  })
})

describe('a kernel without its decompressor', () => {
  const file = bzImage(vmlinux(64))
  const made = withoutDecompressor(file, vmlinux(64), 'k')

  it('is a kernel for any loader, which lies where it was linked', () => {
    expect(planKernel(made, 'k').protocol).toBe('linux')
    const header = findLinuxHeader(made)
    expect(header).toMatchObject({ setupBytes: SETUP, relocatable: false, preferredAddress: BigInt(LOADED - 0x1_0000), runBytes: 0x1_0000 + 0x5000, xloadflags: 0 })
    expect(() => linuxPayload(made, 'k')).toThrow(/does not say where/)
  })

  it('has each segment at its physical address', () => {
    const at = (physical: number): string => new TextDecoder().decode(made.subarray(SETUP + physical - (LOADED - 0x1_0000)).subarray(0, 4))
    expect([at(LOADED), at(LOADED + 0x2000)]).toEqual(['text', 'data'])
  })

  it('maps the first 4 GiB to themselves in pages of 2 MiB', () => {
    const base = LOADED - 0x1_0000
    const entry = (physical: number): bigint => new DataView(made.buffer, made.byteOffset).getBigUint64(SETUP + physical - base, true)
    const ADDRESS = 0x000f_ffff_ffff_f000n
    for (const linear of [0n, 0x20_0000n, 0x7654_3210n, 0xffe0_0000n]) {
      const top = entry(base + 0x1000)
      const second = entry(Number((top & ADDRESS) + (linear >> 30n) * 8n))
      const page = entry(Number((second & ADDRESS) + ((linear >> 21n) & 511n) * 8n))
      // Present and writable; PS.
      expect([top & 3n, second & 3n, page & 0x83n]).toEqual([3n, 3n, 0x83n])
      expect((page & ADDRESS) + (linear & 0x1f_ffffn)).toBe(linear)
    }
  })

  it('of 32 bits is entered at once', () => {
    const small = withoutDecompressor(file, vmlinux(32), 'k')
    // mov eax, 0x1000000; jmp eax
    expect([...small.subarray(SETUP, SETUP + 7)]).toEqual([0xb8, 0, 0, 0, 1, 0xff, 0xe0])
  })

  it.each([
    ['is for another processor', sampleElf({ bits: 64, machine: 183, segments: [{ virtualAddress: BigInt(LOADED), content: text('arm') }] })],
    ['has no room below it', vmlinux(64, 0x10_0000)],
    ['has no segments', sampleElf({ bits: 64, segments: [] })],
    ['would fill the memory', sampleElf({ bits: 64, segments: [{ virtualAddress: BigInt(LOADED), content: text('x'), memoryBytes: 1n << 40n }] })],
    ['ends before its segments do', vmlinux(64).subarray(0, 180)],
  ])('is refused when what it unpacks %s', (_name, elf) => {
    expect(() => withoutDecompressor(file, elf, 'k')).toThrow(ImageError)
  })
})
