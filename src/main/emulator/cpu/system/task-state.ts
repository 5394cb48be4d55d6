/** Stacks that the task-state segment holds for inner privilege levels (Intel SDM vol. 3A, 8.2.1, 8.6, 8.7). */
import { CpuFault, Vector } from '../faults'
import { SS, TR } from '../state/bits'
import type { SegmentCache } from '../state/cpu-state'
import type { SystemContext } from './context'
import { isNull, markAccessed, readDescriptor, selectorError, SystemType } from './descriptors'
import { checkStackDescriptor } from './segments'

/** A stack of an inner privilege level, checked; the register is not loaded yet. */
export interface InnerStack {
  readonly segment: SegmentCache
  readonly pointer: bigint
}

/**
 * SS:ESP for privilege level `level` from the 16- or 32-bit TSS, with all checks.
 * @throws CpuFault #TS(TR | ext) when the TSS is too short; #TS, #SS with the stack's selector
 */
export function innerStack(cx: SystemContext, level: number, ext: number): InnerStack {
  const { state, mmu } = cx
  const base = state.base(TR)
  const wide = (state.attributes(TR) & 0xf) === SystemType.tss32Busy
  const offset = wide ? level * 8 + 4 : level * 4 + 2
  if (offset + (wide ? 5 : 3) > state.limit(TR)) throw new CpuFault(Vector.TS, selectorError(state.selector(TR), ext))
  const address = base + BigInt(offset)
  const pointer = BigInt(wide ? mmu.read32(address) : mmu.read16(address))
  const selector = mmu.read16(address + (wide ? 4n : 2n))
  if (isNull(selector)) throw new CpuFault(Vector.TS, ext)
  const descriptor = readDescriptor(cx, selector, Vector.TS, ext)
  checkStackDescriptor(selector, descriptor, level, Vector.TS, ext)
  markAccessed(cx, descriptor)
  return { segment: descriptor.cache(selector), pointer }
}

/** Offsets in the 64-bit TSS. */
const RSP0 = 4
const IST1 = 0x24

/**
 * RSP for privilege level `level`, or of interrupt stack table entry `ist` (1–7), from the 64-bit TSS.
 * @throws CpuFault #TS(TR | ext) when the TSS is too short; #SS(0 | ext) when not canonical
 */
export function longStackPointer(cx: SystemContext, level: number, ist: number, ext: number): bigint {
  const { state, mmu } = cx
  const offset = ist === 0 ? RSP0 + level * 8 : IST1 + (ist - 1) * 8
  if (offset + 7 > state.limit(TR)) throw new CpuFault(Vector.TS, selectorError(state.selector(TR), ext))
  return mmu.read64(state.base(TR) + BigInt(offset), false, SS)
}
