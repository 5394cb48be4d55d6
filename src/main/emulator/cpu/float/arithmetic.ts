/** Sum, product, quotient and square root of unpacked numbers, before rounding. */
import type { Arithmetic, RoutineBuilder, Variable } from '../semantics/builder'
import { defineRoutine } from '../semantics/routines'
import { DOWN, TOP_BIT } from './bits'
import { shiftRightSticky } from './round'

const LOW_HALF = 0xffff_ffffn

/** A number while it is made: (−1)^sign · hi:lo / 2^127 · 2^e. */
export interface Sum<V> {
  readonly sign: Variable<V>
  readonly e: Variable<V>
  readonly hi: Variable<V>
  readonly lo: Variable<V>
}

/** Takes in the bit that an addition of significands carried out of `hi`. */
export function takeCarry<V>(b: Arithmetic<V>, { e, hi, lo }: Sum<V>): void {
  lo.set(b.or(b.shl(hi.get(), b.constant(63)), b.or(b.shrU(lo.get(), b.constant(1)), b.and(lo.get(), b.constant(1)))))
  hi.set(b.or(b.shrU(hi.get(), b.constant(1)), b.constant(TOP_BIT)))
  e.set(b.add(e.get(), b.constant(1)))
}

/** Moves the first bit of a difference of significands up to bit 63 of `hi`; an exact zero is negative only when `rc` rounds down. */
export function normalizeDifference<V>(b: Arithmetic<V>, { sign, e, hi, lo }: Sum<V>, rc: V): void {
  b.if(b.isZero(hi.get()), () => {
    hi.set(lo.get())
    lo.set(b.constant(0))
    e.set(b.sub(e.get(), b.constant(64)))
  })
  const high = hi.get()
  const low = lo.get()
  const zeros = b.clz(high)
  b.if(b.isZero(high), () => sign.set(b.eq(rc, b.constant(DOWN))), () => {
    b.if(b.ne(zeros, b.constant(0)), () => {
      hi.set(b.or(b.shl(high, zeros), b.shrU(low, b.sub(b.constant(64), zeros))))
      lo.set(b.shl(low, zeros))
      e.set(b.sub(e.get(), zeros))
    })
  })
}

/** (sign, e, g) + (sign, e, g), rounding control → (sign, e, hi, lo). An exact zero is negative only when rounding down, or when both were. */
export const addNumbers = defineRoutine('addNumbers', 7, 4, (b, [signA, eA, gA, signB, eB, gB, rc]) => {
  const swap = b.or(b.ltS(eA, eB), b.and(b.eq(eA, eB), b.ltU(gA, gB)))
  const sign = b.variable(b.select(swap, signB, signA))
  const greater = b.select(swap, gB, gA)
  const e = b.variable(b.select(swap, eB, eA))
  const distance = b.select(swap, b.sub(eB, eA), b.sub(eA, eB))
  const [otherHigh, otherLow] = b.routine(shiftRightSticky, b.select(swap, gA, gB), b.constant(0), distance)
  const hi = b.variable(b.constant(0))
  const lo = b.variable(otherLow)
  b.if(b.eq(signA, signB), () => {
    const sum = b.add(greater, otherHigh)
    hi.set(sum)
    b.if(b.ltU(sum, greater), () => takeCarry(b, { sign, e, hi, lo }))
  }, () => {
    hi.set(b.sub(b.sub(greater, otherHigh), b.ne(otherLow, b.constant(0))))
    lo.set(b.neg(otherLow))
    normalizeDifference(b, { sign, e, hi, lo }, rc)
  })
  return [sign.get(), e.get(), hi.get(), lo.get()] as const
})

/** (e, g) · (e, g) → (e, hi, lo). */
export const multiplyNumbers = defineRoutine('multiplyNumbers', 4, 3, (b, [eA, gA, eB, gB]) => {
  const high = b.mulHighU(gA, gB)
  const low = b.mul(gA, gB)
  const big = b.ltS(high, b.constant(0))
  return [
    b.add(b.add(eA, eB), big),
    b.select(big, high, b.or(b.shl(high, b.constant(1)), b.shrU(low, b.constant(63)))),
    b.select(big, low, b.shl(low, b.constant(1))),
  ] as const
})

