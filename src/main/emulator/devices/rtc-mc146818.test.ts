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

  test('says that an update is near in the last 244 µs of a second', () => {
    const { clock, read } = rtc()
    expect(read(0x0a) & 0x80).toBe(0)
    clock.advance(TICKS_PER_SECOND - 20_000)
    expect(read(0x0a) & 0x80).toBe(0x80)
    clock.advance(20_000)
    expect(read(0x0a) & 0x80).toBe(0)
  })

  test('interrupts 1024 times a second, until register C is read each time', () => {
    const { clock, irq, read, write } = rtc()
    write(0x0b, 0x42)
    for (let i = 0; i < 1024; i++) {
      clock.advance(Math.ceil(TICKS_PER_SECOND / 1024))
      expect(read(0x0c)).toBe(0xc0)
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
    expect(flags).toEqual([0x90, 0x90, 0xb0, 0x90])
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
