/** Numbers that all of floating point shares. */
import type { RoutineBuilder } from '../semantics/builder'

/** Exception flags, at the same places in the x87 status word, its control word's masks and MXCSR (SDM vol. 1, 8.1.3, 10.2.3). */
export const IE = 1
export const DE = 2
export const ZE = 4
export const OE = 8
export const UE = 0x10
export const PE = 0x20
export const EXCEPTIONS = 0x3f
/** Status word: stack fault; C1, which says that rounding went away from zero; error summary and busy. */
export const SF = 0x40
export const C0 = 0x100
export const C1 = 0x200
export const C2 = 0x400
export const C3 = 0x4000
export const ERROR_SUMMARY = 0x8080
export const TOP_SHIFT = 11

/** What an operand is, beside IE (signaling NaN, unsupported encoding) and DE (denormal). */
export const INFINITY = 0x100
export const NAN = 0x200
export const UNSUPPORTED = 0x400
export const ZERO = 0x800
/** Not a finite number. */
export const SPECIAL = INFINITY | NAN | UNSUPPORTED

/** Rounding control. */
export const NEAREST = 0
export const DOWN = 1
export const UP = 2
export const CHOP = 3

/** Exponent of an unpacked zero. */
export const ZERO_EXPONENT = -0x10_0000
/** Implicit or explicit first bit of a significand, and the one that makes a NaN quiet. */
export const TOP_BIT = 1n << 63n
export const QUIET_BIT = 1n << 62n
/** Sign and exponent of NaNs and infinities in 80 bits; the default NaN is negative (SDM vol. 1, 4.2.2). */
export const SPECIAL_80 = 0x7fff
export const DEFAULT_NAN_80 = 0xffff
export const DEFAULT_NAN_SIGNIFICAND = 3n << 62n

/** By how much exponents are adjusted when overflow or underflow is unmasked (SDM vol. 1, 8.5.4). */
export const WRAP = 24576

/** How many low bits of a 64-bit significand a format drops, and its least exponent. The greatest is 1 − least. */
export const HALF = { drop: 53, least: -14 } as const
export const SINGLE = { drop: 40, least: -126 } as const
export const DOUBLE = { drop: 11, least: -1022 } as const
export const EXTENDED = { drop: 0, least: -16382 } as const

/** Bits of `value` under a constant mask: 0 or 1. */
export function any<V>(b: RoutineBuilder<V>, value: V, mask: number | bigint): V {
  return b.ne(b.and(value, b.constant(mask)), b.constant(0))
}

/** The negation of a truth value. */
export function no<V>(b: RoutineBuilder<V>, truth: V): V {
  return b.isZero(truth)
}

/** 0 unless the truth value holds. */
export function when<V>(b: RoutineBuilder<V>, truth: V, value: V | number): V {
  return b.select(truth, typeof value === 'number' ? b.constant(value) : value, b.constant(0))
}
