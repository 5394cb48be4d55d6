import { describe, expect, test } from 'vitest'
import { Fdc82077 } from './fdc82077'
import { portsOf, probe, TestClock } from './test-clock'
import { testMedium } from './test-medium'

const GEOMETRY = { cylinders: 80, heads: 2, sectorsPerTrack: 18 }

interface Bench {
  io: ReturnType<typeof portsOf>
  irq: ReturnType<typeof probe>
  taken: number[]
  medium: ReturnType<typeof testMedium>
  clock: TestClock
  fdc: Fdc82077
  /** Gives a command and lets time pass. @returns the result bytes */
  command(...bytes: number[]): number[]
}

/** @param room bytes that DMA takes before terminal count @param gives what DMA has for the controller: bytes, the last one again and again */
function bench({ room = 512, readOnly = false, drive = true, gives = [0xe5] }: { room?: number; readOnly?: boolean; drive?: boolean; gives?: readonly number[] } = {}): Bench {
  const clock = new TestClock()
  const irq = probe()
  const medium = testMedium(2880, 512, readOnly)
  const taken: number[] = []
  const fdc = new Fdc82077({
    clock,
    irq: irq.line,
    dma: {
      toMemory: (_channel, bytes) => {
        const count = Math.min(bytes.length, room - taken.length)
        taken.push(...bytes.subarray(0, count))
        return { bytes: count, ended: taken.length >= room }
      },
      fromMemory: (_channel, into) => {
        const count = Math.min(into.length, room - taken.length)
        for (let i = 0; i < count; i++) into[i] = gives[taken.length + i] ?? gives.at(-1) ?? 0
        taken.push(...into.subarray(0, count))
        return { bytes: count, ended: taken.length >= room }
      },
    },
    drive: drive ? { medium, geometry: GEOMETRY, rates: new Set([0]), lba: (cylinder, head, sector) => (cylinder * 2 + head) * 18 + sector - 1 } : undefined,
  })
  const io = portsOf(fdc)
  fdc.reset()
  io.out(0x3f2, 0x1c)
  clock.advance(1_000_000)
  for (let i = 0; i < 4; i++) {
    io.out(0x3f5, 0x08)
    io.in(0x3f5)
    io.in(0x3f5)
  }
  return {
    io, irq, taken, medium, clock, fdc,
    command(...bytes) {
      for (const byte of bytes) {
        if ((io.in(0x3f4) & 0xc0) !== 0x80) throw new Error(`Byte ${byte.toString(16)} is not taken.`)
        io.out(0x3f5, byte)
      }
      clock.advance(20_000_000)
      const results: number[] = []
      while ((io.in(0x3f4) & 0xf0) === 0xd0) results.push(io.in(0x3f5))
      return results
    },
  }
}

const lba = (bytes: readonly number[], at = 0): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)

