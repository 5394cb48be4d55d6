import { describe, expect, test } from 'vitest'
import { Ahci } from './ahci'
import { AtaDisk } from './ata-disk'
import { identifyText } from './ata-test-bench'
import { AtapiCd } from './atapi-cd'
import { TestClock, probe } from './test-clock'
import { startFunction, TestRam } from './test-dma'
import { testMedium } from './test-medium'

const [CAP, GHC, IS, PI, VS] = [0x00, 0x04, 0x08, 0x0c, 0x10]
const [CLB, FB, PIS, PIE, CMD, TFD, SIG, SSTS, SCTL, SERR, CI] = [0x00, 0x08, 0x10, 0x14, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x38]
const [LIST, RECEIVED, TABLE, DATA] = [0x1000, 0x2000, 0x3000, 0x10000]
const [START, RECEIVE, OVERRIDE] = [0x1, 0x10, 0x8]
const [DHRS, PSS, PCS, OFS, TFES] = [1, 2, 0x40, 1 << 24, 1 << 30]
const SECTORS = 0x1000_0100
const READY = 0x50

interface Issue {
  slot?: number
  /** FIS: command, features, LBA, count, device. */
  command: number
  features?: number
  lba?: number
  count?: number
  write?: boolean
  packet?: number[]
  /** Address and bytes. */
  regions?: [number, number][]
}

function bench({ readOnly = false } = {}) {
  const clock = new TestClock()
  const ram = new TestRam(1 << 20)
  const irq = probe()
  const medium = testMedium(SECTORS, 512, readOnly)
  const ahci = new Ahci({ clock, memory: ram }, [new AtaDisk(medium, 'BL00001'), new AtapiCd(testMedium(1000, 2048, true), 'BL00002')])
  ahci.interrupt = irq.line
  const io = startFunction(ahci)
  const at = (port: number, register: number): number => 0x100 + port * 0x80 + register
  const read = (port: number, register: number): number => io.read(at(port, register), 4)
  const write = (port: number, register: number, value: number): void => io.write(at(port, register), 4, value)
  const start = (port: number): void => {
    io.write(GHC, 4, 2)
    write(port, CLB, LIST)
    write(port, FB, RECEIVED)
    write(port, CMD, RECEIVE)
    write(port, SERR, 0xffff_ffff)
    write(port, PIE, 0xffff_ffff)
    write(port, CMD, RECEIVE | START)
  }
  /** Writes header, FIS, packet and regions of a command. */
  const prepare = ({ slot = 0, command, features = 0, lba = 0, count = 0, write: out = false, packet, regions = [] }: Issue): void => {
    const table = TABLE + slot * 0x400
    ram.bytes.fill(0, table, table + 0x400)
    ram.put(LIST + slot * 32, 5 | (packet ? 0x20 : 0) | (out ? 0x40 : 0) | (regions.length << 16), 0, table, 0)
    const byte = (index: number): number => Math.floor(lba / 2 ** (8 * index)) & 0xff
    ram.bytes.set([0x27, 0x80, command, features, byte(0), byte(1), byte(2), 0x40, byte(3), byte(4), byte(5), 0, count & 0xff, count >> 8], table)
    ram.bytes.set(packet ?? [], table + 0x40)
    regions.forEach(([address, bytes], index) => ram.put(table + 0x80 + index * 16, address, 0, 0, bytes - 1))
  }
  const issue = (port: number, wanted: Issue): void => {
    prepare(wanted)
    write(port, CI, 1 << (wanted.slot ?? 0))
    clock.advance(1_000_000)
  }
  return { clock, ram, irq, medium, ahci, io, read, write, start, prepare, issue }
}

