/** The formats of numbers in registers and memory (SDM vol. 1, 4.2.2, 4.8.3, 8.2.2). */
import type { RoutineBuilder } from '../semantics/builder'
import { defineRoutine, type Routine } from '../semantics/routines'
import { any, DE, DOUBLE, EXTENDED, HALF, IE, INFINITY, NAN, QUIET_BIT, SINGLE, SPECIAL_80, TOP_BIT, UNSUPPORTED, when, ZERO, ZERO_EXPONENT } from './bits'

const BIAS_80 = 16383

/** (sign and exponent, significand) → (sign, e, g, what it is). The g of a NaN is its significand. */
export const unpack80 = defineRoutine('unpack80', 2, 4, (b, [se, significand]) => {
  const biased = b.and(se, b.constant(SPECIAL_80))
  const integer = any(b, significand, TOP_BIT)
  const e = b.variable(b.sub(biased, b.constant(BIAS_80)))
  const g = b.variable(significand)
  const what = b.variable(when(b, b.isZero(integer), UNSUPPORTED | IE))
  b.if(b.isZero(biased), () => {
    const zeros = b.clz(significand)
    const zero = b.isZero(significand)
    e.set(b.select(zero, b.constant(ZERO_EXPONENT), b.sub(b.constant(EXTENDED.least), zeros)))
    g.set(b.shl(significand, zeros))
    what.set(b.select(zero, b.constant(ZERO), b.constant(DE)))
  })
  b.if(b.and(b.eq(biased, b.constant(SPECIAL_80)), integer), () => {
    what.set(b.select(b.isZero(b.shl(significand, b.constant(1))), b.constant(INFINITY), nanInfo(b, significand)))
  })
  return [b.shrU(se, b.constant(15)), e.get(), g.get(), what.get()] as const
})

function nanInfo<V>(b: RoutineBuilder<V>, significand: V): V {
  return b.select(any(b, significand, QUIET_BIT), b.constant(NAN), b.constant(NAN | IE))
}

/** Unpacking of a format with `bits` bits and a hidden first bit. */
function unpackHidden(name: string, bits: number, { drop, least }: { drop: number; least: number }): Routine<1, 4> {
  const fractionBits = 63 - drop
  const special = 1 - 2 * (least - 1)
  return defineRoutine(name, 1, 4, (b, [value]) => {
    const sign = b.shrU(value, b.constant(bits - 1))
    const biased = b.and(b.shrU(value, b.constant(fractionBits)), b.constant(special))
    const fraction = b.shrU(b.shl(value, b.constant(64 - fractionBits)), b.constant(1))
    const normal = b.or(fraction, b.constant(TOP_BIT))
    const e = b.variable(b.add(biased, b.constant(least - 1)))
    const g = b.variable(normal)
    const what = b.variable(b.constant(0))
    b.if(b.isZero(biased), () => {
      const zeros = b.clz(fraction)
      const zero = b.isZero(fraction)
      e.set(b.select(zero, b.constant(ZERO_EXPONENT), b.sub(b.constant(least), zeros)))
      g.set(b.shl(fraction, zeros))
      what.set(b.select(zero, b.constant(ZERO), b.constant(DE)))
    })
    b.if(b.eq(biased, b.constant(special)), () => {
      e.set(b.constant(1 - EXTENDED.least + 1))
      what.set(b.select(b.isZero(fraction), b.constant(INFINITY), nanInfo(b, normal)))
    })
    return [sign, e.get(), g.get(), what.get()] as const
  })
}

/** (pattern) → (sign, e, g, what it is). An infinity has the exponent that it has in 80 bits. The g of a NaN has the payload at the top, as 80 bits would have it. */
export const unpack16 = unpackHidden('unpack16', 16, HALF)
export const unpack32 = unpackHidden('unpack32', 32, SINGLE)
export const unpack64 = unpackHidden('unpack64', 64, DOUBLE)

/** Sign, e and significand as `round` leaves them, as sign and exponent of 80 bits. */
export function packExponent80<V>(b: RoutineBuilder<V>, sign: V, e: V, significand: V): V {
  const biased = when(b, any(b, significand, TOP_BIT), b.add(e, b.constant(BIAS_80)))
  return b.or(b.shl(sign, b.constant(15)), b.and(biased, b.constant(SPECIAL_80)))
}

function packHidden<V>(b: RoutineBuilder<V>, bits: 16 | 32 | 64, { drop, least }: { drop: number; least: number }, sign: V, e: V, significand: V): V {
  const fractionBits = 63 - drop
  const biased = when(b, any(b, significand, TOP_BIT), b.sub(e, b.constant(least - 1)))
  const fraction = b.shrU(b.shl(significand, b.constant(1)), b.constant(drop + 1))
  const whole = b.or(b.shl(sign, b.constant(bits - 1)), b.or(b.shl(biased, b.constant(fractionBits)), fraction))
  return b.zext(bits, whole)
}

/** Sign, e and significand as `round` leaves them, as 16, 32 or 64 bits. NaNs and infinities: e is the greatest exponent plus one. */
export function pack16<V>(b: RoutineBuilder<V>, sign: V, e: V, significand: V): V {
  return packHidden(b, 16, HALF, sign, e, significand)
}

export function pack32<V>(b: RoutineBuilder<V>, sign: V, e: V, significand: V): V {
  return packHidden(b, 32, SINGLE, sign, e, significand)
}

export function pack64<V>(b: RoutineBuilder<V>, sign: V, e: V, significand: V): V {
  return packHidden(b, 64, DOUBLE, sign, e, significand)
}
