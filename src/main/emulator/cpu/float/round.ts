/** Rounding (IEEE 754; SDM vol. 1, 4.8.4, 4.9.1). */
import { defineRoutine } from '../semantics/routines'
import { any, C1, DOWN, NEAREST, no, OE, PE, TOP_BIT, UE, UP, when, WRAP } from './bits'

/** Bit of `mode` that replaces tiny results by zero. */
export const FLUSH_TO_ZERO = 0x8000

/** (hi, lo, count ≥ 0) → (hi, lo) shifted right by any count; what is lost stays in the last bit. */
export const shiftRightSticky = defineRoutine('shiftRightSticky', 3, 2, (b, [hi, lo, count]) => {
  const high = b.variable(hi)
  const low = b.variable(lo)
  b.if(b.ltU(b.constant(63), count), () => {
    const lost = b.ne(lo, b.constant(0))
    high.set(b.constant(0))
    low.set(b.or(hi, lost))
    b.if(b.ltU(b.constant(64), count), () => {
      const beyond = b.sub(count, b.constant(64))
      const far = b.ltU(b.constant(63), beyond)
      const gone = b.or(lost, b.select(far, b.ne(hi, b.constant(0)), b.ne(b.shl(hi, b.sub(b.constant(64), beyond)), b.constant(0))))
      low.set(b.or(b.select(far, b.constant(0), b.shrU(hi, beyond)), gone))
    })
  }, () => {
    b.if(b.ne(count, b.constant(0)), () => {
      const back = b.sub(b.constant(64), count)
      high.set(b.shrU(hi, count))
      low.set(b.or(b.or(b.shl(hi, back), b.shrU(lo, count)), b.ne(b.shl(lo, back), b.constant(0))))
    })
  })
  return [high.get(), low.get()] as const
})

/**
 * (sign, hi, lo, drop, rounding control) → (significand with its low `drop` bits zero, carry into the next exponent, 0 exact, 1 rounded
 * towards zero or 3 away from it).
 */
export const roundSignificand = defineRoutine('roundSignificand', 5, 3, (b, [sign, hi, lo, drop, rc]) => {
  const fraction = b.select(b.isZero(drop), lo, b.or(b.shl(hi, b.sub(b.constant(64), drop)), b.ne(lo, b.constant(0))))
  const kept = b.shl(b.shrU(hi, drop), drop)
  const odd = b.and(b.shrU(kept, drop), b.constant(1))
  const half = b.constant(TOP_BIT)
  const inexact = b.ne(fraction, b.constant(0))
  const nearest = b.or(b.ltU(half, fraction), b.and(b.eq(fraction, half), odd))
  const away = b.or(b.and(b.eq(rc, b.constant(DOWN)), sign), b.and(b.eq(rc, b.constant(UP)), no(b, sign)))
  const up = b.select(b.eq(rc, b.constant(NEAREST)), nearest, b.and(inexact, away))
  const sum = b.add(kept, b.shl(up, drop))
  const carry = b.and(up, b.isZero(sum))
  return [b.select(carry, b.constant(TOP_BIT), sum), carry, b.or(inexact, b.shl(up, b.constant(1)))] as const
})

/**
 * (sign, e, hi, lo, drop, least exponent, mode) → (e, significand, flags). Input normalized or zero. A result without bit 63 is denormal or zero and
 * has the least exponent; infinity has the greatest exponent plus one. `mode`: bits 0–1 rounding control; OE, UE: that exception is unmasked and
 * the exponent wraps; `FLUSH_TO_ZERO`. Flags: OE, UE, PE, C1.
 */
export const round = defineRoutine('round', 7, 3, (b, [sign, e, hi, lo, drop, least, mode]) => {
  const exponent = b.variable(least)
  const significand = b.variable(b.constant(0))
  const flags = b.variable(b.constant(0))
  const inexactFlags = (how: ReturnType<typeof b.constant>): ReturnType<typeof b.constant> =>
    b.or(when(b, any(b, how, 1), PE), when(b, any(b, how, 2), C1))
  b.if(b.ne(hi, b.constant(0)), () => {
    const rc = b.and(mode, b.constant(3))
    const [sig, carry, how] = b.routine(roundSignificand, sign, hi, lo, drop, rc)
    const rounded = b.add(e, carry)
    const greatest = b.sub(b.constant(1), least)
    exponent.set(rounded)
    significand.set(sig)
    flags.set(inexactFlags(how))
    b.if(b.ltS(rounded, least), () => {
      b.if(any(b, mode, UE), () => {
        exponent.set(b.add(rounded, b.constant(WRAP)))
        flags.set(b.or(flags.get(), b.constant(UE)))
      }, () => {
        exponent.set(least)
        b.if(any(b, mode, FLUSH_TO_ZERO), () => {
          significand.set(b.constant(0))
          flags.set(b.constant(UE | PE))
        }, () => {
          const [high, low] = b.routine(shiftRightSticky, hi, lo, b.sub(least, e))
          const [denormal, , lost] = b.routine(roundSignificand, sign, high, low, drop, rc)
          significand.set(denormal)
          flags.set(b.or(inexactFlags(lost), when(b, any(b, lost, 1), UE)))
        })
      })
    })
    b.if(b.ltS(greatest, rounded), () => {
      b.if(any(b, mode, OE), () => {
        exponent.set(b.sub(rounded, b.constant(WRAP)))
        flags.set(b.or(flags.get(), b.constant(OE)))
      }, () => {
        const infinite = b.or(b.isZero(rc), b.or(b.and(b.eq(rc, b.constant(DOWN)), sign), b.and(b.eq(rc, b.constant(UP)), no(b, sign))))
        exponent.set(b.add(greatest, infinite))
        significand.set(b.select(infinite, b.constant(TOP_BIT), b.shl(b.constant(-1), drop)))
        flags.set(b.or(b.constant(OE | PE), when(b, infinite, C1)))
      })
    })
  })
  return [exponent.get(), significand.get(), flags.get()] as const
})
