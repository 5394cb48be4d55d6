/**
 * The computer the single-step vectors were captured on: CPL 3 in long mode (64-bit, or compatibility mode for the 32- and
 * 16-bit files), real page tables, an LDT with the documented segments.
 */
import { CpuFault } from '../../../src/main/emulator/cpu/faults'
import { createInterpreter } from '../../../src/main/emulator/cpu/interp/interp'
import { blockWith } from '../../../src/main/emulator/cpu/jit/block'
import { TRANSLATE_EACH } from '../../../src/main/emulator/cpu/jit/options'
import { Mmu } from '../../../src/main/emulator/cpu/mmu/mmu'
import type { InterruptController, IoPorts, PhysicalMemory } from '../../../src/main/emulator/cpu/ports'
import type { Backend } from '../../../src/main/emulator/cpu/semantics/backend'
import { createOracle } from '../../../src/main/emulator/cpu/semantics/oracle'
import { CR0, CR4, EFER_BITS, LDTR, TR } from '../../../src/main/emulator/cpu/state/bits'
import { CpuState, type SegmentCache } from '../../../src/main/emulator/cpu/state/cpu-state'
import { GDTR, IDTR, memoryLayout } from '../../../src/main/emulator/cpu/state/layout'
import { modesChanged, type SystemContext } from '../../../src/main/emulator/cpu/system/context'
import { createHelpers } from '../../../src/main/emulator/cpu/system/helpers'
import { ModelSpecificRegisters } from '../../../src/main/emulator/cpu/system/msr'
import { DEFAULT_MODEL } from '../../../src/main/emulator/cpu/system/models'
import type { Mode } from './format'

export type BackendName = Backend['name']
const FACTORIES = { interp: createInterpreter, oracle: createOracle, block: blockWith(TRANSLATE_EACH) } as const

/** One descriptor: byte-granular limit as the segment register holds it. */
interface Segment {
  readonly base: bigint
  readonly limit: number
  readonly access: number
  readonly big: boolean
  readonly granular: boolean
  readonly long?: boolean
}

const segment = (base: number, limit: number, access: number, big: boolean, granular = false, long = false): Segment => ({ base: BigInt(base), limit, access, big, granular, long })

/** The LDT of the 32- and 16-bit files, by selector. */
const LDT: ReadonlyMap<number, Segment> = new Map([
  [0x0f, segment(0x400000, 0xffff, 0xfb, false)],
  [0x17, segment(0x200000, 0xffff, 0xf3, false)],
  [0x1f, segment(0x300000, 0xffff, 0xf3, false)],
  [0x27, segment(0, 0xffff_ffff, 0xfb, true, true)],
  [0x2f, segment(0, 0xffff_ffff, 0xf3, true, true)],
  [0x37, segment(0x208000, 0x7fff, 0xf3, true)],
  [0x3f, segment(0x204000, 0x0fff, 0xf3, true)],
  [0x47, segment(0x200000, 0xffff, 0xf1, true)],
  [0x4f, segment(0x200000, 0xffff, 0x73, true)],
  [0x57, segment(0x200000, 0x0fff, 0xf7, true)],
  [0x5f, segment(0x400000, 0xffff, 0xf9, true)],
])
/** The system's own flat segments, which 64-bit mode starts with. */
const GDT: ReadonlyMap<number, Segment> = new Map([
  [0x2b, segment(0, 0xffff_ffff, 0xf3, true, true)],
  [0x33, segment(0, 0xffff_ffff, 0xfb, false, true, true)],
])
const LDT_LIMIT = 0x5f
const GDT_LIMIT = 0x7f
const BASES_64: ReadonlyMap<string, bigint> = new Map([['fs', 0x208000n], ['gs', 0x204000n]])

/** Linear ranges that tests may touch, and where they lie: one after the other in physical memory. */
const RANGES = [
  { linear: 0x200000, bytes: 0x10000, writable: true, executable: false },
  { linear: 0x220000, bytes: 0x1000, writable: false, executable: false },
  { linear: 0x300000, bytes: 0x10000, writable: true, executable: false },
  { linear: 0x400000, bytes: 0x10000, writable: true, executable: true },
] as const
const USER_PHYSICAL = 0x20000
export const USER_BYTES = RANGES.reduce((sum, range) => sum + range.bytes, 0)
const RAM_BYTES = 0x80000
const PAGE = 4096
/** x87, SSE and AVX state. */
const XCR0_ALL = 7n

