import { describe, expect, test } from 'vitest'
import { AtaDisk } from './ata-disk'
import { identifyText, IdeBench } from './ata-test-bench'
import { testMedium } from './test-medium'

const SECTORS = 0x1000_0000 + 100
const READY = 0x50

function bench(readOnly = false): IdeBench & { medium: ReturnType<typeof testMedium> } {
  const medium = testMedium(SECTORS, 512, readOnly)
  return Object.assign(new IdeBench(new AtaDisk(medium, 'BL00001')), { medium })
}

const lbaOf = (bytes: Uint8Array, sector = 0): number => new DataView(bytes.buffer).getUint32(sector * 512, true)

describe('a channel', () => {
  test('shows the signature of a disk after a reset, and nothing where no drive is', () => {
    const io = bench()
    io.out(0x3f6, 0x04)
    expect(io.in(0x1f7)).toBe(0x80)
    io.out(0x3f6, 0x00)
    expect([0x1f1, 0x1f2, 0x1f3, 0x1f4, 0x1f5, 0x1f7].map((port) => io.in(port))).toEqual([1, 1, 1, 0, 0, READY])
    io.out(0x1f6, 0xb0)
    expect([0x1f2, 0x1f3, 0x1f7, 0x3f6, 0x177].map((port) => io.in(port))).toEqual([0, 0, 0, 0, 0])
  })

  test('interrupts when a command is done, until the status is read; device control holds it back', () => {
    const io = bench()
    io.command(0xe7)
    expect(io.irq.level()).toBe(true)
    io.in(0x3f6)
    expect(io.irq.level()).toBe(true)
    io.out(0x3f6, 0x02)
    expect(io.irq.level()).toBe(false)
    io.out(0x3f6, 0x00)
    expect(io.irq.level()).toBe(true)
    expect([io.in(0x1f7), io.irq.level()]).toEqual([READY, false])
  })

  test('any access in any width is survived', () => {
    const io = bench()
    let seed = 7
    const random = (most: number): number => ((seed = (seed * 1103515245 + 12345) >>> 0) >>> 8) % most
    for (let i = 0; i < 4000; i++) {
      const range = io.ide.ports[random(io.ide.ports.length)]
      if (!range) continue
      const port = range.first + random(range.last - range.first + 1)
      if (random(2)) range.write(port, random(256))
      else range.read(port)
      range.words?.write(port, random(0x10000))
      range.dwords?.write(port, random(0x1000000))
      if (random(8) === 0) io.clock.advance(random(5000))
      io.busMaster(random(16), random(256))
    }
    expect(io.in(0x1f7)).toBeLessThan(256)
  })
})

describe('IDENTIFY DEVICE', () => {
  test('says what the disk is', () => {
    const io = bench()
    expect(io.command(0xec)).toBe(READY | 8)
    const bytes = io.readAll()
    const word = (index: number): number => (bytes[index * 2] ?? 0) | ((bytes[index * 2 + 1] ?? 0) << 8)
    expect(bytes.length).toBe(512)
    expect([identifyText(bytes, 27, 20), identifyText(bytes, 10, 10)]).toEqual(['BOOTLAB HARDDISK', 'BL00001'])
    expect([word(1), word(3), word(6), word(49) & 0x300, word(60) + word(61) * 0x10000]).toEqual([16383, 16, 63, 0x300, 0x0fff_ffff])
    expect([word(100) + word(101) * 0x10000, word(83) & 0xc400, word(88) & 0x3f]).toEqual([SECTORS, 0x4400, 0x3f])
  })

  test('shows the transfer mode that was chosen', () => {
    const io = bench()
    expect(io.command(0xef, { features: 3, count: 0x45 }) & 1).toBe(0)
    io.command(0xec)
    expect(io.readAll()[177]).toBe(0x20)
    expect(io.command(0xef, { features: 3, count: 0x47 }) & 1).toBe(1)
    expect(io.in(0x1f1)).toBe(4)
  })
})

