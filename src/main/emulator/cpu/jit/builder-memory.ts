import { NO_VECTOR, Reg, Seg, type Size } from '../semantics/builder'
import { ifCodeAt, loadOf, storeOf, tlbEntry } from '../semantics/memory-code'
import type { OperandAccess, WasmOperand } from '../semantics/wasm-operands'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import * as at from '../state/layout'
import { BlockControl } from './builder-control'
import { ADDRESS_MASKS } from './builder-state'

const PAGE_SHIFT = 12
const PAGE_OFFSET = 0xfff
const ENTRY_HOST = 8

/** Accesses to memory: addresses, limits, the TLB; the stack. */
export class BlockMemory extends BlockControl {
  effectiveAddress(): WasmValue {
    const { base, index, scale, displacement, addressSize } = this.decoded
    let sum: WasmValue
    if (base === at.RIP_SLOT) sum = this.add(this.copy(this.locals.base, 64), constantValue(this.offset))
    else sum = base === at.ZERO_SLOT ? constantValue(0) : this.reg(base >> 3, 64)
    if (index !== at.ZERO_SLOT) {
      const scaled = this.shl(this.reg(index >> 3, 64), constantValue(scale))
      sum = sum.kind === 'constant' ? scaled : this.add(sum, scaled)
    }
    const whole = displacement === 0 ? sum : this.add(sum, constantValue(displacement))
    return addressSize === 64 ? whole : this.zext(addressSize, whole)
  }

  /** Memory at a masked offset of a segment; `mask` wraps what `at` adds. */
  memoryOperand(segment: number, offset: () => WasmValue, mask: bigint, size: Size, access: OperandAccess): WasmOperand {
    const address = this.cached(offset)
    let ready: { host: number; scope: number } | undefined
    return {
      size,
      isMemory: true,
      ...NO_VECTOR,
      address,
      read: () => {
        if (access !== 'rw') return this.load(loadOf(size), this.hostOf(segment, address(), size / 8, 'r', false), 0, size)
        if (ready === undefined || !this.isOpen(ready.scope)) ready = { host: this.hostOf(segment, address(), size / 8, 'w', false), scope: this.scope }
        return this.load(loadOf(size), ready.host, 0, size)
      },
      write: (value) => {
        const host = ready !== undefined && this.isOpen(ready.scope) ? ready.host : this.hostOf(segment, address(), size / 8, 'w', false)
        this.code.get(host)
        this.push(value)
        this.code.memory(storeOf(size), 0)
      },
      linear: () => {
        const sum = this.#linear(segment, address())
        return this.codeMode === 64 ? sum : this.zext(32, sum)
      },
      selector: () => {
        this.code.i32(0)
        this.code.memory('i64_load32_u', at.DESCRIPTORS + segment * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_SELECTOR)
        return this.pop('i64', 16)
      },
      at: (displacement, otherSize, otherAccess) =>
        this.memoryOperand(segment, () => this.and(this.add(address(), displacement), constantValue(mask)), mask, otherSize, otherAccess),
    }
  }

  #stackOperand(register: number, displacement: WasmValue, size: Size, access: OperandAccess): WasmOperand {
    const bits = this.#stackBits()
    const offset = (): WasmValue => this.zext(bits, this.add(this.reg(register, 64), displacement))
    return this.memoryOperand(Seg.ss, offset, ADDRESS_MASKS[bits], size, access)
  }

  #stackBits(): 16 | 32 | 64 {
    if (this.codeMode === 64) return 64
    return this.locals.reliesOn(at.SHAPE_BIG_STACK) ? 32 : 16
  }

  #linear(segment: number, offset: WasmValue): WasmValue {
    if (this.codeMode === 64 && segment < Seg.fs) return offset
    if (this.codeMode !== 64 && this.locals.relies(1 << segment)) return offset
    return this.add(offset, this.copy(this.locals.segment(segment, 'base'), this.codeMode === 64 ? 64 : 32))
  }

  /**
   * Host address (i32 local) of an access in plain memory that the TLB knows; leaves otherwise, and for a store to a line that holds code. One
   * comparison finds both a miss and an access that crosses a page (see `hostAddress` in `memory-code.ts`).
   */
  protected hostOf(segment: number, offset: WasmValue, bytes: number, kind: 'r' | 'w', aligned: boolean): number {
    const { code, locals } = this
    locals.usesTlb = true
    const writes = kind === 'w'
    const more = constantValue(bytes - 1)
    const linear = this.#linear(segment, offset)
    if (this.codeMode !== 64 && !locals.relies(1 << (segment + (writes ? at.SHAPE_WRITE_SHIFT : 0)))) this.#checkLimits(segment, offset, more, writes)
    if (aligned) {
      this.pushCondition(this.and(linear, more))
      this.leaveIf()
    }
    const entry = tlbEntry(this, linear, locals.tlb)
    const tlb = writes ? at.TLB_WRITE : at.TLB_READ
    code.get(entry)
    code.memory('i64_load', tlb)
    this.push(this.shrU(bytes === 1 ? linear : this.add(linear, more), constantValue(PAGE_SHIFT)))
    code.op('i64_ne')
    this.leaveIf()
    const host = code.local('i32')
    code.get(entry)
    code.memory('i32_load', tlb + ENTRY_HOST)
    this.push32(linear)
    code.i32(PAGE_OFFSET)
    code.op('i32_and')
    code.op('i32_add')
    code.set(host)
    if (writes) ifCodeAt(code, host, bytes, () => this.leaveIf())
    return host
  }

  #checkLimits(segment: number, offset: WasmValue, more: WasmValue, writes: boolean): void {
    const { code, locals } = this
    this.push(offset)
    code.get(locals.segment(segment, 'low'))
    code.op('i64_lt_s')
    this.push(this.add(offset, more))
    code.get(locals.segment(segment, writes ? 'writeHigh' : 'readHigh'))
    code.op('i64_gt_s')
    code.op('i32_or')
    this.leaveIf()
  }

  stack(displacement: WasmValue, size: Size, access: OperandAccess): WasmOperand {
    return this.#stackOperand(Reg.rsp, displacement, size, access)
  }

  frame(displacement: WasmValue, size: Size, access: OperandAccess): WasmOperand {
    return this.#stackOperand(Reg.rbp, displacement, size, access)
  }

  moveStack(delta: WasmValue): void {
    const sum = this.add(this.reg(Reg.rsp, 64), delta)
    const bits = this.#stackBits()
    this.setReg(Reg.rsp, bits, sum)
  }
}
