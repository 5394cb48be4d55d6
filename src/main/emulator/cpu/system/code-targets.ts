/** Where a control transfer goes: checks of code descriptors and offsets, and the commit. */
import { CpuFault, Vector } from '../faults'
import { CS } from '../state/bits'
import { modesChanged, type SystemContext } from './context'
import { Descriptor, markAccessed, selectorError } from './descriptors'

/** #GP/#NP unless `descriptor` is code that a direct far transfer at the current privilege level may enter. */
export function checkDirectTarget(cx: SystemContext, selector: number, descriptor: Descriptor): void {
  const { cpl } = cx.state
  const allowed = descriptor.conforming ? descriptor.dpl <= cpl : (selector & 3) <= cpl && descriptor.dpl === cpl
  if (!descriptor.isCode || !allowed) throw new CpuFault(Vector.GP, selectorError(selector))
  checkWidth(cx, selector, descriptor, 0)
  if (!descriptor.present) throw new CpuFault(Vector.NP, selectorError(selector))
}

/** L and D together are reserved in long mode. */
export function checkWidth(cx: SystemContext, selector: number, descriptor: Descriptor, ext: number): void {
  if (cx.state.longMode && descriptor.long && descriptor.big) throw new CpuFault(Vector.GP, selectorError(selector, ext))
}

/** #GP(ext) unless `offset` lies in the segment (or is canonical, in 64-bit code). */
export function checkOffset(cx: SystemContext, descriptor: Descriptor, offset: bigint, ext = 0): void {
  const inside = cx.state.longMode && descriptor.long ? cx.state.isCanonical(offset) : offset <= BigInt(descriptor.limit)
  if (!inside) throw new CpuFault(Vector.GP, ext)
}

/** Loads CS and RIP; the privilege level becomes `level`. The caller calls `modesChanged` when it is done. */
export function commitCode(cx: SystemContext, selector: number, descriptor: Descriptor, offset: bigint, level: number): void {
  markAccessed(cx, descriptor)
  cx.state.setSegment(CS, descriptor.cache((selector & 0xfffc) | level))
  cx.state.cpl = level
  cx.state.rip = offset
}

/** The same for a transfer that changes nothing else. */
export function enterCode(cx: SystemContext, selector: number, descriptor: Descriptor, offset: bigint, level: number): void {
  commitCode(cx, selector, descriptor, offset, level)
  modesChanged(cx)
}
