/** Locals of a region's function, and the code around its blocks: what is loaded when it is entered, what goes back when it is left. */
import type { FunctionBuilder, Label } from '../../wasm/function-builder'
import type { AnyRoutine } from '../semantics/routines'
import * as at from '../state/layout'
import { SETTLED } from './flag-kind'
import { emitCheck } from './routines'

const SLOT_BYTES = 8

/** Which of a segment's fields are kept in locals (i64). */
export type SegmentLocal = 'base' | 'low' | 'readHigh' | 'writeHigh'
const SEGMENT_FIELDS: Readonly<Record<SegmentLocal, number>> = {
  base: at.SEGMENT_BASE, low: at.SEGMENT_LOW, readHigh: at.SEGMENT_READ_HIGH, writeHigh: at.SEGMENT_WRITE_HIGH,
}

/** Lazy flags of a region, all i64 but `kind`. */
export interface FlagLocals {
  /** A `FlagKind` shifted by `KIND_SHIFT`, and the size of the operands in bits. */
  readonly kind: number
  readonly first: number
  readonly second: number
  readonly carry: number
  /** Valid where the kind of flags is known: operands and result, for what looks at them. */
  readonly result: number
  readonly a: number
  readonly x: number
}

/** Parameters of a region's function: the record that led there, and RIP. */
const RECORD = 0
const RIP = 1

export class Frame {
  readonly code: FunctionBuilder
  readonly #registers = new Map<number, number>()
  readonly #written = new Set<number>()
  readonly #vectors = new Map<number, number>()
  readonly #writtenVectors = new Set<number>()
  readonly #checks = new Map<AnyRoutine, number>()
  readonly #segments = new Map<string, { segment: number; field: SegmentLocal; local: number }>()
  readonly flags: FlagLocals
  flagsWritten = false
  flagsUsed = false
  /** `REMAINING`. */
  readonly remaining: number
  /** RIP of the page's first byte (i64): all others are relative to it. */
  readonly base: number
  /** Where execution goes on outside, or an address to go to (i64). */
  readonly rip: number
  /** Host address of the TLBs in use. */
  readonly tlb: number
  usesTlb = false
  /** Number of the block to go to, for dispatchers. */
  readonly target: number
  /** The instruction that may be left to the interpreter (i32). */
  readonly leftAt: number
  /** Bits of `SEGMENT_SHAPE` that the code relies on, and what they must be. */
  shapeMask = 0
  readonly shape: number
  exit: Label = { depth: 0 }

  constructor(code: FunctionBuilder, shape: number) {
    this.code = code
    this.shape = shape
    const [first, second, carry, result, a, x] = [code.local('i64'), code.local('i64'), code.local('i64'), code.local('i64'), code.local('i64'), code.local('i64')]
    this.flags = { kind: code.local('i32'), first, second, carry, result, a, x }
    this.base = code.local('i64')
    this.rip = code.local('i64')
    this.remaining = code.local('i32')
    this.tlb = code.local('i32')
    this.target = code.local('i32')
    this.leftAt = code.local('i32')
  }

  /** The local of a general register that is read. */
  register(index: number): number {
    let local = this.#registers.get(index)
    if (local === undefined) this.#registers.set(index, (local = this.code.lastingLocal('i64')))
    return local
  }

  /** The local of a general register that is written. */
  writtenRegister(index: number): number {
    this.#written.add(index)
    return this.register(index)
  }

  /** The local (v128) of an XMM register that is read. */
  vector(index: number): number {
    let local = this.#vectors.get(index)
    if (local === undefined) this.#vectors.set(index, (local = this.code.lastingLocal('v128')))
    return local
  }

  /** The local of an XMM register that is written. */
  writtenVector(index: number): number {
    this.#writtenVectors.add(index)
    return this.vector(index)
  }

  /** A local (i32) that is not zero where a routine raises something that does so on entry to the region, and as long as it runs. */
  checkedOnce(routine: AnyRoutine): number {
    let local = this.#checks.get(routine)
    if (local === undefined) this.#checks.set(routine, (local = this.code.lastingLocal('i32')))
    return local
  }

  /** The local of a field of a segment register. */
  segment(segment: number, field: SegmentLocal): number {
    const key = `${segment} ${field}`
    let known = this.#segments.get(key)
    if (known === undefined) {
      known = { segment, field, local: this.code.lastingLocal('i64') }
      this.#segments.set(key, known)
    }
    return known.local
  }

  /** Whether a bit of `SEGMENT_SHAPE` was set when the region was made; the code then relies on it. */
  relies(bit: number): boolean {
    if ((this.shape & bit) === 0) return false
    this.shapeMask |= bit
    return true
  }

  /** The same for a bit whose being clear the code relies on, too. */
  reliesOn(bit: number): boolean {
    this.shapeMask |= bit
    return (this.shape & bit) !== 0
  }

  /** From here on `leftAt` tells of an instruction, and of how many instructions of its block were not executed when it was not. */
  startInstruction(offset: number, uncounted: number): void {
    this.code.i32(offset | (uncounted << OFFSET_BITS))
    this.code.set(this.leftAt)
  }

  /** Where instructions go that are left to the interpreter: the region is left at the one that `leftAt` tells of. */
  left: Label = { depth: 0 }

  /** What stands where `left` leads to. */
  emitLeft(): void {
    const { code } = this
    code.get(this.base)
    code.get(this.leftAt)
    code.i32(PAGE_MASK)
    code.op('i32_and')
    code.op('i64_extend_i32_u')
    code.op('i64_add')
    code.set(this.rip)
    code.get(this.remaining)
    code.get(this.leftAt)
    code.i32(OFFSET_BITS)
    code.op('i32_shr_u')
    code.op('i32_add')
    code.set(this.remaining)
  }

