import { describe, expect, test } from 'vitest'
import { identifyText, IdeBench } from './ata-test-bench'
import { AtapiCd } from './atapi-cd'
import { testMedium } from './test-medium'

const SECTORS = 1000
const bench = (): IdeBench => new IdeBench(new AtapiCd(testMedium(SECTORS, 2048, true), 'BL00003'))
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Sense key, code and qualifier of the last command. */
function sense(io: IdeBench): number[] {
  io.packet([0x03, 0, 0, 0, 18])
  const bytes = io.readAll()
  return [bytes[2] ?? -1, bytes[12] ?? -1, bytes[13] ?? -1]
}

describe('a packet device', () => {
  test('shows its signature, and aborts IDENTIFY DEVICE with it', () => {
    const io = bench()
    expect([0x1f4, 0x1f5, 0x1f7].map((port) => io.in(port))).toEqual([0x14, 0xeb, 0])
    expect([io.command(0xec, { device: 0xa0 }) & 1, io.in(0x1f1), io.in(0x1f4), io.in(0x1f5)]).toEqual([1, 4, 0x14, 0xeb])
    io.command(0xa1, { device: 0xa0 })
    const bytes = io.readAll()
    expect([bytes[0], bytes[1], identifyText(bytes, 27, 20)]).toEqual([0xc0, 0x85, 'BOOTLAB CD-ROM'])
  })

  test('takes a packet, gives data in phases no longer than asked for, and says why it interrupts', () => {
    const io = bench()
    io.command(0xa0, { mid: 0x00, high: 0x08, device: 0xa0 })
    expect([io.in(0x1f2), io.irq.level()]).toEqual([1, false])
    expect(io.packet([0x28, 0, 0, 0, 0, 16, 0, 0, 2], { limit: 2048 }) & 8).toBe(8)
    expect([io.in(0x1f2), io.in(0x1f4), io.in(0x1f5), io.irq.level()]).toEqual([2, 0, 8, true])
    const before = io.irq.rises()
    io.in(0x1f7)
    const first = Array.from({ length: 1024 }, () => io.inWord())
    io.wait()
    expect([first[0], io.in(0x1f2)]).toEqual([16, 2])
    io.in(0x1f7)
    expect(io.readAll().length).toBe(2048)
    io.in(0x1f7)
    expect([io.in(0x1f2), io.irq.rises() - before]).toEqual([3, 2])
  })

  test('gives data by bus master', () => {
    const io = bench()
    io.allowBusMaster()
    io.packet([0xa8, 0, 0, 0, 3, 0x84, 0, 0, 0, 2], { dma: true })
    io.startDma(true, 0x1000, [[0x8000, 4096]])
    expect([view(io.ram).getUint32(0x8000, true), view(io.ram).getUint32(0x8800, true), io.in(0x1f2), io.irq.level()]).toEqual([0x384, 0x385, 3, true])
  })

  test('tells the capacity, and that blocks beyond it are not there', () => {
    const io = bench()
    io.packet([0x25])
    const bytes = io.readAll()
    expect([view(bytes).getUint32(0), view(bytes).getUint32(4)]).toEqual([SECTORS - 1, 2048])
    expect(io.packet([0x28, 0, 0, 0, 3, 0xe7, 0, 0, 2]) & 1).toBe(1)
    expect(io.in(0x1f1)).toBe(0x54)
    expect(sense(io)).toEqual([5, 0x21, 0])
    expect(sense(io)).toEqual([0, 0, 0])
  })

  test.each([
    ['an unknown command', [0xff], [5, 0x20, 0]],
    ['an unknown mode page', [0x5a, 0, 0x3e, 0, 0, 0, 0, 0, 64], [5, 0x24, 0]],
    ['vital product data', [0x12, 1, 0, 0, 36], [5, 0x24, 0]],
    ['raw sectors', [0xbe, 0, 0, 0, 0, 0, 0, 0, 1, 0xf8], [5, 0x24, 0]],
  ])('refuses %s', (_name, packet, why) => {
    const io = bench()
    expect(io.packet(packet) & 1).toBe(1)
    expect(sense(io)).toEqual(why)
  })

  test('answers with no more than is asked for', () => {
    const io = bench()
    io.packet([0x12, 0, 0, 0, 36])
    const bytes = io.readAll()
    expect([bytes[0], bytes[1], Buffer.from(bytes.subarray(8, 32)).toString('latin1').trimEnd()]).toEqual([5, 0x80, 'BOOTLAB CD-ROM'])
    io.packet([0x12, 0, 0, 0, 5])
    // Five bytes in three words; the register says five.
    expect([io.in(0x1f4), io.readAll().length]).toEqual([5, 6])
    expect(io.packet([0x12, 0, 0, 0, 0]) & 9).toBe(0)
  })

  test('has a table of contents with one data track and the lead-out', () => {
    const io = bench()
    io.packet([0x43, 0, 0, 0, 0, 0, 0, 0, 255])
    expect([...io.readAll()]).toEqual([0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 3, 0xe8])
    io.packet([0x43, 2, 0, 0, 0, 0, 0xaa, 0, 255])
    // 1000 + 150 frames are 15 seconds and 25 frames.
    expect([...io.readAll()]).toEqual([0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 15, 25])
    io.packet([0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0x40])
    expect([...io.readAll()]).toEqual([0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0])
  })

  test('says that it reads CDs now, and opens its tray unless it is locked', () => {
    const io = bench()
    io.packet([0x46, 0, 0, 0, 0, 0, 0, 0, 255])
    const bytes = io.readAll()
    expect([view(bytes).getUint32(0), view(bytes).getUint16(6), view(bytes).getUint16(8)]).toEqual([bytes.length - 4, 8, 0])
    io.packet([0x1e, 0, 0, 0, 1])
    expect(io.packet([0x1b, 0, 0, 0, 2]) & 1).toBe(1)
    io.packet([0x1e, 0, 0, 0, 0])
    expect(io.packet([0x1b, 0, 0, 0, 2]) & 1).toBe(0)
    expect(io.packet([0x00]) & 1).toBe(1)
    expect(sense(io)).toEqual([2, 0x3a, 0])
    io.packet([0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8])
    expect([...io.readAll()]).toEqual([0, 6, 4, 0x10, 0, 1, 0, 0])
    io.packet([0x1b, 0, 0, 0, 3])
    expect(io.packet([0x00]) & 1).toBe(0)
  })

  test('is reset while it works', () => {
    const io = bench()
    io.out(0x1f7, 0xa1)
    expect(io.in(0x3f6) & 0x80).toBe(0x80)
    io.out(0x1f7, 0x08)
    io.clock.advance(1_000_000)
    expect([io.in(0x1f7), io.in(0x1f4), io.irq.level()]).toEqual([0, 0x14, false])
  })
})

