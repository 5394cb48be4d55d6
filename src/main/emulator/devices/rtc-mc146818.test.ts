import { describe, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../machine/clock'
import { configureCmos, RtcMc146818 } from './rtc-mc146818'
import { portsOf, probe, TestClock } from './test-clock'

function rtc(start = Date.UTC(2027, 11, 31, 23, 59, 58)): {
  clock: TestClock
  chip: RtcMc146818
  irq: ReturnType<typeof probe>
  read: (index: number) => number
  write: (index: number, value: number) => void
} {
  const clock = new TestClock()
  const irq = probe()
  const chip = new RtcMc146818(clock, irq.line, start)
  const io = portsOf(chip)
  return {
    clock, chip, irq,
    read: (index) => {
      io.out(0x70, index)
      return io.in(0x71)
    },
    write: (index, value) => {
      io.out(0x70, index)
      io.out(0x71, value)
    },
  }
}

describe('MC146818A', () => {
  test('shows the date in BCD and carries it over the new year', () => {
    const { clock, read } = rtc()
    const date = (): number[] => [0x32, 0x09, 0x08, 0x07, 0x04, 0x02, 0x00].map(read)
    expect(date()).toEqual([0x20, 0x27, 0x12, 0x31, 0x23, 0x59, 0x58])
    clock.advance(2 * TICKS_PER_SECOND)
    expect(date()).toEqual([0x20, 0x28, 0x01, 0x01, 0x00, 0x00, 0x00])
    expect(read(0x06)).toBe(7) // a Saturday
  })

  test('shows binary and 12-hour forms when asked to', () => {
    const { read, write } = rtc()
    write(0x0b, 0x06)
    expect([read(0x04), read(0x00)]).toEqual([23, 58])
    write(0x0b, 0x00)
    expect(read(0x04)).toBe(0x91)
  })

  test('stands still while SET is on, and takes a new time', () => {
    const { clock, read, write } = rtc()
    write(0x0b, 0x82)
    write(0x04, 0x08)
    write(0x02, 0x30)
    write(0x00, 0x15)
    clock.advance(5 * TICKS_PER_SECOND)
    expect(read(0x00)).toBe(0x15)
    write(0x0b, 0x02)
    clock.advance(TICKS_PER_SECOND)
    expect([read(0x04), read(0x02), read(0x00)]).toEqual([0x08, 0x30, 0x16])
  })

  test('says that an update is near or under way in the last 2.2 ms of a second', () => {
    const { clock, read } = rtc()
    expect(read(0x0a) & 0x80).toBe(0)
    clock.advance(TICKS_PER_SECOND - 222_900)
    expect(read(0x0a) & 0x80).toBe(0)
    clock.advance(100)
    expect(read(0x0a) & 0x80).toBe(0x80)
    clock.advance(222_799)
    expect([read(0x0a) & 0x80, read(0)]).toEqual([0x80, 0x58])
    clock.advance(1)
    expect(read(0)).toBe(0x59)
    expect(read(0x0a) & 0x80).toBe(0)
  })

  test('interrupts 1024 times a second, until register C is read each time', () => {
    const { clock, irq, read, write } = rtc()
    write(0x0b, 0x42)
    for (let i = 0; i < 1024; i++) {
      clock.advance(Math.ceil(TICKS_PER_SECOND / 1024))
      expect(read(0x0c) & 0xc0).toBe(0xc0)
    }
    expect(irq.rises()).toBe(1024)
    clock.advance(TICKS_PER_SECOND)
    expect(irq.rises()).toBe(1025)
  })

  test('interrupts at the end of updates and at the alarm', () => {
    const { clock, irq, read, write } = rtc(Date.UTC(2026, 0, 1, 7, 59, 57))
    write(0x01, 0x00)
    write(0x03, 0x00)
    write(0x05, 0xc0)
    write(0x0b, 0x32)
    const flags: number[] = []
    for (let second = 0; second < 4; second++) {
      clock.advance(TICKS_PER_SECOND)
      flags.push(read(0x0c))
    }
    expect(flags).toEqual([0xd0, 0xd0, 0xf0, 0xd0])
    expect(irq.rises()).toBe(4)
  })

  test('CMOS says how much memory there is, with a right checksum', () => {
    const { chip, read } = rtc()
    configureCmos(chip.ram, 128 << 20)
    expect(read(0x15) | (read(0x16) << 8)).toBe(640)
    expect(read(0x17) | (read(0x18) << 8)).toBe(0xffff)
    expect(read(0x34) | (read(0x35) << 8)).toBe((112 * 1024) / 64)
    let sum = 0
    for (let index = 0x10; index < 0x2e; index++) sum += read(index)
    expect((read(0x2e) << 8) | read(0x2f)).toBe(sum)
  })
})

/** The data sheet's sections, one by one (Motorola MC146818A). */
describe('MC146818A by its data sheet', () => {
  const CLOCK = [0x32, 0x09, 0x08, 0x07, 0x06, 0x04, 0x02, 0x00]
  const set = (write: (index: number, value: number) => void, values: readonly number[]): void => CLOCK.forEach((index, place) => write(index, values[place] ?? 0))

  test.each([
    ['the end of a month of 30 days', [0x20, 0x27, 0x04, 0x30, 6, 0x23, 0x59, 0x59], [0x20, 0x27, 0x05, 0x01, 7, 0, 0, 0]],
    ['February in a common year', [0x20, 0x27, 0x02, 0x28, 1, 0x23, 0x59, 0x59], [0x20, 0x27, 0x03, 0x01, 2, 0, 0, 0]],
    ['February in a leap year', [0x20, 0x28, 0x02, 0x28, 2, 0x23, 0x59, 0x59], [0x20, 0x28, 0x02, 0x29, 3, 0, 0, 0]],
    ['the leap day', [0x20, 0x00, 0x02, 0x29, 3, 0x23, 0x59, 0x59], [0x20, 0x00, 0x03, 0x01, 4, 0, 0, 0]],
    ['Saturday, and the century', [0x19, 0x99, 0x12, 0x31, 7, 0x23, 0x59, 0x59], [0x20, 0x00, 0x01, 0x01, 1, 0, 0, 0]],
  ])('Time, calendar and alarm locations: goes over %s', (_name, from, to) => {
    // It is February when the program begins, which sets the day before the month.
    const { clock, read, write } = rtc(Date.UTC(2026, 1, 10))
    write(0x0b, 0x82)
    for (const [place, index] of [...CLOCK.entries()].toReversed()) write(index, from[place] ?? 0)
    write(0x0b, 0x02)
    expect(CLOCK.map(read)).toEqual(from)
    clock.advance(TICKS_PER_SECOND)
    expect(CLOCK.map(read)).toEqual(to)
  })

  test('Time, calendar and alarm locations: binary and 12 hours, chosen before the time is set', () => {
    const { clock, read, write } = rtc()
    write(0x0b, 0x84)
    set(write, [20, 26, 5, 31, 1, 11, 59, 59])
    write(0x0b, 0x04)
    clock.advance(TICKS_PER_SECOND)
    expect(CLOCK.map(read)).toEqual([20, 26, 5, 31, 1, 12 | 0x80, 0, 0])
    clock.advance(12 * 3600 * TICKS_PER_SECOND)
    expect(CLOCK.map(read)).toEqual([20, 26, 6, 1, 2, 12, 0, 0])
    clock.advance(3600 * TICKS_PER_SECOND)
    expect(read(0x04)).toBe(1)
  })

  test('Time, calendar and alarm locations: the form in which the clock was set is the one that register B says when SET ends', () => {
    const { read, write } = rtc()
    write(0x0b, 0x82)
    set(write, [20, 26, 5, 31, 1, 11, 59, 58])
    write(0x0b, 0x06)
    expect(CLOCK.map(read)).toEqual([20, 26, 5, 31, 1, 11, 59, 58])
  })

  test('Time, calendar and alarm locations: the weekday is what was written, and goes on from there', () => {
    const { clock, read, write } = rtc()
    write(0x06, 7)
    expect(read(0x06)).toBe(7)
    write(0x07, 0x15)
    expect(read(0x06)).toBe(7)
    clock.advance(2 * TICKS_PER_SECOND)
    expect(read(0x06)).toBe(1)
  })

  test.each([
    ['a time of day', [0x59, 0x59, 0x23], [0, 1, 0]],
    ['every hour', [0x59, 0x59, 0xc0], [0, 1, 0]],
    ['every minute', [0x00, 0xff, 0xc0], [0, 0, 1]],
    ['every second', [0xc0, 0xfe, 0xff], [1, 1, 1]],
    ['never: BFh is no "don’t care"', [0xbf, 0xff, 0xff], [0, 0, 0]],
  ])('Alarm: %s', (_name, [seconds = 0, minutes = 0, hours = 0], expected) => {
    const { clock, read, write } = rtc(Date.UTC(2027, 5, 1, 23, 59, 57))
    write(0x01, seconds)
    write(0x03, minutes)
    write(0x05, hours)
    const seen = expected.map(() => {
      clock.advance(TICKS_PER_SECOND)
      return (read(0x0c) >> 5) & 1
    })
    expect(seen).toEqual(expected)
  })

  test('Alarm: is compared in the form of the clock, here 12 hours', () => {
    const { clock, read, write, irq } = rtc(Date.UTC(2027, 5, 1, 12, 59, 59))
    write(0x0b, 0x20)
    write(0x01, 0x00)
    write(0x03, 0x00)
    write(0x05, 0x81)
    clock.advance(TICKS_PER_SECOND)
    expect([read(0x0c) & 0xa0, irq.rises()]).toEqual([0xa0, 1])
  })

  test('Register A: the rates of the periodic interrupt (table 5)', () => {
    const { clock, read, write } = rtc()
    const interrupts = (rate: number): number => {
      write(0x0a, 0x20 | rate)
      read(0x0c)
      let count = 0
      for (let part = 0; part < 16384; part++) {
        clock.advance(TICKS_PER_SECOND / 16384 + (part % 2 ? 0.5 : -0.5))
        if (read(0x0c) & 0x40) count++
      }
      return count
    }
    expect(Array.from({ length: 16 }, (_, rate) => interrupts(rate))).toEqual([0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2])
  })

  test('Register A: a faster rate counts from when it is chosen, not from the end of the slow period', () => {
    const { clock, write, irq } = rtc()
    write(0x0a, 0x2f)
    write(0x0b, 0x42)
    write(0x0a, 0x26)
    clock.advance(TICKS_PER_SECOND / 1000)
    expect(irq.level()).toBe(true)
  })

  test('Register A: the divider is held in reset; the first update comes half a second after, and so on', () => {
    const { clock, read, write } = rtc()
    clock.advance(TICKS_PER_SECOND / 5)
    write(0x0a, 0x66)
    read(0x0c)
    clock.advance(3 * TICKS_PER_SECOND)
    expect([read(0x00), read(0x0c), read(0x0a)]).toEqual([0x58, 0, 0x66])
    write(0x0a, 0x26)
    clock.advance(TICKS_PER_SECOND / 2 - 1)
    expect([read(0x00), read(0x0a)]).toEqual([0x58, 0xa6])
    clock.advance(1)
    expect(read(0x00)).toBe(0x59)
    clock.advance(TICKS_PER_SECOND - 1)
    expect(read(0x00)).toBe(0x59)
    clock.advance(1)
    expect(read(0x00)).toBe(0x00)
  })

  test('Register A: UIP cannot be written, and is off while SET is on', () => {
    const { clock, read, write } = rtc()
    write(0x0a, 0xa6)
    expect(read(0x0a)).toBe(0x26)
    write(0x0b, 0x82)
    clock.advance(TICKS_PER_SECOND - 100)
    expect(read(0x0a)).toBe(0x26)
  })

  test('Register B: SET clears UIE, stops updates and alarms, and leaves the periodic interrupt', () => {
    const { clock, read, write } = rtc()
    write(0x01, 0xff)
    write(0x03, 0xff)
    write(0x05, 0xff)
    write(0x0b, 0xf2)
    expect(read(0x0b)).toBe(0xe2)
    read(0x0c)
    clock.advance(2 * TICKS_PER_SECOND)
    expect(read(0x0c)).toBe(0xc0)
  })

  test('Register C: flags are set without their interrupts; one that is enabled then requests at once, and one that is disabled no more', () => {
    const { clock, read, write, irq } = rtc()
    read(0x0c)
    clock.advance(TICKS_PER_SECOND)
    expect(irq.level()).toBe(false)
    write(0x0b, 0x12)
    expect(irq.level()).toBe(true)
    write(0x0b, 0x02)
    expect(irq.level()).toBe(false)
    write(0x0b, 0x12)
    expect([read(0x0c), read(0x0c), irq.level()]).toEqual([0xd0, 0, false])
  })

  test('Registers C and D cannot be written; D says that the time is valid', () => {
    const { read, write } = rtc()
    write(0x0c, 0xff)
    write(0x0d, 0x00)
    expect([read(0x0c), read(0x0d), read(0x0d)]).toEqual([0, 0x80, 0x80])
  })

  test('RESET: clears PIE, AIE, UIE, SQWE and the flags; time, form and RAM stay', () => {
    const { chip, clock, read, write, irq } = rtc()
    write(0x0b, 0x7a)
    write(0x40, 0x99)
    clock.advance(TICKS_PER_SECOND)
    chip.reset()
    expect([read(0x0b), read(0x0c), irq.level(), read(0x00), read(0x40)]).toEqual([0x02, 0, false, 0x59, 0x99])
  })
})
