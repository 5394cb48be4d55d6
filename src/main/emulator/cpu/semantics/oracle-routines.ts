import { CpuFault } from '../faults'
import type { CpuState } from '../state/cpu-state'
import * as at from '../state/layout'
import type { RoutineBuilder } from './builder'
import { OracleValues } from './oracle-values'
import type { Routine, Tuple } from './routines'
import { SPECIAL_REGISTERS, type SpecialRegister, type WritableSpecial } from './special'

/** The part of the oracle that routines see. */
export class OracleRoutines extends OracleValues implements RoutineBuilder<bigint> {
  readonly #state: CpuState

  constructor(state: CpuState) {
    super()
    this.#state = state
  }

  routine<P extends number, R extends number>(routine: Routine<P, R>, ...args: Tuple<P, bigint>): Tuple<R, bigint> {
    return routine.body<bigint>(this, args)
  }

  special(name: SpecialRegister): bigint {
    const { offset, bits } = SPECIAL_REGISTERS[name]
    return bits === 32 ? BigInt(this.#state.u32[offset >> 2] ?? 0) : (this.#state.u64[offset >> 3] ?? 0n)
  }

  setSpecial(name: WritableSpecial, value: bigint): void {
    const { offset, bits } = SPECIAL_REGISTERS[name]
    if (bits === 32) this.#state.u32[offset >> 2] = Number(value & 0xffff_ffffn)
    else this.#state.u64[offset >> 3] = value
  }

  x87Significand(register: bigint): bigint {
    return this.#state.u64[x87Host(register) >> 3] ?? 0n
  }

  x87Exponent(register: bigint): bigint {
    return BigInt(this.#state.u16[(x87Host(register) + at.X87_EXPONENT) >> 1] ?? 0)
  }

  setX87(register: bigint, exponent: bigint, significand: bigint): void {
    const host = x87Host(register)
    this.#state.u64[host >> 3] = significand
    this.#state.u16[(host + at.X87_EXPONENT) >> 1] = Number(exponent & 0xffffn)
  }

  ymmPart(part: bigint): bigint {
    return this.#state.u64[ymmSlot(part)] ?? 0n
  }

  setYmmPart(part: bigint, value: bigint): void {
    this.#state.u64[ymmSlot(part)] = value
  }

  raise(vector: number, errorCode?: bigint): void {
    throw new CpuFault(vector, errorCode === undefined ? undefined : Number(errorCode))
  }

  raiseIf(condition: bigint, vector: number, errorCode?: bigint): void {
    if (condition !== 0n) this.raise(vector, errorCode)
  }
}

/** Index, in 64-bit units, of a quarter of a YMM register. */
function ymmSlot(part: bigint): number {
  return (at.XMM >> 3) + Number(part & 63n)
}

/** Address of a physical x87 register. */
function x87Host(register: bigint): number {
  return at.X87 + Number(register & 7n) * at.X87_STRIDE
}
