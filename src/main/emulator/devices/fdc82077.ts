/**
 * Intel 82077AA floppy disk controller (data sheet 290166) at 3F0h–3F5h and 3F7h with IRQ 6 and DMA channel 2 as in the PC/AT: command, execution and
 * result phases, by DMA or through the FIFO. A drive without mechanics: it seeks and turns in next to no time.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_MICROSECOND } from '../machine/clock'
import type { Device, DeviceFacts, Line, PortRange } from './device'
import { FLOATING } from './device'
import { CONFIGURE, fdcCommand, type FdcCommand, PERPENDICULAR, ST0, ST1, ST2, ST3, VERSION } from './fdc-commands'
import { exchangeTransfer, newTransfer, type Transfer } from './fdc-transfer'
import type { DmaMoved } from './dma8237'
import type { FloppyDrive } from './floppy-drive'
import { bitsFact, fact } from './facts'
import type { StateFields } from '../state/fields'

const PORT = { statusA: 0x3f0, output: 0x3f2, tape: 0x3f3, main: 0x3f4, data: 0x3f5, input: 0x3f7 } as const
const OUTPUT = { drive: 0x03, notReset: 0x04, dmaOn: 0x08 } as const
const MAIN = { ready: 0x80, toHost: 0x40, notDma: 0x20, busy: 0x10 } as const
const RATE_RESET = 0x80
const RATE = 0x03
const DISK_CHANGED = 0x80

const RESET_TICKS = 100 * TICKS_PER_MICROSECOND
const SEEK_TICKS = 1000 * TICKS_PER_MICROSECOND
const SECTOR_TICKS = 100 * TICKS_PER_MICROSECOND
export const FLOPPY_DMA = 2
const SECTOR_BYTES = 512
/** N of 512 bytes a sector. */
const SIZE_CODE = 2
const DRIVES = 4
const HIGHEST_CYLINDER = 255

export interface FdcWiring {
  readonly clock: Clock
  readonly irq: Line
  readonly dma: { toMemory(channel: number, bytes: Uint8Array): DmaMoved; fromMemory(channel: number, into: Uint8Array): DmaMoved }
  /** Drive A: and its diskette; undefined: there is none. */
  readonly drive: FloppyDrive | undefined
}

/** What goes on after a while: by name, with bytes of the command. It is data, so that a controller at work can be saved. */
interface Later {
  readonly name: 'poll' | 'sector' | 'seek' | 'readId' | 'format'
  readonly bytes: readonly number[]
}

/** A sector that goes through the FIFO, or the ID fields of a track that is formatted. */
interface FifoPhase {
  readonly bytes: Uint8Array
  /** Parameters of the formatting. */
  readonly format: readonly number[] | undefined
  at: number
}

/** Bytes of a command or its results, and of what goes on later, at most. */
const MOST_COMMAND = 16
const MOST_LATER = 12
const MOST_SECTORS = 255
/** ID field: cylinder, head, sector, size. */
const ID_BYTES = 4

export class Fdc82077 implements Device {
  readonly name = '82077AA floppy controller'
  readonly ports: readonly PortRange[]
  readonly #wiring: FdcWiring
  readonly #timer: Timer
  #then: Later | undefined
  #output = 0
  #tape = 0
  #rate = 0
  #written: number[] = []
  #results: number[] = []
  #fifo: FifoPhase | undefined
  #transfer: Transfer | undefined
  #working = false
  #interrupt = false
  /** Drives that have something to tell SENSE INTERRUPT STATUS: their ST0. */
  #events: { drive: number; status: number }[] = []
  readonly #cylinders: number[] = [0, 0, 0, 0]
  #seeking = 0
  #notDma = false
  #specified = [0, 0]
  #configuration: number = CONFIGURE.noFifo
  #precompensation = 0
  #perpendicular = 0
  /** EOT of the last transfer, or the sectors of the last formatting. */
  #lastSector = 0
  #locked = false
  #changed = true

