import { describe, expect, test } from 'vitest'
import { GuestMemory } from './guest-memory'
import { MemoryMap } from './memory-map'
import { Disk } from './disk'
import { IoBus } from './io-bus'

const MIB = 1 << 20
const RAM_BASE = 0x10000
const ROM_BYTES = 0x40000

function map(bytes = 2 * MIB): MemoryMap {
  const romBase = RAM_BASE + bytes
  return new MemoryMap(new WebAssembly.Memory({ initial: (romBase + ROM_BYTES) / 0x10000 }), RAM_BASE, bytes, undefined, { base: romBase, bytes: ROM_BYTES })
}

describe('memory map', () => {
  test('has RAM, text memory, ROM twice, and holes that read as ones', () => {
    const memory = map()
    const rom = new Uint8Array(ROM_BYTES)
    rom[ROM_BYTES - 0x10] = 0xea
    memory.installRom(rom)
    for (const address of [0x0, 0x9ffff, 0xb8000, 0x100000, 0x1fffff]) {
      memory.write8(address, 0x5a)
      expect(memory.read8(address), address.toString(16)).toBe(0x5a)
    }
    for (const address of [0xa0000, 0xc0000, 0xdffff, 0x200000, 0xfee00000]) {
      memory.write8(address, 0x5a)
      expect(memory.read8(address), address.toString(16)).toBe(0xff)
    }
    memory.write8(0xffff0, 0)
    expect([memory.read8(0xffff0), memory.read8(0xfffffff0)]).toEqual([0xea, 0xea])
    expect(memory.writableFrame(0xff000)).toBe(0)
    const romEnd = RAM_BASE + 2 * MIB + ROM_BYTES
    expect([0xff000, 0xfffff000].map((at) => memory.readableFrame(at))).toEqual([romEnd - 0x1000, romEnd - 0x1000])
    // All of it below 4 GiB, the last 128 KiB below 1 MiB.
    expect([0xe0000, 0xfffc0000, 0xfffbf000].map((at) => memory.readableFrame(at))).toEqual([romEnd - 0x20000, romEnd - 0x40000, 0])
    memory.write32(0x1000, 0x89abcdef)
    expect([memory.read32(0x1000), memory.read16(0x1002)]).toEqual([0x89abcdef, 0x89ab])
  })

  test('has RAM under the ROM, for reading and writing apart, as the host bridge says', () => {
    const memory = map()
    memory.installRom(new Uint8Array(ROM_BYTES).fill(0xaa))
    const part = (0xf0000 - 0xc0000) / 0x4000
    memory.setShadow(part, { read: false, write: true })
    memory.write8(0xf0010, 0x5a)
    memory.write8(0xf4010, 0x5a)
    expect(memory.read8(0xf0010)).toBe(0xaa)
    memory.setShadow(part, { read: true, write: false })
    memory.write8(0xf0010, 0x11)
    expect([memory.read8(0xf0010), memory.read8(0xf4010), memory.read8(0xffff0010)]).toEqual([0x5a, 0xaa, 0xaa])
  })

  test('hands accesses to mapped registers whole, and byte by byte where they only begin there', () => {
    const memory = map()
    const seen: string[] = []
    const device = {
      read: (offset: number, size: number) => offset * 0x100 + size,
      write: (offset: number, size: number, value: number) => void seen.push(`${offset}/${size}=${value.toString(16)}`),
    }
    const takeOut = memory.mapDevice(0xfed00000, 0x10, device)
    expect([memory.read32(0xfed00004), memory.read16(0xfed00002), memory.read8(0xfed00001)]).toEqual([0x404, 0x202, 0x101])
    memory.write32(0xfed0000c, 0x89abcdef)
    memory.write32(0xfed0000e, 0x89abcdef)
    expect(seen).toEqual(['12/4=89abcdef', '14/2=cdef'])
    expect(() => memory.mapDevice(0xfed0000f, 1, device)).toThrow('overlap those at 0xfed00000')
    takeOut()
    expect(memory.read32(0xfed00004)).toBe(0xffffffff)
  })

  test.each([0, 1000, MIB - 4096, MIB + 1, 3 * 1024 * MIB, NaN])('refuses %d bytes', (bytes) => {
    expect(() => new MemoryMap(new WebAssembly.Memory({ initial: 1 }), RAM_BASE, bytes)).toThrow(RangeError)
  })

  test('ends at 1 MiB when there is no more', () => {
    expect(map(MIB).readableFrame(MIB)).toBe(0)
  })
})