/** (high, low, divisor) → (quotient, remainder); high < divisor, which has bit 63 set. Two digits of 32 bits (Knuth, TAOCP vol. 2, 4.3.1, algorithm D). */
export const divide128 = defineRoutine('divide128', 3, 2, (b, [high, low, divisor]) => {
  const divisorHigh = b.shrU(divisor, b.constant(32))
  const divisorLow = b.and(divisor, b.constant(LOW_HALF))
  const digit = (rest: typeof high, next: typeof high): [typeof high, typeof high] => {
    const q = b.variable(b.divU(rest, divisorHigh))
    const r = b.variable(b.sub(rest, b.mul(q.get(), divisorHigh)))
    for (let correction = 0; correction < 2; correction++) {
      const small = b.ltU(r.get(), b.constant(LOW_HALF + 1n))
      const much = b.ltU(b.or(b.shl(r.get(), b.constant(32)), next), b.mul(q.get(), divisorLow))
      const correct = b.and(small, b.or(much, b.ltU(b.constant(LOW_HALF), q.get())))
      q.set(b.sub(q.get(), correct))
      r.set(b.add(r.get(), b.select(correct, divisorHigh, b.constant(0))))
    }
    const quotient = q.get()
    return [quotient, b.sub(b.or(b.shl(rest, b.constant(32)), next), b.mul(quotient, divisor))] as const
  }
  const [first, rest] = digit(high, b.shrU(low, b.constant(32)))
  const [second, remainder] = digit(rest, b.and(low, b.constant(LOW_HALF)))
  return [b.add(b.shl(first, b.constant(32)), second), remainder] as const
})

/** The bits behind a result that left a remainder: nothing, less than half, half, or more of the divisor. */
function fractionOf<V>(b: RoutineBuilder<V>, remainder: V, divisor: V): V {
  const rest = b.sub(divisor, remainder)
  const half = b.constant(TOP_BIT)
  const more = b.select(b.eq(remainder, rest), half, b.select(b.ltU(rest, remainder), b.or(half, b.constant(1)), b.constant(1)))
  return b.select(b.isZero(remainder), b.constant(0), more)
}

/** (e, g) / (e, g ≠ 0) → (e, hi, lo). */
export const divideNumbers = defineRoutine('divideNumbers', 4, 3, (b, [eA, gA, eB, gB]) => {
  const less = b.ltU(gA, gB)
  const high = b.select(less, gA, b.shrU(gA, b.constant(1)))
  const low = b.select(less, b.constant(0), b.shl(gA, b.constant(63)))
  const [quotient, remainder] = b.routine(divide128, high, low, gB)
  return [b.sub(b.sub(eA, eB), less), quotient, fractionOf(b, remainder, gB)] as const
})

/** (n) → floor of the square root of 64 bits, bit by bit. */
const root64 = defineRoutine('root64', 1, 1, (b, [n]) => {
  const root = b.variable(b.constant(0))
  const bit = b.variable(b.constant(1 << 30))
  bit.set(b.shl(bit.get(), b.constant(1)))
  b.while(() => b.ne(bit.get(), b.constant(0)), () => {
    const candidate = b.or(root.get(), bit.get())
    b.if(b.leU(b.mul(candidate, candidate), n), () => root.set(candidate))
    bit.set(b.shrU(bit.get(), b.constant(1)))
  })
  return [root.get()] as const
})

/** √(e, g) → (e, hi, lo), g not negative. The first half of the root bit by bit, the second by a division (P. Zimmermann, Karatsuba Square Root, INRIA RR-3805). */
export const rootNumber = defineRoutine('rootNumber', 2, 3, (b, [e, g]) => {
  const odd = b.and(e, b.constant(1))
  const high = b.select(odd, g, b.shrU(g, b.constant(1)))
  const low = b.select(odd, b.constant(0), b.shl(g, b.constant(63)))
  const [first] = b.routine(root64, high)
  const rest = b.sub(high, b.mul(first, first))
  // rest ≤ 2 · first < 2^33: one bit less than a whole digit still fits.
  const quotient = b.divU(b.or(b.shl(rest, b.constant(31)), b.shrU(low, b.constant(33))), b.or(first, b.isZero(first)))
  const digit = b.select(b.ltU(b.constant(LOW_HALF), quotient), b.constant(LOW_HALF), quotient)
  const root = b.variable(b.or(b.shl(first, b.constant(32)), digit))
  const restHigh = b.variable(b.constant(0))
  const restLow = b.variable(b.constant(0))
  const subtract = (): void => {
    const squareLow = b.mul(root.get(), root.get())
    restHigh.set(b.sub(b.sub(high, b.mulHighU(root.get(), root.get())), b.ltU(low, squareLow)))
    restLow.set(b.sub(low, squareLow))
  }
  subtract()
  b.if(b.ltS(restHigh.get(), b.constant(0)), () => {
    root.set(b.sub(root.get(), b.constant(1)))
    subtract()
  })
  const result = root.get()
  const exact = b.isZero(b.or(restHigh.get(), restLow.get()))
  // (root + ½)² = root² + root + ¼: beyond half when the remainder is greater than the root.
  const more = b.or(b.ne(restHigh.get(), b.constant(0)), b.ltU(result, restLow.get()))
  const lo = b.select(exact, b.constant(0), b.select(more, b.or(b.constant(TOP_BIT), b.constant(1)), b.constant(1)))
  return [b.shrS(e, b.constant(1)), result, lo] as const
})
