import { describe, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../machine/clock'
import { AcpiPm, PM_BASE, PM_MISC } from './acpi-pm'
import { PciConfig } from './pci-config'
import { portsOf, probe, TestClock } from './test-clock'

const [STATUS, ENABLE, CONTROL, TIMER] = [0, 2, 4, 8]
const APM = 0xb2
const HERTZ = 3_579_545
/** The timer's highest bit changes every 2^23 counts. */
const HALF = 2 ** 23

function pm(): { clock: TestClock; chip: AcpiPm; sci: ReturnType<typeof probe>; off: () => number; sleeps: () => number; mapped: number[]; out: (port: number, value: number) => void } {
  const clock = new TestClock()
  const sci = probe()
  let offs = 0
  let sleeps = 0
  const mapped: number[] = []
  const chip = new AcpiPm({
    clock, sci: sci.line, powerOff: () => void offs++, sleep: () => void sleeps++,
    map: (first) => {
      mapped.push(first)
      return () => void mapped.splice(mapped.indexOf(first), 1)
    },
  })
  chip.reset()
  return { clock, chip, sci, off: () => offs, sleeps: () => sleeps, mapped, out: portsOf(chip).out }
}

describe('PIIX4 power management', () => {
  test('answers where its base register says, once it is enabled', () => {
    const { chip, mapped } = pm()
    const config = new PciConfig(chip)
    config.write(PM_BASE, 4, 0x1234_b07f)
    chip.configured(config)
    expect([mapped, config.read(PM_BASE, 4)]).toEqual([[], 0xb041])
    config.write(PM_MISC, 1, 0xff)
    chip.configured(config)
    expect(mapped).toEqual([0xb040])
    config.write(PM_BASE, 4, 0x600)
    chip.configured(config)
    expect(mapped).toEqual([0x600])
  })

  test('the timer counts 3.579545 MHz in 24 bits, exactly, for hours', () => {
    const { clock, chip } = pm()
    clock.advance(TICKS_PER_SECOND)
    expect(chip.read(TIMER, 4)).toBe(HERTZ)
    clock.advance(9999 * TICKS_PER_SECOND)
    expect(chip.read(TIMER, 4)).toBe((10_000 * HERTZ) % 2 ** 24)
    expect(chip.read(TIMER, 2) + chip.read(TIMER + 2, 2) * 65536).toBe(chip.read(TIMER, 4))
  })

  test('a change of its highest bit is an event; SCI says so when it is enabled', () => {
    const { clock, chip, sci, out } = pm()
    const half = Math.ceil((HALF * TICKS_PER_SECOND) / HERTZ)
    clock.advance(half - 1)
    expect(chip.read(STATUS, 2)).toBe(0)
    clock.advance(1)
    expect([chip.read(STATUS, 2), sci.level()]).toEqual([1, false])
    chip.write(ENABLE, 2, 1)
    expect(sci.level()).toBe(false) // SCI_EN is off
    out(APM, 0xf1)
    expect([sci.level(), chip.read(CONTROL, 2) & 1]).toEqual([true, 1])
    chip.write(STATUS, 2, 1)
    expect([sci.level(), chip.read(STATUS, 2)]).toEqual([false, 0])
    clock.advance(half)
    expect([sci.level(), sci.rises()]).toEqual([true, 2])
    out(APM, 0xf0)
    expect([sci.level(), chip.read(CONTROL, 2) & 1]).toEqual([false, 0])
  })

  test('SLP_EN with the type of S5 switches off, written as a word or as its upper byte; other types do not', () => {
    const { chip, off, sleeps } = pm()
    chip.write(CONTROL, 2, 0x2800)
    expect([off(), sleeps(), chip.asleep]).toEqual([0, 0, false])
    chip.write(CONTROL, 2, 0x2000)
    expect(off()).toBe(1)
    chip.write(CONTROL, 2, 0x0001)
    chip.write(CONTROL + 1, 1, 0x20)
    expect([off(), chip.read(CONTROL, 2)]).toEqual([2, 1]) // SLP_EN reads as 0, SCI_EN is kept
  })

  test('SLP_EN with the type of S3 lets the board sleep, until the clock wakes it, if it may', () => {
    const { chip, off, sleeps, sci, out } = pm()
    chip.clockLine(true)
    expect(chip.read(STATUS, 2)).toBe(0x400)
    chip.write(STATUS, 2, 0x400)
    chip.write(CONTROL, 2, 0x2400)
    expect([off(), sleeps(), chip.asleep, chip.wakes]).toEqual([0, 1, true, false])
    chip.clockLine(true)
    expect(chip.wakes).toBe(false) // RTC_EN is off
    chip.write(ENABLE, 2, 0x400)
    expect(chip.wakes).toBe(true)
    chip.wake(() => chip.reset())
    expect([chip.asleep, chip.wakes, chip.read(STATUS, 2), chip.read(ENABLE, 2), chip.read(CONTROL, 2)]).toEqual([false, false, 0x8400, 0, 0])
    // An event of the clock is one for SCI, too; that the board has woken is none.
    out(APM, 0xf1)
    chip.write(ENABLE, 2, 0xffff)
    expect(sci.level()).toBe(true)
    chip.write(STATUS, 2, 0x400)
    expect([sci.level(), chip.read(STATUS, 2)]).toEqual([false, 0x8000])
    chip.write(STATUS, 2, 0x8000)
    expect(chip.read(STATUS, 2)).toBe(0)
  })

  test('a board that wants to sleep while its clock rings wakes at once; a key wakes it, too, but only then', () => {
    const { chip } = pm()
    chip.clockLine(true)
    chip.write(ENABLE, 2, 0x400)
    expect(chip.wakes).toBe(false)
    chip.write(CONTROL, 2, 0x2400)
    expect(chip.wakes).toBe(true)
    const other = pm().chip
    other.keyPressed()
    other.write(CONTROL, 2, 0x2400)
    expect(other.wakes).toBe(false)
    other.keyPressed()
    expect(other.wakes).toBe(true)
    other.wake(() => other.reset())
    expect([other.asleep, other.read(STATUS, 2)]).toEqual([false, 0x8000])
  })

  test('any access in any width is survived', () => {
    const { chip, clock } = pm()
    let seed = 11
    const random = (below: number): number => (seed = (seed * 48271) % 0x7fff_ffff) % below
    for (let i = 0; i < 20_000; i++) {
      const size = ([1, 2, 4] as const)[random(3)] ?? 4
      const offset = random(65 - size)
      if (random(2) === 0) chip.write(offset, size, random(0x7fff_ffff) * 2)
      else expect(chip.read(offset, size)).toBeGreaterThanOrEqual(0)
      clock.advance(random(1000))
    }
  })
})