describe('memory for the firmware', () => {
  test('goes through the A20 gate, across pages, and tells what was written', () => {
    const physical = map()
    const written: number[] = []
    let a20 = true
    const memory = new GuestMemory(physical, () => a20, (host, bytes) => written.push(host - RAM_BASE, bytes))
    memory.writeBytes(0xffe, Uint8Array.of(1, 2, 3, 4))
    expect(written).toEqual([0xffe, 2, 0x1000, 2])
    expect(memory.readBytes(0xffd, 6)).toEqual(Uint8Array.of(0, 1, 2, 3, 4, 0))
    memory.write8(0x100000, 7)
    a20 = false
    memory.write8(0x100000, 9)
    expect([physical.read8(0), physical.read8(0x100000)]).toEqual([9, 7])
    expect(memory.read32(0x100ffe)).toBe(0x04030201)
  })

  test('holes neither take nor give', () => {
    const memory = new GuestMemory(map(), () => true, () => undefined)
    memory.writeBytes(0x9fffe, Uint8Array.of(1, 2, 3, 4))
    expect(memory.readBytes(0x9fffe, 4)).toEqual(Uint8Array.of(1, 2, 0xff, 0xff))
  })
})

describe('disk', () => {
  test('writes go to an overlay, not to the image', () => {
    const image = new Uint8Array(1024).fill(1)
    const disk = new Disk(image)
    disk.write(1, new Uint8Array(512).fill(2))
    expect(disk.read(1)[0]).toBe(2)
    expect(image[512]).toBe(1)
    disk.read(1).fill(9)
    expect(disk.read(1)[0]).toBe(2)
  })

  test('reads zeros after an image that ends inside a sector', () => {
    const disk = new Disk(new Uint8Array(700).fill(1))
    expect(disk.sectors).toBe(2)
    expect([disk.read(1)[187], disk.read(1)[188]]).toEqual([1, 0])
  })

  test.each([
    [512, { cylinders: 1, heads: 16, sectorsPerTrack: 63 }],
    [504 * MIB, { cylinders: 1024, heads: 16, sectorsPerTrack: 63 }],
    [504 * MIB + 512, { cylinders: 513, heads: 32, sectorsPerTrack: 63 }],
  ])('has a geometry for %d bytes', (bytes, geometry) => {
    // The content does not matter, and half a GiB of zeros would only cost time.
    const image = Object.defineProperty(new Uint8Array(1), 'length', { value: bytes })
    expect(new Disk(image, 'disk').geometry).toEqual(geometry)
  })

  test.each([
    [160, { cylinders: 40, heads: 1, sectorsPerTrack: 8 }, 1],
    [360, { cylinders: 40, heads: 2, sectorsPerTrack: 9 }, 1],
    [720, { cylinders: 80, heads: 2, sectorsPerTrack: 9 }, 3],
    [1200, { cylinders: 80, heads: 2, sectorsPerTrack: 15 }, 2],
    [1440, { cylinders: 80, heads: 2, sectorsPerTrack: 18 }, 4],
    [2880, { cylinders: 80, heads: 2, sectorsPerTrack: 36 }, 5],
  ])('of %i KiB is a diskette', (kib, geometry, driveType) => {
    const disk = new Disk(new Uint8Array(kib * 1024))
    expect([disk.drive, disk.geometry, disk.floppy?.driveType]).toEqual([0x00, geometry, driveType])
    expect([new Disk(new Uint8Array(kib * 1024 + 512)).drive, new Disk(new Uint8Array(512)).drive]).toEqual([0x80, 0x80])
  })

  test('with a partition table is a hard disk, whatever its size', () => {
    const image = new Uint8Array(1440 * 1024)
    // Active, type 83h, sectors 1 to 100.
    image.set([0x80, 0, 2, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 100, 0, 0, 0], 446)
    expect(new Disk(image).drive).toBe(0x80)
    // Code, not a table: a status that does not exist; an entry beyond the end.
    for (const [at, value] of [[462, 0x31], [459, 0x10]] as const) {
      const other = image.slice()
      other[at] = value
      expect(new Disk(other).drive).toBe(0x00)
    }
  })

  test('refuses what is not on it', () => {
    expect(() => new Disk(new Uint8Array(0))).toThrow(/empty/)
    const disk = new Disk(new Uint8Array(512))
    expect(() => disk.read(1)).toThrow(RangeError)
    expect(() => disk.write(0, new Uint8Array(5))).toThrow(RangeError)
  })
})

describe('I/O bus', () => {
  const device = (name: string, first: number, last: number, seen: number[] = []): Parameters<IoBus['attach']>[0] => ({
    name,
    ports: [{ first, last, read: (port) => port & 0xff, write: (port, value) => seen.push(port, value) }],
    reset: () => undefined,
    exchange: () => undefined,
  })

  test('splits wide accesses, and reads ones where nothing is', () => {
    const bus = new IoBus()
    const seen: number[] = []
    bus.attach(device('chip', 0x10, 0x12, seen))
    expect(bus.read(0x10, 4)).toBe(0xff121110)
    expect(bus.read(0xcf8, 4)).toBe(0xffffffff)
    bus.write(0x11, 2, 0xabcd)
    bus.write(0x9999, 4, 1)
    expect(seen).toEqual([0x11, 0xcd, 0x12, 0xab])
    expect(bus.read(0xffff, 2)).toBe(0xffff)
  })

  test('refuses two devices on one port', () => {
    const bus = new IoBus()
    bus.attach(device('first', 0x10, 0x12))
    expect(() => bus.attach(device('second', 0x12, 0x14))).toThrow(/0x12 belongs to first and to second/)
  })
})
