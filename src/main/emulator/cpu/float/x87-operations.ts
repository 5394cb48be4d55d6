/** Whole x87 operations on the register stack: operands checked, result rounded, status word and stack brought up to date. */
import type { RoutineBuilder } from '../semantics/builder'
import { defineRoutine } from '../semantics/routines'
import {
  any, C0, C1, C2, C3, DE, DEFAULT_NAN_80, DEFAULT_NAN_SIGNIFICAND, IE, INFINITY, NAN, no, OE, PE, QUIET_BIT, SF, SPECIAL, SPECIAL_80, TOP_BIT, UE, UNSUPPORTED, when, ZE, ZERO,
} from './bits'
import { packExponent80, unpack80 } from './format'
import { fromInteger, roundToIntegral, toInteger } from './integer'
import { arithmetic80, compare80, narrow80, root80, widen80 } from './x87-arithmetic'
import { finishWithoutResult, finishX87, moveTop, physical, pushX87, readStack, writeStack } from './x87-stack'

const STACK_FAULT = IE | SF
const ROUNDING_SHIFT = 10
const COMPARE_CODES = C0 | C2 | C3
const CF = 1
const PF = 4
const ZF = 0x40

function finishEmpty<V>(b: RoutineBuilder<V>, i: V, pops: V): void {
  b.routine(finishX87, i, b.constant(DEFAULT_NAN_80), b.constant(DEFAULT_NAN_SIGNIFICAND), b.constant(STACK_FAULT), pops)
}

/** (operation, destination, a, b, registers to pop) → (): ST(destination) = ST(a) op ST(b). */
export const arithmeticOfStack = defineRoutine('arithmeticOfStack', 5, 0, (b, [operation, destination, first, second, pops]) => {
  const [seA, significandA, emptyA] = b.routine(readStack, first)
  const [seB, significandB, emptyB] = b.routine(readStack, second)
  b.if(b.or(emptyA, emptyB), () => finishEmpty(b, destination, pops), () => {
    const [signA, eA, gA, whatA] = b.routine(unpack80, seA, significandA)
    const [signB, eB, gB, whatB] = b.routine(unpack80, seB, significandB)
    const [se, significand, flags] = b.routine(arithmetic80, operation, signA, eA, gA, whatA, signB, eB, gB, whatB, b.special('fcw'))
    b.routine(finishX87, destination, se, significand, flags, pops)
  })
  return [] as const
})

/** (operation, reversed, unpacked value) → (): ST = ST op value, or value op ST. */
export const arithmeticWithValue = defineRoutine('arithmeticWithValue', 6, 0, (b, [operation, reversed, signB, eB, gB, whatB]) => {
  const [seA, significandA, empty] = b.routine(readStack, b.constant(0))
  b.if(empty, () => finishEmpty(b, b.constant(0), b.constant(0)), () => {
    const [signA, eA, gA, whatA] = b.routine(unpack80, seA, significandA)
    const fcw = b.special('fcw')
    const pick = (x: typeof signA, y: typeof signA): [typeof signA, typeof signA] => [b.select(reversed, y, x), b.select(reversed, x, y)]
    const [s1, s2] = pick(signA, signB)
    const [e1, e2] = pick(eA, eB)
    const [g1, g2] = pick(gA, gB)
    const [w1, w2] = pick(whatA, whatB)
    const [se, significand, flags] = b.routine(arithmetic80, operation, s1, e1, g1, w1, s2, e2, g2, w2, fcw)
    b.routine(finishX87, b.constant(0), se, significand, flags, b.constant(0))
  })
  return [] as const
})

/** (unpacked value, not there, quiet, registers to pop) → (): condition codes of ST against a value. */
export const compareWithValue = defineRoutine('compareWithValue', 7, 0, (b, [signB, eB, gB, whatB, missing, quiet, pops]) => {
  const [seA, significandA, empty] = b.routine(readStack, b.constant(0))
  const [signA, eA, gA, whatA] = b.routine(unpack80, seA, significandA)
  const [codes, flags] = b.routine(compare80, signA, eA, gA, whatA, signB, eB, gB, whatB, quiet)
  const fault = b.or(empty, missing)
  const all = b.select(fault, b.constant(STACK_FAULT), flags)
  b.routine(finishWithoutResult, all, b.select(fault, b.constant(COMPARE_CODES), codes), b.constant(COMPARE_CODES), b.constant(IE | DE), pops)
  return [] as const
})

