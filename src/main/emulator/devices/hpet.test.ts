import { describe, expect, test } from 'vitest'
import { Hpet } from './hpet'
import { probe, TestClock } from './test-clock'

const [CONFIGURATION, STATUS, COUNTER] = [0x10, 0x20, 0xf0]
const timer = (index: number): number => 0x100 + 0x20 * index
const comparator = (index: number): number => timer(index) + 8
/** Interrupt enable, level, periodic, set value, 32 bits. */
const [ENABLE, LEVEL, PERIODIC, SET, NARROW] = [4, 2, 8, 0x40, 0x100]
const route = (input: number): number => input << 9

function hpet(): { clock: TestClock; chip: Hpet; irq0: ReturnType<typeof probe>; irq8: ReturnType<typeof probe>; inputs: Map<number, boolean[]>; get: (at: number) => bigint; put: (at: number, low: number, high?: number) => void } {
  const clock = new TestClock()
  const [irq0, irq8] = [probe(), probe()]
  const inputs = new Map<number, boolean[]>()
  const chip = new Hpet({ clock, irq0: irq0.line, irq8: irq8.line, input: (index, level) => inputs.set(index, [...(inputs.get(index) ?? []), level]) })
  return {
    clock, chip, irq0, irq8, inputs,
    get: (at) => BigInt(chip.read(at, 4)) | (BigInt(chip.read(at + 4, 4)) << 32n),
    put: (at, low, high) => {
      chip.write(at, 4, low)
      if (high !== undefined) chip.write(at + 4, 4, high)
    },
  }
}

describe('HPET', () => {
  test('says what it is: 10 ns a count, three timers of 64 bits, legacy replacement', () => {
    const { get } = hpet()
    expect(get(0)).toBe((10_000_000n << 32n) | 0x8086_a201n)
    expect(get(timer(2))).toBe((0x00f0_0000n << 32n) | 0x30n)
  })

  test('its counter stands until it is enabled, and can be set while it stands', () => {
    const { clock, get, put } = hpet()
    clock.advance(50)
    expect(get(COUNTER)).toBe(0n)
    put(COUNTER, 0xffff_fff0, 1)
    put(CONFIGURATION, 1)
    clock.advance(0x20)
    expect(get(COUNTER)).toBe(0x2_0000_0010n)
    put(CONFIGURATION, 0)
    clock.advance(100)
    expect(get(COUNTER)).toBe(0x2_0000_0010n)
  })

  test('a timer interrupts at its comparator, at an input of its own, once', () => {
    const { clock, inputs, put } = hpet()
    put(timer(2), ENABLE | route(21))
    put(comparator(2), 1000, 0)
    put(CONFIGURATION, 1)
    clock.advance(999)
    expect(inputs.get(21) ?? []).not.toContain(true)
    clock.advance(1)
    expect(inputs.get(21)?.filter(Boolean)).toHaveLength(1)
    clock.advance(100_000)
    expect(inputs.get(21)?.filter(Boolean)).toHaveLength(1)
  })

  test('a level stays until its status is cleared', () => {
    const { clock, inputs, get, put } = hpet()
    put(timer(1), ENABLE | LEVEL | route(20))
    put(comparator(1), 10, 0)
    put(CONFIGURATION, 1)
    clock.advance(10)
    expect([inputs.get(20)?.at(-1), get(STATUS)]).toEqual([true, 2n])
    put(STATUS, 1)
    expect(inputs.get(20)?.at(-1)).toBe(true)
    put(STATUS, 2)
    expect([inputs.get(20)?.at(-1), get(STATUS)]).toEqual([false, 0n])
  })

  test.each([['with 64-bit writes', 0], ['with 32-bit writes', undefined]])('periodic in place of the 8254, %s of comparator and period', (_name, high) => {
    const { clock, irq0, get, put } = hpet()
    put(timer(0), ENABLE | PERIODIC | SET | (high === undefined ? NARROW : 0))
    put(comparator(0), 500, high)
    clock.advance(1)
    put(comparator(0), 200, high)
    put(CONFIGURATION, 3)
    clock.advance(499)
    expect(irq0.rises()).toBe(0)
    clock.advance(1)
    expect(irq0.rises()).toBe(1)
    clock.advance(1000)
    expect([irq0.rises(), get(comparator(0))]).toEqual([6, 1700n])
  })

  test('a period of one tick is heard once in 2 µs; the next ones come where they belong', () => {
    const { clock, irq0, put } = hpet()
    put(timer(0), ENABLE | PERIODIC | SET)
    put(comparator(0), 1, 0)
    put(CONFIGURATION, 3)
    clock.advance(100_000)
    expect(irq0.rises()).toBe(500)
    put(timer(0), ENABLE | PERIODIC | SET)
    put(comparator(0), 102_000, 0)
    clock.advance(1)
    put(comparator(0), 5000, 0)
    clock.advance(52_000)
    expect(irq0.rises()).toBe(500 + 11)
  })

  test('legacy replacement takes the lines of 8254 and clock, and gives them back', () => {
    const { chip, clock, irq0, irq8, put } = hpet()
    chip.timerLine(true)
    expect(irq0.level()).toBe(true)
    put(timer(1), ENABLE)
    put(comparator(1), 100, 0)
    put(CONFIGURATION, 3)
    expect(irq0.level()).toBe(false)
    chip.timerLine(false)
    chip.timerLine(true)
    expect(irq0.level()).toBe(false)
    clock.advance(100)
    expect(irq8.rises()).toBe(1)
    put(CONFIGURATION, 1)
    expect([irq0.level(), irq8.level()]).toEqual([true, false])
  })

  test('with 32 bits a comparator is met again after a round', () => {
    const { clock, inputs, put } = hpet()
    put(timer(0), ENABLE | NARROW | route(22))
    put(comparator(0), 5)
    put(CONFIGURATION, 1)
    clock.advance(2 ** 32 + 4)
    expect(inputs.get(22)?.filter(Boolean)).toHaveLength(1)
    clock.advance(1)
    expect(inputs.get(22)?.filter(Boolean)).toHaveLength(2)
  })

  test('any access in any width is survived', () => {
    const { chip, clock } = hpet()
    let seed = 3
    const random = (below: number): number => (seed = (seed * 48271) % 0x7fff_ffff) % below
    for (let i = 0; i < 5000; i++) {
      const size = ([1, 2, 4] as const)[random(3)] ?? 4
      const offset = random(0x400 / size) * size
      if (random(2) === 0) chip.write(offset, size, random(0x7fff_ffff) * 2 + random(2))
      else {
        const value = chip.read(offset, size)
        expect(value >= 0 && value < 2 ** (8 * size)).toBe(true)
      }
      if (random(20) === 0) clock.advance(1)
    }
  })
})
