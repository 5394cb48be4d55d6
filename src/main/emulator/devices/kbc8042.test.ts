import { describe, expect, test } from 'vitest'
import { TICKS_PER_MILLISECOND } from '../machine/clock'
import { Kbc8042 } from './kbc8042'
import { portsOf, probe, TestClock } from './test-clock'

function controller(): {
  clock: TestClock
  kbc: Kbc8042
  io: ReturnType<typeof portsOf>
  irq1: ReturnType<typeof probe>
  a20: ReturnType<typeof probe>
  resets: () => number
  drain: () => number[]
} {
  const clock = new TestClock()
  const irq1 = probe()
  const a20 = probe()
  let resets = 0
  const kbc = new Kbc8042({ clock, irq1: irq1.line, irq12: () => undefined, a20: a20.line, resetMachine: () => resets++ })
  kbc.reset()
  const io = portsOf(kbc)
  const drain = (): number[] => {
    const bytes: number[] = []
    for (let i = 0; i < 40; i++) {
      clock.advance(TICKS_PER_MILLISECOND)
      if (io.in(0x64) & 1) bytes.push(io.in(0x60))
    }
    return bytes
  }
  return { clock, kbc, io, irq1, a20, resets: () => resets, drain }
}

describe('8042 and keyboard', () => {
  test.each([
    ['KeyA', [0x1e, 0x9e]],
    ['Enter', [0x1c, 0x9c]],
    ['Escape', [0x01, 0x81]],
    ['F1', [0x3b, 0xbb]],
    ['F7', [0x41, 0xc1]],
    ['F12', [0x58, 0xd8]],
    ['Space', [0x39, 0xb9]],
    ['ShiftLeft', [0x2a, 0xaa]],
    ['ShiftRight', [0x36, 0xb6]],
    ['ControlRight', [0xe0, 0x1d, 0xe0, 0x9d]],
    ['ArrowUp', [0xe0, 0x48, 0xe0, 0xc8]],
    ['Delete', [0xe0, 0x53, 0xe0, 0xd3]],
    ['NumpadEnter', [0xe0, 0x1c, 0xe0, 0x9c]],
    ['PrintScreen', [0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa]],
    ['Pause', [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5]],
  ])('%s sends its set 1 codes', (code, expected) => {
    const { kbc, drain } = controller()
    kbc.keyboard.key(code, true)
    kbc.keyboard.key(code, false)
    expect(drain()).toEqual(expected)
  })

  test('sends set 2 as it is without translation', () => {
    const { kbc, io, drain } = controller()
    io.out(0x64, 0x60)
    io.out(0x60, 0x05)
    kbc.keyboard.key('KeyA', true)
    kbc.keyboard.key('KeyA', false)
    expect(drain()).toEqual([0x1c, 0xf0, 0x1c])
  })

  test('raises IRQ 1 for each byte until it is read, and holds the next one back', () => {
    const { clock, kbc, io, irq1 } = controller()
    kbc.keyboard.key('KeyA', true)
    kbc.keyboard.key('KeyA', false)
    clock.advance(50 * TICKS_PER_MILLISECOND)
    expect(irq1.rises()).toBe(1)
    expect(irq1.level()).toBe(true)
    expect(io.in(0x60)).toBe(0x1e)
    expect(irq1.level()).toBe(false)
    clock.advance(TICKS_PER_MILLISECOND)
    expect(irq1.rises()).toBe(2)
  })

  test('answers self test, interface test and configuration', () => {
    const { io } = controller()
    io.out(0x64, 0xaa)
    expect([io.in(0x64) & 1, io.in(0x60)]).toEqual([1, 0x55])
    io.out(0x64, 0xab)
    expect(io.in(0x60)).toBe(0)
    io.out(0x64, 0x60)
    io.out(0x60, 0x47)
    io.out(0x64, 0x20)
    expect(io.in(0x60)).toBe(0x47)
  })

  test.each([
    ['reset', [0xff], [0xfa, 0xaa]],
    ['echo', [0xee], [0xee]],
    ['scan code set', [0xf0, 0x00], [0xfa, 0xfa, 0x41]],
    ['LEDs', [0xed, 0x07], [0xfa, 0xfa]],
    ['unknown command', [0x01], [0xfe]],
    ['enable', [0xf4], [0xfa]],
  ])('the keyboard answers %s', (_name, sent, answers) => {
    const { kbc, io, drain } = controller()
    io.out(0x60, ...sent)
    expect(drain()).toEqual(answers)
    if (sent[0] === 0xed) expect(kbc.keyboard.leds).toBe(7)
  })

  test('identifies itself as an MF2 keyboard', () => {
    const { io, drain } = controller()
    io.out(0x64, 0x60)
    io.out(0x60, 0x05)
    io.out(0x60, 0xf2)
    expect(drain()).toEqual([0xfa, 0xab, 0x83])
  })

  test('keeps keys back while its interface is off', () => {
    const { kbc, io, drain } = controller()
    io.out(0x64, 0xad)
    kbc.keyboard.key('KeyB', true)
    expect(drain()).toEqual([])
    io.out(0x64, 0xae)
    expect(drain()).toEqual([0x30])
  })

  test('marks an overrun when sixteen bytes are not enough', () => {
    const { kbc, drain } = controller()
    for (let i = 0; i < 20; i++) kbc.keyboard.key('KeyA', true)
    const bytes = drain()
    expect(bytes).toHaveLength(16)
    expect(bytes.at(-1)).toBe(0xff)
    kbc.keyboard.key('KeyB', true)
    expect(drain()).toEqual([0x30])
  })

  test('switches A20 by port 92h and by the output port', () => {
    const { io, a20 } = controller()
    expect(a20.level()).toBe(true)
    io.out(0x92, 0x00)
    expect(a20.level()).toBe(false)
    expect(io.in(0x92) & 2).toBe(0)
    io.out(0x64, 0xd1)
    io.out(0x60, 0xdf)
    expect(a20.level()).toBe(true)
    io.out(0x64, 0xd0)
    expect(io.in(0x60) & 2).toBe(2)
    io.out(0x64, 0xdd)
    expect(a20.level()).toBe(false)
  })

  test('resets the machine by FEh and by port 92h', () => {
    const { io, resets } = controller()
    io.out(0x64, 0xfe)
    io.out(0x92, 0x03)
    expect(resets()).toBe(2)
  })

  test('counts looks that found nothing', () => {
    const { kbc, io } = controller()
    io.in(0x64)
    io.in(0x64)
    expect(kbc.emptyPolls).toBe(2)
  })
})
