/** Arithmetic as SSE defines it, one number at a time: its rule for NaNs, DAZ, FTZ (SDM vol. 1, 4.8.3.5, 10.2.3, 11.5). */
import { Vector } from '../faults'
import type { RoutineBuilder } from '../semantics/builder'
import { defineRoutine, type Routine } from '../semantics/routines'
import { addNumbers, divideNumbers, multiplyNumbers, rootNumber } from './arithmetic'
import { any, C0, C1, C3, DE, EXCEPTIONS, IE, INFINITY, NAN, no, SPECIAL, when, ZE, ZERO } from './bits'
import { fromInteger, roundToIntegral, toInteger } from './integer'
import { FLUSH_TO_ZERO, round } from './round'
import { DENORMALS_ARE_ZERO, FORMATS, MASK_SHIFT, ROUNDING_SHIFT, roundingMode, type Format } from './sse-format'
import { compare80, Operation } from './x87-arithmetic'

const OSXMMEXCPT = 1 << 10
/** Exceptions found before anything is computed; unmasked, they are the only ones reported. */
const BEFORE_RESULT = IE | DE | ZE
/** Of the immediate of ROUND: use MXCSR's rounding control; do not report inexact results. */
const ROUND_BY_MXCSR = 4
const ROUND_SILENTLY = 8

/** (flags) → (): puts exceptions into MXCSR; #XM for unmasked ones, or #UD where the system does not handle it. */
export const finishSse = defineRoutine('finishSse', 1, 0, (b, [flags]) => {
  const mxcsr = b.special('mxcsr')
  const enabled = b.not(b.shrU(mxcsr, b.constant(MASK_SHIFT)))
  const early = any(b, b.and(flags, enabled), BEFORE_RESULT)
  const reported = b.and(flags, b.select(early, b.constant(BEFORE_RESULT), b.constant(EXCEPTIONS)))
  b.setSpecial('mxcsr', b.or(mxcsr, reported))
  b.if(any(b, b.and(reported, enabled), EXCEPTIONS), () => {
    b.raiseIf(any(b, b.special('cr4'), OSXMMEXCPT), Vector.XM)
    b.raise(Vector.UD)
  })
  return [] as const
})

/** The operations on one format. Patterns are as in registers; flags are those of MXCSR. */
export interface ScalarRoutines {
  /** (operation, a, b, MXCSR) → (pattern, flags) */
  readonly arithmetic: Routine<4, 2>
  /** (a, MXCSR) → (√a, flags) */
  readonly root: Routine<2, 2>
  /** (a, b, greater, MXCSR) → (pattern, flags): MIN or, with `greater`, MAX */
  readonly choose: Routine<4, 2>
  /** (a, b, quiet, MXCSR) → (relation, flags): C0 less, C3 equal, 0 greater, all of C0, C2 and C3 unordered */
  readonly compare: Routine<4, 2>
  /** (a, bits, chop, MXCSR) → (integer, flags) */
  readonly toInteger: Routine<4, 2>
  /** (integer, MXCSR) → (pattern, flags) */
  readonly fromInteger: Routine<2, 2>
  /** (a, MXCSR) → (pattern in the other format, flags) */
  readonly convert: Routine<2, 2>
  /** (a, immediate of ROUND, MXCSR) → (pattern, flags) */
  readonly toIntegral: Routine<3, 2>
  /** (a) → (about 1/a), (about 1/√a); no exceptions */
  readonly reciprocal: Routine<1, 1>
  readonly reciprocalRoot: Routine<1, 1>
}

