/**
 * The transceiver inside the 82540EM, a Marvell 88E1000 family PHY (order number 317453, 13.4.6 and chapter 12; IEEE 802.3, clause 22): a link of
 * 1000 Mb/s in full duplex that is always up.
 */
import type { StateFields } from '../state/fields'

const CONTROL = 0
const STATUS = 1
const RESET = 0x8000
const RESTART_NEGOTIATION = 0x0200

/** Registers after reset, and the bits that software can write. */
const REGISTERS: Readonly<Record<number, { value: number; writable: number }>> = {
  [CONTROL]: { value: 0x1140, writable: 0x7dc0 },
  // All of 10 and 100 Mb/s, extended status, negotiation complete, link up.
  [STATUS]: { value: 0x796d, writable: 0 },
  2: { value: 0x0141, writable: 0 },
  3: { value: 0x0c20, writable: 0 },
  4: { value: 0x0de1, writable: 0xffff },
  // The partner: all of 10 and 100 Mb/s, acknowledged.
  5: { value: 0x45e1, writable: 0 },
  6: { value: 0x0003, writable: 0 },
  9: { value: 0x0e00, writable: 0xffff },
  // Master, both receivers good, the partner can do 1000 Mb/s.
  10: { value: 0x7c00, writable: 0 },
  15: { value: 0x3000, writable: 0 },
  16: { value: 0x0360, writable: 0xffff },
  // 1000 Mb/s, full duplex, resolved, link up.
  17: { value: 0xac08, writable: 0 },
  18: { value: 0, writable: 0xffff },
  20: { value: 0x0d60, writable: 0xffff },
  21: { value: 0, writable: 0 },
  24: { value: 0x4100, writable: 0xffff },
  29: { value: 0, writable: 0x1f },
  30: { value: 0, writable: 0xffff },
}

const PHY_REGISTERS = 32

export class E1000Phy {
  readonly #written = new Map<number, number>()

  reset(): void {
    this.#written.clear()
  }

  exchange(state: StateFields): void {
    state.map('written', this.#written, PHY_REGISTERS, 0xffff)
  }

  read(register: number): number {
    return this.#written.get(register) ?? REGISTERS[register]?.value ?? 0
  }

  write(register: number, value: number): void {
    if (register === CONTROL && value & RESET) {
      this.reset()
      return
    }
    const { value: initial, writable } = REGISTERS[register] ?? { value: 0, writable: 0 }
    // Negotiation is over at once.
    const kept = register === CONTROL ? value & ~RESTART_NEGOTIATION : value
    if (writable !== 0) this.#written.set(register, (initial & ~writable) | (kept & writable))
  }
}
