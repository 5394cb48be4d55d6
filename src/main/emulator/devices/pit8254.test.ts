import { describe, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../machine/clock'
import { periodsAt, Pit8254, PIT_HERTZ, tickOf } from './pit8254'
import { portsOf, probe, TestClock } from './test-clock'

function pit(): { clock: TestClock; io: ReturnType<typeof portsOf>; irq: ReturnType<typeof probe>; periods: (count: number) => void } {
  const clock = new TestClock()
  const irq = probe()
  const chip = new Pit8254(clock, irq.line)
  chip.reset()
  const before = irq.rises()
  return { clock, io: portsOf(chip), irq: { ...irq, rises: () => irq.rises() - before }, periods: (count) => clock.advance(tickOf(periodsAt(clock.now()) + count) - clock.now()) }
}

describe('8254', () => {
  test('ticks 18.2 times a second with the BIOS’s setting', () => {
    const { clock, io, irq } = pit()
    io.out(0x43, 0x34)
    io.out(0x40, 0, 0)
    clock.advance(10 * TICKS_PER_SECOND)
    expect(irq.rises()).toBe(Math.floor((10 * PIT_HERTZ) / 65536))
  })

  test('mode 2 at 1000 Hz does not drift', () => {
    const { clock, io, irq } = pit()
    io.out(0x43, 0x34)
    io.out(0x40, 1193 & 0xff, 1193 >> 8)
    clock.advance(60 * TICKS_PER_SECOND)
    expect(irq.rises()).toBe(Math.floor((60 * PIT_HERTZ) / 1193))
  })

  test('counts down and latches', () => {
    const { io, periods } = pit()
    io.out(0x43, 0x34)
    io.out(0x40, 0x00, 0x10)
    periods(0x123)
    io.out(0x43, 0x00)
    periods(5)
    expect(io.in(0x40) | (io.in(0x40) << 8)).toBe(0x1000 - 0x123)
    expect(io.in(0x40) | (io.in(0x40) << 8)).toBe(0x1000 - 0x128)
  })

  test('mode 0 interrupts once; OUT stays high', () => {
    const { io, irq, periods } = pit()
    io.out(0x43, 0x30)
    io.out(0x40, 100, 0)
    periods(99)
    expect(irq.rises()).toBe(0)
    periods(1)
    expect(irq.rises()).toBe(1)
    periods(70_000)
    expect(irq.rises()).toBe(1)
  })

  test('mode 3 counts by two and is high in the first half', () => {
    const { io, periods } = pit()
    io.out(0x61, 0x01)
    io.out(0x43, 0xb6)
    io.out(0x42, 100, 0)
    periods(10)
    expect(io.in(0x42) | (io.in(0x42) << 8)).toBe(80)
    expect(io.in(0x61) & 0x20).toBe(0x20)
    periods(50)
    expect(io.in(0x61) & 0x20).toBe(0)
    periods(45)
    expect(io.in(0x61) & 0x20).toBe(0x20)
  })

  test('mode 0 on counter 2 measures time through port 61h, only while the gate is open', () => {
    const { io, periods } = pit()
    io.out(0x61, 0x00)
    io.out(0x43, 0xb0)
    io.out(0x42, 50, 0)
    periods(500)
    expect(io.in(0x61) & 0x20).toBe(0)
    io.out(0x61, 0x01)
    periods(30)
    io.out(0x61, 0x00)
    periods(500)
    expect(io.in(0x61) & 0x20).toBe(0)
    io.out(0x61, 0x01)
    periods(20)
    expect(io.in(0x61) & 0x20).toBe(0x20)
  })

  test('a new count in mode 2 waits for the end of the running cycle', () => {
    const { io, irq, periods } = pit()
    io.out(0x43, 0x34)
    io.out(0x40, 100, 0)
    periods(50)
    io.out(0x40, 10, 0)
    periods(49)
    expect(irq.rises()).toBe(0)
    periods(1)
    expect(irq.rises()).toBe(1)
    periods(30)
    expect(irq.rises()).toBe(4)
  })

  test('read-back gives status: OUT, null count, access, mode, BCD', () => {
    const { io, periods } = pit()
    io.out(0x43, 0x36)
    io.out(0x43, 0xe2)
    expect(io.in(0x40)).toBe(0x80 | 0x40 | 0x36)
    io.out(0x40, 0, 0x10)
    periods(1)
    io.out(0x43, 0xe2)
    expect(io.in(0x40)).toBe(0x80 | 0x36)
  })

  /** OUT of counter 2, from port 61h. */
  const out = (io: ReturnType<typeof portsOf>): boolean => (io.in(0x61) & 0x20) !== 0
  const gate = (io: ReturnType<typeof portsOf>, up: boolean): void => io.out(0x61, up ? 1 : 0)

  test('mode 1 is a one-shot that a rising gate starts, and starts anew', () => {
    const { io, periods } = pit()
    gate(io, false)
    io.out(0x43, 0xb2)
    io.out(0x42, 100, 0)
    periods(200)
    expect(out(io)).toBe(true) // not triggered yet
    gate(io, true)
    periods(60)
    expect(out(io)).toBe(false)
    gate(io, false)
    gate(io, true)
    periods(99)
    expect(out(io)).toBe(false)
    periods(1)
    expect(out(io)).toBe(true)
  })

  test('mode 4 strobes for one period when the count is over, once; a low gate holds it', () => {
    const { io, periods } = pit()
    gate(io, true)
    io.out(0x43, 0xb8)
    io.out(0x42, 100, 0)
    periods(50)
    gate(io, false)
    periods(1000)
    gate(io, true)
    periods(49)
    expect(out(io)).toBe(true)
    periods(1)
    expect(out(io)).toBe(false)
    periods(1)
    expect(out(io)).toBe(true)
    periods(65_000)
    expect(out(io)).toBe(true)
  })

  test('mode 5 strobes after a rising gate, whatever the gate does meanwhile', () => {
    const { io, periods } = pit()
    gate(io, false)
    io.out(0x43, 0xba)
    io.out(0x42, 100, 0)
    periods(150)
    gate(io, true)
    gate(io, false)
    periods(99)
    expect(out(io)).toBe(true)
    periods(1)
    expect(out(io)).toBe(false)
    periods(1)
    expect(out(io)).toBe(true)
  })

  test('mode 2 is low in its last period; modes 6 and 7 are 2 and 3', () => {
    for (const control of [0xb4, 0xbc]) {
      const { io, periods } = pit()
      gate(io, true)
      io.out(0x43, control)
      io.out(0x42, 10, 0)
      periods(8)
      expect(out(io)).toBe(true)
      periods(1)
      expect(out(io)).toBe(false)
      periods(1)
      expect(out(io)).toBe(true)
    }
  })

  test('counts in BCD', () => {
    const { io, periods } = pit()
    io.out(0x43, 0x31)
    io.out(0x40, 0x00, 0x10)
    periods(1)
    expect(io.in(0x40) | (io.in(0x40) << 8)).toBe(0x0999)
  })

  test('low-byte access takes one byte', () => {
    const { io, irq, periods } = pit()
    io.out(0x43, 0x10)
    io.out(0x40, 20)
    periods(20)
    expect(irq.rises()).toBe(1)
  })

  test('tells the tone of the speaker while gate and speaker are on', () => {
    const tones: number[] = []
    const chip = new Pit8254(new TestClock(), () => undefined, (hertz) => tones.push(Math.round(hertz)))
    chip.reset()
    const io = portsOf(chip)
    io.out(0x43, 0xb6)
    io.out(0x42, 1193 & 0xff, 1193 >> 8)
    expect(tones).toEqual([])
    io.out(0x61, 0x03, 0x03)
    io.out(0x42, 0x52, 0x09) // 2386
    io.out(0x61, 0x00)
    // One shot: no tone.
    io.out(0x43, 0xb0)
    io.out(0x42, 0x00, 0x10)
    io.out(0x61, 0x03)
    expect(tones).toEqual([1000, 500, 0])
    io.out(0x43, 0xb6)
    io.out(0x42, 0x00, 0x10)
    chip.reset()
    expect(tones).toEqual([1000, 500, 0, 291, 0])
  })
})
