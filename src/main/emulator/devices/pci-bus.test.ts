import { describe, expect, test } from 'vitest'
import { IoBus } from '../machine/io-bus'
import { MemoryMap } from '../machine/memory-map'
import { PciBus, type PciSlot } from './pci-bus'
import type { PciFunction } from './pci-function'
import { PCI } from './pci-config'

const RAM_BASE = 0x10000

interface Board {
  bus: PciBus
  ports: IoBus
  memory: MemoryMap
  slot: PciSlot
  moves: (number | undefined)[]
  interrupts: string[]
  read(at: number, bytes?: 1 | 2 | 4): number
  write(at: number, bytes: 1 | 2 | 4, value: number): void
}

/** A function at 00:03.1 with 16 ports, 4 KiB of registers and 1 MiB of plain memory; registers read as their offset. */
function board(more: Partial<PciFunction> = {}): Board {
  const ports = new IoBus()
  const memory = new MemoryMap(new WebAssembly.Memory({ initial: 0x110 }), RAM_BASE, 1 << 20)
  const interrupts: string[] = []
  const moves: (number | undefined)[] = []
  const resets: number[] = []
  const bus = new PciBus({ memory: { isFree: (first, bytes) => memory.isFree(first, bytes), map: (first, bytes, one) => memory.mapDevice(first, bytes, one) }, ports, interrupt: (device, pin, level) => interrupts.push(`${device}.${pin}=${level}`), resetControl: { read: () => resets.length, write: (value) => resets.push(value) } })
  const device = { read: (offset: number, size: number) => offset * 16 + size, write: () => undefined }
  const slot = bus.add(3, 1, {
    name: 'test function',
    identity: { vendor: 0x1234, device: 0x5678, revision: 9, classCode: 0x020304, subsystemVendor: 0x1111, subsystem: 0x2222, interruptPin: 2 },
    bars: [
      { index: 0, kind: 'io', bytes: 16, device },
      { index: 1, kind: 'memory', bytes: 0x1000, device },
      { index: 2, kind: 'prefetchable', bytes: 1 << 20, moved: (base) => moves.push(base) },
    ],
    registers: [{ at: 0x40, bytes: 4, value: 0x11223344, writable: 0x0000ffff }],
    ...more,
  })
  ports.attach(bus)
  bus.reset()
  const select = (at: number): void => ports.write(0xcf8, 4, 0x8000_0000 + (3 << 11) + (1 << 8) + (at & 0xfc))
  return {
    bus, ports, memory, slot, moves, interrupts,
    read(at, bytes = 4) {
      select(at)
      return ports.read(0xcfc + (at & 3), bytes)
    },
    write(at, bytes, value) {
      select(at)
      ports.write(0xcfc + (at & 3), bytes, value)
    },
  }
}

describe('configuration mechanism 1', () => {
  test('reads in all widths, and ones where nothing is', () => {
    const { read, ports } = board()
    expect([read(0), read(2, 2), read(3, 1), read(0x0b, 1)]).toEqual([0x56781234, 0x5678, 0x56, 0x02])
    expect([read(0x08), read(0x2c), read(0x3d, 1)]).toEqual([0x02030409, 0x22221111, 2])
    for (const address of [0x8000_0000, 0x8001_1900, 0x0000_1900, 0x8000_1800]) {
      ports.write(0xcf8, 4, address)
      expect([ports.read(0xcfc, 4), ports.read(0xcfe, 2), ports.read(0xcff, 1)], address.toString(16)).toEqual([0xffffffff, 0xffff, 0xff])
    }
  })

  test('has CONFIG_ADDRESS in 32 bits only: a byte at CF9h is the reset control', () => {
    const { ports } = board()
    ports.write(0xcf8, 4, 0xffff_ffff)
    expect(ports.read(0xcf8, 4)).toBe(0x80ff_fffc)
    ports.write(0xcf8, 1, 0x12)
    ports.write(0xcfa, 2, 0x1234)
    expect(ports.read(0xcf8, 4)).toBe(0x80ff_fffc)
    ports.write(0xcf9, 1, 0x06)
    expect(ports.read(0xcf9, 1)).toBe(1)
  })

  test('writes only what is writable; a size is what the ones leave', () => {
    const { read, write } = board()
    write(0x00, 4, 0)
    write(0x40, 4, 0xffff_ffff)
    expect([read(0x00), read(0x40)]).toEqual([0x56781234, 0x1122ffff])
    for (const at of [0x10, 0x14, 0x18, 0x1c, 0x30]) write(at, 4, 0xffff_ffff)
    expect([0x10, 0x14, 0x18, 0x1c, 0x30].map((at) => read(at))).toEqual([0xffff_fff1, 0xffff_f000, 0xfff0_0008, 0, 0])
    write(0xfe, 4, 0xffff_ffff)
  })

  test('refuses two functions in one place', () => {
    const { bus } = board()
    const other = { name: 'other', identity: { vendor: 1, device: 1, revision: 0, classCode: 0 } }
    expect(() => bus.add(3, 1, other)).toThrow(RangeError)
    expect(() => bus.add(32, 0, other)).toThrow(RangeError)
  })
})

