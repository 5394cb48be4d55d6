/**
 * An ATA disk (AT Attachment with Packet Interface, ATA/ATAPI-6, INCITS 361): 28- and 48-bit addresses and CHS, PIO, multiple and DMA transfers. What is
 * written goes to the medium at once; flushing has nothing to do.
 */
import { TICKS_PER_MICROSECOND } from '../machine/clock'
import type { Medium } from './ata-medium'
import { AtaDrive, DEVICE_LBA, ERROR, sectorsOf, type Source, STATUS, type Step, stepOf, type StepWork } from './ata-drive'
import { type ChsGeometry, identifyDisk, isTransferMode, MOST_MULTIPLE } from './ata-identify'
import type { StateFields } from '../state/fields'

/** A disk without mechanics: time for a command, and for every further sector. */
const COMMAND_TICKS = 20 * TICKS_PER_MICROSECOND
const SECTOR_TICKS = TICKS_PER_MICROSECOND
const SECTOR_BYTES = 512
const HEADS = 16
const SECTORS_PER_TRACK = 63
const MOST_CYLINDERS = 16383
/** Counts of 0 mean this many. */
const MOST_SECTORS = 256
const MOST_SECTORS_48 = 65536
const DIAGNOSE_TICKS = 100 * TICKS_PER_MICROSECOND

const SET_FEATURES = { cacheOn: 0x02, transferMode: 0x03, cacheOff: 0x82 } as const
/** Look-ahead, power-on defaults, power and acoustic management: nothing that would change anything here. */
const FEATURES_WITHOUT_EFFECT: ReadonlySet<number> = new Set([0x55, 0xaa, 0x66, 0xcc, 0x05, 0x85, 0x42, 0xc2])
/** What CHECK POWER MODE tells. */
const POWER = { standby: 0x00, idle: 0x80, active: 0xff } as const

interface Transfer {
  readonly direction: 'read' | 'write' | 'verify'
  readonly by: 'sector' | 'multiple' | 'dma'
  readonly extended: boolean
}

const transfer = (direction: Transfer['direction'], by: Transfer['by'], extended = false): Transfer => ({ direction, by, extended })

const TRANSFERS: Readonly<Record<number, Transfer>> = {
  0x20: transfer('read', 'sector'), 0x21: transfer('read', 'sector'), 0x24: transfer('read', 'sector', true),
  0x25: transfer('read', 'dma', true), 0x29: transfer('read', 'multiple', true),
  0x30: transfer('write', 'sector'), 0x31: transfer('write', 'sector'), 0x34: transfer('write', 'sector', true), 0x3c: transfer('write', 'sector'),
  0x35: transfer('write', 'dma', true), 0x39: transfer('write', 'multiple', true),
  0x40: transfer('verify', 'sector'), 0x41: transfer('verify', 'sector'), 0x42: transfer('verify', 'sector', true),
  0xc4: transfer('read', 'multiple'), 0xc5: transfer('write', 'multiple'),
  0xc8: transfer('read', 'dma'), 0xc9: transfer('read', 'dma'), 0xca: transfer('write', 'dma'), 0xcb: transfer('write', 'dma'),
}

/** What a command that transfers does; the code is one of `TRANSFERS`. */
const transferOf = (code: number): Transfer => TRANSFERS[code] ?? transfer('verify', 'sector')

export class AtaDisk extends AtaDrive {
  readonly kind = 'disk'
  protected readonly signature = [0, 0] as const
  protected readonly statusAfterReset = STATUS.ready | STATUS.seekDone
  readonly #medium: Medium
  readonly #serial: string
  readonly #defaultGeometry: ChsGeometry
  #geometry: ChsGeometry
  #multiple = MOST_MULTIPLE
  #transferMode = 0
  /** Whether the write cache is said to be on: there is nothing to cache. */
  #cache = true
  #power: number = POWER.active

