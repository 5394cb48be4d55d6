/**
 * The printer port of the PC/AT (IBM Personal Computer AT Technical Reference, "Printer side of the Serial/Parallel Adapter"), LPT1: ports 378h–37Ah,
 * IRQ 7, with the direction bit of the PS/2. The printer at its end takes every byte at once. The interrupt for an acknowledged byte stays until the
 * status register is read, as on the PS/2, so that it is never a spurious one.
 */
import type { Device, DeviceFacts, Line, PortRange } from './device'
import { FLOATING } from './device'
import { bitsFact, fact } from './facts'
import type { StateFields } from '../state/fields'

const STATUS_READY = 0x80
const STATUS_NO_ACKNOWLEDGE = 0x40
const STATUS_SELECTED = 0x10
const STATUS_NO_ERROR = 0x08
/** Bits 0–2 read as ones, but for bit 2 while an interrupt waits. */
const STATUS_UNUSED = 0x03
const STATUS_NO_INTERRUPT = 0x04

const CONTROL_STROBE = 0x01
/** Low resets the printer. */
const CONTROL_INITIALIZE = 0x04
const CONTROL_INTERRUPTS = 0x10
const CONTROL_INPUT = 0x20
/** Bits 6 and 7 are not there. */
const CONTROL_UNUSED = 0xc0

export class ParallelPort implements Device {
  readonly name = 'Parallel port (LPT1)'
  readonly ports: readonly PortRange[]
  readonly #irq: Line
  readonly #print: (byte: number) => void
  #data = 0
  #control = 0
  #interrupt = false

  constructor(irq: Line, print: (byte: number) => void, first = 0x378) {
    this.#irq = irq
    this.#print = print
    this.ports = [
      {
        first,
        last: first + 2,
        read: (port) => this.#read(port - first),
        write: (port, value) => this.#write(port - first, value),
      },
    ]
  }

  reset(): void {
    this.#data = 0
    this.#control = 0
    this.#setInterrupt(false)
  }

  exchange(state: StateFields): void {
    this.#data = state.byte('data', this.#data)
    this.#control = state.byte('control', this.#control)
    this.#interrupt = state.flag('interrupt', this.#interrupt)
  }

  describe(): DeviceFacts {
    return [
      {
        title: 'Registers',
        facts: [
          fact('data', this.#data),
          bitsFact('status', this.#status, [undefined, undefined, 'no interrupt waits', 'no error', 'selected', 'out of paper', 'no acknowledge', 'ready']),
          bitsFact('control', this.#control, ['strobe', 'auto feed', 'not resetting the printer', 'select', 'IRQ 7', 'input']),
        ],
      },
    ]
  }

  get #status(): number {
    const ready = this.#control & CONTROL_INITIALIZE ? STATUS_READY : 0
    return ready | STATUS_NO_ACKNOWLEDGE | STATUS_SELECTED | STATUS_NO_ERROR | STATUS_UNUSED | (this.#interrupt ? 0 : STATUS_NO_INTERRUPT)
  }

  #read(register: number): number {
    if (register === 0) return this.#control & CONTROL_INPUT ? FLOATING : this.#data
    if (register === 2) return this.#control | CONTROL_UNUSED
    const status = this.#status
    this.#setInterrupt(false)
    return status
  }

  #write(register: number, value: number): void {
    if (register === 0) this.#data = value
    else if (register === 2) this.#setControl(value & ~CONTROL_UNUSED)
  }

  #setControl(control: number): void {
    const strobed = (control & ~this.#control & CONTROL_STROBE) !== 0
    this.#control = control
    if (!(control & CONTROL_INTERRUPTS)) this.#setInterrupt(false)
    if (!strobed || !(control & CONTROL_INITIALIZE) || control & CONTROL_INPUT) return
    this.#print(this.#data)
    if (control & CONTROL_INTERRUPTS) this.#setInterrupt(true)
  }

  #setInterrupt(interrupt: boolean): void {
    this.#interrupt = interrupt
    this.#irq(interrupt)
  }
}
