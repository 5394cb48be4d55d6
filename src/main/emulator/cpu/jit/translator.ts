import { decode } from '../decode/decode'
import type { CodeMode, Decoded } from '../decode/decoded'
import type { Translator } from '../interp/interp'
import { RecordCache } from '../interp/records'
import { HOST } from '../interp/support'
import type { BackendContext } from '../semantics/backend'
import * as at from '../state/layout'
import { RESERVED } from './instruction'
import type { BlockOptions } from './options'
import { findRegion, type HotPlaces, type Region } from './region'
import { RoutineLibrary, ROUTINES } from './routines'
import type { JitStatistics } from './statistics'
import { REGION_EXPORT, routinesOf, sharedOf, translate } from './translate'

const PAGE = 4096
const PAGE_SHIFT = 12
const CODE_MODES: readonly CodeMode[] = [16, 32, 64]
/** Indices of regions are 16 bits; 0 means none. */
const MOST_REGIONS = 0xffff
const TABLE_STEP = 256
/** A region is made anew so often at most, and with others of together no more instructions. */
const MOST_GENERATIONS = 12
const MOST_JOINED = 600
const MOST_DOUBLINGS = 8
/** So many instructions are worth translating again to spare as many entries from outside as the threshold says. */
const EVENT_WORTH = 4
/** What was entered longer ago belongs to other work. */
const RECENT_EVENTS = 128
/** Machine code, and what V8 keeps for a module, per byte of WebAssembly, and per module. */
const BYTES_PER_BYTE = 6
const BYTES_PER_MODULE = 16 << 10

/** A region in use. */
interface Translated {
  readonly index: number
  readonly codeMode: number
  /** Physical address of its page, and where that lies in the one memory. */
  readonly page: number
  readonly host: number
  /** Offsets of its entries, by their numbers. */
  readonly entries: ReadonlyMap<number, number>
  /** For each byte of the page: does it belong to an instruction? */
  readonly covered: Uint8Array
  /** Offsets of its instructions. */
  readonly offsets: ReadonlySet<number>
  /** How often places inside it became hot. */
  readonly passed: Map<number, number>
  readonly bytes: number
  /** Offsets of the places that became hot. */
  readonly hot: readonly number[]
  /** Those that became hot though a region had their instructions inside. */
  readonly jumped: readonly number[]
  /** How often what it is made of became one. */
  readonly generation: number
  /** How often the threshold was reached again by one of its entries, since regions of its page became one. */
  events: number
  /** At how many of them it is thought about again. */
  nextLook: number
  /** Number of the last one among those of all regions. */
  lastEvent: number
}

interface Entry {
  readonly region: Translated
  /** Its number in the region. */
  readonly entry: number
}

/** What a region is to be made of. */
interface Wanted extends HotPlaces {
  readonly page: number
  readonly host: number
  readonly generation: number
}

/** Regions that this thread made: the first take ten times as long, while the translator itself is interpreted by the host. */
let translatedHere = 0
const COLD_THRESHOLD = 1 << 16
/** A lower threshold is meant as it is. */
const LEAST_COLD = 1024

/** Keeps the translated regions of one CPU: makes them, finds them by their entries, drops them when their bytes change or room is short. */
export class RegionCache implements Translator {
  readonly regions = new WebAssembly.Table({ initial: TABLE_STEP, element: 'anyfunc' })
  readonly statistics: JitStatistics
  readonly #context: BackendContext
  readonly #records: RecordCache
  readonly #options: BlockOptions
  readonly #byIndex = new Map<number, Translated>()
  readonly #byHostPage = new Map<number, Set<Translated>>()
  /** Region and entry by place: physical address and code mode. */
  readonly #entries = new Map<number, Entry>()
  readonly #library: RoutineLibrary
  /** How often a place must become hot before it is translated again, by place: what is overwritten waits longer each time, what has no translation for ever. */
  readonly #resting = new Map<number, number>()
  /** How often regions of a host page were overwritten. */
  readonly #overwritten = new Map<number, number>()
  readonly #freeIndices: number[] = []
  #nextIndex = 1
  /** How often the threshold was reached again by entries of regions. */
  #events = 0
  #bytes = 0

