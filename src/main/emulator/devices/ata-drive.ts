/**
 * What every ATA and ATAPI drive has (AT Attachment with Packet Interface, ATA/ATAPI-6, INCITS 361): the command block registers, with the earlier
 * contents that 48-bit addresses need, and the PIO and DMA data phases.
 */
import type { Medium } from './ata-medium'
import type { DeviceFact } from './device'
import { bitsFact, fact } from './facts'
import type { StateFields } from '../state/fields'

export const STATUS = { error: 0x01, request: 0x08, seekDone: 0x10, fault: 0x20, ready: 0x40, busy: 0x80 } as const
export const ERROR = { aborted: 0x04, notFound: 0x10, uncorrectable: 0x40 } as const
export const REGISTER = { data: 0, error: 1, features: 1, count: 2, low: 3, mid: 4, high: 5, device: 6, status: 7, command: 7 } as const
export const DEVICE_LBA = 0x40
const DIAGNOSTIC_PASSED = 0x01

/** Data that a drive wants to move by bus master. */
export type DmaRequest =
  | { readonly toMemory: true; readonly source: Source; readonly done: () => void }
  | { readonly toMemory: false; readonly bytes: number; readonly done: (data: Uint8Array) => void }

/** Data to be had piece by piece: it may be larger than anybody wants to hold. */
export interface Source {
  readonly bytes: number
  /** `count` bytes from `at` on, all of which are there. */
  read(at: number, count: number): Uint8Array
}

/** Sectors, which must be there. */
export const sectorsOf = (medium: Medium, lba: number, count: number): Source => ({
  bytes: count * medium.sectorBytes,
  read(at, bytes) {
    const first = Math.floor(at / medium.sectorBytes)
    const end = Math.ceil((at + bytes) / medium.sectorBytes)
    const skip = at - first * medium.sectorBytes
    return medium.read(lba + first, end - first).subarray(skip, skip + bytes)
  },
})

/** The channel, as a drive sees it. */
export interface DriveHost {
  /** Calls back after so many ticks, unless a reset comes first. */
  later(ticks: number, then: () => void): void
  /** Raises or lowers INTRQ. */
  interrupt(level: boolean): void
  /** DMARQ: the bus master takes the request when it has been started; undefined: there is none any more. */
  dma(request: DmaRequest | undefined): void
}

export interface TaskFile {
  features: number
  count: number
  low: number
  mid: number
  high: number
}

const emptyTaskFile = (): TaskFile => ({ features: 0, count: 0, low: 0, mid: 0, high: 0 })
const WRITABLE: Readonly<Record<number, keyof TaskFile>> = { [REGISTER.features]: 'features', [REGISTER.count]: 'count', [REGISTER.low]: 'low', [REGISTER.mid]: 'mid', [REGISTER.high]: 'high' }

/** How a command goes on later: a name of `steps`, with numbers and bytes. It is data, so that a drive at work can be saved. */
export interface Step {
  readonly name: string
  readonly numbers: readonly number[]
  readonly bytes?: Uint8Array | undefined
}

/** What a step does. @param data what the host has sent, if it was to send something */
export type StepWork = (numbers: readonly number[], bytes: Uint8Array | undefined, data: Uint8Array) => void

export const stepOf = (name: string, ...numbers: number[]): Step => ({ name, numbers })

/** Numbers and bytes that a step has at most. */
const MOST_NUMBERS = 8
const MOST_STEP_BYTES = 0x10000
/** Bytes of a PIO data phase: of a packet device, a little less than 64 KiB. */
const MOST_PHASE_BYTES = 0x10000

/** A PIO data phase. */
interface Phase {
  readonly bytes: Uint8Array
  readonly toHost: boolean
  readonly next: Step
  at: number
}

export abstract class AtaDrive {
  abstract readonly kind: string
  protected readonly task = emptyTaskFile()
  /** What the registers held before they were last written. */
  protected readonly earlier = emptyTaskFile()
  protected device = 0
  protected error = 0
  protected status = 0
  #phase: Phase | undefined
  /** What it does when it has worked for a while. */
  #then: Step | undefined
  /** What it does when the bus master has moved its data. */
  #moved: Step | undefined
  #host: DriveHost | undefined

