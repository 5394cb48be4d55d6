/** One port of an AHCI controller (Serial ATA AHCI 1.3.1, 3.3, 5 and 6.2), with a drive or none: command list, received FIS, data by scatter lists, resets. */
import type { Clock, Timer } from '../machine/clock'
import { deviceFis, pioSetupFis, readHostFis, RECEIVED } from './ahci-fis'
import type { AtaDrive, DmaRequest } from './ata-drive'
import { STATUS, REGISTER as ATA_REGISTER } from './ata-drive'
import type { StateFields } from '../state/fields'
import type { BusMemory } from './bus-memory'
import type { DeviceFact } from './device'
import { fact } from './facts'

const REGISTER = { list: 0x00, listUpper: 0x04, fis: 0x08, fisUpper: 0x0c, interruptStatus: 0x10, interruptEnable: 0x14, command: 0x18, taskFile: 0x20, signature: 0x24, sataStatus: 0x28, sataControl: 0x2c, sataError: 0x30, issue: 0x38 } as const
export const AHCI_PORT_BYTES = 0x80

/** Of interrupt status; what has a cause elsewhere cannot be cleared here. */
const INTERRUPT = { toHost: 1 << 0, pioSetup: 1 << 1, connected: 1 << 6, overflow: 1 << 24, interfaceFatal: 1 << 27, taskFile: 1 << 30 } as const
const INTERRUPT_WRITABLE = 0xfd80_00bf | INTERRUPT.overflow
const INTERRUPT_ENABLES = 0xfdc0_00ff
const COMMAND = { start: 0x1, spinUp: 0x2, powerOn: 0x4, override: 0x8, receive: 0x10, receiving: 0x4000, running: 0x8000, atapi: 1 << 24 } as const
const COMMAND_WRITABLE = COMMAND.start | COMMAND.receive | COMMAND.atapi
const ALWAYS_ON = COMMAND.spinUp | COMMAND.powerOn
/** Present, and connected at 1.5 Gbit/s, active. */
const CONNECTED = 0x113
const DETECTION = { bits: 0xf, reset: 0x1, offline: 0x4 } as const
const CONTROL_WRITABLE = 0xfff
/** The drive has announced itself. */
const EXCHANGED = 1 << 26
const NOTHING_YET = 0x7f
const NO_SIGNATURE = 0xffff_ffff

const HEADER_BYTES = 32
const HEADER = { atapi: 0x20, clearBusy: 0x400 } as const
const TABLE = { packet: 0x40, regions: 0x80, bytes: 0x80 } as const
const REGION_BYTES = 16
const REGION_LENGTH = 0x3f_ffff
const SLOTS = 32

/** A command that the drive works on. */
interface Active {
  readonly slot: number
  /** Address of its header; flags; number of regions; address of its table. */
  readonly header: number
  readonly flags: number
  readonly regions: number
  readonly table: number
  /** Bytes moved until now. */
  moved: number
}

export interface AhciPortWiring {
  readonly clock: Clock
  readonly memory: BusMemory
  /** Interrupt status or enable has changed. */
  readonly changed: () => void
  /** Whether the function may read and write memory. */
  readonly isMaster: () => boolean
}

export class AhciPort {
  readonly drive: AtaDrive | undefined
  readonly #wiring: AhciPortWiring
  readonly #timer: Timer
  #then: (() => void) | undefined
  #list = 0
  #fis = 0
  #interruptStatus = 0
  #interruptEnable = 0
  #command = 0
  #taskFile = NOTHING_YET
  #signature = NO_SIGNATURE
  #control = 0
  #error = 0
  #issue = 0
  #active: Active | undefined
  /** After an error nothing is issued until software starts the port anew. */
  #stopped = false
  /** The drive's first FIS after a reset waits for its place in memory. */
  #signatureWaits = false

