import type { Decoded } from '../decode/decoded'
import { MAX_INSTRUCTION_LENGTH } from '../decode/decode'
import type { CpuState } from '../state/cpu-state'
import * as at from '../state/layout'
import { CROSSING_HANDLER, handlerNumber, REGION_HANDLER } from './variants'

const PAGE = 4096
const PAGE_SHIFT = 12
const MISSES_PER_LOOK = 64
const NO_LOOKUP = { hostPage: -1, physicalPage: undefined }
const LINE = 1 << at.LINE_SHIFT
const LINES_PER_PAGE = PAGE / LINE
const EMPTY = -1
/** High half of a tag that is no instruction's, nor `EMPTY`, also when a distance on a page is added. */
const TAG_OF_NOTHING = 0x4000_0000
/** In the high half of a tag: each execution is asked about (`CodePlaces`). The main loop looks for tags without it. */
const TAG_ASKED = Number(at.TAG_ASKED >> 32n)
const { RECORD, PLACE } = at
const ADDRESS_SIZE_INDEX = { 16: 0, 32: 1, 64: 2 } as const
const OPERAND_SIZE_INDEX = { 8: 0, 16: 1, 32: 2, 64: 3 } as const
/** Slot whose value is 0xffff_ffff: see `displacementOf`. */
const MASK_32_SLOT = at.ADDRESS_MASKS + 8 - at.GPR

/** Code that was translated beside the records, which must hear of what happens to their bytes. */
export interface Translations {
  /** An instruction was decoded into a record. */
  decoded(record: number, physical: number, codeMode: number): void
  /** Bytes changed, all in one line: drops what was translated from them. Says whether there was anything. */
  changed(from: number, to: number): boolean
  /** Whether something was translated from bytes in [from, to). */
  covers(from: number, to: number): boolean
}

const NO_TRANSLATIONS: Translations = { decoded: () => undefined, changed: () => false, covers: () => false }

/**
 * The decode cache: writes records, and drops those whose bytes change. Records are found by physical address, stores
 * happen at host addresses: what is known of a host page is the physical page it was decoded as.
 */
export class RecordCache {
  readonly #state: CpuState
  /** Physical page by host page, for pages with decoded code. */
  readonly #physicalPages = new Map<number, number>()
  /** Records of instructions that cross a page, by the host page of their second part; some may have been replaced. */
  readonly #crossing = new Map<number, Set<number>>()
  /** The first records of pages that records were written for. */
  readonly #written = new Set<number>()
  /** The page asked for last: invalidation asks for neighbours. */
  #lookedUp: { hostPage: number; physicalPage: number | undefined } = NO_LOOKUP
  #misses = 0
  #translations = NO_TRANSLATIONS

  constructor(state: CpuState) {
    this.#state = state
    // Fresh memory is zero: as a tag that is physical address 0 in 16-bit mode, which only the first record can be asked for.
    this.#empty(at.RECORDS)
  }

  /** Tells a translator what happens to decoded code. */
  follow(translations: Translations): void {
    this.#translations = translations
  }

  /** Leads the instruction of a record to a translated region. */
  enterRegion(record: number, region: number, entry: number): void {
    const { u16 } = this.#state
    const place = placeOf(record)
    if (u16[(place + PLACE.region) >> 1] === 0) u16[(place + PLACE.handler) >> 1] = u16[(record + RECORD.handler) >> 1] ?? 0
    u16[(record + RECORD.handler) >> 1] = REGION_HANDLER
    u16[(place + PLACE.region) >> 1] = region
    u16[(place + PLACE.entry) >> 1] = entry
  }

  /** The instruction of a record is executed by its own handler again, if it was led to this region. */
  leaveRegion(record: number, region: number): void {
    const { u16 } = this.#state
    const place = placeOf(record)
    if (u16[(place + PLACE.region) >> 1] !== region) return
    u16[(record + RECORD.handler) >> 1] = u16[(place + PLACE.handler) >> 1] ?? 0
    u16[(place + PLACE.region) >> 1] = 0
    u16[(place + PLACE.count) >> 1] = 0
  }