/** (i, quiet, registers to pop) → (): condition codes of ST against ST(i). */
export const compareWithStack = defineRoutine('compareWithStack', 3, 0, (b, [i, quiet, pops]) => {
  const [se, significand, empty] = b.routine(readStack, i)
  const [sign, e, g, what] = b.routine(unpack80, se, significand)
  b.routine(compareWithValue, sign, e, g, what, empty, quiet, pops)
  return [] as const
})

/** (i, quiet, registers to pop) → (ZF, PF and CF in their places): FCOMI and its kin. They are set even when an unmasked exception keeps the stack. */
export const compareToFlags = defineRoutine('compareToFlags', 3, 1, (b, [i, quiet, pops]) => {
  const [seA, significandA, emptyA] = b.routine(readStack, b.constant(0))
  const [seB, significandB, emptyB] = b.routine(readStack, i)
  const [signA, eA, gA, whatA] = b.routine(unpack80, seA, significandA)
  const [signB, eB, gB, whatB] = b.routine(unpack80, seB, significandB)
  const [codes, flags] = b.routine(compare80, signA, eA, gA, whatA, signB, eB, gB, whatB, quiet)
  const fault = b.or(emptyA, emptyB)
  const shown = b.select(fault, b.constant(COMPARE_CODES), codes)
  const all = b.select(fault, b.constant(STACK_FAULT), flags)
  b.routine(finishWithoutResult, all, b.constant(0), b.constant(0), b.constant(IE | DE), pops)
  const image = b.or(b.or(when(b, any(b, shown, C3), ZF), when(b, any(b, shown, C2), PF)), when(b, any(b, shown, C0), CF))
  return [image] as const
})

/** (unpacked value of 32 or 64 bits) → (): pushes it. */
export const loadValue = defineRoutine('loadValue', 4, 0, (b, [sign, e, g, what]) => {
  const [se, significand, flags] = b.routine(widen80, sign, e, g, what)
  b.routine(pushX87, se, significand, flags)
  return [] as const
})

/** (signed integer) → (): pushes it. */
export const loadInteger = defineRoutine('loadInteger', 1, 0, (b, [value]) => {
  const [sign, e, g] = b.routine(fromInteger, value)
  b.routine(pushX87, packExponent80(b, sign, e, g), g, b.constant(0))
  return [] as const
})

/** (i) → (): pushes ST(i). */
export const loadStack = defineRoutine('loadStack', 1, 0, (b, [i]) => {
  const [se, significand, empty] = b.routine(readStack, i)
  b.routine(
    pushX87, b.select(empty, b.constant(DEFAULT_NAN_80), se), b.select(empty, b.constant(DEFAULT_NAN_SIGNIFICAND), significand), when(b, empty, STACK_FAULT),
  )
  return [] as const
})

/** (i, registers to pop) → (): ST(i) = ST. */
export const storeStack = defineRoutine('storeStack', 2, 0, (b, [i, pops]) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  b.if(empty, () => finishEmpty(b, i, pops), () => {
    b.routine(finishX87, i, se, significand, b.constant(0), pops)
  })
  return [] as const
})

/** (bits: 32, 64) → (pattern of ST, flags, whether to store it). */
export const patternToStore = defineRoutine('patternToStore', 1, 3, (b, [bits]) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  const fcw = b.special('fcw')
  const [pattern, how] = b.routine(
    narrow80, b.select(empty, b.constant(DEFAULT_NAN_80), se), b.select(empty, b.constant(DEFAULT_NAN_SIGNIFICAND), significand), fcw, bits,
  )
  const flags = b.select(empty, b.constant(STACK_FAULT), how)
  // Nothing was rounded when nothing is stored.
  const stopped = any(b, b.and(flags, b.not(fcw)), IE | OE | UE)
  return [pattern, b.and(flags, b.select(stopped, b.constant(~(PE | C1)), b.constant(-1))), no(b, stopped)] as const
})