/** Clauses of ATA/ATAPI-6 (INCITS 361) and MMC-3 (INCITS 360), one by one. */
describe('a CD-ROM drive by the standards', () => {
  const answer = (io: IdeBench, packet: readonly number[]): number[] => {
    const status = io.packet(packet)
    if (status & 1) throw new Error(`Packet ${packet[0]?.toString(16)} was refused.`)
    return [...io.readAll()]
  }

  test('ATA/ATAPI-6, 8.9 and 9.12: diagnostic and SRST leave the signature of a packet device and a status of 0', () => {
    const io = bench()
    io.out(0x1f2, 0x55)
    io.out(0x1f7, 0x90)
    io.wait()
    expect([0x1f1, 0x1f2, 0x1f3, 0x1f4, 0x1f5, 0x1f7].map((port) => io.in(port))).toEqual([1, 1, 1, 0x14, 0xeb, 0])
    io.command(0xa1, { device: 0xa0 })
    io.out(0x3f6, 4)
    io.out(0x3f6, 0)
    expect([0x1f1, 0x1f2, 0x1f3, 0x1f4, 0x1f5, 0x1f7].map((port) => io.in(port))).toEqual([1, 1, 1, 0x14, 0xeb, 0])
  })

  test.each([[0x00], [0x20], [0x30], [0xc4], [0xc8], [0xec], [0xff]])('ATA/ATAPI-6, table 10: %i is no command of a packet device', (code) => {
    const io = bench()
    expect([io.command(code, { device: 0xa0 }) & 1, io.in(0x1f1) & 4, io.irq.level()]).toEqual([1, 4, true])
  })

  test('ATA/ATAPI-6, 6.13: power commands are done; the drive is active', () => {
    const io = bench()
    for (const code of [0xe0, 0xe1, 0xe2, 0xe3]) expect(io.command(code, { device: 0xa0 }) & 1).toBe(0)
    io.command(0xe5, { device: 0xa0 })
    expect(io.in(0x1f2)).toBe(0xff)
  })

  test('ATA/ATAPI-6, 8.16 IDENTIFY PACKET DEVICE: removable CD-ROM with packets of 12 bytes, DMA and power management', () => {
    const io = bench()
    io.command(0xa1, { device: 0xa0 })
    const bytes = io.readAll()
    const word = (index: number): number => (bytes[index * 2] ?? 0) | ((bytes[index * 2 + 1] ?? 0) << 8)
    expect([word(0) & 0xdf83, word(49) & 0x300, word(82) & 0x18, word(85) & 0x18]).toEqual([0x8580, 0x300, 0x18, 0x18])
  })

  test('SPC-2 REQUEST SENSE: a command that is done clears what it would tell; INQUIRY and REQUEST SENSE work without a medium', () => {
    const io = bench()
    io.packet([0xff])
    io.packet([0x00])
    expect(sense(io)).toEqual([0, 0, 0])
    io.packet([0x1b, 0, 0, 0, 2])
    expect(answer(io, [0x12, 0, 0, 0, 36])).toHaveLength(36)
    for (const packet of [[0x00], [0x25], [0x28, 0, 0, 0, 0, 0, 0, 0, 1], [0x43, 0, 0, 0, 0, 0, 0, 0, 12], [0xbe, 0, 0, 0, 0, 0, 0, 0, 1, 0x10]]) {
      expect([io.packet(packet) & 1, io.in(0x1f1)]).toEqual([1, 0x24])
      expect(sense(io)).toEqual([2, 0x3a, 0])
    }
  })

  test('MMC-3 READ (10), READ (12), READ CD: no blocks is no error; the last block is there, the next is not', () => {
    const io = bench()
    for (const packet of [[0x28], [0xa8], [0xbe, 0, 0, 0, 0, 0, 0, 0, 0, 0x10]]) expect([io.packet(packet) & 9, io.in(0x1f2)]).toEqual([0, 3])
    expect(answer(io, [0x28, 0, 0, 0, 3, 0xe7, 0, 0, 1])).toHaveLength(2048)
    expect(answer(io, [0xbe, 0, 0, 0, 3, 0xe7, 0, 0, 1, 0x10])).toHaveLength(2048)
    expect(io.packet([0xa8, 0, 0, 0, 3, 0xe8, 0, 0, 0, 1]) & 1).toBe(1)
  })

  test('MMC-3 MODE SENSE (10): pages of error recovery and capabilities, alone and all; GET EVENT STATUS NOTIFICATION: polled only', () => {
    const io = bench()
    expect(answer(io, [0x5a, 0, 0x01, 0, 0, 0, 0, 0, 255]).slice(0, 10)).toEqual([0, 14, 0x70, 0, 0, 0, 0, 0, 0x01, 6])
    expect(answer(io, [0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 255]).slice(8, 10)).toEqual([0x2a, 18])
    expect(answer(io, [0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255])).toHaveLength(8 + 8 + 20)
    expect(answer(io, [0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8])).toEqual([0, 6, 4, 0x10, 0, 2, 0, 0])
    expect(answer(io, [0x4a, 1, 0, 0, 0x40, 0, 0, 0, 8])).toEqual([0, 2, 0x80, 0x10])
    expect(io.packet([0x4a, 0, 0, 0, 0x10, 0, 0, 0, 8]) & 1).toBe(1)
    expect(sense(io)).toEqual([5, 0x24, 0])
  })

  test('MMC-3 READ TOC: sessions, everything, and what there is not', () => {
    const io = bench()
    expect(answer(io, [0x43, 0, 1, 0, 0, 0, 0, 0, 255])).toEqual([0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0])
    expect(answer(io, [0x43, 0, 2, 0, 0, 0, 0, 0, 255])).toHaveLength(4 + 4 * 11)
    for (const packet of [[0x43, 0, 3], [0x43, 0, 0, 0, 0, 0, 2]]) {
      expect(io.packet([...packet, ...Array<number>(12 - packet.length).fill(0)]) & 1).toBe(1)
      expect(sense(io)).toEqual([5, 0x24, 0])
    }
  })
})