  /** Address of the record that an instruction at `physical` has if it has one. */
  static addressOf(physical: number): number {
    return at.RECORDS + (physical & (at.RECORD_COUNT - 1)) * at.RECORD_BYTES
  }

  /** Whether the record at `address` holds the instruction at `physical`. */
  holds(address: number, physical: number, codeMode: number, asked: boolean): boolean {
    const { u32 } = this.#state
    return u32[address >> 2] === physical >>> 0 && u32[(address >> 2) + 1] === tagHigh(physical, codeMode, asked)
  }

  lengthOf(address: number): number {
    return this.#state.u8[address + RECORD.length] ?? 0
  }

  /** Keeps an instruction that lies in one page of plain memory; `host` is the address of its first byte. `asked`: compiled code does not find it. */
  keep(decoded: Decoded, physical: number, host: number, codeMode: number, asked: boolean): number {
    const address = this.#put(decoded, physical, host, codeMode, asked)
    this.markLines(host, decoded.length)
    if (!asked) this.#translations.decoded(address, physical, codeMode)
    return address
  }

  /**
   * Keeps an instruction of which a part lies in a second page of plain memory, for compiled code to find where it finds that page. `host`, `secondHost`: addresses of
   * its first byte and of the second page; `secondPage`: physical address of that.
   */
  keepCrossing(decoded: Decoded, physical: number, host: number, secondPage: number, secondHost: number, codeMode: number): void {
    const address = this.#put(decoded, physical, host, codeMode, false)
    const { u16, u32 } = this.#state
    const number = (address - at.RECORDS) / at.RECORD_BYTES
    const tail = Math.floor(number / PAGE) * at.TAILS_PER_PAGE + (number % at.TAILS_PER_PAGE)
    u32[(at.TAILS >> 2) + tail] = secondPage / PAGE
    u16[(placeOf(address) + PLACE.entry) >> 1] = tail
    u16[(placeOf(address) + PLACE.handler) >> 1] = u16[(address + RECORD.handler) >> 1] ?? 0
    u16[(address + RECORD.handler) >> 1] = CROSSING_HANDLER
    const inFirst = PAGE - (physical % PAGE)
    this.#physicalPages.set(secondHost >>> PAGE_SHIFT, secondPage / PAGE)
    this.markLines(host, inFirst)
    this.markLines(secondHost, decoded.length - inFirst)
    const others = this.#crossing.get(secondHost >>> PAGE_SHIFT)
    if (others === undefined) this.#crossing.set(secondHost >>> PAGE_SHIFT, new Set([address]))
    else others.add(address)
  }

