/**
 * Intel 82371SB (PIIX3), function 0: the PCI-to-ISA bridge (data sheet 290550). It leads PCI interrupts to IRQ lines (PIRQRC, 2.2.10), says which lines
 * are level-triggered (ELCR at 4D0h and 4D1h, 2.5.6.2), and has the reset control register at CF9h (2.3.3), which the bus hands on.
 */
import type { Device, DeviceFacts, Line, PortRange } from './device'
import { fact } from './facts'
import type { PciConfig } from './pci-config'
import type { PciFunction } from './pci-function'
import type { StateFields } from '../state/fields'

export const PIRQ_ROUTES = 0x60
const PIRQS = 4
const ROUTE_OFF = 0x80
export const ELCR_PORT = 0x4d0
/** IRQ 0, 1, 2, 8 and 13 are the board's own and always edge-triggered. */
const ELCR_WRITABLE = [0xf8, 0xde] as const
/** IRQ lines that a PCI interrupt can be led to. */
const ROUTABLE: ReadonlySet<number> = new Set([3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15])
const RESET_HARD = 0x02
const RESET_CPU = 0x04

/** Which of PIRQA to PIRQD (0 to 3) a pin (1 to 4) of a device goes to: slots are wired one after the other, as on QEMU's board. */
export const pirqOf = (device: number, pin: number): number => (pin - 1 + device - 1) & 3

export interface Piix3Wiring {
  /** The wire of an IRQ line, of those that can be led to. */
  readonly irq: (irq: number) => Line
  /** PIRQA to PIRQD (0 to 3) themselves, which an I/O APIC has as inputs of its own. */
  readonly pirq?: ((index: number, level: boolean) => void) | undefined
  /** Level-triggered lines, bit n is IRQ n. */
  readonly setLevelTriggered: (lines: number) => void
  readonly resetMachine: () => void
}

export class Piix3Isa implements PciFunction, Device {
  readonly name = '82371SB (PIIX3) ISA bridge'
  readonly identity = { vendor: 0x8086, device: 0x7000, revision: 0, classCode: 0x060100, multifunction: true, subsystemVendor: 0x1af4, subsystem: 0x1100 } as const
  readonly registers = [
    // IORT, XBCS; routes; top of memory, miscellaneous status: kept for who reads them back.
    { at: 0x4c, bytes: 1, value: 0x4d, writable: 0x7f },
    { at: 0x4e, bytes: 2, value: 0x0003, writable: 0x07ff },
    ...Array.from({ length: PIRQS }, (_, i) => ({ at: PIRQ_ROUTES + i, bytes: 1, value: ROUTE_OFF, writable: 0x8f }) as const),
    { at: 0x69, bytes: 1, value: 0x02, writable: 0xfe },
    { at: 0x6a, bytes: 2, value: 0, writable: 0x8094 },
  ] as const
  readonly ports: readonly PortRange[]
  readonly resetControl: { read(): number; write(value: number): void }
  readonly #wiring: Piix3Wiring
  readonly #lines = new Map<number, Line>()
  readonly #elcr: [number, number] = [0, 0]
  /** Devices that assert PIRQA to PIRQD, bit n is device n. */
  readonly #asserted: [number, number, number, number] = [0, 0, 0, 0]
  readonly #routes: number[] = Array.from({ length: PIRQS }, () => ROUTE_OFF)
  /** IRQ lines held up by PCI interrupts, bit n is IRQ n. */
  #held = 0
  #reset = 0

  constructor(wiring: Piix3Wiring) {
    this.#wiring = wiring
    this.ports = [{ first: ELCR_PORT, last: ELCR_PORT + 1, read: (port) => this.#elcr[port === ELCR_PORT ? 0 : 1], write: (port, value) => this.#setElcr(port === ELCR_PORT ? 0 : 1, value) }]
    this.resetControl = { read: () => this.#reset, write: (value) => this.#setReset(value) }
  }

  reset(): void {
    this.#reset = 0
    this.#elcr.fill(0)
    this.#wiring.setLevelTriggered(0)
  }

  exchange(state: StateFields): void {
    state.array('elcr', this.#elcr)
    state.array('asserted', this.#asserted)
    state.array('routes', this.#routes)
    this.#held = state.word('held', this.#held)
    this.#reset = state.byte('reset', this.#reset)
  }

  describe(): DeviceFacts {
    const routes = this.#routes.map((route, i) => fact(`PIRQ${'ABCD'.charAt(i)}`, route & ROUTE_OFF ? 'off' : `IRQ ${route & 15}`, this.#asserted[i] === 0 ? undefined : 'asserted'))
    const level = [...Array(16).keys()].filter((irq) => (this.#levelLines >> irq) & 1)
    return [{ title: 'Interrupts', facts: [...routes, fact('level-triggered', level.length === 0 ? 'none' : level.map((irq) => `IRQ ${irq}`).join(', '))] }]
  }

  /** An interrupt pin (1 to 4) of a device goes to `level`. */
  interrupt(device: number, pin: number, level: boolean): void {
    const pirq = pirqOf(device, pin)
    const bit = 1 << device
    const before = this.#asserted[pirq] ?? 0
    const after = level ? before | bit : before & ~bit
    if (after === before) return
    this.#asserted[pirq] = after
    if ((before === 0) !== (after === 0)) this.#wiring.pirq?.(pirq, after !== 0)
    this.#drive()
  }

  configured(config: PciConfig, at: number, bytes: number): void {
    if (at >= PIRQ_ROUTES + PIRQS || at + bytes <= PIRQ_ROUTES) return
    for (let i = 0; i < PIRQS; i++) this.#routes[i] = config.read(PIRQ_ROUTES + i, 1)
    this.#drive()
  }

  #drive(): void {
    let held = 0
    this.#routes.forEach((route, i) => {
      const irq = route & 15
      if (!(route & ROUTE_OFF) && ROUTABLE.has(irq) && this.#asserted[i] !== 0) held |= 1 << irq
    })
    const changed = held ^ this.#held
    this.#held = held
    // First those that rise.
    for (const lines of [changed & held, changed & ~held]) {
      for (const irq of ROUTABLE) if ((lines >> irq) & 1) this.#line(irq)(((held >> irq) & 1) === 1)
    }
  }

  #line(irq: number): Line {
    let line = this.#lines.get(irq)
    if (!line) this.#lines.set(irq, (line = this.#wiring.irq(irq)))
    return line
  }

  get #levelLines(): number {
    return this.#elcr[0] | (this.#elcr[1] << 8)
  }

  #setElcr(index: 0 | 1, value: number): void {
    this.#elcr[index] = value & ELCR_WRITABLE[index]
    this.#wiring.setLevelTriggered(this.#levelLines)
  }

  /** The processor is reset when bit 2 goes from 0 to 1; a hard reset and one of the processor alone are the same here. */
  #setReset(value: number): void {
    const rises = (value & ~this.#reset & RESET_CPU) !== 0
    this.#reset = value & (RESET_HARD | RESET_CPU)
    if (rises) this.#wiring.resetMachine()
  }
}
