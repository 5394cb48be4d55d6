import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { MemoryDevice } from './device'
import { E1000 } from './e1000'
import { PciConfig } from './pci-config'
import { probe, TestClock } from './test-clock'

const MAC = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56)
const [CTRL, STATUS, EECD, EERD, MDIC, ICR, ICS, IMS, IMC, RCTL, TCTL] = [0x0, 0x8, 0x10, 0x14, 0x20, 0xc0, 0xc8, 0xd0, 0xd8, 0x100, 0x400] as const
const [RDBAL, RDLEN, RDH, RDT, TDBAL, TDLEN, TDH, TDT, RAL] = [0x2800, 0x2808, 0x2810, 0x2818, 0x3800, 0x3808, 0x3810, 0x3818, 0x5400] as const
const [RX_RING, TX_RING, BUFFERS, DATA] = [0x1000, 0x2000, 0x10000, 0x8000] as const
const RECEIVE = 0x0400_8002 // on, broadcast, 2048 bytes, FCS taken off

interface Bench {
  card: E1000
  clock: TestClock
  ram: Uint8Array
  view: DataView
  irq: ReturnType<typeof probe>
  sent: Uint8Array[]
  read: (register: number) => number
  write: (register: number, value: number) => void
  io: MemoryDevice
  memory: MemoryDevice
  /** Both rings with eight descriptors; receive buffers are there. */
  start: (control?: number) => void
  /** Writes a transmit descriptor: address, and the second half from the lowest byte on. */
  put: (index: number, address: number, ...bytes: number[]) => void
}

function bench(): Bench {
  const clock = new TestClock()
  const ram = new Uint8Array(0x40000)
  const view = new DataView(ram.buffer)
  const irq = probe()
  const sent: Uint8Array[] = []
  const memory = {
    read: (physical: number, bytes: number) => {
      const result = new Uint8Array(bytes).fill(0xff)
      result.set(ram.subarray(physical, physical + bytes))
      return result
    },
    write: (physical: number, bytes: Uint8Array) => ram.set(bytes.subarray(0, Math.max(0, ram.length - physical)), Math.min(physical, ram.length)),
  }
  const card = new E1000({ clock, memory, mac: MAC, send: (frame) => sent.push(frame) })
  card.interrupt = irq.line
  const config = new PciConfig(card)
  config.write(4, 2, 7)
  card.configured(config)
  const device = (index: number): MemoryDevice => {
    const bar = card.bars[index]
    if (!bar || !('device' in bar)) throw new Error(`The card has no registers at BAR ${index}.`)
    return bar.device
  }
  const registers = device(0)
  const write = (register: number, value: number): void => registers.write(register, 4, value >>> 0)
  const start = (control = RECEIVE): void => {
    for (let i = 0; i < 8; i++) view.setUint32(RX_RING + 16 * i, BUFFERS + 0x1000 * i, true)
    for (const [base, length, ring] of [[RDBAL, RDLEN, RX_RING], [TDBAL, TDLEN, TX_RING]] as const) {
      write(base, ring)
      write(length, 128)
    }
    write(RCTL, control)
    write(RDT, 7)
    write(TCTL, 2)
  }
  const put: Bench['put'] = (index, address, ...bytes) => {
    view.setUint32(TX_RING + 16 * index, address, true)
    ram.set(bytes, TX_RING + 16 * index + 8)
  }
  return { card, clock, ram, view, irq, sent, read: (register) => registers.read(register, 4), write, io: device(1), memory: registers, start, put }
}

const frameTo = (destination: readonly number[], bytes = 60): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => destination[i] ?? i & 0xff)
const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]

