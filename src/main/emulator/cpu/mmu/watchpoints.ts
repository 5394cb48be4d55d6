/** Breakpoint registers DR0–DR3 as DR7 arms them (Intel SDM vol. 3B, 18.2.4, 18.2.5). */
import { CR4 } from '../state/bits'
import type { CpuState } from '../state/cpu-state'

const COUNT = 4
const KIND = { execute: 0, write: 1, port: 2, access: 3 } as const
/** Bytes by the LEN field. */
const LENGTHS: readonly number[] = [1, 2, 8, 4]

interface Watchpoint {
  /** Bit of DR6. */
  readonly bit: number
  readonly kind: number
  /** Linear address or port of the first byte; aligned to the length. */
  readonly first: bigint
  readonly bytes: number
}

export class Watchpoints {
  /** Some breakpoint is armed: instructions run one by one. */
  armed = false
  /** Some breakpoint watches data: accesses to its page go the slow way. */
  watchesData = false
  #points: readonly Watchpoint[] = []
  #hits = 0

  /** Takes over DR0–DR3, DR7 and CR4.DE. */
  update(state: CpuState): void {
    const control = Number(state.debug(7) & 0xffff_ffffn)
    const points: Watchpoint[] = []
    for (let index = 0; index < COUNT; index++) {
      if (((control >>> (index * 2)) & 3) === 0) continue
      const kind = (control >>> (16 + index * 4)) & 3
      const bytes = LENGTHS[(control >>> (18 + index * 4)) & 3] ?? 1
      if (kind === KIND.port && (state.control(4) & CR4.DE) === 0n) continue
      points.push({ bit: 1 << index, kind, first: state.debug(index) & ~BigInt(bytes - 1), bytes })
    }
    this.#points = points
    this.armed = points.length > 0
    this.watchesData = points.some(({ kind }) => kind === KIND.write || kind === KIND.access)
  }

  /** Whether a page (linear address of its first byte) holds watched data. */
  watchesPage(page: bigint): boolean {
    return this.#points.some(({ kind, first }) => (kind === KIND.write || kind === KIND.access) && first >> 12n === page >> 12n)
  }

  /** An access of the guest to data. */
  noteAccess(linear: bigint, bytes: number, writes: boolean): void {
    for (const point of this.#points) {
      const watched = point.kind === KIND.access || (point.kind === KIND.write && writes)
      if (watched && overlaps(point, linear, bytes)) this.#hits |= point.bit
    }
  }

  notePort(port: number, bytes: number): void {
    if (!this.armed) return
    for (const point of this.#points) if (point.kind === KIND.port && overlaps(point, BigInt(port), bytes)) this.#hits |= point.bit
  }

  /** Bits of DR6 for an instruction that is about to execute at a linear address. */
  executes(linear: bigint): number {
    return this.#points.reduce((bits, { kind, first, bit }) => (kind === KIND.execute && first === linear ? bits | bit : bits), 0)
  }

  /** Bits of DR6 for the accesses since the last call. */
  takeHits(): number {
    const hits = this.#hits
    this.#hits = 0
    return hits
  }
}

function overlaps(point: Watchpoint, first: bigint, bytes: number): boolean {
  return first < point.first + BigInt(point.bytes) && point.first < first + BigInt(bytes)
}
