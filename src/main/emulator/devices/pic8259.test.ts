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

/** The data sheet's sections, one by one (Intel 231468). */
describe('8259A by its data sheet', () => {
  /** Initialises the master again. */
  const icws = (io: ReturnType<typeof portsOf>, icw1: number, ...rest: number[]): void => {
    io.out(0x20, icw1)
    io.out(0x21, ...rest)
  }

  test('ICW1: clears mask, special mask mode and requests by edge, gives input 7 the lowest priority, and selects the IRR', () => {
    const { pic, io } = pair()
    pic.line(6)(true)
    io.out(0x20, 0xc2, 0x68, 0x0b) // lowest priority 2, special mask mode, ISR
    io.out(0x21, 0xf0)
    icws(io, 0x11, 0x20, 0x04, 0x01)
    expect([io.in(0x21), io.in(0x20), pic.pending]).toEqual([0, 0, false])
    pic.line(6)(false)
    pic.line(6)(true)
    expect(io.in(0x20)).toBe(0x40)
    pic.line(2 + 1)(true)
    expect(pic.acknowledge()).toBe(0x23)
    // Special mask mode is off: input 6 stays held back with input 3 masked in service.
    io.out(0x21, 0x08)
    expect(pic.pending).toBe(false)
  })

  test('ICW1 with LTIM: every input is level-triggered', () => {
    const { pic, io } = pair()
    icws(io, 0x19, 0x20, 0x04, 0x01)
    pic.line(5)(true)
    expect([pic.acknowledge(), pic.pending]).toEqual([0x25, false])
    io.out(0x20, 0x20)
    expect(pic.pending).toBe(true)
    pic.line(5)(false)
    expect(pic.pending).toBe(false)
  })

  test('ICW1 with SNGL: there is no ICW3; without IC4: there is no ICW4', () => {
    const { pic, io } = pair()
    icws(io, 0x13, 0x40, 0x01)
    io.out(0x21, 0xfe)
    expect(io.in(0x21)).toBe(0xfe)
    icws(io, 0x12, 0x48)
    io.out(0x21, 0xfb)
    expect(io.in(0x21)).toBe(0xfb)
    icws(io, 0x10, 0x50, 0x04)
    io.out(0x21, 0xfd)
    expect(io.in(0x21)).toBe(0xfd)
    pic.line(1)(true)
    expect(pic.acknowledge()).toBe(0x51)
  })

  test('ICW1 without IC4: what ICW4 chose is off again', () => {
    const { pic, io } = pair()
    icws(io, 0x11, 0x20, 0x04, 0x03)
    icws(io, 0x10, 0x20, 0x04)
    pic.line(1)(true)
    pic.acknowledge()
    expect(pic.isInService(1)).toBe(true)
  })

  test('ICW2: five bits of the vector are the program’s, three the input’s', () => {
    const { pic, io } = pair()
    icws(io, 0x11, 0x6f, 0x04, 0x01)
    pic.line(4)(true)
    expect(pic.acknowledge()).toBe(0x6c)
  })

  test('ICW1 in the middle of an initialisation begins a new one', () => {
    const { pic, io } = pair()
    icws(io, 0x11, 0x60)
    icws(io, 0x11, 0x70, 0x04, 0x01, 0x00)
    pic.line(0)(true)
    expect(pic.acknowledge()).toBe(0x70)
  })

  test('Fully nested mode: a slave in service has no further request, whatever its priority', () => {
    const { pic } = pair()
    pic.line(12)(true)
    pic.acknowledge()
    pic.line(8)(true)
    expect(pic.pending).toBe(false)
  })

  test('Special fully nested mode: a slave in service interrupts with a higher priority of its own, and with no lower one', () => {
    const { pic, io } = pair()
    icws(io, 0x11, 0x20, 0x04, 0x11)
    pic.line(12)(true)
    expect(pic.acknowledge()).toBe(0x2c)
    pic.line(14)(true)
    pic.line(3)(true)
    expect(pic.pending).toBe(false)
    pic.line(8)(true)
    expect(pic.acknowledge()).toBe(0x28)
    // The EOI goes to the slave; to the master only when nothing of the slave is in service.
    io.out(0xa0, 0x20)
    io.out(0xa0, 0x0b)
    expect(io.in(0xa0)).toBe(0x10)
    io.out(0xa0, 0x20)
    expect(pic.acknowledge()).toBe(0x2e)
  })

  test('AEOI with rotation: each input that was served becomes the lowest', () => {
    const { pic, io } = pair()
    icws(io, 0x11, 0x20, 0x04, 0x03)
    io.out(0x20, 0x80)
    const raise = (): void => {
      for (const irq of [0, 1]) {
        pic.line(irq)(false)
        pic.line(irq)(true)
      }
    }
    raise()
    expect(pic.acknowledge()).toBe(0x20)
    raise()
    expect(pic.acknowledge()).toBe(0x21)
    raise()
    expect(pic.acknowledge()).toBe(0x20)
    io.out(0x20, 0x00) // rotation off; input 0 stays the lowest
    raise()
    expect(pic.acknowledge()).toBe(0x21)
    raise()
    expect(pic.acknowledge()).toBe(0x21)
  })

  test('OCW2: rotation on a specific EOI, set priority, and the command without effect', () => {
    const { pic, io } = pair()
    for (const irq of [3, 4, 5]) pic.line(irq)(true)
    expect(pic.acknowledge()).toBe(0x23)
    io.out(0x20, 0x43) // no operation
    expect([pic.isInService(3), pic.pending]).toEqual([true, false])
    io.out(0x20, 0xe3)
    expect(pic.isInService(3)).toBe(false)
    pic.line(3)(false)
    pic.line(3)(true)
    expect(pic.acknowledge()).toBe(0x24)
    io.out(0x20, 0x64, 0xc4) // specific EOI; input 4 the lowest
    expect(pic.acknowledge()).toBe(0x25)
  })

  test('OCW2: an EOI with nothing in service does nothing, a specific one only its own', () => {
    const { pic, io } = pair()
    io.out(0x20, 0x20, 0x61)
    pic.line(4)(true)
    pic.acknowledge()
    io.out(0x20, 0x61)
    expect(pic.isInService(4)).toBe(true)
  })

  test('OCW2: the non-specific EOI ends the highest priority as it is after rotation', () => {
    const { pic, io } = pair()
    io.out(0x20, 0xc3) // input 4 is the highest
    pic.line(1)(true)
    pic.acknowledge()
    pic.line(5)(true)
    expect(pic.acknowledge()).toBe(0x25)
    io.out(0x20, 0x20)
    expect([pic.isInService(5), pic.isInService(1)]).toEqual([false, true])
  })

  test('Special mask mode: the non-specific EOI leaves what is masked in service; without ESMM the mode stays', () => {
    const { pic, io } = pair()
    pic.line(3)(true)
    pic.acknowledge()
    io.out(0x21, 0x08)
    io.out(0x20, 0x68, 0x28) // SMM without ESMM
    pic.line(6)(true)
    expect(pic.acknowledge()).toBe(0x26)
    io.out(0x20, 0x20)
    expect([pic.isInService(6), pic.isInService(3)]).toEqual([false, true])
    io.out(0x20, 0x20)
    expect(pic.isInService(3)).toBe(true)
    io.out(0x20, 0x48) // the mode ends
    pic.line(7)(true)
    expect(pic.pending).toBe(false)
    io.out(0x20, 0x20)
    expect(pic.acknowledge()).toBe(0x27)
  })

  test('Poll command: the next read, of either address, takes the request; with none bit 7 is clear; then reads are as before', () => {
    const { pic, io } = pair()
    io.out(0x21, 0x01)
    io.out(0x20, 0x0b, 0x0c)
    expect(io.in(0x20)).toBe(0)
    pic.line(4)(true)
    io.out(0x20, 0x0c)
    expect([io.in(0x21), io.in(0x20), io.in(0x21)]).toEqual([0x84, 0x10, 0x01])
  })

  test('Poll command: the slave’s own, after the master’s has told of input 2', () => {
    const { pic, io } = pair()
    pic.line(10)(true)
    io.out(0x20, 0x0c)
    io.out(0xa0, 0x0c)
    expect([io.in(0x20), io.in(0xa0), pic.isInService(10)]).toEqual([0x82, 0x82, true])
  })

  test('Reading the status: the choice between IRR and ISR stays; the IRR has masked requests too', () => {
    const { pic, io } = pair()
    io.out(0x21, 0x20)
    pic.line(5)(true)
    pic.line(6)(true)
    io.out(0x20, 0x0a)
    expect([io.in(0x20), io.in(0x20)]).toEqual([0x60, 0x60])
    pic.acknowledge()
    expect(io.in(0x20)).toBe(0x20)
    io.out(0x20, 0x0b)
    expect([io.in(0x20), io.in(0x20)]).toEqual([0x40, 0x40])
    io.out(0x20, 0x08) // neither
    expect(io.in(0x20)).toBe(0x40)
  })

  test('Edge and level modes: a request that is gone at the acknowledge gives input 7 of the slave, with the master’s input 2 in service', () => {
    const { pic, io } = pair()
    pic.line(14)(true)
    // The master is polled: its input 2 is taken. Then the slave's request ends.
    io.out(0x20, 0x0c)
    expect(io.in(0x20)).toBe(0x82)
    pic.line(14)(false)
    expect([pic.slave.acknowledge(), pic.isInService(15), pic.isInService(2)]).toEqual([{ irq: 7, vector: 0x2f }, false, true])
  })
})
