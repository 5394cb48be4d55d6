import * as at from '../state/layout'
import type { CpuState } from '../state/cpu-state'

/** The three TLBs of a set, by access kind. */
export type AccessKind = 'r' | 'w' | 'x'
const KIND_OFFSET: Readonly<Record<AccessKind, number>> = { r: at.TLB_READ, w: at.TLB_WRITE, x: at.TLB_FETCH }

export const KINDS: readonly AccessKind[] = ['r', 'w', 'x']

/** A translation: linear page number, and physical address of its frame. */
export interface TlbEntry {
  readonly user: boolean
  readonly kind: AccessKind
  readonly page: number
  readonly frame: number
}

const PAGE_BYTES = 4096
const ENTRY_HOST = 8
const ENTRY_FRAME = 12
/** In a tag's high half: no linear page number has it, so that inline lookups miss. `EMPTY` has it, too. */
const HIDDEN = 0x4000_0000
const EMPTY = -1
/** Data only: what instructions are fetched through is never hidden. */
const DATA_KINDS = [at.TLB_READ, at.TLB_WRITE] as const

/**
 * Translations that the backends' inline lookups use (see `layout.ts`). The tag is the linear page number (linear >>> 12, logical);
 * beside the host address an entry holds the physical frame number, for instruction fetch.
 */
export class Tlb {
  readonly #state: CpuState
  readonly #base: number
  /** Supervisor, user. */
  readonly #sets: readonly [number, number]

  /** @param base what offsets count from: the area of the processor */
  constructor(state: CpuState, base = 0) {
    this.#state = state
    this.#base = base
    this.#sets = [base + at.TLB_SUPERVISOR, base + at.TLB_USER]
    this.flush()
  }

