/** Arithmetic as x87 defines it: its rule for NaNs, precision control, condition codes (SDM vol. 1, 4.8.3.5, 8.1.5.2, 8.5). */
import type { RoutineBuilder } from '../semantics/builder'
import { defineRoutine } from '../semantics/routines'
import { addNumbers, divideNumbers, multiplyNumbers, rootNumber } from './arithmetic'
import {
  any, C0, C2, C3, DE, DEFAULT_NAN_80, DEFAULT_NAN_SIGNIFICAND, DOUBLE, EXTENDED, IE, INFINITY, NAN, no, OE, QUIET_BIT, SINGLE, SPECIAL, SPECIAL_80, TOP_BIT, UE,
  UNSUPPORTED, when, ZE, ZERO,
} from './bits'
import { pack32, pack64, packExponent80, unpack80 } from './format'
import { round } from './round'

/** Operations of `arithmetic80`. */
export const Operation = { add: 0, subtract: 1, multiply: 2, divide: 3 } as const

const ROUNDING_SHIFT = 10
const PRECISION_SHIFT = 8

/** Rounding control and unmasked overflow and underflow of a control word, as `round` wants them. */
export function roundingMode<V>(b: RoutineBuilder<V>, fcw: V): V {
  return b.or(b.and(b.shrU(fcw, b.constant(ROUNDING_SHIFT)), b.constant(3)), b.and(b.not(fcw), b.constant(OE | UE)))
}

/** Low bits of a significand that precision control drops; the reserved value 1 counts as full precision. */
function droppedBits<V>(b: RoutineBuilder<V>, fcw: V): V {
  const precision = b.and(b.shrU(fcw, b.constant(PRECISION_SHIFT)), b.constant(3))
  return b.select(b.isZero(precision), b.constant(SINGLE.drop), when(b, b.eq(precision, b.constant(2)), DOUBLE.drop))
}

/** (sign, g, what) and the same of a second operand, one of which is a NaN → (sign and exponent, significand). */
export const propagateNan80 = defineRoutine('propagateNan80', 6, 2, (b, [signA, gA, whatA, signB, gB, whatB]) => {
  const nanA = any(b, whatA, NAN)
  const nanB = any(b, whatB, NAN)
  const signalingA = any(b, whatA, IE)
  const signalingB = any(b, whatB, IE)
  // Of two, a quiet one goes before a signaling one, then the greater significand, then the positive one.
  const greaterA = b.or(b.ltU(gB, gA), b.and(b.eq(gA, gB), b.ltU(signA, signB)))
  const chooseA = b.select(b.eq(signalingA, signalingB), greaterA, signalingB)
  const takeA = b.and(nanA, b.or(no(b, nanB), chooseA))
  const sign = b.select(takeA, signA, signB)
  return [b.or(b.shl(sign, b.constant(15)), b.constant(SPECIAL_80)), b.or(b.select(takeA, gA, gB), b.constant(QUIET_BIT))] as const
})