describe('base address registers', () => {
  test('have a function answer where they say, while the command register lets them', () => {
    const { write, ports, memory, moves } = board()
    write(0x10, 4, 0xc000)
    write(0x14, 4, 0xfeb0_0000)
    write(0x18, 4, 0xfd00_0000)
    expect([ports.read(0xc004, 1), memory.read32(0xfeb0_0010), moves]).toEqual([0xff, 0xffff_ffff, []])
    write(PCI.command, 2, 3)
    expect([ports.read(0xc004, 1), ports.read(0xc004, 2), ports.read(0xc00c, 4)]).toEqual([0x41, 0x42, 0xc4])
    expect([memory.read32(0xfeb0_0010), memory.read16(0xfeb0_0012), memory.read8(0xfeb0_0013)]).toEqual([0x104, 0x122, 0x131])
    write(0x10, 4, 0xc010)
    write(0x18, 4, 0xfc00_0000)
    expect([ports.read(0xc004, 1), ports.read(0xc014, 1), moves]).toEqual([0xff, 0x41, [0xfd00_0000, undefined, 0xfc00_0000]])
    write(PCI.command, 2, 0)
    expect([ports.read(0xc014, 1), memory.read32(0xfeb0_0010), moves.at(-1)]).toEqual([0xff, 0xffff_ffff, undefined])
  })

  test('put nothing over what answers already, and nothing at 0 or at the end', () => {
    const { write, bus, memory, ports } = board()
    const device = { read: () => 0x77, write: () => undefined }
    bus.add(4, 0, { name: 'other', identity: { vendor: 1, device: 1, revision: 0, classCode: 0 }, bars: [{ index: 0, kind: 'memory', bytes: 0x1000, device }] })
    const other = 4 << 3
    write(0x14, 4, 0xfeb0_0000)
    write(PCI.command, 2, 3)
    bus.writeConfig(other, 0x10, 4, 0xfeb0_0000)
    bus.writeConfig(other, PCI.command, 2, 2)
    expect(memory.read32(0xfeb0_0010)).toBe(0x104)
    // When the first one goes, the other one is seen.
    write(0x14, 4, 0xffff_ffff)
    expect(memory.read32(0xfeb0_0010)).toBe(0x77)
    expect(memory.read32(0xffff_f010)).toBe(0xffff_ffff)
    expect(ports.read(0x4, 1)).toBe(0xff)
  })

  test('are all off after a reset', () => {
    const { write, bus, ports, moves, read } = board()
    write(0x10, 4, 0xc000)
    write(0x18, 4, 0xfd00_0000)
    write(PCI.command, 2, 3)
    bus.reset()
    expect([ports.read(0xc004, 1), moves, read(0x10)]).toEqual([0xff, [0xfd00_0000, undefined], 1])
  })
})

describe('interrupt pins', () => {
  test('reach the bridge unless the command register holds them back', () => {
    const { slot, interrupts, write, read } = board()
    interrupts.length = 0
    slot.interrupt(true)
    expect(read(PCI.status, 2) & 8).toBe(8)
    write(PCI.command, 2, 0x400)
    write(PCI.command, 2, 0)
    slot.interrupt(false)
    expect(interrupts).toEqual(['3.2=true', '3.2=false', '3.2=true', '3.2=false'])
    expect(read(PCI.status, 2) & 8).toBe(0)
  })
})

test('any access in any width is survived', () => {
  const { ports } = board()
  const values: number[] = []
  let seed = 1
  const random = (): number => (seed = (seed * 1103515245 + 12345) >>> 0)
  for (let i = 0; i < 2000; i++) {
    const port = 0xcf8 + (random() >>> 8) % 8
    const size = ([1, 2, 4] as const)[(random() >>> 8) % 3] ?? 1
    ports.write(port, size, i % 3 === 0 ? 0x8000_1900 | (random() & 0xff) : random())
    values.push(ports.read(port, size))
  }
  expect(values.every((value) => value >= 0 && value <= 0xffff_ffff)).toBe(true)
})
