/** Packed decimals: 18 digits and a sign in 80 bits (SDM vol. 1, 4.7). */
import { defineRoutine } from '../semantics/routines'
import { any, IE, no, SF, UNSUPPORTED, when } from './bits'
import { packExponent80, unpack80 } from './format'
import { fromInteger, toInteger } from './integer'
import { pushX87, readStack } from './x87-stack'

const ROUNDING_SHIFT = 10
const DIGITS_LOW = 16
const TEN_16 = 10n ** 16n
const GREATEST = 10n ** 18n - 1n
/** The packed decimal that stands for no number. */
const INDEFINITE_LOW = 0xc000_0000_0000_0000n
const INDEFINITE_HIGH = 0xffff

/** (low 64 bits, high 16 bits) → (): FBLD. */
export const loadDecimal = defineRoutine('loadDecimal', 2, 0, (b, [low, high]) => {
  const value = b.variable(b.add(b.mul(b.and(b.shrU(high, b.constant(4)), b.constant(15)), b.constant(10)), b.and(high, b.constant(15))))
  const digits = b.variable(low)
  const left = b.variable(b.constant(DIGITS_LOW))
  b.while(() => b.ne(left.get(), b.constant(0)), () => {
    value.set(b.add(b.mul(value.get(), b.constant(10)), b.shrU(digits.get(), b.constant(60))))
    digits.set(b.shl(digits.get(), b.constant(4)))
    left.set(b.sub(left.get(), b.constant(1)))
  })
  const [, e, g] = b.routine(fromInteger, value.get())
  b.routine(pushX87, packExponent80(b, b.and(b.shrU(high, b.constant(15)), b.constant(1)), e, g), g, b.constant(0))
  return [] as const
})

/** () → (low 64 bits, high 16 bits, flags, whether to store): FBSTP. */
export const decimalToStore = defineRoutine('decimalToStore', 0, 4, (b) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  const fcw = b.special('fcw')
  const [sign, e, g, what] = b.routine(unpack80, se, significand)
  const rc = b.and(b.shrU(fcw, b.constant(ROUNDING_SHIFT)), b.constant(3))
  const [integer, how] = b.routine(toInteger, sign, e, g, b.or(what, when(b, empty, UNSUPPORTED)), rc, b.constant(64))
  const magnitude = b.select(b.ltS(integer, b.constant(0)), b.neg(integer), integer)
  const invalid = b.or(any(b, how, IE), b.ltU(b.constant(GREATEST), magnitude))
  const packed = b.variable(b.constant(0))
  const left = b.variable(b.remU(magnitude, b.constant(TEN_16)))
  const shift = b.variable(b.constant(0))
  b.while(() => b.ne(left.get(), b.constant(0)), () => {
    packed.set(b.or(packed.get(), b.shl(b.remU(left.get(), b.constant(10)), shift.get())))
    left.set(b.divU(left.get(), b.constant(10)))
    shift.set(b.add(shift.get(), b.constant(4)))
  })
  const top = b.divU(magnitude, b.constant(TEN_16))
  const high = b.or(b.or(b.shl(b.remU(b.divU(top, b.constant(10)), b.constant(10)), b.constant(4)), b.remU(top, b.constant(10))), b.shl(sign, b.constant(15)))
  const flags = b.select(empty, b.constant(IE | SF), b.select(invalid, b.constant(IE), how))
  return [
    b.select(invalid, b.constant(INDEFINITE_LOW), packed.get()), b.select(invalid, b.constant(INDEFINITE_HIGH), high), flags,
    no(b, any(b, b.and(flags, b.not(fcw)), IE)),
  ] as const
})
