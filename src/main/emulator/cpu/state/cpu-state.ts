import * as at from './layout'
import { ARITHMETIC_FLAGS, AF, ATTRIBUTE, CF, CODE_16, CODE_32, CODE_64, CR0, CR4, CS, DEFINED_FLAGS, EFER_BITS, FS, OF, PF, REAL_MODE_ATTRIBUTES, SF, SS, VM, ZF } from './bits'

const ALL_ONES = 0xffff_ffff_ffff_ffffn
const ALL_32 = 0xffff_ffffn
const ALL_16 = 0xffffn
const ALL_ONES_32 = 0xffff_ffff
/** Upper halves of the lowest and the highest offset of 64-bit mode. */
const LOWEST_UPPER = 0x8000_0000
const HIGHEST_UPPER = 0x7fff_ffff
const SEGMENT_REGISTERS = 6
const EVERY_SEGMENT = (1 << SEGMENT_REGISTERS) - 1
/** Of `SEGMENT_SHAPE`. */
const SEGMENT_BITS = EVERY_SEGMENT | (EVERY_SEGMENT << at.SHAPE_WRITE_SHIFT)
/** In the low half of CR0 and EFER. */
const PROTECTION_ENABLE = Number(CR0.PE)
const LONG_MODE_ACTIVE = Number(EFER_BITS.LMA)

/** A segment register, visible and hidden part. `base` is unsigned; `limit` counts bytes; `attributes` as in `ATTRIBUTE`. */
export interface SegmentCache {
  readonly selector: number
  readonly base: bigint
  readonly limit: number
  readonly attributes: number
}

/**
 * Registers of the CPU: typed views over the one memory that backends compute on. It holds state and what follows from
 * it at once (masks, effective segments); rules of privilege live in `cpu/system`.
 */
export class CpuState {
  readonly memory: WebAssembly.Memory
  readonly view: DataView
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly i64: BigInt64Array
  readonly u64: BigUint64Array
  /** What the offsets of the TLBs count from: the area of the processor whose state this is. */
  tlbBase = 0
  /** Segment registers, a bit each, that were written since accesses know them. */
  #staleSegments = EVERY_SEGMENT

  /** @param memory as large as `memoryLayout` says */
  constructor(memory: WebAssembly.Memory) {
    this.memory = memory
    const buffer = memory.buffer
    this.view = new DataView(buffer)
    this.u8 = new Uint8Array(buffer)
    this.u16 = new Uint16Array(buffer)
    this.i32 = new Int32Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.i64 = new BigInt64Array(buffer)
    this.u64 = new BigUint64Array(buffer)
    this.u64[at.ADDRESS_MASKS >> 3] = 0xffffn
    this.u64[(at.ADDRESS_MASKS >> 3) + 1] = 0xffff_ffffn
    this.u64[(at.ADDRESS_MASKS >> 3) + 2] = ALL_ONES
    const scratchLine = at.CODE_LINES + (at.SCRATCH >> at.LINE_SHIFT)
    this.u8.fill(at.LINE_HAS_CODE, scratchLine, scratchLine + ((at.SCRATCH_SLOTS * at.SCRATCH_SLOT_BYTES) >> at.LINE_SHIFT))
    this.i32[at.SHADOW_AT >> 2] = -1
    this.i64[at.FETCH_PAGE >> 3] = -1n
  }

  /** General register, all 64 bits, by x86 number 0–15. */
  gpr(index: number): bigint {
    return this.u64[(at.GPR >> 3) + index] ?? 0n
  }

  setGpr(index: number, value: bigint): void {
    this.u64[(at.GPR >> 3) + index] = value
  }

  /** Low 32 bits of a general register, unsigned. */
  gpr32(index: number): number {
    return this.u32[(at.GPR >> 2) + index * 2] ?? 0
  }

  /** Writes the low `size` bits; 32-bit writes clear the upper half, smaller ones keep the rest. */
  setReg(index: number, size: number, value: bigint): void {
    const slot = (at.GPR >> 3) + index
    if (size === 64) this.u64[slot] = value
    else if (size === 32) this.u64[slot] = BigInt.asUintN(32, value)
    else if (size === 16) this.u16[slot << 2] = Number(value & 0xffffn)
    else this.u8[slot << 3] = Number(value & 0xffn)
  }