/** (operation, A unpacked, B unpacked, FCW) → (sign and exponent, significand, flags): A op B. An unmasked denormal operand ends it there. */
export const arithmetic80 = defineRoutine('arithmetic80', 10, 3, (b, [operation, signA, eA, gA, whatA, signB, eB, gB, whatB, fcw]) => {
  const is = (which: number) => b.eq(operation, b.constant(which))
  const se = b.variable(b.constant(DEFAULT_NAN_80))
  const significand = b.variable(b.constant(DEFAULT_NAN_SIGNIFICAND))
  const what = b.or(whatA, whatB)
  const flags = b.variable(b.and(what, b.constant(DE)))
  const additive = b.ltU(operation, b.constant(Operation.multiply))
  const effectiveB = b.xor(signB, is(Operation.subtract))
  const productSign = b.xor(signA, signB)
  const zeroA = any(b, whatA, ZERO)
  const zeroB = any(b, whatB, ZERO)
  const setInfinity = (sign: typeof zeroA): void => {
    se.set(b.or(b.shl(sign, b.constant(15)), b.constant(SPECIAL_80)))
    significand.set(b.constant(TOP_BIT))
  }
  b.if(any(b, what, SPECIAL), () => {
    b.if(any(b, what, UNSUPPORTED), () => flags.set(b.constant(IE)), () => {
      b.if(any(b, what, NAN), () => {
        const [nan, payload] = b.routine(propagateNan80, signA, gA, whatA, signB, gB, whatB)
        se.set(nan)
        significand.set(payload)
        flags.set(b.and(what, b.constant(IE)))
      }, () => {
        const infiniteA = any(b, whatA, INFINITY)
        const both = b.and(infiniteA, any(b, whatB, INFINITY))
        const invalid = b.select(additive, b.and(both, b.ne(signA, effectiveB)), b.select(is(Operation.multiply), b.or(zeroA, zeroB), both))
        b.if(invalid, () => flags.set(b.constant(IE)), () => {
          setInfinity(b.select(additive, b.select(infiniteA, signA, effectiveB), productSign))
          b.if(b.and(is(Operation.divide), no(b, infiniteA)), () => {
            se.set(b.shl(productSign, b.constant(15)))
            significand.set(b.constant(0))
          })
        })
      })
    })
  }, () => {
    b.if(b.and(is(Operation.divide), zeroB), () => {
      b.if(zeroA, () => flags.set(b.constant(IE)), () => {
        setInfinity(productSign)
        flags.set(b.constant(ZE))
      })
    }, () => {
      b.if(b.isZero(b.and(flags.get(), b.not(fcw))), () => {
        const sign = b.variable(productSign)
        const e = b.variable(b.constant(0))
        const hi = b.variable(b.constant(0))
        const lo = b.variable(b.constant(0))
        const mode = roundingMode(b, fcw)
        b.if(additive, () => {
          const [s, exponent, high, low] = b.routine(addNumbers, signA, eA, gA, effectiveB, eB, gB, b.and(mode, b.constant(3)))
          sign.set(s)
          e.set(exponent)
          hi.set(high)
          lo.set(low)
        }, () => {
          const take = ([exponent, high, low]: readonly [typeof zeroA, typeof zeroA, typeof zeroA]): void => {
            e.set(exponent)
            hi.set(high)
            lo.set(low)
          }
          b.if(is(Operation.multiply), () => take(b.routine(multiplyNumbers, eA, gA, eB, gB)), () => take(b.routine(divideNumbers, eA, gA, eB, gB)))
        })
        const [exponent, rounded, how] = b.routine(round, sign.get(), e.get(), hi.get(), lo.get(), droppedBits(b, fcw), b.constant(EXTENDED.least), mode)
        se.set(packExponent80(b, sign.get(), exponent, rounded))
        significand.set(rounded)
        flags.set(b.or(flags.get(), how))
      })
    })
  })
  return [se.get(), significand.get(), flags.get()] as const
})

/** (A unpacked, FCW) → (sign and exponent, significand, flags): √A. */
export const root80 = defineRoutine('root80', 5, 3, (b, [sign, e, g, what, fcw]) => {
  const se = b.variable(b.constant(DEFAULT_NAN_80))
  const significand = b.variable(b.constant(DEFAULT_NAN_SIGNIFICAND))
  const flags = b.variable(b.constant(IE))
  const keep = (): void => {
    se.set(b.or(b.shl(sign, b.constant(15)), when(b, no(b, any(b, what, ZERO)), SPECIAL_80)))
    significand.set(g)
    flags.set(b.constant(0))
  }
  b.if(any(b, what, NAN), () => {
    keep()
    significand.set(b.or(g, b.constant(QUIET_BIT)))
    flags.set(b.and(what, b.constant(IE)))
  }, () => {
    b.if(any(b, what, ZERO), keep, () => {
      b.if(b.and(any(b, what, INFINITY), no(b, sign)), keep, () => {
        b.if(no(b, b.or(sign, any(b, what, SPECIAL))), () => {
          flags.set(b.and(what, b.constant(DE)))
          const [exponent, hi, lo] = b.routine(rootNumber, e, g)
          const [rounded, result, how] = b.routine(round, sign, exponent, hi, lo, droppedBits(b, fcw), b.constant(EXTENDED.least), roundingMode(b, fcw))
          se.set(packExponent80(b, sign, rounded, result))
          significand.set(result)
          flags.set(b.or(flags.get(), b.select(any(b, b.and(flags.get(), b.not(fcw)), DE), b.constant(0), how)))
        })
      })
    })
  })
  return [se.get(), significand.get(), flags.get()] as const
})

