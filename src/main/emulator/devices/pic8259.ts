/**
 * Intel 8259A Programmable Interrupt Controller (data sheet order number 231468), two of them as in the IBM PC/AT:
 * the second one's INT output is IRQ 2 of the first. Edge-triggered unless ICW1 asks for level.
 */
import type { InterruptController } from '../cpu/ports'
import type { Device, DeviceFact, DeviceFacts, Line, PortRange } from './device'
import { bitsFact, fact, hex8 } from './facts'
import type { StateFields } from '../state/fields'

const ICW1 = 0x10
const ICW1_NEEDS_ICW4 = 0x01
const ICW1_SINGLE = 0x02
const ICW1_LEVEL = 0x08
const ICW4_AUTO_EOI = 0x02
const ICW4_SPECIAL_FULLY_NESTED = 0x10
const OCW3 = 0x08

/** What the lines of the PC/AT are, for people. */
const LINES = ['timer', 'keyboard', 'cascade', 'COM2', 'COM1', 'LPT2', 'diskette', 'LPT1', 'clock', 'IRQ 9', 'IRQ 10', 'IRQ 11', 'mouse', 'coprocessor', 'disk 1', 'disk 2'] as const

/** One chip. */
export class Pic8259 {
  /** Interrupt request, in-service and mask registers. */
  irr = 0
  isr = 0
  imr = 0
  /** Lines that are level-triggered whatever ICW1 says (ELCR). */
  edgeOrLevel = 0
  #lines = 0
  #vectorBase = 0
  #lowestPriority = 7
  #level = false
  #single = false
  #autoEoi = false
  #rotateOnAutoEoi = false
  #specialMask = false
  #specialFullyNested = false
  #readIsr = false
  #poll = false
  /** Next initialisation word expected: 2, 3 or 4; 0: none. */
  #expects = 0
  #needsIcw4 = false
  readonly #cascade: number

  /** @param cascade bits of the inputs that have another chip's INT output */
  constructor(cascade = 0) {
    this.#cascade = cascade
  }

  reset(): void {
    this.irr = this.isr = this.imr = 0
    this.#vectorBase = 0
    this.#lowestPriority = 7
    this.#level = this.#single = this.#autoEoi = this.#rotateOnAutoEoi = this.#specialMask = this.#specialFullyNested = this.#readIsr = this.#poll = false
    this.#expects = 0
  }

  exchange(state: StateFields): void {
    this.irr = state.byte('irr', this.irr)
    this.isr = state.byte('isr', this.isr)
    this.imr = state.byte('imr', this.imr)
    this.edgeOrLevel = state.byte('edge or level', this.edgeOrLevel)
    this.#lines = state.byte('lines', this.#lines)
    this.#vectorBase = state.byte('vector base', this.#vectorBase)
    this.#lowestPriority = state.int('lowest priority', this.#lowestPriority, 7)
    this.#level = state.flag('level', this.#level)
    this.#single = state.flag('single', this.#single)
    this.#autoEoi = state.flag('automatic end of interrupt', this.#autoEoi)
    this.#rotateOnAutoEoi = state.flag('rotates', this.#rotateOnAutoEoi)
    this.#specialMask = state.flag('special mask', this.#specialMask)
    this.#specialFullyNested = state.flag('special fully nested', this.#specialFullyNested)
    this.#readIsr = state.flag('reads isr', this.#readIsr)
    this.#poll = state.flag('poll', this.#poll)
    this.#expects = state.choice('expects', this.#expects, [0, 2, 3, 4])
    this.#needsIcw4 = state.flag('needs icw4', this.#needsIcw4)
  }

