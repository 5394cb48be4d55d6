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

/** The commands one by one (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller" and "Keyboards (101- and 102-Key)"). */
describe('8042 by its technical reference', () => {
  const RAW = 0x05

  /** Without translation. */
  function raw(): ReturnType<typeof controller> {
    const bench = controller()
    bench.io.out(0x64, 0x60)
    bench.io.out(0x60, RAW)
    return bench
  }

  test('Status: output full, system flag, which port was written, not inhibited; the buffer keeps its byte', () => {
    const { io } = controller()
    expect(io.in(0x64)).toBe(0x14)
    io.out(0x64, 0x20)
    expect(io.in(0x64)).toBe(0x1d)
    expect([io.in(0x60), io.in(0x64), io.in(0x60)]).toEqual([0x65, 0x1c, 0x65])
    io.out(0x60, 0xee)
    expect(io.in(0x64) & 0x08).toBe(0)
    io.out(0x64, 0x60)
    io.out(0x60, 0x41)
    expect(io.in(0x64) & 0x04).toBe(0)
    io.out(0x64, 0xaa)
    expect(io.in(0x64) & 0x04).toBe(0x04)
  })

  test('20h–3Fh and 60h–7Fh: the controller’s RAM', () => {
    const { io } = controller()
    for (let at = 1; at < 32; at++) {
      io.out(0x64, 0x60 + at)
      io.out(0x60, 0x80 + at)
    }
    for (let at = 1; at < 32; at++) {
      io.out(0x64, 0x20 + at)
      expect(io.in(0x60)).toBe(0x80 + at)
    }
  })

  test('A7h, A8h, ADh, AEh: bits of the command byte', () => {
    const { io } = controller()
    const after = (command: number): number => {
      io.out(0x64, command, 0x20)
      return io.in(0x60)
    }
    expect([0xa8, 0xa7, 0xad, 0xae].map(after)).toEqual([0x45, 0x65, 0x75, 0x65])
  })

  test('A9h, AAh, ABh: tests passed; C0h: the keyboard is not locked', () => {
    const { io, irq1 } = controller()
    const answers = [0xa9, 0xaa, 0xab, 0xc0].map((command) => {
      io.out(0x64, command)
      expect([io.in(0x64) & 0x21, irq1.level()]).toEqual([0x01, true])
      return io.in(0x60)
    })
    expect(answers).toEqual([0x00, 0x55, 0x00, 0x80])
  })

  test('D0h: the output port tells A20 and the buffers’ interrupts; D1h with bit 0 clear resets', () => {
    const { io, a20, resets, kbc, clock } = controller()
    io.out(0x64, 0xd1)
    io.out(0x60, 0x01)
    expect(a20.level()).toBe(false)
    io.out(0x64, 0xd0)
    expect(io.in(0x60)).toBe(0x01)
    io.out(0x64, 0xd1)
    io.out(0x60, 0x03)
    kbc.keyboard.key('KeyA', true)
    clock.advance(TICKS_PER_MILLISECOND)
    io.out(0x64, 0xd0)
    expect([io.in(0x60), resets()]).toEqual([0x13, 0])
    io.out(0x64, 0xd1)
    io.out(0x60, 0x02)
    expect(resets()).toBe(1)
  })

  test('D2h and D3h: a byte as if keyboard or mouse had sent it', () => {
    const clock = new TestClock()
    const [irq1, irq12] = [probe(), probe()]
    const kbc = new Kbc8042({ clock, irq1: irq1.line, irq12: irq12.line, a20: () => undefined, resetMachine: () => undefined })
    kbc.reset()
    const io = portsOf(kbc)
    io.out(0x64, 0x60)
    io.out(0x60, 0x47)
    io.out(0x64, 0xd2)
    io.out(0x60, 0x1c)
    expect([irq1.level(), irq12.level(), io.in(0x64) & 0x21, io.in(0x60)]).toEqual([true, false, 0x01, 0x1c])
    io.out(0x64, 0xd3)
    io.out(0x60, 0x77)
    expect([irq1.level(), irq12.level(), io.in(0x64) & 0x21, io.in(0x60), irq12.level()]).toEqual([false, true, 0x21, 0x77, false])
  })

  test('F0h–FFh: only those with bit 0 clear pulse the reset line', () => {
    const { io, resets } = controller()
    for (let command = 0xf0; command <= 0xff; command++) io.out(0x64, command)
    expect(resets()).toBe(8)
  })

  test('a command that is not known changes nothing; a command in place of an argument takes its place', () => {
    const { io, a20, drain } = controller()
    for (const command of [0x00, 0x5f, 0x80, 0xa0, 0xbf, 0xc7, 0xdc, 0xef]) io.out(0x64, command)
    expect([drain(), io.in(0x64) & 1]).toEqual([[], 0])
    io.out(0x64, 0xd1, 0x20)
    expect(io.in(0x60)).toBe(0x65)
    io.out(0x60, 0xee)
    expect([a20.level(), drain()]).toEqual([true, [0xee]])
  })

  test('without IRQ 1 in the command byte a key makes none, and is there', () => {
    const { io, irq1, kbc, clock } = controller()
    io.out(0x64, 0x60)
    io.out(0x60, 0x44)
    kbc.keyboard.key('KeyA', true)
    clock.advance(TICKS_PER_MILLISECOND)
    expect([irq1.level(), io.in(0x64) & 1]).toEqual([false, 1])
    io.out(0x64, 0x60)
    io.out(0x60, 0x45)
    expect([irq1.level(), io.in(0x60)]).toEqual([true, 0x1e])
  })

  test('translation: the identity and the scan code set come translated, too', () => {
    const { io, drain } = controller()
    io.out(0x60, 0xf2)
    expect(drain()).toEqual([0xfa, 0xab, 0x41])
    const sets = [1, 2, 3].map((set) => {
      io.out(0x60, 0xf0, set, 0xf0, 0)
      return drain().at(-1)
    })
    expect(sets).toEqual([0x43, 0x41, 0x3f])
  })

  test('keyboard EDh, F0h, F3h: an argument that cannot be is refused; a command in its place is done', () => {
    const { io, kbc, drain } = raw()
    io.out(0x60, 0xf0, 0x04)
    expect(drain()).toEqual([0xfa, 0xfe])
    io.out(0x60, 0xed, 0xee)
    expect(drain()).toEqual([0xfa, 0xee])
    io.out(0x60, 0xf3, 0x7f, 0xed, 0x02)
    expect([drain(), kbc.keyboard.leds]).toEqual([[0xfa, 0xfa, 0xfa, 0xfa], 2])
  })

  test('keyboard F4h, F5h, F6h: scanning on and off; keys that wait are forgotten; defaults are set 2', () => {
    const { io, kbc, drain } = raw()
    const press = (): void => kbc.keyboard.key('KeyA', true)
    io.out(0x60, 0xf0, 0x01)
    drain()
    press()
    io.out(0x60, 0xf5)
    press()
    expect(drain()).toEqual([0xfa])
    io.out(0x60, 0xf4)
    press()
    expect(drain()).toEqual([0xfa, 0x1c])
    io.out(0x60, 0xf0, 0x01)
    io.out(0x60, 0xf6)
    press()
    expect(drain()).toEqual([0xfa, 0xfa, 0xfa, 0x1c])
  })

  test('keyboard FEh: the last byte again; FFh: acknowledged, then passed, with scanning on', () => {
    const { io, kbc, drain } = raw()
    kbc.keyboard.key('KeyA', true)
    drain()
    io.out(0x60, 0xfe)
    expect(drain()).toEqual([0x1c])
    io.out(0x60, 0xf5, 0xff)
    expect(drain()).toEqual([0xfa, 0xfa, 0xaa])
    kbc.keyboard.key('KeyB', true)
    expect(drain()).toEqual([0x32])
  })

  test('keyboard, scan code set 1 as the keyboard itself sends it', () => {
    const { io, kbc, drain } = raw()
    io.out(0x60, 0xf0, 0x01)
    drain()
    for (const down of [true, false]) kbc.keyboard.key('ArrowUp', down)
    expect(drain()).toEqual([0xe0, 0x48, 0xe0, 0xc8])
  })

  test('keyboard, scan code set 3: one code a key; letters repeat, Shift tells its release, F1 neither', () => {
    const { io, kbc, drain } = raw()
    io.out(0x60, 0xf0, 0x03)
    expect(drain()).toEqual([0xfa, 0xfa])
    const stroke = (key: string): number[] => {
      for (const down of [true, true, false]) kbc.keyboard.key(key, down)
      return drain()
    }
    expect(['KeyA', 'ShiftLeft', 'F1', 'ArrowUp', 'NumpadEnter', 'Pause'].map(stroke)).toEqual([[0x1c, 0x1c], [0x12, 0xf0, 0x12], [0x07], [0x63, 0x63], [0x79], [0x62]])
  })

  test('keyboard F7h–FDh: types of keys in set 3; those of single keys stop scanning', () => {
    const { io, kbc, drain } = raw()
    const stroke = (key: string): number[] => {
      for (const down of [true, true, false]) kbc.keyboard.key(key, down)
      return drain()
    }
    io.out(0x60, 0xf0, 0x03)
    drain()
    const strokes = [0xf7, 0xf8, 0xf9, 0xfa].map((command) => {
      io.out(0x60, command)
      expect(drain()).toEqual([0xfa])
      return stroke('F1')
    })
    expect(strokes).toEqual([[7, 7], [7, 0xf0, 7], [7], [7, 7, 0xf0, 7]])
    io.out(0x60, 0xf6, 0xf0, 0x03, 0xfc, 0x07, 0x1c)
    expect(drain()).toHaveLength(6)
    expect(stroke('F1')).toEqual([])
    io.out(0x60, 0xfd, 0x29, 0xf4)
    expect(drain()).toEqual([0xfa, 0xfa, 0xfa])
    expect(['F1', 'KeyA', 'Space', 'KeyB'].map(stroke)).toEqual([[7, 0xf0, 7], [0x1c, 0xf0, 0x1c], [0x29], [0x32, 0x32]])
  })
})