function scalarRoutines(format: Format, other: Format): ScalarRoutines {
  const { name, drop, least, quietBit, defaultNan, read, finish, infinity, zero } = format
  /** The first NaN of two operands, quiet. */
  function propagate<V>(b: RoutineBuilder<V>, first: V, whatFirst: V, second: V): V {
    return b.or(b.select(any(b, whatFirst, NAN), first, second), b.constant(quietBit))
  }

  const arithmetic = defineRoutine(`${name} arithmetic`, 4, 2, (b, [operation, x, y, mxcsr]) => {
    const is = (which: number) => b.eq(operation, b.constant(which))
    const [signA, eA, gA, whatA] = b.routine(read, x, mxcsr)
    const [signB, eB, gB, whatB] = b.routine(read, y, mxcsr)
    const what = b.or(whatA, whatB)
    const result = b.variable(b.constant(defaultNan))
    const flags = b.variable(b.constant(IE))
    const additive = b.ltU(operation, b.constant(Operation.multiply))
    const effectiveB = b.xor(signB, is(Operation.subtract))
    const productSign = b.xor(signA, signB)
    const denormal = b.and(what, b.constant(DE))
    const zeroA = any(b, whatA, ZERO)
    const zeroB = any(b, whatB, ZERO)
    b.if(any(b, what, SPECIAL), () => {
      b.if(any(b, what, NAN), () => {
        result.set(propagate(b, x, whatA, y))
        flags.set(b.and(what, b.constant(IE)))
      }, () => {
        const infiniteA = any(b, whatA, INFINITY)
        const both = b.and(infiniteA, any(b, whatB, INFINITY))
        const invalid = b.select(additive, b.and(both, b.ne(signA, effectiveB)), b.select(is(Operation.multiply), b.or(zeroA, zeroB), both))
        b.if(no(b, invalid), () => {
          flags.set(denormal)
          const vanishes = b.and(is(Operation.divide), no(b, infiniteA))
          const sign = b.select(additive, b.select(infiniteA, signA, effectiveB), productSign)
          result.set(b.select(vanishes, zero(b, productSign), infinity(b, sign)))
        })
      })
    }, () => {
      b.if(b.and(is(Operation.divide), zeroB), () => {
        b.if(no(b, zeroA), () => {
          result.set(infinity(b, productSign))
          flags.set(b.constant(ZE))
        })
      }, () => {
        const sign = b.variable(productSign)
        const e = b.variable(b.constant(0))
        const hi = b.variable(b.constant(0))
        const lo = b.variable(b.constant(0))
        const take = ([exponent, high, low]: readonly [typeof x, typeof x, typeof x]): void => {
          e.set(exponent)
          hi.set(high)
          lo.set(low)
        }
        b.if(additive, () => {
          const rc = b.and(b.shrU(mxcsr, b.constant(ROUNDING_SHIFT)), b.constant(3))
          const [s, exponent, high, low] = b.routine(addNumbers, signA, eA, gA, effectiveB, eB, gB, rc)
          sign.set(s)
          take([exponent, high, low])
        }, () => {
          b.if(is(Operation.multiply), () => take(b.routine(multiplyNumbers, eA, gA, eB, gB)), () => take(b.routine(divideNumbers, eA, gA, eB, gB)))
        })
        const [pattern, how] = b.routine(finish, sign.get(), e.get(), hi.get(), lo.get(), mxcsr)
        result.set(pattern)
        flags.set(b.or(denormal, how))
      })
    })
    return [result.get(), flags.get()] as const
  })

  const root = defineRoutine(`${name} root`, 2, 2, (b, [x, mxcsr]) => {
    const [sign, e, g, what] = b.routine(read, x, mxcsr)
    const result = b.variable(b.constant(defaultNan))
    const flags = b.variable(b.constant(IE))
    b.if(any(b, what, NAN), () => {
      result.set(b.or(x, b.constant(quietBit)))
      flags.set(b.and(what, b.constant(IE)))
    }, () => {
      b.if(any(b, what, ZERO), () => {
        result.set(zero(b, sign))
        flags.set(b.constant(0))
      }, () => {
        b.if(no(b, sign), () => {
          b.if(any(b, what, INFINITY), () => {
            result.set(x)
            flags.set(b.constant(0))
          }, () => {
            const [exponent, hi, lo] = b.routine(rootNumber, e, g)
            const [pattern, how] = b.routine(finish, sign, exponent, hi, lo, mxcsr)
            result.set(pattern)
            flags.set(b.or(b.and(what, b.constant(DE)), how))
          })
        })
      })
    })
    return [result.get(), flags.get()] as const
  })

  const compare = defineRoutine(`${name} compare`, 4, 2, (b, [x, y, quiet, mxcsr]) => {
    const [signA, eA, gA, whatA] = b.routine(read, x, mxcsr)
    const [signB, eB, gB, whatB] = b.routine(read, y, mxcsr)
    return b.routine(compare80, signA, eA, gA, whatA, signB, eB, gB, whatB, quiet)
  })

  const choose = defineRoutine(`${name} choose`, 4, 2, (b, [x, y, greater, mxcsr]) => {
    const [relation, flags] = b.routine(compare, x, y, b.constant(0), mxcsr)
    const wanted = b.select(greater, b.constant(0), b.constant(C0))
    const chosen = b.select(b.eq(relation, wanted), x, y)
    const [sign, , , what] = b.routine(read, chosen, mxcsr)
    return [b.select(any(b, what, ZERO), zero(b, sign), chosen), flags] as const
  })

  const toInteger64 = defineRoutine(`${name} to integer`, 4, 2, (b, [x, width, chop, mxcsr]) => {
    const [sign, e, g, what] = b.routine(read, x, mxcsr)
    const rc = b.and(b.or(b.shrU(mxcsr, b.constant(ROUNDING_SHIFT)), b.select(chop, b.constant(3), b.constant(0))), b.constant(3))
    const [value, flags] = b.routine(toInteger, sign, e, g, what, rc, width)
    return [value, b.and(flags, b.constant(~C1))] as const
  })

  const ofInteger = defineRoutine(`${name} from integer`, 2, 2, (b, [value, mxcsr]) => {
    const [sign, e, g] = b.routine(fromInteger, value)
    return b.routine(finish, sign, e, g, b.constant(0), mxcsr)
  })

  const convert = defineRoutine(`${name} convert`, 2, 2, (b, [x, mxcsr]) => {
    const [sign, e, g, what] = b.routine(read, x, mxcsr)
    const exponent = b.variable(b.constant(2 - other.least))
    const significand = b.variable(b.or(g, when(b, any(b, what, NAN), b.constant(1n << 62n))))
    const flags = b.variable(b.and(what, b.constant(IE | DE)))
    b.if(no(b, any(b, what, SPECIAL)), () => {
      const [rounded, result, how] = b.routine(round, sign, e, g, b.constant(0), b.constant(other.drop), b.constant(other.least), roundingMode(b, mxcsr))
      exponent.set(rounded)
      significand.set(result)
      flags.set(b.or(flags.get(), b.and(how, b.constant(~C1))))
    })
    return [other.pack(b, sign, exponent.get(), significand.get()), flags.get()] as const
  })

  const toIntegral = defineRoutine(`${name} to integral`, 3, 2, (b, [x, immediate, mxcsr]) => {
    const [sign, e, g, what] = b.routine(read, x, mxcsr)
    const byRegister = any(b, immediate, ROUND_BY_MXCSR)
    const rc = b.and(b.select(byRegister, b.shrU(mxcsr, b.constant(ROUNDING_SHIFT)), immediate), b.constant(3))
    const [exponent, significand, how] = b.routine(roundToIntegral, sign, e, g, rc)
    const special = any(b, what, SPECIAL)
    const kept = b.or(x, when(b, any(b, what, NAN), b.constant(quietBit)))
    const inexact = b.select(any(b, immediate, ROUND_SILENTLY), b.constant(0), b.and(how, b.constant(~C1)))
    const flags = b.select(special, b.and(what, b.constant(IE)), b.select(any(b, what, ZERO), b.constant(0), inexact))
    return [b.select(special, kept, format.pack(b, sign, exponent, significand)), flags] as const
  })

  /** All exceptions masked, tiny operands and results as zeros, to nearest. */
  const quietly = <V>(b: RoutineBuilder<V>): V => b.constant(0x1f80 | DENORMALS_ARE_ZERO | FLUSH_TO_ZERO)
  const one = BigInt(1 - least) << BigInt(63 - drop)
  const reciprocal = defineRoutine(`${name} reciprocal`, 1, 1, (b, [x]) => {
    const [result] = b.routine(arithmetic, b.constant(Operation.divide), b.constant(one), x, quietly(b))
    return [result] as const
  })
  const reciprocalRoot = defineRoutine(`${name} reciprocal root`, 1, 1, (b, [x]) => {
    const [first] = b.routine(root, x, quietly(b))
    const [result] = b.routine(arithmetic, b.constant(Operation.divide), b.constant(one), first, quietly(b))
    return [result] as const
  })
  return { arithmetic, root, choose, compare, toInteger: toInteger64, fromInteger: ofInteger, convert, toIntegral, reciprocal, reciprocalRoot }
}

