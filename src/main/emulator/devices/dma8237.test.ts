import { describe, expect, test } from 'vitest'
import { DmaPair } from './dma8237'
import { portsOf } from './test-clock'

function bench(): { dma: DmaPair; ram: Uint8Array; io: ReturnType<typeof portsOf> } {
  const ram = new Uint8Array(1 << 20)
  const dma = new DmaPair({ read: (at, bytes) => ram.slice(at, at + bytes), write: (at, bytes) => ram.set(bytes, at) })
  return { dma, ram, io: portsOf(dma) }
}

/** Channel 2: address, count, mode; unmasked. */
function program(io: ReturnType<typeof portsOf>, page: number, address: number, count: number, mode: number): void {
  io.out(0x0c, 0)
  io.out(0x04, address & 0xff, address >> 8)
  io.out(0x05, count & 0xff, count >> 8)
  io.out(0x81, page)
  io.out(0x0b, mode | 2)
  io.out(0x0a, 2)
}

describe('8237A pair', () => {
  test('moves bytes to the page and address of a channel until its count is over', () => {
    const { dma, ram, io } = bench()
    program(io, 3, 0x1234, 7, 0x44)
    expect(dma.toMemory(2, Uint8Array.of(1, 2, 3))).toEqual({ bytes: 3, ended: false })
    expect([io.in(0x04), io.in(0x04), io.in(0x05), io.in(0x05)]).toEqual([0x37, 0x12, 4, 0])
    expect(dma.toMemory(2, new Uint8Array(10).fill(9))).toEqual({ bytes: 5, ended: true })
    expect(Array.from(ram.subarray(0x31233, 0x3123d))).toEqual([0, 1, 2, 3, 9, 9, 9, 9, 9, 0])
    expect([io.in(0x08), io.in(0x08)]).toEqual([4, 0])
    expect(dma.toMemory(2, Uint8Array.of(1))).toEqual({ bytes: 0, ended: false })
  })

  test('stays in its 64 KiB, and begins anew by itself when told', () => {
    const { dma, ram, io } = bench()
    program(io, 2, 0xffff, 1, 0x54)
    expect(dma.toMemory(2, Uint8Array.of(0x11, 0x22))).toEqual({ bytes: 2, ended: true })
    expect([ram[0x2ffff], ram[0x20000], ram[0x30000]]).toEqual([0x11, 0x22, 0])
    expect([io.in(0x04), io.in(0x04), dma.toMemory(2, Uint8Array.of(0x33)).bytes, ram[0x2ffff]]).toEqual([0xff, 0xff, 1, 0x33])
  })

  test('moves only in the direction of the mode, downwards when told; verifying moves nothing', () => {
    const { dma, ram, io } = bench()
    ram.set([1, 2, 3, 4], 0x100)
    program(io, 0, 0x103, 3, 0x68)
    const into = new Uint8Array(4)
    expect([dma.toMemory(2, into).bytes, dma.fromMemory(2, into).ended, [...into]]).toEqual([0, true, [4, 3, 2, 1]])
    program(io, 0, 0x100, 3, 0x40)
    expect([dma.toMemory(2, new Uint8Array(4)).ended, ram[0x100]]).toEqual([true, 1])
  })

  test('moves words on the second chip, whose address counts them', () => {
    const { dma, ram, io } = bench()
    io.out(0xd8, 0)
    io.out(0xc4, 0x00, 0x80)
    io.out(0xc6, 1, 0)
    io.out(0x8b, 0x03)
    io.out(0xd6, 0x45)
    io.out(0xd4, 1)
    expect(dma.toMemory(5, Uint8Array.of(1, 2, 3, 4))).toEqual({ bytes: 4, ended: true })
    expect(Array.from(ram.subarray(0x30000, 0x30004))).toEqual([1, 2, 3, 4])
    expect(dma.toMemory(4, Uint8Array.of(1, 2))).toEqual({ bytes: 0, ended: false })
  })

  test('is masked after a master clear; page registers keep what they are given', () => {
    const { dma, io } = bench()
    program(io, 0, 0, 10, 0x44)
    io.out(0x0d, 0)
    expect([dma.toMemory(2, Uint8Array.of(1)).bytes, io.in(0x0f)]).toEqual([0, 0xff])
    io.out(0x84, 0x77)
    expect(io.in(0x84)).toBe(0x77)
  })
})