  get rip(): bigint {
    return this.u64[at.RIP >> 3] ?? 0n
  }

  set rip(value: bigint) {
    this.u64[at.RIP >> 3] = value
  }

  /** Whole EFLAGS image; bit 1 reads as one. Unsigned 32 bits. */
  get flags(): number {
    return ((this.i32[at.EFLAGS >> 2] ?? 0) | this.arithmeticFlags | 2) >>> 0
  }

  /** Sets all flags, without any rule of privilege. Mode-dependent fields follow with `updateModes`. */
  set flags(image: number) {
    this.i32[at.EFLAGS >> 2] = (image & DEFINED_FLAGS & ~ARITHMETIC_FLAGS) | 2
    this.arithmeticFlags = image
  }

  /** The six arithmetic flags at their places in EFLAGS. */
  get arithmeticFlags(): number {
    const low = this.u32[at.FLAGS_RESULT >> 2] ?? 0
    const high = this.i32[(at.FLAGS_RESULT >> 2) + 1] ?? 0
    const aux = this.i32[at.FLAGS_AUX >> 2] ?? 0
    const carry = (aux >> 7) & 1
    const sign = (high < 0 ? 1 : 0) ^ ((aux >> 8) & 1)
    const parity = evenParity(low) ^ ((aux >> 9) & 1)
    const overflow = carry ^ ((aux >> 6) & 1)
    return (carry ? CF : 0) | (parity ? PF : 0) | (aux & at.AUX_ADJUST ? AF : 0) | (low === 0 && high === 0 ? ZF : 0) | (sign ? SF : 0) | (overflow ? OF : 0)
  }

  set arithmeticFlags(image: number) {
    const result = image & ZF ? 0 : 1
    const carry = image & CF ? 1 : 0
    const overflow = image & OF ? 1 : 0
    const parity = (image & PF ? 1 : 0) ^ evenParity(result)
    this.i64[at.FLAGS_RESULT >> 3] = BigInt(result)
    this.i32[at.FLAGS_AUX >> 2] =
      (carry ? at.AUX_CARRY : 0) |
      (carry ^ overflow ? at.AUX_CARRY_BELOW_TOP : 0) |
      (image & AF ? at.AUX_ADJUST : 0) |
      (image & SF ? at.AUX_SIGN_DELTA : 0) |
      (parity ? at.AUX_PARITY_DELTA : 0)
  }

  /** Non-arithmetic flags only (no computation): TF, IF, DF, IOPL, NT, RF, VM, AC, ID. */
  get systemFlags(): number {
    return this.i32[at.EFLAGS >> 2] ?? 0
  }

  set systemFlags(image: number) {
    this.i32[at.EFLAGS >> 2] = (image & DEFINED_FLAGS & ~ARITHMETIC_FLAGS) | 2
  }

  get cpl(): number {
    return this.i32[at.CPL >> 2] ?? 0
  }

  /** Sets the field only; `updateModes` selects the TLBs that go with it. */
  set cpl(value: number) {
    this.i32[at.CPL >> 2] = value
  }

  /** `CODE_16`, `CODE_32` or `CODE_64`. */
  get codeMode(): number {
    return this.i32[at.CODE_MODE >> 2] ?? 0
  }

  get halted(): boolean {
    return this.i32[at.HALTED >> 2] !== 0
  }

  set halted(value: boolean) {
    this.i32[at.HALTED >> 2] = value ? 1 : 0
  }

  /** Instructions left in the slice. */
  get remaining(): number {
    return this.i32[at.REMAINING >> 2] ?? 0
  }

  set remaining(value: number) {
    this.i32[at.REMAINING >> 2] = value
  }

  get shadowAt(): number {
    return this.i32[at.SHADOW_AT >> 2] ?? -1
  }

  set shadowAt(value: number) {
    this.i32[at.SHADOW_AT >> 2] = value
  }

  /** The present interrupt shadow comes from STI: it does not hold back debug traps. */
  get shadowBySti(): boolean {
    return this.i32[at.SHADOW_BY_STI >> 2] !== 0
  }

  set shadowBySti(value: boolean) {
    this.i32[at.SHADOW_BY_STI >> 2] = value ? 1 : 0
  }

