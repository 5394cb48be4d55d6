/** Descriptors, privilege and flags for the quick ways through interrupts: flat segments that differ in privilege alone, and 64-bit code (Intel SDM vol. 3A, 3.4.5, 5.8). */
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { AF, ATTRIBUTE, CF, CS, OF, PF, SF, SS, ZF } from '../state/bits'
import * as at from '../state/layout'
import { QuickCode } from './quick-code'

const DESCRIPTOR_BYTES = 8
/** S, code, present, accessed, and neither conforming; bits of a descriptor's second doubleword. */
const CODE_MASK = 0x9d00
const CODE_SEGMENT = 0x9900
/** S, data, present, writable, accessed, and not expand-down. */
const STACK_MASK = 0x9f00
const STACK_SEGMENT = 0x9300
const GRANULAR_SHIFT = 23
const DPL_SHIFT = 13
const DPL_ATTRIBUTES = 3 << ATTRIBUTE.dplShift
const FLAT_LIMIT = 0xffff_ffff
const PARITY_BITS = 0x6996

export type CodeKind = 'legacy' | '64-bit'

/** A segment as its register would hold it. */
export interface QuickSegment {
  readonly base: WasmValue
  readonly limit: WasmValue
  readonly attributes: WasmValue
  readonly level: WasmValue
}

export class QuickSegments extends QuickCode {
  /** TLBs of supervisor accesses (i32 local). */
  supervisor(): number {
    const user = this.eq(this.field(at.CPL), constantValue(3))
    return this.localOf(this.sub(this.field(at.TLB_SET), this.select(user, constantValue(at.TLB_SET_BYTES), constantValue(0))))
  }

  /** The code segment of a selector in the GDT. 64-bit: of 64-bit code; legacy: like the present one, but for its privilege level. */
  codeSegment(set: number, selector: WasmValue, kind: CodeKind): QuickSegment {
    const segment = this.#segment(set, selector, CODE_MASK, CODE_SEGMENT)
    if (kind === '64-bit') this.leaveUnless(this.matches(segment.attributes, ATTRIBUTE.long | ATTRIBUTE.big, ATTRIBUTE.long))
    else this.#requireLike(CS, segment)
    return segment
  }

  /** The stack segment of a selector in the GDT, for a privilege level; legacy: like the present one, but for its privilege level. */
  stackSegment(set: number, selector: WasmValue, level: WasmValue, kind: CodeKind): QuickSegment {
    const segment = this.#segment(set, selector, STACK_MASK, STACK_SEGMENT)
    this.leaveIf(this.or(this.ne(segment.level, level), this.ne(this.and(selector, constantValue(3)), level)))
    if (kind === 'legacy') this.#requireLike(SS, segment)
    return segment
  }

