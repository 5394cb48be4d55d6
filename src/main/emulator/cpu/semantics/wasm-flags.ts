import * as at from '../state/layout'
import { CF, PF, AF, ZF, SF, OF } from '../state/bits'
import type { Flag, Size, StepFlags } from './builder'
import { WasmRoutines } from './wasm-routines'
import { constantValue, type WasmValue } from './wasm-values'

const KEPT_BITS = at.AUX_CARRY | at.AUX_CARRY_BELOW_TOP | at.AUX_ADJUST
const CARRY_BIT = 7
const BELOW_TOP_BIT = 6
const ADJUST_BIT = 3
const SIGN_DELTA_BIT = 8
const PARITY_DELTA_BIT = 9

/** Place of each flag in EFLAGS. */
const IMAGE_BIT: Readonly<Record<Flag, number>> = { CF: 0, PF: 2, AF: 4, ZF: 6, SF: 7, OF: 11 }
const IMAGE_MASK: Readonly<Record<Flag, number>> = { CF, PF, AF, ZF, SF, OF }
const FLAGS: readonly Flag[] = ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF']

/** The flags part of a `Builder` over emitted WebAssembly: lazy flags as `state/layout.ts` describes them. */
export class WasmFlags extends WasmRoutines {
  arithmeticFlags(size: Size, result: WasmValue, carries: WasmValue, options?: { keepCarry?: boolean }): void {
    const top = this.shrU(carries, constantValue(size - 8))
    const aligned = size === 8 ? this.and(carries, constantValue(KEPT_BITS)) : this.or(
      this.and(top, constantValue(at.AUX_CARRY | at.AUX_CARRY_BELOW_TOP)),
      this.and(carries, constantValue(at.AUX_ADJUST)),
    )
    const aux = options?.keepCarry === true ? this.#withOldCarry(aligned) : aligned
    this.setFlagsResult(this.sext(size, result))
    this.setFlagsAux(aux)
  }

  sumFlags(size: Size, a: WasmValue, x: WasmValue, result: WasmValue, options?: StepFlags): void {
    this.arithmeticFlags(size, result, this.or(this.and(a, x), this.and(this.or(a, x), this.not(result))), options)
  }

  differenceFlags(size: Size, a: WasmValue, x: WasmValue, result: WasmValue, options?: StepFlags): void {
    this.arithmeticFlags(size, result, this.or(this.and(this.not(a), x), this.and(this.not(this.xor(a, x)), result)), options)
  }

  logicFlags(size: Size, result: WasmValue): void {
    this.setFlagsResult(this.sext(size, result))
    this.setFlagsAux(constantValue(0))
  }

  resultFlags(size: Size, result: WasmValue): void {
    const aux = this.and(this.flagsAux(), constantValue(KEPT_BITS))
    this.setFlagsResult(this.sext(size, result))
    this.setFlagsAux(aux)
  }

