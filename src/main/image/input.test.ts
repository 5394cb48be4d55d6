import { describe, expect, test } from 'vitest'
import { buildBootSectorImage, buildDiskImage } from './disk-image'
import { noise, sampleElf } from './elf-sample'
import { ImageError } from './errors'
import { checkInputSize, detectInput, MAX_INPUT_BYTES } from './input'

const elf = (bits: 32 | 64): Uint8Array => sampleElf({ bits, segments: [{ virtualAddress: 0x100000n, content: noise(100, 8) }] })
const sector = new Uint8Array(512)
sector.set([0x55, 0xaa], 510)
const disk = (await buildDiskImage({ kernel: elf(64), loader: { stage1: new Uint8Array(512), stage2: noise(600, 9) }, image: { firmware: 'bios' } })).image
const flat = new Uint8Array(600)
new Uint32Array(flat.buffer).set([0x1badb002, 0x10000, -(0x1badb002 + 0x10000), 0x100000, 0x100000, 0, 0, 0x100020])

test.each<[string, Uint8Array, string]>([
  ['a 32-bit ELF', elf(32), 'elf32'],
  ['a 64-bit ELF', elf(64), 'elf64'],
  ['one boot sector', sector, 'boot-sector'],
  ['a boot sector’s image', buildBootSectorImage(sector), 'disk-image'],
  ['a disk image', disk, 'disk-image'],
  ['a flat Multiboot kernel', flat, 'flat-multiboot'],
])('knows %s', (_name, bytes, kind) => expect(detectInput(bytes)).toBe(kind))

test('takes a floppy whose boot sector has code where a hard disk has its partitions', () => {
  const floppy = new Uint8Array(1_474_560)
  floppy.set(noise(64, 10), 446)
  floppy.set([0x55, 0xaa], 510)
  expect(detectInput(floppy)).toBe('disk-image')
})

test('takes a diskette of the PC’s formats that begins with code, without the mark 55 AA', () => {
  const image = (bytes: number, ...first: number[]): Uint8Array => {
    const floppy = new Uint8Array(bytes)
    floppy.set(first)
    return floppy
  }
  for (const kib of [160, 180, 320, 360]) expect(detectInput(image(kib * 1024, 0xfa, 0x8c, 0xc8))).toBe('disk-image')
  for (const other of [image(327_680, 0x05, 1, 2), image(327_680), image(327_680).fill(0xf6), image(1_474_560, 0xfa, 0x8c, 0xc8), image(327_168, 0xfa, 0x8c, 0xc8)]) expect(() => detectInput(other)).toThrow(ImageError)
})

describe('refuses with a sentence', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(), /The file is empty/],
    ['four bytes', Uint8Array.of(1, 2, 3, 4), /only 4 bytes and is not an ELF file \(it starts with 01 02 03 04\)/],
    ['random bytes', noise(4096, 11), /neither an ELF kernel .* nor a bootable image/],
    ['an initial RAM disk', new TextEncoder().encode(`070701${'0'.repeat(600)}`), /begins as an initial RAM disk does .* --initrd/],
    ['a packed file', Uint8Array.of(0x1f, 0x8b, ...noise(600, 12)), /begins as files packed by gzip do/],
    ['a kernel for ARM', Uint8Array.of(...new Uint8Array(0x38), 0x41, 0x52, 0x4d, 0x64, ...new Uint8Array(600)), /64-bit ARM/],
    ['a truncated ELF', elf(64).slice(0, 70), /cut short or damaged/],
    ['a truncated disk', disk.slice(0, disk.length - 512), /cut short: its active partition ends 512 bytes after/],
  ])('%s', (_name, bytes, says) => {
    expect(() => detectInput(bytes, 'some/file')).toThrow(ImageError)
    expect(() => detectInput(bytes, 'some/file')).toThrow(says)
    expect(() => detectInput(bytes, 'some/file')).toThrow(/^some\/file: /)
  })

  test('a huge file, before it is read', () => {
    expect(() => checkInputSize(MAX_INPUT_BYTES, 'f')).not.toThrow()
    expect(() => checkInputSize(MAX_INPUT_BYTES + 1, 'f')).toThrow('The file has 513 MiB; at most 512 MiB are read.')
  })
})