  /** Leaves the region at `offset` of its page; `uncounted`: instructions of the block that are not executed. */
  leave(offset: number, uncounted: number): void {
    const { code } = this
    code.get(this.base)
    code.i64(BigInt(offset))
    code.op('i64_add')
    code.set(this.rip)
    this.leaveAtRip(uncounted)
  }

  /** The same at the address in `rip`. */
  leaveAtRip(uncounted: number): void {
    const { code } = this
    if (uncounted !== 0) {
      code.get(this.remaining)
      code.i32(uncounted)
      code.op('i32_add')
      code.set(this.remaining)
    }
    code.br(this.exit)
  }

  /** What stands behind all blocks: registers, flags and count go to memory; RIP is the function's result. @param settle index of the function of `addSettle` */
  emitEpilogue(settle: number): void {
    const { code } = this
    for (const index of [...this.#written].toSorted((a, b) => a - b)) {
      code.i32(0)
      code.get(this.register(index))
      code.memory('i64_store', at.GPR + index * SLOT_BYTES)
    }
    for (const index of this.#writtenVectors) {
      code.i32(0)
      code.get(this.vector(index))
      code.simdMemory('v128_store', at.XMM + index * at.XMM_STRIDE)
    }
    if (this.flagsWritten) this.pushSettle(settle)
    code.i32(0)
    code.get(this.remaining)
    code.memory('i32_store', at.REMAINING)
    code.get(this.rip)
  }

  /** Brings the flags into the form of `state/layout.ts`, in memory. */
  pushSettle(settle: number): void {
    const { code, flags } = this
    code.get(flags.kind)
    for (const local of [flags.first, flags.second, flags.carry]) code.get(local)
    code.call(settle)
  }

  /**
   * What stands before all blocks. Where the region cannot run as it was made, it returns at once, and the instruction is left to its handler.
   * @param range lowest and highest offset in the page that instructions and jump targets have, and the mask of RIP (0: no limit)
   * @param narrow all registers must have an upper half of zero
   */
  emitPrologue({ entries, needed, low, high, mask, narrow }: PrologueOptions): void {
    const { code } = this
    code.i32(0)
    code.memory('i32_load', at.REMAINING)
    code.i32(1)
    code.op('i32_add')
    code.set(this.remaining)
    // The place of the record on its page: the low bits of its number.
    code.get(RIP)
    code.get(RECORD)
    code.i32(Math.log2(at.RECORD_BYTES))
    code.op('i32_shr_u')
    code.i32(PAGE_MASK)
    code.op('i32_and')
    code.op('i64_extend_i32_u')
    code.op('i64_sub')
    code.set(this.base)
    for (const [index, local] of this.#registers) {
      code.i32(0)
      code.memory('i64_load', at.GPR + index * SLOT_BYTES)
      code.set(local)
    }
    code.i32(0)
    code.memory('i64_load', at.FETCH_PAGE)
    code.i64(0n)
    code.op('i64_lt_s')
    if (this.shapeMask !== 0) {
      code.i32(0)
      code.memory('i32_load', at.SEGMENT_SHAPE)
      code.i32(this.shape)
      code.op('i32_xor')
      code.i32(this.shapeMask)
      code.op('i32_and')
      code.op('i32_or')
    }
    if (mask !== 0n) {
      code.get(this.base)
      code.i64(BigInt(low))
      code.op('i64_add')
      code.i64(mask - BigInt(high - low))
      code.op('i64_gt_u')
      code.op('i32_or')
    }
    if (narrow && this.#registers.size > 0) {
      ;[...this.#registers.values()].forEach((local, place) => {
        code.get(local)
        if (place > 0) code.op('i64_or')
      })
      code.i64(32n)
      code.op('i64_shr_u')
      code.op('i32_wrap_i64')
      code.op('i32_or')
    }
    code.get(this.remaining)
    code.i32(needed)
    code.op('i32_lt_s')
    code.op('i32_or')
    code.if()
    code.i32(0)
    code.get(this.remaining)
    code.memory('i32_store', at.REMAINING)
    code.get(RIP)
    code.op('return')
    code.end()
    for (const { segment, field, local } of this.#segments.values()) {
      code.i32(0)
      code.memory('i64_load', at.SEGMENTS + segment * at.SEGMENT_STRIDE + SEGMENT_FIELDS[field])
      code.set(local)
    }
    for (const [index, local] of this.#vectors) {
      code.i32(0)
      code.simdMemory('v128_load', at.XMM + index * at.XMM_STRIDE)
      code.set(local)
    }
    for (const [routine, local] of this.#checks) emitCheck(code, routine, local)
    if (this.usesTlb) {
      code.i32(0)
      code.memory('i32_load', at.TLB_SET)
      code.set(this.tlb)
    }
    if (this.flagsUsed || this.flagsWritten) {
      code.i32(0)
      code.memory('i64_load', at.FLAGS_RESULT)
      code.set(this.flags.first)
      code.i32(0)
      code.memory('i64_load32_u', at.FLAGS_AUX)
      code.set(this.flags.second)
      code.i32(SETTLED)
      code.set(this.flags.kind)
    }
    if (entries > 1) {
      code.get(RECORD)
      code.i32(Math.log2(at.PLACE_DIVISOR))
      code.op('i32_shr_u')
      code.memory('i32_load16_u', at.PLACES + at.PLACE.entry)
      code.set(this.target)
    }
  }
}

const OFFSET_BITS = 12
const PAGE_MASK = 0xfff

export interface PrologueOptions {
  readonly entries: number
  /** Instructions that there must be time for. */
  readonly needed: number
  readonly low: number
  readonly high: number
  readonly mask: bigint
  readonly narrow: boolean
}