  readonly #commands: Readonly<Record<number, () => void>> = {
    0x00: () => this.fail(ERROR.aborted), // NOP
    0x27: () => this.#nativeMaximum(true),
    0x70: () => this.#soon(), // SEEK
    0x90: () => this.#diagnose(),
    0x91: () => this.#setGeometry(),
    0xc6: () => this.#setMultiple(),
    0xe0: () => this.#rest(POWER.standby), // STANDBY IMMEDIATE
    0xe1: () => this.#rest(POWER.idle), // IDLE IMMEDIATE
    0xe2: () => this.#rest(POWER.standby), // STANDBY
    0xe3: () => this.#rest(POWER.idle), // IDLE
    0xe5: () => this.#powerMode(),
    0xe6: () => this.#soon(), // SLEEP
    0xe7: () => this.#soon(), // FLUSH CACHE
    0xea: () => this.#soon(), // FLUSH CACHE EXT
    0xec: () => this.#identify(),
    0xef: () => this.#setFeatures(),
    0xf8: () => this.#nativeMaximum(false),
  }

  /** Numbers of all that have some: first sector, sectors left, the command's code; then those of their own. */
  protected readonly steps: Readonly<Record<string, StepWork>> = {
    complete: () => this.complete(),
    nothing: () => undefined,
    identify: () => this.#offerIdentity(),
    finish: ([lba = 0, count = 0, code = 0]) => this.#finished(lba + count - 1, transferOf(code).extended),
    read: ([lba = 0, left = 0, code = 0]) => this.#readPhase(lba, left, code),
    /** The host has taken `taken` sectors. */
    taken: ([lba = 0, left = 0, code = 0, taken = 0]) => {
      if (left > 0) this.work(taken * SECTOR_TICKS, stepOf('read', lba, left, code))
    },
    /** The host has sent sectors. @param interrupted it was told to */
    store: ([lba = 0, left = 0, code = 0, interrupted = 0], _bytes, data) => {
      this.#store(lba, data)
      this.work(interrupted ? (data.length / SECTOR_BYTES) * SECTOR_TICKS : COMMAND_TICKS, stepOf('written', lba, left, code))
    },
    written: ([lba = 0, left = 0, code = 0]) => {
      const count = this.#phaseSectors(code, left)
      if (left > count) this.#writePhase(lba + count, left - count, code, true)
      else this.#finished(lba + count - 1, transferOf(code).extended)
    },
    move: ([lba = 0, count = 0, code = 0]) => this.moveByDma(stepOf('moved', lba, count, code)),
    moved: ([lba = 0, count = 0, code = 0], _bytes, data) => {
      const { direction, extended } = transferOf(code)
      if (direction === 'write') this.#store(lba, data)
      this.#finished(lba + count - 1, extended)
    },
  }

  protected couldDo({ numbers: [lba, left, code = -1] }: Step): boolean {
    if (lba === undefined || left === undefined) return true
    return lba + left <= this.#medium.sectors && left <= MOST_SECTORS_48 && TRANSFERS[code] !== undefined
  }

  protected toMove({ numbers: [lba = 0, count = 0, code = 0] }: Step): Source | number {
    return transferOf(code).direction === 'read' ? sectorsOf(this.#medium, lba, count) : count * SECTOR_BYTES
  }

  protected exchangeDrive(state: StateFields): void {
    state.part('geometry', (fields) => {
      const { cylinders, heads, sectorsPerTrack } = this.#geometry
      this.#geometry = { cylinders: fields.word('cylinders', cylinders), heads: fields.byte('heads', heads), sectorsPerTrack: fields.byte('sectors', sectorsPerTrack) }
    })
    this.#multiple = state.int('multiple', this.#multiple, MOST_MULTIPLE)
    this.#transferMode = state.byte('transfer mode', this.#transferMode)
    this.#cache = state.flag('cache', this.#cache)
    this.#power = state.choice('power', this.#power, Object.values(POWER))
  }

  /** @param medium with sectors of 512 bytes @param serial up to 20 characters of ASCII */
  constructor(medium: Medium, serial: string) {
    super()
    this.#medium = medium
    this.#serial = serial
    const cylinders = Math.min(MOST_CYLINDERS, Math.max(1, Math.floor(medium.sectors / (HEADS * SECTORS_PER_TRACK))))
    this.#defaultGeometry = { cylinders, heads: HEADS, sectorsPerTrack: SECTORS_PER_TRACK }
    this.#geometry = this.#defaultGeometry
  }

  protected resetDrive(): void {
    this.#geometry = this.#defaultGeometry
    this.#multiple = MOST_MULTIPLE
    this.#transferMode = 0
    this.#cache = true
    this.#power = POWER.active
  }

  protected execute(command: number): void {
    const wanted = TRANSFERS[command]
    if (wanted) this.#transfer(wanted, command)
    else if (command >= 0x10 && command <= 0x1f) this.#soon() // RECALIBRATE
    else (this.#commands[command] ?? this.#commands[0])?.()
  }

  #soon(): void {
    this.work(COMMAND_TICKS, stepOf('complete'))
  }

  #diagnose(): void {
    this.putSignature()
    this.work(DIAGNOSE_TICKS, stepOf('complete'))
  }

  #setGeometry(): void {
    const { count: sectorsPerTrack } = this.task
    const heads = (this.device & 0xf) + 1
    if (sectorsPerTrack === 0) {
      this.fail(ERROR.aborted)
      return
    }
    const cylinders = Math.min(0xffff, Math.floor(this.#medium.sectors / (heads * sectorsPerTrack)))
    this.#geometry = { cylinders, heads, sectorsPerTrack }
    this.#soon()
  }

  #setMultiple(): void {
    const { count } = this.task
    if (count > MOST_MULTIPLE || (count & (count - 1)) !== 0) {
      this.fail(ERROR.aborted)
      return
    }
    this.#multiple = count
    this.#soon()
  }

  #rest(power: number): void {
    this.#power = power
    this.#soon()
  }

  #powerMode(): void {
    this.task.count = this.#power
    this.#soon()
  }

  #setFeatures(): void {
    const { features, count } = this.task
    if (features === SET_FEATURES.transferMode && isTransferMode(count)) {
      this.#transferMode = count
      this.#soon()
    } else if (features === SET_FEATURES.cacheOn || features === SET_FEATURES.cacheOff) {
      this.#cache = features === SET_FEATURES.cacheOn
      this.#soon()
    } else if (FEATURES_WITHOUT_EFFECT.has(features)) this.#soon()
    else this.fail(ERROR.aborted)
  }

  #nativeMaximum(extended: boolean): void {
    if (!(this.device & DEVICE_LBA)) this.fail(ERROR.aborted)
    else {
      this.#putAddress(extended ? this.#medium.sectors - 1 : Math.min(this.#medium.sectors - 1, 0x0fff_fffe), extended)
      this.#soon()
    }
  }

  #identify(): void {
    this.work(COMMAND_TICKS, stepOf('identify'))
  }

  #offerIdentity(): void {
    const bytes = identifyDisk({
      sectors: this.#medium.sectors, serial: this.#serial, defaultGeometry: this.#defaultGeometry, geometry: this.#geometry, multiple: this.#multiple, transferMode: this.#transferMode,
      cache: this.#cache,
    })
    this.offer(bytes, stepOf('nothing'))
  }

  #transfer({ extended, direction, by }: Transfer, code: number): void {
    this.#power = POWER.active
    const lba = this.#address(extended)
    const count = this.#count(extended)
    if (by === 'multiple' && this.#multiple === 0) this.fail(ERROR.aborted)
    else if (lba === undefined || lba + count > this.#medium.sectors) this.fail(ERROR.notFound)
    else if (direction === 'write' && this.#medium.readOnly) this.fail(ERROR.aborted)
    else if (direction === 'verify') this.work(COMMAND_TICKS + count * SECTOR_TICKS, stepOf('finish', lba, count, code))
    else if (by === 'dma') this.work(COMMAND_TICKS + count * SECTOR_TICKS, stepOf('move', lba, count, code))
    else if (direction === 'read') this.work(COMMAND_TICKS, stepOf('read', lba, count, code))
    else this.#writePhase(lba, count, code, false)
  }

  #phaseSectors(code: number, left: number): number {
    return Math.min(left, transferOf(code).by === 'multiple' ? this.#multiple : 1)
  }

  #readPhase(lba: number, left: number, code: number): void {
    const count = this.#phaseSectors(code, left)
    this.#putAddress(lba + count - 1, transferOf(code).extended)
    this.offer(this.#medium.read(lba, count), stepOf('taken', lba + count, left - count, code, count))
  }

  #writePhase(lba: number, left: number, code: number, interrupt: boolean): void {
    this.accept(this.#phaseSectors(code, left) * SECTOR_BYTES, interrupt, stepOf('store', lba, left, code, Number(interrupt)))
  }

  #store(lba: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += SECTOR_BYTES) this.#medium.write(lba + at / SECTOR_BYTES, bytes.subarray(at, at + SECTOR_BYTES))
  }

  #finished(lastLba: number, extended: boolean): void {
    this.#putAddress(lastLba, extended)
    this.complete()
  }

  #count(extended: boolean): number {
    return extended ? (this.earlier.count << 8) | this.task.count || MOST_SECTORS_48 : this.task.count || MOST_SECTORS
  }

  /** First sector of a command; undefined: there is no such cylinder, head or sector. */
  #address(extended: boolean): number | undefined {
    const { low, mid, high } = this.task
    const lower = low | (mid << 8) | (high << 16)
    if (extended) return lower + this.earlier.low * 2 ** 24 + this.earlier.mid * 2 ** 32 + this.earlier.high * 2 ** 40
    if (this.device & DEVICE_LBA) return lower + (this.device & 0xf) * 2 ** 24
    const { heads, sectorsPerTrack } = this.#geometry
    const head = this.device & 0xf
    if (low === 0 || low > sectorsPerTrack || head >= heads) return undefined
    return ((mid | (high << 8)) * heads + head) * sectorsPerTrack + low - 1
  }

  #putAddress(lba: number, extended: boolean): void {
    const { heads, sectorsPerTrack } = this.#geometry
    if (!extended && !(this.device & DEVICE_LBA)) {
      const cylinder = Math.floor(lba / (heads * sectorsPerTrack))
      const head = Math.floor(lba / sectorsPerTrack) % heads
      Object.assign(this.task, { low: (lba % sectorsPerTrack) + 1, mid: cylinder & 0xff, high: (cylinder >> 8) & 0xff })
      this.device = (this.device & 0xf0) | (head & 0xf)
      return
    }
    const byte = (index: number): number => Math.floor(lba / 2 ** (8 * index)) & 0xff
    Object.assign(this.task, { low: byte(0), mid: byte(1), high: byte(2) })
    if (extended) Object.assign(this.earlier, { low: byte(3), mid: byte(4), high: byte(5) })
    else this.device = (this.device & 0xf0) | (byte(3) & 0xf)
  }
}
