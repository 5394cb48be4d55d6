import { describe, expect, test } from 'vitest'
import { TICKS_PER_MILLISECOND } from '../machine/clock'
import { portsOf, probe, TestClock } from './test-clock'
import { Uart16550 } from './uart16550'

const [DATA, IER, IIR, LCR, MCR, LSR, MSR, SCRATCH] = [0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff] as const

function uart(): { clock: TestClock; chip: Uart16550; io: ReturnType<typeof portsOf>; irq: ReturnType<typeof probe>; sent: number[] } {
  const clock = new TestClock()
  const irq = probe()
  const sent: number[] = []
  const chip = new Uart16550({ clock, irq: irq.line, transmit: (byte) => sent.push(byte) })
  chip.reset()
  return { clock, chip, io: portsOf(chip), irq, sent }
}

describe('16550A', () => {
  test('sends at once and is always ready again', () => {
    const { io, sent } = uart()
    expect(io.in(LSR)).toBe(0x60)
    io.out(DATA, 0x41, 0x42)
    expect(sent).toEqual([0x41, 0x42])
    expect(io.in(LSR)).toBe(0x60)
  })

  test('is found by scratch register and FIFO bits', () => {
    const { io } = uart()
    io.out(SCRATCH, 0x5a)
    expect(io.in(SCRATCH)).toBe(0x5a)
    expect(io.in(IIR)).toBe(0x01)
    io.out(IIR, 0x07)
    expect(io.in(IIR)).toBe(0xc1)
  })

  test('holds the divisor behind DLAB', () => {
    const { io, sent } = uart()
    io.out(LCR, 0x83)
    io.out(DATA, 0x0c)
    io.out(IER, 0x00)
    expect([io.in(DATA), io.in(IER)]).toEqual([0x0c, 0])
    io.out(LCR, 0x03)
    expect(sent).toEqual([])
  })

  test('interrupts for received bytes only with OUT2, and each byte arrives', () => {
    const { clock, chip, io, irq } = uart()
    io.out(IER, 0x01)
    chip.receive([1, 2, 3])
    clock.advance(TICKS_PER_MILLISECOND)
    expect(irq.level()).toBe(false)
    io.out(MCR, 0x08)
    expect(irq.level()).toBe(true)
    const got: number[] = []
    for (let i = 0; i < 3; i++) {
      expect(io.in(IIR) & 0x0f).toBe(0x04)
      got.push(io.in(DATA))
      clock.advance(TICKS_PER_MILLISECOND)
    }
    expect(got).toEqual([1, 2, 3])
    expect(irq.level()).toBe(false)
  })

  test('waits for the trigger level, or for a pause', () => {
    const { clock, chip, io, irq } = uart()
    io.out(MCR, 0x08)
    io.out(IER, 0x01)
    io.out(IIR, 0x81) // FIFOs on, trigger at 8
    chip.receive([1, 2, 3])
    clock.advance(30_000)
    expect(io.in(LSR) & 1).toBe(1)
    expect(irq.level()).toBe(false)
    clock.advance(TICKS_PER_MILLISECOND)
    expect(io.in(IIR)).toBe(0xcc)
    chip.receive([4, 5, 6, 7, 8, 9])
    clock.advance(60_000)
    expect(io.in(IIR)).toBe(0xc4)
  })

  test('loses nothing when the guest is slow', () => {
    const { clock, chip, io } = uart()
    io.out(IIR, 0x01)
    chip.receive(Array.from({ length: 100 }, (_, i) => i))
    clock.advance(100 * TICKS_PER_MILLISECOND)
    const got: number[] = []
    while (got.length < 100 && io.in(LSR) & 1) {
      got.push(io.in(DATA))
      clock.advance(TICKS_PER_MILLISECOND)
    }
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(io.in(LSR) & 2).toBe(0)
  })

  test('transmitter interrupt comes when enabled and after each byte, and reading IIR clears it', () => {
    const { io, irq } = uart()
    io.out(MCR, 0x08)
    io.out(IER, 0x02)
    expect(irq.level()).toBe(true)
    expect(io.in(IIR)).toBe(0x02)
    expect(irq.level()).toBe(false)
    io.out(DATA, 0x41)
    expect(irq.level()).toBe(true)
  })

  test('loops back data and modem lines', () => {
    const { io, sent } = uart()
    io.out(MCR, 0x1f)
    expect(io.in(MSR) & 0xf0).toBe(0xf0)
    io.out(DATA, 0xae)
    expect(io.in(DATA)).toBe(0xae)
    expect(sent).toEqual([])
  })
})
