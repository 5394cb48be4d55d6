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
  readonly base: bigint
  readonly low: bigint
  readonly high: bigint
  /** Width of the stack pointer. */
  readonly mask: bigint
  /** Accesses are those of CPL 3. */
  readonly user: boolean
  /** Error code of #SS when a push does not fit. */
  readonly errorCode: number
}

/** The stack that SS:rSP names now. */
export function currentStack(cx: SystemContext, errorCode = 0): Stack {
  const { state } = cx
  const offset = (at.SEGMENTS + SS * at.SEGMENT_STRIDE) >> 3
  return {
    base: state.u64[offset + (at.SEGMENT_BASE >> 3)] ?? 0n,
    low: state.i64[offset + (at.SEGMENT_LOW >> 3)] ?? 0n,
    high: state.i64[offset + (at.SEGMENT_WRITE_HIGH >> 3)] ?? 0n,
    mask: state.u64[at.STACK_MASK >> 3] ?? 0n,
    user: state.cpl === 3,
    errorCode,
  }
}

/** The stack of a segment that was just loaded for privilege level `level` (legacy modes). */
export function segmentStack(segment: SegmentCache, level: number, errorCode: number): Stack {
  const big = (segment.attributes & ATTRIBUTE.big) !== 0
  const top = big ? 0xffff_ffffn : 0xffffn
  const down = (segment.attributes & ATTRIBUTE.expandDown) !== 0
  return {
    base: segment.base,
    low: down ? BigInt(segment.limit) + 1n : 0n,
    high: down ? top : BigInt(segment.limit),
    mask: top,
    user: level === 3,
    errorCode,
  }
}

/** A stack of 64-bit mode. */
export function flatStack(level: number): Stack {
  return { base: 0n, low: -(1n << 63n), high: (1n << 63n) - 1n, mask: 0xffff_ffff_ffff_ffffn, user: level === 3, errorCode: 0 }
}

/** `pointer` with its bits inside `mask` replaced. */
export function replaceBits(pointer: bigint, mask: bigint, value: bigint): bigint {
  return BigInt.asUintN(64, (pointer & ~mask) | (value & mask))
}

/**
 * Pushes values, first one first. Checks all of them against the limit before the first write.
 * @returns the new stack pointer (all 64 bits; those outside the stack's width are kept)
 * @throws CpuFault #SS(stack.errorCode), #PF
 */
export function push(cx: SystemContext, stack: Stack, pointer: bigint, size: StackSize, values: readonly bigint[]): bigint {
  const bytes = BigInt(size / 8)
  const offsets = values.map((_, index) => (pointer - bytes * BigInt(index + 1)) & stack.mask)
  for (const offset of offsets) requireInside(cx, stack, offset, bytes)
  values.forEach((value, index) => {
    const linear = linearOf(stack, offsets[index] ?? 0n)
    if (size === 64) cx.mmu.write64(linear, BigInt.asUintN(64, value), stack.user, SS)
    else if (size === 32) cx.mmu.write32(linear, Number(BigInt.asUintN(32, value)), stack.user, SS)
    else cx.mmu.write16(linear, Number(BigInt.asUintN(16, value)), stack.user, SS)
  })
  return replaceBits(pointer, stack.mask, pointer - bytes * BigInt(values.length))
}

/**
 * Reads `count` values from the top of a stack, lowest address first, without moving the pointer.
 * @throws CpuFault #SS(stack.errorCode), #PF
 */
export function peek(cx: SystemContext, stack: Stack, pointer: bigint, size: StackSize, count: number): bigint[] {
  const bytes = BigInt(size / 8)
  const values: bigint[] = []
  for (let index = 0; index < count; index++) {
    const offset = (pointer + bytes * BigInt(index)) & stack.mask
    requireInside(cx, stack, offset, bytes)
    const linear = linearOf(stack, offset)
    if (size === 64) values.push(cx.mmu.read64(linear, stack.user, SS))
    else values.push(BigInt(size === 32 ? cx.mmu.read32(linear, stack.user, SS) : cx.mmu.read16(linear, stack.user, SS)))
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
  const mask = cx.state.u64[at.STACK_MASK >> 3] ?? 0n
  cx.state.setGpr(RSP, mask === 0xffff_ffffn ? pointer & mask : pointer)
}

function requireInside(cx: SystemContext, stack: Stack, offset: bigint, bytes: bigint): void {
  const signed = BigInt.asIntN(64, offset)
  if (signed < stack.low || signed + bytes - 1n > stack.high) throw new CpuFault(Vector.SS, stack.errorCode)
  if (stack.mask > 0xffff_ffffn && (!cx.state.isCanonical(offset) || !cx.state.isCanonical(BigInt.asUintN(64, offset + bytes - 1n)))) throw new CpuFault(Vector.SS, stack.errorCode)
}

function linearOf(stack: Stack, offset: bigint): bigint {
  return BigInt.asUintN(stack.mask > 0xffff_ffffn ? 64 : 32, stack.base + offset)
}
