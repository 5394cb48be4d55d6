/**
 * A CD-ROM drive with ATAPI: the PACKET command of ATA/ATAPI-6 (INCITS 361), packets of 12 bytes as in SCSI Multi-Media Commands 3 (INCITS 360).
 * Blocks of 2048 bytes, by PIO or DMA.
 */
import { TICKS_PER_MICROSECOND } from '../machine/clock'
import { AtaDrive, ERROR, sectorsOf, type Source, type Step, stepOf, type StepWork } from './ata-drive'
import { identifyCd, isTransferMode } from './ata-identify'
import type { Medium } from './ata-medium'
import { capacity, configuration, discInformation, eventStatus, inquiry, mechanismStatus, modeSense, senseData, tableOfContents } from './atapi-answers'
import type { StateFields } from '../state/fields'

const COMMAND_TICKS = 50 * TICKS_PER_MICROSECOND
const SECTOR_TICKS = 2 * TICKS_PER_MICROSECOND
const PACKET_BYTES = 12
/** Interrupt reason, in the sector count register. */
const REASON = { command: 0x01, toHost: 0x02 } as const
const FEATURE_DMA = 0x01
const LARGEST_PHASE = 0xfffe

const SENSE = { none: 0, notReady: 2, illegal: 5 } as const
const PROBLEM = {
  none: [SENSE.none, 0x00, 0x00], noMedium: [SENSE.notReady, 0x3a, 0x00], badCommand: [SENSE.illegal, 0x20, 0x00], badBlock: [SENSE.illegal, 0x21, 0x00],
  badField: [SENSE.illegal, 0x24, 0x00], locked: [SENSE.illegal, 0x53, 0x02],
} as const
type Problem = keyof typeof PROBLEM
const PROBLEMS: readonly Problem[] = ['none', 'noMedium', 'badCommand', 'badBlock', 'badField', 'locked']

const DEVICE_RESET = 0x08
const USER_DATA = 0x10
const START_STOP = { start: 0x01, tray: 0x02 } as const

/** Data that are sent: bytes, or sectors. */
type Content = { readonly bytes: Uint8Array } | { readonly lba: number; readonly count: number }

/** What a packet leads to: data, nothing, or a problem. */
type Answer = Content | 'done' | Problem

const wordAt = (packet: Uint8Array, at: number): number => ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0)
const doubleAt = (packet: Uint8Array, at: number): number => wordAt(packet, at) * 0x10000 + wordAt(packet, at + 2)

/** An answer of which no more is sent than was asked for. */
const answerOf = (bytes: Uint8Array | undefined, most: number): Answer => {
  if (!bytes) return 'badField'
  return { bytes: bytes.subarray(0, most) }
}

/** A step that has to do with content. */
function stepWith(name: string, content: Content, ...more: number[]): Step {
  return 'bytes' in content ? { name, numbers: [0, 0, ...more], bytes: content.bytes } : stepOf(name, content.lba, content.count, ...more)
}

function contentOf([lba = 0, count = 0]: readonly number[], bytes: Uint8Array | undefined): Content {
  return bytes ? { bytes } : { lba, count }
}

export class AtapiCd extends AtaDrive {
  readonly kind = 'CD-ROM'
  protected readonly signature = [0x14, 0xeb] as const
  protected readonly statusAfterReset = 0
  readonly #medium: Medium
  readonly #serial: string
  #transferMode = 0
  #problem: Problem = 'none'
  #open = false
  #locked = false