  /** What register reads of LBA mid and high tell after a reset: 0000h a disk, EB14h a packet device. */
  protected abstract readonly signature: readonly [mid: number, high: number]
  protected abstract readonly statusAfterReset: number
  /** A command was written; the task file is its arguments. */
  protected abstract execute(command: number): void
  protected abstract resetDrive(): void
  /** All that can go on later, by name. */
  protected abstract readonly steps: Readonly<Record<string, StepWork>>
  /** Whether the drive itself could have come to a step with these numbers. */
  protected abstract couldDo(step: Step): boolean
  /** What the bus master is to move before a step: data for memory, or so many bytes from there. */
  protected abstract toMove(step: Step): Source | number
  protected abstract exchangeDrive(state: StateFields): void

  plugIn(host: DriveHost): void {
    this.#host = host
  }

  protected get host(): DriveHost {
    if (!this.#host) throw new Error('The drive is not plugged in.')
    return this.#host
  }

  describe(): DeviceFact[] {
    return [
      fact('kind', this.kind),
      bitsFact('status', this.status, ['error', undefined, undefined, 'data request', 'seek done', 'fault', 'ready', 'busy']),
      bitsFact('error', this.error, [undefined, undefined, 'aborted', undefined, 'not found', undefined, 'uncorrectable']),
    ]
  }

  reset(): void {
    this.#phase = this.#then = this.#moved = undefined
    this.resetDrive()
    this.host.interrupt(false)
    this.putSignature()
    this.status = this.statusAfterReset
  }

  /** Also what EXECUTE DEVICE DIAGNOSTIC leaves. */
  protected putSignature(): void {
    const [mid, high] = this.signature
    Object.assign(this.task, { count: 1, low: 1, mid, high })
    this.device = 0
    this.error = DIAGNOSTIC_PASSED
  }

  beginReset(): void {
    this.#phase = this.#then = this.#moved = undefined
    this.host.interrupt(false)
    this.status = STATUS.busy
  }

  /** Reading the status, but not its alternate, takes back the interrupt. */
  readStatus(acknowledge: boolean): number {
    if (acknowledge) this.host.interrupt(false)
    return this.status
  }

  /** @param earlier what was there before (bit HOB of device control) */
  readRegister(register: number, earlier: boolean): number {
    if (register === REGISTER.error) return this.error
    if (register === REGISTER.device) return this.device | 0xa0
    const name = WRITABLE[register]
    return name === undefined ? 0 : (earlier ? this.earlier : this.task)[name]
  }

  /** Both drives of a channel hear of it. While a drive is busy or moves data its registers do not change. */
  writeRegister(register: number, value: number): void {
    if (this.status & (STATUS.busy | STATUS.request)) return
    if (register === REGISTER.device) this.device = value
    const name = WRITABLE[register]
    if (name === undefined) return
    this.earlier[name] = this.task[name]
    this.task[name] = value
  }

  command(code: number): void {
    if (this.status & STATUS.busy) return
    this.#phase = undefined
    this.host.interrupt(false)
    this.error = 0
    this.status = STATUS.ready | STATUS.seekDone
    this.execute(code)
  }

  /** Data register, low byte first; zeros where no data waits. */
  readData(bytes: 1 | 2 | 4): number {
    const phase = this.#phase
    if (phase?.toHost !== true) return 0
    let value = 0
    for (let i = 0; i < bytes; i++) value |= (phase.bytes[phase.at + i] ?? 0) << (8 * i)
    phase.at += bytes
    this.#finishIfWhole(phase)
    return value >>> 0
  }

  writeData(bytes: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < bytes; i++) this.#give((value >>> (8 * i)) & 0xff)
  }

  /** The data phase that waits for the host, which moves `bytes` more. */
  get phase(): { readonly toHost: boolean; readonly bytes: number } | undefined {
    const phase = this.#phase
    return phase && { toHost: phase.toHost, bytes: phase.bytes.length - phase.at }
  }

  /** All that is left of a phase to the host. */
  takePhase(): Uint8Array {
    const phase = this.#phase
    if (phase?.toHost !== true) return new Uint8Array()
    const rest = phase.bytes.subarray(phase.at)
    phase.at = phase.bytes.length
    this.#finishIfWhole(phase)
    return rest
  }

  /** All that is left of a phase from the host; what is missing is zeros. */
  givePhase(data: Uint8Array): void {
    const phase = this.#phase
    if (!phase || phase.toHost) return
    phase.bytes.set(data.subarray(0, phase.bytes.length - phase.at), phase.at)
    phase.at = phase.bytes.length
    this.#finishIfWhole(phase)
  }

