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

/** The data sheet's sections, one by one (Intel 231466). */
describe('8237A by its data sheet', () => {
  const word = (io: ReturnType<typeof portsOf>, port: number): number => io.in(port) | (io.in(port) << 8)

  test('First/last flip-flop: reads and writes of all channels turn the same one; clearing it begins with the low byte', () => {
    const { io } = bench()
    io.out(0x0c, 0)
    io.out(0x00, 0x34)
    io.out(0x02, 0x12) // the high byte of channel 1
    io.out(0x0c, 0)
    expect([word(io, 0x00), word(io, 0x02)]).toEqual([0x0034, 0x1200])
    io.in(0x00)
    io.out(0x0c, 0)
    expect(io.in(0x00)).toBe(0x34)
  })

  test('Base and current registers: a byte that is written alone leaves the other one of each as it is', () => {
    const { dma, io } = bench()
    program(io, 0, 0x10fe, 3, 0x54)
    dma.toMemory(2, Uint8Array.of(1, 2))
    io.out(0x0c, 0)
    io.out(0x04, 0x08) // current 1100h → 1108h, base 10FEh → 1008h
    io.out(0x0c, 0)
    expect(word(io, 0x04)).toBe(0x1108)
    dma.toMemory(2, Uint8Array.of(3, 4))
    expect([word(io, 0x04), word(io, 0x05)]).toEqual([0x1008, 3])
  })

  test('Autoinitialize: the channel begins anew, and is not masked; otherwise it is, with FFFFh as its count', () => {
    const { dma, io } = bench()
    program(io, 1, 0x100, 1, 0x54)
    dma.toMemory(2, Uint8Array.of(1, 2))
    expect([word(io, 0x04), word(io, 0x05), io.in(0x0f) & 4, io.in(0x08) & 4]).toEqual([0x100, 1, 0, 4])
    program(io, 1, 0x100, 1, 0x44)
    dma.toMemory(2, Uint8Array.of(1, 2))
    expect([word(io, 0x04), word(io, 0x05), io.in(0x0f) & 4, io.in(0x08) & 4]).toEqual([0x102, 0xffff, 4, 4])
  })

  test('Transfer types: verify counts and reaches its end in both directions of the device; type 3 moves nothing', () => {
    const { dma, ram, io } = bench()
    ram.fill(0x77, 0, 16)
    program(io, 0, 0, 3, 0x40)
    const into = new Uint8Array(4)
    expect([dma.fromMemory(2, into), [...into], word(io, 0x04)]).toEqual([{ bytes: 4, ended: true }, [0, 0, 0, 0], 4])
    program(io, 0, 0, 3, 0x4c)
    expect([dma.fromMemory(2, into), dma.toMemory(2, into)]).toEqual([{ bytes: 0, ended: false }, { bytes: 0, ended: false }])
  })

  test.each([['demand', 0x04], ['single', 0x44], ['block', 0x84]])('Transfer modes: %s moves all that the device has', (_name, mode) => {
    const { dma, ram, io } = bench()
    program(io, 0, 0x10, 2, mode)
    expect([dma.toMemory(2, Uint8Array.of(5, 6, 7)).ended, [...ram.subarray(0x10, 0x13)]]).toEqual([true, [5, 6, 7]])
  })

  test('Transfer modes: a channel in cascade moves nothing itself', () => {
    const { dma, io } = bench()
    program(io, 0, 0x10, 2, 0xc4)
    expect([dma.toMemory(2, Uint8Array.of(5)).bytes, word(io, 0x05)]).toEqual([0, 2])
  })

  test('Command register: bit 2 stops all four channels', () => {
    const { dma, io } = bench()
    program(io, 0, 0x10, 2, 0x44)
    io.out(0x08, 0x04)
    expect(dma.toMemory(2, Uint8Array.of(5)).bytes).toBe(0)
    io.out(0x08, 0x00)
    expect(dma.toMemory(2, Uint8Array.of(5)).bytes).toBe(1)
  })

  test('Mask register: one bit, all four bits, and clearing all', () => {
    const { io } = bench()
    io.out(0x0e, 0)
    expect(io.in(0x0f)).toBe(0xf0)
    io.out(0x0a, 0x05, 0x07)
    expect(io.in(0x0f)).toBe(0xfa)
    io.out(0x0a, 0x01)
    expect(io.in(0x0f)).toBe(0xf8)
    io.out(0x0f, 0x06)
    expect(io.in(0x0f)).toBe(0xf6)
  })

  test('Request and status registers: a request by software shows until the terminal count, which shows until it is read', () => {
    const { dma, io } = bench()
    program(io, 0, 0, 0, 0x84)
    io.out(0x09, 0x06)
    expect(io.in(0x08)).toBe(0x40)
    dma.toMemory(2, Uint8Array.of(1))
    expect([io.in(0x08), io.in(0x08)]).toEqual([0x04, 0x00])
    io.out(0x09, 0x07, 0x03)
    expect(io.in(0x08)).toBe(0)
  })

  test('Master clear: command, status, request and flip-flop are cleared, the mask is set, addresses and counts stay', () => {
    const { dma, io } = bench()
    program(io, 0, 0x1234, 0, 0x54)
    dma.toMemory(2, Uint8Array.of(1))
    io.out(0x09, 0x05)
    io.out(0x08, 0x04)
    io.in(0x04)
    io.out(0x0d, 0)
    expect([io.in(0x08), io.in(0x0f), word(io, 0x04), io.in(0x0d)]).toEqual([0, 0xff, 0x1234, 0])
    io.out(0x0a, 0x02)
    expect(dma.toMemory(2, Uint8Array.of(1)).bytes).toBe(1)
  })

  test('PC/AT: the second chip moves words, downwards too, runs round in 128 KiB, and takes no part of bit 0 of the page', () => {
    const { dma, ram, io } = bench()
    const words = (address: number, count: number, mode: number): void => {
      io.out(0xd8, 0)
      io.out(0xc8, address & 0xff, address >> 8)
      io.out(0xca, count & 0xff, count >> 8)
      io.out(0x89, 0x05)
      io.out(0xd6, mode | 2)
      io.out(0xd4, 2)
    }
    words(0xffff, 1, 0x44)
    expect(dma.toMemory(6, Uint8Array.of(1, 2, 3, 4))).toEqual({ bytes: 4, ended: true })
    expect([ram[0x5fffe], ram[0x5ffff], ram[0x40000], ram[0x40001]]).toEqual([1, 2, 3, 4])
    words(0x0011, 1, 0x64)
    dma.toMemory(6, Uint8Array.of(1, 2, 3, 4))
    expect([...ram.subarray(0x40020, 0x40024)]).toEqual([3, 4, 1, 2])
    words(0x0011, 1, 0x68)
    const into = new Uint8Array(4)
    dma.fromMemory(6, into)
    expect([...into]).toEqual([1, 2, 3, 4])
    expect([io.in(0xd0) & 0x0f, io.in(0xd0)]).toEqual([4, 0])
  })

  test('PC/AT: a byte channel that counts downwards runs round in its 64 KiB', () => {
    const { dma, ram, io } = bench()
    program(io, 3, 0x0000, 1, 0x64)
    dma.toMemory(2, Uint8Array.of(0xa1, 0xa2))
    expect([ram[0x30000], ram[0x3ffff], ram[0x2ffff]]).toEqual([0xa1, 0xa2, 0])
  })

  test('PC/AT: every channel has its own page register', () => {
    const { dma, ram, io } = bench()
    for (const [channel, page] of [[0, 0x87], [1, 0x83], [2, 0x81], [3, 0x82]] as const) {
      io.out(0x0c, 0)
      io.out(channel * 2, 0, 0)
      io.out(channel * 2 + 1, 0, 0)
      io.out(page, channel + 4)
      io.out(0x0b, 0x44 | channel)
      io.out(0x0a, channel)
      dma.toMemory(channel, Uint8Array.of(channel + 1))
    }
    expect([4, 5, 6, 7].map((page) => ram[page * 0x10000])).toEqual([1, 2, 3, 4])
  })
})