  flag(flag: Flag): WasmValue {
    switch (flag) {
      case 'CF': return this.#auxBit(CARRY_BIT)
      case 'AF': return this.#auxBit(ADJUST_BIT)
      case 'OF': return this.xor(this.#auxBit(CARRY_BIT), this.#auxBit(BELOW_TOP_BIT))
      case 'ZF': return this.isZero(this.flagsResult())
      case 'SF': return this.xor(this.ltS(this.flagsResult(), constantValue(0)), this.#auxBit(SIGN_DELTA_BIT))
      case 'PF': return this.xor(this.#evenParity(this.flagsResult()), this.#auxBit(PARITY_DELTA_BIT))
    }
  }

  setFlag(flag: Flag, value: WasmValue): void {
    if (flag === 'CF') {
      // Both carries flip together, so that OF, their difference, stays.
      const flips = this.xor(this.flag('CF'), value)
      this.setFlagsAux(this.xor(this.flagsAux(), this.mul(flips, constantValue(at.AUX_CARRY | at.AUX_CARRY_BELOW_TOP))))
    } else if (flag === 'OF') {
      const flips = this.xor(this.flag('OF'), value)
      this.setFlagsAux(this.xor(this.flagsAux(), this.shl(flips, constantValue(BELOW_TOP_BIT))))
    } else if (flag === 'AF') {
      const others = this.and(this.flagsAux(), constantValue(~at.AUX_ADJUST))
      this.setFlagsAux(this.or(others, this.shl(value, constantValue(ADJUST_BIT))))
    } else {
      this.#storeFlags((name) => (name === flag ? value : this.flag(name)))
    }
  }

  condition(code: number): WasmValue {
    const holds = this.#evenCondition(code >> 1)
    return code & 1 ? this.isZero(holds) : holds
  }

  eflag(mask: number): WasmValue {
    const flags = this.load('i64_load32_u', undefined, at.EFLAGS, 32)
    return this.ne(this.and(flags, constantValue(mask)), constantValue(0))
  }

  setEflag(mask: number, value: WasmValue): void {
    const flags = this.load('i64_load32_u', undefined, at.EFLAGS, 32)
    const cleared = this.and(flags, constantValue(~mask & 0xffff_ffff))
    const flipped = this.select(value, this.or(cleared, constantValue(mask)), cleared)
    this.code.i32(0)
    this.push32(flipped)
    this.code.memory('i32_store', at.EFLAGS)
  }

  flagsImage(): WasmValue {
    let image = this.load('i64_load32_u', undefined, at.EFLAGS, 32)
    for (const name of FLAGS) image = this.or(image, this.shl(this.flag(name), constantValue(IMAGE_BIT[name])))
    return this.or(image, constantValue(2))
  }

  setFlagsImage(image: WasmValue, mask: number): void {
    this.#storeFlags((name) => {
      if ((mask & IMAGE_MASK[name]) === 0) return this.flag(name)
      return this.and(this.shrU(image, constantValue(IMAGE_BIT[name])), constantValue(1))
    })
  }

  /** Condition codes in pairs: O B Z BE S P L LE. */
  #evenCondition(pair: number): WasmValue {
    switch (pair) {
      case 0: return this.flag('OF')
      case 1: return this.flag('CF')
      case 2: return this.flag('ZF')
      case 3: return this.or(this.flag('CF'), this.flag('ZF'))
      case 4: return this.flag('SF')
      case 5: return this.flag('PF')
      case 6: return this.xor(this.flag('SF'), this.flag('OF'))
      case 7: return this.or(this.xor(this.flag('SF'), this.flag('OF')), this.flag('ZF'))
      default: throw new RangeError(`Condition codes are 0–15, not ${pair * 2}.`)
    }
  }

  /** CF as it was, and OF of the new carries. */
  #withOldCarry(carries: WasmValue): WasmValue {
    const overflow = this.and(this.xor(this.shrU(carries, constantValue(1)), carries), constantValue(at.AUX_CARRY_BELOW_TOP))
    const carry = this.and(this.flagsAux(), constantValue(at.AUX_CARRY))
    const belowTop = this.xor(this.shrU(carry, constantValue(1)), overflow)
    return this.or(this.or(carry, belowTop), this.and(carries, constantValue(at.AUX_ADJUST)))
  }

  /** All six flags from their values; each is asked for before anything is stored. */
  #storeFlags(value: (flag: Flag) => WasmValue): void {
    const [cf, pf, af, zf, sf, of] = [value('CF'), value('PF'), value('AF'), value('ZF'), value('SF'), value('OF')]
    const result = this.xor(zf, constantValue(1))
    // The low byte of the result is 0 (even) with ZF and 1 (odd) without: its parity is ZF.
    const bits: readonly (readonly [WasmValue, number])[] = [
      [cf, CARRY_BIT], [this.xor(cf, of), BELOW_TOP_BIT], [af, ADJUST_BIT], [sf, SIGN_DELTA_BIT], [this.xor(pf, zf), PARITY_DELTA_BIT],
    ]
    const aux = bits.reduce<WasmValue>((sum, [bit, place]) => this.or(sum, this.shl(bit, constantValue(place))), constantValue(0))
    this.setFlagsResult(result)
    this.setFlagsAux(aux)
  }

  #evenParity(result: WasmValue): WasmValue {
    const ones = this.popcnt(this.zext(8, result))
    return this.isZero(this.and(ones, constantValue(1)))
  }

  /** `FLAGS_RESULT` and `FLAGS_AUX`, as `state/layout.ts` describes them. */
  protected flagsResult(): WasmValue {
    return this.load('i64_load', undefined, at.FLAGS_RESULT, 64)
  }

  protected flagsAux(): WasmValue {
    return this.load('i64_load32_u', undefined, at.FLAGS_AUX, 10)
  }

  #auxBit(bit: number): WasmValue {
    return this.and(this.shrU(this.flagsAux(), constantValue(bit)), constantValue(1))
  }

  protected setFlagsResult(result: WasmValue): void {
    this.code.i32(0)
    this.push(result)
    this.code.memory('i64_store', at.FLAGS_RESULT)
  }

  protected setFlagsAux(aux: WasmValue): void {
    this.code.i32(0)
    this.push32(aux)
    this.code.memory('i32_store', at.FLAGS_AUX)
  }
}
