/** FSCALE, FPREM and FPREM1 (SDM vol. 2A). */
import { defineRoutine } from '../semantics/routines'
import {
  any, C0, C1, C2, C3, DE, DEFAULT_NAN_80, DEFAULT_NAN_SIGNIFICAND, EXTENDED, IE, INFINITY, NAN, no, SF, SPECIAL, SPECIAL_80, TOP_BIT, UNSUPPORTED, when, ZERO,
} from './bits'
import { packExponent80, unpack80 } from './format'
import { roundToInteger } from './integer'
import { round } from './round'
import { propagateNan80, roundingMode } from './x87-arithmetic'
import { finishX87, readStack, setStatus, writeStack } from './x87-stack'

const CHOP = 3
/** Beyond this, every number overflows or underflows. */
const FARTHEST = 0x1_0000

/** () → (): ST = ST · 2^trunc(ST(1)). */
export const scale = defineRoutine('scale', 0, 0, (b) => {
  const [seA, significandA, emptyA] = b.routine(readStack, b.constant(0))
  const [seB, significandB, emptyB] = b.routine(readStack, b.constant(1))
  const [signA, eA, gA, whatA] = b.routine(unpack80, seA, significandA)
  const [signB, eB, gB, whatB] = b.routine(unpack80, seB, significandB)
  const what = b.or(whatA, whatB)
  const se = b.variable(b.constant(DEFAULT_NAN_80))
  const significand = b.variable(b.constant(DEFAULT_NAN_SIGNIFICAND))
  const flags = b.variable(b.constant(IE))
  const keep = (): void => {
    // A pseudo-denormal becomes the normal number that it is.
    se.set(b.or(seA, b.and(no(b, any(b, seA, SPECIAL_80)), b.shrU(significandA, b.constant(63)))))
    significand.set(significandA)
    flags.set(b.and(what, b.constant(DE)))
  }
  const setSpecial = (exponent: number, value: bigint): void => {
    se.set(b.or(b.shl(signA, b.constant(15)), b.constant(exponent)))
    significand.set(b.constant(value))
    flags.set(b.and(what, b.constant(DE)))
  }
  b.if(b.or(emptyA, emptyB), () => flags.set(b.constant(IE | SF)), () => {
    b.if(any(b, what, SPECIAL), () => {
      b.if(no(b, any(b, what, UNSUPPORTED)), () => {
        b.if(any(b, what, NAN), () => {
          const [nan, payload] = b.routine(propagateNan80, signA, gA, whatA, signB, gB, whatB)
          se.set(nan)
          significand.set(payload)
          flags.set(b.and(what, b.constant(IE)))
        }, () => {
          b.if(no(b, any(b, whatB, INFINITY)), keep, () => {
            // 0 · 2^∞ and ∞ · 2^−∞ are invalid.
            b.if(no(b, b.select(signB, any(b, whatA, INFINITY), any(b, whatA, ZERO))), () => {
              b.if(signB, () => setSpecial(0, 0n), () => setSpecial(SPECIAL_80, TOP_BIT))
            })
          })
        })
      })
    }, () => {
      b.if(any(b, what, ZERO), keep, () => {
        const [magnitude] = b.routine(roundToInteger, b.constant(0), b.select(b.ltS(eB, b.constant(62)), eB, b.constant(62)), gB, b.constant(CHOP))
        const bounded = b.select(b.ltU(b.constant(FARTHEST), magnitude), b.constant(FARTHEST), magnitude)
        const e = b.select(signB, b.sub(eA, bounded), b.add(eA, bounded))
        const fcw = b.special('fcw')
        const [exponent, rounded, how] = b.routine(round, signA, e, gA, b.constant(0), b.constant(0), b.constant(EXTENDED.least), roundingMode(b, fcw))
        se.set(packExponent80(b, signA, exponent, rounded))
        significand.set(rounded)
        const denormal = b.and(what, b.constant(DE))
        flags.set(b.or(denormal, b.select(any(b, b.and(denormal, b.not(fcw)), DE), b.constant(0), how)))
      })
    })
  })
  b.routine(finishX87, b.constant(0), se.get(), significand.get(), flags.get(), b.constant(0))
  return [] as const
})

/** (gA, gB, steps) → (remainder, low bits of the quotient) of gA · 2^steps / gB; both have bit 63 set. */
const divideSteps = defineRoutine('divideSteps', 3, 2, (b, [gA, gB, steps]) => {
  const first = b.leU(gB, gA)
  const rest = b.variable(b.select(first, b.sub(gA, gB), gA))
  const quotient = b.variable(first)
  const left = b.variable(steps)
  b.while(() => b.ne(left.get(), b.constant(0)), () => {
    const doubled = b.shl(rest.get(), b.constant(1))
    const fits = b.or(b.ltS(rest.get(), b.constant(0)), b.leU(gB, doubled))
    rest.set(b.select(fits, b.sub(doubled, gB), doubled))
    quotient.set(b.or(b.shl(quotient.get(), b.constant(1)), fits))
    left.set(b.sub(left.get(), b.constant(1)))
  })
  return [rest.get(), quotient.get()] as const
})