describe('82540EM', () => {
  test('says who it is and that the link is up', () => {
    const { card, read } = bench()
    expect([card.identity.vendor, card.identity.device, card.identity.classCode]).toEqual([0x8086, 0x100e, 0x020000])
    expect(read(STATUS) & 0xc3).toBe(0x83)
    expect([read(RAL), read(RAL + 4)]).toEqual([0x12005452, 0x80005634])
  })

  test('gives its address and a right sum from the EEPROM, by EERD and by wire', () => {
    const { read, write } = bench()
    const word = (address: number): number => {
      write(EERD, (address << 8) | 1)
      expect(read(EERD) & 0x10).toBe(0x10)
      return read(EERD) >>> 16
    }
    expect([word(0), word(1), word(2)]).toEqual([0x5452, 0x1200, 0x5634])
    expect(Array.from({ length: 64 }, (_, i) => word(i)).reduce((sum, value) => sum + value) & 0xffff).toBe(0xbaba)
    write(EECD, 0x40)
    expect(read(EECD) & 0x1c0).toBe(0x1c0)
    for (const bit of [1, 1, 0, 0, 0, 0, 0, 0, 1]) for (const clock of [0, 1, 0]) write(EECD, 0x42 | (bit << 2) | clock)
    let value = 0
    for (let i = 0; i < 16; i++) {
      write(EECD, 0x43)
      value = (value << 1) | ((read(EECD) >> 3) & 1)
      write(EECD, 0x42)
    }
    expect(value).toBe(0x1200)
  })

  test('gives its PHY by MDIC', () => {
    const { read, write } = bench()
    const phy = (register: number): number => {
      write(MDIC, 0x0820_0000 | (register << 16))
      return read(MDIC)
    }
    expect([phy(2), phy(3)].map((value) => value & 0xffff)).toEqual([0x0141, 0x0c20])
    expect(phy(1) & 0x1000_0024).toBe(0x1000_0024)
    write(MDIC, 0x0424_1234)
    expect(phy(4) & 0xffff).toBe(0x1234)
    write(MDIC, 0x0840_0000)
    expect(read(MDIC) & 0x4000_0000).not.toBe(0)
  })

  test('sends a frame out of two pieces, reports it and interrupts', () => {
    const { ram, clock, irq, sent, read, write, start, put, view } = bench()
    start()
    ram.set(frameTo(BROADCAST), DATA)
    put(0, DATA, 20, 0, 0, 0x02)
    put(1, DATA + 20, 40, 0, 0, 0x0b)
    write(IMS, 1)
    write(TDT, 2)
    expect(sent).toEqual([])
    clock.advance(1000)
    expect(sent).toEqual([frameTo(BROADCAST)])
    expect([read(TDH), view.getUint8(TX_RING + 12), view.getUint8(TX_RING + 28), irq.level()]).toEqual([2, 0, 1, true])
    expect([read(ICR), read(ICR), irq.level()]).toEqual([3, 0, false])
    expect([read(0x40d4), read(0x40d4)]).toEqual([1, 0])
  })

  test('puts in checksums: of a legacy descriptor, and by a context', () => {
    const { ram, clock, sent, write, start, put, view } = bench()
    start()
    ram.set(hexBytes('45 00 00 1c 00 00 00 00 40 11 00 00 0a 00 02 0f 0a 00 02 02'), DATA + 14)
    put(0, DATA, 60, 0, 24, 0x05, 0, 14)
    // Context: IP from 14 to 33 at 24; then the data with that sum.
    view.setUint32(TX_RING + 16, 14 | (24 << 8) | (33 << 16), true)
    view.setUint32(TX_RING + 24, 0x2000_0000, true)
    put(2, DATA, 60, 0, 0x10, 0x21, 0, 0x01)
    write(TDT, 3)
    clock.advance(1000)
    expect(sent.map((frame) => sumOf(frame.subarray(14, sent.indexOf(frame) === 0 ? 60 : 34)))).toEqual([0xffff, 0xffff])
  })

  test('cuts large TCP data into segments with their own numbers, lengths and sums', () => {
    const { ram, clock, sent, write, start, view } = bench()
    start()
    const payload = Uint8Array.from({ length: 2500 }, (_, i) => (i * 13) & 0xff)
    ram.set(hexBytes('52 55 0a 00 02 02 52 54 00 12 34 56 08 00 45 00 00 00 00 07 40 00 40 06 00 00 0a 00 02 0f 0a 00 02 02 04 00 00 50 ff ff ff 00 00 00 00 05 50 19 10 00 00 00 00 00'), DATA)
    ram.set(payload, DATA + 54)
    // What software leaves in the sum: the pseudo header without length.
    const pseudo = sumOf(hexBytes('0a 00 02 0f 0a 00 02 02 00 06'))
    ram.set([pseudo >> 8, pseudo & 0xff], DATA + 50)
    view.setUint32(TX_RING, 14 | (24 << 8) | (33 << 16), true)
    view.setUint32(TX_RING + 4, 34 | (50 << 8), true)
    view.setUint32(TX_RING + 8, 0x2700_0000 | 2500, true)
    view.setUint32(TX_RING + 12, (54 << 8) | (1000 << 16), true)
    view.setUint32(TX_RING + 16, DATA, true)
    view.setUint32(TX_RING + 24, 0x2510_0000 | 2554, true)
    view.setUint32(TX_RING + 28, 0x0300, true)
    write(TDT, 2)
    clock.advance(1000)
    expect(sent.map(({ length }) => length)).toEqual([1054, 1054, 554])
    expect(sent.flatMap((frame) => [...frame.subarray(54)])).toEqual([...payload])
    const at16 = (frame: Uint8Array, at: number): number => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0)
    expect(sent.map((frame) => [at16(frame, 16), at16(frame, 18), at16(frame, 38), at16(frame, 40), frame[47]])).toEqual([[1040, 7, 0xffff, 0xff00, 0x10], [1040, 8, 0x0000, 0x02e8, 0x10], [540, 9, 0x0000, 0x06d0, 0x19]])
    for (const frame of sent) {
      const length = frame.length - 34
      expect([sumOf(frame.subarray(14, 34)), sumOf(Uint8Array.of(...hexBytes('0a 00 02 0f 0a 00 02 02 00 06'), length >> 8, length & 0xff, ...frame.subarray(34)))]).toEqual([0xffff, 0xffff])
    }
  })

  test('receives into its ring, with the FCS if that is not taken off', () => {
    const { card, ram, clock, irq, read, write, start, view } = bench()
    start()
    write(IMS, 0x80)
    card.receive(frameTo([...MAC]))
    clock.advance(1000)
    expect([read(RDH), view.getUint16(RX_RING + 8, true), view.getUint8(RX_RING + 12), irq.level()]).toEqual([1, 60, 7, true])
    expect(ram.slice(BUFFERS, BUFFERS + 60)).toEqual(frameTo([...MAC]))
    expect(read(ICR) & 0x80).toBe(0x80)
    write(RCTL, 0x8002)
    card.receive(frameTo(BROADCAST))
    clock.advance(1000)
    expect([view.getUint16(RX_RING + 24, true), view.getUint32(BUFFERS + 0x1000 + 60, true)]).toEqual([64, crc32(frameTo(BROADCAST))])
  })

  test('spreads a frame over small buffers', () => {
    const { card, ram, clock, read, start, view } = bench()
    start(RECEIVE | 0x3_0000)
    card.receive(frameTo([...MAC], 600))
    clock.advance(1000)
    expect([read(RDH), [0, 1, 2].map((i) => [view.getUint16(RX_RING + 16 * i + 8, true), view.getUint8(RX_RING + 16 * i + 12)])]).toEqual([3, [[256, 5], [256, 5], [88, 7]]])
    expect(ram[BUFFERS + 0x2000]).toBe(512 & 0xff)
  })

  test('frames wait for descriptors, and are lost when the buffer is full', () => {
    const { card, clock, read, write, start } = bench()
    start()
    for (let i = 0; i < 60; i++) card.receive(frameTo([...MAC], 1000))
    clock.advance(1_000_000)
    expect([read(RDH), read(0x4010)]).toEqual([7, 11])
    expect(read(ICR) & 0xd0).toBe(0xd0)
    for (let tail = 6; read(RDH) !== 1; tail = (tail + 7) % 8) {
      write(RDT, tail)
      clock.advance(1_000_000)
    }
    expect(card.busy).toBe(false)
  })

  test.each([
    ['its own', RECEIVE, [...MAC], true],
    ['another', RECEIVE, [2, 2, 2, 2, 2, 2], false],
    ['another, when it takes all', RECEIVE | 8, [2, 2, 2, 2, 2, 2], true],
    ['broadcast', RECEIVE, BROADCAST, true],
    ['broadcast, when it takes none', RECEIVE & ~0x8000, BROADCAST, false],
    ['multicast', RECEIVE, [1, 0, 0x5e, 0, 0, 1], false],
    ['multicast, when it takes all', RECEIVE | 0x10, [1, 0, 0x5e, 0, 0, 1], true],
    ['multicast with a bit in the table', RECEIVE, [1, 0, 0x5e, 0, 0, 0xfb], true],
    ['anything while it is off', RECEIVE & ~2, [...MAC], false],
  ])('filters %s', (_name, control, destination, taken) => {
    const { card, clock, read, write, start } = bench()
    start(control)
    // Hash of …00:FB: bits 47 to 36, FB0h.
    write(0x5200 + 4 * (0xfb0 >> 5), 2 ** (0xfb0 & 31))
    card.receive(frameTo(destination))
    clock.advance(1000)
    expect(read(RDH)).toBe(taken ? 1 : 0)
  })

  test('interrupts for causes that are not masked, until they are read', () => {
    const { irq, read, write } = bench()
    write(ICS, 4)
    expect(irq.level()).toBe(false)
    write(IMS, 4)
    expect([irq.level(), read(IMS)]).toEqual([true, 4])
    write(IMC, 4)
    expect(irq.level()).toBe(false)
    expect([read(ICR), read(ICR)]).toEqual([4, 0])
  })

  test('is reached by its two ports as by memory', () => {
    const { io, read, write } = bench()
    io.write(0, 4, RDLEN)
    io.write(4, 4, 0x1234_5680)
    expect([io.read(4, 4), read(RDLEN), io.read(0, 4)]).toEqual([0x45680, 0x45680, RDLEN])
    io.write(0, 4, 0xffff_ffff)
    io.write(4, 4, 1)
    expect(io.read(4, 4)).toBe(0xffff_ffff)
    write(CTRL, 0x0400_0000)
    expect(read(RDLEN)).toBe(0)
  })

  test('does nothing while it may not use the bus', () => {
    const { card, clock, sent, write, start } = bench()
    const config = new PciConfig(card)
    card.configured(config)
    start()
    write(TDT, 4)
    card.receive(frameTo([...MAC]))
    clock.advance(1_000_000)
    expect([sent.length, card.busy]).toEqual([0, false])
    config.write(4, 2, 7)
    card.configured(config)
    expect(card.busy).toBe(true)
  })

  test('garbage in every register, in every width, throws nothing and ends', () => {
    const { card, clock, io, memory, ram } = bench()
    let seed = 99
    const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0)
    const sizes = [1, 2, 4] as const
    for (let i = 0; i < ram.length; i++) ram[i] = random() >>> 16
    for (let i = 0; i < 20_000; i++) {
      const size = sizes[(random() >>> 8) % 3] ?? 4
      const target = i % 5 === 0 ? io : memory
      const at = ((random() >>> 8) % (target === io ? 64 : i % 2 ? 0x6000 : 0x20000)) & -size
      target.write(at, size, (random() & (size === 4 ? 0xffff_ffff : 0xff)) >>> 0)
      expect(target.read(at, size)).toBeGreaterThanOrEqual(0)
      if (i % 50 === 0) card.receive(frameTo(BROADCAST, 60 + (i % 1400)))
      clock.advance(100)
    }
  })
})

function hexBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(' '), (byte) => Number.parseInt(byte, 16))
}

/** Ones' complement sum (RFC 1071). */
function sumOf(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}