  #put(decoded: Decoded, physical: number, host: number, codeMode: number, asked: boolean): number {
    const address = RecordCache.addressOf(physical)
    this.#write(address, decoded)
    const { u32 } = this.#state
    u32[address >> 2] = physical >>> 0
    u32[(address >> 2) + 1] = tagHigh(physical, codeMode, asked)
    this.#physicalPages.set(host >>> PAGE_SHIFT, Math.floor(physical / PAGE))
    this.#written.add(RecordCache.addressOf(physical - (physical % PAGE)))
    this.#lookedUp = NO_LOOKUP
    return address
  }

  /** Writes an instruction into the record that is used once. */
  once(decoded: Decoded): number {
    this.#write(at.UNCACHED_RECORD, decoded)
    this.#state.i32[at.UNCACHED_RECORD >> 2] = 0
    this.#state.i32[(at.UNCACHED_RECORD >> 2) + 1] = TAG_OF_NOTHING
    return at.UNCACHED_RECORD
  }

  flush(): void {
    const { u8, i32 } = this.#state
    // Only the tags: the instruction that causes the flush still reads its record.
    for (const start of this.#written) for (let address = start; address < start + PAGE * at.RECORD_BYTES; address += at.RECORD_BYTES) i32[(address >> 2) + 1] = EMPTY
    this.#written.clear()
    for (const page of this.#physicalPages.keys()) {
      const first = at.CODE_LINES + page * LINES_PER_PAGE
      u8.fill(0, first, first + LINES_PER_PAGE)
      u8[first - 1] = (u8[first - 1] ?? 0) & ~at.LINE_BEFORE_CODE
    }
    this.#physicalPages.clear()
    this.#crossing.clear()
    this.#lookedUp = NO_LOOKUP
  }

  /** Drops the instructions at an offset of all pages. */
  dropOffset(offset: number): void {
    for (let physical = offset; physical < at.RECORD_COUNT; physical += PAGE) this.#empty(RecordCache.addressOf(physical))
  }

  /** Bytes at `host` changed. */
  invalidate(host: number, bytes: number): void {
    const lines = this.#state.u8
    const firstLine = host >>> at.LINE_SHIFT
    const lastLine = (host + bytes - 1) >>> at.LINE_SHIFT
    for (let line = firstLine; line <= lastLine; line++) {
      if (((lines[at.CODE_LINES + line] ?? 0) & at.LINE_HAS_CODE) === 0) continue
      const start = line << at.LINE_SHIFT >>> 0
      const from = Math.max(host, start)
      const to = Math.min(host + bytes, start + LINE)
      // Records also go because others take their place: lines that hit nothing are looked over from time to time.
      const translated = this.#translations.changed(from, to)
      if (this.#dropOverlapping(from, to) || translated || ++this.#misses % MISSES_PER_LOOK === 0) this.#unmarkIfEmpty(start)
    }
  }

  /** Drops the records of instructions with a byte in [from, to); both in one line. Says whether there were any. */
  #dropOverlapping(from: number, to: number): boolean {
    let dropped = this.#dropCrossing(from)
    for (let host = from - MAX_INSTRUCTION_LENGTH + 1; host < to; host++) {
      const address = this.#recordAt(host)
      if (address !== 0 && host + this.lengthOf(address) > from) {
        this.#empty(address)
        dropped = true
      }
    }
    return dropped
  }

  /** Drops the instructions whose second part has a byte at `from` or behind it in the same page. Says whether there were any. */
  #dropCrossing(from: number): boolean {
    const crossing = this.#crossing.get(from >>> PAGE_SHIFT)
    if (crossing === undefined) return false
    let dropped = false
    for (const address of crossing) {
      if (this.#bytesInSecondPage(address) > from % PAGE) {
        this.#empty(address)
        dropped = true
      } else if (this.#bytesInSecondPage(address) > 0) continue
      crossing.delete(address)
    }
    if (crossing.size === 0) this.#crossing.delete(from >>> PAGE_SHIFT)
    return dropped
  }

  /** 0 for a record that holds no instruction that crosses a page. */
  #bytesInSecondPage(address: number): number {
    const { u16, i32 } = this.#state
    if (u16[(address + RECORD.handler) >> 1] !== CROSSING_HANDLER || i32[(address >> 2) + 1] === EMPTY) return 0
    return (((address - at.RECORDS) / at.RECORD_BYTES) % PAGE) + this.lengthOf(address) - PAGE
  }

  #empty(address: number): void {
    this.#state.i32[address >> 2] = EMPTY
    this.#state.i32[(address >> 2) + 1] = EMPTY
  }

  /** The record of the instruction that starts at `host`, whatever its mode, or 0. */
  #recordAt(host: number): number {
    const hostPage = host >>> PAGE_SHIFT
    if (hostPage !== this.#lookedUp.hostPage) this.#lookedUp = { hostPage, physicalPage: this.#physicalPages.get(hostPage) }
    const page = this.#lookedUp.physicalPage
    if (page === undefined) return 0
    const physical = page * PAGE + (host & (PAGE - 1))
    const address = RecordCache.addressOf(physical)
    const { u32 } = this.#state
    const sameHigh = ((u32[(address >> 2) + 1] ?? 0) & 0xff_ffff) === Math.floor(physical / 0x1_0000_0000)
    return u32[address >> 2] === physical >>> 0 && sameHigh && u32[(address >> 2) + 1] !== 0xffff_ffff ? address : 0
  }

  /** Stores to these bytes are to be told of. */
  markLines(host: number, length: number): void {
    const lines = this.#state.u8
    const first = at.CODE_LINES + (host >>> at.LINE_SHIFT)
    const last = at.CODE_LINES + ((host + length - 1) >>> at.LINE_SHIFT)
    for (let line = first; line <= last; line++) {
      lines[line] = (lines[line] ?? 0) | at.LINE_HAS_CODE
      lines[line - 1] = (lines[line - 1] ?? 0) | at.LINE_BEFORE_CODE
    }
  }

  /** A line that no longer holds code stops slowing stores. */
  #unmarkIfEmpty(start: number): void {
    if (this.#translations.covers(start, start + LINE) || (start % PAGE === 0 && this.#crossing.has(start >>> PAGE_SHIFT))) return
    for (let host = start - MAX_INSTRUCTION_LENGTH + 1; host < start + LINE; host++) {
      const address = this.#recordAt(host)
      if (address !== 0 && host + this.lengthOf(address) > start) return
    }
    const lines = this.#state.u8
    const line = at.CODE_LINES + (start >>> at.LINE_SHIFT)
    lines[line] = (lines[line] ?? 0) & ~at.LINE_HAS_CODE
    lines[line - 1] = (lines[line - 1] ?? 0) & ~at.LINE_BEFORE_CODE
  }

  #write(address: number, decoded: Decoded): void {
    const { u8, u16, i32, u64 } = this.#state
    u16[(address + RECORD.handler) >> 1] = handlerNumber(decoded)
    u16[(placeOf(address) + PLACE.region) >> 1] = 0
    u16[(placeOf(address) + PLACE.count) >> 1] = 0
    u8[address + RECORD.length] = decoded.length
    u8[address + RECORD.vvvv] = decoded.vvvv
    u8[address + RECORD.reg] = decoded.reg
    u8[address + RECORD.rm] = decoded.rm
    u8[address + RECORD.base] = decoded.base
    u8[address + RECORD.index] = decoded.index
    i32[(address + RECORD.displacement) >> 2] = decoded.isMemory ? decoded.displacement : decoded.immediate2
    u8[address + RECORD.scale] = decoded.scale
    u8[address + RECORD.segment] = decoded.segment * at.SEGMENT_STRIDE
    u8[address + RECORD.addressSize] = ADDRESS_SIZE_INDEX[decoded.addressSize] * 8
    u8[address + RECORD.operandSize] = OPERAND_SIZE_INDEX[decoded.operandSize]
    u64[(address + RECORD.immediate) >> 3] = decoded.immediate
    if (decoded.displacement > 0x7fff_ffff && decoded.index === at.ZERO_SLOT) {
      // A RIP-relative displacement that left 32 bits when the length was added: 2^32 - 1 comes from a slot that holds it.
      u8[address + RECORD.index] = MASK_32_SLOT
      i32[(address + RECORD.displacement) >> 2] = decoded.displacement - 0xffff_ffff
    }
  }
}

function placeOf(record: number): number {
  return at.PLACES + record / at.PLACE_DIVISOR
}

function tagHigh(physical: number, codeMode: number, asked: boolean): number {
  return (Math.floor(physical / 0x1_0000_0000) | (codeMode << (at.TAG_MODE_SHIFT - 32)) | (asked ? TAG_ASKED : 0)) >>> 0
}
