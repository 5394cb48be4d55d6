/** Loads of segment registers (Intel SDM vol. 2, MOV, POP, LDS…; vol. 3A, 5.6, 20.1). */
import { CpuFault, Vector } from '../faults'
import { ATTRIBUTE, CS, ES, GS, DS, SS } from '../state/bits'
import type { CpuState, SegmentCache } from '../state/cpu-state'
import { modesChanged, type SystemContext } from './context'
import { Descriptor, isNull, markAccessed, readDescriptor, rpl, selectorError } from './descriptors'

/** Present, data, writable, accessed; DPL 3. */
const VIRTUAL_8086_ATTRIBUTES = 0xf3

export function virtual8086Segment(selector: number): SegmentCache {
  return { selector, base: BigInt(selector) << 4n, limit: 0xffff, attributes: VIRTUAL_8086_ATTRIBUTES }
}

/** Loads a segment register in a mode without descriptors. */
export function loadPlainSegment(state: CpuState, index: number, selector: number): void {
  if (state.virtual8086) state.setSegment(index, virtual8086Segment(selector))
  else state.loadRealSegment(index, selector)
}

/** A null selector's hidden part: unusable. */
export function nullSegment(selector: number): SegmentCache {
  return { selector, base: 0n, limit: 0, attributes: 0 }
}

/**
 * Loads ES, SS, DS, FS or GS.
 * @throws CpuFault #GP, #SS, #NP with the selector
 */
export function loadSegment(cx: SystemContext, index: number, selector: number): void {
  const { state } = cx
  if (!state.usesDescriptors) {
    loadPlainSegment(state, index, selector)
  } else if (index === SS) {
    state.setSegment(SS, checkedStackSegment(cx, selector))
  } else if (isNull(selector)) {
    // The limit stays: after a return to real mode the register works again.
    state.setSegment(index, { selector, base: 0n, limit: state.limit(index), attributes: 0 })
  } else {
    const descriptor = readDescriptor(cx, selector)
    if (!descriptor.readable) throw new CpuFault(Vector.GP, selectorError(selector))
    if (!descriptor.conforming && Math.max(rpl(selector), state.cpl) > descriptor.dpl) throw new CpuFault(Vector.GP, selectorError(selector))
    if (!descriptor.present) throw new CpuFault(Vector.NP, selectorError(selector))
    markAccessed(cx, descriptor)
    state.setSegment(index, descriptor.cache(selector))
  }
  if (index === SS) modesChanged(cx)
  else if (state.protectedMode) state.updateEffectiveSegment(index)
}

/** SS for the current privilege level, as MOV SS and POP SS check it. */
function checkedStackSegment(cx: SystemContext, selector: number): SegmentCache {
  const { state } = cx
  if (isNull(selector)) {
    if (state.mode64 && state.cpl !== 3 && rpl(selector) === state.cpl) return nullStackSegment(selector)
    throw new CpuFault(Vector.GP, 0)
  }
  const descriptor = readDescriptor(cx, selector)
  checkStackDescriptor(selector, descriptor, state.cpl, Vector.GP, 0)
  markAccessed(cx, descriptor)
  return descriptor.cache(selector)
}

/** The null SS of 64-bit mode: DPL as the selector's RPL. */
export function nullStackSegment(selector: number): SegmentCache {
  return { selector, base: 0n, limit: 0xffff_ffff, attributes: rpl(selector) << ATTRIBUTE.dplShift }
}

/**
 * Rules for a stack segment at privilege level `level`: writable data, RPL and DPL equal to it, present.
 * @throws CpuFault `vector`(selector | ext); #SS when not present
 */
export function checkStackDescriptor(selector: number, descriptor: Descriptor, level: number, vector: number, ext: number): void {
  if (rpl(selector) !== level || !descriptor.writable || descriptor.dpl !== level) throw new CpuFault(vector, selectorError(selector, ext))
  if (!descriptor.present) throw new CpuFault(Vector.SS, selectorError(selector, ext))
}

/**
 * After a transfer to an outer privilege level: data segments that it may not use become null (SDM vol. 2, RET);
 * null selectors 1–3 become 0, as their hidden DPL is 0. The base stays: that of FS and GS is in use in 64-bit mode, and
 * kernels that never swap it find it again (judged by kvm-unit-tests, which do so on processors of both makers).
 */
export function dropPrivilegedSegments(state: CpuState): void {
  for (let index = ES; index <= GS; index++) {
    if (index === CS || index === SS) continue
    const attributes = state.attributes(index)
    const dpl = (attributes >>> ATTRIBUTE.dplShift) & 3
    const conforming = (attributes & (ATTRIBUTE.code | ATTRIBUTE.conforming)) === (ATTRIBUTE.code | ATTRIBUTE.conforming)
    if (dpl < state.cpl && !conforming) state.setSegment(index, { ...state.segment(index), selector: 0, attributes: 0 })
  }
}

/** ES, DS, FS, GS become null (interrupt out of virtual-8086 mode). */
export function nullDataSegments(state: CpuState): void {
  for (const index of [ES, DS, 4, GS]) state.setSegment(index, nullSegment(0))
}