  constructor(wiring: FdcWiring) {
    this.#wiring = wiring
    this.#timer = wiring.clock.timer(() => {
      const then = this.#then
      this.#then = undefined
      if (then) this.#steps[then.name](then.bytes)
    })
    this.ports = [
      { first: PORT.statusA, last: PORT.data, read: (port) => this.#read(port), write: (port, value) => this.#write(port, value) },
      { first: PORT.input, last: PORT.input, read: () => this.#digitalInput(), write: (_port, value) => void (this.#rate = value & RATE) },
    ]
  }

  reset(): void {
    this.#output = 0
    this.#tape = 0
    this.#rate = 0
    this.#locked = false
    this.#changed = true
    this.#cylinders.fill(0)
    this.#specified = [0, 0]
    this.#perpendicular = this.#lastSector = 0
    this.#resetChip()
    this.#events = []
  }

  exchange(state: StateFields): void {
    this.#then = state.maybe('then', this.#then, (fields, then) => ({
      name: fields.choice('name', then?.name ?? 'poll', ['poll', 'sector', 'seek', 'readId', 'format']),
      bytes: fields.numbers('bytes', then?.bytes ?? [], MOST_LATER),
    }))
    this.#output = state.byte('output', this.#output)
    this.#tape = state.int('tape', this.#tape, 3)
    this.#rate = state.int('rate', this.#rate, RATE)
    this.#written = state.numbers('written', this.#written, MOST_COMMAND)
    this.#results = state.numbers('results', this.#results, MOST_COMMAND)
    this.#fifo = state.maybe('fifo', this.#fifo, (fields, fifo) => {
      const bytes = fields.bytes('bytes', fifo?.bytes ?? new Uint8Array(SECTOR_BYTES), MOST_SECTORS * ID_BYTES)
      const format = fields.maybe('format', fifo?.format, (of, value) => of.numbers('parameters', value ?? [], MOST_LATER))
      return { bytes, format, at: fields.int('at', fifo?.at ?? 0, Math.max(0, bytes.length - 1)) }
    })
    this.#transfer = state.maybe('transfer', this.#transfer, exchangeTransfer)
    this.#working = state.flag('working', this.#working)
    this.#interrupt = state.flag('interrupt', this.#interrupt)
    this.#events = state.list('events', this.#events, DRIVES, (fields, event) => ({ drive: fields.int('drive', event?.drive ?? 0, DRIVES - 1), status: fields.byte('status', event?.status ?? 0) }))
    state.array('cylinders', this.#cylinders)
    this.#seeking = state.byte('seeking', this.#seeking)
    this.#notDma = state.flag('not dma', this.#notDma)
    this.#specified = state.numbers('specified', this.#specified, 2)
    this.#configuration = state.byte('configuration', this.#configuration)
    this.#precompensation = state.byte('precompensation', this.#precompensation)
    this.#perpendicular = state.byte('perpendicular', this.#perpendicular)
    this.#lastSector = state.byte('last sector', this.#lastSector)
    this.#locked = state.flag('locked', this.#locked)
    this.#changed = state.flag('changed', this.#changed)
  }

  /** Whether an interrupt of its own can still come. */
  get busy(): boolean {
    return this.#timer.due !== Infinity
  }

  describe(): DeviceFacts {
    const { drive } = this.#wiring
    return [
      {
        title: 'Controller',
        facts: [
          bitsFact('main status', this.#mainStatus, ['seek A', 'seek B', 'seek C', 'seek D', 'command busy', 'without DMA', 'to the processor', 'ready']),
          bitsFact('digital output', this.#output, [undefined, undefined, 'runs', 'DMA and IRQ', 'motor A', 'motor B', 'motor C', 'motor D']),
          fact('data rate', ['500 kbit/s', '300 kbit/s', '250 kbit/s', '1 Mbit/s'][this.#rate] ?? ''),
          fact('cylinder of A', `${this.#cylinders[0] ?? 0}`),
          fact('diskette', drive ? `${drive.geometry.cylinders} × ${drive.geometry.heads} × ${drive.geometry.sectorsPerTrack}` : 'none'),
        ],
      },
    ]
  }

  #resetChip(): void {
    this.#timer.cancel()
    this.#then = this.#fifo = this.#transfer = undefined
    this.#working = false
    this.#written = []
    this.#results = []
    this.#events = []
    this.#seeking = 0
    this.#notDma = false
    this.#perpendicular &= ~PERPENDICULAR.gapAndGate
    if (!this.#locked) {
      this.#configuration = CONFIGURE.noFifo
      this.#precompensation = 0
    }
    this.#setInterrupt(false)
  }

  /** After a reset every drive has changed its state, unless polling is off. */
  #leaveReset(): void {
    this.#resetChip()
    this.#later(RESET_TICKS, 'poll')
  }

  #later(ticks: number, name: Later['name'], bytes: readonly number[] = []): void {
    // Seeks go on by themselves while another drive has a command.
    const seeks = this.#then?.name === 'seek' ? this.#then.bytes : undefined
    if (seeks) this.#steps.seek(seeks)
    this.#then = { name, bytes }
    this.#timer.set(this.#wiring.clock.now() + ticks)
  }

  #setInterrupt(level: boolean): void {
    this.#interrupt = level
    this.#wiring.irq(level && (this.#output & OUTPUT.dmaOn) !== 0)
  }

  get #isReset(): boolean {
    return (this.#output & OUTPUT.notReset) === 0
  }

  get #mainStatus(): number {
    if (this.#isReset) return 0
    const busy = this.#written.length > 0 || this.#results.length > 0 || this.#transfer !== undefined || this.#fifo !== undefined || this.#working
    const phase = this.#fifo ? MAIN.notDma | (this.#transfer?.command.direction === 'read' ? MAIN.toHost : 0) : this.#results.length > 0 ? MAIN.toHost : 0
    const ready = this.#working || (this.#transfer && !this.#fifo) ? 0 : MAIN.ready
    return ready | phase | (busy ? MAIN.busy : 0) | this.#seeking
  }

  #read(port: number): number {
    switch (port) {
      case PORT.output:
        return this.#output
      case PORT.tape:
        return this.#tape
      case PORT.main:
        return this.#mainStatus
      case PORT.data:
        return this.#readFifo()
      default:
        // Status A and B: bit 7 of A is the interrupt; the drive's lines are not shown.
        return port === PORT.statusA ? (this.#interrupt ? 0x80 : 0) : 0xc0
    }
  }

  #write(port: number, value: number): void {
    switch (port) {
      case PORT.output: {
        const wasReset = this.#isReset
        this.#output = value
        if (this.#isReset) this.#resetChip()
        else if (wasReset) this.#leaveReset()
        else this.#setInterrupt(this.#interrupt)
        return
      }
      case PORT.tape:
        this.#tape = value & 3
        return
      case PORT.main:
        this.#rate = value & RATE
        if (value & RATE_RESET && !this.#isReset) this.#leaveReset()
        return
      case PORT.data:
        if (!this.#isReset) this.#writeFifo(value)
        return
      default:
      // Status A and B are read-only.
    }
  }

  /** Bit 7: the diskette was changed, and no head has stepped since; without a drive the line is high, too. Only the selected drive drives it. */
  #digitalInput(): number {
    return this.#selectedDrive === undefined || this.#changed ? DISK_CHANGED : 0
  }

  get #selectedDrive(): FloppyDrive | undefined {
    return (this.#output & OUTPUT.drive) === 0 ? this.#wiring.drive : undefined
  }

  #drive(number: number): FloppyDrive | undefined {
    return number === 0 ? this.#wiring.drive : undefined
  }

  #readFifo(): number {
    const fifo = this.#fifo
    if (fifo && this.#transfer?.command.direction === 'read') {
      const byte = fifo.bytes[fifo.at++] ?? FLOATING
      if (fifo.at >= fifo.bytes.length) this.#fifoDone()
      return byte
    }
    const result = this.#results.shift()
    if (result !== undefined) this.#setInterrupt(false)
    return result ?? FLOATING
  }

  #writeFifo(value: number): void {
    const fifo = this.#fifo
    if (fifo) {
      if (this.#transfer?.command.direction === 'read') return
      fifo.bytes[fifo.at++] = value
      if (fifo.at >= fifo.bytes.length) this.#fifoDone()
      return
    }
    // While it works, or has results to give, it takes no bytes.
    if (this.#working || this.#transfer || this.#results.length > 0) return
    this.#written.push(value)
    const command = fdcCommand(this.#written[0] ?? 0)
    if (!command) {
      this.#written = []
      this.#results = [ST0.invalid]
      return
    }
    if (this.#written.length < command.bytes) return
    const bytes = this.#written
    this.#written = []
    this.#execute(command, bytes)
  }

  #execute(command: FdcCommand, bytes: readonly number[]): void {
    if (command.name === 'transfer') this.#begin(command, bytes)
    else this.#simple[command.name](bytes)
  }

  readonly #simple: Readonly<Record<Exclude<FdcCommand['name'], 'transfer'>, (bytes: readonly number[]) => void>> = {
    specify: (bytes) => {
      this.#specified = bytes.slice(1, 3)
      this.#notDma = ((bytes[2] ?? 0) & 1) !== 0
    },
    senseDrive: ([, select = 0]) => {
      const number = select & 3
      const drive = this.#drive(number)
      const track0 = (this.#cylinders[number] ?? 0) === 0
      this.#results = [(select & 7) | ST3.twoSides | ST3.ready | (track0 ? ST3.track0 : 0) | (drive?.medium.readOnly === true ? ST3.writeProtected : 0)]
    },
    recalibrate: ([, select = 0]) => this.#seek(select & 3, 0, this.#drive(select & 3) === undefined),
    seek: ([, select = 0, cylinder = 0]) => this.#seek(select & 3, cylinder, false),
    relativeSeek: ([code = 0, select = 0, steps = 0]) => {
      const from = this.#cylinders[select & 3] ?? 0
      this.#seek(select & 3, Math.min(HIGHEST_CYLINDER, Math.max(0, code & 0x40 ? from + steps : from - steps)), false)
    },
    senseInterrupt: () => {
      const event = this.#events.shift()
      this.#setInterrupt(false)
      this.#results = event ? [event.status, this.#cylinders[event.drive] ?? 0] : [ST0.invalid]
    },
    readId: ([, select = 0]) => {
      this.#working = true
      this.#later(SECTOR_TICKS, 'readId', [select, this.#cylinders[select & 3] ?? 0])
    },
    version: () => void (this.#results = [VERSION]),
    partId: () => void (this.#results = [0x01]),
    dump: () => {
      this.#results = [...this.#cylinders, ...this.#specified, this.#lastSector, (this.#locked ? 0x80 : 0) | this.#perpendicular, this.#configuration, this.#precompensation]
    },
    configure: ([, , configuration = 0, precompensation = 0]) => {
      this.#configuration = configuration
      this.#precompensation = precompensation
    },
    perpendicular: ([, value = 0]) => {
      const drives = value & PERPENDICULAR.overwrite ? value : this.#perpendicular
      this.#perpendicular = (drives & PERPENDICULAR.drives) | (value & PERPENDICULAR.gapAndGate)
    },
    lock: ([code = 0]) => {
      this.#locked = (code & 0x80) !== 0
      this.#results = [this.#locked ? 0x10 : 0]
    },
    format: (bytes) => this.#format(bytes),
  }

  #seek(number: number, cylinder: number, missing: boolean): void {
    const others = this.#then?.name === 'seek' ? this.#then.bytes : []
    this.#then = undefined
    this.#seeking |= 1 << number
    this.#later(SEEK_TICKS, 'seek', [...others, number, cylinder, Number(missing)].slice(-MOST_LATER))
  }

  readonly #steps: Readonly<Record<Later['name'], (bytes: readonly number[]) => void>> = {
    poll: () => {
      if (this.#configuration & CONFIGURE.noPolling) return
      this.#events = Array.from({ length: DRIVES }, (_, drive) => ({ drive, status: ST0.readyChanged | drive }))
      this.#setInterrupt(true)
    },
    sector: () => this.#sector(),
    seek: (seeks) => {
      this.#seeking = 0
      for (let at = 0; at < seeks.length; at += 3) {
        const [number = 0, cylinder = 0, missing = 0] = seeks.slice(at, at + 3)
        this.#cylinders[number & 3] = cylinder
        if (this.#drive(number)) this.#changed = false
        this.#events = [...this.#events.filter(({ drive }) => drive !== number), { drive: number, status: ST0.seekEnd | number | (missing !== 0 ? ST0.abnormal | ST0.equipment : 0) }]
      }
      this.#setInterrupt(true)
    },
    readId: ([select = 0, cylinder = 0]) => {
      const drive = this.#drive(select & 3)
      const head = (select >> 2) & 1
      const found = drive !== undefined && drive.rates.has(this.#rate) && cylinder < drive.geometry.cylinders && head < drive.geometry.heads
      this.#finish(select, found ? 0 : ST1.noAddressMark, 0, [cylinder, head, 1, SIZE_CODE])
    },
    format: (bytes) => this.#formatByDma(bytes),
  }

  #begin(command: FdcCommand, bytes: readonly number[]): void {
    const transfer = newTransfer(command, bytes)
    const { parameters, cylinder } = transfer
    this.#lastSector = parameters.last
    // The head goes where the command wants it, if CONFIGURE said so.
    if (this.#configuration & CONFIGURE.impliedSeek) {
      this.#cylinders[parameters.select & 3] = cylinder
      this.#changed = false
    }
    this.#transfer = transfer
    this.#later(SECTOR_TICKS, 'sector')
  }

  /** The next sector of a transfer, or what is in its way. */
  #sector(): void {
    const transfer = this.#transfer
    if (!transfer) return
    const { command, parameters } = transfer
    const drive = this.#drive(parameters.select & 3)
    const at = this.#cylinders[parameters.select & 3] ?? 0
    if (!drive?.rates.has(this.#rate) || at >= drive.geometry.cylinders) this.#stop(ST1.noAddressMark, 0)
    else if (at !== transfer.cylinder) this.#stop(ST1.noData, ST2.wrongCylinder)
    else if (transfer.head >= drive.geometry.heads || transfer.sector === 0 || transfer.sector > drive.geometry.sectorsPerTrack || parameters.size !== SIZE_CODE) this.#stop(ST1.noData, 0)
    else if (command.direction === 'write' && drive.medium.readOnly) this.#stop(ST1.notWritable, 0)
    else if (command.direction === 'verify') this.#next(transfer.done + 1 === parameters.count)
    else if (command.sectors === 'deleted' && parameters.skip) this.#next(false)
    else if (this.#notDma) this.#offerFifo(drive, transfer)
    else this.#byDma(drive, transfer)
  }

  #byDma(drive: FloppyDrive, { command, cylinder, head, sector }: Transfer): void {
    const { dma } = this.#wiring
    const lba = drive.lba(cylinder, head, sector)
    const bytes = command.direction === 'read' ? drive.medium.read(lba) : new Uint8Array(SECTOR_BYTES)
    const moved = command.direction === 'read' ? dma.toMemory(FLOPPY_DMA, bytes) : dma.fromMemory(FLOPPY_DMA, bytes)
    // Nobody takes or gives the bytes.
    if (moved.bytes === 0 || (moved.bytes < bytes.length && !moved.ended)) {
      this.#stop(ST1.overrun, 0)
      return
    }
    // The rest of a sector that is not all written is filled with zeros.
    if (command.direction === 'write') drive.medium.write(lba, bytes)
    this.#next(moved.ended)
  }

  #offerFifo(drive: FloppyDrive, { command, cylinder, head, sector }: Transfer): void {
    this.#fifo = { format: undefined, bytes: command.direction === 'read' ? drive.medium.read(drive.lba(cylinder, head, sector)) : new Uint8Array(SECTOR_BYTES), at: 0 }
    this.#setInterrupt(true)
  }

  #fifoDone(): void {
    const [fifo, transfer] = [this.#fifo, this.#transfer]
    this.#fifo = undefined
    this.#setInterrupt(false)
    if (fifo?.format) this.#formatted(fifo.format, fifo.bytes)
    if (!fifo || !transfer) return
    const drive = this.#drive(transfer.parameters.select & 3)
    if (transfer.command.direction === 'write') drive?.medium.write(drive.lba(transfer.cylinder, transfer.head, transfer.sector), fifo.bytes)
    // Nothing tells the chip that it is enough: it goes on to the last sector, and says so.
    this.#next(false)
  }

  /** Goes on to the sector after this one. @param ended terminal count: it is enough */
  #next(ended: boolean): void {
    const transfer = this.#transfer
    if (!transfer) return
    const { last, multiTrack, skip, count } = transfer.parameters
    const { direction, sectors } = transfer.command
    // No sector here is marked as deleted: the first one that is read instead ends the command, with its address.
    if (sectors === 'deleted' && !skip) {
      this.#stop(0, ST2.controlMark)
      return
    }
    transfer.done++
    const wasLast = transfer.sector >= last
    const turns = wasLast && multiTrack && transfer.head === 0
    const isEnd = wasLast && !turns
    transfer.sector = wasLast ? 1 : transfer.sector + 1
    if (turns) transfer.head = 1
    if (isEnd) {
      if (multiTrack) transfer.head = 0
      transfer.cylinder++
    }
    // VERIFY without a count has done all that it was to.
    if (ended || (isEnd && direction === 'verify' && count === undefined)) this.#stop(0, 0)
    else if (isEnd) this.#stop(ST1.endOfCylinder, 0)
    else this.#later(SECTOR_TICKS, 'sector')
  }

  #stop(st1: number, st2: number): void {
    const transfer = this.#transfer
    if (!transfer) return
    this.#transfer = undefined
    const { parameters, cylinder, head, sector } = transfer
    this.#finish((parameters.select & 3) | (head << 2), st1, st2, [cylinder & 0xff, head, sector, parameters.size])
  }

  /** Result phase of commands that deal with sectors. */
  #finish(select: number, st1: number, st2: number, id: readonly number[]): void {
    this.#working = false
    this.#results = [(select & 7) | (st1 | (st2 & ~ST2.controlMark) ? ST0.abnormal : 0), st1, st2, ...id]
    this.#setInterrupt(true)
  }

  /** FORMAT TRACK: takes the ID fields of all sectors, and fills their data. */
  #format([, select = 0, size = 0, sectors = 0, , fill = 0]: readonly number[]): void {
    const parameters = [select, size, sectors, fill, this.#cylinders[select & 3] ?? 0]
    this.#lastSector = sectors
    if (this.#notDma && sectors > 0) {
      this.#fifo = { bytes: new Uint8Array(sectors * ID_BYTES), format: parameters, at: 0 }
      this.#setInterrupt(true)
      return
    }
    this.#working = true
    this.#later(SECTOR_TICKS * Math.max(1, sectors), 'format', parameters)
  }

  #formatByDma(parameters: readonly number[]): void {
    const ids = new Uint8Array((parameters[2] ?? 0) * ID_BYTES)
    const { bytes } = this.#wiring.dma.fromMemory(FLOPPY_DMA, ids)
    this.#formatted(parameters, ids.subarray(0, bytes))
  }

  /** @param ids of as many sectors as were given */
  #formatted([select = 0, size = 0, sectors = 0, fill = 0, cylinder = 0]: readonly number[], ids: Uint8Array): void {
    const drive = this.#drive(select & 3)
    const head = (select >> 2) & 1
    const found = drive?.rates.has(this.#rate) === true && cylinder < drive.geometry.cylinders && head < drive.geometry.heads && size === SIZE_CODE
    const problem = !drive || !found ? ST1.noAddressMark : drive.medium.readOnly ? ST1.notWritable : ids.length < sectors * ID_BYTES ? ST1.overrun : 0
    for (let i = 0; problem === 0 && drive && i < sectors; i++) {
      const sector = ids[i * ID_BYTES + 2] ?? 0
      if (sector >= 1 && sector <= drive.geometry.sectorsPerTrack) drive.medium.write(drive.lba(cylinder, head, sector), new Uint8Array(SECTOR_BYTES).fill(fill))
    }
    this.#finish(select, problem, 0, [cylinder, head, sectors, size])
  }
}
