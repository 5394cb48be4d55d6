/** Numbers of 16 bits, which are only converted (SDM vol. 1, 14.4: F16C). Patterns are as in registers; flags are those of MXCSR. */
import { defineRoutine } from '../semantics/routines'
import { any, C1, DE, HALF, IE, NAN, no, QUIET_BIT, SINGLE, SPECIAL, when } from './bits'
import { pack16, pack32, unpack16 } from './format'
import { FLUSH_TO_ZERO, round } from './round'
import { FORMATS, ROUNDING_SHIFT, roundingMode } from './sse-format'

/** Of VCVTPS2PH's immediate: MXCSR's rounding control. */
const ROUND_BY_MXCSR = 4

/** (16 bits) → (32 bits, flags). Denormals are numbers like others, whatever MXCSR says. */
export const halfToSingle = defineRoutine('half to single', 1, 2, (b, [x]) => {
  const [sign, e, g, what] = b.routine(unpack16, x)
  const special = any(b, what, SPECIAL)
  const exponent = b.select(special, b.constant(2 - SINGLE.least), e)
  const significand = b.or(g, when(b, any(b, what, NAN), b.constant(QUIET_BIT)))
  return [pack32(b, sign, exponent, significand), b.and(what, b.constant(IE))] as const
})

/** (32 bits, immediate, MXCSR) → (16 bits, flags). Tiny results are not flushed to zero. */
export const singleToHalf = defineRoutine('single to half', 3, 2, (b, [x, immediate, mxcsr]) => {
  const [sign, e, g, what] = b.routine(FORMATS[32].read, x, mxcsr)
  const exponent = b.variable(b.constant(2 - HALF.least))
  // A payload loses its low bits.
  const kept = b.shl(b.shrU(g, b.constant(HALF.drop)), b.constant(HALF.drop))
  const significand = b.variable(b.or(kept, when(b, any(b, what, NAN), b.constant(QUIET_BIT))))
  const flags = b.variable(b.and(what, b.constant(IE | DE)))
  b.if(no(b, any(b, what, SPECIAL)), () => {
    const control = b.select(any(b, immediate, ROUND_BY_MXCSR), b.shrU(mxcsr, b.constant(ROUNDING_SHIFT)), immediate)
    const mode = b.or(b.and(roundingMode(b, mxcsr), b.constant(~(FLUSH_TO_ZERO | 3))), b.and(control, b.constant(3)))
    const [rounded, result, how] = b.routine(round, sign, e, g, b.constant(0), b.constant(HALF.drop), b.constant(HALF.least), mode)
    exponent.set(rounded)
    significand.set(result)
    flags.set(b.or(flags.get(), b.and(how, b.constant(~C1))))
  })
  return [pack16(b, sign, exponent.get(), significand.get()), flags.get()] as const
})
