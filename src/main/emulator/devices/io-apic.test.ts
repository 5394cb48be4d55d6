import { describe, expect, test } from 'vitest'
import { IO_APIC_INPUTS, IoApic } from './io-apic'
import { Apic } from './local-apic-registers'
import { apicBench } from './test-apic'

const [LEVEL, MASKED, LOGICAL] = [0x8000, 0x1_0000, 0x800]
const REMOTE_IRR = 0x4000
const ACTIVE_LOW = 0x2000

function board(): { io: IoApic; read: (register: number) => number; write: (register: number, value: number) => void; entry: (input: number) => number; route: (input: number, low: number, destination?: number) => void; take: (id?: number) => number | undefined; end: (id?: number) => void } {
  const { bus, apics } = apicBench(2)
  apics.forEach((apic, id) => {
    apic.write(Apic.spurious, 4, 0x1ff)
    apic.write(Apic.logicalDestination, 4, 1 << (24 + id))
  })
  const io = new IoApic(bus, 5, (input) => (input < 16 ? 'high' : input < 20 ? 'low' : 'either'))
  const read = (register: number): number => {
    io.write(0, 4, register)
    return io.read(0x10, 4)
  }
  const write = (register: number, value: number): void => {
    io.write(0, 4, register)
    io.write(0x10, 4, value)
  }
  return {
    io, read, write,
    entry: (input) => read(0x10 + 2 * input),
    route: (input, low, destination = 0) => {
      write(0x11 + 2 * input, destination << 24)
      write(0x10 + 2 * input, low)
    },
    take: (id = 0) => (apics[id]?.pending === true ? apics[id].acknowledge() : undefined),
    end: (id = 0) => apics[id]?.write(Apic.endOfInterrupt, 4, 0),
  }
}

describe('82093AA', () => {
  test('has its registers behind a window: identifier, version, arbitration, 24 masked entries', () => {
    const { read, write, entry } = board()
    expect([read(0), read(1), read(2)]).toEqual([0x0500_0000, 0x17_0011, 0x0500_0000])
    expect(Array.from({ length: IO_APIC_INPUTS }, (_, input) => entry(input))).toEqual(Array.from({ length: IO_APIC_INPUTS }, () => MASKED))
    write(0, 0xffff_ffff)
    write(1, 0)
    expect([read(0), read(1), read(2)]).toEqual([0x0f00_0000, 0x17_0011, 0x0f00_0000])
    write(0x10, 0xffff_ffff)
    write(0x11, 0xffff_ffff)
    expect([read(0x10), read(0x11)]).toEqual([0x1_afff, 0xff00_0000]) // delivery status and remote IRR are read-only
  })

  test('an edge is sent once; one that comes while masked is lost', () => {
    const { io, route, take } = board()
    route(3, 0x41)
    io.setInput(3, true)
    io.setInput(3, true)
    expect([take(), take()]).toEqual([0x41, undefined])
    io.setInput(3, false)
    route(3, MASKED | 0x41)
    io.setInput(3, true)
    route(3, 0x41)
    expect(take()).toBeUndefined()
  })

  test('a level waits for the end of its interrupt, and comes again while it lasts', () => {
    const { io, route, take, end, entry } = board()
    route(9, LEVEL | 0x51)
    io.setInput(9, true)
    expect([entry(9), take(), take()]).toEqual([LEVEL | REMOTE_IRR | 0x51, 0x51, undefined])
    end()
    expect([take(), entry(9) & REMOTE_IRR]).toEqual([0x51, REMOTE_IRR])
    io.setInput(9, false)
    end()
    expect([take(), entry(9)]).toEqual([undefined, LEVEL | 0x51])
  })

  test.each([
    { wire: 'high', input: 3, polarity: 0, asserted: 'comes', released: 'nothing' },
    { wire: 'high', input: 3, polarity: ACTIVE_LOW, asserted: 'nothing', released: 'comes' },
    { wire: 'low', input: 16, polarity: 0, asserted: 'nothing', released: 'comes' },
    { wire: 'low', input: 16, polarity: ACTIVE_LOW, asserted: 'comes', released: 'nothing' },
    { wire: 'either', input: 20, polarity: 0, asserted: 'comes', released: 'nothing' },
    { wire: 'either', input: 20, polarity: ACTIVE_LOW, asserted: 'comes', released: 'nothing' },
  ])('a wire that is active $wire, with polarity $polarity: when it is asserted $asserted, when it is released $released', ({ input, polarity, asserted, released }) => {
    const came = (vector: number | undefined): string => (vector === undefined ? 'nothing' : 'comes')
    const edges = board()
    edges.route(input, polarity | 0x41)
    edges.io.setInput(input, true)
    expect(came(edges.take())).toBe(asserted)
    edges.io.setInput(input, false)
    expect(came(edges.take())).toBe(released)
    const levels = board()
    // One of the wrong polarity is there at once, and again and again.
    levels.route(input, polarity | LEVEL | 0x51)
    for (const [level, expected] of [[false, released], [true, asserted]] as const) {
      levels.io.setInput(input, level)
      levels.take()
      levels.end()
      expect(came(levels.take())).toBe(expected)
      levels.end()
      while (levels.take() !== undefined && expected === 'nothing') levels.end()
    }
  })

  test('a level that is there when its entry is unmasked is sent', () => {
    const { io, route, take } = board()
    route(9, MASKED | LEVEL | 0x51)
    io.setInput(9, true)
    expect(take()).toBeUndefined()
    route(9, LEVEL | 0x51)
    expect(take()).toBe(0x51)
  })

  test.each([['physical', 0x41, 1, [undefined, 0x41]], ['logical', LOGICAL | 0x41, 3, [0x41, 0x41]], ['lowest priority', LOGICAL | 0x141, 3, [0x41, undefined]]] as const)('goes to a %s destination', (_name, low, destination, expected) => {
    const { io, route, take } = board()
    route(4, low, destination)
    io.setInput(4, true)
    expect([take(0), take(1)]).toEqual(expected)
  })

  test('any access in any width is survived', () => {
    const { io } = board()
    let seed = 7
    const random = (below: number): number => (seed = (seed * 48271) % 0x7fff_ffff) % below
    for (let i = 0; i < 20_000; i++) {
      const size = ([1, 2, 4] as const)[random(3)] ?? 4
      const offset = random(4) === 0 ? random(0x1000 / size) * size : random(2) * 0x10
      if (random(2) === 0) io.write(offset, size, random(0x7fff_ffff) * 2)
      else expect(io.read(offset, size)).toBeGreaterThanOrEqual(0)
      io.setInput(random(IO_APIC_INPUTS), random(2) === 0)
    }
  })
})
