/** Several pushes or pops as one step: all checks come first, the stack pointer changes last. */
import { CpuFault, Vector } from '../faults'
import { ATTRIBUTE, SS } from '../state/bits'
import type { SegmentCache } from '../state/cpu-state'
import * as at from '../state/layout'
import type { SystemContext } from './context'

const RSP = 4

/** Operand size in bits of a push or pop. */
export type StackSize = 16 | 32 | 64

/** A stack that values can be pushed on, the current one or one that is about to become current. */
export interface Stack {
  /** That of 64-bit mode: all addresses, and no segment. The next four fields do not count then. */
  readonly flat: boolean
  readonly base: number
  /** First and last offset that may be touched. */
  readonly low: number
  readonly high: number
  /** Width of the stack pointer. */
  readonly mask: typeof MASK_16 | typeof MASK_32
  /** Accesses are those of CPL 3. */
  readonly user: boolean
  /** Error code of #SS when a push does not fit. */
  readonly errorCode: number
}

const MASK_16 = 0xffff
const MASK_32 = 0xffff_ffff
const TWO_32 = 0x1_0000_0000

/** The stack that SS:rSP names now. */
export function currentStack(cx: SystemContext, errorCode = 0): Stack {
  const { state } = cx
  const user = state.cpl === 3
  if (state.mode64) return { ...FLAT, user, errorCode }
  const { u32, i32 } = state
  const field = (offset: number): number => (i32[(offset >> 2) + 1] ?? 0) * TWO_32 + (u32[offset >> 2] ?? 0)
  const segment = at.SEGMENTS + SS * at.SEGMENT_STRIDE
  return {
    flat: false,
    base: u32[(segment + at.SEGMENT_BASE) >> 2] ?? 0,
    low: field(segment + at.SEGMENT_LOW),
    high: field(segment + at.SEGMENT_WRITE_HIGH),
    mask: u32[at.STACK_MASK >> 2] === MASK_16 ? MASK_16 : MASK_32,
    user,
    errorCode,
  }
}

/** The stack of a segment that was just loaded for privilege level `level` (legacy modes). */
export function segmentStack(segment: SegmentCache, level: number, errorCode: number): Stack {
  const mask = segment.attributes & ATTRIBUTE.big ? MASK_32 : MASK_16
  const down = (segment.attributes & ATTRIBUTE.expandDown) !== 0
  return {
    flat: false,
    base: Number(BigInt.asUintN(32, segment.base)),
    low: down ? segment.limit + 1 : 0,
    high: down ? mask : segment.limit,
    mask,
    user: level === 3,
    errorCode,
  }
}

const FLAT: Stack = { flat: true, base: 0, low: 0, high: 0, mask: MASK_32, user: false, errorCode: 0 }

/** A stack of 64-bit mode. */
export function flatStack(level: number, errorCode = 0): Stack {
  return { ...FLAT, user: level === 3, errorCode }
}

/** `pointer` with its bits inside `mask` replaced. */
export function replaceBits(pointer: bigint, mask: bigint, value: bigint): bigint {
  return BigInt.asUintN(64, (pointer & ~mask) | (value & mask))
}

/** The pointer of a stack, moved by `delta` bytes in its own width. */
function moved(stack: Stack, pointer: bigint, delta: number): bigint {
  return stack.flat ? BigInt.asUintN(64, pointer + BigInt(delta)) : replaceBits(pointer, BigInt(stack.mask), pointer + BigInt(delta))
}

/**
 * Pushes values, first one first. Checks all of them against the limit before the first write.
 * @param values unsigned; cut to `size`
 * @returns the new stack pointer (all 64 bits; those outside the stack's width are kept)
 * @throws CpuFault #SS(stack.errorCode), #PF
 */
