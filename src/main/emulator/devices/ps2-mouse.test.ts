import { describe, expect, test } from 'vitest'
import type { MouseMove } from '../../../shared/machine-schemas'
import { TICKS_PER_MILLISECOND } from '../machine/clock'
import { Kbc8042 } from './kbc8042'
import type { Ps2Mouse } from './ps2-mouse'
import { portsOf, probe, TestClock } from './test-clock'

const AUX_DATA = 0x21

interface Desk {
  clock: TestClock
  mouse: Ps2Mouse
  kbc: Kbc8042
  io: ReturnType<typeof portsOf>
  irq1: ReturnType<typeof probe>
  irq12: ReturnType<typeof probe>
  /** Sends bytes to the mouse and reads what it answers. */
  ask: (...bytes: number[]) => number[]
  /** Reads what the mouse sends within a time. */
  listen: (milliseconds?: number) => number[]
  move: (change: Partial<MouseMove>) => void
}

function desk(): Desk {
  const clock = new TestClock()
  const [irq1, irq12] = [probe(), probe()]
  const kbc = new Kbc8042({ clock, irq1: irq1.line, irq12: irq12.line, a20: () => undefined, resetMachine: () => undefined })
  kbc.reset()
  const io = portsOf(kbc)
  io.out(0x64, 0x60)
  io.out(0x60, 0x47) // both interrupts, both ports, translation
  const listen = (milliseconds = 20): number[] => {
    const bytes: number[] = []
    for (let i = 0; i < milliseconds * 5; i++) {
      clock.advance(TICKS_PER_MILLISECOND / 5)
      if ((io.in(0x64) & AUX_DATA) === AUX_DATA) bytes.push(io.in(0x60))
    }
    return bytes
  }
  const ask = (...bytes: number[]): number[] =>
    bytes.flatMap((byte) => {
      io.out(0x64, 0xd4)
      io.out(0x60, byte)
      return listen(2)
    })
  const move = (change: Partial<MouseMove>): void => kbc.mouse.move({ dx: 0, dy: 0, wheel: 0, buttons: 0, ...change })
  return { clock, mouse: kbc.mouse, kbc, io, irq1, irq12, ask, listen, move }
}

