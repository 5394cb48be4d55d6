/**
 * Intel 82093AA I/O Advanced Programmable Interrupt Controller (data sheet order number 290566): 24 inputs. Inputs are told whether a
 * wire of the board is asserted, and the board says which level that is: an entry with the other polarity sees the opposite, as on the chip's pins.
 */
import { type ApicBus, Delivery, destination8 } from './apic-bus'
import type { Device, DeviceFacts, MemoryDevice } from './device'
import { fact } from './facts'
import type { StateFields } from '../state/fields'

export const IO_APIC_BASE = 0xfec0_0000
/** Registers repeat in its page, as address lines above bit 7 are not looked at in the selected KiB. */
export const IO_APIC_BYTES = 0x1000
export const IO_APIC_INPUTS = 24

/** Windows in memory. */
const SELECT = 0x00
const WINDOW = 0x10
/** Registers behind the window. */
const ID = 0x00
const VERSION = 0x01
const ARBITRATION = 0x02
const FIRST_ENTRY = 0x10
const VERSION_VALUE = 0x11 | ((IO_APIC_INPUTS - 1) << 16)
const ID_BITS = 0x0f00_0000

/** Redirection entry, low half: delivery status and remote IRR are read-only. */
const VECTOR = 0xff
const LOGICAL = 0x800
const ACTIVE_LOW = 0x2000
const REMOTE_IRR = 0x4000
const LEVEL = 0x8000
const MASKED = 0x1_0000
const LOW_WRITABLE = 0x1_afff
const HIGH_WRITABLE = 0xff00_0000

/** The level of a wire that is asserted; `either`: the chip at its other end drives it as the entry wants it. */
export type Polarity = 'high' | 'low' | 'either'

interface Input {
  readonly wire: Polarity
  low: number
  high: number
  asserted: boolean
}

/** Whether the entry, with its polarity, finds a request at its pin. */
const isActive = ({ wire, low, asserted }: Input): boolean => asserted === (wire === 'either' || (wire === 'low') === ((low & ACTIVE_LOW) !== 0))

export class IoApic implements Device, MemoryDevice {
  readonly name = '82093AA I/O APIC'
  readonly ports = []
  readonly #bus: ApicBus
  readonly #inputs: readonly Input[]
  readonly #initialId: number
  #id = 0
  #arbitration = 0
  #select = 0

  /** @param id identifier that the firmware's tables give it, 0–15 @param wire polarity of an input's wire */
  constructor(bus: ApicBus, id: number, wire: (input: number) => Polarity) {
    this.#bus = bus
    this.#initialId = id
    this.#inputs = Array.from({ length: IO_APIC_INPUTS }, (_, index) => ({ wire: wire(index), low: MASKED, high: 0, asserted: false }))
    bus.onEndOfInterrupt = (vector) => this.#endOfInterrupt(vector)
    this.reset()
  }

  /** What comes in stays as it is. */
  reset(): void {
    this.#id = this.#arbitration = this.#initialId << 24
    this.#select = 0
    for (const input of this.#inputs) {
      input.low = MASKED
      input.high = 0
    }
  }

