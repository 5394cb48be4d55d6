/**
 * National Semiconductor PC16550D UART with FIFOs (data sheet of June 1995), the PC's COM1: ports 3F8h–3FFh, IRQ 4.
 * Sending takes no time: the transmitter is always empty again when the guest looks. Received bytes arrive at the
 * programmed speed and only when there is room, so that none is lost.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_SECOND } from '../machine/clock'
import type { Device, DeviceFacts, Line, PortRange } from './device'
import { bitsFact, fact } from './facts'
import type { StateFields } from '../state/fields'

const IER_RECEIVED = 0x01
const IER_TRANSMITTER_EMPTY = 0x02
const IER_LINE_STATUS = 0x04
const IER_MODEM_STATUS = 0x08

const IIR_NONE = 0x01
const IIR_MODEM = 0x00
const IIR_TRANSMITTER = 0x02
const IIR_RECEIVED = 0x04
const IIR_LINE = 0x06
const IIR_TIMEOUT = 0x0c
const IIR_FIFOS = 0xc0

const INTERRUPTS: Readonly<Record<number, string>> = { [IIR_MODEM]: 'modem status', [IIR_TRANSMITTER]: 'transmitter empty', [IIR_RECEIVED]: 'data received', [IIR_LINE]: 'line status', [IIR_TIMEOUT]: 'data waits for long' }

const LCR_DATA = 0x03
const LCR_MORE_STOP = 0x04
const LCR_PARITY = 0x08
const LCR_DLAB = 0x80
const LCR_BREAK = 0x40
const MCR_LOOP = 0x10
const MCR_OUT2 = 0x08
const LSR_DATA = 0x01
const LSR_OVERRUN = 0x02
const LSR_TRANSMITTER_EMPTY = 0x60

const FIFO_BYTES = 16
const TRIGGER_LEVELS = [1, 4, 8, 14] as const
/** 1.8432 MHz crystal / 16. */
const BASE_BAUD = 115_200

export interface UartWiring {
  clock: Clock
  irq: Line
  transmit: (byte: number) => void
}

/** Bytes from outside that a saved state has at most. */
const MOST_INPUT = 1 << 24

export class Uart16550 implements Device {
  readonly name: string
  readonly ports: readonly PortRange[]
  readonly #wiring: UartWiring
  readonly #arrival: Timer
  readonly #idle: Timer
  #input: number[] = []
  #received: number[] = []
  #ier = 0
  #fifos = false
  #trigger = 1
  #lcr = 0
  #mcr = 0
  #overrun = false
  #scratch = 0
  #divisor = 1
  #transmitterInterrupt = false
  #timeout = false
  #modemDelta = 0
  #modemLines = 0

