import type { FunctionBuilder, Label } from '../../wasm/function-builder'
import type { Row } from '../isa/row'
import { CODE_64, CS } from '../state/bits'
import * as at from '../state/layout'
import { NO_VECTOR, Reg, Seg, type Builder, type Helpers, type Size, type Values } from './builder'
import type { HostFloat, Shortcut } from './float-builder'
import { HELPER_SIGNATURES } from './helper-signatures'
import { callForAlignedHost, callForHost, hostAddress, loadOf, noteStore, segmentField, segmentSelector, storeAt, storeOf, type MemoryFunctions, type SegmentOf } from './memory-code'
import { constantOperand, valueOperand, vectorMemoryOperand, vectorRegisterOperand, type OperandAccess, type VectorFile, type WasmOperand } from './wasm-operands'
import { constantValue, type WasmValue, type WasmValues } from './wasm-values'
import { WasmVectors, type WasmVector } from './wasm-vectors'
import { WasmFloats } from './wasm-floats'
import type { RoutineFunctions } from './wasm-routines'

const { RECORD } = at
const CANONICAL_SHIFT = 16
/** Bytes between the slots of two registers. */
const SLOT_STRIDE = 8

/** Indices of the functions that handlers call. */
export interface HandlerFunctions extends MemoryFunctions, RoutineFunctions {
  readonly helper: (helper: keyof Helpers) => number
  readonly attention: number
  /** (record) → effective address, masked to the address size */
  readonly effectiveAddress: number
}

/**
 * Whether memory accesses are emitted in place, or as calls of the module's shared functions. Hot handlers want the former;
 * the rest is assembled and compiled faster with the latter.
 */
export type MemoryStyle = 'inline' | 'call'

/** Locals that a handler is given: the record's address (i32), and RIP (i64), where it leaves the new RIP. */
export interface HandlerLocals {
  readonly record: number
  readonly rip: number
  /** Where an instruction goes whose access faults (`FAULT`); undefined: its function returns. */
  readonly faulted?: Label | undefined
}

/**
 * Emits one instruction's code, which finds its operands in a record of the decode cache. RIP in memory stays at the
 * instruction; the new one is left in a local, so that the next fetch does not wait for a store.
 */
export class HandlerBuilder extends WasmVectors implements Builder<WasmValue, WasmVector> {
  readonly operandSize: Size
  readonly codeMode = undefined
  readonly #functions: HandlerFunctions
  /** The local with the record's address. */
  readonly recordLocal: number
  readonly #rip: number
  readonly #faulted: Label | undefined
  readonly #setsRip: boolean
  /** Writes to vector registers clear what lies above. */
  readonly #clearsUpper: boolean
  readonly #style: MemoryStyle
  readonly #addressMask: () => WasmValue
  readonly #stride: () => number
  readonly #stackMask: () => WasmValue

  constructor(code: FunctionBuilder, functions: HandlerFunctions, locals: HandlerLocals, row: Row, operandSize: Size, style: MemoryStyle) {
    super(code, functions)
    this.operandSize = operandSize
    this.#functions = functions
    this.recordLocal = locals.record
    this.#rip = locals.rip
    this.#faulted = locals.faulted
    this.#style = style
    this.#setsRip = row.setsRip === true
    this.#clearsUpper = row.vex !== undefined
    this.#addressMask = this.cached(() => this.load('i64_load', this.#byte(RECORD.addressSize), at.ADDRESS_MASKS, 64))
    this.#stackMask = this.cached(() => this.load('i64_load', undefined, at.STACK_MASK, 64))
    this.#stride = this.cached(() => this.#byte(RECORD.segment))
  }

  shortcut(quick: (host: HostFloat<WasmValue, WasmVector>) => Shortcut<WasmValue>, whole: () => void): void {
    const { code } = this
    const done = code.block()
    const doubtful = code.block()
    const { conditions, take } = quick(new WasmFloats(this))
    this.branchUnless(conditions, doubtful)
    this.inScope(take)
    code.br(done)
    code.end()
    this.inScope(whole)
    code.end()
  }

  // — registers —

  reg(index: number, size: Size): WasmValue {
    return this.load(loadOf(size), undefined, at.GPR + index * 8, size)
  }

  setReg(index: number, size: Size, value: WasmValue): void {
    this.code.i32(0)
    this.#storeRegister(size, value, at.GPR + index * 8)
  }

  addressMask(): WasmValue {
    return this.#addressMask()
  }

  addressReg(index: number): WasmValue {
    return this.and(this.reg(index, 64), this.addressMask())
  }

  /** A 32-bit address size clears the upper half as every 32-bit write does; 16 bits keep what is above. */
  setAddressReg(index: number, value: WasmValue): void {
    const mask = this.addressMask()
    const word = this.eq(mask, constantValue(0xffff))
    const kept = this.and(this.reg(index, 64), constantValue(~0xffffn))
    this.setReg(index, 64, this.or(this.and(value, mask), this.select(word, kept, constantValue(0))))
  }

  // — stack —

  stack(displacement: WasmValue, size: Size, access: 'r' | 'w'): WasmOperand {
    return this.#stackOperand(Reg.rsp, displacement, size, access)
  }

