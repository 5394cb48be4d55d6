import type { Decoded } from '../decode/decoded'
import { rowOperand } from '../isa/operands'
import type { Flag, Size, StepFlags } from '../semantics/builder'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import * as at from '../state/layout'
import { BlockState } from './builder-state'
import { FlagKind, KIND_KEEPS_CARRY, KIND_SHIFT, SETTLED } from './flag-kind'

/** The flags that the code before left, as far as that is known where code is emitted. */
interface KnownFlags {
  readonly kind: 'settled' | 'carries' | 'sum' | 'difference'
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
  /** What the instruction does, or the flags that it writes, depend on those before it. */
  readsFlags = false

  override begin(decoded: Decoded, offset: number, uncounted: number, flagsDead: boolean): void {
    super.begin(decoded, offset, uncounted, flagsDead)
    this.#flagsDead = flagsDead
    this.overwritesFlags = false
    this.readsFlags = false
  }

  /** What is known of the flags here; to be handed to the blocks that follow. */
  get knownFlags(): unknown {
    return this.#flags
  }

  /** Starts a block behind others that leave the same kind of flags, or with flags of any kind. */
  override startBlock(flags?: unknown): void {
    super.startBlock()
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
    this.#setFlags('carries', size, _result, carries, undefined, options)
  }

  override sumFlags(size: Size, a: WasmValue, x: WasmValue, result: WasmValue, options?: StepFlags): void {
    this.#setFlags('sum', size, result, a, x, options)
  }

  override differenceFlags(size: Size, a: WasmValue, x: WasmValue, result: WasmValue, options?: StepFlags): void {
    this.#setFlags('difference', size, result, a, x, options)
  }