describe('PS/2 mouse', () => {
  test.each([
    ['reset', [0xff], [0xfa, 0xaa, 0x00]],
    ['identity', [0xf2], [0xfa, 0x00]],
    ['status after reset: disabled, stream, 1:1, 4 counts/mm, 100 a second', [0xe9], [0xfa, 0x00, 0x02, 0x64]],
    ['resolution', [0xe8, 0x03, 0xe9], [0xfa, 0xfa, 0xfa, 0x00, 0x03, 0x64]],
    ['sample rate', [0xf3, 0x28, 0xe9], [0xfa, 0xfa, 0xfa, 0x00, 0x02, 0x28]],
    ['modes in the status', [0xe7, 0xf0, 0xf4, 0xe9], [0xfa, 0xfa, 0xfa, 0xfa, 0x70, 0x02, 0x64]],
    ['defaults', [0xe7, 0xf0, 0xf4, 0xf6, 0xe9], [0xfa, 0xfa, 0xfa, 0xfa, 0xfa, 0x00, 0x02, 0x64]],
    ['an unknown command twice', [0x01, 0x01], [0xfe, 0xfc]],
    ['a bad value, then a good one', [0xf3, 0x2b, 0x50, 0xe9], [0xfa, 0xfe, 0xfa, 0xfa, 0x00, 0x02, 0x50]],
    ['wrap mode', [0xee, 0xf4, 0x55, 0xec], [0xfa, 0xf4, 0x55, 0xfa]],
    ['reset in wrap mode', [0xee, 0xff], [0xfa, 0xfa, 0xaa, 0x00]],
    ['resend', [0xf2, 0xfe], [0xfa, 0x00, 0xfa, 0x00]],
  ])('answers %s', (_name, sent, answers) => {
    expect(desk().ask(...sent)).toEqual(answers)
  })

  test('passes the interface test and raises IRQ 12, not IRQ 1', () => {
    const { io, clock, irq1, irq12 } = desk()
    io.out(0x64, 0xa9)
    expect(io.in(0x60)).toBe(0)
    const before = irq1.rises()
    io.out(0x64, 0xd4)
    io.out(0x60, 0xf2)
    clock.advance(TICKS_PER_MILLISECOND)
    expect([irq1.rises() - before, irq12.rises(), irq12.level()]).toEqual([0, 1, true])
    expect(io.in(0x64) & AUX_DATA).toBe(AUX_DATA)
    expect(io.in(0x60)).toBe(0xfa)
    expect(irq12.level()).toBe(false)
  })

  test('is silent until reports are enabled, and tells nothing of before', () => {
    const { ask, listen, move, mouse } = desk()
    move({ dx: 5 })
    expect([mouse.listened, listen()]).toEqual([false, []])
    ask(0xf4)
    expect([mouse.listened, listen()]).toEqual([true, []])
    move({ dx: 3, dy: 2 })
    expect(listen()).toEqual([0x28, 3, 0xfe])
  })

  test('tells buttons, signs, and movement beyond nine bits in further reports', () => {
    const { ask, listen, move } = desk()
    ask(0xf4)
    move({ buttons: 0x05, dx: -1, dy: -1 })
    expect(listen()).toEqual([0x1d, 0xff, 0x01])
    move({ dx: 300 })
    expect(listen(40)).toEqual([0x08, 0xff, 0x00, 0x08, 45, 0x00])
  })

  test('keeps to the sample rate', () => {
    const { ask, listen, move } = desk()
    ask(0xf3, 10, 0xf4)
    move({ dx: 1 })
    listen(5)
    move({ dx: 1 })
    move({ dx: 1 })
    expect(listen(80)).toEqual([])
    expect(listen(40)).toEqual([0x08, 2, 0])
  })

  test('becomes a mouse with a wheel by 200, 100, 80', () => {
    const { ask, listen, move } = desk()
    expect(ask(0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf2).slice(-2)).toEqual([0xfa, 3])
    ask(0xf4)
    move({ wheel: -1 })
    expect(listen()).toEqual([0x08, 0, 0, 0xff])
    expect(ask(0xff)).toEqual([0xfa, 0xaa, 0])
  })

  test('has five buttons after 200, 200, 80', () => {
    const { ask, listen, move } = desk()
    expect(ask(0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf3, 200, 0xf3, 200, 0xf3, 80, 0xf2).slice(-2)).toEqual([0xfa, 4])
    ask(0xf4)
    move({ wheel: -1, buttons: 0x11 })
    expect(listen()).toEqual([0x09, 0, 0, 0x2f])
  })

  test('in remote mode tells only when asked', () => {
    const { ask, listen, move } = desk()
    ask(0xf0, 0xf4)
    move({ dx: 7 })
    expect(listen()).toEqual([])
    expect(ask(0xeb)).toEqual([0xfa, 0x08, 7, 0])
    expect(ask(0xeb)).toEqual([0xfa, 0x08, 0, 0])
  })

  test.each([
    [1, 1],
    [2, 1],
    [3, 3],
    [5, 9],
    [10, 20],
  ])('with scaling 2:1 tells %d as %d', (counts, told) => {
    const { ask, listen, move } = desk()
    ask(0xe7, 0xf4)
    move({ dx: counts })
    expect(listen()).toEqual([0x08, told, 0])
  })

  test('counts as many as the resolution says', () => {
    const { ask, listen, move } = desk()
    ask(0xe8, 0x03, 0xf4)
    move({ dx: 4 })
    expect(listen()).toEqual([0x08, 8, 0])
    ask(0xe8, 0x00)
    move({ dx: 3 })
    expect(listen()).toEqual([])
    move({ dx: 1 })
    expect(listen()).toEqual([0x08, 1, 0])
  })

  test('keeps its bytes while its port is off, and shares the way with the keyboard', () => {
    const { io, clock, kbc, ask, listen, move } = desk()
    ask(0xf4)
    io.out(0x64, 0xa7)
    move({ dx: 1 })
    expect(listen()).toEqual([])
    kbc.keyboard.key('KeyA', true)
    io.out(0x64, 0xa8)
    const seen: [number, number][] = []
    for (let i = 0; i < 10; i++) {
      clock.advance(TICKS_PER_MILLISECOND)
      const status = io.in(0x64) & AUX_DATA
      if (status & 1) seen.push([status, io.in(0x60)])
    }
    expect(seen).toEqual([[1, 0x1e], [0x21, 0x08], [0x21, 1], [0x21, 0]])
  })

  test('whatever is written to it, what waits stays small', () => {
    const { io, mouse, move } = desk()
    for (let i = 0; i < 5000; i++) {
      io.out(0x64, 0xd4)
      io.out(0x60, (i * 37) & 0xff)
      move({ dx: 1e9, dy: -1e9, wheel: 1e9, buttons: i })
    }
    let bytes = 0
    while (mouse.take() !== undefined) bytes++
    expect(bytes).toBeLessThan(10)
  })
})