/** (bits: 16, 32, 64; chop) → (integer from ST, flags, whether to store it). */
export const integerToStore = defineRoutine('integerToStore', 2, 3, (b, [bits, chop]) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  const fcw = b.special('fcw')
  const [sign, e, g, what] = b.routine(unpack80, se, significand)
  const rc = b.and(b.or(b.shrU(fcw, b.constant(ROUNDING_SHIFT)), b.select(chop, b.constant(3), b.constant(0))), b.constant(3))
  const [value, how] = b.routine(toInteger, sign, e, g, b.or(what, when(b, empty, UNSUPPORTED)), rc, bits)
  const flags = b.select(empty, b.constant(STACK_FAULT), how)
  return [value, flags, no(b, any(b, b.and(flags, b.not(fcw)), IE))] as const
})

/** (flags, registers to pop) → (): after a store. */
export const finishStore = defineRoutine('finishStore', 2, 0, (b, [flags, pops]) => {
  b.routine(finishWithoutResult, flags, b.constant(0), b.constant(0), b.constant(IE | OE | UE), pops)
  return [] as const
})

/** () → (): ST = √ST. */
export const rootOfTop = defineRoutine('rootOfTop', 0, 0, (b) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  b.if(empty, () => finishEmpty(b, b.constant(0), b.constant(0)), () => {
    const [sign, e, g, what] = b.routine(unpack80, se, significand)
    const [resultSe, result, flags] = b.routine(root80, sign, e, g, what, b.special('fcw'))
    b.routine(finishX87, b.constant(0), resultSe, result, flags, b.constant(0))
  })
  return [] as const
})

/** (sign and exponent: AND, XOR) → (): FABS, FCHS. */
export const changeSign = defineRoutine('changeSign', 2, 0, (b, [and, xor]) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  b.if(empty, () => finishEmpty(b, b.constant(0), b.constant(0)), () => {
    b.routine(finishX87, b.constant(0), b.xor(b.and(se, and), xor), significand, b.constant(0), b.constant(0))
  })
  return [] as const
})

/** (i) → (): FXCH. Empty registers become the default NaN first. */
export const exchange = defineRoutine('exchange', 1, 0, (b, [i]) => {
  const [seA, significandA, emptyA] = b.routine(readStack, b.constant(0))
  const [seB, significandB, emptyB] = b.routine(readStack, i)
  const flags = when(b, b.or(emptyA, emptyB), STACK_FAULT)
  const stopped = any(b, b.and(flags, b.not(b.special('fcw'))), IE)
  b.routine(finishWithoutResult, flags, b.constant(0), b.constant(0), b.constant(0), b.constant(0))
  b.if(no(b, stopped), () => {
    writeStack(b, i, b.select(emptyA, b.constant(DEFAULT_NAN_80), seA), b.select(emptyA, b.constant(DEFAULT_NAN_SIGNIFICAND), significandA))
    writeStack(b, b.constant(0), b.select(emptyB, b.constant(DEFAULT_NAN_80), seB), b.select(emptyB, b.constant(DEFAULT_NAN_SIGNIFICAND), significandB))
  })
  return [] as const
})

/** (i, condition) → (): FCMOVcc. */
export const conditionalMove = defineRoutine('conditionalMove', 2, 0, (b, [i, condition]) => {
  const [, , emptyA] = b.routine(readStack, b.constant(0))
  const [seB, significandB, emptyB] = b.routine(readStack, i)
  b.if(b.or(emptyA, emptyB), () => finishEmpty(b, b.constant(0), b.constant(0)), () => {
    // C1 stays, as processors have it.
    b.if(condition, () => writeStack(b, b.constant(0), seB, significandB))
  })
  return [] as const
})

/** () → (): FXAM: the class of ST in C3, C2, C0, its sign in C1. */
export const examine = defineRoutine('examine', 0, 0, (b) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  const [sign, , , what] = b.routine(unpack80, se, significand)
  const is = (bit: number): typeof what => any(b, what, bit)
  const finite = b.select(is(ZERO), b.constant(C3), b.select(is(DE), b.constant(C3 | C2), b.constant(C2)))
  const special = b.select(is(NAN), b.constant(C0), b.select(is(INFINITY), b.constant(C2 | C0), b.constant(0)))
  const known = b.select(is(SPECIAL), special, finite)
  const codes = b.or(b.select(empty, b.constant(C3 | C0), known), when(b, sign, C1))
  b.routine(finishWithoutResult, b.constant(0), codes, b.constant(COMPARE_CODES | C1), b.constant(0), b.constant(0))
  return [] as const
})