describe('AHCI', () => {
  test('says what it is, and which ports have a drive', () => {
    const { io, read } = bench()
    expect([io.read(CAP, 4) & 0x1f, (io.read(CAP, 4) >>> 8) & 0x1f, io.read(GHC, 4), io.read(PI, 4), io.read(VS, 4)]).toEqual([5, 31, 0x8000_0000, 0x3f, 0x10301])
    expect([0, 1, 2].map((port) => read(port, SSTS))).toEqual([0x113, 0x113, 0])
    expect(read(0, TFD) & 0xff).toBe(0x7f)
  })

  test('gets the signature of a drive once there is a place for it', () => {
    const { ram, read, write } = bench()
    expect(read(0, SIG)).toBe(0xffff_ffff)
    for (const port of [0, 1]) {
      write(port, FB, RECEIVED)
      write(port, CMD, RECEIVE)
    }
    expect([read(0, SIG), read(1, SIG), read(0, TFD), read(1, TFD) & 0x89]).toEqual([0x0101, 0xeb14_0101, 0x150, 0])
    expect(ram.bytes[RECEIVED + 0x40]).toBe(0x34)
  })

  test('COMRESET, software reset and reset of the controller bring it back', () => {
    const { io, ram, read, write, start, prepare } = bench()
    start(0)
    write(0, SCTL, 1)
    expect([read(0, SSTS), read(0, TFD) & 0xff]).toEqual([1, 0x7f])
    write(0, SCTL, 0)
    expect([read(0, SSTS), read(0, SIG), read(0, PIS) & PCS]).toEqual([0x113, 0x0101, PCS])
    write(0, SERR, 0xffff_ffff)
    expect(read(0, PIS) & PCS).toBe(0)
    for (const control of [4, 0]) {
      prepare({ command: 0 })
      ram.bytes.set([0x27, 0x00], TABLE)
      ram.bytes[TABLE + 15] = control
      ram.bytes.fill(0, RECEIVED, RECEIVED + 0x100)
      write(0, CI, 1)
      expect(read(0, CI)).toBe(0)
    }
    expect([ram.bytes[RECEIVED + 0x40], ram.bytes[RECEIVED + 0x42], ram.bytes[RECEIVED + 0x4c]]).toEqual([0x34, READY, 1])
    io.write(GHC, 4, 1)
    expect([io.read(GHC, 4), read(0, CLB), read(0, CMD) & (START | RECEIVE), read(0, SSTS)]).toEqual([0x8000_0000, LIST, 0, 0x113])
  })

  test('IDENTIFY comes by PIO into the regions, and interrupts', () => {
    const { io, ram, irq, read, write, start, issue } = bench()
    start(0)
    issue(0, { command: 0xec, regions: [[DATA, 100], [0x20000, 412]] })
    const bytes = new Uint8Array([...ram.bytes.subarray(DATA, DATA + 100), ...ram.bytes.subarray(0x20000, 0x20000 + 412)])
    expect([identifyText(bytes, 27, 20), ram.get(LIST + 4), read(0, CI), read(0, TFD), read(0, PIS)]).toEqual(['BOOTLAB HARDDISK', 512, 0, READY, PSS])
    expect([ram.bytes[RECEIVED + 0x20], irq.level(), io.read(IS, 4)]).toEqual([0x5f, true, 1])
    io.write(IS, 4, 1)
    expect(irq.level()).toBe(true)
    write(0, PIS, 0xffff_ffff)
    io.write(IS, 4, 1)
    expect([irq.level(), io.read(IS, 4)]).toEqual([false, 0])
  })

  test('reads and writes by DMA with 48-bit addresses, in the order of the slots', () => {
    const { clock, ram, medium, read, write, start, prepare } = bench()
    start(0)
    ram.bytes.fill(0x77, DATA + 0x4000, DATA + 0x4400)
    prepare({ slot: 3, command: 0x25, lba: 0x1000_0002, count: 3, regions: [[DATA, 1536]] })
    prepare({ slot: 1, command: 0x35, lba: 0x1000_0003, count: 2, write: true, regions: [[DATA + 0x4000, 512], [DATA + 0x4200, 512]] })
    write(0, CI, (1 << 3) | (1 << 1))
    expect(read(0, TFD) & 0x80).toBe(0x80)
    clock.advance(1_000_000)
    expect([read(0, CI), read(0, PIS), medium.written.size]).toEqual([0, DHRS, 2])
    expect([ram.get(DATA), ram.bytes[DATA + 512], ram.bytes[DATA + 1535]]).toEqual([0x1000_0002, 0x77, 0x77])
    expect(ram.get(LIST + 3 * 32 + 4)).toBe(1536)
  })

  test('sectors by PIO, both ways', () => {
    const { ram, medium, read, start, issue } = bench()
    start(0)
    issue(0, { command: 0x24, lba: 7, count: 2, regions: [[DATA, 1024]] })
    expect([ram.get(DATA), ram.get(DATA + 512), read(0, CI)]).toEqual([7, 8, 0])
    ram.bytes.fill(0x42, DATA, DATA + 1024)
    issue(0, { command: 0x34, lba: 9, count: 2, write: true, regions: [[DATA, 1024]] })
    expect([medium.written.get(10)?.[511], read(0, CI), read(0, TFD)]).toEqual([0x42, 0, READY])
  })

  test('an error leaves the command issued and stops the port until it is started anew', () => {
    const { read, write, start, issue } = bench({ readOnly: true })
    start(0)
    issue(0, { slot: 2, command: 0x35, lba: 1, count: 1, write: true, regions: [[DATA, 512]] })
    expect([read(0, CI), read(0, PIS) & TFES, read(0, TFD)]).toEqual([4, TFES, 0x451])
    issue(0, { command: 0xec, regions: [[DATA, 512]] })
    expect(read(0, CI)).toBe(5)
    write(0, CMD, RECEIVE)
    expect(read(0, CI)).toBe(0)
    write(0, CMD, RECEIVE | START)
    issue(0, { command: 0xec, regions: [[DATA, 512]] })
    expect([read(0, CI), read(0, TFD)]).toEqual([0, READY])
  })

  test('data that find no room overflow, and a drive that waits for data is freed by a reset', () => {
    const { read, write, start, issue } = bench()
    start(0)
    issue(0, { command: 0x25, lba: 1, count: 2, regions: [[DATA, 512]] })
    expect([read(0, PIS) & OFS, read(0, CI)]).toEqual([OFS, 0])
    issue(0, { command: 0x35, lba: 1, count: 2, write: true, regions: [[DATA, 512]] })
    expect(read(0, CI)).toBe(1)
    write(0, CMD, RECEIVE | OVERRIDE)
    expect(read(0, TFD) & 0x88).toBe(0)
    write(0, SCTL, 1)
    write(0, SCTL, 0)
    write(0, CMD, RECEIVE | START)
    issue(0, { command: 0xec, regions: [[DATA, 512]] })
    expect(read(0, CI)).toBe(0)
  })

  test('a CD takes packets, by DMA and by PIO', () => {
    const { ram, read, start, issue } = bench()
    start(1)
    const packet = [0x28, 0, 0, 0, 0, 5, 0, 0, 2, 0, 0, 0]
    issue(1, { command: 0xa0, features: 1, packet, regions: [[DATA, 4096]] })
    expect([ram.get(DATA), ram.get(DATA + 2048), read(1, CI), read(1, PIS)]).toEqual([5, 6, 0, DHRS])
    issue(1, { command: 0xa0, lba: 2048 << 8, packet: [0x28, 0, 0, 0, 0, 9, 0, 0, 2, 0, 0, 0], regions: [[DATA, 4096]] })
    expect([ram.get(DATA), ram.get(DATA + 2048), read(1, CI), ram.get(LIST + 4)]).toEqual([9, 10, 0, 4096])
    issue(1, { command: 0xa0, packet: [0x28, 0, 0, 0x77, 0, 9, 0, 0, 2, 0, 0, 0], regions: [[DATA, 4096]] })
    expect([read(1, TFD) & 1, read(1, PIS) & TFES]).toEqual([1, TFES])
  })

  test('any access in any width is survived', () => {
    const { clock, ram, io, read } = bench()
    let seed = 3
    const random = (most: number): number => ((seed = (seed * 1103515245 + 12345) >>> 0) >>> 8) % most
    for (let i = 0; i < 0x8000; i++) ram.bytes[i] = random(256)
    for (let i = 0; i < 20_000; i++) {
      const size = ([1, 2, 4] as const)[random(3)] ?? 4
      const offset = random(0x300) & ~(size - 1)
      if (random(3)) io.write(offset, size, random(2) ? random(0x1000000) : random(0x20))
      else io.read(offset, size)
      if (random(16) === 0) clock.advance(random(100_000))
    }
    expect(read(0, SSTS)).toBeLessThan(0x1000)
  })
})
