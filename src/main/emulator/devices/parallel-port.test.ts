import { describe, expect, test } from 'vitest'
import { ParallelPort } from './parallel-port'
import { portsOf, probe } from './test-clock'

const [DATA, STATUS, CONTROL] = [0x378, 0x379, 0x37a] as const
const IDLE = 0x0c

function printer(): { io: ReturnType<typeof portsOf>; irq: ReturnType<typeof probe>; paper: number[] } {
  const irq = probe()
  const paper: number[] = []
  const port = new ParallelPort(irq.line, (byte) => paper.push(byte))
  port.reset()
  return { io: portsOf(port), irq, paper }
}

describe('parallel port', () => {
  test('prints a byte with each strobe', () => {
    const { io, paper } = printer()
    io.out(CONTROL, IDLE)
    expect(io.in(STATUS)).toBe(0xdf)
    for (const byte of [0x48, 0x69]) {
      io.out(DATA, byte)
      io.out(CONTROL, IDLE | 1, IDLE | 1, IDLE)
    }
    expect(paper).toEqual([0x48, 0x69])
    expect(io.in(STATUS)).toBe(0xdf)
  })

  test('is found by its data latch, and gives back its control register', () => {
    const { io } = printer()
    io.out(DATA, 0xaa)
    expect(io.in(DATA)).toBe(0xaa)
    io.out(CONTROL, 0xff)
    expect(io.in(CONTROL)).toBe(0xff)
    io.out(CONTROL, 0x0c)
    expect(io.in(CONTROL)).toBe(0xcc)
  })

  test('is busy and prints nothing while the printer is reset, or as an input', () => {
    const { io, paper } = printer()
    io.out(CONTROL, 0x08, 0x09)
    expect(io.in(STATUS) & 0x80).toBe(0)
    io.out(CONTROL, IDLE | 0x20, IDLE | 0x21)
    io.out(DATA, 0x41)
    expect(io.in(DATA)).toBe(0xff)
    expect(paper).toEqual([])
  })

  test('interrupts for a byte until the status is read, if it may', () => {
    const { io, irq } = printer()
    io.out(CONTROL, IDLE, IDLE | 1)
    expect(irq.rises()).toBe(0)
    io.out(CONTROL, IDLE | 0x10, IDLE | 0x11)
    expect(irq.level()).toBe(true)
    expect(io.in(STATUS) & 4).toBe(0)
    expect([irq.level(), io.in(STATUS) & 4]).toEqual([false, 4])
  })
})
