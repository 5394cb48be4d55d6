import { describe, expect, test } from 'vitest'
import { PicPair } from './pic8259'
import { portsOf } from './test-clock'

function pair(): { pic: PicPair; io: ReturnType<typeof portsOf>; requests: () => number } {
  let requests = 0
  const pic = new PicPair(() => requests++)
  const io = portsOf(pic)
  io.out(0x20, 0x11)
  io.out(0x21, 0x20, 0x04, 0x01, 0x00)
  io.out(0xa0, 0x11)
  io.out(0xa1, 0x28, 0x02, 0x01, 0x00)
  return { pic, io, requests: () => requests }
}

describe('8259A pair', () => {
  test('gives the programmed vectors, through the cascade too', () => {
    const { pic, requests } = pair()
    pic.line(3)(true)
    expect(requests()).toBeGreaterThan(0)
    expect(pic.acknowledge()).toBe(0x23)
    pic.line(12)(true)
    expect(pic.pending).toBe(true)
    expect(pic.acknowledge()).toBe(0x2c)
  })

  test('asks again for a level-triggered line until it is let go, and for others only once', () => {
    const { pic, io } = pair()
    pic.setLevelTriggered(1 << 11)
    pic.line(11)(true)
    pic.line(10)(true)
    expect([pic.acknowledge(), pic.pending]).toEqual([0x2a, false])
    io.out(0xa0, 0x20)
    io.out(0x20, 0x20)
    for (let i = 0; i < 2; i++) {
      expect(pic.acknowledge()).toBe(0x2b)
      io.out(0xa0, 0x20)
      io.out(0x20, 0x20)
    }
    pic.line(11)(false)
    expect(pic.pending).toBe(false)
  })

  test('orders by priority: IRQ 0, 1, 8–15, 3–7', () => {
    const { pic, io } = pair()
    for (const irq of [7, 3, 15, 8, 1, 0]) pic.line(irq)(true)
    const seen: number[] = []
    while (pic.pending) {
      const vector = pic.acknowledge()
      seen.push(vector)
      if (vector >= 0x28) io.out(0xa0, 0x20)
      io.out(0x20, 0x20)
    }
    expect(seen).toEqual([0x20, 0x21, 0x28, 0x2f, 0x23, 0x27])
  })

  test('holds back lower priorities until the end of interrupt, but not higher ones', () => {
    const { pic, io } = pair()
    pic.line(4)(true)
    expect(pic.acknowledge()).toBe(0x24)
    pic.line(6)(true)
    expect(pic.pending).toBe(false)
    pic.line(1)(true)
    expect(pic.acknowledge()).toBe(0x21)
    io.out(0x20, 0x61) // specific EOI of 1
    expect(pic.pending).toBe(false)
    io.out(0x20, 0x20)
    expect(pic.acknowledge()).toBe(0x26)
  })

  test('is edge-triggered: a line that stays high interrupts once', () => {
    const { pic, io } = pair()
    pic.line(5)(true)
    pic.acknowledge()
    io.out(0x20, 0x20)
    expect(pic.pending).toBe(false)
    pic.line(5)(false)
    pic.line(5)(true)
    expect(pic.pending).toBe(true)
  })

  test('keeps a request while masked, and shows IRR, ISR and IMR', () => {
    const { pic, io } = pair()
    io.out(0x21, 0xff)
    pic.line(1)(true)
    expect(pic.pending).toBe(false)
    expect(io.in(0x21)).toBe(0xff)
    io.out(0x20, 0x0a)
    expect(io.in(0x20)).toBe(0x02)
    io.out(0x21, 0x00)
    expect(pic.acknowledge()).toBe(0x21)
    io.out(0x20, 0x0b)
    expect(io.in(0x20)).toBe(0x02)
  })

  test('a request that goes away before the acknowledge is spurious: vector 7, not in service', () => {
    const { pic } = pair()
    pic.line(3)(true)
    pic.line(3)(false)
    expect(pic.pending).toBe(false)
    expect(pic.acknowledge()).toBe(0x27)
    expect(pic.isInService(7)).toBe(false)
  })

  test('automatic end of interrupt leaves nothing in service', () => {
    const { pic, io } = pair()
    io.out(0x20, 0x11)
    io.out(0x21, 0x20, 0x04, 0x03, 0x00)
    pic.line(0)(true)
    pic.acknowledge()
    expect(pic.master.isr).toBe(0)
  })

  test('rotation makes the served level the lowest; poll acknowledges by a read', () => {
    const { pic, io } = pair()
    pic.line(1)(true)
    pic.acknowledge()
    io.out(0x20, 0xa0) // rotate on non-specific EOI
    pic.line(0)(true)
    pic.line(3)(true)
    expect(pic.acknowledge()).toBe(0x23)
    io.out(0x20, 0x20, 0x0c)
    expect(io.in(0x20)).toBe(0x80)
    expect(pic.isInService(0)).toBe(true)
  })

  test('special mask mode lets lower levels in while a masked one is in service', () => {
    const { pic, io } = pair()
    pic.line(2 + 1)(true)
    pic.acknowledge()
    pic.line(6)(true)
    expect(pic.pending).toBe(false)
    io.out(0x21, 0x08)
    io.out(0x20, 0x68)
    expect(pic.acknowledge()).toBe(0x26)
  })
})