describe('READ and WRITE', () => {
  test('move sectors one by one, with an interrupt for each', () => {
    const io = bench()
    io.command(0x20, { count: 3, low: 5 })
    const before = io.irq.rises()
    const sectors: number[] = []
    for (let sector = 0; sector < 3; sector++) {
      io.wait()
      expect(io.irq.level()).toBe(true)
      io.in(0x1f7)
      const bytes = new Uint8Array(512)
      for (let i = 0; i < 512; i += 2) new DataView(bytes.buffer).setUint16(i, io.inWord(), true)
      sectors.push(lbaOf(bytes))
    }
    expect([sectors, io.irq.rises() - before, io.wait()]).toEqual([[5, 6, 7], 2, READY])
    expect([io.in(0x1f3), io.inWord()]).toEqual([7, 0])
  })

  test('go to CHS addresses, with the geometry that software set', () => {
    const io = bench()
    io.command(0x20, { count: 1, low: 2, mid: 1, device: 0xa3 })
    expect(lbaOf(io.readAll())).toBe((16 + 3) * 63 + 1)
    io.command(0x91, { count: 32, device: 0xa7 })
    io.command(0x20, { count: 1, low: 2, mid: 1, device: 0xa3 })
    expect(lbaOf(io.readAll())).toBe((8 + 3) * 32 + 1)
    expect(io.command(0x20, { count: 1, low: 0, device: 0xa0 }) & 1).toBe(1)
    expect(io.in(0x1f1)).toBe(0x10)
  })

  test('go to 48-bit addresses, whose earlier register contents can be read back', () => {
    const io = bench()
    io.out(0x1f6, 0x40)
    for (const [earlier, value] of [[0, 2], [0x10, 0x63], [0, 0], [0, 0]].entries()) {
      io.out(0x1f2 + earlier, value[0] ?? 0)
      io.out(0x1f2 + earlier, value[1] ?? 0)
    }
    io.out(0x1f7, 0x24)
    // Sectors 10000063h and the next are the last but 0 and 1 of the disk's 10000064h.
    expect(io.wait() & 1).toBe(1)
    io.out(0x1f3, 0x10)
    io.out(0x1f3, 0x62)
    io.out(0x1f7, 0x24)
    const bytes = io.readAll()
    expect([lbaOf(bytes), lbaOf(bytes, 1)]).toEqual([0x1000_0062, 0x1000_0063])
    io.out(0x3f6, 0x80)
    expect([io.in(0x1f3), io.in(0x1f2)]).toEqual([0x10, 0])
    io.out(0x3f6, 0)
    expect(io.in(0x1f3)).toBe(0x63)
  })

  test('move several sectors a phase when they are multiple', () => {
    const io = bench()
    expect(io.command(0xc6, { count: 3 }) & 1).toBe(1)
    io.command(0xc6, { count: 4 })
    const before = io.irq.rises()
    io.command(0xc4, { count: 6, low: 9 })
    for (let i = 0; i < 4 * 256; i++) io.inWord()
    io.wait()
    io.in(0x1f7)
    const rest = io.readAll()
    expect([rest.length, lbaOf(rest, 1)]).toEqual([1024, 14])
    expect(io.irq.rises() - before).toBeLessThanOrEqual(2)
  })

  test('write what is given; the first phase comes without an interrupt', () => {
    const io = bench()
    io.in(0x1f7)
    expect(io.command(0x30, { count: 2, low: 40 })).toBe(READY | 8)
    expect(io.irq.level()).toBe(false)
    for (let sector = 0; sector < 2; sector++) {
      for (let i = 0; i < 256; i++) io.outWord(0x100 * sector + 0x11)
      io.wait()
      expect(io.irq.level()).toBe(true)
    }
    expect([io.medium.written.get(40)?.[0], io.medium.written.get(41)?.[511], io.medium.written.size]).toEqual([0x11, 0x01, 2])
  })

  test('refuse what is not on the disk, and writes to one that must not be written', () => {
    const io = bench(true)
    expect([io.command(0x20, { count: 1, low: 0xff, mid: 0xff, high: 0xff, device: 0xef }) & 1, io.in(0x1f1)]).toEqual([0, 0])
    expect([io.command(0x20, { count: 2, low: 0xff, mid: 0xff, high: 0xff, device: 0xef }) & 1]).toEqual([0])
    expect([io.command(0x30, { count: 1 }) & 1, io.in(0x1f1)]).toEqual([1, 4])
    expect([io.command(0x99) & 1, io.in(0x1f1)]).toEqual([1, 4])
  })
})

