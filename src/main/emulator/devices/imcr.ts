/**
 * Interrupt mode configuration register (Intel MultiProcessor Specification 1.4, 3.6.2.1): register 70h behind ports 22h and 23h. Its bit 0
 * connects the 8259A pair and NMI to the local APIC's pins; after a reset they go to the first processor itself.
 */
import type { Device, DeviceFacts, PortRange } from './device'
import { FLOATING } from './device'
import { fact } from './facts'
import type { StateFields } from '../state/fields'

export const IMCR_SELECT = 0x22
export const IMCR_DATA = 0x23
export const IMCR_REGISTER = 0x70

export class Imcr implements Device {
  readonly name = 'interrupt mode register'
  readonly ports: readonly PortRange[]
  #register = 0
  #value = 0

  constructor() {
    this.ports = [
      { first: IMCR_SELECT, last: IMCR_SELECT, read: () => FLOATING, write: (_port, value) => void (this.#register = value) },
      {
        first: IMCR_DATA,
        last: IMCR_DATA,
        read: () => (this.#register === IMCR_REGISTER ? this.#value : FLOATING),
        write: (_port, value) => {
          if (this.#register === IMCR_REGISTER) this.#value = value & 1
        },
      },
    ]
  }

  reset(): void {
    this.#register = this.#value = 0
  }

  exchange(state: StateFields): void {
    this.#register = state.byte('register', this.#register)
    this.#value = state.int('value', this.#value, 1)
  }

  /** PIC mode: local APICs are passed by. */
  get bypassesApic(): boolean {
    return this.#value === 0
  }

  describe(): DeviceFacts {
    return [{ title: 'IMCR', facts: [fact('8259A and NMI go to', this.bypassesApic ? 'the processor' : 'the local APIC')] }]
  }
}