  /** Control register 0, 2, 3, 4 or 8. */
  control(index: number): bigint {
    return this.u64[(at.CONTROL >> 3) + index] ?? 0n
  }

  setControl(index: number, value: bigint): void {
    this.u64[(at.CONTROL >> 3) + index] = value
  }

  debug(index: number): bigint {
    return this.u64[(at.DEBUG >> 3) + index] ?? 0n
  }

  setDebug(index: number, value: bigint): void {
    this.u64[(at.DEBUG >> 3) + index] = value
  }

  get efer(): bigint {
    return this.u64[at.EFER >> 3] ?? 0n
  }

  set efer(value: bigint) {
    this.u64[at.EFER >> 3] = value
  }

  /** Extended control register 0. */
  get xcr0(): bigint {
    return this.u64[at.XCR0 >> 3] ?? 0n
  }

  set xcr0(value: bigint) {
    this.u64[at.XCR0 >> 3] = value
  }

  /** Rights of the protection keys of user pages: bit 2k, no access through key k; bit 2k + 1, no writes. */
  get pkru(): number {
    return this.u32[at.PKRU >> 2] ?? 0
  }

  set pkru(value: number) {
    this.u32[at.PKRU >> 2] = value
  }

  /** The same of supervisor pages: IA32_PKRS. */
  get pkrs(): number {
    return this.u32[at.PKRS >> 2] ?? 0
  }

  set pkrs(value: number) {
    this.u32[at.PKRS >> 2] = value
  }

  /** GDTR or IDTR, by the offset of its field. */
  table(field: typeof at.GDTR | typeof at.IDTR): { base: bigint; limit: number } {
    return { base: this.u64[field >> 3] ?? 0n, limit: this.u32[(field >> 2) + 2] ?? 0 }
  }

  setTable(field: typeof at.GDTR | typeof at.IDTR, base: bigint, limit: number): void {
    this.u64[field >> 3] = base
    this.u32[(field >> 2) + 2] = limit
  }

  /** CR0.PE, and not virtual-8086 mode: selectors name descriptors. */
  get usesDescriptors(): boolean {
    return this.protectedMode && (this.systemFlags & VM) === 0
  }

  get protectedMode(): boolean {
    return ((this.i32[at.CONTROL >> 2] ?? 0) & PROTECTION_ENABLE) !== 0
  }

  get virtual8086(): boolean {
    return (this.systemFlags & VM) !== 0 && this.protectedMode
  }

  /** EFER.LMA: 64-bit mode or compatibility mode. */
  get longMode(): boolean {
    return ((this.i32[at.EFER >> 2] ?? 0) & LONG_MODE_ACTIVE) !== 0
  }

  /** 64-bit mode. */
  get mode64(): boolean {
    return this.codeMode === CODE_64
  }

  /** Width of linear addresses: 57 bits with 5-level paging, else 48. */
  get linearBits(): 48 | 57 {
    return (this.control(4) & CR4.LA57) !== 0n && this.longMode ? 57 : 48
  }

  /** Whether the bits above the width of linear addresses equal the highest one inside it. */
  isCanonical(address: bigint): boolean {
    return isCanonicalIn(this.linearBits, address)
  }

  /** Whether a near transfer may go to `target`, already cut to the operand size. */
  isCodeTarget(target: bigint): boolean {
    return this.mode64 ? this.isCanonical(target) : target <= BigInt(this.limit(CS))
  }

  selector(index: number): number {
    return this.u32[(at.DESCRIPTORS + index * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_SELECTOR) >> 2] ?? 0
  }

  base(index: number): bigint {
    return this.u64[(at.DESCRIPTORS + index * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_BASE) >> 3] ?? 0n
  }

  limit(index: number): number {
    return this.u32[(at.DESCRIPTORS + index * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_LIMIT) >> 2] ?? 0
  }

  attributes(index: number): number {
    return this.u32[(at.DESCRIPTORS + index * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_ATTRIBUTES) >> 2] ?? 0
  }

  segment(index: number): SegmentCache {
    return { selector: this.selector(index), base: this.base(index), limit: this.limit(index), attributes: this.attributes(index) }
  }