export const SCALAR: Readonly<Record<32 | 64, ScalarRoutines>> = {
  32: scalarRoutines(FORMATS[32], FORMATS[64]),
  64: scalarRoutines(FORMATS[64], FORMATS[32]),
}

/**
 * Relations that the predicates of CMPPS … hold for: 0–3, then 8–11. 4–7 and 12–15 are their negations; 16–31 are the same, but quiet ones signal
 * and signaling ones are quiet (SDM vol. 2A, table 3-1).
 */
export const PREDICATES: readonly { readonly relations: number; readonly quiet: boolean }[] = [
  { relations: 1 << 1, quiet: true }, { relations: 1 << 0, quiet: false }, { relations: (1 << 0) | (1 << 1), quiet: false }, { relations: 1 << 3, quiet: true },
  { relations: (1 << 1) | (1 << 3), quiet: true }, { relations: (1 << 0) | (1 << 3), quiet: false }, { relations: (1 << 0) | (1 << 1) | (1 << 3), quiet: false }, { relations: 0, quiet: true },
]

/** (relation as `compare` gives it) → bit: 0 less, 1 equal, 2 greater, 3 unordered. */
export const relationBit = defineRoutine('relationBit', 1, 1, (b, [relation]) => {
  const unordered = b.eq(relation, b.constant(C0 | C3 | 0x400))
  const equal = b.eq(relation, b.constant(C3))
  const less = b.eq(relation, b.constant(C0))
  return [b.select(unordered, b.constant(8), b.select(equal, b.constant(2), b.select(less, b.constant(1), b.constant(4))))] as const
})