const PML4 = 0x1000
const TABLES = { pdptLow: 0x2000, pdLow: 0x3000, ptData: 0x4000, ptCode: 0x5000, pdptHigh: 0x6000, pdHigh: 0x7000, ptHigh: 0x8000 } as const
const GDT_PHYSICAL = 0x9000
const LDT_PHYSICAL = 0xa000
/** Supervisor pages for the descriptor tables, where no test looks. */
const TABLES_LINEAR = 0xffff_ffff_ffe0_0000n

const PRESENT = 1n
const WRITABLE = 2n
const USER = 4n
const NO_EXECUTE = 1n << 63n

/** Offset of a linear address in the user memory, or undefined where nothing is mapped. */
export function userOffset(linear: number): number | undefined {
  let offset = 0
  for (const range of RANGES) {
    if (linear >= range.linear && linear < range.linear + range.bytes) return offset + linear - range.linear
    offset += range.bytes
  }
  return undefined
}

/** The linear address of an offset in user memory. */
export function userLinear(offset: number): number {
  let start = 0
  for (const range of RANGES) {
    if (offset < start + range.bytes) return range.linear + offset - start
    start += range.bytes
  }
  return -1
}

const NO_PORTS: IoPorts = { read: () => 0xffff_ffff, write: () => undefined }
const NO_INTERRUPTS: InterruptController = { pending: false, acknowledge: () => 0xff }

export class SingleStepEnvironment {
  readonly state: CpuState
  readonly mmu: Mmu
  readonly backend: Backend
  /** All memory that tests can see, as one piece. */
  readonly user: Buffer
  readonly #context: SystemContext
  readonly #userHost: number