describe('82077AA', () => {
  test('interrupts after a reset; the drives have changed their state', () => {
    const clock = new TestClock()
    const irq = probe()
    const io = portsOf(new Fdc82077({ clock, irq: irq.line, dma: { toMemory: () => ({ bytes: 0, ended: false }), fromMemory: () => ({ bytes: 0, ended: false }) }, drive: undefined }))
    expect(io.in(0x3f4)).toBe(0)
    io.out(0x3f2, 0x0c)
    clock.advance(1_000_000)
    expect([irq.level(), io.in(0x3f4)]).toEqual([true, 0x80])
    const told = Array.from({ length: 5 }, () => {
      io.out(0x3f5, 0x08)
      return io.in(0x3f5) + (io.in(0x3f4) & 0x40 ? io.in(0x3f5) : 0)
    })
    expect([told, irq.level()]).toEqual([[0xc0, 0xc1, 0xc2, 0xc3, 0x80], false])
  })

  test('knows its version, and not every command', () => {
    const { command } = bench()
    expect([command(0x10), command(0x1f), command(0x94), command(0x14)]).toEqual([[0x90], [0x80], [0x10], [0x00]])
  })

  test('seeks, tells so when it is asked, and knows that the diskette is the same', () => {
    const { command, io, irq } = bench()
    expect(io.in(0x3f7)).toBe(0x80)
    expect(command(0x0f, 0, 12)).toEqual([])
    expect([irq.level(), io.in(0x3f7)]).toEqual([true, 0])
    expect([command(0x08), irq.level(), command(0x04, 0)]).toEqual([[0x20, 12], false, [0x28]])
    command(0x07, 0)
    expect([command(0x08), command(0x04, 4)]).toEqual([[0x20, 0], [0x3c]])
    command(0x07, 1)
    expect(command(0x08)).toEqual([0x71, 0])
  })

  test('reads until terminal count, on both sides when it may', () => {
    const { command, taken, irq } = bench({ room: 1024 })
    command(0x0f, 0, 3)
    command(0x08)
    const results = command(0xe6, 0, 3, 0, 18, 2, 18, 0x1b, 0xff)
    expect([lba(taken), lba(taken, 512)]).toEqual([3 * 36 + 17, 3 * 36 + 18])
    expect([results, irq.level()]).toEqual([[0x04, 0, 0, 3, 1, 2, 2], false])
  })

  test('stops at the end of the track where no terminal count comes', () => {
    const { command } = bench({ room: 10_000 })
    expect(command(0x46, 0, 0, 0, 17, 2, 18, 0x1b, 0xff)).toEqual([0x40, 0x80, 0, 1, 0, 1, 2])
  })

  test.each([
    ['a sector that the track does not have', [0xe6, 0, 0, 0, 19, 2, 19, 0x1b, 0xff], [0x40, 0x04, 0x00]],
    ['another cylinder than the head is on', [0xe6, 0, 5, 0, 1, 2, 18, 0x1b, 0xff], [0x40, 0x04, 0x10]],
    ['another drive', [0xe6, 1, 0, 0, 1, 2, 18, 0x1b, 0xff], [0x41, 0x01, 0x00]],
  ])('does not find %s', (_name, bytes, status) => {
    const { command } = bench()
    expect(command(...bytes).slice(0, 3)).toEqual(status)
  })

  test('seeks by itself when CONFIGURE says so', () => {
    const { command, taken } = bench()
    command(0x13, 0, 0x57, 0)
    expect(command(0xe6, 0, 5, 0, 1, 2, 18, 0x1b, 0xff).slice(0, 3)).toEqual([0, 0, 0])
    expect(lba(taken)).toBe(5 * 36)
  })

  test('finds nothing at another data rate', () => {
    const { command, io } = bench()
    expect(command(0x4a, 0)).toEqual([0, 0, 0, 0, 0, 1, 2])
    io.out(0x3f7, 2)
    expect(command(0x4a, 0).slice(0, 2)).toEqual([0x40, 0x01])
  })

  test('writes, and formats, unless the diskette is protected', () => {
    const { command, medium } = bench()
    expect(command(0xc5, 0, 0, 1, 4, 2, 18, 0x1b, 0xff).slice(0, 3)).toEqual([0x04, 0, 0])
    expect(medium.written.get(21)?.every((byte) => byte === 0xe5)).toBe(true)
    const other = bench({ readOnly: true })
    expect(other.command(0xc5, 0, 0, 1, 4, 2, 18, 0x1b, 0xff).slice(0, 3)).toEqual([0x44, 0x02, 0])
    expect([other.medium.written.size, (other.command(0x04, 0)[0] ?? 0) & 0x40]).toEqual([0, 0x40])
  })

  test('moves bytes through the FIFO without DMA', () => {
    const { command, io, irq } = bench()
    command(0x03, 0xaf, 0x03)
    command(0x46, 0, 0, 0, 18, 2, 18, 0x1b, 0xff)
    expect([io.in(0x3f4), irq.level()]).toEqual([0xf0, true])
    const bytes = Array.from({ length: 512 }, () => io.in(0x3f5))
    expect([lba(bytes), io.in(0x3f4) & 0xd0]).toEqual([17, 0xd0])
    expect(Array.from({ length: 7 }, () => io.in(0x3f5))).toEqual([0x40, 0x80, 0, 1, 0, 1, 2])
  })

  test('without a drive nothing is ready, and any byte anywhere is survived', () => {
    const { io } = bench({ drive: false })
    expect(io.in(0x3f7)).toBe(0x80)
    let seed = 3
    for (let i = 0; i < 3000; i++) {
      seed = (seed * 1103515245 + 12345) >>> 0
      io.out([0x3f2, 0x3f4, 0x3f5, 0x3f5, 0x3f5, 0x3f7][(seed >>> 8) % 6] ?? 0x3f5, (seed >>> 16) & 0xff)
      io.in(0x3f5)
    }
    io.out(0x3f2, 0x0c)
    expect(io.in(0x3f4) & 0x80).toBe(0x80)
  })
})