  #segment(set: number, selector: WasmValue, mask: number, wanted: number): QuickSegment {
    const index = this.and(selector, constantValue(0xfff8))
    // Neither null nor in the LDT.
    this.leaveIf(this.or(this.isZero(index), this.ne(this.and(selector, constantValue(4)), constantValue(0))))
    this.leaveIf(this.ltU(this.field(at.GDTR + 8), this.add(index, constantValue(DESCRIPTOR_BYTES - 1))))
    const host = this.known(set, this.add(this.field(at.GDTR, 64), index), constantValue(DESCRIPTOR_BYTES), 'r')
    const [low, high] = [this.at(host, 0), this.at(host, 4)]
    this.leaveUnless(this.matches(high, mask, wanted))
    const limit = this.or(this.and(low, constantValue(0xffff)), this.and(high, constantValue(0xf_0000)))
    const pages = this.or(this.shl(limit, constantValue(12)), constantValue(0xfff))
    const base = this.or(this.shrU(low, constantValue(16)), this.or(this.shl(this.and(high, constantValue(0xff)), constantValue(16)), this.and(high, constantValue(0xff00_0000))))
    return {
      base,
      limit: this.select(this.bits(high, GRANULAR_SHIFT, 1), pages, limit),
      attributes: this.bits(high, 8, ATTRIBUTE.mask),
      level: this.bits(high, DPL_SHIFT, 3),
    }
  }

  /** Of a register that differs in no more than the level nothing that accesses see changes. */
  #requireLike(register: number, segment: QuickSegment): void {
    const field = at.DESCRIPTORS + register * at.DESCRIPTOR_STRIDE
    const attributes = this.and(this.xor(segment.attributes, this.field(field + at.DESCRIPTOR_ATTRIBUTES)), constantValue(ATTRIBUTE.mask & ~DPL_ATTRIBUTES))
    const limit = this.ne(segment.limit, this.field(field + at.DESCRIPTOR_LIMIT))
    this.leaveIf(this.or(this.ne(attributes, constantValue(0)), this.or(limit, this.ne(segment.base, this.field(field + at.DESCRIPTOR_BASE, 64)))))
  }

  setSegment(register: number, selector: WasmValue, { base, limit, attributes }: Omit<QuickSegment, 'level'>): void {
    const field = at.DESCRIPTORS + register * at.DESCRIPTOR_STRIDE
    this.setField(field + at.DESCRIPTOR_BASE, base, 64)
    this.setField(field + at.DESCRIPTOR_LIMIT, limit)
    this.setField(field + at.DESCRIPTOR_ATTRIBUTES, attributes)
    this.setField(field + at.DESCRIPTOR_SELECTOR, selector)
  }

  /** SS of 64-bit mode that an inner level gets: null. */
  setNullStack(level: WasmValue): void {
    this.setSegment(SS, level, { base: constantValue(0), limit: constantValue(FLAT_LIMIT), attributes: this.shl(level, constantValue(ATTRIBUTE.dplShift)) })
  }

  /** Enters code: CS, RIP, the privilege level and what hangs on it. */
  enterCode(selector: WasmValue, segment: QuickSegment, rip: WasmValue, level: WasmValue): void {
    this.setSegment(CS, this.or(this.and(selector, constantValue(0xfffc)), level), segment)
    this.setField(at.RIP, rip, 64)
    this.if(this.ne(level, this.field(at.CPL)), () => {
      const [before, after] = [this.eq(this.field(at.CPL), constantValue(3)), this.eq(level, constantValue(3))]
      this.setField(at.CPL, level)
      this.if(this.ne(before, after), () => {
        const other = this.select(after, constantValue(at.TLB_SET_BYTES), constantValue(-at.TLB_SET_BYTES))
        this.setField(at.TLB_SET, this.add(this.field(at.TLB_SET), other))
        this.closeFetchWindow()
      })
    })
  }

  closeFetchWindow(): void {
    this.setField(at.FETCH_PAGE, constantValue(-1), 64)
  }

  /** All of EFLAGS. */
  flagsImage(): WasmValue {
    const result = this.field(at.FLAGS_RESULT, 64)
    const aux = this.field(at.FLAGS_AUX)
    const carry = this.bits(aux, 7, 1)
    const sign = this.xor(this.shrU(result, constantValue(63)), this.bits(aux, 8, 1))
    const overflow = this.xor(carry, this.bits(aux, 6, 1))
    const parity = this.xor(this.#evenParity(result), this.bits(aux, 9, 1))
    const parts: readonly (readonly [bit: WasmValue, flag: number])[] = [
      [carry, CF], [parity, PF], [this.bits(aux, 3, 1), AF], [this.isZero(result), ZF], [sign, SF], [overflow, OF],
    ]
    return parts.reduce((image, [bit, flag]) => this.or(image, this.shl(bit, constantValue(Math.log2(flag)))), this.field(at.EFLAGS))
  }

  /** Sets the arithmetic flags as an image has them. */
  setArithmeticFlags(image: WasmValue): void {
    const flag = (bit: number): WasmValue => this.bits(image, Math.log2(bit), 1)
    // A result of 1 has odd parity, of 0 even.
    const zero = flag(ZF)
    const carry = flag(CF)
    this.setField(at.FLAGS_RESULT, this.xor(zero, constantValue(1)), 64)
    const parts: readonly (readonly [bit: WasmValue, aux: number])[] = [
      [carry, at.AUX_CARRY], [this.xor(carry, flag(OF)), at.AUX_CARRY_BELOW_TOP], [flag(AF), at.AUX_ADJUST], [flag(SF), at.AUX_SIGN_DELTA],
      [this.xor(flag(PF), zero), at.AUX_PARITY_DELTA],
    ]
    this.setField(at.FLAGS_AUX, parts.reduce<WasmValue>((aux, [bit, value]) => this.or(aux, this.shl(bit, constantValue(Math.log2(value)))), constantValue(0)))
  }

  /** 1 when the low byte has an even number of ones. */
  #evenParity(value: WasmValue): WasmValue {
    const byte = this.and(value, constantValue(0xff))
    const folded = this.and(this.xor(byte, this.shrU(byte, constantValue(4))), constantValue(0xf))
    return this.xor(this.and(this.shrU(constantValue(PARITY_BITS), folded), constantValue(1)), constantValue(1))
  }
}
