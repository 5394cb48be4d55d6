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
  /** Gives a command and lets time pass. @returns the result bytes */
  command(...bytes: number[]): number[]
}

/** @param room bytes that DMA takes before terminal count */
function bench({ room = 512, readOnly = false, drive = true } = {}): Bench {
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
        into.fill(0xe5, 0, count)
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
    io, irq, taken, medium,
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