  /** Every entry that is there, hidden or not. */
  entries(): TlbEntry[] {
    const { i32, u32 } = this.#state
    const found: TlbEntry[] = []
    for (const user of [false, true]) {
      for (const kind of KINDS) {
        for (let index = 0; index < at.TLB_ENTRIES; index++) {
          const entry = this.#entry(user, kind, index * PAGE_BYTES)
          const high = i32[(entry >> 2) + 1] ?? EMPTY
          if (high !== EMPTY) found.push({ user, kind, page: (high & ~HIDDEN) * 2 ** 32 + (u32[entry >> 2] ?? 0), frame: this.#frameOf(entry) })
        }
      }
    }
    return found
  }

  /** Empties everything; the instruction fetch window goes with it. */
  flush(): void {
    this.#state.u8.fill(0xff, this.#base + at.TLB_SUPERVISOR, this.#base + at.TLB_USER + at.TLB_SET_BYTES)
    this.#state.closeFetchWindow()
  }

  /** Empties the data TLBs of user mode (when alignment checks go on, every access must go the slow way). */
  flushUserData(): void {
    this.#flushData(this.#sets[1])
  }

  /** Empties all data TLBs. */
  flushData(): void {
    for (const set of this.#sets) this.#flushData(set)
  }

  #flushData(set: number): void {
    for (const kind of DATA_KINDS) this.#state.u8.fill(0xff, set + kind, set + kind + at.TLB_BYTES)
  }

  /** Empties the entries of one page. */
  flushPage(lo: number, hi: number): void {
    const { i32, i64 } = this.#state
    for (const set of this.#sets) {
      for (const kind of [at.TLB_READ, at.TLB_WRITE, at.TLB_FETCH]) {
        const entry = set + kind + ((lo >>> 12) & (at.TLB_ENTRIES - 1)) * at.TLB_ENTRY
        const high = i32[(entry >> 2) + 1] ?? EMPTY
        if (i32[entry >> 2] === tagLow(lo, hi) && (high === hi >>> 12 || high === (hi >>> 12 | HIDDEN))) i64[entry >> 3] = -1n
      }
    }
    this.#state.closeFetchWindow()
  }

  /** @param hidden only `frame` and `hiddenFrame` find it */
  fill(user: boolean, kind: AccessKind, lo: number, hi: number, host: number, physical: number, hidden = false): void {
    const { i32 } = this.#state
    const entry = this.#entry(user, kind, lo)
    i32[entry >> 2] = tagLow(lo, hi)
    i32[(entry >> 2) + 1] = (hi >>> 12) | (hidden ? HIDDEN : 0)
    i32[(entry + ENTRY_HOST) >> 2] = host
    i32[(entry + ENTRY_FRAME) >> 2] = Math.floor(physical / 4096)
  }

  /** Large pages are known to be in a region (linear address >> `LARGE_SHIFT`); until `flush`, or until another one takes its place. */
  noteLarge(region: number): void {
    const { u32 } = this.#state
    for (const set of this.#sets) {
      const place = (set + at.TLB_LARGE + (region & (at.LARGE_ENTRIES - 1)) * 8) >> 2
      u32[place] = region >>> 0
      u32[place + 1] = Math.floor(region / 0x1_0000_0000)
    }
  }

  /** Host address of the byte at a linear address, or 0 when there is no entry. */
  host(user: boolean, kind: AccessKind, lo: number, hi: number): number {
    const { i32 } = this.#state
    const entry = this.#entry(user, kind, lo)
    if (i32[entry >> 2] !== tagLow(lo, hi) || i32[(entry >> 2) + 1] !== hi >>> 12) return 0
    return ((i32[(entry + ENTRY_HOST) >> 2] ?? 0) >>> 0) + (lo & 0xfff)
  }

  /** Physical address of the frame of a linear address, also of a hidden entry; -1 when there is none. */
  frame(user: boolean, kind: AccessKind, lo: number, hi: number): number {
    const { i32 } = this.#state
    const entry = this.#entry(user, kind, lo)
    const high = i32[(entry >> 2) + 1] ?? EMPTY
    if (i32[entry >> 2] !== tagLow(lo, hi) || (high !== hi >>> 12 && high !== (hi >>> 12 | HIDDEN))) return -1
    return this.#frameOf(entry)
  }

  /** The same of a hidden entry alone. */
  hiddenFrame(user: boolean, kind: AccessKind, lo: number, hi: number): number {
    const { i32 } = this.#state
    const entry = this.#entry(user, kind, lo)
    return i32[entry >> 2] === tagLow(lo, hi) && i32[(entry >> 2) + 1] === (hi >>> 12 | HIDDEN) ? this.#frameOf(entry) : -1
  }

  /** Hides the entries of data pages that `isHidden` names, by the addresses of their first bytes, and shows the others. */
  hide(isHidden: (linear: bigint, frame: number) => boolean): void {
    const { i32, u32 } = this.#state
    for (const set of this.#sets) {
      for (const kind of DATA_KINDS) {
        for (let entry = set + kind; entry < set + kind + at.TLB_BYTES; entry += at.TLB_ENTRY) {
          const high = i32[(entry >> 2) + 1] ?? EMPTY
          if (high === EMPTY) continue
          const page = (BigInt(high & ~HIDDEN) << 32n) | BigInt(u32[entry >> 2] ?? 0)
          i32[(entry >> 2) + 1] = (high & ~HIDDEN) | (isHidden(page << 12n, this.#frameOf(entry)) ? HIDDEN : 0)
        }
      }
    }
  }

  #frameOf(entry: number): number {
    return ((this.#state.i32[(entry + ENTRY_FRAME) >> 2] ?? 0) >>> 0) * 4096
  }

  #entry(user: boolean, kind: AccessKind, lo: number): number {
    return this.#sets[user ? 1 : 0] + KIND_OFFSET[kind] + ((lo >>> 12) & (at.TLB_ENTRIES - 1)) * at.TLB_ENTRY
  }
}

function tagLow(lo: number, hi: number): number {
  return (hi << 20) | (lo >>> 12)
}
