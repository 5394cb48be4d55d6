/** The connectors at the back of the PC: COM1 to COM4 and LPT1, at the ports and interrupts where every PC has them. */
import { SERIAL_PORTS, type OptionalDevice, type OutputPort, type SerialPort } from '../../../shared/machine-schemas'
import type { Device, Line } from '../devices/device'
import { ParallelPort } from '../devices/parallel-port'
import { SharedLine } from '../devices/shared-line'
import { Uart16550 } from '../devices/uart16550'
import type { Clock } from './clock'
import type { Stateful, StateFields } from '../state/fields'

const COM = {
  com1: { port: 0x3f8, irq: 4 },
  com2: { port: 0x2f8, irq: 3 },
  com3: { port: 0x3e8, irq: 4 },
  com4: { port: 0x2e8, irq: 3 },
} as const satisfies Record<SerialPort, { port: number; irq: 3 | 4 }>
const LPT_IRQ = 7

export class Connectors implements Stateful {
  readonly serial: Readonly<Record<SerialPort, Uart16550>>
  readonly devices: readonly Device[]
  readonly #lines: Readonly<Record<3 | 4, SharedLine>>

  /** @param without those that this PC does not have: their ports float */
  constructor(clock: Clock, line: (irq: number) => Line, sent: (port: Exclude<OutputPort, 'debug'>, byte: number) => void, without: ReadonlySet<OptionalDevice> = new Set()) {
    const lines = { 3: new SharedLine(line(3)), 4: new SharedLine(line(4)) }
    this.#lines = lines
    const uart = (name: SerialPort): Uart16550 => {
      const { port, irq } = COM[name]
      return new Uart16550({ clock, irq: lines[irq].wire(), transmit: (byte) => sent(name, byte) }, port, `16550A UART (${name.toUpperCase()})`)
    }
    this.serial = { com1: uart('com1'), com2: uart('com2'), com3: uart('com3'), com4: uart('com4') }
    const lpt = new ParallelPort(line(LPT_IRQ), (byte) => sent('lpt1', byte))
    this.devices = [...SERIAL_PORTS.filter((name) => !without.has(name)).map((name) => this.serial[name]), ...(without.has('lpt1') ? [] : [lpt])]
  }

  exchange(state: StateFields): void {
    state.part('irq 3', this.#lines[3])
    state.part('irq 4', this.#lines[4])
  }
}
