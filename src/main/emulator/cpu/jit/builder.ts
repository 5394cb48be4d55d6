import type { Decoded } from '../decode/decoded'
import * as at from '../state/layout'
import { CS } from '../state/bits'
import { NO_VECTOR, Reg, Seg, type Builder, type Flag, type Helpers, type Operand, type Size, type StepFlags, type Values } from '../semantics/builder'
import { loadOf, storeOf } from '../semantics/memory-code'
import type { AnyRoutine, Routine, Tuple } from '../semantics/routines'
import type { SpecialRegister } from '../semantics/special'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import { WasmVectors, type WasmVector } from '../semantics/wasm-vectors'
import { factsOf, isInline } from './routines'
import { FlagKind, KIND_KEEPS_CARRY, KIND_SHIFT, SETTLED, type Frame } from './frame'

type Op = Operand<WasmValue, WasmVector>
type Access = 'r' | 'w' | 'rw' | 'a'

/** Where an instruction goes. Offsets count from the start of its page. */
export type Transfer =
  | { readonly kind: 'next' }
  | { readonly kind: 'static'; readonly offset: number }
  /** The address is in `Frame.rip`. */
  | { readonly kind: 'dynamic' }
  | { readonly kind: 'conditional'; readonly condition: WasmValue; readonly taken: Transfer; readonly passed: Transfer }

/** The instruction has no translation: the interpreter executes it. */
export class Untranslatable extends Error {}

/** The flags that the code before left, as far as that is known where code is emitted. */
interface KnownFlags {
  readonly kind: (typeof FlagKind)[keyof typeof FlagKind]
  readonly size: Size
  /** The result is that of a logical operation: no carries. */
  readonly logic: boolean
  /** A carry went into the result. */
  readonly carryIn: boolean
  readonly keepsCarry: boolean
}

const PAGE = 4096
const PAGE_SHIFT = 12
const PAGE_OFFSET = 0xfff
const ENTRY_SHIFT = 4
const ENTRY_HOST = 8
const REGISTER_MASK_16 = ~0xffffn
const MASKS = { 16: 0xffffn, 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn } as const
const CANONICAL_SHIFT = 16
/** Sign and exponent of an x87 register after an MMX instruction wrote it (SDM vol. 1, 9.2.1 and 9.6.2). */
const MMX_EXPONENT = 0xffff
/** Rows call these only where the common case was excluded: that is left to the interpreter. */
const RARE_HELPERS: ReadonlySet<keyof Helpers> = new Set<keyof Helpers>(['div128', 'idiv128'])

export interface BlockFunctions {
  /** See `addSettle`. */
  readonly settle: number
  /** Index of the function of a routine that raises nothing. */
  readonly routine: (routine: AnyRoutine) => number
}

/**
 * Emits translated code: operands are constants, registers and flags are in locals. What cannot be done in place (an access that misses the
 * TLB, a fault, a store over code) leaves the region *before* the instruction, which the interpreter then executes: nothing of an instruction
 * is committed before its last access, as `Builder` demands.
 */
export class BlockBuilder extends WasmVectors implements Builder<WasmValue, WasmVector> {
  readonly locals: Frame
  readonly codeMode: 16 | 32 | 64
  operandSize: Size = 32
  readonly #functions: BlockFunctions
  #decoded: Decoded | undefined
  /** Of the instruction, in its page. */
  #offset = 0
  /** Instructions of the block that are not executed when this one is left to the interpreter: itself and those behind it. */
  #uncounted = 0
  #flagsDead = false
  #flags: KnownFlags | undefined
  #depth = 0
  /** What `jump` and `fallThrough` said. */
  #transfer: Transfer = { kind: 'next' }
  #checkedJump = false
  #inCondition = false
  #relative: { value: WasmValue; offset: number } | undefined
  /** Some path of the instruction leaves it to the interpreter. */
  leaves = false
  /** All six flags are overwritten whatever happens. */
  overwritesFlags = false