  constructor(name: BackendName) {
    const { ramBase, wasmPages } = memoryLayout(RAM_BYTES)
    const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages })
    const state = new CpuState(memory)
    const physical = plainMemory(ramBase)
    this.state = state
    this.mmu = new Mmu(state, physical)
    this.#userHost = ramBase + USER_PHYSICAL
    this.user = Buffer.from(memory.buffer, this.#userHost, USER_BYTES)
    this.#context = {
      state,
      mmu: this.mmu,
      ports: NO_PORTS,
      interrupts: NO_INTERRUPTS,
      model: DEFAULT_MODEL,
      observer: {},
      processors: 1,
      msrs: new ModelSpecificRegisters(),
      endSlice: () => undefined,
      timestamp: () => 0n,
      nextRip: () => state.rip,
      suppressTrap: () => undefined,
      resumeOnce: () => undefined,
      debugTrap: () => undefined,
      mergeTraps: () => undefined,
      unblockNmi: () => undefined,
      pause: () => undefined,
    }
    const helpers = createHelpers(this.#context)
    const context = {
      state,
      mmu: this.mmu,
      physical,
      attention: () => undefined,
      detour: () => undefined,
      helpers: {
        ...helpers,
        // The vectors show INT3, INTO and INT1 as exceptions with RIP behind the instruction.
        softwareInterrupt(vector: bigint, kind: bigint, next: bigint) {
          if (kind === 0n) helpers.softwareInterrupt(vector, kind, next)
          state.rip = next
          throw new CpuFault(Number(vector))
        },
      },
    }
    this.backend = FACTORIES[name](context)
    this.mmu.onCodeWritten((host, count) => this.backend.afterPhysicalWrite(host, count))
    this.#buildTables(ramBase)
    this.#enterLongMode()
  }

  /** Tells caches that user memory changed behind their back. */
  changed(offset: number, count: number): void {
    if (count > 0) this.mmu.noteWrite(this.#userHost + offset, count)
  }

  /** Loads a segment register as the test's environment defines it. */
  segment(mode: Mode, name: string, selector: number): SegmentCache {
    const found = LDT.get(selector) ?? GDT.get(selector)
    if (mode === 64 && found !== undefined) {
      const base = BASES_64.get(name) ?? 0n
      return { ...cache(selector, found), base }
    }
    return found === undefined ? { selector, base: 0n, limit: 0, attributes: 0 } : cache(selector, found)
  }

  /** To be called after segments and flags were set. */
  ready(): void {
    this.state.cpl = 3
    modesChanged(this.#context)
  }

  #enterLongMode(): void {
    const { state } = this
    state.setControl(0, CR0.PE | CR0.MP | CR0.ET | CR0.NE | CR0.WP | CR0.AM | CR0.PG)
    state.setControl(3, BigInt(PML4))
    state.setControl(4, CR4.PAE | CR4.PGE | CR4.OSFXSR | CR4.OSXMMEXCPT | CR4.OSXSAVE)
    state.xcr0 = XCR0_ALL
    state.efer = EFER_BITS.LME | EFER_BITS.LMA | EFER_BITS.NXE | EFER_BITS.SCE
    state.setTable(GDTR, TABLES_LINEAR, GDT_LIMIT)
    state.setTable(IDTR, TABLES_LINEAR, 0)
    state.setSegment(LDTR, { selector: 0x50, base: TABLES_LINEAR + BigInt(PAGE), limit: LDT_LIMIT, attributes: 0x82 })
    state.setSegment(TR, { selector: 0x40, base: TABLES_LINEAR, limit: 0x67, attributes: 0 })
    this.ready()
    this.mmu.flush()
  }

  #buildTables(ramBase: number): void {
    const { view } = this.state
    const set = (table: number, index: number, value: bigint): void => view.setBigUint64(ramBase + table + index * 8, value, true)
    const table = PRESENT | WRITABLE | USER
    set(PML4, 0, BigInt(TABLES.pdptLow) | table)
    set(TABLES.pdptLow, 0, BigInt(TABLES.pdLow) | table)
    set(TABLES.pdLow, 1, BigInt(TABLES.ptData) | table)
    set(TABLES.pdLow, 2, BigInt(TABLES.ptCode) | table)
    set(PML4, 511, BigInt(TABLES.pdptHigh) | PRESENT | WRITABLE)
    set(TABLES.pdptHigh, 511, BigInt(TABLES.pdHigh) | PRESENT | WRITABLE)
    set(TABLES.pdHigh, 511, BigInt(TABLES.ptHigh) | PRESENT | WRITABLE)
    set(TABLES.ptHigh, 0, BigInt(GDT_PHYSICAL) | PRESENT | WRITABLE)
    set(TABLES.ptHigh, 1, BigInt(LDT_PHYSICAL) | PRESENT | WRITABLE)
    let physical = USER_PHYSICAL
    for (const range of RANGES) {
      for (let offset = 0; offset < range.bytes; offset += PAGE) {
        const linear = range.linear + offset
        const rights = PRESENT | USER | (range.writable ? WRITABLE : 0n) | (range.executable ? 0n : NO_EXECUTE)
        set(linear < 0x400000 ? TABLES.ptData : TABLES.ptCode, (linear >> 12) & 0x1ff, BigInt(physical) | rights)
        physical += PAGE
      }
    }
    for (const [selector, entry] of LDT) set(LDT_PHYSICAL, selector >> 3, descriptor(entry))
    for (const [selector, entry] of GDT) set(GDT_PHYSICAL, selector >> 3, descriptor(entry))
  }
}

function attributes(entry: Segment): number {
  return entry.access | (entry.long ? 0x2000 : 0) | (entry.big ? 0x4000 : 0) | (entry.granular ? 0x8000 : 0)
}

function cache(selector: number, entry: Segment): SegmentCache {
  return { selector, base: entry.base, limit: entry.limit, attributes: attributes(entry) }
}

function descriptor(entry: Segment): bigint {
  const limit = BigInt(entry.granular ? entry.limit >>> 12 : entry.limit)
  const { base } = entry
  return (limit & 0xffffn) | ((base & 0xff_ffffn) << 16n) | (BigInt(attributes(entry)) << 40n) | ((limit >> 16n) << 48n) | ((base >> 24n) << 56n)
}

function plainMemory(ramBase: number): PhysicalMemory {
  const frame = (physical: number): number => (physical < RAM_BYTES ? ramBase + physical : 0)
  const outside = (address: number): never => {
    throw new Error(`Physical address ${address.toString(16)} is not mapped by any test.`)
  }
  return { plain: { base: ramBase, lowPages: RAM_BYTES / 4096, pages: RAM_BYTES / 4096 }, readableFrame: frame, writableFrame: frame, read8: outside, read16: outside, read32: outside, write8: outside, write16: outside, write32: outside }
}
