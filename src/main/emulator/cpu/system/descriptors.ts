/** Segment descriptors and gates in memory (Intel SDM vol. 3A, 3.4.5, 3.5, 5.8.3, 8.2). */
import { CpuFault, Vector } from '../faults'
import { ATTRIBUTE, LDTR } from '../state/bits'
import { isCanonicalIn, type SegmentCache } from '../state/cpu-state'
import { GDTR } from '../state/layout'
import type { SystemContext } from './context'

/** System descriptor types (SDM vol. 3A, table 3-2). */
export const SystemType = {
  tss16Available: 1,
  ldt: 2,
  tss16Busy: 3,
  callGate16: 4,
  taskGate: 5,
  interruptGate16: 6,
  trapGate16: 7,
  tss32Available: 9,
  tss32Busy: 11,
  callGate32: 12,
  interruptGate32: 14,
  trapGate32: 15,
} as const

const PRESENT = 0x8000
const SEGMENT = 0x1000
const CODE = 0x800
const CONFORMING = 0x400
const READ_WRITE = 0x200
const ACCESSED = 0x100
const GRANULAR = 0x80_0000

/** A descriptor as read: two doublewords, for 16-byte system descriptors of long mode four. */
export class Descriptor {
  /** Linear address of the descriptor. */
  readonly address: bigint
  readonly low: number
  readonly high: number
  /** Third doubleword: base or offset bits 32–63. */
  readonly upper: number
  readonly top: number

  constructor(address: bigint, low: number, high: number, upper = 0, top = 0) {
    this.address = address
    this.low = low
    this.high = high
    this.upper = upper
    this.top = top
  }

  get present(): boolean {
    return (this.high & PRESENT) !== 0
  }

  /** S: code or data. */
  get isSegment(): boolean {
    return (this.high & SEGMENT) !== 0
  }

  get isCode(): boolean {
    return (this.high & (SEGMENT | CODE)) === (SEGMENT | CODE)
  }

  get isData(): boolean {
    return (this.high & (SEGMENT | CODE)) === SEGMENT
  }

  get conforming(): boolean {
    return this.isCode && (this.high & CONFORMING) !== 0
  }

  get readable(): boolean {
    return this.isData || (this.isCode && (this.high & READ_WRITE) !== 0)
  }

  get writable(): boolean {
    return this.isData && (this.high & READ_WRITE) !== 0
  }

  get accessed(): boolean {
    return (this.high & ACCESSED) !== 0
  }

  get dpl(): number {
    return (this.high >>> 13) & 3
  }

  /** System type; see `SystemType`. */
  get type(): number {
    return (this.high >>> 8) & 0xf
  }

  get attributes(): number {
    return (this.high >>> 8) & ATTRIBUTE.mask
  }

  get base(): bigint {
    return (BigInt(this.upper >>> 0) << 32n) | BigInt(((this.low >>> 16) | ((this.high & 0xff) << 16) | (this.high & 0xff00_0000)) >>> 0)
  }

  /** Last valid byte. */
  get limit(): number {
    const limit = (this.low & 0xffff) | (this.high & 0xf_0000)
    return this.high & GRANULAR ? ((limit << 12) | 0xfff) >>> 0 : limit
  }

  get long(): boolean {
    return (this.attributes & ATTRIBUTE.long) !== 0
  }

  get big(): boolean {
    return (this.attributes & ATTRIBUTE.big) !== 0
  }

  /** Target selector of a gate. */
  get gateSelector(): number {
    return this.low >>> 16
  }

  get gateOffset(): bigint {
    return (BigInt(this.upper >>> 0) << 32n) | BigInt(((this.low & 0xffff) | (this.high & 0xffff_0000)) >>> 0)
  }

  /** Parameter count of a call gate. */
  get gateParameters(): number {
    return this.high & 0x1f
  }

  /** The hidden part that goes with `selector`. */
  cache(selector: number): SegmentCache {
    return { selector, base: this.base, limit: this.limit, attributes: this.attributes | (this.isSegment ? ATTRIBUTE.accessed : 0) }
  }
}

/** RPL of a selector. */
export const rpl = (selector: number): number => selector & 3
/** A selector as it stands in an error code: index and table, EXT in bit 0. */
export const selectorError = (selector: number, ext = 0): number => (selector & 0xfffc) | ext
export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0

/** Where a selector's descriptor lies and how far the table goes, or undefined (no LDT, or beyond the limit). */
function locate(cx: SystemContext, selector: number, bytes: number): bigint | undefined {
  const { state } = cx
  const index = selector & 0xfff8
  if (selector & 4) {
    if ((state.attributes(LDTR) & ATTRIBUTE.present) === 0 || index + bytes - 1 > state.limit(LDTR)) return undefined
    return state.base(LDTR) + BigInt(index)
  }
  const { base, limit } = state.table(GDTR)
  return index + bytes - 1 > limit ? undefined : base + BigInt(index)
}

/** Reads 8 bytes of descriptor, or says that the table has none there. The selector must not be null. */
export function findDescriptor(cx: SystemContext, selector: number): Descriptor | undefined {
  const address = locate(cx, selector, 8)
  if (address === undefined) return undefined
  return new Descriptor(address, cx.mmu.read32(address), cx.mmu.read32(address + 4n))
}

/**
 * Reads the descriptor of a non-null selector.
 * @throws CpuFault `vector`(selector | ext) beyond the table's limit
 */
export function readDescriptor(cx: SystemContext, selector: number, vector: number = Vector.GP, ext = 0): Descriptor {
  const descriptor = findDescriptor(cx, selector)
  if (descriptor === undefined) throw new CpuFault(vector, selectorError(selector, ext))
  return descriptor
}

/** Completes a system descriptor to the 16 bytes it has in long mode; elsewhere it stays as it is. */
export function extend(cx: SystemContext, selector: number, descriptor: Descriptor, vector: number = Vector.GP): Descriptor {
  if (!cx.state.longMode) return descriptor
  if (locate(cx, selector, 16) === undefined) throw new CpuFault(vector, selectorError(selector))
  const upper = cx.mmu.read32(descriptor.address + 8n)
  const top = cx.mmu.read32(descriptor.address + 12n)
  if (top & 0x1f00) throw new CpuFault(vector, selectorError(selector))
  return new Descriptor(descriptor.address, descriptor.low, descriptor.high, upper, top)
}

/** Sets the accessed bit in memory where it is clear. */
export function markAccessed(cx: SystemContext, descriptor: Descriptor): void {
  if (!descriptor.accessed) cx.mmu.write8(descriptor.address + 5n, ((descriptor.high | ACCESSED) >>> 8) & 0xff)
}

/** Sets or clears the busy bit of a TSS descriptor in memory. */
export function markBusy(cx: SystemContext, selector: number, busy: boolean): void {
  const address = cx.state.table(GDTR).base + BigInt((selector & 0xfff8) + 5)
  const access = cx.mmu.read8(address)
  cx.mmu.write8(address, busy ? access | 2 : access & ~2)
}

/**
 * Whether an address may be loaded into a base register or MSR: canonical for the widest linear addresses that the processor knows, even
 * when paging now uses narrower ones (SDM vol. 3A, 4.5.2).
 */
export function isLoadable(cx: SystemContext, address: bigint): boolean {
  return isCanonicalIn(cx.model.has('la57') ? 57 : 48, address)
}