/** The data sheet's sections, one by one (Intel 290166). */
describe('82077AA by its data sheet', () => {
  const RESULT = 7
  const seekTo = (command: Bench['command'], cylinder: number): void => {
    command(0x0f, 0, cylinder)
    command(0x08)
  }

  test('2.1.6 MSR: takes bytes, is busy from the first one on, gives results, and seeks', () => {
    const { io, clock, command } = bench()
    expect(io.in(0x3f4)).toBe(0x80)
    io.out(0x3f5, 0x04)
    expect(io.in(0x3f4)).toBe(0x90)
    io.out(0x3f5, 0x00)
    expect(io.in(0x3f4)).toBe(0xd0)
    io.in(0x3f5)
    expect(io.in(0x3f4)).toBe(0x80)
    io.out(0x3f5, 0x0f)
    io.out(0x3f5, 0x00)
    io.out(0x3f5, 0x05)
    expect(io.in(0x3f4)).toBe(0x81)
    clock.advance(10_000_000)
    expect([io.in(0x3f4), command(0x08)]).toEqual([0x80, [0x20, 5]])
    io.out(0x3f5, 0x4a)
    io.out(0x3f5, 0x00)
    expect(io.in(0x3f4)).toBe(0x10)
  })

  test('2.1.4 DOR and 2.1.5 DSR: both reset; in reset the MSR is 0; the DSR’s reset ends by itself', () => {
    const { io, irq, clock, command } = bench()
    io.out(0x3f2, 0x18)
    expect(io.in(0x3f4)).toBe(0)
    io.out(0x3f2, 0x1c)
    clock.advance(1_000_000)
    expect([irq.level(), command(0x08)]).toEqual([true, [0xc0, 0]])
    io.out(0x3f4, 0x80)
    clock.advance(1_000_000)
    expect([irq.level(), [1, 2, 3, 4, 5].map(() => command(0x08)[0])]).toEqual([true, [0xc0, 0xc1, 0xc2, 0xc3, 0x80]])
  })

  test('2.1.4 DOR: without DMAGATE no interrupt reaches the bus', () => {
    const { io, irq, command } = bench()
    io.out(0x3f2, 0x14)
    command(0x07, 0)
    expect(irq.level()).toBe(false)
    io.out(0x3f2, 0x1c)
    expect(irq.level()).toBe(true)
  })

  test('2.1.8 DIR: the change line is that of the selected drive', () => {
    const { io, command } = bench()
    command(0x07, 0)
    command(0x08)
    expect(io.in(0x3f7) & 0x80).toBe(0)
    io.out(0x3f2, 0x1d)
    expect(io.in(0x3f7) & 0x80).toBe(0x80)
  })

  test.each([[0x00], [0x01], [0x0b], [0x11], [0x1f], [0x24], [0x47], [0x48], [0x83], [0xe2], [0x85 | 0x20], [0x34], [0x4f]])('5.0: %i is no command', (code) => {
    const { command, irq } = bench()
    expect([command(code), irq.level()]).toEqual([[0x80], false])
  })

  test('5.1.1 READ DATA: sectors in the order of the track, over both sides with MT, from the cylinder that the head is on', () => {
    const { command, taken } = bench({ room: 20 * 512 })
    seekTo(command, 2)
    const results = command(0xe6, 0, 2, 0, 17, 2, 18, 0x1b, 0xff)
    expect(Array.from({ length: 20 }, (_, i) => lba(taken, i * 512))).toEqual(Array.from({ length: 20 }, (_, i) => 2 * 36 + 16 + i))
    // Both sides are done: the next sector is the first of the next cylinder.
    expect(results.slice(1)).toEqual([0, 0, 3, 0, 1, 2])
  })

  test.each([
    ['in the middle of a track', 0x46, 0, 5, [0x00, 0, 0, 0, 0, 6, 2]],
    ['at the end of a track', 0x46, 0, 18, [0x00, 0, 0, 1, 0, 1, 2]],
    ['at the end of side 0 with MT', 0xc6, 0, 18, [0x00, 0, 0, 0, 1, 1, 2]],
    ['at the end of side 1 with MT', 0xc6, 4, 18, [0x04, 0, 0, 1, 0, 1, 2]],
  ])('5.1.1, table 5-6: the result address at terminal count %s', (_name, code, select, sector, results) => {
    const { command } = bench()
    // Table 5-6 is of the bytes after ST0.
    expect(command(code, select, 0, select >> 2, sector, 2, 18, 0x1b, 0xff).slice(1)).toEqual(results.slice(1))
  })

  test('5.1.1: EOT ends a track before its last sector', () => {
    const { command, taken } = bench({ room: 10_000 })
    expect(command(0x46, 0, 0, 0, 1, 2, 3, 0x1b, 0xff)).toEqual([0x40, 0x80, 0, 1, 0, 1, 2])
    expect(taken.length).toBe(3 * 512)
  })

  test('5.1.2 READ DELETED DATA: the sector, which is not marked as deleted, is read and told of; with SK all are passed over', () => {
    const { command, taken } = bench({ room: 4096 })
    expect(command(0x4c, 0, 0, 0, 4, 2, 18, 0x1b, 0xff)).toEqual([0x00, 0, 0x40, 0, 0, 4, 2])
    expect(taken.length).toBe(512)
    expect([command(0x6c, 0, 0, 0, 4, 2, 18, 0x1b, 0xff).slice(0, 3), taken.length]).toEqual([[0x40, 0x80, 0], 512])
  })

  test('5.1.3 READ TRACK: from the first sector to EOT, whatever sector is named', () => {
    const { command, taken } = bench({ room: 2048 })
    command(0x42, 4, 0, 1, 9, 2, 4, 0x1b, 0xff)
    expect(Array.from({ length: 4 }, (_, i) => lba(taken, i * 512))).toEqual([18, 19, 20, 21])
  })

  test('5.1.4 WRITE DATA: terminal count within a sector fills its rest with zeros', () => {
    const { command, medium } = bench({ room: 100, gives: [7] })
    expect(command(0x45, 0, 0, 0, 1, 2, 18, 0x1b, 0xff).slice(0, 3)).toEqual([0, 0, 0])
    expect([medium.written.get(0)?.[99], medium.written.get(0)?.[100], medium.written.size]).toEqual([7, 0, 1])
  })

  test('5.1.6 VERIFY: moves nothing; without EC to EOT, with EC so many sectors', () => {
    const { command, taken } = bench()
    expect(command(0x56, 0, 0, 0, 1, 2, 18, 0x1b, 0xff)).toEqual([0, 0, 0, 1, 0, 1, 2])
    expect(command(0xd6, 0x80, 0, 0, 17, 2, 18, 0x1b, 3).slice(0, 6)).toEqual([4, 0, 0, 0, 1, 2])
    expect(command(0x56, 0x80, 0, 0, 17, 2, 18, 0x1b, 3).slice(0, 3)).toEqual([0x40, 0x80, 0])
    expect(taken.length).toBe(0)
  })

  test('5.1.7 FORMAT TRACK: fills the sectors whose ID fields it is given, here every other one', () => {
    const ids = Array.from({ length: 9 }, (_, i) => [1, 1, 2 * i + 1, 2]).flat()
    const { command, medium, irq } = bench({ room: ids.length, gives: ids })
    seekTo(command, 1)
    const rises = irq.rises()
    expect(command(0x4d, 4, 2, 9, 0x54, 0xf6).slice(0, 3)).toEqual([4, 0, 0])
    expect([[...medium.written.keys()], medium.written.get(54)?.every((byte) => byte === 0xf6), irq.rises() - rises]).toEqual([Array.from({ length: 9 }, (_, i) => 54 + 2 * i), true, 1])
  })

  test('5.1.7 FORMAT TRACK: on a protected diskette, and where DMA has too few ID fields', () => {
    expect(bench({ readOnly: true }).command(0x4d, 0, 2, 18, 0x54, 0xf6).slice(0, 3)).toEqual([0x40, 0x02, 0])
    const { command, medium } = bench({ room: 8, gives: [0, 0, 1, 2] })
    expect([command(0x4d, 0, 2, 18, 0x54, 0xf6).slice(0, 3), medium.written.size]).toEqual([[0x40, 0x10, 0], 0])
  })

  test('5.1.7 FORMAT TRACK without DMA: the ID fields come through the FIFO', () => {
    const { command, io, irq, medium } = bench()
    command(0x03, 0xaf, 0x03)
    command(0x4d, 0, 2, 2, 0x54, 0xf6)
    expect([io.in(0x3f4), irq.level()]).toEqual([0xb0, true])
    for (const byte of [0, 0, 1, 2, 0, 0, 2, 2]) io.out(0x3f5, byte)
    expect([io.in(0x3f4), irq.level()]).toEqual([0xd0, true])
    expect(Array.from({ length: RESULT }, () => io.in(0x3f5)).slice(0, 3)).toEqual([0, 0, 0])
    expect([irq.level(), [...medium.written.keys()]]).toEqual([false, [0, 1]])
  })

  test('5.2.1 READ ID: the side of the command, and the cylinder that the head is on', () => {
    const { command, irq } = bench()
    seekTo(command, 7)
    expect(command(0x4a, 4).slice(0, 5)).toEqual([4, 0, 0, 7, 1])
    expect(irq.level()).toBe(false)
    seekTo(command, 200)
    expect(command(0x4a, 0).slice(0, 3)).toEqual([0x40, 0x01, 0])
  })

  test('5.2.2 RECALIBRATE and 5.2.3 SEEK: of several drives at a time; each tells of itself', () => {
    const { io, clock, command } = bench()
    for (const byte of [0x0f, 0, 9, 0x0f, 1, 3, 0x07, 2]) io.out(0x3f5, byte)
    expect(io.in(0x3f4)).toBe(0x87)
    clock.advance(10_000_000)
    expect(io.in(0x3f4)).toBe(0x80)
    expect([1, 2, 3, 4].map(() => command(0x08))).toEqual([[0x20, 9], [0x21, 3], [0x72, 0], [0x80]])
  })

  test('5.2.3 SEEK: a command for another drive does not lose it', () => {
    const { io, clock, command } = bench()
    for (const byte of [0x0f, 0, 9, 0x4a, 1]) io.out(0x3f5, byte)
    clock.advance(10_000_000)
    expect(Array.from({ length: RESULT }, () => io.in(0x3f5)).slice(0, 2)).toEqual([0x41, 0x01])
    expect([io.in(0x3f4), command(0x08)]).toEqual([0x80, [0x20, 9]])
  })

  test('5.2.4 SENSE INTERRUPT STATUS: with nothing to tell it is no command', () => {
    const { command } = bench()
    expect(command(0x08)).toEqual([0x80])
  })

  test('5.2.5 SENSE DRIVE STATUS: track 0, write protection, side', () => {
    const { command } = bench({ readOnly: true })
    expect(command(0x04, 4)).toEqual([0x7c])
    seekTo(command, 1)
    expect(command(0x04, 0)).toEqual([0x68])
  })

  test('5.2.6 SPECIFY, 5.2.7 CONFIGURE, 5.2.10 PERPENDICULAR MODE, 5.2.11 LOCK: DUMPREG has all of it', () => {
    const { command } = bench()
    command(0x03, 0xdf, 0x02)
    command(0x13, 0, 0x4f, 0x11)
    command(0x12, 0x80 | 0x0c | 0x02)
    expect(command(0x94)).toEqual([0x10])
    command(0x46, 0, 0, 0, 1, 2, 9, 0x1b, 0xff)
    seekTo(command, 5)
    expect(command(0x0e)).toEqual([5, 0, 0, 0, 0xdf, 0x02, 9, 0x8e, 0x4f, 0x11])
    command(0x12, 0x3d) // without OW the drives' bits stay
    expect(command(0x0e)[7]).toBe(0x8d)
    expect([command(0x14), command(0x0e)[7]]).toEqual([[0], 0x0d])
  })

  test('5.2.11 LOCK: a reset by software leaves what is locked; else the FIFO is off; the drives’ perpendicular bits stay', () => {
    const { command, io, clock, fdc } = bench()
    const softReset = (): void => {
      io.out(0x3f4, 0x80)
      clock.advance(1_000_000)
      while ((command(0x08)[0] ?? 0x80) !== 0x80);
    }
    command(0x13, 0, 0x0f, 0x11)
    command(0x12, 0x8f)
    command(0x94)
    softReset()
    expect(command(0x0e).slice(7)).toEqual([0x8c, 0x0f, 0x11])
    command(0x14)
    softReset()
    expect(command(0x0e).slice(7)).toEqual([0x0c, 0x20, 0])
    fdc.reset()
    io.out(0x3f2, 0x1c)
    clock.advance(1_000_000)
    expect(command(0x0e).slice(4)).toEqual([0, 0, 0, 0, 0x20, 0])
  })

  test('5.2.9 RELATIVE SEEK: outwards to cylinder 0 and inwards', () => {
    const { command } = bench()
    seekTo(command, 10)
    command(0xcf, 0, 5)
    expect(command(0x08)).toEqual([0x20, 15])
    command(0x8f, 0, 20)
    expect(command(0x08)).toEqual([0x20, 0])
  })

  test('6.0: DMA that does not serve the controller is an overrun; the interrupt of a result ends with its first byte', () => {
    const { command, io, irq, clock } = bench({ room: 0 })
    expect(command(0x46, 0, 0, 0, 1, 2, 18, 0x1b, 0xff).slice(0, 2)).toEqual([0x40, 0x10])
    for (const byte of [0x4a, 0]) io.out(0x3f5, byte)
    clock.advance(1_000_000)
    expect(irq.level()).toBe(true)
    io.in(0x3f5)
    expect([irq.level(), io.in(0x3f4)]).toEqual([false, 0xd0])
  })
})
