/**
 * Interrupts and far transfers of real mode (Intel SDM vol. 3A, 20.1.3, 20.1.4), in numbers alone: every call of DOS and of the BIOS comes this way, and
 * the big integers of the other modes cost several times as much.
 */
import { CpuFault, Vector } from '../faults'
import { CS, SS } from '../state/bits'
import * as at from '../state/layout'
import type { SystemContext } from './context'

const RSP = 4
/** Bytes of what is pushed. */
export const WORD = 2

/** Width of the stack pointer, as a mask: 16 bits, or 32 where protected mode left a big stack segment. */
function stackMask(cx: SystemContext): number {
  return cx.state.u32[at.STACK_MASK >> 2] ?? 0
}

/** Linear address of the word `bytes` away from the top of the stack. @throws CpuFault #SS(0) past the segment's limit */
function stackWord(cx: SystemContext, bytes: number): number {
  const { state } = cx
  const offset = ((state.gpr32(RSP) + bytes) & stackMask(cx)) >>> 0
  if (offset + WORD - 1 > state.limit(SS)) throw new CpuFault(Vector.SS, 0)
  return ((state.u32[(at.SEGMENTS + SS * at.SEGMENT_STRIDE + at.SEGMENT_BASE) >> 2] ?? 0) + offset) >>> 0
}

/**
 * Pushes words, first one first, and leaves the stack pointer where it is. All are checked before the first is written.
 * @throws CpuFault #SS(0)
 */
export function storeWords(cx: SystemContext, values: readonly number[]): void {
  for (let index = 1; index <= values.length; index++) stackWord(cx, -WORD * index)
  for (let index = 1; index <= values.length; index++) cx.mmu.writeLow(stackWord(cx, -WORD * index), WORD, values[index - 1] ?? 0)
}

/** The word so many words below the top of the stack. @throws CpuFault #SS(0) */
export function topWord(cx: SystemContext, index: number): number {
  return cx.mmu.readLow(stackWord(cx, WORD * index), WORD)
}

/** Moves the stack pointer by so many bytes, up where something was popped. */
export function moveStack(cx: SystemContext, bytes: number): void {
  const { state } = cx
  const pointer = state.gpr32(RSP) + bytes
  if (stackMask(cx) === 0xffff) state.u16[(at.GPR >> 1) + RSP * 4] = pointer
  else {
    state.u32[(at.GPR >> 2) + RSP * 2] = pointer
    state.u32[(at.GPR >> 2) + RSP * 2 + 1] = 0
  }
}

/** @throws CpuFault #GP(0) for an offset past the limit of CS, which a transfer does not change */
export function checkCodeOffset(cx: SystemContext, offset: number): void {
  if (offset > cx.state.limit(CS)) throw new CpuFault(Vector.GP, 0)
}

/** Loads CS and IP. Neither the modes nor what paging checks depend on them here. */
export function enterRealCode(cx: SystemContext, selector: number, offset: number): void {
  const { state } = cx
  state.loadRealSegment(CS, selector)
  state.u32[at.RIP >> 2] = offset
  state.u32[(at.RIP >> 2) + 1] = 0
  cx.observer.modes?.()
}
