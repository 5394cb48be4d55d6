/** From and to integers. */
import { defineRoutine } from '../semantics/routines'
import { any, C1, IE, PE, SPECIAL, when, ZERO_EXPONENT } from './bits'
import { roundSignificand, shiftRightSticky } from './round'

/** (signed 64-bit integer) → (sign, e, g). */
export const fromInteger = defineRoutine('fromInteger', 1, 3, (b, [value]) => {
  const sign = b.ltS(value, b.constant(0))
  const magnitude = b.select(sign, b.neg(value), value)
  const zeros = b.clz(magnitude)
  return [sign, b.select(b.isZero(magnitude), b.constant(ZERO_EXPONENT), b.sub(b.constant(63), zeros)), b.shl(magnitude, zeros)] as const
})

/** (sign, e, g finite, rounding control) → (magnitude, flags PE and C1, beyond 64 bits). */
export const roundToInteger = defineRoutine('roundToInteger', 4, 3, (b, [sign, e, g, rc]) => {
  const [hi, lo] = b.routine(shiftRightSticky, g, b.constant(0), b.select(b.ltS(e, b.constant(63)), b.sub(b.constant(63), e), b.constant(0)))
  const [magnitude, carry, how] = b.routine(roundSignificand, sign, hi, lo, b.constant(0), rc)
  const flags = b.or(when(b, any(b, how, 1), PE), when(b, any(b, how, 2), C1))
  return [magnitude, flags, b.or(carry, b.ltS(b.constant(63), e))] as const
})

/** (unpacked, rounding control, bits of the integer) → (integer, flags): what does not fit is invalid and gives the smallest integer. */
export const toInteger = defineRoutine('toInteger', 6, 2, (b, [sign, e, g, what, rc, bits]) => {
  const indefinite = b.shl(b.constant(1), b.sub(bits, b.constant(1)))
  const [magnitude, how, beyond] = b.routine(roundToInteger, sign, e, g, rc)
  const greatest = b.sub(b.add(indefinite, sign), b.constant(1))
  const invalid = b.or(b.or(any(b, what, SPECIAL), beyond), b.ltU(greatest, magnitude))
  const value = b.select(sign, b.neg(magnitude), magnitude)
  return [b.select(invalid, indefinite, value), b.select(invalid, b.constant(IE), how)] as const
})

/** (sign, e, g finite, rounding control) → (e, g, flags): rounded to an integer that stays a floating-point number. */
export const roundToIntegral = defineRoutine('roundToIntegral', 4, 3, (b, [sign, e, g, rc]) => {
  const [magnitude, how] = b.routine(roundToInteger, sign, e, g, rc)
  const zeros = b.clz(magnitude)
  const integral = b.leS(b.constant(63), e)
  const small = b.isZero(magnitude)
  const exponent = b.select(integral, e, b.select(small, b.constant(ZERO_EXPONENT), b.sub(b.constant(63), zeros)))
  return [exponent, b.select(integral, g, b.shl(magnitude, zeros)), b.select(integral, b.constant(0), how)] as const
})