  frame(displacement: WasmValue, size: Size, access: 'r' | 'w'): WasmOperand {
    return this.#stackOperand(Reg.rbp, displacement, size, access)
  }

  moveStack(delta: WasmValue): void {
    const mask = this.#stackMask()
    const old = this.reg(Reg.rsp, 64)
    // Bits above a 16-bit stack pointer stay; those above a 32-bit one are zero already or do not matter.
    const kept = this.and(old, this.not(mask))
    this.setReg(Reg.rsp, 64, this.or(this.and(this.add(old, delta), mask), kept))
  }

  // — control transfer —

  nextRip(): WasmValue {
    this.code.get(this.#rip)
    const rip = this.pop('i64', 64)
    const length = this.load('i64_load8_u', this.recordLocal, RECORD.length, 8)
    return this.and(this.add(rip, length), this.load('i64_load', undefined, at.IP_MASK, 64))
  }

  jump(target: WasmValue): void {
    const masked = this.#checkedTarget(target)
    this.#setRip(masked)
  }

  checkJump(target: WasmValue): void {
    this.#checkedTarget(target)
  }

  fallThrough(): void {
    this.#setRip(this.nextRip())
  }

  // — exceptions and helpers —

  call<K extends keyof Helpers>(helper: K, ...args: Values<Parameters<Helpers[K]>, WasmValue>): WasmValue {
    const signature: { parameters: number; result: boolean; narrow?: boolean } = HELPER_SIGNATURES[helper]
    const values: readonly WasmValue[] = args
    if (values.length !== signature.parameters) throw new Error(`Helper ${helper} takes ${signature.parameters} arguments, not ${values.length}.`)
    for (const value of values) {
      if (signature.narrow === true) this.push32(value)
      else this.push(value)
    }
    this.code.call(this.#functions.helper(helper))
    const result = !signature.result ? constantValue(0) : signature.narrow === true ? this.pop('i32', 32) : this.pop('i64', 64)
    if (this.#setsRip) {
      this.code.i32(0)
      this.code.memory('i64_load', at.RIP)
      this.code.set(this.#rip)
    }
    return result
  }

  x87Opcode(): WasmValue {
    return this.zext(16, this.recordImmediate())
  }

  attention(): void {
    this.code.call(this.#functions.attention)
  }

  inhibitInterrupts(): void {
    this.code.i32(0)
    this.code.i32(0)
    this.code.memory('i32_load', at.REMAINING)
    this.code.memory('i32_store', at.SHADOW_AT)
  }

  // — operands, made by `handler-operands.ts` —

  recordImmediate(): WasmValue {
    return this.load('i64_load', this.recordLocal, RECORD.immediate, 64)
  }

  recordDisplacement(): WasmValue {
    return this.load('i64_load32_s', this.recordLocal, RECORD.displacement, 64)
  }

  /** (base + (index << scale) + displacement), masked to the address size. */
  effectiveAddress(): WasmValue {
    if (this.#style === 'inline') return recordAddress(this, this.recordLocal)
    this.code.get(this.recordLocal)
    this.code.call(this.#functions.effectiveAddress)
    return this.pop('i64', 64)
  }

  /** The segment that the record names. */
  recordSegment(): SegmentOf {
    return { strideLocal: this.#stride() }
  }

  /** A register whose slot (byte offset from `GPR`) a record field holds. */
  registerOperand(field: number, size: Size): WasmOperand {
    const slot = this.cached(() => this.#byte(field))
    return valueOperand(size, () => this.load(loadOf(size), slot(), at.GPR, size), (value) => {
      this.code.get(slot())
      this.#storeRegister(size, value, at.GPR)
    })
  }

  fixedOperand(register: number, size: Size): WasmOperand {
    return valueOperand(size, () => this.reg(register, size), (value) => this.setReg(register, size, value))
  }

  constantOperand(size: Size, value: () => WasmValue): WasmOperand {
    return constantOperand(size, value)
  }

  /** An XMM or MMX register whose slot (number × 8) a record field holds, or register 0 without one. */
  vectorOperand(file: VectorFile, field: number | undefined, vectorBits: number, size: Size): WasmOperand {
    const slot = this.cached(() => {
      if (field === undefined) return undefined
      this.code.get(this.recordLocal)
      this.code.memory('i32_load8_u', field)
      this.code.i32(Math.log2((file === 'xmm' ? at.XMM_STRIDE : at.X87_STRIDE) / SLOT_STRIDE))
      this.code.op('i32_shl')
      const local = this.code.local('i32')
      this.code.set(local)
      return local
    })
    const push = (): void => {
      const local = slot()
      if (local === undefined) this.code.i32(0)
      else this.code.get(local)
    }
    return vectorRegisterOperand(this, file, { push, offset: 0 }, vectorBits, size, this.#clearsUpper)
  }

  /** Memory of a vector operand. `aligned`: 16 or 32 bytes must be aligned. */
  vectorMemory(offset: () => WasmValue, vectorBits: number, size: Size, access: OperandAccess, aligned: boolean): WasmOperand {
    const operand = this.memoryOperand(() => this.recordSegment(), offset, () => this.addressMask(), size, access)
    const bytes = vectorBits / 8
    const host = (kind: 'r' | 'w'): number =>
      (aligned ? callForAlignedHost : callForHost)(this, this.#functions, this.recordSegment(), operand.address(), bytes, kind, this.#leaveFaulted)
    return vectorMemoryOperand(this, operand, vectorBits, host, (target) => noteStore(this, this.#functions, target, bytes))
  }

  /** Memory at a masked offset; `mask` wraps what `at` adds. */
  memoryOperand(segment: () => SegmentOf, offset: () => WasmValue, mask: () => WasmValue, size: Size, access: OperandAccess): WasmOperand {
    const address = this.cached(offset)
    let ready: { host: number; scope: number } | undefined
    const find = this.#style === 'inline' ? hostAddress : callForHost
    const host = (kind: 'r' | 'w' | 'rw'): number => find(this, this.#functions, segment(), address(), size / 8, kind, this.#leaveFaulted)
    return {
      size,
      isMemory: true,
      ...NO_VECTOR,
      address,
      read: () => {
        if (access !== 'rw') return this.load(loadOf(size), host('r'), 0, size)
        if (ready === undefined || !this.isOpen(ready.scope)) ready = { host: host('rw'), scope: this.scope }
        return this.load(loadOf(size), ready.host, 0, size)
      },
      write: (value) => {
        const target = ready !== undefined && this.isOpen(ready.scope) ? ready.host : host('w')
        storeAt(this, this.#functions, target, size, value)
      },
      linear: () => {
        const sum = this.add(address(), segmentField(this, segment(), at.SEGMENT_BASE))
        const long = this.eq(this.#codeModeField(), constantValue(CODE_64))
        return this.select(long, sum, this.zext(32, sum))
      },
      selector: () => segmentSelector(this, segment()),
      at: (displacement, otherSize, otherAccess) =>
        this.memoryOperand(segment, () => this.and(this.add(address(), displacement), mask()), mask, otherSize, otherAccess),
    }
  }

  /** The RIP that is left behind does not count. */
  readonly #leaveFaulted = (): void => {
    if (this.#faulted !== undefined) {
      this.code.br(this.#faulted)
      return
    }
    this.code.get(this.#rip)
    this.code.op('return')
  }

  #stackOperand(register: number, displacement: WasmValue, size: Size, access: 'r' | 'w'): WasmOperand {
    const offset = (): WasmValue => this.and(this.add(this.reg(register, 64), displacement), this.#stackMask())
    return this.memoryOperand(() => ({ index: Seg.ss }), offset, this.#stackMask, size, access)
  }

  #codeModeField(): WasmValue {
    return this.load('i64_load32_u', undefined, at.CODE_MODE, 2)
  }

  /** The target as it goes into RIP, after the check: canonical in 64-bit mode, within CS's limit otherwise. */
  #checkedTarget(target: WasmValue): WasmValue {
    const masked = this.zext(this.operandSize, target)
    const long = this.eq(this.#codeModeField(), constantValue(CODE_64))
    const extended = this.shrS(this.shl(masked, constantValue(CANONICAL_SHIFT)), constantValue(CANONICAL_SHIFT))
    const limit = this.load('i64_load32_u', undefined, at.DESCRIPTORS + CS * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_LIMIT, 32)
    const outside = this.select(long, this.ne(extended, masked), this.ltU(limit, masked))
    // 48-bit addresses are the rule; the helper looks again, with what 5-level paging allows.
    this.if(outside, () => {
      this.call('requireTarget', masked)
    })
    return masked
  }

  #setRip(value: WasmValue): void {
    this.push(value)
    this.code.set(this.#rip)
  }

  /** Register store; the base address is on the stack. 32 bits write the zero-extended whole. */
  #storeRegister(size: Size, value: WasmValue, offset: number): void {
    this.push(size === 32 ? this.zext(32, value) : value)
    this.code.memory(size === 32 ? 'i64_store' : storeOf(size), offset)
  }

  #byte(field: number): number {
    this.code.get(this.recordLocal)
    this.code.memory('i32_load8_u', field)
    const local = this.code.local('i32')
    this.code.set(local)
    return local
  }
}

/** The effective address that a record (in a local) describes. */
export function recordAddress(v: WasmValues, record: number): WasmValue {
  const slot = (field: number): number => {
    v.code.get(record)
    v.code.memory('i32_load8_u', field)
    const local = v.code.local('i32')
    v.code.set(local)
    return local
  }
  const base = v.load('i64_load', slot(RECORD.base), at.GPR, 64)
  const index = v.load('i64_load', slot(RECORD.index), at.GPR, 64)
  const scale = v.load('i64_load8_u', record, RECORD.scale, 2)
  const displacement = v.load('i64_load32_s', record, RECORD.displacement, 64)
  const sum = v.add(v.add(base, v.shl(index, scale)), displacement)
  return v.and(sum, v.load('i64_load', slot(RECORD.addressSize), at.ADDRESS_MASKS, 64))
}