  #give(byte: number): void {
    const phase = this.#phase
    if (!phase || phase.toHost) return
    phase.bytes[phase.at++] = byte
    this.#finishIfWhole(phase)
  }

  #finishIfWhole(phase: Phase): void {
    if (phase.at < phase.bytes.length) return
    this.#phase = undefined
    this.status &= ~STATUS.request
    this.#do(phase.next, phase.bytes)
  }

  #do({ name, numbers, bytes }: Step, data: Uint8Array): void {
    this.steps[name]?.(numbers, bytes, data)
  }

  /** Works for a while, then goes on. */
  protected work(ticks: number, then: Step): void {
    this.status |= STATUS.busy
    this.#then = then
    this.host.later(ticks, this.wake)
  }

  /** The time that it worked is over. */
  readonly wake = (): void => {
    const then = this.#then
    this.#then = undefined
    if (!then) return
    this.status &= ~STATUS.busy
    this.#do(then, new Uint8Array())
  }

  /** What it works on, or wants to move, comes to nothing. */
  protected abandon(): void {
    this.#then = this.#moved = undefined
    this.host.later(0, this.wake)
    this.host.dma(undefined)
  }

  /** A data phase to the host, which is interrupted. */
  protected offer(bytes: Uint8Array, next: Step): void {
    this.#phase = { bytes, toHost: true, next, at: 0 }
    this.status |= STATUS.request
    this.host.interrupt(true)
  }

  /** A data phase from the host. @param interrupt whether it is told, as for all but the first of a command */
  protected accept(bytes: number, interrupt: boolean, next: Step): void {
    this.#phase = { bytes: new Uint8Array(bytes), toHost: false, next, at: 0 }
    this.status |= STATUS.request
    if (interrupt) this.host.interrupt(true)
  }

  /** The bus master moves the data when it is ready. */
  protected moveByDma(then: Step): void {
    this.status |= STATUS.request
    this.#moved = then
    this.host.dma(this.dmaRequest)
  }

  /** What the drive last asked the bus master for; undefined: nothing, or it was done. */
  get dmaRequest(): DmaRequest | undefined {
    const then = this.#moved
    if (!then) return undefined
    const done = (data: Uint8Array): void => {
      this.#moved = undefined
      this.#do(then, data)
    }
    const moved = this.toMove(then)
    return typeof moved === 'number' ? { toMemory: false, bytes: moved, done } : { toMemory: true, source: moved, done: () => done(new Uint8Array()) }
  }

  exchange(state: StateFields): void {
    for (const [name, file] of [['task', this.task], ['earlier', this.earlier]] as const) {
      state.part(name, (fields) => {
        for (const register of ['features', 'count', 'low', 'mid', 'high'] as const) file[register] = fields.byte(register, file[register])
      })
    }
    this.device = state.byte('device', this.device)
    this.error = state.byte('error', this.error)
    this.status = state.byte('status', this.status)
    this.exchangeDrive(state)
    const step = (fields: StateFields, value: Step | undefined): Step => this.#exchangeStep(fields, value)
    this.#then = state.maybe('then', this.#then, step)
    this.#moved = state.maybe('moved', this.#moved, step)
    this.#phase = state.maybe('phase', this.#phase, (fields, value) => ({
      bytes: fields.bytes('bytes', value?.bytes ?? new Uint8Array(), MOST_PHASE_BYTES),
      toHost: fields.flag('to host', value?.toHost ?? false),
      next: this.#exchangeStep(fields, value?.next),
      at: fields.int('at', value?.at ?? 0, MOST_PHASE_BYTES),
    }))
  }

  #exchangeStep(state: StateFields, value: Step | undefined): Step {
    const name = state.choice('name', value?.name ?? '', Object.keys(this.steps))
    const numbers = state.numbers('numbers', value?.numbers ?? [], MOST_NUMBERS, Number.MAX_SAFE_INTEGER)
    const bytes = state.maybe('data', value?.bytes, (fields, data) => fields.bytes('bytes', data ?? new Uint8Array(), MOST_STEP_BYTES))
    const step = bytes === undefined ? { name, numbers } : { name, numbers, bytes }
    if (state.loading && !this.couldDo(step)) throw state.wrong(`the drive cannot come to "${step.name}" with ${step.numbers.join(', ') || 'nothing'}`)
    return step
  }

  /** The end of a command. */
  protected complete(): void {
    this.status &= ~(STATUS.request | STATUS.busy)
    this.host.interrupt(true)
  }

  protected fail(error: number): void {
    this.error = error
    this.status |= STATUS.error
    this.complete()
  }
}
