/** a · b + c with a single rounding (IEEE 754, 5.4.1; SDM vol. 1, 14.5: FMA). */
import { defineRoutine, type Routine } from '../semantics/routines'
import { multiplyNumbers, normalizeDifference, takeCarry } from './arithmetic'
import { any, DE, IE, INFINITY, NAN, no, SPECIAL, ZERO } from './bits'
import { shiftRightSticky } from './round'
import { FORMATS, ROUNDING_SHIFT, type Format } from './sse-format'

/** Bits of the first argument of `multiplyAdd`. */
export const Negate = { product: 1, addend: 2 } as const

/**
 * (sign, e, hi, lo) + (sign, e, hi, 0), rounding control → (sign, e, hi, lo): a product and a number, both normalized or zero; bits that are lost
 * stay in the last one. An exact zero is negative only when rounding down, or when both were. Bits are lost only far behind the first one that
 * is rounded: where the first bits cancel, the exponents differ by one at most, and products of doubles leave 22 bits free.
 */
export const addToProduct = defineRoutine('addToProduct', 8, 4, (b, [signP, eP, hiP, loP, signC, eC, gC, rc]) => {
  // With equal first halves the product is not the lesser one.
  const swap = b.or(b.ltS(eP, eC), b.and(b.eq(eP, eC), b.ltU(hiP, gC)))
  const sign = b.variable(b.select(swap, signC, signP))
  const e = b.variable(b.select(swap, eC, eP))
  const greaterHigh = b.select(swap, gC, hiP)
  const greaterLow = b.select(swap, b.constant(0), loP)
  const distance = b.select(swap, b.sub(eC, eP), b.sub(eP, eC))
  const [otherHigh, otherLow] = b.routine(shiftRightSticky, b.select(swap, hiP, gC), b.select(swap, loP, b.constant(0)), distance)
  const hi = b.variable(b.constant(0))
  const lo = b.variable(b.constant(0))
  b.if(b.eq(signP, signC), () => {
    const low = b.add(greaterLow, otherLow)
    const carry = b.ltU(low, greaterLow)
    const partial = b.add(greaterHigh, otherHigh)
    const high = b.add(partial, carry)
    const over = b.or(b.ltU(partial, greaterHigh), b.ltU(high, partial))
    hi.set(high)
    lo.set(low)
    b.if(over, () => takeCarry(b, { sign, e, hi, lo }))
  }, () => {
    lo.set(b.sub(greaterLow, otherLow))
    hi.set(b.sub(b.sub(greaterHigh, otherHigh), b.ltU(greaterLow, otherLow)))
    normalizeDifference(b, { sign, e, hi, lo }, rc)
  })
  return [sign.get(), e.get(), hi.get(), lo.get()] as const
})

/** (negations, a, b, c, MXCSR) → (pattern, flags): ± a · b ± c. Of several NaNs the first in the order a, b, c is the result, with its own sign. */
function multiplyAdd({ name, quietBit, defaultNan, read, finish, infinity }: Format): Routine<5, 2> {
  return defineRoutine(`${name} multiply and add`, 5, 2, (b, [negations, x, y, z, mxcsr]) => {
    const [signA, eA, gA, whatA] = b.routine(read, x, mxcsr)
    const [signB, eB, gB, whatB] = b.routine(read, y, mxcsr)
    const [signZ, eC, gC, whatC] = b.routine(read, z, mxcsr)
    const signP = b.xor(b.xor(signA, signB), any(b, negations, Negate.product))
    const signC = b.xor(signZ, any(b, negations, Negate.addend))
    const whatFactors = b.or(whatA, whatB)
    const what = b.or(whatFactors, whatC)
    const result = b.variable(b.constant(defaultNan))
    const flags = b.variable(b.constant(IE))
    const denormal = b.and(what, b.constant(DE))
    b.if(any(b, what, SPECIAL), () => {
      const infiniteProduct = any(b, whatFactors, INFINITY)
      const undefinedProduct = b.and(infiniteProduct, any(b, whatFactors, ZERO))
      b.if(any(b, what, NAN), () => {
        const first = b.select(any(b, whatA, NAN), x, b.select(any(b, whatB, NAN), y, z))
        result.set(b.or(first, b.constant(quietBit)))
        flags.set(b.and(what, b.constant(IE)))
      }, () => {
        const opposite = b.and(b.and(infiniteProduct, any(b, whatC, INFINITY)), b.ne(signP, signC))
        b.if(no(b, b.or(undefinedProduct, opposite)), () => {
          result.set(infinity(b, b.select(infiniteProduct, signP, signC)))
          flags.set(denormal)
        })
      })
    }, () => {
      const [eP, hiP, loP] = b.routine(multiplyNumbers, eA, gA, eB, gB)
      const rc = b.and(b.shrU(mxcsr, b.constant(ROUNDING_SHIFT)), b.constant(3))
      const [sign, e, hi, lo] = b.routine(addToProduct, signP, eP, hiP, loP, signC, eC, gC, rc)
      const [pattern, how] = b.routine(finish, sign, e, hi, lo, mxcsr)
      result.set(pattern)
      flags.set(b.or(denormal, how))
    })
    return [result.get(), flags.get()] as const
  })
}

/** By bits of the numbers. */
export const MULTIPLY_ADD: Readonly<Record<32 | 64, Routine<5, 2>>> = { 32: multiplyAdd(FORMATS[32]), 64: multiplyAdd(FORMATS[64]) }