describe('bus master', () => {
  test('scatters what is read over the regions of its table', () => {
    const io = bench()
    io.allowBusMaster()
    io.command(0xc8, { count: 3, low: 20 })
    expect(io.irq.level()).toBe(false)
    io.startDma(true, 0x1000, [[0x8000, 512], [0x9000, 1024]])
    expect([lbaOf(io.ram.slice(0x8000)), lbaOf(io.ram.slice(0x9000), 1), io.irq.level()]).toEqual([20, 22, true])
    expect(io.busMasterStatus).toBe(0x04)
    io.busMaster(2, 0x04)
    expect(io.busMasterStatus).toBe(0)
  })

  test('gathers what is written; started before the command, too', () => {
    const io = bench()
    io.allowBusMaster()
    io.ram.fill(0x5a, 0x8000, 0x8200)
    io.startDma(false, 0x1000, [[0x8000, 512]])
    expect(io.busMasterStatus).toBe(0x01)
    io.command(0xca, { count: 1, low: 30 })
    expect([io.medium.written.get(30)?.every((byte) => byte === 0x5a), io.busMasterStatus]).toEqual([true, 0x04])
  })

  test('leaves the drive with its request when the table is too short, and is active when it is too long', () => {
    const io = bench()
    io.allowBusMaster()
    io.command(0x25, { count: 2, low: 20, device: 0x40 })
    io.startDma(true, 0x1000, [[0x8000, 512]])
    expect([io.irq.level(), io.busMasterStatus, io.in(0x3f6) & 8]).toEqual([false, 0, 8])
    io.out(0x3f6, 4)
    io.out(0x3f6, 0)
    io.busMaster(0, 0)
    io.command(0xc8, { count: 1, low: 20 })
    io.startDma(true, 0x1000, [[0x8000, 0]])
    expect(io.busMasterStatus).toBe(0x05)
  })

  test('moves nothing while the command register does not let it', () => {
    const io = bench()
    io.command(0xc8, { count: 1, low: 20 })
    io.startDma(true, 0x1000, [[0x8000, 512]])
    expect([io.irq.level(), io.busMasterStatus]).toEqual([false, 1])
    io.allowBusMaster()
    expect([io.irq.level(), lbaOf(io.ram.slice(0x8000))]).toEqual([true, 20])
  })
})