  /** Writes a segment register as it is; `updateModes` or `updateEffectiveSegment` makes accesses see it. */
  setSegment(index: number, segment: SegmentCache): void {
    const offset = at.DESCRIPTORS + index * at.DESCRIPTOR_STRIDE
    // The fetch window was checked against base and limit.
    if (index === CS && (segment.limit !== this.limit(CS) || segment.base !== this.base(CS))) this.closeFetchWindow()
    this.u64[(offset + at.DESCRIPTOR_BASE) >> 3] = segment.base
    this.u32[(offset + at.DESCRIPTOR_LIMIT) >> 2] = segment.limit
    this.u32[(offset + at.DESCRIPTOR_ATTRIBUTES) >> 2] = segment.attributes
    this.u32[(offset + at.DESCRIPTOR_SELECTOR) >> 2] = segment.selector
    this.#staleSegments |= (1 << index) & EVERY_SEGMENT
  }

  /**
   * Loads a segment register as real mode does: the base follows the selector, limit and sizes stay as protected mode left them. Accesses see it at
   * once, and nothing else hangs on it.
   */
  loadRealSegment(index: number, selector: number): void {
    const { u32 } = this
    const hidden = (at.DESCRIPTORS + index * at.DESCRIPTOR_STRIDE) >> 2
    const seen = (at.SEGMENTS + index * at.SEGMENT_STRIDE + at.SEGMENT_BASE) >> 2
    const attributes = hidden + (at.DESCRIPTOR_ATTRIBUTES >> 2)
    const base = (selector & 0xffff) << 4
    u32[hidden + (at.DESCRIPTOR_BASE >> 2)] = u32[seen] = base
    u32[hidden + (at.DESCRIPTOR_BASE >> 2) + 1] = u32[seen + 1] = 0
    u32[attributes] = ((u32[attributes] ?? 0) & (ATTRIBUTE.big | ATTRIBUTE.granular)) | REAL_MODE_ATTRIBUTES
    u32[hidden + (at.DESCRIPTOR_SELECTOR >> 2)] = selector
    this.#setShape(index, base === 0 && this.limit(index) === 0xffff_ffff, base === 0 && this.limit(index) === 0xffff_ffff)
    // The fetch window was checked against the old base.
    if (index === CS) this.closeFetchWindow()
  }