  constructor(wiring: AhciPortWiring, drive: AtaDrive | undefined) {
    this.#wiring = wiring
    this.drive = drive
    this.#timer = wiring.clock.timer(() => {
      const then = this.#then
      this.#then = undefined
      then?.()
      this.#serve()
    })
    drive?.plugIn({
      later: (ticks, then) => {
        this.#then = then
        this.#timer.set(wiring.clock.now() + ticks)
      },
      interrupt: (level) => {
        if (level) this.#interrupted()
      },
      dma: (request) => this.#moveByDma(request),
    })
  }

  /** Whether it asks for an interrupt. */
  get interrupts(): boolean {
    return (this.#status & this.#interruptEnable) !== 0
  }

  /** Whether the drive works on something. */
  get busy(): boolean {
    return this.#timer.due !== Infinity
  }

  /** @param withPlaces whether the addresses of list and FIS go, too: they stay when software resets the controller */
  reset(withPlaces: boolean): void {
    if (withPlaces) this.#list = this.#fis = 0
    this.#interruptStatus = this.#interruptEnable = this.#command = this.#control = this.#error = 0
    this.#resetDrive()
  }

  exchange(state: StateFields): void {
    if (this.drive) {
      state.part('drive', this.drive)
      this.#then = state.flag('works', this.#then !== undefined) ? this.drive.wake : undefined
    }
    this.#list = state.dword('list', this.#list)
    this.#fis = state.dword('fis', this.#fis)
    this.#interruptStatus = state.dword('interrupt status', this.#interruptStatus)
    this.#interruptEnable = state.dword('interrupt enable', this.#interruptEnable)
    this.#command = state.dword('command', this.#command)
    this.#taskFile = state.word('task file', this.#taskFile)
    this.#signature = state.dword('signature', this.#signature)
    this.#control = state.dword('control', this.#control)
    this.#error = state.dword('error', this.#error)
    this.#issue = state.dword('issue', this.#issue)
    this.#stopped = state.flag('stopped', this.#stopped)
    this.#signatureWaits = state.flag('signature waits', this.#signatureWaits)
    this.#active = state.maybe('active', this.#active, (fields, active) => ({
      slot: fields.int('slot', active?.slot ?? 0, SLOTS - 1),
      header: fields.dword('header', active?.header ?? 0),
      flags: fields.word('flags', active?.flags ?? 0),
      regions: fields.word('regions', active?.regions ?? 0),
      table: fields.dword('table', active?.table ?? 0),
      moved: fields.int('moved', active?.moved ?? 0),
    }))
  }

  describe(index: number): { title: string; facts: DeviceFact[] } | undefined {
    if (!this.drive) return undefined
    const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`
    return {
      title: `Port ${index}`,
      facts: [
        ...this.drive.describe(), fact('command list', hex(this.#list)), fact('received FIS', hex(this.#fis)), fact('command', hex(this.#commandRegister)),
        fact('issued commands', hex(this.#issue)), fact('interrupt status', hex(this.#status)), fact('interrupt enable', hex(this.#interruptEnable)), fact('task file', hex(this.#taskFile)),
      ],
    }
  }

  read(register: number): number {
    switch (register) {
      case REGISTER.list:
        return this.#list
      case REGISTER.fis:
        return this.#fis
      case REGISTER.interruptStatus:
        return this.#status
      case REGISTER.interruptEnable:
        return this.#interruptEnable
      case REGISTER.command:
        return this.#commandRegister
      case REGISTER.taskFile:
        return this.#taskFile
      case REGISTER.signature:
        return this.#signature
      case REGISTER.sataStatus:
        return this.#sataStatus
      case REGISTER.sataControl:
        return this.#control
      case REGISTER.sataError:
        return this.#error
      case REGISTER.issue:
        return this.#issue
      default:
        return 0
    }
  }

  write(register: number, value: number): void {
    switch (register) {
      case REGISTER.list:
        this.#list = (value & ~0x3ff) >>> 0
        return
      case REGISTER.fis:
        this.#fis = (value & ~0xff) >>> 0
        return
      case REGISTER.interruptStatus:
        this.#interruptStatus = (this.#interruptStatus & ~(value & INTERRUPT_WRITABLE)) >>> 0
        this.#wiring.changed()
        return
      case REGISTER.interruptEnable:
        this.#interruptEnable = (value & INTERRUPT_ENABLES) >>> 0
        this.#wiring.changed()
        return
      case REGISTER.command:
        this.#setCommand(value)
        return
      case REGISTER.sataControl:
        this.#setControl(value & CONTROL_WRITABLE)
        return
      case REGISTER.sataError:
        this.#error = (this.#error & ~value) >>> 0
        this.#wiring.changed()
        return
      case REGISTER.issue:
        if (this.#command & COMMAND.start) this.#issue = (this.#issue | value) >>> 0
        this.#serve()
    }
  }

  get #status(): number {
    return (this.#interruptStatus | (this.#error & EXCHANGED ? INTERRUPT.connected : 0)) >>> 0
  }

  /** Both engines run as soon as they are switched on, and stop at once. */
  get #commandRegister(): number {
    const engines = (this.#command & COMMAND.start ? COMMAND.running : 0) | (this.#command & COMMAND.receive ? COMMAND.receiving : 0)
    return (this.#command | engines | ALWAYS_ON | ((this.#active?.slot ?? 0) << 8)) >>> 0
  }

  get #sataStatus(): number {
    if (!this.drive) return 0
    const detection = this.#control & DETECTION.bits
    return detection === DETECTION.reset || detection === DETECTION.offline ? detection : CONNECTED
  }

  #setCommand(value: number): void {
    const before = this.#command
    this.#command = value & COMMAND_WRITABLE
    if (before & ~value & COMMAND.start) {
      this.#issue = 0
      this.#active = undefined
      this.#stopped = false
    }
    if (value & COMMAND.override) this.#taskFile &= ~(STATUS.busy | STATUS.request)
    if (value & COMMAND.receive && this.#signatureWaits) this.#announce()
    this.#serve()
  }

  /** COMRESET lasts as long as software holds it. */
  #setControl(value: number): void {
    const before = this.#control & DETECTION.bits
    this.#control = value
    if ((value & DETECTION.bits) === DETECTION.reset && before !== DETECTION.reset) this.#stopDrive()
    else if (before === DETECTION.reset && (value & DETECTION.bits) === 0) this.#resetDrive()
  }

  #stopDrive(): void {
    this.#timer.cancel()
    this.#then = undefined
    this.#active = undefined
    this.#issue = 0
    this.#stopped = false
    this.drive?.beginReset()
    this.#taskFile = NOTHING_YET
    this.#signature = NO_SIGNATURE
    this.#signatureWaits = false
  }

  #resetDrive(): void {
    this.#stopDrive()
    if (this.drive) {
      this.drive.reset()
      this.#error = (this.#error | EXCHANGED) >>> 0
      this.#announce()
    }
    this.#wiring.changed()
  }

  /** The drive's signature comes as its first FIS. */
  #announce(): void {
    this.#signatureWaits = !(this.#command & COMMAND.receive)
    if (this.#signatureWaits || !this.drive) return
    const fis = deviceFis(this.drive, false)
    this.#signature = ((fis[12] ?? 0) | ((fis[4] ?? 0) << 8) | ((fis[5] ?? 0) << 16) | ((fis[6] ?? 0) << 24)) >>> 0
    this.#receive(RECEIVED.toHost, fis)
  }

  /** Puts a FIS into memory, and its status and error into the task file register. */
  #receive(offset: number, fis: Uint8Array, status = fis[2] ?? 0): void {
    if (this.#command & COMMAND.receive && this.#wiring.isMaster()) this.#wiring.memory.write(this.#fis + offset, fis)
    this.#taskFile = status | ((fis[3] ?? 0) << 8)
  }

  #raise(bits: number): void {
    this.#interruptStatus = (this.#interruptStatus | bits) >>> 0
    this.#wiring.changed()
  }

  /** Issues the next command, lowest slot first, when the drive is free. */
  #serve(): void {
    while (this.drive && !this.#active && !this.#stopped && this.#issue !== 0 && this.#command & COMMAND.start && this.#timer.due === Infinity && this.#wiring.isMaster()) {
      const slot = Array.from({ length: SLOTS }, (_, index) => index).find((index) => (this.#issue >>> index) & 1) ?? 0
      this.#begin(this.drive, slot)
    }
  }

  #begin(drive: AtaDrive, slot: number): void {
    const { memory } = this.#wiring
    const header = (this.#list + slot * HEADER_BYTES) >>> 0
    const view = viewOf(memory.read(header, HEADER_BYTES))
    const active: Active = { slot, header, flags: view.getUint16(0, true), regions: view.getUint16(2, true), table: (view.getUint32(8, true) & ~0x7f) >>> 0, moved: 0 }
    const fis = readHostFis(memory.read(active.table, TABLE.packet))
    if (!fis) {
      this.#stopped = true
      this.#raise(INTERRUPT.interfaceFatal)
      return
    }
    if (fis.command === undefined) {
      this.#deviceControl(drive, fis.resets)
      this.#done(active)
      return
    }
    this.#active = active
    this.#taskFile |= STATUS.busy
    drive.writeRegister(ATA_REGISTER.device, fis.device)
    for (const [register, earlier, current] of fis.registers) for (const value of [earlier, current]) drive.writeRegister(register, value)
    drive.command(fis.command)
    // The first data from the host are asked for without an interrupt.
    if (this.#active === active && drive.phase?.toHost === false) this.#moveByPio(drive, active)
  }

  /** A change of device control: a software reset begins, or ends with the drive's signature. */
  #deviceControl(drive: AtaDrive, resets: boolean): void {
    if (resets) {
      drive.beginReset()
      return
    }
    drive.reset()
    this.#announce()
    this.#raise(INTERRUPT.toHost)
  }

  /** The drive has raised its request line: data wait, or the command has ended. */
  #interrupted(): void {
    const { drive } = this
    const active = this.#active
    if (!drive || !active) return
    if (drive.phase) this.#moveByPio(drive, active)
    else this.#end(drive, active)
  }

  #end(drive: AtaDrive, active: Active): void {
    this.#receive(RECEIVED.toHost, deviceFis(drive, true))
    if (drive.readStatus(false) & STATUS.error) {
      // The command stays issued, so that software sees which one it was.
      this.#active = undefined
      this.#stopped = true
      this.#raise(INTERRUPT.taskFile | INTERRUPT.toHost)
      return
    }
    this.#done(active)
    this.#raise(INTERRUPT.toHost)
  }

  #done({ slot, header, moved }: Active): void {
    this.#active = undefined
    this.#issue = (this.#issue & ~(1 << slot)) >>> 0
    const count = new Uint8Array(4)
    viewOf(count).setUint32(0, moved, true)
    this.#wiring.memory.write(header + 4, count)
  }

  /** All of a data phase. */
  #moveByPio(drive: AtaDrive, active: Active): void {
    const { phase } = drive
    if (!phase) return
    const status = drive.readStatus(false)
    const { bytes, toHost } = phase
    const isPacket = !toHost && active.moved === 0 && (active.flags & HEADER.atapi) !== 0
    if (toHost) this.#scatter(active, drive.takePhase())
    else drive.givePhase(isPacket ? this.#wiring.memory.read(active.table + TABLE.packet, bytes) : this.#gather(active, bytes))
    const after = drive.readStatus(false)
    // What the drive did at once, when it had the data, has told of itself.
    if (isPacket || this.#active !== active || drive.phase) return
    this.#receive(RECEIVED.pioSetup, pioSetupFis(drive, toHost, status, after, bytes), after)
    if (!toHost || after & STATUS.busy) return
    // The last data to the host are the end of the command.
    this.#done(active)
    this.#raise(INTERRUPT.pioSetup)
  }

  #moveByDma(request: DmaRequest | undefined): void {
    const active = this.#active
    if (!request || !active) return
    const bytes = request.toMemory ? request.source.bytes : request.bytes
    const fits = Math.min(bytes, this.#room(active))
    if (fits < bytes) this.#raise(INTERRUPT.overflow)
    if (request.toMemory) {
      this.#scatter(active, request.source.read(0, fits))
      request.done()
      // The drive waits for the rest.
    } else if (fits === bytes) request.done(this.#gather(active, bytes))
  }

  #room(active: Active): number {
    let room = -active.moved
    for (let index = 0; index < active.regions; index++) room += this.#region(active, index).bytes
    return Math.max(0, room)
  }

  #region({ table }: Active, index: number): { address: number; bytes: number } {
    const view = viewOf(this.#wiring.memory.read(table + TABLE.bytes + index * REGION_BYTES, REGION_BYTES))
    return { address: view.getUint32(0, true), bytes: (view.getUint32(12, true) & REGION_LENGTH) + 1 }
  }

  /** The parts of the regions that the next bytes go to, or come from. */
  *#parts(active: Active, count: number): Generator<{ address: number; at: number; bytes: number }> {
    let skip = active.moved
    let at = 0
    for (let index = 0; index < active.regions && at < count; index++) {
      const region = this.#region(active, index)
      if (skip < region.bytes) {
        const bytes = Math.min(region.bytes - skip, count - at)
        yield { address: region.address + skip, at, bytes }
        at += bytes
      }
      skip = Math.max(0, skip - region.bytes)
    }
    active.moved += at
  }

  #scatter(active: Active, data: Uint8Array): void {
    for (const { address, at, bytes } of this.#parts(active, data.length)) this.#wiring.memory.write(address, data.subarray(at, at + bytes))
  }

  #gather(active: Active, count: number): Uint8Array {
    const data = new Uint8Array(count)
    for (const { address, at, bytes } of this.#parts(active, count)) data.set(this.#wiring.memory.read(address, bytes), at)
    return data
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
