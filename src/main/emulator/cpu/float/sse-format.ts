/** The two formats of SSE's numbers, read and rounded as MXCSR says (SDM vol. 1, 10.2.3, 11.5). Patterns are as in registers; flags are those of MXCSR. */
import type { RoutineBuilder } from '../semantics/builder'
import { defineRoutine, type Routine } from '../semantics/routines'
import { any, C1, DE, DOUBLE, OE, SINGLE, UE, ZERO, ZERO_EXPONENT } from './bits'
import { pack32, pack64, unpack32, unpack64 } from './format'
import { FLUSH_TO_ZERO, round } from './round'

export const DENORMALS_ARE_ZERO = 0x40
export const MASK_SHIFT = 7
export const ROUNDING_SHIFT = 13

/** Rounding control, unmasked overflow and underflow, and FTZ, as `round` wants them. */
export function roundingMode<V>(b: RoutineBuilder<V>, mxcsr: V): V {
  const unmasked = b.and(b.not(b.shrU(mxcsr, b.constant(MASK_SHIFT))), b.constant(OE | UE))
  return b.or(b.or(b.and(b.shrU(mxcsr, b.constant(ROUNDING_SHIFT)), b.constant(3)), unmasked), b.and(mxcsr, b.constant(FLUSH_TO_ZERO)))
}

export interface Format {
  readonly name: string
  readonly drop: number
  readonly least: number
  /** Makes a NaN quiet. */
  readonly quietBit: bigint
  readonly defaultNan: bigint
  /** (pattern, MXCSR) → (sign, e, g, what it is), with denormals as zeros where MXCSR says so */
  readonly read: Routine<2, 4>
  /** (sign, e, hi, lo, MXCSR) → (pattern, flags) */
  readonly finish: Routine<5, 2>
  pack<V>(b: RoutineBuilder<V>, sign: V, e: V, significand: V): V
  infinity<V>(b: RoutineBuilder<V>, sign: V): V
  zero<V>(b: RoutineBuilder<V>, sign: V): V
}

interface FormatOptions {
  readonly name: string
  readonly bits: 32 | 64
  readonly drop: number
  readonly least: number
  readonly unpack: Routine<1, 4>
  readonly pack: Format['pack']
}

function defineFormat({ name, bits, drop, least, unpack, pack }: FormatOptions): Format {
  const quietBit = 1n << BigInt(62 - drop)
  const specialExponent = BigInt(3 - 2 * least) << BigInt(63 - drop)
  const read = defineRoutine(`${name} read`, 2, 4, (b, [pattern, mxcsr]) => {
    const [sign, e, g, what] = b.routine(unpack, pattern)
    const flush = b.and(any(b, mxcsr, DENORMALS_ARE_ZERO), any(b, what, DE))
    return [sign, b.select(flush, b.constant(ZERO_EXPONENT), e), b.select(flush, b.constant(0), g), b.select(flush, b.constant(ZERO), what)] as const
  })
  const finish = defineRoutine(`${name} finish`, 5, 2, (b, [sign, e, hi, lo, mxcsr]) => {
    const [exponent, significand, flags] = b.routine(round, sign, e, hi, lo, b.constant(drop), b.constant(least), roundingMode(b, mxcsr))
    return [pack(b, sign, exponent, significand), b.and(flags, b.constant(~C1))] as const
  })
  const zero = <V>(b: RoutineBuilder<V>, sign: V): V => b.shl(sign, b.constant(bits - 1))
  return {
    name, drop, least, quietBit, read, finish, pack, zero,
    defaultNan: (1n << BigInt(bits - 1)) | specialExponent | quietBit,
    infinity: (b, sign) => b.or(zero(b, sign), b.constant(specialExponent)),
  }
}

export const FORMATS: Readonly<Record<32 | 64, Format>> = {
  32: defineFormat({ name: 'single', bits: 32, ...SINGLE, unpack: unpack32, pack: pack32 }),
  64: defineFormat({ name: 'double', bits: 64, ...DOUBLE, unpack: unpack64, pack: pack64 }),
}
