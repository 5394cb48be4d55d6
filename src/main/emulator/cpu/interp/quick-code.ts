/**
 * What the quick ways of the interpreter's module are written with: functions that do what a helper or the MMU does in the common case, on the same fields of the state, and
 * give 0 where anything is out of the common: nothing was changed then that the long way would not change as well, and that is gone from the start.
 */
import type { FunctionBuilder } from '../../wasm/function-builder'
import { tlbEntry } from '../semantics/memory-code'
import { constantValue, WasmValues, type WasmValue } from '../semantics/wasm-values'
import * as at from '../state/layout'

const PAGE_SHIFT = 12
const PAGE_OFFSET = 0xfff
const ENTRY_HOST = 8
/** First page that is plain memory again, above video memory and ROM. */
const HIGH_PAGE = 0x100

export type QuickRule = keyof typeof at.QUICK_RULES

export class QuickCode extends WasmValues {
  /** @param rule the bit of `QUICK` without which nothing is done here; undefined: nothing is ever left */
  constructor(code: FunctionBuilder, rule?: QuickRule) {
    super(code)
    if (rule !== undefined) this.leaveUnless(this.and(this.field(at.QUICK), constantValue(at.QUICK_RULES[rule])))
  }

  parameter(local: number, type: 'i32' | 'i64' = 'i64'): WasmValue {
    return { kind: 'local', local, type, bits: type === 'i32' ? 32 : 64 }
  }

  /** Ends the function with a result. */
  give(result: number): void {
    this.code.i32(result)
    this.code.op('return')
  }

  leaveIf(condition: WasmValue): void {
    this.if(condition, () => this.give(0))
  }

  leaveUnless(condition: WasmValue): void {
    this.leaveIf(this.isZero(condition))
  }

  /** 1 when the bits of `mask` have the value `wanted`. */
  matches(value: WasmValue, mask: number | bigint, wanted: number | bigint): WasmValue {
    return this.eq(this.and(value, constantValue(mask)), constantValue(wanted))
  }

  /** The bits of `mask`, moved down. */
  bits(value: WasmValue, shift: number, mask: number | bigint): WasmValue {
    return this.and(this.shrU(value, constantValue(shift)), constantValue(mask))
  }

  /** A field of the state. */
  field(offset: number, bits: 32 | 64 = 32): WasmValue {
    return this.load(bits === 64 ? 'i64_load' : 'i64_load32_u', undefined, offset, bits)
  }

  setField(offset: number, value: WasmValue, bits: 32 | 64 = 32): void {
    this.code.i32(0)
    this.push(value)
    this.code.memory(bits === 64 ? 'i64_store' : 'i64_store32', offset)
  }

  /** Memory at a host address. */
  at(host: number, offset: number, bits: 16 | 32 | 64 = 32): WasmValue {
    return this.load(bits === 64 ? 'i64_load' : bits === 32 ? 'i64_load32_u' : 'i64_load16_u', host, offset, bits)
  }

  setAt(host: number, offset: number, value: WasmValue, bits: 16 | 32 | 64 = 32): void {
    this.code.get(host)
    this.push(value)
    this.code.memory(bits === 64 ? 'i64_store' : bits === 32 ? 'i64_store32' : 'i64_store16', offset)
  }

  /** An i32 local with the low half of a value. */
  localOf(value: WasmValue): number {
    const local = this.code.local('i32')
    this.push32(value)
    this.code.set(local)
    return local
  }

  /** Host address (i32 local) of a physical address in plain memory. */
  plain(physical: WasmValue): number {
    const page = this.shrU(physical, constantValue(PAGE_SHIFT))
    const high = this.and(this.leU(constantValue(HIGH_PAGE), page), this.ltU(page, this.field(at.PLAIN.pages)))
    this.leaveUnless(this.or(this.ltU(page, this.field(at.PLAIN.lowPages)), high))
    return this.localOf(this.add(this.field(at.PLAIN.base), physical))
  }

  /** Host address (i32 local) of bytes that lie in one page, which the TLBs of a set (i32 local) know. */
  known(set: number, linear: WasmValue, bytes: WasmValue, access: 'r' | 'w'): number {
    const entry = tlbEntry(this, linear, set)
    const tlb = access === 'r' ? at.TLB_READ : at.TLB_WRITE
    const last = this.sub(this.add(linear, bytes), constantValue(1))
    this.leaveIf(this.ne(this.load('i64_load', entry, tlb, 64), this.shrU(last, constantValue(PAGE_SHIFT))))
    return this.localOf(this.add(this.load('i64_load32_u', entry, tlb + ENTRY_HOST, 32), this.and(linear, constantValue(PAGE_OFFSET))))
  }

  /** Leaves where up to 64 bytes touch a line that holds code. */
  leaveIfCode(host: number, bytes: WasmValue): void {
    const line = (address: WasmValue): WasmValue => this.load('i64_load8_u', this.localOf(this.shrU(address, constantValue(at.LINE_SHIFT))), at.CODE_LINES, 8)
    const first: WasmValue = { kind: 'local', local: host, type: 'i32', bits: 32 }
    const both = this.or(line(first), line(this.sub(this.add(first, bytes), constantValue(1))))
    this.leaveIf(this.and(both, constantValue(at.LINE_HAS_CODE)))
  }
}