  /** The request input `irq` (0–7) goes to `level`. */
  setLine(irq: number, level: boolean): void {
    const bit = 1 << irq
    if (level) {
      if (this.#isLevel(bit) || !(this.#lines & bit)) this.irr |= bit
      this.#lines |= bit
    } else {
      this.#lines &= ~bit
      this.irr &= ~bit
    }
  }

  /** @param first number of its first line */
  describe(first: number): DeviceFact[] {
    const names = LINES.slice(first, first + 8).map((name, index) => `IRQ ${first + index} (${name})`)
    return [
      bitsFact('IRR', this.irr, names),
      bitsFact('ISR', this.isr, names),
      bitsFact('IMR', this.imr, names),
      fact('first vector', this.#vectorBase, `IRQ ${first} to ${first + 7} are vectors ${hex8(this.#vectorBase)} to ${hex8(this.#vectorBase + 7)}`),
      fact('next request', this.request === undefined ? 'none' : `IRQ ${first + this.request}`),
      fact('lowest priority', `IRQ ${first + this.#lowestPriority}`),
      fact('trigger', this.#level ? 'level' : this.edgeOrLevel === 0 ? 'edge' : `edge, level where ${hex8(this.edgeOrLevel)} has a bit`),
      fact('automatic EOI', this.#autoEoi),
      fact('initialisation', this.#expects === 0 ? 'done' : `waits for ICW${this.#expects}`),
    ]
  }

  /** The request that INT is asserted for, or undefined. */
  get request(): number | undefined {
    const ready = this.irr & ~this.imr
    if (!ready) return undefined
    for (let i = 1; i <= 8; i++) {
      const irq = (this.#lowestPriority + i) & 7
      const bit = 1 << irq
      const serviced = this.isr & bit && !(this.#specialMask && this.imr & bit)
      // Special fully nested mode: a slave that is in service can have a request of a higher priority of its own.
      if (serviced && !(this.#specialFullyNested && this.#cascade & bit)) return undefined
      if (ready & bit) return irq
      if (serviced) return undefined
    }
    return undefined
  }

  /** INTA: the request taken into service, or 7 (spurious, not in service) when it went away. */
  acknowledge(): { irq: number; vector: number } {
    const irq = this.request
    if (irq === undefined) return { irq: 7, vector: this.#vectorBase | 7 }
    const bit = 1 << irq
    if (!this.#isLevel(bit)) this.irr &= ~bit
    if (!this.#autoEoi) this.isr |= bit
    else if (this.#rotateOnAutoEoi) this.#lowestPriority = irq
    return { irq, vector: this.#vectorBase | irq }
  }

  read(a0: number): number {
    if (this.#poll) {
      this.#poll = false
      const asked = this.request
      return asked === undefined ? 0 : 0x80 | this.acknowledge().irq
    }
    if (a0) return this.imr
    return this.#readIsr ? this.isr : this.irr
  }

  write(a0: number, value: number): void {
    if (a0) this.#writeData(value)
    else if (value & ICW1) this.#initialize(value)
    else if (value & OCW3) this.#operationControl3(value)
    else this.#operationControl2(value)
  }

  #initialize(icw1: number): void {
    this.irr = this.isr = this.imr = 0
    this.#lowestPriority = 7
    this.#specialMask = this.#specialFullyNested = this.#readIsr = this.#poll = this.#autoEoi = this.#rotateOnAutoEoi = false
    this.#level = (icw1 & ICW1_LEVEL) !== 0
    this.#single = (icw1 & ICW1_SINGLE) !== 0
    this.#needsIcw4 = (icw1 & ICW1_NEEDS_ICW4) !== 0
    this.#expects = 2
    this.irr = this.#lines & (this.#level ? 0xff : this.edgeOrLevel)
  }

  #writeData(value: number): void {
    switch (this.#expects) {
      case 2:
        this.#vectorBase = value & 0xf8
        this.#expects = this.#single ? (this.#needsIcw4 ? 4 : 0) : 3
        return
      case 3:
        // The wiring of the cascade is the board's and does not change.
        this.#expects = this.#needsIcw4 ? 4 : 0
        return
      case 4:
        this.#autoEoi = (value & ICW4_AUTO_EOI) !== 0
        this.#specialFullyNested = (value & ICW4_SPECIAL_FULLY_NESTED) !== 0
        this.#expects = 0
        return
      default:
        this.imr = value
    }
  }

  /** OCW2: bits 7–5 are rotate, specific, end of interrupt; bits 2–0 the level of specific commands. */
  #operationControl2(value: number): void {
    const rotate = (value & 0x80) !== 0
    const specific = (value & 0x40) !== 0
    const eoi = (value & 0x20) !== 0
    const level = value & 7
    if (eoi) {
      const irq = specific ? level : this.#highestInService()
      if (irq === undefined) return
      this.isr &= ~(1 << irq)
      if (rotate) this.#lowestPriority = irq
    } else if (specific) {
      if (rotate) this.#lowestPriority = level
    } else {
      this.#rotateOnAutoEoi = rotate
    }
  }

  #isLevel(bit: number): boolean {
    return this.#level || (this.edgeOrLevel & bit) !== 0
  }

  #operationControl3(value: number): void {
    if (value & 0x40) this.#specialMask = (value & 0x20) !== 0
    if (value & 0x04) this.#poll = true
    if (value & 0x02) this.#readIsr = (value & 0x01) !== 0
  }

  #highestInService(): number | undefined {
    for (let i = 1; i <= 8; i++) {
      const irq = (this.#lowestPriority + i) & 7
      const bit = 1 << irq
      if (this.isr & bit && !(this.#specialMask && this.imr & bit)) return irq
    }
    return undefined
  }
}

const CASCADE = 2

/** Both chips: IRQ 0–15, and the INTR line of the processor. */
export class PicPair implements Device, InterruptController {
  readonly name = '8259A interrupt controllers'
  readonly master = new Pic8259(1 << CASCADE)
  readonly slave = new Pic8259()
  readonly ports: readonly PortRange[]
  readonly #onRequest: () => void
  readonly #onLine: (irq: number, level: boolean) => void

  /** `onRequest` is called when INTR may have become asserted, `onLine` with the level of each request line: the I/O APIC has the same lines. */
  constructor(onRequest: () => void, onLine: (irq: number, level: boolean) => void = () => undefined) {
    this.#onRequest = onRequest
    this.#onLine = onLine
    this.ports = [this.#range(this.master, 0x20), this.#range(this.slave, 0xa0)]
  }

  reset(): void {
    this.master.reset()
    this.slave.reset()
  }

  exchange(state: StateFields): void {
    state.part('master', this.master)
    state.part('slave', this.slave)
  }

  describe(): DeviceFacts {
    return [
      { title: 'Master', facts: [fact('INTR', this.pending, 'asks the processor'), ...this.master.describe(0)] },
      { title: 'Slave', facts: this.slave.describe(8) },
    ]
  }

  /** The wire of one request line, 0–15 (2 is the cascade and not to be had). */
  line(irq: number): Line {
    if (irq < 0 || irq > 15 || irq === CASCADE) throw new RangeError(`IRQ ${irq} is not a line of the PC/AT.`)
    return (level) => {
      if (irq < 8) this.master.setLine(irq, level)
      else this.slave.setLine(irq - 8, level)
      this.#update()
      this.#onLine(irq, level)
    }
  }

  /** Which lines are level-triggered, bit n is IRQ n: PCI interrupts are (edge/level control registers of the PIIX3). */
  setLevelTriggered(lines: number): void {
    this.master.edgeOrLevel = lines & 0xff
    this.slave.edgeOrLevel = lines >> 8
  }

  get pending(): boolean {
    return this.master.request !== undefined
  }

  acknowledge(): number {
    const first = this.master.acknowledge()
    const { vector } = first.irq === CASCADE ? this.slave.acknowledge() : first
    this.#update()
    return vector
  }

  /** Whether requests of this line reach the processor: unmasked here, and the cascade too. */
  isUnmasked(irq: number): boolean {
    if (irq < 8) return !(this.master.imr & (1 << irq))
    return !(this.slave.imr & (1 << (irq - 8))) && !(this.master.imr & (1 << CASCADE))
  }

  isInService(irq: number): boolean {
    return ((irq < 8 ? this.master.isr >> irq : this.slave.isr >> (irq - 8)) & 1) !== 0
  }

  #range(chip: Pic8259, first: number): PortRange {
    return {
      first,
      last: first + 1,
      read: (port) => {
        const value = chip.read(port & 1)
        this.#update()
        return value
      },
      write: (port, value) => {
        chip.write(port & 1, value)
        this.#update()
      },
    }
  }

  #update(): void {
    // The slave's INT pulses low with every acknowledge, so a second request makes a new edge.
    this.master.setLine(CASCADE, false)
    if (this.slave.request !== undefined) this.master.setLine(CASCADE, true)
    if (this.pending) this.#onRequest()
  }
}