/** () → (): FRNDINT. */
export const roundTop = defineRoutine('roundTop', 0, 0, (b) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  b.if(empty, () => finishEmpty(b, b.constant(0), b.constant(0)), () => {
    const [sign, e, g, what] = b.routine(unpack80, se, significand)
    b.if(any(b, what, SPECIAL | ZERO), () => {
      const nan = b.or(significand, when(b, any(b, what, NAN), b.constant(QUIET_BIT)))
      const bad = any(b, what, UNSUPPORTED)
      b.routine(
        finishX87, b.constant(0), b.select(bad, b.constant(DEFAULT_NAN_80), se), b.select(bad, b.constant(DEFAULT_NAN_SIGNIFICAND), nan), b.and(what, b.constant(IE)),
        b.constant(0),
      )
    }, () => {
      const fcw = b.special('fcw')
      const rc = b.and(b.shrU(fcw, b.constant(ROUNDING_SHIFT)), b.constant(3))
      const [exponent, g2, how] = b.routine(roundToIntegral, sign, e, g, rc)
      const denormal = b.and(what, b.constant(DE))
      const flags = b.or(denormal, b.select(any(b, b.and(denormal, b.not(fcw)), DE), b.constant(0), how))
      b.routine(finishX87, b.constant(0), packExponent80(b, sign, exponent, g2), g2, flags, b.constant(0))
    })
  })
  return [] as const
})

/** () → (): FXTRACT: ST = exponent, then pushes the significand. */
export const extract = defineRoutine('extract', 0, 0, (b) => {
  const [se, significand, empty] = b.routine(readStack, b.constant(0))
  const above = physical(b, b.constant(7))
  const full = b.ne(b.and(b.special('ftw'), b.shl(b.constant(1), above)), b.constant(0))
  const [sign, e, , what] = b.routine(unpack80, se, significand)
  const [expSign, expE, expG] = b.routine(fromInteger, e)
  const [, , g] = b.routine(unpack80, se, significand)
  const signBit = b.shl(sign, b.constant(15))
  const lowSe = b.variable(packExponent80(b, expSign, expE, expG))
  const low = b.variable(expG)
  const highSe = b.variable(packExponent80(b, sign, b.constant(0), g))
  const high = b.variable(g)
  const flags = b.variable(b.and(what, b.constant(DE)))
  const both = (exponent: typeof se, value: typeof se): void => {
    lowSe.set(exponent)
    low.set(value)
    highSe.set(exponent)
    high.set(value)
  }
  b.if(any(b, what, ZERO), () => {
    lowSe.set(b.constant(SPECIAL_80 | 0x8000))
    low.set(b.constant(TOP_BIT))
    highSe.set(signBit)
    high.set(b.constant(0))
    flags.set(b.constant(ZE))
  })
  b.if(any(b, what, INFINITY), () => {
    both(se, significand)
    lowSe.set(b.constant(SPECIAL_80))
  })
  b.if(any(b, what, NAN), () => {
    both(se, b.or(significand, b.constant(QUIET_BIT)))
    flags.set(b.and(what, b.constant(IE)))
  })
  const fault = b.or(empty, full)
  b.if(b.or(fault, any(b, what, UNSUPPORTED)), () => {
    both(b.constant(DEFAULT_NAN_80), b.constant(DEFAULT_NAN_SIGNIFICAND))
    flags.set(b.select(fault, b.or(b.constant(STACK_FAULT), when(b, b.and(full, no(b, empty)), C1)), b.constant(IE)))
  })
  const stopped = any(b, b.and(flags.get(), b.not(b.special('fcw'))), IE | DE | ZE)
  b.routine(finishWithoutResult, flags.get(), b.constant(0), b.constant(0), b.constant(0), b.constant(0))
  b.if(no(b, stopped), () => {
    writeStack(b, b.constant(0), lowSe.get(), low.get())
    // Whether the register above is in use was looked at before.
    moveTop(b, b.constant(7))
    writeStack(b, b.constant(0), highSe.get(), high.get())
  })
  return [] as const
})