  /** Whether all of the first 4 GiB can be read, and written, through a segment register at their linear addresses. */
  #setShape(index: number, reads: boolean, writes: boolean): void {
    const bits = (reads ? 1 : 0) | (writes ? 1 << at.SHAPE_WRITE_SHIFT : 0)
    const shape = this.i32[at.SEGMENT_SHAPE >> 2] ?? 0
    this.i32[at.SEGMENT_SHAPE >> 2] = (shape & ~((1 | (1 << at.SHAPE_WRITE_SHIFT)) << index)) | (bits << index)
  }

  /**
   * Recomputes what follows from CR0, EFER, EFLAGS.VM, CPL, CS and SS: code mode, masks, effective segments, TLB set.
   * Called after every change of one of them.
   */
  updateModes(): void {
    const { i32, u64 } = this
    const codeAttributes = this.attributes(CS)
    const before = this.codeMode
    const mode = this.longMode && (codeAttributes & ATTRIBUTE.long) !== 0 ? CODE_64 : codeAttributes & ATTRIBUTE.big ? CODE_32 : CODE_16
    const tlbSet = this.tlbBase + (this.cpl === 3 ? at.TLB_USER : at.TLB_SUPERVISOR)
    if (mode !== before || tlbSet !== i32[at.TLB_SET >> 2]) this.closeFetchWindow()
    i32[at.CODE_MODE >> 2] = mode
    i32[at.TLB_SET >> 2] = tlbSet
    const bigStack = (this.attributes(SS) & ATTRIBUTE.big) !== 0
    u64[at.IP_MASK >> 3] = mode === CODE_64 ? ALL_ONES : ALL_32
    u64[at.STACK_MASK >> 3] = mode === CODE_64 ? ALL_ONES : bigStack ? ALL_32 : ALL_16
    const shape = i32[at.SEGMENT_SHAPE >> 2] ?? 0
    const modes = (mode !== CODE_64 && bigStack ? at.SHAPE_BIG_STACK : 0) | (this.usesDescriptors ? at.SHAPE_DESCRIPTORS : 0)
    i32[at.SEGMENT_SHAPE >> 2] = (shape & SEGMENT_BITS) | modes
    // What a segment register lets through depends on these two besides itself.
    const others = (mode === CODE_64) !== (before === CODE_64) || ((shape ^ modes) & at.SHAPE_DESCRIPTORS) !== 0
    const stale = others ? EVERY_SEGMENT : this.#staleSegments
    for (let index = 0; index < SEGMENT_REGISTERS; index++) if ((stale >> index) & 1) this.updateEffectiveSegment(index)
  }

  /** Recomputes what accesses through one segment register (0–5) may touch. */
  updateEffectiveSegment(index: number): void {
    this.#staleSegments &= ~(1 << index)
    const { i32, u32 } = this
    const from = (at.DESCRIPTORS + index * at.DESCRIPTOR_STRIDE) >> 2
    const to = (at.SEGMENTS + index * at.SEGMENT_STRIDE) >> 2
    let baseLow = i32[from + (at.DESCRIPTOR_BASE >> 2)] ?? 0
    let baseHigh = i32[from + (at.DESCRIPTOR_BASE >> 2) + 1] ?? 0
    const limit = u32[from + (at.DESCRIPTOR_LIMIT >> 2)] ?? 0
    // 64-bit values, as lower and upper halves.
    let low = 0
    let lowUpper = 0
    let readHigh = limit
    let readUpper = 0
    let writeHigh = limit
    let writeUpper = 0
    if (this.codeMode === CODE_64) {
      if (index < FS) baseLow = baseHigh = 0
      lowUpper = LOWEST_UPPER
      readHigh = writeHigh = ALL_ONES_32
      readUpper = writeUpper = HIGHEST_UPPER
    } else if (this.usesDescriptors) {
      const attributes = this.attributes(index)
      if ((attributes & ATTRIBUTE.present) === 0) {
        readHigh = readUpper = writeHigh = writeUpper = ALL_ONES_32
      } else if (attributes & ATTRIBUTE.code) {
        if ((attributes & ATTRIBUTE.readable) === 0) readHigh = readUpper = ALL_ONES_32
        writeHigh = writeUpper = ALL_ONES_32
      } else {
        if (attributes & ATTRIBUTE.expandDown) {
          low = limit === ALL_ONES_32 ? 0 : limit + 1
          lowUpper = limit === ALL_ONES_32 ? 1 : 0
          readHigh = writeHigh = attributes & ATTRIBUTE.big ? ALL_ONES_32 : 0xffff
        }
        if ((attributes & ATTRIBUTE.writable) === 0) writeHigh = writeUpper = ALL_ONES_32
      }
    }
    i32[to + (at.SEGMENT_BASE >> 2)] = baseLow
    i32[to + (at.SEGMENT_BASE >> 2) + 1] = baseHigh
    i32[to + (at.SEGMENT_LOW >> 2)] = low
    i32[to + (at.SEGMENT_LOW >> 2) + 1] = lowUpper
    i32[to + (at.SEGMENT_READ_HIGH >> 2)] = readHigh
    i32[to + (at.SEGMENT_READ_HIGH >> 2) + 1] = readUpper
    i32[to + (at.SEGMENT_WRITE_HIGH >> 2)] = writeHigh
    i32[to + (at.SEGMENT_WRITE_HIGH >> 2) + 1] = writeUpper
    const flat = baseLow === 0 && baseHigh === 0 && ((low === 0 && lowUpper === 0) || lowUpper === LOWEST_UPPER)
    const reaches = (high: number, upper: number): boolean => high === ALL_ONES_32 && (upper === 0 || upper === HIGHEST_UPPER)
    this.#setShape(index, flat && reaches(readHigh, readUpper), flat && reaches(writeHigh, writeUpper))
  }

  /** The next instruction is located anew. */
  closeFetchWindow(): void {
    this.i32[at.FETCH_PAGE >> 2] = -1
    this.i32[(at.FETCH_PAGE >> 2) + 1] = -1
  }
}

/** @param address unsigned 64 bits */
export function isCanonicalIn(bits: 48 | 57, address: bigint): boolean {
  return BigInt.asUintN(64, BigInt.asIntN(bits, address)) === address
}

/** 1 when the low byte has an even number of ones. */
function evenParity(value: number): number {
  let byte = value & 0xff
  byte ^= byte >> 4
  return ((0x6996 >> (byte & 0xf)) & 1) ^ 1
}
