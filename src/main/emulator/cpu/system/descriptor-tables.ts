/** GDTR, IDTR, LDTR, TR, and the instructions that look at descriptors (Intel SDM vol. 2: LGDT … VERW). */
import { CpuFault, Vector } from '../faults'
import type { Helpers } from '../semantics/builder'
import { LDTR, TR } from '../state/bits'
import { GDTR, IDTR } from '../state/layout'
import { requireLevel0 } from './control-registers'
import type { SystemContext } from './context'
import { Descriptor, extend, findDescriptor, isLoadable, isNull, markBusy, readDescriptor, rpl, selectorError, SystemType } from './descriptors'
import { nullSegment } from './segments'

/** "Valid" in the results of `lar` and `lsl`. */
const VALID = 1n << 63n
/** What LAR shows of the second doubleword. */
const LAR_MASK = 0x00ff_ff00

/** System types that LAR and LSL accept, legacy and long mode (SDM vol. 2, tables of LAR and LSL). */
const LAR_LEGACY: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 9, 11, 12])
const LAR_LONG: ReadonlySet<number> = new Set([2, 9, 11, 12])
const LSL_LEGACY: ReadonlySet<number> = new Set([1, 2, 3, 9, 11])
const LSL_LONG: ReadonlySet<number> = new Set([2, 9, 11])

type TableHelpers = Pick<Helpers, 'loadTable' | 'tableBase' | 'tableLimit' | 'lldt' | 'sldt' | 'ltr' | 'str' | 'lar' | 'lsl' | 'verr' | 'verw' | 'readSegment'>

export function descriptorTableHelpers(cx: SystemContext): TableHelpers {
  const { state } = cx
  const field = (which: bigint): typeof GDTR | typeof IDTR => (which === 0n ? GDTR : IDTR)
  return {
    readSegment: (segment) => BigInt(state.selector(Number(segment))),
    loadTable(which, base, limit) {
      requireLevel0(cx)
      if (state.mode64 && !isLoadable(cx, base)) throw new CpuFault(Vector.GP, 0)
      state.setTable(field(which), base, Number(limit & 0xffffn))
    },
    tableBase: (which) => state.table(field(which)).base,
    tableLimit: (which) => BigInt(state.table(field(which)).limit),
    lldt: (selector) => loadLdt(cx, Number(selector & 0xffffn)),
    sldt() {
      requireProtected(cx)
      return BigInt(state.selector(LDTR))
    },
    ltr: (selector) => loadTask(cx, Number(selector & 0xffffn)),
    str() {
      requireProtected(cx)
      return BigInt(state.selector(TR))
    },
    lar(selector) {
      requireProtected(cx)
      const descriptor = visible(cx, Number(selector & 0xffffn), state.longMode ? LAR_LONG : LAR_LEGACY)
      return descriptor === undefined ? 0n : VALID | BigInt(descriptor.high & LAR_MASK)
    },
    lsl(selector) {
      requireProtected(cx)
      const descriptor = visible(cx, Number(selector & 0xffffn), state.longMode ? LSL_LONG : LSL_LEGACY)
      return descriptor === undefined ? 0n : VALID | BigInt(descriptor.limit)
    },
    verr(selector) {
      requireProtected(cx)
      return visible(cx, Number(selector & 0xffffn), new Set())?.readable ? 1n : 0n
    },
    verw(selector) {
      requireProtected(cx)
      return visible(cx, Number(selector & 0xffffn), new Set())?.writable ? 1n : 0n
    },
  }
}

/** #UD in real and virtual-8086 mode. */
export function requireProtected(cx: SystemContext): void {
  if (!cx.state.usesDescriptors) throw new CpuFault(Vector.UD)
}

/** The descriptor when the current privilege level may see it, and its type is a segment or one of `systemTypes`. */
function visible(cx: SystemContext, selector: number, systemTypes: ReadonlySet<number>): Descriptor | undefined {
  if (isNull(selector)) return undefined
  const descriptor = findDescriptor(cx, selector)
  if (descriptor === undefined) return undefined
  if (!descriptor.isSegment && !systemTypes.has(descriptor.type)) return undefined
  if (!descriptor.conforming && descriptor.dpl < Math.max(cx.state.cpl, rpl(selector))) return undefined
  return descriptor
}

function loadLdt(cx: SystemContext, selector: number): void {
  const { state } = cx
  requireProtected(cx)
  requireLevel0(cx)
  if (isNull(selector)) {
    state.setSegment(LDTR, nullSegment(selector))
    return
  }
  if (selector & 4) throw new CpuFault(Vector.GP, selectorError(selector))
  const descriptor = readDescriptor(cx, selector)
  if (descriptor.isSegment || descriptor.type !== SystemType.ldt) throw new CpuFault(Vector.GP, selectorError(selector))
  if (!descriptor.present) throw new CpuFault(Vector.NP, selectorError(selector))
  state.setSegment(LDTR, extended(cx, selector, descriptor).cache(selector))
}

function loadTask(cx: SystemContext, selector: number): void {
  const { state } = cx
  requireProtected(cx)
  requireLevel0(cx)
  if (isNull(selector)) throw new CpuFault(Vector.GP, 0)
  if (selector & 4) throw new CpuFault(Vector.GP, selectorError(selector))
  const descriptor = readDescriptor(cx, selector)
  const available = descriptor.type === SystemType.tss32Available || (descriptor.type === SystemType.tss16Available && !state.longMode)
  if (descriptor.isSegment || !available) throw new CpuFault(Vector.GP, selectorError(selector))
  if (!descriptor.present) throw new CpuFault(Vector.NP, selectorError(selector))
  const cache = extended(cx, selector, descriptor).cache(selector)
  markBusy(cx, selector, true)
  state.setSegment(TR, { ...cache, attributes: cache.attributes | 2 })
}

function extended(cx: SystemContext, selector: number, descriptor: Descriptor): Descriptor {
  const full = extend(cx, selector, descriptor)
  if (!isLoadable(cx, full.base)) throw new CpuFault(Vector.GP, selectorError(selector))
  return full
}