export function push(cx: SystemContext, stack: Stack, pointer: bigint, size: StackSize, values: readonly (bigint | number)[]): bigint {
  const bytes = size / 8
  if (stack.flat) pushFlat(cx, stack, pointer, size, values)
  else {
    const top = Number(BigInt.asUintN(32, pointer))
    for (let index = 1; index <= values.length; index++) requireInside(stack, offsetIn(stack, top - bytes * index), bytes)
    let pushed = 0
    for (const value of values) {
      pushed += bytes
      const low = typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(32, value))
      cx.mmu.writeLow((stack.base + offsetIn(stack, top - pushed)) >>> 0, size === 16 ? 2 : 4, low, stack.user, SS)
    }
  }
  return moved(stack, pointer, -bytes * values.length)
}

function pushFlat(cx: SystemContext, stack: Stack, pointer: bigint, size: StackSize, values: readonly (bigint | number)[]): void {
  const bytes = size / 8
  for (let index = 1; index <= values.length; index++) requireCanonical(cx, stack, BigInt.asUintN(64, pointer - BigInt(bytes * index)), bytes)
  let linear = pointer
  for (const value of values) {
    linear = BigInt.asUintN(64, linear - BigInt(bytes))
    if (size === 64) cx.mmu.write64(linear, BigInt.asUintN(64, BigInt(value)), stack.user, SS)
    else if (size === 32) cx.mmu.write32(linear, Number(BigInt.asUintN(32, BigInt(value))), stack.user, SS)
    else cx.mmu.write16(linear, Number(BigInt.asUintN(16, BigInt(value))), stack.user, SS)
  }
}

/**
 * Reads `count` values from the top of a stack, lowest address first, without moving the pointer.
 * @throws CpuFault #SS(stack.errorCode), #PF
 */
export function peek(cx: SystemContext, stack: Stack, pointer: bigint, size: StackSize, count: number): bigint[] {
  const bytes = size / 8
  const values: bigint[] = []
  if (stack.flat) {
    for (let index = 0; index < count; index++) {
      const linear = BigInt.asUintN(64, pointer + BigInt(bytes * index))
      requireCanonical(cx, stack, linear, bytes)
      if (size === 64) values.push(cx.mmu.read64(linear, stack.user, SS))
      else values.push(BigInt(size === 32 ? cx.mmu.read32(linear, stack.user, SS) : cx.mmu.read16(linear, stack.user, SS)))
    }
    return values
  }
  const top = Number(BigInt.asUintN(32, pointer))
  for (let index = 0; index < count; index++) {
    const offset = offsetIn(stack, top + bytes * index)
    requireInside(stack, offset, bytes)
    values.push(BigInt(cx.mmu.readLow((stack.base + offset) >>> 0, size === 16 ? 2 : 4, stack.user, SS)))
  }
  return values
}

/** rSP of the current stack, moved by `delta` bytes in its own width. */
export function movedPointer(cx: SystemContext, delta: bigint): bigint {
  const pointer = cx.state.gpr(RSP)
  return replaceBits(pointer, cx.state.u64[at.STACK_MASK >> 3] ?? 0n, pointer + delta)
}

/** Commits a stack pointer: a 32-bit one clears the upper half, as every 32-bit register write does. */
export function setStackPointer(cx: SystemContext, pointer: bigint): void {
  const { u32 } = cx.state
  const wide = u32[at.STACK_MASK >> 2] === MASK_32 && u32[(at.STACK_MASK >> 2) + 1] === 0
  cx.state.setGpr(RSP, wide ? BigInt.asUintN(32, pointer) : pointer)
}

const offsetIn = ({ mask }: Stack, offset: number): number => (mask === MASK_16 ? offset & MASK_16 : offset >>> 0)

function requireInside(stack: Stack, offset: number, bytes: number): void {
  if (offset < stack.low || offset + bytes - 1 > stack.high) throw new CpuFault(Vector.SS, stack.errorCode)
}

function requireCanonical(cx: SystemContext, stack: Stack, linear: bigint, bytes: number): void {
  if (!cx.state.isCanonical(linear) || !cx.state.isCanonical(BigInt.asUintN(64, linear + BigInt(bytes - 1)))) throw new CpuFault(Vector.SS, stack.errorCode)
}