/** Clauses of ATA/ATAPI-6 (INCITS 361), one by one. */
describe('an ATA disk by the standard', () => {
  const wordOf = (bytes: Uint8Array, index: number): number => (bytes[index * 2] ?? 0) | ((bytes[index * 2 + 1] ?? 0) << 8)
  const registers = (io: IdeBench): number[] => [0x1f1, 0x1f2, 0x1f3, 0x1f4, 0x1f5].map((port) => io.in(port))
  const identify = (io: IdeBench): ((index: number) => number) => {
    io.command(0xec)
    const bytes = io.readAll()
    return (index) => wordOf(bytes, index)
  }

  test('8.9 EXECUTE DEVICE DIAGNOSTIC: code 1 and the signature, to device 0, whichever was selected', () => {
    const io = new IdeBench(new AtaDisk(testMedium(100, 512), 'A'), new AtaDisk(testMedium(100, 512), 'B'))
    io.out(0x1f6, 0xb0)
    io.out(0x1f2, 0x77)
    io.out(0x1f7, 0x90)
    io.wait()
    expect([registers(io), io.in(0x1f6) & 0x10, io.irq.level()]).toEqual([[1, 1, 1, 0, 0], 0, true])
    io.out(0x1f6, 0xb0)
    expect(registers(io)).toEqual([1, 1, 1, 0, 0])
  })

  test('8.12 FLUSH CACHE, 8.37 SEEK, RECALIBRATE: done with an interrupt, DRDY and DSC, without an error', () => {
    for (const code of [0xe7, 0xea, 0x70, 0x10, 0x1f]) {
      const io = bench()
      expect([io.command(code), io.irq.level()]).toEqual([READY, true])
    }
  })

  test.each([[0x00], [0x08], [0x22], [0x50], [0x92], [0xa0], [0xa1], [0xb0], [0xf1], [0xff]])('6.2 error and status: %i, which a disk does not have, aborts with an interrupt; the next command clears the error', (code) => {
    const io = bench()
    expect([io.command(code), io.in(0x1f1), io.irq.level()]).toEqual([READY | 1, 4, true])
    expect([io.command(0xe7), io.in(0x1f1)]).toEqual([READY, 0])
  })

  test('8.15 IDENTIFY DEVICE: a fixed ATA device with LBA, DMA, power management, 48-bit addresses, and both versions of FLUSH CACHE', () => {
    const word = identify(bench())
    expect([word(0) & 0x8040, word(49), word(53) & 7, word(82) & 0x28, word(83) & 0xf400, word(84) & 0xc000, word(86) & 0x3400, word(87) & 0xc000]).toEqual([0x40, 0x300, 7, 0x28, 0x7400, 0x4000, 0x3400, 0x4000])
    expect([word(47), word(59), word(80) & 0x70, word(63) & 7, word(64) & 3]).toEqual([0x8010, 0x0110, 0x70, 7, 3])
    expect([word(1) * word(3) * word(6), word(57) | (word(58) << 16)]).toEqual([16383 * 16 * 63, 16383 * 16 * 63])
  })

  test('8.16 INITIALIZE DEVICE PARAMETERS: words 54–58 change, words 1–6 do not; no sectors a track is refused', () => {
    const io = bench()
    io.command(0x91, { count: 17, device: 0xa3 })
    const word = identify(io)
    expect([word(3), word(6), word(55), word(56), word(57) | (word(58) << 16)]).toEqual([16, 63, 4, 17, word(54) * 4 * 17])
    expect([io.command(0x91, { count: 0, device: 0xa3 }) & 1, io.in(0x1f1)]).toEqual([1, 4])
  })

  test('8.27 READ NATIVE MAX ADDRESS (EXT): the last sector, in 28 bits and in 48', () => {
    const io = bench()
    io.command(0xf8)
    expect([io.in(0x1f3), io.in(0x1f4), io.in(0x1f5), io.in(0x1f6) & 0xf]).toEqual([0xfe, 0xff, 0xff, 0xf])
    io.command(0x27)
    expect([io.in(0x1f3), io.in(0x1f4), io.in(0x1f5)]).toEqual([0x63, 0, 0])
    io.out(0x3f6, 0x80)
    expect([io.in(0x1f3), io.in(0x1f4), io.in(0x1f5)]).toEqual([0x10, 0, 0])
  })

  test('8.34 READ VERIFY SECTOR(S): no data, one interrupt, the last address', () => {
    const io = bench()
    const before = io.irq.rises()
    expect([io.command(0x40, { count: 5, low: 10 }), io.irq.rises() - before, io.in(0x1f3)]).toEqual([READY, 1, 14])
    expect([io.command(0x42, { count: 5, low: 10 }), io.inWord()]).toEqual([READY, 0])
  })

  test('8.47 SET FEATURES: the write cache is said to be on or off in word 85; unknown features and modes are refused', () => {
    const io = bench()
    expect([io.command(0xef, { features: 0x82 }) & 1, identify(io)(85) & 0x20]).toEqual([0, 0])
    expect([io.command(0xef, { features: 0x02 }) & 1, identify(io)(85) & 0x20]).toEqual([0, 0x20])
    for (const [features, count] of [[0x01, 0], [0x77, 0], [0x03, 0x46], [0x03, 0x23], [0x03, 0x0d]] as const) expect([io.command(0xef, { features, count }) & 1, io.in(0x1f1)]).toEqual([1, 4])
    for (const count of [0x00, 0x0c, 0x22, 0x45]) expect(io.command(0xef, { features: 3, count }) & 1).toBe(0)
  })

  test('8.49 SET MULTIPLE MODE: 0 takes multiple commands away', () => {
    const io = bench()
    expect([io.command(0xc6, { count: 0 }) & 1, identify(io)(59)]).toEqual([0, 0])
    expect([io.command(0xc4, { count: 1 }) & 1, io.in(0x1f1)]).toEqual([1, 4])
    for (const count of [32, 5]) expect(io.command(0xc6, { count }) & 1).toBe(1)
    for (const count of [1, 2, 16]) expect([io.command(0xc6, { count }) & 1, identify(io)(59)]).toEqual([0, 0x100 | count])
  })

  test('6.13 power management: CHECK POWER MODE tells standby and idle; a transfer makes the disk active', () => {
    const io = bench()
    const mode = (...codes: number[]): number => {
      for (const code of codes) io.command(code)
      io.command(0xe5)
      return io.in(0x1f2)
    }
    expect([mode(), mode(0xe0), mode(0xe3), mode(0xe2), mode(0xe1), mode(0x40)]).toEqual([0xff, 0x00, 0x80, 0x00, 0x80, 0xff])
  })

  test('8.28 READ SECTOR(S): a count of 0 is 256 sectors, with 48-bit addresses 65,536', () => {
    const io = bench()
    io.command(0x20, { count: 0, low: 1 })
    expect(io.readAll().length).toBe(256 * 512)
    expect([io.command(0x40, { count: 0 }), io.in(0x1f3)]).toEqual([READY, 0xff])
    for (const port of [0x1f2, 0x1f3, 0x1f4, 0x1f5]) io.out(port, 0)
    expect([io.command(0x42, { count: 0 }), io.in(0x1f3), io.in(0x1f4)]).toEqual([READY, 0xff, 0xff])
  })

  test('6.2 addresses: IDNF where the last sector of a command is not there, and where CHS has no such sector', () => {
    const io = bench()
    expect([io.command(0x42, { low: 0x10, count: 0x10 }) & 1]).toEqual([0])
    for (const [low, device] of [[0, 0xa0], [64, 0xa0]] as const) expect([io.command(0x20, { count: 1, low, device }) & 1, io.in(0x1f1)]).toEqual([1, 0x10])
  })

  test('9.3 SRST: whatever the drives did ends; BSY until it is let go, device 0 selected, the signature, no interrupt', () => {
    const io = bench()
    io.command(0x20, { count: 2, low: 1 })
    io.out(0x3f6, 0x04)
    expect([io.in(0x3f6), io.irq.level()]).toEqual([0x80, false])
    io.out(0x1f7, 0xec)
    io.out(0x3f6, 0x00)
    expect([io.in(0x3f6), registers(io), io.inWord(), io.irq.level()]).toEqual([READY, [1, 1, 1, 0, 0], 0, false])
  })

  test('9.16.1 device 1 that is not there: its status is 0, and commands to it are nobody’s', () => {
    const io = bench()
    io.out(0x1f6, 0xb0)
    io.out(0x1f7, 0xec)
    io.clock.advance(10_000_000)
    expect([io.in(0x1f7), io.in(0x3f6), io.irq.level()]).toEqual([0, 0, false])
    io.out(0x1f6, 0xa0)
    expect(io.in(0x1f7)).toBe(READY)
  })

  test('7.x: while the drive is busy its registers and commands are not taken', () => {
    const io = bench()
    io.out(0x1f7, 0xec)
    io.out(0x1f2, 0x55)
    io.out(0x1f7, 0x00)
    io.wait()
    expect([io.in(0x1f2), io.in(0x3f6), io.readAll().length]).toEqual([1, READY | 8, 512])
  })
})
