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

/** The data sheet's sections, one by one (National Semiconductor PC16550D, June 1995, section 8). */
describe('16550D by its data sheet', () => {
  /** A character of eight bits at 115,200 baud, in ticks of 10 ns. */
  const CHARACTER = 8681

  test('Master reset: every register as in table I; scratch and divisor keep nothing of interrupts', () => {
    const { chip, io, irq } = uart()
    io.out(LCR, 0x9b)
    io.out(IER, 0x01)
    io.out(LCR, 0x1b)
    io.out(IER, 0x0f)
    io.out(IIR, 0xc1)
    io.out(MCR, 0x0b)
    chip.reset()
    expect([IER, IIR, LCR, MCR, LSR, MSR].map((port) => io.in(port))).toEqual([0, 0x01, 0, 0, 0x60, 0xb0])
    expect(irq.level()).toBe(false)
  })

  test('8.2 and table II: a character takes start, data, parity and stop bits at the divisor’s speed', () => {
    // 8N1, 8E2, 5N1½ and 7O1 at 9600 baud, in bits.
    for (const [lcr, bits] of [[0x03, 10], [0x1f, 12], [0x04, 7.5], [0x0a, 10]] as const) {
      const { chip, io, clock } = uart()
      io.out(LCR, 0x80)
      io.out(DATA, 12)
      io.out(LCR, lcr)
      const character = Math.round((bits * 1e8) / 9600)
      chip.receive([1])
      clock.advance(character - 1)
      expect(io.in(LSR) & 1).toBe(0)
      clock.advance(1)
      expect(io.in(LSR) & 1).toBe(1)
    }
  })

  test('8.3: the divisor latch has sixteen bits behind DLAB, and the other registers behind it stay as they were', () => {
    const { io } = uart()
    io.out(IER, 0x05)
    io.out(LCR, 0x80)
    io.out(DATA, 0x34)
    io.out(IER, 0x12)
    expect([io.in(DATA), io.in(IER), io.in(IIR) & 0x0f]).toEqual([0x34, 0x12, 1])
    io.out(LCR, 0x00)
    expect(io.in(IER)).toBe(0x05)
  })

  test('8.4: an overrun without FIFOs destroys the character that was not read; reading the LSR clears the bit and its interrupt', () => {
    const { io, irq } = uart()
    io.out(LCR, 0x03)
    io.out(MCR, 0x10)
    io.out(IER, 0x04)
    io.out(DATA, 0x11, 0x22)
    expect(io.in(IIR)).toBe(0x06)
    expect([io.in(LSR), io.in(LSR), io.in(IIR), io.in(DATA)]).toEqual([0x63, 0x61, 0x01, 0x22])
    expect([io.in(LSR), irq.rises()]).toEqual([0x60, 0])
  })

  test('8.4: with FIFOs the seventeenth character is the one that is lost', () => {
    const { io } = uart()
    io.out(IIR, 0x01)
    io.out(MCR, 0x10)
    for (let value = 1; value <= 17; value++) io.out(DATA, value)
    expect(io.in(LSR) & 0x03).toBe(0x03)
    expect(Array.from({ length: 16 }, () => io.in(DATA))).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
    expect(io.in(LSR)).toBe(0x60)
  })

  test.each([[0x01, 1], [0x41, 4], [0x81, 8], [0xc1, 14]])('8.5: FCR %i interrupts at %i characters, and no longer below', (fcr, level) => {
    const { io } = uart()
    io.out(IIR, fcr)
    io.out(MCR, 0x10)
    io.out(IER, 0x01)
    for (let count = 1; count < level; count++) io.out(DATA, count)
    expect(io.in(IIR)).toBe(0xc1)
    io.out(DATA, level)
    expect(io.in(IIR)).toBe(0xc4)
    io.in(DATA)
    expect(io.in(IIR)).toBe(0xc1)
  })

  test('8.5: bit 1 empties the receiver’s FIFO; so does a change of bit 0', () => {
    const { io } = uart()
    for (const fcr of [0x03, 0x00]) {
      io.out(IIR, 0x01)
      io.out(MCR, 0x10)
      io.out(DATA, 1, 2)
      io.out(IIR, fcr)
      expect(io.in(LSR) & 1).toBe(0)
    }
  })

  test('8.6: the identification has the highest of the four priorities', () => {
    const { io, clock } = uart()
    io.out(LCR, 0x03)
    io.out(MCR, 0x10)
    io.out(IIR, 0x41)
    io.out(IER, 0x0f)
    for (let value = 0; value < 17; value++) io.out(DATA, value)
    io.out(MCR, 0x12) // CTS changes
    expect(io.in(IIR)).toBe(0xc6)
    io.in(LSR)
    expect(io.in(IIR)).toBe(0xc4)
    for (let value = 0; value < 13; value++) io.in(DATA)
    expect(io.in(IIR)).toBe(0xc2)
    clock.advance(5 * CHARACTER)
    expect(io.in(IIR)).toBe(0xcc)
    for (let value = 0; value < 3; value++) io.in(DATA)
    expect(io.in(IIR)).toBe(0xc0)
    io.in(MSR)
    expect(io.in(IIR)).toBe(0xc1)
  })

  test('8.6: IIR takes back the transmitter’s interrupt only when it tells it; writing THR does, and makes the next', () => {
    const { io } = uart()
    io.out(MCR, 0x10)
    io.out(IER, 0x07)
    io.out(DATA, 1)
    expect([io.in(IIR), io.in(IIR)]).toEqual([0x04, 0x04])
    io.in(DATA)
    expect([io.in(IIR), io.in(IIR)]).toEqual([0x02, 0x01])
    io.out(DATA, 1)
    io.in(DATA)
    expect(io.in(IIR)).toBe(0x02)
  })

  test('8.7: IER has four bits; the transmitter’s interrupt comes anew with its bit', () => {
    const { io } = uart()
    io.out(IER, 0xff)
    expect([io.in(IER), io.in(IIR), io.in(IIR)]).toEqual([0x0f, 0x02, 0x01])
    io.out(IER, 0x0d)
    io.out(IER, 0x0f)
    expect(io.in(IIR)).toBe(0x02)
  })

  test('8.8 and 8.10: in loop-back each output comes to its input, with the deltas; RI tells of its trailing edge only', () => {
    const { io } = uart()
    io.out(MCR, 0x10)
    io.in(MSR)
    const seen: number[] = []
    for (const mcr of [0x12, 0x11, 0x14, 0x18, 0x10]) {
      io.out(MCR, mcr)
      seen.push(io.in(MSR))
    }
    expect(seen).toEqual([0x11, 0x23, 0x42, 0x8c, 0x08])
    expect([io.in(MSR), io.in(MCR)]).toEqual([0, 0x10])
    io.out(MCR, 0xff)
    expect(io.in(MCR)).toBe(0x1f)
  })

  test('8.8: in loop-back nothing goes out and nothing comes in; interrupts do not reach the bus, as OUT2 is inactive', () => {
    const { io, chip, clock, irq, sent } = uart()
    io.out(IER, 0x0f)
    io.out(MCR, 0x18)
    chip.receive([9])
    clock.advance(10 * CHARACTER)
    expect([io.in(LSR), irq.rises(), sent]).toEqual([0x60, 0, []])
    io.out(MCR, 0x08)
    clock.advance(10 * CHARACTER)
    expect([io.in(DATA), irq.level()]).toEqual([9, true])
  })

  test('8.2: a break holds the line; it does not touch the transmitter, which is empty as before', () => {
    const { io, sent } = uart()
    io.out(LCR, 0x43)
    io.out(DATA, 0x41)
    expect([sent, io.in(LSR)]).toEqual([[], 0x60])
    io.out(MCR, 0x10)
    io.out(DATA, 0x42)
    expect(io.in(DATA)).toBe(0x42)
  })

  test('8.9 and 8.4: the scratch register keeps a byte; LSR and MSR do not take what is written', () => {
    const { io } = uart()
    for (const value of [0x00, 0xff, 0xa5]) {
      io.out(SCRATCH, value)
      expect(io.in(SCRATCH)).toBe(value)
    }
    io.out(LSR, 0x00)
    io.out(MSR, 0x00)
    expect([io.in(LSR), io.in(MSR)]).toEqual([0x60, 0xb0])
  })

  test('FIFO interrupt mode: the time-out needs four characters’ time without arrival and without reading; a read takes it back', () => {
    const { io, clock } = uart()
    io.out(LCR, 0x03)
    io.out(MCR, 0x10)
    io.out(IIR, 0xc1)
    io.out(IER, 0x01)
    io.out(DATA, 1, 2, 3)
    clock.advance(3 * CHARACTER)
    io.in(DATA)
    clock.advance(3 * CHARACTER)
    expect(io.in(IIR)).toBe(0xc1)
    clock.advance(2 * CHARACTER)
    expect(io.in(IIR)).toBe(0xcc)
    io.in(DATA)
    expect(io.in(IIR)).toBe(0xc1)
    clock.advance(5 * CHARACTER)
    expect(io.in(IIR)).toBe(0xcc)
    io.in(DATA)
    clock.advance(5 * CHARACTER)
    expect(io.in(IIR)).toBe(0xc1)
  })
})