/** (A unpacked, B unpacked, quiet: QNaNs are no error) → (C3, C2, C0 as in the status word, flags). */
export const compare80 = defineRoutine('compare80', 9, 2, (b, [signA, eA, gA, whatA, signB, eB, gB, whatB, quiet]) => {
  const what = b.or(whatA, whatB)
  const unordered = any(b, what, NAN | UNSUPPORTED)
  const bothZero = b.and(any(b, whatA, ZERO), any(b, whatB, ZERO))
  const same = b.and(b.eq(eA, eB), b.eq(gA, gB))
  const lessMagnitude = b.or(b.ltS(eA, eB), b.and(b.eq(eA, eB), b.ltU(gA, gB)))
  const equal = b.or(bothZero, b.and(b.eq(signA, signB), same))
  const less = b.select(b.eq(signA, signB), b.select(signA, no(b, b.or(lessMagnitude, same)), lessMagnitude), signA)
  const ordered = b.select(equal, b.constant(C3), when(b, less, C0))
  const invalid = b.or(any(b, what, IE), no(b, quiet))
  const flags = b.select(unordered, when(b, invalid, IE), b.and(what, b.constant(DE)))
  return [b.select(unordered, b.constant(C3 | C2 | C0), ordered), flags] as const
})

/** (pattern unpacked) → (sign and exponent, significand, flags): a load from a narrower format, which is exact. */
export const widen80 = defineRoutine('widen80', 4, 3, (b, [sign, e, g, what]) => {
  const signBit = b.shl(sign, b.constant(15))
  const special = any(b, what, SPECIAL)
  const se = b.select(special, b.or(signBit, b.constant(SPECIAL_80)), b.select(any(b, what, ZERO), signBit, packExponent80(b, sign, e, g)))
  return [se, b.or(g, when(b, any(b, what, NAN), b.constant(QUIET_BIT))), b.and(what, b.constant(IE | DE))] as const
})

/** (sign and exponent, significand, FCW, bits: 32 or 64) → (pattern, flags): a store into a narrower format. */
export const narrow80 = defineRoutine('narrow80', 4, 2, (b, [se, significand, fcw, bits]) => {
  const [sign, e, g, what] = b.routine(unpack80, se, significand)
  const single = b.eq(bits, b.constant(32))
  const least = b.select(single, b.constant(SINGLE.least), b.constant(DOUBLE.least))
  const drop = b.select(single, b.constant(SINGLE.drop), b.constant(DOUBLE.drop))
  const resultSign = b.variable(sign)
  const exponent = b.variable(b.sub(b.constant(2), least))
  const result = b.variable(b.constant(TOP_BIT))
  const flags = b.variable(b.constant(0))
  b.if(any(b, what, SPECIAL), () => {
    flags.set(b.and(what, b.constant(IE)))
    b.if(any(b, what, NAN), () => result.set(b.or(g, b.constant(QUIET_BIT))))
    b.if(any(b, what, UNSUPPORTED), () => {
      resultSign.set(b.constant(1))
      result.set(b.constant(DEFAULT_NAN_SIGNIFICAND))
    })
  }, () => {
    const [rounded, bitsOf, how] = b.routine(round, sign, e, g, b.constant(0), drop, least, roundingMode(b, fcw))
    exponent.set(rounded)
    result.set(bitsOf)
    flags.set(how)
  })
  const [s, x, r] = [resultSign.get(), exponent.get(), result.get()]
  return [b.select(single, pack32(b, s, x, r), pack64(b, s, x, r)), flags.get()] as const
})