  exchange(state: StateFields): void {
    this.#inputs.forEach((input, index) =>
      state.part(`input ${index}`, (fields) => {
        input.low = fields.dword('low', input.low)
        input.high = fields.dword('high', input.high)
        input.asserted = fields.flag('asserted', input.asserted)
      }),
    )
    this.#id = state.dword('id', this.#id)
    this.#arbitration = state.dword('arbitration', this.#arbitration)
    this.#select = state.byte('select', this.#select)
  }

  /** The wire at input 0–23 is asserted or not. */
  setInput(index: number, asserted: boolean): void {
    const input = this.#inputs[index]
    if (!input) throw new RangeError(`The I/O APIC has no input ${index}.`)
    const changes = asserted !== input.asserted
    input.asserted = asserted
    if ((input.low & LEVEL) !== 0) this.#offerLevel(input)
    // An edge while masked is lost.
    else if (changes && isActive(input) && (input.low & MASKED) === 0) this.#send(input)
  }

  /** Requests of this input can reach a processor. */
  isUnmasked(index: number): boolean {
    return ((this.#inputs[index]?.low ?? MASKED) & MASKED) === 0
  }

  #offerLevel(input: Input): void {
    if (!isActive(input) || (input.low & (MASKED | REMOTE_IRR)) !== 0) return
    const taken = this.#send(input)
    // NMI, INIT and ExtINT are edges whatever the entry says.
    const mode = (input.low >> 8) & 7
    if (taken && (mode === Delivery.fixed || mode === Delivery.lowestPriority)) input.low |= REMOTE_IRR
  }

  #send({ low, high }: Input): boolean {
    return this.#bus.send({ destination: destination8(high >>> 24), logical: (low & LOGICAL) !== 0, mode: (low >> 8) & 7, vector: low & VECTOR, levelTriggered: (low & LEVEL) !== 0 })
  }

  #endOfInterrupt(vector: number): void {
    for (const input of this.#inputs) {
      if ((input.low & VECTOR) !== vector || (input.low & REMOTE_IRR) === 0) continue
      input.low &= ~REMOTE_IRR
      this.#offerLevel(input)
    }
  }

  /** The two windows are read and written as 32 bits; of others the low byte of the selector can be written. */
  read(offset: number, size: 1 | 2 | 4): number {
    const [window, inRegister] = [offset & 0xf0, offset & 15]
    if (inRegister > 3) return 0
    const value = window === SELECT ? this.#select : window === WINDOW ? this.#readRegister() : 0
    return (value >>> (8 * inRegister)) % 2 ** (8 * size)
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if ((offset & 0xff) === SELECT) this.#select = value & 0xff
    else if ((offset & 0xff) === WINDOW && size === 4) this.#writeRegister(value)
  }

  #readRegister(): number {
    switch (this.#select) {
      case ID:
        return this.#id
      case VERSION:
        return VERSION_VALUE
      case ARBITRATION:
        return this.#arbitration
      default: {
        const input = this.#inputs[(this.#select - FIRST_ENTRY) >> 1]
        return input === undefined ? 0 : ((this.#select & 1) !== 0 ? input.high : input.low) >>> 0
      }
    }
  }

  #writeRegister(value: number): void {
    if (this.#select === ID) {
      // Writing the identifier loads the arbitration register too.
      this.#id = this.#arbitration = value & ID_BITS
      return
    }
    const input = this.#inputs[(this.#select - FIRST_ENTRY) >> 1]
    if (!input) return
    if ((this.#select & 1) !== 0) input.high = (value & HIGH_WRITABLE) >>> 0
    else {
      input.low = (value & LOW_WRITABLE) | (input.low & REMOTE_IRR)
      // An entry that becomes edge-triggered forgets that it waited for an end of interrupt.
      if ((input.low & LEVEL) === 0) input.low &= ~REMOTE_IRR
      else this.#offerLevel(input)
    }
  }

  describe(): DeviceFacts {
    const entries = this.#inputs.flatMap(({ low, high, asserted }, index) => ((low & MASKED) === 0 || asserted ? [{ low, high, asserted, index }] : []))
    return [
      {
        title: 'I/O APIC',
        facts: entries.map(({ low, high, asserted, index }) =>
          fact(`input ${index}`, `0x${(low >>> 0).toString(16)}`, [
            (low & MASKED) !== 0 ? 'masked' : `vector 0x${(low & VECTOR).toString(16)} to ${(low & LOGICAL) !== 0 ? 'logical' : 'APIC'} ${high >>> 24}`,
            (low & LEVEL) !== 0 ? 'level' : 'edge', (low & ACTIVE_LOW) !== 0 ? 'active low' : 'active high', asserted ? 'asserted' : 'not asserted',
          ].join(', ')),
        ),
      },
    ]
  }
}