  /** Packet commands by operation code; those in `#needsMedium` are not asked without one. */
  readonly #packets: Readonly<Record<number, (packet: Uint8Array) => Answer>> = {
    0x00: () => 'done', // TEST UNIT READY
    0x03: (packet) => this.#requestSense(packet),
    0x12: (packet) => ((packet[1] ?? 0) & 1 ? 'badField' : answerOf(inquiry(), packet[4] ?? 0)),
    0x1b: (packet) => this.#startStop(packet[4] ?? 0),
    0x1e: (packet) => this.#setLock(packet[4] ?? 0),
    0x25: () => answerOf(capacity(this.#medium.sectors, this.#medium.sectorBytes), 8),
    0x28: (packet) => this.#read(doubleAt(packet, 2), wordAt(packet, 7)),
    0x2b: (packet) => (doubleAt(packet, 2) < this.#medium.sectors ? 'done' : 'badBlock'), // SEEK (10)
    0x2f: () => 'done', // VERIFY (10)
    0x43: (packet) => this.#toc(packet),
    0x46: (packet) => answerOf(configuration((packet[1] ?? 0) & 3, wordAt(packet, 2), this.#open ? undefined : this.#medium.sectors), wordAt(packet, 7)),
    0x4a: (packet) => ((packet[1] ?? 0) & 1 ? answerOf(eventStatus(packet[4] ?? 0, !this.#open), wordAt(packet, 7)) : 'badField'),
    0x51: (packet) => answerOf(discInformation(), wordAt(packet, 7)),
    0x5a: (packet) => answerOf(modeSense((packet[2] ?? 0) & 0x3f), wordAt(packet, 7)),
    0xa8: (packet) => this.#read(doubleAt(packet, 2), doubleAt(packet, 6)),
    0xbb: () => 'done', // SET CD SPEED
    0xbd: (packet) => answerOf(mechanismStatus(), wordAt(packet, 8)),
    0xbe: (packet) => this.#readCd(packet),
  }
  readonly #needsMedium: ReadonlySet<number> = new Set([0x00, 0x25, 0x28, 0x2b, 0x2f, 0x43, 0x51, 0xa8, 0xbe])

  /** Numbers of what moves data: first sector and count (where it is sectors), bytes that were moved, the most of a phase. */
  protected readonly steps: Readonly<Record<string, StepWork>> = {
    complete: () => this.complete(),
    nothing: () => undefined,
    diagnosed: () => {
      this.status = 0
      this.complete()
    },
    identify: () => this.offer(identifyCd(this.#serial, this.#transferMode), stepOf('nothing')),
    packet: ([byDma = 0, most = 0], _bytes, packet) => this.work(COMMAND_TICKS, { name: 'obey', numbers: [byDma, most], bytes: packet }),
    obey: ([byDma = 0, most = 0], packet = new Uint8Array(PACKET_BYTES)) => this.#obey(packet, byDma !== 0, most),
    move: (numbers, bytes) => this.#move(contentOf(numbers, bytes)),
    moved: () => this.#end(),
    taken: ([lba = 0, count = 0, at = 0, most = 0], bytes) => this.work(SECTOR_TICKS, { name: 'next', numbers: [lba, count, at, most], bytes }),
    next: (numbers, bytes) => {
      const content = contentOf(numbers, bytes)
      const [, , at = 0, most = 0] = numbers
      if (at < this.#sourceOf(content).bytes) this.#phase(content, at, most)
      else this.#end()
    },
  }

  protected couldDo({ name, numbers, bytes }: Step): boolean {
    if (name === 'obey' || name === 'packet') return numbers.length === 2 && (name === 'packet' || bytes?.length === PACKET_BYTES)
    const [lba, count, at = 0, most = 2] = numbers
    if (lba === undefined || count === undefined) return true
    return lba + count <= this.#medium.sectors && at <= this.#sourceOf(contentOf(numbers, bytes)).bytes && most >= 2 && most <= LARGEST_PHASE
  }

  protected toMove({ numbers, bytes }: Step): Source {
    return this.#sourceOf(contentOf(numbers, bytes))
  }

  protected exchangeDrive(state: StateFields): void {
    this.#transferMode = state.byte('transfer mode', this.#transferMode)
    this.#problem = state.choice('problem', this.#problem, PROBLEMS)
    this.#open = state.flag('open', this.#open)
    this.#locked = state.flag('locked', this.#locked)
  }

  /** @param medium with sectors of 2048 bytes @param serial up to 20 characters of ASCII */
  constructor(medium: Medium, serial: string) {
    super()
    this.#medium = medium
    this.#serial = serial
  }

  protected resetDrive(): void {
    this.#transferMode = 0
    this.#problem = 'none'
    this.#locked = false
  }

  override command(code: number): void {
    // The one command that a busy drive takes.
    if (code === DEVICE_RESET) this.execute(code)
    else super.command(code)
  }

  protected execute(command: number): void {
    switch (command) {
      case DEVICE_RESET:
        this.abandon()
        this.reset()
        return
      case 0x90: // EXECUTE DEVICE DIAGNOSTIC
        this.putSignature()
        this.work(COMMAND_TICKS, stepOf('diagnosed'))
        return
      case 0xa0:
        this.#packet()
        return
      case 0xa1:
        this.work(COMMAND_TICKS, stepOf('identify'))
        return
      case 0xe5: // CHECK POWER MODE: active
        this.task.count = 0xff
        this.work(COMMAND_TICKS, stepOf('complete'))
        return
      case 0xe0: // STANDBY IMMEDIATE, IDLE IMMEDIATE, STANDBY, IDLE, SLEEP, FLUSH CACHE
      case 0xe1:
      case 0xe2:
      case 0xe3:
      case 0xe6:
      case 0xe7:
        this.work(COMMAND_TICKS, stepOf('complete'))
        return
      case 0xef:
        this.#setFeatures()
        return
      case 0x20: // READ SECTORS and IDENTIFY DEVICE: the answer is that this is a packet device.
      case 0xec:
        this.putSignature()
        this.fail(ERROR.aborted)
        return
      default:
        this.fail(ERROR.aborted)
    }
  }

  #setFeatures(): void {
    const { features, count } = this.task
    if (features !== 0x03 || !isTransferMode(count)) {
      this.fail(ERROR.aborted)
      return
    }
    this.#transferMode = count
    this.work(COMMAND_TICKS, stepOf('complete'))
  }

  /** Command phase: the packet is taken without an interrupt (IDENTIFY says: within 50 µs). */
  #packet(): void {
    const byDma = (this.task.features & FEATURE_DMA) !== 0
    const limit = this.task.mid | (this.task.high << 8)
    // An odd number of bytes a phase is one less; none at all is what fits.
    const most = limit === 0 || limit === 0xffff ? LARGEST_PHASE : Math.max(2, limit & ~1)
    this.task.count = REASON.command
    this.accept(PACKET_BYTES, false, stepOf('packet', Number(byDma), most))
  }

  #obey(packet: Uint8Array, byDma: boolean, most: number): void {
    const code = packet[0] ?? 0
    const obey = this.#packets[code]
    const answer: Answer = !obey ? 'badCommand' : this.#open && this.#needsMedium.has(code) ? 'noMedium' : obey(packet)
    if (answer === 'done') this.#end()
    else if (typeof answer === 'string') this.#refuse(answer)
    else this.#give(answer, byDma, most)
  }

  #give(content: Content, byDma: boolean, most: number): void {
    const { bytes } = this.#sourceOf(content)
    if (bytes === 0) this.#end()
    else if (byDma) this.work(Math.ceil(bytes / this.#medium.sectorBytes) * SECTOR_TICKS, stepWith('move', content))
    else this.#phase(content, 0, most)
  }

  #sourceOf(content: Content): Source {
    if (!('bytes' in content)) return sectorsOf(this.#medium, content.lba, content.count)
    const { bytes } = content
    return { bytes: bytes.length, read: (at, count) => bytes.subarray(at, at + count) }
  }

  #move(content: Content): void {
    this.task.count = REASON.toHost
    this.moveByDma(stepWith('moved', content))
  }

  #phase(content: Content, at: number, most: number): void {
    const source = this.#sourceOf(content)
    const bytes = Math.min(most, source.bytes - at)
    this.task.count = REASON.toHost
    this.task.mid = bytes & 0xff
    this.task.high = bytes >> 8
    // Data are read in words.
    const words = new Uint8Array(bytes + (bytes & 1))
    words.set(source.read(at, bytes))
    this.offer(words, stepWith('taken', content, at + bytes, most))
  }

  #end(): void {
    this.#problem = 'none'
    this.task.count = REASON.command | REASON.toHost
    this.complete()
  }

  #refuse(problem: Problem): void {
    this.#problem = problem
    this.task.count = REASON.command | REASON.toHost
    this.fail((PROBLEM[problem][0] << 4) | ERROR.aborted)
  }

  #requestSense(packet: Uint8Array): Answer {
    const [key, code, qualifier] = PROBLEM[this.#problem]
    return answerOf(senseData(key, code, qualifier), packet[4] ?? 0)
  }

  #startStop(how: number): Answer {
    if (!(how & START_STOP.tray)) return 'done'
    const opens = !(how & START_STOP.start)
    if (opens && this.#locked) return 'locked'
    this.#open = opens
    return 'done'
  }

  #setLock(how: number): Answer {
    this.#locked = (how & 1) !== 0
    return 'done'
  }

  #read(lba: number, count: number): Answer {
    if (lba + count > this.#medium.sectors) return 'badBlock'
    return count === 0 ? 'done' : { lba, count }
  }

  /** READ CD: user data only; sync, headers and error correction are not on the image. */
  #readCd(packet: Uint8Array): Answer {
    const fields = (packet[9] ?? 0) & 0xf8
    const count = ((packet[6] ?? 0) << 16) | wordAt(packet, 7)
    if (fields === 0 || count === 0) return 'done'
    return fields === USER_DATA ? this.#read(doubleAt(packet, 2), count) : 'badField'
  }

  #toc(packet: Uint8Array): Answer {
    // Older drives had the format in the last byte.
    const format = (packet[2] ?? 0) & 0xf || (packet[9] ?? 0) >> 6
    return answerOf(tableOfContents(format, ((packet[1] ?? 0) & 2) !== 0, packet[6] ?? 0, this.#medium.sectors), wordAt(packet, 7))
  }
}