  constructor(context: BackendContext, records: RecordCache, options: BlockOptions, statistics: JitStatistics) {
    this.#context = context
    this.#records = records
    this.#options = options
    this.#library = new RoutineLibrary(context.state.memory)
    this.statistics = statistics
    this.#setThreshold()
  }

  // — Translator —

  hot(record: number): void {
    const { state, physical, code } = this.#context
    const place = this.#placeOf(record)
    if (place === undefined) return
    const name = key(place, state.codeMode)
    const entry = this.#entries.get(name)
    if (entry !== undefined) {
      this.#entered(entry, place)
      return
    }
    if (this.#rests(name)) return
    const page = place - (place % PAGE)
    const host = physical.readableFrame(page)
    if (host === 0 || (code?.armed === true && code.atOffset(place))) return
    const inside = this.#around(place, host)
    if (inside.length > 0 && this.#isPassed(place, inside)) return
    const first = place % PAGE
    this.#make({ page, host, first, jumped: inside.length > 0 ? [first] : [], others: [], generation: 0 }, [])
  }

  /**
   * A region was entered often from outside. What is entered often on its page becomes one region, when what that spares will soon be worth its cost: code of a page calls itself, and
   * comes back by computed addresses.
   */
  #entered({ region }: Entry, place: number): void {
    region.events++
    region.lastEvent = ++this.#events
    if (region.events < region.nextLook) return
    region.nextLook *= 2
    const offsets = new Set(region.offsets)
    const together = [region]
    for (const other of this.#besides(region)) {
      if (other.events === 0 || this.#events - other.lastEvent > RECENT_EVENTS || other.generation >= MOST_GENERATIONS) continue
      const more = [...other.offsets].filter((offset) => !offsets.has(offset))
      if (offsets.size + more.length > MOST_JOINED) continue
      together.push(other)
      for (const offset of more) offsets.add(offset)
    }
    const generation = Math.max(...together.map((joined) => joined.generation)) + 1
    if (together.length < 2 || region.events * EVENT_WORTH < offsets.size * 2 ** generation) return
    const { page, host } = region
    const first = place - page
    const jumped = [...new Set(together.flatMap((joined) => joined.jumped))].filter((offset) => offset !== first)
    const others = [...new Set(together.flatMap((joined) => joined.hot))].filter((offset) => offset !== first)
    for (const other of this.#besides(region)) {
      other.events = 0
      other.nextLook = firstLook(other.offsets)
    }
    this.#make({ page, host, first, jumped, others, generation }, together)
  }

  /** Other regions of its page, those first that are entered most often. */
  #besides(region: Translated): Translated[] {
    const onPage = [...(this.#byHostPage.get(region.host >>> PAGE_SHIFT) ?? [])]
    return onPage.filter((other) => other !== region && other.page === region.page && other.codeMode === region.codeMode).toSorted((a, b) => b.events - a.events)
  }

  /** Makes a region in place of others. */
  #make(wanted: Wanted, before: readonly Translated[]): void {
    const { page, host, first, jumped, others } = wanted
    const started = performance.now()
    const region = this.#find(page, host, { first, jumped, others })
    if (region === undefined) {
      this.statistics.refused++
      this.#resting.set(key(page + first, this.#context.state.codeMode), Number.POSITIVE_INFINITY)
      return
    }
    for (const other of before) this.#drop(other)
    translatedHere++
    this.#setThreshold()
    this.#install(region, wanted)
    this.statistics.milliseconds += performance.now() - started
  }

  decoded(record: number, place: number, codeMode: number): void {
    const name = key(place, codeMode)
    // Other bytes may have a translation.
    if (this.#resting.get(name) === Number.POSITIVE_INFINITY) this.#resting.delete(name)
    const known = this.#entries.get(name)
    if (known !== undefined) this.#records.enterRegion(record, known.region.index, known.entry)
  }

  changed(from: number, to: number): boolean {
    const onPage = this.#byHostPage.get(from >>> PAGE_SHIFT)
    if (onPage === undefined) return false
    let dropped = false
    for (const region of onPage) {
      if (!touches(region, from, to)) continue
      const times = (this.#overwritten.get(from >>> PAGE_SHIFT) ?? 0) + 1
      this.#overwritten.set(from >>> PAGE_SHIFT, times)
      this.#drop(region)
      for (const offset of region.entries.keys()) this.#resting.set(key(region.page + offset, region.codeMode), 2 ** Math.min(times, MOST_DOUBLINGS) - 2)
      this.statistics.overwritten++
      dropped = true
    }
    return dropped
  }

  covers(from: number, to: number): boolean {
    const onPage = this.#byHostPage.get(from >>> PAGE_SHIFT)
    if (onPage === undefined) return false
    for (const region of onPage) if (touches(region, from, to)) return true
    return false
  }

  flush(): void {
    for (const region of this.#byIndex.values()) this.#drop(region)
    this.statistics.flushes++
    // The state may have come from elsewhere.
    this.#setThreshold()
  }

  #setThreshold(): void {
    const { threshold } = this.#options
    const count = threshold < LEAST_COLD ? threshold : Math.max(threshold, COLD_THRESHOLD >> translatedHere)
    this.#context.state.i32[at.HOT_MASK >> 2] = 2 ** Math.ceil(Math.log2(Math.max(count, 1))) - 1
  }

  /** Whether a hot place is left alone this time. */
  #rests(name: number): boolean {
    const left = this.#resting.get(name) ?? 0
    if (left > 0) this.#resting.set(name, left - 1)
    return left > 0
  }

  /** Regions that have the instruction of a place inside. */
  #around(place: number, host: number): Translated[] {
    const { codeMode } = this.#context.state
    return [...(this.#byHostPage.get(host >>> PAGE_SHIFT) ?? [])].filter((region) => region.codeMode === codeMode && region.offsets.has(place - region.page))
  }

  /**
   * Whether a hot place inside regions needs no entry yet: the interpreter executes the ends of slices, and what follows them, wherever they are, and what is left to it, up to the
   * next entry.
   */
  #isPassed(place: number, inside: readonly Translated[]): boolean {
    if ((this.#context.state.i32[at.REMAINING >> 2] ?? 0) < RESERVED) return true
    const least = Math.min(...inside.map(({ offsets }) => offsets.size))
    let most = 0
    for (const { passed } of inside) {
      const times = (passed.get(place) ?? 0) + 1
      passed.set(place, times)
      most = Math.max(most, times)
    }
    return most * EVENT_WORTH < least
  }

  placesChanged(offset: number): void {
    for (const region of this.#byIndex.values()) if (region.offsets.has(offset)) this.#drop(region)
  }

  /** Physical address of the instruction that a record holds; undefined for the one that is used once. */
  #placeOf(record: number): number | undefined {
    if (record < at.RECORDS) return undefined
    const { u32 } = this.#context.state
    const high = (u32[(record >> 2) + 1] ?? 0) & ~(0x3 << (at.TAG_MODE_SHIFT - 32))
    // A tag with the mark of places that are asked about, or none at all.
    if (high > MOST_PHYSICAL_HIGH) return undefined
    return (u32[record >> 2] ?? 0) + high * 0x1_0000_0000
  }

  #find(page: number, host: number, hot: HotPlaces): Region | undefined {
    const { state, code, opcodes } = this.#context
    const codeMode = state.codeMode
    const mode = CODE_MODES[codeMode] ?? 16
    const bytes = state.u8.subarray(host, host + PAGE)
    const asked = (offset: number): boolean => code?.armed === true && code.atOffset(page + offset)
    return findRegion({
      codeMode: mode,
      mostInstructions: this.#options.regionInstructions,
      apart: this.#options.apart,
      decode: (offset): Decoded | undefined => {
        if (asked(offset)) return undefined
        const result = decode(bytes, mode, offset, PAGE, opcodes)
        return result.outcome === 'instruction' ? result : undefined
      },
      wanted: (offset) => this.#options.threshold === 0 || this.#records.holds(RecordCache.addressOf(page + offset), page + offset, codeMode, false),
    }, hot)
  }

  #install(region: Region, { page, host, first, jumped, others, generation }: Wanted): void {
    const { state } = this.#context
    const index = this.#takeIndex()
    const bytes = translate(region, { shape: state.i32[at.SEGMENT_SHAPE >> 2] ?? 0, index, page })
    const cost = bytes.length * BYTES_PER_BYTE + BYTES_PER_MODULE
    if (this.#bytes + cost > this.#options.codeBytes && this.#byIndex.size > 0) {
      this.statistics.evicted += this.#byIndex.size
      for (const other of this.#byIndex.values()) this.#drop(other)
    }
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#imports(region))
    this.regions.set(index, instance.exports[REGION_EXPORT])
    const covered = new Uint8Array(PAGE)
    const offsets = new Set<number>()
    for (const { instructions } of region.blocks) {
      for (const { offset, decoded } of instructions) {
        covered.fill(1, offset, offset + decoded.length)
        offsets.add(offset)
      }
    }
    const entries = new Map(region.entries.map(({ start, number }) => [start, number]))
    const translated: Translated = { index, codeMode: state.codeMode, page, host, entries, covered, offsets, passed: new Map(), bytes: cost, hot: [first, ...others], jumped, generation, events: 0, nextLook: firstLook(offsets), lastEvent: 0 }
    this.#byIndex.set(index, translated)
    const hostPage = host >>> PAGE_SHIFT
    const onPage = this.#byHostPage.get(hostPage)
    if (onPage === undefined) this.#byHostPage.set(hostPage, new Set([translated]))
    else onPage.add(translated)
    this.#bytes += cost
    for (const { instructions } of region.blocks) for (const { offset, decoded } of instructions) this.#records.markLines(host + offset, decoded.length)
    for (const [offset, entry] of entries) this.#enter(translated, offset, entry)
    this.statistics.made(region, bytes.length)
    this.#options.onRegion?.({ region, page, bytes })
  }

  #imports(region: Region): Record<string, Record<string, WebAssembly.ImportValue>> {
    const functions: Record<string, WebAssembly.ImportValue> = {}
    for (const name of sharedOf(region)) functions[name] = this.#library.functionOf(name)
    for (const routine of routinesOf(region)) functions[routine.name] = this.#library.functionOf(routine)
    return { [HOST]: { memory: this.#context.state.memory }, [ROUTINES]: functions }
  }

  /** An entry of a region gets its place, unless another region has it. The hot place had none. */
  #enter(region: Translated, offset: number, entry: number): void {
    const place = region.page + offset
    const name = key(place, region.codeMode)
    if (this.#entries.has(name)) return
    this.#entries.set(name, { region, entry })
    const record = RecordCache.addressOf(place)
    if (this.#records.holds(record, place, region.codeMode, false)) this.#records.enterRegion(record, region.index, entry)
  }

  #drop(region: Translated): void {
    this.#byIndex.delete(region.index)
    const hostPage = region.host >>> PAGE_SHIFT
    const onPage = this.#byHostPage.get(hostPage)
    onPage?.delete(region)
    if (onPage?.size === 0) this.#byHostPage.delete(hostPage)
    for (const offset of region.entries.keys()) {
      const place = region.page + offset
      const name = key(place, region.codeMode)
      if (this.#entries.get(name)?.region !== region) continue
      this.#entries.delete(name)
      const record = RecordCache.addressOf(place)
      if (this.#records.holds(record, place, region.codeMode, false)) this.#records.leaveRegion(record, region.index)
    }
    this.regions.set(region.index, null)
    this.#freeIndices.push(region.index)
    this.#bytes -= region.bytes
  }

  #takeIndex(): number {
    const free = this.#freeIndices.pop()
    if (free !== undefined) return free
    if (this.#nextIndex > MOST_REGIONS) {
      this.flush()
      return this.#freeIndices.pop() ?? 1
    }
    if (this.#nextIndex >= this.regions.length) this.regions.grow(TABLE_STEP)
    return this.#nextIndex++
  }
}

/** Physical addresses have 52 bits at most. */
const MOST_PHYSICAL_HIGH = 0xf_ffff
const MODES = 4

const firstLook = (offsets: ReadonlySet<number>): number => Math.max(1, Math.ceil(offsets.size / EVENT_WORTH))

function key(place: number, codeMode: number): number {
  return place * MODES + codeMode
}

function touches({ host, covered }: Translated, from: number, to: number): boolean {
  for (let byte = from - host; byte < to - host; byte++) if (covered[byte] === 1) return true
  return false
}