  constructor(locals: Frame, codeMode: 16 | 32 | 64, functions: BlockFunctions) {
    super(locals.code, { raise: 0, routine: (routine) => functions.routine(routine) })
    this.locals = locals
    this.codeMode = codeMode
    this.#functions = functions
  }

  /** Starts an instruction. `flagsDead`: nobody sees the flags that it writes. */
  begin(decoded: Decoded, offset: number, uncounted: number, flagsDead: boolean): void {
    this.#decoded = decoded
    this.operandSize = decoded.operandSize
    this.#offset = offset
    this.#uncounted = uncounted
    this.#flagsDead = flagsDead
    this.#transfer = { kind: 'next' }
    this.#relative = undefined
    this.#checkedJump = false
    this.leaves = false
    this.overwritesFlags = false
  }

  /** Where the instruction goes, once its code is emitted. */
  get transfer(): Transfer {
    return this.#transfer
  }

  /** What is known of the flags here; to be handed to the blocks that follow. */
  get knownFlags(): unknown {
    return this.#flags
  }

  /** Starts a block behind others that leave the same kind of flags, or with flags of any kind. */
  startBlock(flags: unknown): void {
    this.#flags = isKnownFlags(flags) ? flags : undefined
  }

  // — leaving —

  /** This instruction is left to the interpreter. */
  leave(): void {
    this.leaves = true
    this.locals.leave(this.#offset, this.#uncounted)
  }

  /** The same, where an i32 on the stack is not zero. */
  leaveIf(): void {
    this.code.if()
    this.leave()
    this.code.end()
  }

  /** Small routines stand in place: what they raise leaves the region. */
  override routine<P extends number, R extends number>(routine: Routine<P, R>, ...args: Tuple<P, WasmValue>): Tuple<R, WasmValue> {
    if (isInline(routine)) return routine.body<WasmValue>(this, args)
    const { raises, readsRip } = factsOf(routine)
    if (raises || readsRip) throw new Untranslatable(routine.name)
    return super.routine(routine, ...args)
  }

  override special(name: SpecialRegister): WasmValue {
    return name === 'rip' ? this.#pageAddress(this.#offset) : super.special(name)
  }

  override raise(_vector?: number, _errorCode?: WasmValue): void {
    if (this.#depth === 0) throw new Untranslatable('raises an exception')
    this.leave()
  }

  override raiseIf(condition: WasmValue, _vector: number, _errorCode?: WasmValue): void {
    if (condition.kind === 'constant') {
      if (condition.value !== 0n) this.leave()
      return
    }
    this.pushCondition(condition)
    this.leaveIf()
  }

  call<K extends keyof Helpers>(helper: K, ..._args: Values<Parameters<Helpers[K]>, WasmValue>): WasmValue {
    if (this.#depth === 0 || !RARE_HELPERS.has(helper)) throw new Untranslatable(helper)
    this.leave()
    return constantValue(0)
  }

  attention(): never {
    throw new Untranslatable('wants attention')
  }

  inhibitInterrupts(): never {
    throw new Untranslatable('inhibits interrupts')
  }

  x87Opcode(): WasmValue {
    return constantValue(this.decoded.immediate & 0xffffn)
  }

  // — registers —

  reg(index: number, size: Size): WasmValue {
    const whole = this.#copy(this.locals.register(index), this.codeMode === 64 ? 64 : 32)
    return this.zext(size, whole)
  }

  setReg(index: number, size: Size, value: WasmValue): void {
    const local = this.locals.writtenRegister(index)
    if (size === 64) this.push(value)
    else if (size === 32) this.push(this.zext(32, value))
    else this.#pushMerged(local, 0, size, value)
    this.code.set(local)
  }

  addressMask(): WasmValue {
    return constantValue(MASKS[this.decoded.addressSize])
  }

  addressReg(index: number): WasmValue {
    return this.reg(index, this.decoded.addressSize)
  }

  setAddressReg(index: number, value: WasmValue): void {
    this.setReg(index, this.decoded.addressSize, value)
  }

  // — control flow inside an instruction —

  /** Flags that were written in a branch are of unknown kind after it. */
  override if(condition: WasmValue, then: () => void, otherwise?: () => void): void {
    if (condition.kind === 'constant') {
      super.if(condition, then, otherwise)
      return
    }
    if (this.decoded.row.setsRip === true) {
      this.#conditionalTransfer(condition, then, otherwise)
      return
    }
    const before = this.#flags
    const overwrote = this.overwritesFlags
    let after: KnownFlags | undefined
    this.#depth++
    super.if(condition, () => {
      then()
      after = this.#flags
      this.#flags = before
    }, otherwise && (() => {
      otherwise()
    }))
    this.#depth--
    if (!sameFlags(this.#flags, after)) this.#flags = undefined
    this.overwritesFlags = overwrote
  }

  override while(condition: () => WasmValue, body: () => void): void {
    this.#flags = undefined
    this.#depth++
    super.while(condition, body)
    this.#depth--
    this.#flags = undefined
  }

  /** Both branches of a jump, loop or call say only where they go. */
  #conditionalTransfer(condition: WasmValue, then: () => void, otherwise?: () => void): void {
    this.#inCondition = true
    const taken = this.#capture(then)
    const passed = otherwise === undefined ? this.#transfer : this.#capture(otherwise)
    this.#inCondition = false
    if (taken.kind === 'static' && !onPage(taken.offset)) super.if(condition, () => this.#checkFar(taken.offset))
    if (passed.kind === 'static') throw new Untranslatable('jumps where a condition does not hold')
    if (taken.kind === 'dynamic' || passed.kind === 'dynamic') throw new Untranslatable('jumps by a condition to a computed address')
    this.#transfer = { kind: 'conditional', condition, taken, passed }
  }

  #capture(branch: () => void): Transfer {
    const before = this.#transfer
    branch()
    const captured = this.#transfer
    this.#transfer = before
    return captured
  }

  // — flags —

  override arithmeticFlags(size: Size, _result: WasmValue, carries: WasmValue, options?: StepFlags): void {
    this.#setFlags(FlagKind.carries, size, _result, carries, undefined, options)
  }

  override sumFlags(size: Size, a: WasmValue, x: WasmValue, result: WasmValue, options?: StepFlags): void {
    this.#setFlags(FlagKind.sum, size, result, a, x, options)
  }

  override differenceFlags(size: Size, a: WasmValue, x: WasmValue, result: WasmValue, options?: StepFlags): void {
    this.#setFlags(FlagKind.difference, size, result, a, x, options)
  }

  override logicFlags(size: Size, result: WasmValue): void {
    this.overwritesFlags = true
    if (this.#flagsDead) return
    const { flags } = this.locals
    this.locals.flagsWritten = true
    this.#setLocal(flags.result, this.sext(size, result))
    this.#setLocal(flags.a, constantValue(0))
    this.#setKind(SETTLED)
    this.#flags = { kind: FlagKind.settled, size: 64, logic: true, carryIn: false, keepsCarry: false }
  }

  #setFlags(kind: KnownFlags['kind'], size: Size, result: WasmValue, a: WasmValue, x: WasmValue | undefined, options: StepFlags = {}): void {
    const keepsCarry = options.keepCarry === true
    if (!keepsCarry) this.overwritesFlags = true
    if (this.#flagsDead) return
    const { flags } = this.locals
    const carry = keepsCarry ? this.flag('CF') : undefined
    this.locals.flagsWritten = true
    if (carry !== undefined) this.#setLocal(flags.carry, carry)
    this.#setLocal(flags.result, result)
    this.#setLocal(flags.a, a)
    if (x !== undefined) this.#setLocal(flags.x, x)
    this.#setKind((kind << KIND_SHIFT) | size | (keepsCarry ? KIND_KEEPS_CARRY : 0))
    this.#flags = { kind, size, logic: false, carryIn: options.carryIn === true, keepsCarry }
  }

  override flag(flag: Flag): WasmValue {
    const known = this.#flags
    if (known === undefined || known.kind === FlagKind.settled) {
      if (known?.logic === true && (flag === 'CF' || flag === 'OF' || flag === 'AF')) return constantValue(0)
      if (known?.logic === true && flag === 'SF') return this.ltS(this.flagsResult(), constantValue(0))
      return super.flag(flag)
    }
    const { size, kind } = known
    switch (flag) {
      case 'ZF': return kind === FlagKind.difference && !known.carryIn ? this.eq(this.#a(size), this.#x(size)) : this.isZero(this.zext(size, this.#result()))
      case 'SF': return this.ltS(this.sext(size, this.#result()), constantValue(0))
      case 'PF': return this.isZero(this.and(this.popcnt(this.zext(8, this.#result())), constantValue(1)))
      case 'CF': return this.#carryFlag(known)
      case 'AF': return this.#bit(kind === FlagKind.carries ? this.#a(64) : this.xor(this.xor(this.#a(64), this.#x(64)), this.#result()), kind === FlagKind.carries ? 3 : 4)
      case 'OF': return this.#overflowFlag(known)
    }
  }

  override condition(code: number): WasmValue {
    const known = this.#flags
    if (known?.logic === true) return this.#logicCondition(code)
    if (known?.kind !== FlagKind.difference || known.carryIn) return super.condition(code)
    const { size, keepsCarry } = known
    const inverted = (code & 1) !== 0
    const signed = (): [WasmValue, WasmValue] => [this.sext(size, this.#a(size)), this.sext(size, this.#x(size))]
    switch (code >> 1) {
      case 1: return keepsCarry ? super.condition(code) : inverted ? this.leU(this.#x(size), this.#a(size)) : this.ltU(this.#a(size), this.#x(size))
      case 2: return inverted ? this.ne(this.#a(size), this.#x(size)) : this.eq(this.#a(size), this.#x(size))
      case 3: return keepsCarry ? super.condition(code) : inverted ? this.ltU(this.#x(size), this.#a(size)) : this.leU(this.#a(size), this.#x(size))
      case 6: {
        const [a, x] = signed()
        return inverted ? this.leS(x, a) : this.ltS(a, x)
      }
      case 7: {
        const [a, x] = signed()
        return inverted ? this.ltS(x, a) : this.leS(a, x)
      }
      default: return super.condition(code)
    }
  }

  #logicCondition(code: number): WasmValue {
    const inverted = (code & 1) !== 0
    const result = this.flagsResult()
    const zero = constantValue(0)
    switch (code >> 1) {
      case 0: case 1: return constantValue(inverted ? 1 : 0)
      case 2: case 3: return inverted ? this.ne(result, zero) : this.isZero(result)
      case 4: case 6: return inverted ? this.leS(zero, result) : this.ltS(result, zero)
      case 7: return inverted ? this.ltS(zero, result) : this.leS(result, zero)
      default: return super.condition(code)
    }
  }

  #carryFlag({ kind, size, carryIn, keepsCarry }: KnownFlags): WasmValue {
    if (keepsCarry) return this.#copy(this.locals.flags.carry, 1)
    if (kind === FlagKind.carries) return this.#bit(this.#a(64), size - 1)
    // Below 64 bits the uncut result shows it.
    if (kind === FlagKind.sum && size < 64) return this.#bit(this.#result(), size)
    if (kind === FlagKind.difference && size < 64) return this.shrU(this.#result(), constantValue(63))
    if (kind === FlagKind.sum && !carryIn) return this.ltU(this.#result(), this.#a(64))
    if (kind === FlagKind.difference && !carryIn) return this.ltU(this.#a(64), this.#x(64))
    return this.shrU(this.#carries(kind), constantValue(63))
  }

  #overflowFlag({ kind, size }: KnownFlags): WasmValue {
    if (kind === FlagKind.carries) return this.xor(this.#bit(this.#a(64), size - 1), this.#bit(this.#a(64), size - 2))
    const [a, x, result] = [this.#a(64), this.#x(64), this.#result()]
    const signs = kind === FlagKind.sum ? this.and(this.xor(a, result), this.xor(x, result)) : this.and(this.xor(a, x), this.xor(a, result))
    return this.#bit(signs, size - 1)
  }

  #carries(kind: KnownFlags['kind']): WasmValue {
    const [a, x, result] = [this.#a(64), this.#x(64), this.#result()]
    return kind === FlagKind.sum
      ? this.or(this.and(a, x), this.and(this.or(a, x), this.not(result)))
      : this.or(this.and(this.not(a), x), this.and(this.or(this.not(a), x), result))
  }

  #bit(value: WasmValue, position: number): WasmValue {
    return this.and(this.shrU(value, constantValue(position)), constantValue(1))
  }

  #a(bits: number): WasmValue {
    this.locals.flagsUsed = true
    return this.#copy(this.locals.flags.a, bits)
  }

  #x(bits: number): WasmValue {
    return this.#copy(this.locals.flags.x, bits)
  }

  #result(): WasmValue {
    return this.#copy(this.locals.flags.result, 64)
  }

  protected override flagsResult(): WasmValue {
    this.#settle()
    return this.#result()
  }

  protected override flagsAux(): WasmValue {
    this.#settle()
    return this.#copy(this.locals.flags.a, 10)
  }

  protected override setFlagsResult(result: WasmValue): void {
    this.#settle()
    this.locals.flagsWritten = true
    this.#setLocal(this.locals.flags.result, result)
    this.#forgetLogic()
  }

  protected override setFlagsAux(aux: WasmValue): void {
    this.#settle()
    this.locals.flagsWritten = true
    this.#setLocal(this.locals.flags.a, aux)
    this.#forgetLogic()
  }

  #forgetLogic(): void {
    this.#flags = { kind: FlagKind.settled, size: 64, logic: false, carryIn: false, keepsCarry: false }
  }

  /** Result and carries in the locals become those of `state/layout.ts`. */
  #settle(): void {
    this.locals.flagsUsed = true
    if (this.#flags?.kind === FlagKind.settled) return
    const { flags } = this.locals
    this.locals.pushSettle(this.#functions.settle)
    this.code.i32(0)
    this.code.memory('i64_load', at.FLAGS_RESULT)
    this.code.set(flags.result)
    this.code.i32(0)
    this.code.memory('i64_load32_u', at.FLAGS_AUX)
    this.code.set(flags.a)
    this.#setKind(SETTLED)
    this.#forgetLogic()
  }

  #setKind(kind: number): void {
    this.code.i32(kind)
    this.code.set(this.locals.flags.kind)
  }

  // — stack —

  stack(displacement: WasmValue, size: Size, access: Access): Op {
    return this.#stackOperand(Reg.rsp, displacement, size, access)
  }

  frame(displacement: WasmValue, size: Size, access: Access): Op {
    return this.#stackOperand(Reg.rbp, displacement, size, access)
  }

  moveStack(delta: WasmValue): void {
    const sum = this.add(this.reg(Reg.rsp, 64), delta)
    const bits = this.#stackBits()
    this.setReg(Reg.rsp, bits, sum)
  }

  // — control transfer —

  nextRip(): WasmValue {
    return this.#pageAddress(this.#offset + this.decoded.length)
  }

  jump(target: WasmValue): void {
    if (this.#relative !== undefined && target === this.#relative.value) {
      const { offset } = this.#relative
      if (!this.#checkedJump && !this.#inCondition) this.#checkFar(offset)
      this.#transfer = { kind: 'static', offset }
      return
    }
    const masked = this.zext(this.operandSize, target)
    if (!this.#checkedJump) this.#checkTarget(masked)
    this.#setLocal(this.locals.rip, masked)
    this.#transfer = { kind: 'dynamic' }
  }

  checkJump(target: WasmValue): void {
    this.#checkedJump = true
    if (this.#relative !== undefined && target === this.#relative.value) this.#checkFar(this.#relative.offset)
    else this.#checkTarget(this.zext(this.operandSize, target))
  }

  fallThrough(): void {
    this.#transfer = { kind: 'next' }
  }

  /** Leaves the instruction to the interpreter where a jump to an offset might fault. Nowhere on the page does it (see `Region`). */
  #checkFar(offset: number): void {
    if (!onPage(offset)) this.#checkTarget(this.zext(this.operandSize, this.#pageAddress(offset)))
  }

  #checkTarget(masked: WasmValue): void {
    if (this.codeMode === 64) {
      const extended = this.shrS(this.shl(masked, constantValue(CANONICAL_SHIFT)), constantValue(CANONICAL_SHIFT))
      this.pushCondition(this.ne(extended, masked))
    } else {
      const limit = this.load('i64_load32_u', undefined, at.DESCRIPTORS + CS * at.DESCRIPTOR_STRIDE + at.DESCRIPTOR_LIMIT, 32)
      this.pushCondition(this.ltU(limit, masked))
    }
    this.leaveIf()
  }

  /** RIP at an offset of the page. */
  #pageAddress(offset: number): WasmValue {
    const sum = this.add(this.#copy(this.locals.base, 64), constantValue(offset))
    return this.codeMode === 64 ? sum : this.zext(32, sum)
  }

  // — operands, made by `operands.ts` —

  get decoded(): Decoded {
    if (this.#decoded === undefined) throw new Error('No instruction was begun.')
    return this.#decoded
  }

  effectiveAddress(): WasmValue {
    const { base, index, scale, displacement, addressSize } = this.decoded
    let sum: WasmValue
    if (base === at.RIP_SLOT) sum = this.add(this.#copy(this.locals.base, 64), constantValue(this.#offset))
    else sum = base === at.ZERO_SLOT ? constantValue(0) : this.reg(base >> 3, 64)
    if (index !== at.ZERO_SLOT) {
      const scaled = this.shl(this.reg(index >> 3, 64), constantValue(scale))
      sum = sum.kind === 'constant' ? scaled : this.add(sum, scaled)
    }
    const whole = displacement === 0 ? sum : this.add(sum, constantValue(displacement))
    return addressSize === 64 ? whole : this.zext(addressSize, whole)
  }

  /** A general register by its slot (number × 8, or one more for AH…BH). */
  registerOperand(slot: number, size: Size): Op {
    const index = slot >> 3
    if ((slot & 1) === 0) return valueOperand(size, () => this.reg(index, size), (value) => this.setReg(index, size, value))
    return valueOperand(size, () => this.zext(8, this.shrU(this.reg(index, 64), constantValue(8))), (value) => {
      const local = this.locals.writtenRegister(index)
      this.#pushMerged(local, 8, 8, value)
      this.code.set(local)
    })
  }

  constantOperand(size: Size, value: () => WasmValue): Op {
    return valueOperand(size, value, () => {
      throw new Error('An immediate operand is not written.')
    })
  }

  /** The target of a relative branch. */
  relativeOperand(): Op {
    const offset = this.#offset + this.decoded.length + Number(BigInt.asIntN(64, this.decoded.immediate))
    return this.constantOperand(64, () => {
      this.#relative ??= { value: this.#pageAddress(offset), offset }
      return this.#relative.value
    })
  }

  vectorOperand(file: 'xmm' | 'mm', register: number, vectorBits: number, size: Size, clearsUpper: boolean): Op {
    const place = file === 'xmm' ? at.XMM + register * at.XMM_STRIDE : at.X87 + register * at.X87_STRIDE
    const readSmall = (): WasmValue => this.load(loadOf(size), undefined, place, size)
    if (file === 'mm') {
      const write = (value: WasmValue, bits: Size): void => {
        this.#storeAt(place, value, bits)
        this.#storeAt(place + at.X87_EXPONENT, constantValue(MMX_EXPONENT), 16)
      }
      return {
        ...valueOperand(size, readSmall, (value) => write(value, size)),
        vectorBits,
        readVector: () => {
          this.code.i32(0)
          this.code.simdMemory('v128_load64_zero', place)
          return this.popVector()
        },
        writeVector: (value) => write(this.vExtract(64, value, 0), 64),
      }
    }
    const read = (part: number): WasmVector => {
      this.code.i32(0)
      this.code.simdMemory('v128_load', place + part)
      return this.popVector()
    }
    const write = (value: WasmVector, part: number): void => {
      this.code.i32(0)
      this.pushVector(value)
      this.code.simdMemory('v128_store', place + part)
    }
    const writeVector = (value: WasmVector): void => {
      write(value, 0)
      if (clearsUpper) write(this.vConstant(0n), at.YMM_UPPER)
    }
    return {
      ...valueOperand(size, readSmall, (value) => {
        if (clearsUpper) writeVector(this.vInsert(64, this.vConstant(0n), 0, this.zext(size, value)))
        else this.#storeAt(place, value, size)
      }),
      vectorBits,
      readVector: () => read(0),
      writeVector,
      readWide: () => [read(0), read(at.YMM_UPPER)],
      writeWide: (low, high) => {
        write(low, 0)
        write(high, at.YMM_UPPER)
      },
    }
  }

  /** Memory of a vector operand. `aligned`: 16 or 32 bytes must be aligned. */
  vectorMemory(segment: number, offset: () => WasmValue, vectorBits: number, size: Size, access: Access, aligned: boolean): Op {
    const operand = this.memoryOperand(segment, offset, MASKS[this.decoded.addressSize], size, access)
    if (vectorBits < 128) {
      return {
        ...operand,
        vectorBits,
        readVector: () => this.vInsert(64, this.vConstant(0n), 0, operand.read()),
        writeVector: (value) => operand.write(this.vExtract(64, value, 0)),
      }
    }
    const host = (kind: 'r' | 'w'): number => this.#host(segment, operand.address(), vectorBits / 8, kind, aligned)
    const read = (source: number, part: number): WasmVector => {
      this.code.get(source)
      this.code.simdMemory('v128_load', part)
      return this.popVector()
    }
    const write = (target: number, value: WasmVector, part: number): void => {
      this.code.get(target)
      this.pushVector(value)
      this.code.simdMemory('v128_store', part)
    }
    return {
      ...operand,
      vectorBits,
      readVector: () => read(host('r'), 0),
      writeVector: (value) => write(host('w'), value, 0),
      readWide: () => {
        const source = host('r')
        return [read(source, 0), read(source, at.YMM_UPPER)]
      },
      writeWide: (low, high) => {
        const target = host('w')
        write(target, low, 0)
        write(target, high, at.YMM_UPPER)
      },
    }
  }

  /** Memory at a masked offset of a segment; `mask` wraps what `at` adds. */
  memoryOperand(segment: number, offset: () => WasmValue, mask: bigint, size: Size, access: Access): Op {
    const address = this.cached(offset)
    let ready: { host: number; scope: number } | undefined
    return {
      size,
      isMemory: true,
      ...NO_VECTOR,
      address,
      read: () => {
        if (access !== 'rw') return this.load(loadOf(size), this.#host(segment, address(), size / 8, 'r', false), 0, size)
        if (ready === undefined || !this.isOpen(ready.scope)) ready = { host: this.#host(segment, address(), size / 8, 'w', false), scope: this.scope }
        return this.load(loadOf(size), ready.host, 0, size)
      },
      write: (value) => {
        const host = ready !== undefined && this.isOpen(ready.scope) ? ready.host : this.#host(segment, address(), size / 8, 'w', false)
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

  #stackOperand(register: number, displacement: WasmValue, size: Size, access: Access): Op {
    const bits = this.#stackBits()
    const offset = (): WasmValue => this.zext(bits, this.add(this.reg(register, 64), displacement))
    return this.memoryOperand(Seg.ss, offset, MASKS[bits], size, access)
  }

  #stackBits(): 16 | 32 | 64 {
    if (this.codeMode === 64) return 64
    return this.locals.reliesOn(at.SHAPE_BIG_STACK) ? 32 : 16
  }

  #linear(segment: number, offset: WasmValue): WasmValue {
    if (this.codeMode === 64 && segment < Seg.fs) return offset
    if (this.codeMode !== 64 && this.locals.relies(1 << segment)) return offset
    return this.add(offset, this.#copy(this.locals.segment(segment, 'base'), this.codeMode === 64 ? 64 : 32))
  }

  /**
   * Host address (i32 local) of an access in plain memory that the TLB knows; leaves otherwise, and for a store to a line that holds code. One
   * comparison finds both a miss and an access that crosses a page (see `hostAddress` in `memory-code.ts`).
   */
  #host(segment: number, offset: WasmValue, bytes: number, kind: 'r' | 'w', aligned: boolean): number {
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
    const entry = code.local('i32')
    this.push32(linear)
    code.i32(PAGE_SHIFT - ENTRY_SHIFT)
    code.op('i32_shr_u')
    code.i32((at.TLB_ENTRIES - 1) << ENTRY_SHIFT)
    code.op('i32_and')
    code.get(locals.tlb)
    code.op('i32_add')
    code.set(entry)
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
    if (writes) {
      code.get(host)
      code.i32(at.LINE_SHIFT)
      code.op('i32_shr_u')
      code.memory('i32_load8_u', at.CODE_LINES)
      this.leaveIf()
    }
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

  // — locals —

  /** A copy of a local that may change before it is used. */
  #copy(local: number, bits: number): WasmValue {
    this.code.get(local)
    return this.pop('i64', bits)
  }

  #setLocal(local: number, value: WasmValue): void {
    this.push(value)
    this.code.set(local)
  }

  /** Pushes a register whose bits from `position` on are replaced. */
  #pushMerged(local: number, position: number, size: Size, value: WasmValue): void {
    const { code } = this
    code.get(local)
    code.i64(size === 16 ? REGISTER_MASK_16 : ~(0xffn << BigInt(position)))
    code.op('i64_and')
    this.push(this.shl(this.zext(size, value), constantValue(position)))
    code.op('i64_or')
  }

  #storeAt(place: number, value: WasmValue, bits: Size): void {
    this.code.i32(0)
    this.push(value)
    this.code.memory(storeOf(bits), place)
  }
}

/** Whether an offset lies on the page that it counts from. */
export function onPage(offset: number): boolean {
  return offset >= 0 && offset < PAGE
}

function isKnownFlags(flags: unknown): flags is KnownFlags {
  return typeof flags === 'object' && flags !== null && 'carryIn' in flags
}

function sameFlags(a: KnownFlags | undefined, b: KnownFlags | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.kind === b.kind && a.size === b.size && a.logic === b.logic && a.carryIn === b.carryIn && a.keepsCarry === b.keepsCarry)
}

function valueOperand(size: Size, read: () => WasmValue, write: (value: WasmValue) => void): Op {
  const noAddress = (): never => {
    throw new Error('Only a memory operand has an address.')
  }
  return { size, isMemory: false, ...NO_VECTOR, read, write, address: noAddress, linear: noAddress, selector: noAddress, at: noAddress }
}