  override logicFlags(size: Size, result: WasmValue): void {
    this.overwritesFlags = true
    if (this.#flagsDead) return
    const { flags } = this.locals
    this.locals.flagsWritten = true
    const cut = this.zext(size, result)
    this.setLocal(flags.result, cut)
    this.setLocal(flags.first, cut)
    this.setLocal(flags.second, constantValue(0))
    this.#setKind((FlagKind.carries << KIND_SHIFT) | size)
    this.#flags = { kind: 'carries', size, logic: true, carryIn: false, keepsCarry: false }
  }

  override resultFlags(size: Size, result: WasmValue): void {
    if (!this.#flagsDead) super.resultFlags(size, result)
  }

  override setFlag(flag: Flag, value: WasmValue): void {
    if (!this.#flagsDead) super.setFlag(flag, value)
  }

  override setFlagsImage(image: WasmValue, mask: number): void {
    if (!this.#flagsDead) super.setFlagsImage(image, mask)
  }

  #setFlags(kind: KnownFlags['kind'], size: Size, result: WasmValue, a: WasmValue, x: WasmValue | undefined, options: StepFlags = {}): void {
    const keepsCarry = options.keepCarry === true
    if (!keepsCarry) this.overwritesFlags = true
    if (this.#flagsDead) return
    const { flags } = this.locals
    const carry = keepsCarry ? this.flag('CF') : undefined
    this.locals.flagsWritten = true
    const carryIn = options.carryIn === true
    if (carry !== undefined) this.setLocal(flags.carry, carry)
    const cut = this.zext(size, result)
    this.setLocal(flags.result, carryIn ? result : cut)
    this.setLocal(flags.a, a)
    if (x !== undefined) this.setLocal(flags.x, x)
    this.#flags = { kind, size, logic: false, carryIn, keepsCarry }
    const keep = (name: keyof typeof FlagKind, first: WasmValue, second: WasmValue): void => {
      this.setLocal(flags.first, first)
      this.setLocal(flags.second, second)
      this.#setKind((FlagKind[name] << KIND_SHIFT) | size | (keepsCarry ? KIND_KEEPS_CARRY : 0))
    }
    if (x === undefined) keep('carries', cut, a)
    else if (carryIn) keep('carries', cut, this.#carries(kind))
    else if (kind === 'sum') keep('sum', cut, x)
    // The first operand of a comparison stays where it is, that of a subtraction does not.
    else if (this.#comparesOnly()) keep('comparison', a, x)
    else keep('difference', cut, x)
  }

  #comparesOnly(): boolean {
    const [first] = this.decoded.row.operands
    return first !== undefined && rowOperand(first).access === 'r'
  }

  override flag(flag: Flag): WasmValue {
    this.readsFlags = true
    const known = this.#flags
    if (known === undefined || known.kind === 'settled') return super.flag(flag)
    if (known.logic && (flag === 'CF' || flag === 'OF' || flag === 'AF')) return constantValue(0)
    const { size, kind } = known
    switch (flag) {
      case 'ZF': return kind === 'difference' && !known.carryIn ? this.eq(this.#a(size), this.#x(size)) : this.isZero(this.#cutResult(known))
      case 'SF': return this.ltS(this.sext(size, this.#result()), constantValue(0))
      case 'PF': return this.isZero(this.and(this.popcnt(this.zext(8, this.#result())), constantValue(1)))
      case 'CF': return this.#carryFlag(known)
      case 'AF': return this.#bit(kind === 'carries' ? this.#a(64) : this.xor(this.xor(this.#a(64), this.#x(64)), this.#result()), kind === 'carries' ? 3 : 4)
      case 'OF': return this.#overflowFlag(known)
    }
  }

  override condition(code: number): WasmValue {
    this.readsFlags = true
    const known = this.#flags
    if (known?.logic === true) return this.#logicCondition(code, known)
    if (known?.kind !== 'difference' || known.carryIn) return super.condition(code)
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

  #logicCondition(code: number, known: KnownFlags): WasmValue {
    const inverted = (code & 1) !== 0
    const cut = (): WasmValue => this.#cutResult(known)
    const signed = (): WasmValue => this.sext(known.size, cut())
    const zero = constantValue(0)
    switch (code >> 1) {
      case 0: case 1: return constantValue(inverted ? 1 : 0)
      case 2: case 3: return inverted ? this.ne(cut(), zero) : this.isZero(cut())
      case 4: case 6: return inverted ? this.leS(zero, signed()) : this.ltS(signed(), zero)
      case 7: return inverted ? this.ltS(zero, signed()) : this.leS(signed(), zero)
      default: return super.condition(code)
    }
  }

  #carryFlag({ kind, size, carryIn, keepsCarry }: KnownFlags): WasmValue {
    if (keepsCarry) return this.copy(this.locals.flags.carry, 1)
    if (kind === 'carries') return this.#bit(this.#a(64), size - 1)
    if (kind === 'sum' && !carryIn) return this.ltU(this.#result(), this.#x(64))
    if (kind === 'difference' && !carryIn) return this.ltU(this.#a(64), this.#x(64))
    // Below 64 bits the uncut result shows it.
    if (size < 64) return kind === 'sum' ? this.#bit(this.#result(), size) : this.shrU(this.#result(), constantValue(63))
    return this.shrU(this.#carries(kind), constantValue(63))
  }

  #overflowFlag({ kind, size }: KnownFlags): WasmValue {
    if (kind === 'carries') return this.xor(this.#bit(this.#a(64), size - 1), this.#bit(this.#a(64), size - 2))
    const [a, x, result] = [this.#a(64), this.#x(64), this.#result()]
    const signs = kind === 'sum' ? this.and(this.xor(a, result), this.xor(x, result)) : this.and(this.xor(a, x), this.xor(a, result))
    return this.#bit(signs, size - 1)
  }

  #carries(kind: KnownFlags['kind']): WasmValue {
    const [a, x, result] = [this.#a(64), this.#x(64), this.#result()]
    return kind === 'sum'
      ? this.or(this.and(a, x), this.and(this.or(a, x), this.not(result)))
      : this.or(this.and(this.not(a), x), this.and(this.or(this.not(a), x), result))
  }

  #bit(value: WasmValue, position: number): WasmValue {
    return this.and(this.shrU(value, constantValue(position)), constantValue(1))
  }

  #a(bits: number): WasmValue {
    return this.copy(this.locals.flags.a, bits)
  }

  #x(bits: number): WasmValue {
    return this.copy(this.locals.flags.x, bits)
  }

  #result(): WasmValue {
    return this.copy(this.locals.flags.result, 64)
  }

  #cutResult({ size, carryIn }: KnownFlags): WasmValue {
    return carryIn ? this.zext(size, this.#result()) : this.copy(this.locals.flags.result, size)
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
    this.setLocal(this.locals.flags.first, result)
    this.#becomeSettled()
  }

  protected override setFlagsAux(aux: WasmValue): void {
    this.#settle()
    this.locals.flagsWritten = true
    this.setLocal(this.locals.flags.a, aux)
    this.setLocal(this.locals.flags.second, aux)
    this.#becomeSettled()
  }

  #becomeSettled(): void {
    this.#flags = { kind: 'settled', size: 64, logic: false, carryIn: false, keepsCarry: false }
  }

  /** Result and carries in the locals become those of `state/layout.ts`. */
  #settle(): void {
    this.readsFlags = true
    if (this.#flags?.kind === 'settled') return
    const { flags } = this.locals
    this.locals.flagsUsed = true
    this.locals.pushSettle(this.functions.settle)
    this.code.i32(0)
    this.code.memory('i64_load', at.FLAGS_RESULT)
    this.code.set(flags.first)
    this.setLocal(flags.result, this.copy(flags.first, 64))
    this.code.i32(0)
    this.code.memory('i64_load32_u', at.FLAGS_AUX)
    this.code.set(flags.second)
    this.setLocal(flags.a, this.copy(flags.second, 64))
    this.#setKind(SETTLED)
    this.#becomeSettled()
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