/**
 * (nearest) → (): ST = remainder of ST / ST(1), of the quotient chopped or rounded to nearest. Exponents 64 or more apart are
 * brought nearer by 32 to 63 bits, and C2 says so.
 */
export const remainder = defineRoutine('remainder', 1, 0, (b, [nearest]) => {
  const [seA, significandA, emptyA] = b.routine(readStack, b.constant(0))
  const [seB, significandB, emptyB] = b.routine(readStack, b.constant(1))
  const [signA, eA, gA, whatA] = b.routine(unpack80, seA, significandA)
  const [signB, eB, gB, whatB] = b.routine(unpack80, seB, significandB)
  const what = b.or(whatA, whatB)
  const fcw = b.special('fcw')
  const se = b.variable(b.constant(DEFAULT_NAN_80))
  const significand = b.variable(b.constant(DEFAULT_NAN_SIGNIFICAND))
  const flags = b.variable(b.constant(IE))
  const quotient = b.variable(b.constant(0))
  const partial = b.variable(b.constant(0))
  b.if(b.or(emptyA, emptyB), () => flags.set(b.constant(IE | SF)), () => {
    b.if(any(b, what, NAN | UNSUPPORTED), () => {
      b.if(no(b, any(b, what, UNSUPPORTED)), () => {
        const [nan, payload] = b.routine(propagateNan80, signA, gA, whatA, signB, gB, whatB)
        se.set(nan)
        significand.set(payload)
        flags.set(b.and(what, b.constant(IE)))
      })
    }, () => {
      b.if(no(b, b.or(any(b, whatA, INFINITY), any(b, whatB, ZERO))), () => {
        const distance = b.sub(eA, eB)
        flags.set(b.and(what, b.constant(DE)))
        const sign = b.variable(signA)
        const e = b.variable(eA)
        const rest = b.variable(gA)
        b.if(b.and(no(b, any(b, b.and(flags.get(), b.not(fcw)), DE)), no(b, b.or(any(b, whatB, INFINITY), any(b, whatA, ZERO)))), () => {
          const far = b.ltS(b.constant(63), distance)
          const steps = b.select(far, b.or(b.and(distance, b.constant(31)), b.constant(32)), distance)
          partial.set(far)
          b.if(b.leS(b.constant(0), distance), () => {
            const [r, q] = b.routine(divideSteps, gA, gB, steps)
            quotient.set(b.select(far, b.constant(0), q))
            rest.set(r)
            e.set(b.sub(eA, steps))
            const other = b.sub(gB, r)
            const beyond = b.or(b.ltU(other, r), b.and(b.eq(other, r), b.and(q, b.constant(1))))
            b.if(b.and(b.and(nearest, no(b, far)), beyond), () => {
              rest.set(other)
              sign.set(b.xor(signA, b.constant(1)))
              quotient.set(b.add(q, b.constant(1)))
            })
          }, () => {
            b.if(b.and(nearest, b.and(b.eq(distance, b.constant(-1)), b.ltU(gB, gA))), () => {
              rest.set(b.sub(gB, b.sub(gA, gB)))
              sign.set(b.xor(signA, b.constant(1)))
              quotient.set(b.constant(1))
            })
          })
          const zeros = b.clz(rest.get())
          b.if(b.isZero(rest.get()), () => sign.set(signA), () => {
            e.set(b.sub(e.get(), zeros))
            rest.set(b.shl(rest.get(), zeros))
          })
        })
        const [exponent, rounded, how] = b.routine(
          round, sign.get(), e.get(), rest.get(), b.constant(0), b.constant(0), b.constant(EXTENDED.least), roundingMode(b, fcw),
        )
        se.set(packExponent80(b, sign.get(), exponent, rounded))
        significand.set(rounded)
        flags.set(b.or(flags.get(), how))
        b.if(any(b, whatA, ZERO), () => significand.set(b.constant(0)))
      })
    })
  })
  const q = quotient.get()
  const codes = b.or(b.or(when(b, any(b, q, 4), C0), when(b, any(b, q, 2), C3)), b.or(when(b, any(b, q, 1), C1), when(b, partial.get(), C2)))
  // Without a quotient, C0 and C3 stay.
  const none = b.or(any(b, flags.get(), IE), any(b, what, NAN))
  const [unmasked] = b.routine(setStatus, flags.get(), codes, b.select(none, b.constant(C1 | C2), b.constant(C0 | C1 | C2 | C3)))
  b.if(no(b, any(b, unmasked, IE | DE)), () => writeStack(b, b.constant(0), se.get(), significand.get()))
  return [] as const
})
