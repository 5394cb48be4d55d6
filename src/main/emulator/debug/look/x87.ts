import type { DebugRegisters } from '../../../../shared/debug'
import type { CpuState } from '../../cpu/state/cpu-state'
import * as at from '../../cpu/state/layout'
import { hex } from '../registers'

const TOP_SHIFT = 11
const BIAS = 16_383
const FRACTION_BITS = 63
const SPECIAL = 0x7fff
const INTEGER_BIT = 1n << 63n

/** ST(0) to ST(7), with the registers that they are now. */
export function x87StackOf(state: CpuState): DebugRegisters['x87']['stack'] {
  const top = ((state.u32[at.FSW >> 2] ?? 0) >>> TOP_SHIFT) & 7
  const tags = state.u32[at.FTW >> 2] ?? 0
  return Array.from({ length: 8 }, (_, index) => {
    const register = (top + index) & 7
    const offset = at.X87 + register * at.X87_STRIDE
    const significand = state.u64[offset >> 3] ?? 0n
    const signExponent = state.u16[(offset + at.X87_EXPONENT) >> 1] ?? 0
    return {
      name: `st${index}`,
      register: `R${register}`,
      value: hex((BigInt(signExponent) << 64n) | significand),
      text: textOf(signExponent, significand),
      empty: ((tags >>> register) & 1) === 0,
    }
  })
}

/** An 80-bit number as text (SDM vol. 1, 4.2.2), rounded to a double where it is one. */
function textOf(signExponent: number, significand: bigint): string {
  const sign = signExponent & 0x8000 ? '-' : ''
  const exponent = signExponent & 0x7fff
  if (exponent === SPECIAL) return (significand & ~INTEGER_BIT) === 0n ? `${sign}infinity` : 'NaN'
  if (significand === 0n) return `${sign}0`
  const value = Number(significand) * 2 ** -FRACTION_BITS * 2 ** (Math.max(exponent, 1) - BIAS)
  // Beyond the range of a double the power of two says it.
  return value === 0 || !Number.isFinite(value) ? `${sign}${Number(significand) * 2 ** -FRACTION_BITS} × 2^${exponent - BIAS}` : `${sign}${value}`
}
