/** One channel of an IDE controller (ATA/ATAPI-6, clause 9): command block, control block, two drives of which one is selected, one interrupt line. */
import type { Clock, Timer } from '../machine/clock'
import type { AtaDrive, DmaRequest } from './ata-drive'
import { REGISTER } from './ata-drive'
import type { DeviceFacts, Line, PortRange } from './device'
import { fact } from './facts'
import type { StateFields } from '../state/fields'

const CONTROL = { interruptOff: 0x02, reset: 0x04, earlier: 0x80 } as const
const DEVICE_1 = 0x10
const EXECUTE_DIAGNOSTIC = 0x90

export interface ChannelWiring {
  readonly clock: Clock
  readonly name: string
  /** First port of the command block, of eight; and that of the control block. */
  readonly command: number
  readonly control: number
  readonly irq: Line
  /** INTRQ of the selected drive rises. */
  readonly interrupted: () => void
  /** A drive asks for the bus master; undefined: no longer. */
  readonly dma: (request: DmaRequest | undefined) => void
}

export class AtaChannel {
  readonly name: string
  readonly ports: readonly PortRange[]
  readonly #wiring: ChannelWiring
  readonly #drives: readonly [AtaDrive | undefined, AtaDrive | undefined]
  readonly #pending: [boolean, boolean] = [false, false]
  readonly #timers: readonly [Timer, Timer]
  readonly #then: [(() => void) | undefined, (() => void) | undefined] = [undefined, undefined]
  #selected: 0 | 1 = 0
  #control = 0
  /** Which drive asked for the bus master last. */
  #asker: 0 | 1 = 0

  constructor(wiring: ChannelWiring, drives: readonly [AtaDrive | undefined, AtaDrive | undefined]) {
    this.#wiring = wiring
    this.name = wiring.name
    this.#drives = drives
    const timer = (index: 0 | 1): Timer =>
      wiring.clock.timer(() => {
        const then = this.#then[index]
        this.#then[index] = undefined
        then?.()
      })
    this.#timers = [timer(0), timer(1)]
    drives.forEach((drive, index) => this.#plugIn(drive, index === 0 ? 0 : 1))
    const { command, control } = wiring
    const data = (bytes: 2 | 4) => ({
      read: (port: number) => (port === command ? this.#readData(bytes) : this.#readWide(port, bytes)),
      write: (port: number, value: number) => (port === command ? this.#drive?.writeData(bytes, value) : this.#writeWide(port, bytes, value)),
    })
    this.ports = [
      { first: command, last: command + 7, read: (port) => this.#read(port - command), write: (port, value) => this.#write(port - command, value), words: data(2), dwords: data(4) },
      { first: control, last: control, read: () => this.#drive?.readStatus(false) ?? 0, write: (_port, value) => this.#setControl(value) },
    ]
  }

  reset(): void {
    this.#selected = 0
    this.#control = 0
    this.#stopWork()
    for (const drive of this.#drives) drive?.reset()
    this.#updateLine()
  }

  exchange(state: StateFields): void {
    this.#drives.forEach((drive, index) => {
      const which = index === 0 ? 0 : 1
      this.#pending[which] = state.flag(`interrupt ${index}`, this.#pending[which])
      if (!drive) return
      state.part(`drive ${index}`, drive)
      this.#then[which] = state.flag(`works ${index}`, this.#then[which] !== undefined) ? drive.wake : undefined
    })
    this.#selected = state.choice('selected', this.#selected, [0, 1])
    this.#control = state.byte('control', this.#control)
    this.#asker = state.choice('asker', this.#asker, [0, 1])
  }

  /** What the drive that asked for the bus master last wants from it. */
  get dmaRequest(): DmaRequest | undefined {
    return this.#drives[this.#asker]?.dmaRequest
  }

  /** Whether a drive works, so that an interrupt can still come. */
  get busy(): boolean {
    return this.#timers.some(({ due }) => due !== Infinity)
  }

  describe(): DeviceFacts {
    return this.#drives.flatMap((drive, index) =>
      drive ? [{ title: `${this.name}, drive ${index}`, facts: [fact('selected', this.#selected === index), fact('interrupt', this.#pending[index] === true), ...drive.describe()] }] : [],
    )
  }

  get #drive(): AtaDrive | undefined {
    return this.#drives[this.#selected]
  }

  #plugIn(drive: AtaDrive | undefined, index: 0 | 1): void {
    drive?.plugIn({
      later: (ticks, then) => {
        this.#then[index] = then
        this.#timers[index].set(this.#wiring.clock.now() + ticks)
      },
      interrupt: (level) => {
        this.#pending[index] = level
        this.#updateLine()
        if (level && index === this.#selected) this.#wiring.interrupted()
      },
      dma: (request) => {
        if (request) this.#asker = index
        this.#wiring.dma(request)
      },
    })
  }

  /** The line follows the selected drive, unless device control holds it back. */
  #updateLine(): void {
    this.#wiring.irq(this.#pending[this.#selected] && !(this.#control & CONTROL.interruptOff))
  }

  #stopWork(): void {
    this.#wiring.dma(undefined)
    for (const timer of this.#timers) timer.cancel()
    this.#then.fill(undefined)
  }

  #readData(bytes: 1 | 2 | 4): number {
    return this.#drive?.readData(bytes) ?? 0
  }

  /** Without a drive nothing pulls the lines up, and all reads as zero, as on QEMU's board. */
  #read(register: number): number {
    if (register === REGISTER.data) return this.#readData(1)
    if (register === REGISTER.status) return this.#drive?.readStatus(true) ?? 0
    return this.#drive?.readRegister(register, (this.#control & CONTROL.earlier) !== 0) ?? 0
  }

  #readWide(port: number, bytes: number): number {
    let value = 0
    for (let i = 0; i < bytes; i++) value += (port + i > this.#wiring.command + 7 ? 0xff : this.#read(port + i - this.#wiring.command)) * 2 ** (8 * i)
    return value
  }

  #writeWide(port: number, bytes: number, value: number): void {
    for (let i = 0; i < bytes && port + i <= this.#wiring.command + 7; i++) this.#write(port + i - this.#wiring.command, (value >>> (8 * i)) & 0xff)
  }

  #write(register: number, value: number): void {
    if (register === REGISTER.data) this.#drive?.writeData(1, value)
    else if (register === REGISTER.command) this.#command(value)
    else {
      // A write to any register of the command block ends the reading of earlier contents.
      this.#control &= ~CONTROL.earlier
      for (const drive of this.#drives) drive?.writeRegister(register, value)
      if (register === REGISTER.device) {
        this.#selected = value & DEVICE_1 ? 1 : 0
        this.#updateLine()
      }
    }
  }

  #command(code: number): void {
    this.#control &= ~CONTROL.earlier
    if (this.#control & CONTROL.reset) return
    // Both drives diagnose themselves; drive 0 speaks for both.
    if (code === EXECUTE_DIAGNOSTIC) {
      this.#selected = 0
      this.#drives[1]?.command(code)
    }
    this.#drive?.command(code)
  }

  #setControl(value: number): void {
    const before = this.#control
    this.#control = value & (CONTROL.interruptOff | CONTROL.reset | CONTROL.earlier)
    if (value & ~before & CONTROL.reset) {
      this.#stopWork()
      for (const drive of this.#drives) drive?.beginReset()
    } else if (before & ~value & CONTROL.reset) {
      this.#selected = 0
      for (const drive of this.#drives) drive?.reset()
    }
    this.#updateLine()
  }
}