  constructor(wiring: UartWiring, firstPort = 0x3f8, name = '16550A UART (COM1)') {
    this.name = name
    this.#wiring = wiring
    this.#arrival = wiring.clock.timer(() => this.#arrive())
    this.#idle = wiring.clock.timer(() => {
      this.#timeout = this.#fifos && this.#received.length > 0
      this.#update()
    })
    this.ports = [
      {
        first: firstPort,
        last: firstPort + 7,
        read: (port) => this.#read(port - firstPort),
        write: (port, value) => this.#write(port - firstPort, value),
      },
    ]
  }

  reset(): void {
    this.#received = []
    this.#ier = this.#lcr = this.#mcr = this.#scratch = 0
    this.#fifos = this.#overrun = this.#transmitterInterrupt = this.#timeout = false
    this.#trigger = 1
    this.#divisor = 1
    this.#modemDelta = 0
    this.#modemLines = this.#modemStatus()
    this.#arrival.cancel()
    this.#idle.cancel()
    this.#update()
    this.#arm()
  }

  exchange(state: StateFields): void {
    this.#input = state.numbers('input', this.#input, MOST_INPUT)
    this.#received = state.numbers('received', this.#received, FIFO_BYTES)
    this.#ier = state.byte('ier', this.#ier)
    this.#fifos = state.flag('fifos', this.#fifos)
    this.#trigger = state.int('trigger', this.#trigger, FIFO_BYTES)
    this.#lcr = state.byte('lcr', this.#lcr)
    this.#mcr = state.byte('mcr', this.#mcr)
    this.#overrun = state.flag('overrun', this.#overrun)
    this.#scratch = state.byte('scratch', this.#scratch)
    this.#divisor = state.word('divisor', this.#divisor)
    this.#transmitterInterrupt = state.flag('transmitter interrupt', this.#transmitterInterrupt)
    this.#timeout = state.flag('timeout', this.#timeout)
    this.#modemDelta = state.byte('modem delta', this.#modemDelta)
    this.#modemLines = state.byte('modem lines', this.#modemLines)
  }

  describe(): DeviceFacts {
    const parity = this.#lcr & 0x08 ? (this.#lcr & 0x10 ? 'E' : 'O') : 'N'
    const id = this.#interruptId()
    return [
      {
        title: 'Line',
        facts: [
          fact('speed', `${Math.round(BASE_BAUD / Math.max(1, this.#divisor))} baud`, `divisor ${this.#divisor}`),
          fact('LCR', this.#lcr, `${5 + (this.#lcr & 3)}${parity}${this.#lcr & 4 ? 2 : 1}${this.#lcr & LCR_DLAB ? ', divisor latch' : ''}${this.#lcr & LCR_BREAK ? ', break' : ''}`),
          bitsFact('MCR', this.#mcr, ['DTR', 'RTS', 'OUT1', 'OUT2 (interrupts)', 'loop-back']),
          bitsFact('IER', this.#ier, ['data received', 'transmitter empty', 'line status', 'modem status']),
          fact('interrupt', INTERRUPTS[id] ?? 'none'),
          fact('FIFOs', this.#fifos, this.#fifos ? `interrupt from ${this.#trigger} bytes on` : undefined),
          fact('bytes received', `${this.#received.length}`, this.#overrun ? 'some were lost' : undefined),
          fact('bytes on the way', `${this.#input.length}`),
        ],
      },
    ]
  }

  /** Bytes from outside, queued without limit. */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) this.#input.push(byte & 0xff)
    this.#arm()
  }

  /** On the wire: start bit, data, parity, and one, one and a half, or two stop bits. */
  #characterTicks(): number {
    const data = 5 + (this.#lcr & LCR_DATA)
    const stop = this.#lcr & LCR_MORE_STOP ? (data === 5 ? 1.5 : 2) : 1
    const bits = 1 + data + (this.#lcr & LCR_PARITY ? 1 : 0) + stop
    return Math.max(1, Math.round((TICKS_PER_SECOND * bits * this.#divisor) / BASE_BAUD))
  }

  #capacity(): number {
    return this.#fifos ? FIFO_BYTES : 1
  }

  #arm(): void {
    if (this.#input.length === 0 || this.#received.length >= this.#capacity() || this.#mcr & MCR_LOOP || this.#arrival.due !== Infinity) return
    this.#arrival.set(this.#wiring.clock.now() + this.#characterTicks())
  }

  #arrive(): void {
    if (this.#mcr & MCR_LOOP || this.#received.length >= this.#capacity()) return
    const byte = this.#input.shift()
    if (byte !== undefined) this.#push(byte)
    this.#arm()
  }

  #push(byte: number): void {
    if (this.#received.length < this.#capacity()) this.#received.push(byte)
    else {
      this.#overrun = true
      // Without FIFOs the new character takes the place of the old one; with them it is lost in the shift register.
      if (!this.#fifos) this.#received = [byte]
    }
    this.#timeout = false
    this.#idle.set(this.#wiring.clock.now() + 4 * this.#characterTicks())
    this.#update()
  }

  #interruptId(): number {
    if (this.#ier & IER_LINE_STATUS && this.#overrun) return IIR_LINE
    if (this.#ier & IER_RECEIVED) {
      if (this.#received.length >= (this.#fifos ? this.#trigger : 1)) return IIR_RECEIVED
      if (this.#timeout) return IIR_TIMEOUT
    }
    if (this.#ier & IER_TRANSMITTER_EMPTY && this.#transmitterInterrupt) return IIR_TRANSMITTER
    if (this.#ier & IER_MODEM_STATUS && this.#modemDelta) return IIR_MODEM
    return IIR_NONE
  }

  #update(): void {
    this.#wiring.irq(this.#interruptId() !== IIR_NONE && (this.#mcr & MCR_OUT2) !== 0 && !(this.#mcr & MCR_LOOP))
  }

  #read(register: number): number {
    if (register < 2 && this.#lcr & LCR_DLAB) return register === 0 ? this.#divisor & 0xff : this.#divisor >> 8
    switch (register) {
      case 0: {
        const byte = this.#received.shift() ?? 0
        this.#timeout = false
        if (this.#received.length > 0) this.#idle.set(this.#wiring.clock.now() + 4 * this.#characterTicks())
        this.#update()
        this.#arm()
        return byte
      }
      case 1:
        return this.#ier
      case 2: {
        const id = this.#interruptId()
        if (id === IIR_TRANSMITTER) this.#transmitterInterrupt = false
        this.#update()
        return id | (this.#fifos ? IIR_FIFOS : 0)
      }
      case 3:
        return this.#lcr
      case 4:
        return this.#mcr
      case 5: {
        const status = LSR_TRANSMITTER_EMPTY | (this.#received.length > 0 ? LSR_DATA : 0) | (this.#overrun ? LSR_OVERRUN : 0)
        this.#overrun = false
        this.#update()
        return status
      }
      case 6: {
        const status = this.#modemLines | this.#modemDelta
        this.#modemDelta = 0
        this.#update()
        return status
      }
      default:
        return this.#scratch
    }
  }

  #write(register: number, value: number): void {
    if (register < 2 && this.#lcr & LCR_DLAB) {
      this.#divisor = register === 0 ? (this.#divisor & 0xff00) | value : (this.#divisor & 0xff) | (value << 8)
      return
    }
    switch (register) {
      case 0:
        if (this.#mcr & MCR_LOOP) this.#push(value)
        else if (!(this.#lcr & LCR_BREAK)) this.#wiring.transmit(value)
        this.#transmitterInterrupt = true
        break
      case 1:
        if (value & ~this.#ier & IER_TRANSMITTER_EMPTY) this.#transmitterInterrupt = true
        this.#ier = value & 0x0f
        break
      case 2:
        this.#fifoControl(value)
        break
      case 3:
        this.#lcr = value
        break
      case 4:
        this.#setModemControl(value & 0x1f)
        break
      case 7:
        this.#scratch = value
        break
      default:
      // LSR and MSR are read-only in normal use.
    }
    this.#update()
  }

  #fifoControl(value: number): void {
    const on = (value & 1) !== 0
    if (on !== this.#fifos || value & 2) this.#received = []
    this.#fifos = on
    this.#trigger = TRIGGER_LEVELS[(value >> 6) & 3] ?? 1
    this.#timeout = false
    this.#arm()
  }

  #setModemControl(value: number): void {
    this.#mcr = value
    const lines = this.#modemStatus()
    const changed = lines ^ this.#modemLines
    // Bits 0, 1, 3: CTS, DSR, DCD changed; bit 2: RI went off.
    this.#modemDelta |= ((changed >> 4) & 0x0b) | ((changed & this.#modemLines & 0x40) >> 4)
    this.#modemLines = lines
    this.#arm()
  }

  /** Upper half of MSR: a ready partner, or the MCR's own outputs in loop-back (RTS→CTS, DTR→DSR, OUT1→RI, OUT2→DCD). */
  #modemStatus(): number {
    if (!(this.#mcr & MCR_LOOP)) return 0xb0
    return ((this.#mcr & 2) << 3) | ((this.#mcr & 1) << 5) | ((this.#mcr & 4) << 4) | ((this.#mcr & 8) << 4)
  }
}
