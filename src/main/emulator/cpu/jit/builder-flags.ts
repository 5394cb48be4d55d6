import type { Label } from '../../wasm/function-builder'
import type { Decoded } from '../decode/decoded'
import type { Flag, Size, StepFlags } from '../semantics/builder'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import * as at from '../state/layout'
import { BlockState } from './builder-state'
import { FlagKind, KIND_KEEPS_CARRY, KIND_SHIFT, SETTLED } from './frame'

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

/** Flags in the locals of a region's function (`FlagLocals`), and branches inside an instruction. */
export class BlockFlags extends BlockState {
  #flagsDead = false
  #flags: KnownFlags | undefined
  /** All six flags are overwritten whatever happens. */
  overwritesFlags = false

  override begin(decoded: Decoded, offset: number, uncounted: number, flagsDead: boolean): void {
    super.begin(decoded, offset, uncounted, flagsDead)
    this.#flagsDead = flagsDead
    this.overwritesFlags = false
  }

  /** What is known of the flags here; to be handed to the blocks that follow. */
  get knownFlags(): unknown {
    return this.#flags
  }

  /** Starts a block behind others that leave the same kind of flags, or with flags of any kind. */
  override startBlock(left: Label, flags?: unknown): void {
    super.startBlock(left)
    this.#flags = isKnownFlags(flags) ? flags : undefined
  }

  /** Flags that were written in a branch are of unknown kind after it. */
  override if(condition: WasmValue, then: () => void, otherwise?: () => void): void {
    if (condition.kind === 'constant') {
      super.if(condition, then, otherwise)
      return
    }
    const before = this.#flags
    const overwrote = this.overwritesFlags
    let after: KnownFlags | undefined
    this.depth++
    super.if(condition, () => {
      then()
      after = this.#flags
      this.#flags = before
    }, otherwise && (() => {
      otherwise()
    }))
    this.depth--
    if (!sameFlags(this.#flags, after)) this.#flags = undefined
    this.overwritesFlags = overwrote
  }

  override while(condition: () => WasmValue, body: () => void): void {
    this.#flags = undefined
    this.depth++
    super.while(condition, body)
    this.depth--
    this.#flags = undefined
  }

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
    this.setLocal(flags.result, this.sext(size, result))
    this.setLocal(flags.a, constantValue(0))
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
    if (carry !== undefined) this.setLocal(flags.carry, carry)
    this.setLocal(flags.result, result)
    this.setLocal(flags.a, a)
    if (x !== undefined) this.setLocal(flags.x, x)
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
    if (keepsCarry) return this.copy(this.locals.flags.carry, 1)
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
    return this.copy(this.locals.flags.a, bits)
  }

  #x(bits: number): WasmValue {
    return this.copy(this.locals.flags.x, bits)
  }

  #result(): WasmValue {
    return this.copy(this.locals.flags.result, 64)
  }

  protected override flagsResult(): WasmValue {
    this.#settle()
    return this.#result()
  }

  protected override flagsAux(): WasmValue {
    this.#settle()
    return this.copy(this.locals.flags.a, 10)
  }

  protected override setFlagsResult(result: WasmValue): void {
    this.#settle()
    this.locals.flagsWritten = true
    this.setLocal(this.locals.flags.result, result)
    this.#forgetLogic()
  }

  protected override setFlagsAux(aux: WasmValue): void {
    this.#settle()
    this.locals.flagsWritten = true
    this.setLocal(this.locals.flags.a, aux)
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
    this.locals.pushSettle(this.functions.settle)
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
}

function isKnownFlags(flags: unknown): flags is KnownFlags {
  return typeof flags === 'object' && flags !== null && 'carryIn' in flags
}

function sameFlags(a: KnownFlags | undefined, b: KnownFlags | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.kind === b.kind && a.size === b.size && a.logic === b.logic && a.carryIn === b.carryIn && a.keepsCarry === b.keepsCarry)
}
