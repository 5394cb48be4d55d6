/**
 * F2XM1, FYL2X, FYL2XP1, FPTAN, FPATAN, FSIN, FCOS, FSINCOS (SDM vol. 1, 8.3.7; vol. 2A), as one system helper. Results are rounded
 * from more than 128 correct bits: the last bit may differ from what a processor's approximations give. Angles are reduced by 66 bits of π.
 */
import { OracleRoutines } from '../semantics/oracle-routines'
import type { CpuState } from '../state/cpu-state'
import { C1, C2, DE, EXTENDED, IE, INFINITY, NAN, OE, PE, QUIET_BIT, SF, SPECIAL_80, TOP_BIT, UE, UNSUPPORTED, ZE, ZERO } from './bits'
import { packExponent80, unpack80 } from './format'
import { round } from './round'
import { atanhOver, atanOver, cosine, elementaryConstants, expm1Over, ONE, PRECISION, sineOver } from './series'
import { propagateNan80, roundingMode } from './x87-arithmetic'
import { finishX87, pushX87, readStack, setStatus } from './x87-stack'

/** Which function; the argument of the helper. */
export const Transcendental = { f2xm1: 0, fyl2x: 1, fptan: 2, fpatan: 3, fyl2xp1: 4, fsincos: 5, fsin: 6, fcos: 7 } as const

interface Unpacked {
  readonly sign: bigint
  readonly e: number
  readonly g: bigint
  readonly what: number
}

/** A result before rounding: sign and mantissa · 2^exponent, or one that is already packed. */
type Result =
  | { readonly negative: boolean; readonly mantissa: bigint; readonly exponent: number; readonly exact?: boolean }
  | { readonly se: number; readonly significand: bigint; readonly flags: number }

const SIGN_80 = 0x8000
const DEFAULT_NAN: Result = { se: 0xffff, significand: 3n << 62n, flags: IE }
const FRACTION = Number(PRECISION)
/** Beyond this exponent FSIN and its kin leave their operand and set C2. */
const FARTHEST_ANGLE = 63
/** Denormals further than this from 1 vanish in fixed point. */
const VANISHES = -FRACTION
/** π as processors reduce angles by: 66 bits of it (SDM vol. 1, 8.3.8). */
const ANGLE_PI = 0x3243f6a8885a308d3n << (PRECISION - 64n)

const negative = (x: Unpacked): boolean => x.sign !== 0n
const is = (x: Unpacked, what: number): boolean => (x.what & what) !== 0
const zero = (isNegative: boolean): Result => ({ se: isNegative ? SIGN_80 : 0, significand: 0n, flags: 0 })
const infinity = (isNegative: boolean, flags = 0): Result => ({ se: SPECIAL_80 | (isNegative ? SIGN_80 : 0), significand: TOP_BIT, flags })

/** |x| in fixed point; the exponent is at most 63. */
function toFixed(x: Unpacked): bigint {
  if (x.e < VANISHES) return 0n
  const shift = FRACTION + x.e - 63
  return shift >= 0 ? x.g << BigInt(shift) : x.g >> BigInt(-shift)
}

/** factor (fixed point) · g · 2^(e − 63) */
function scaled(isNegative: boolean, factor: bigint, g: bigint, e: number): Result {
  return { negative: isNegative, mantissa: factor * g, exponent: e - 63 - FRACTION }
}

/** Fixed point with a sign. */
function fixedResult(value: bigint, isNegative = false): Result {
  const flip = value < 0n
  return { negative: flip !== isNegative, mantissa: flip ? -value : value, exponent: -FRACTION }
}

/** What processors give where the function is not defined for the operand. */
function operandItself(x: Unpacked): Result {
  return { negative: negative(x), mantissa: x.g, exponent: x.e - 63, exact: true }
}

function power2Minus1(x: Unpacked): Result {
  const { ln2 } = elementaryConstants()
  if (is(x, ZERO)) return zero(negative(x))
  if (is(x, INFINITY)) return negative(x) ? { se: 0xbfff, significand: TOP_BIT, flags: 0 } : infinity(false)
  if (x.e >= 0) {
    if (x.e > 0 || x.g !== TOP_BIT) return operandItself(x)
    return { negative: negative(x), mantissa: 1n, exponent: negative(x) ? -1 : 0, exact: true }
  }
  const magnitude = (toFixed(x) * ln2) >> PRECISION
  const ratio = expm1Over(negative(x) ? -magnitude : magnitude)
  return scaled(negative(x), (ln2 * ratio) >> PRECISION, x.g, x.e)
}

/** log2 of a positive number, in fixed point. */
function logarithm2(x: Unpacked): bigint {
  const { ln2 } = elementaryConstants()
  // Mantissa between ¾ and 1½.
  const high = x.g >= 3n << 62n
  const e = BigInt(x.e) + (high ? 1n : 0n)
  const m = high ? (x.g << PRECISION) >> 64n : (x.g << PRECISION) >> 63n
  const z = ((m - ONE) << PRECISION) / (m + ONE)
  return (e << PRECISION) + (2n * z * atanhOver(z)) / ln2
}

function yLog2(y: Unpacked, x: Unpacked): Result {
  const one = x.e === 0 && x.g === TOP_BIT && !negative(x)
  if (is(x, ZERO)) {
    if (is(y, ZERO)) return DEFAULT_NAN
    return is(y, INFINITY) ? infinity(!negative(y)) : infinity(!negative(y), ZE)
  }
  if (negative(x)) return DEFAULT_NAN
  if (is(x, INFINITY)) return is(y, ZERO) ? DEFAULT_NAN : infinity(negative(y))
  const below = x.e < 0
  if (is(y, INFINITY)) return one ? DEFAULT_NAN : infinity(negative(y) !== below)
  if (is(y, ZERO) || one) return zero(negative(y) !== below)
  const log = logarithm2(x)
  const exact = x.g === TOP_BIT
  const factor = exact ? BigInt(x.e) << PRECISION : log
  return { ...scaled(negative(y) !== factor < 0n, factor < 0n ? -factor : factor, y.g, y.e), exact }
}

function yLog2Plus1(y: Unpacked, x: Unpacked): Result {
  const { ln2 } = elementaryConstants()
  const sign = negative(y) !== negative(x)
  if (is(x, INFINITY)) return negative(x) || is(y, ZERO) ? DEFAULT_NAN : infinity(sign)
  if (is(y, INFINITY)) return is(x, ZERO) ? DEFAULT_NAN : infinity(sign)
  if (is(x, ZERO) || is(y, ZERO)) return zero(sign)
  if (negative(x) && x.e >= 0) return operandItself(x)
  const magnitude = x.e < FARTHEST_ANGLE ? toFixed(x) : 0n
  if (x.e >= FARTHEST_ANGLE) return yLog2(y, x)
  const f = negative(x) ? -magnitude : magnitude
  if (magnitude > ONE >> 1n) {
    const m = ONE + f
    const length = m.toString(2).length
    const g = length > 64 ? m >> BigInt(length - 64) : m << BigInt(64 - length)
    return yLog2(y, { sign: 0n, e: length - 1 - FRACTION, g, what: 0 })
  }
  const z = (f << PRECISION) / (2n * ONE + f)
  // log2(1 + x) = x · (2 / (2 + x)) · (atanh(z) / z) / ln 2
  const factor = ((2n * ONE * ONE) / (2n * ONE + f)) * atanhOver(z) / ln2
  const product = x.g * y.g
  return { negative: sign, mantissa: factor * product, exponent: x.e + y.e - 126 - FRACTION }
}

/** An angle below 2^63 in magnitude as quadrant and rest between −π/4 and π/4; `direct`: the rest is the angle itself. */
function reduce(x: Unpacked): { readonly quadrant: number; readonly rest: bigint; readonly direct: boolean } {
  const angle = toFixed(x)
  const half = ANGLE_PI >> 1n
  const quadrants = (2n * angle + half) / (2n * half)
  const rest = angle - quadrants * half
  const signed = negative(x) ? -rest : rest
  const quadrant = Number((negative(x) ? -quadrants : quadrants) & 3n)
  return { quadrant, rest: signed, direct: quadrants === 0n }
}

function sineAndCosine(x: Unpacked): { readonly sine: Result; readonly cosine: Result } {
  if (is(x, ZERO)) return { sine: zero(negative(x)), cosine: { se: 0x3fff, significand: TOP_BIT, flags: 0 } }
  const { quadrant, rest, direct } = reduce(x)
  const ratio = sineOver(rest)
  // Of a tiny angle the cosine is just below 1.
  const cos = rest === 0n ? ONE - 1n : cosine(rest)
  const sin = direct ? scaled(negative(x), ratio - (rest === 0n ? 1n : 0n), x.g, x.e) : fixedResult((ratio * rest) >> PRECISION)
  const even = quadrant % 2 === 0
  const flip = (result: Result, wanted: boolean): Result => ('negative' in result && wanted ? { ...result, negative: !result.negative } : result)
  return {
    sine: flip(even ? sin : fixedResult(cos), quadrant >= 2),
    cosine: flip(even ? fixedResult(cos) : sin, quadrant === 1 || quadrant === 2),
  }
}

function tangent(x: Unpacked): Result {
  if (is(x, ZERO)) return zero(negative(x))
  const { quadrant, rest, direct } = reduce(x)
  const ratio = sineOver(rest)
  const cos = cosine(rest)
  const even = quadrant % 2 === 0
  if (direct) {
    const factor = (ratio << PRECISION) / cos
    return scaled(negative(x), factor + (rest === 0n ? 1n : 0n), x.g, x.e)
  }
  const sin = (ratio * rest) >> PRECISION
  return fixedResult(even ? (sin << PRECISION) / cos : -(cos << PRECISION) / sin)
}

/** atan(y / x) in the quadrant of the point (x, y). */
function arcusTangent(y: Unpacked, x: Unpacked): Result {
  const { pi } = elementaryConstants()
  const left = negative(x)
  const part = (quarters: bigint): Result => fixedResult((pi * quarters) >> 2n, negative(y))
  if (is(y, INFINITY)) return is(x, INFINITY) ? part(left ? 3n : 1n) : part(2n)
  if (is(y, ZERO) || is(x, INFINITY)) return left ? part(4n) : zero(negative(y))
  if (is(x, ZERO)) return part(2n)
  const steep = y.e > x.e || (y.e === x.e && y.g > x.g)
  const [small, great] = steep ? [x, y] : [y, x]
  const distance = small.e - great.e
  const quotient = (small.g << PRECISION) / great.g
  const t = distance < VANISHES ? 0n : quotient >> BigInt(-distance)
  const factor = atanOver(t)
  if (!steep && !left) {
    return { negative: negative(y), mantissa: factor * quotient - 1n, exponent: distance - 2 * FRACTION }
  }
  const angle = (factor * t) >> PRECISION
  // What vanished is still on one side of the exact multiple of π.
  const rest = angle === 0n ? 1n : angle
  const base = steep ? pi >> 1n : pi
  return fixedResult(steep && left ? base + rest : base - rest, negative(y))
}

export function transcendental(state: CpuState, which: number): void {
  const b = new OracleRoutines(state)
  const fcw = b.special('fcw')
  const read = (i: bigint): Unpacked & { readonly empty: boolean } => {
    const [se, significand, empty] = b.routine(readStack, i)
    const [sign, e, g, what] = b.routine(unpack80, se, significand)
    return { sign, e: Number(BigInt.asIntN(64, e)), g, what: Number(what), empty: empty !== 0n }
  }
  const rounded = (result: Result, what: number): readonly [se: bigint, significand: bigint, flags: bigint] => {
    const denormal = what & DE
    if ('se' in result) return [BigInt(result.se), result.significand, BigInt(result.flags | (result.flags & (IE | ZE) ? 0 : denormal))]
    if ((BigInt(denormal) & ~fcw) !== 0n) return [0n, 0n, BigInt(denormal)]
    const length = result.mantissa.toString(2).length
    const shift = 128 - length
    const wide = shift >= 0 ? result.mantissa << BigInt(shift) : (result.mantissa >> BigInt(-shift)) | (result.exact === true ? 0n : 1n)
    const e = BigInt.asUintN(64, BigInt(result.exponent + length - 1))
    const [exponent, significand, flags] = b.routine(
      round, result.negative ? 1n : 0n, e, wide >> 64n, BigInt.asUintN(64, wide), 0n, BigInt.asUintN(64, BigInt(EXTENDED.least)), roundingMode(b, fcw),
    )
    // Processors report every result as inexact, and a denormal one as tiny.
    const tiny = significand >> 63n === 0n ? UE : 0
    return [packExponent80(b, result.negative ? 1n : 0n, exponent, significand), significand, flags | BigInt(denormal | PE | tiny)]
  }
  /** NaNs, unsupported encodings, empty registers: the result that needs no function. */
  const notANumber = (x: Unpacked & { readonly empty: boolean }, y?: Unpacked & { readonly empty: boolean }): Result | undefined => {
    if (x.empty || y?.empty === true) return { ...DEFAULT_NAN, flags: IE | SF }
    const what = x.what | (y?.what ?? 0)
    if (what & UNSUPPORTED) return DEFAULT_NAN
    if ((what & NAN) === 0) return undefined
    const other = y ?? x
    const [se, significand] = b.routine(propagateNan80, x.sign, x.g, BigInt(x.what), other.sign, other.g, BigInt(other.what))
    return { se: Number(se), significand: significand | QUIET_BIT, flags: what & IE }
  }
  const x = read(0n)
  switch (which) {
    case Transcendental.f2xm1: {
      const special = notANumber(x)
      b.routine(finishX87, 0n, ...rounded(special ?? power2Minus1(x), special === undefined ? x.what : 0), 0n)
      return
    }
    case Transcendental.fyl2x: case Transcendental.fyl2xp1: case Transcendental.fpatan: {
      const y = read(1n)
      const special = notANumber(x, y)
      const compute = which === Transcendental.fyl2x ? yLog2 : which === Transcendental.fyl2xp1 ? yLog2Plus1 : arcusTangent
      const [se, significand, flags] = rounded(special ?? compute(y, x), special === undefined ? x.what | y.what : 0)
      b.routine(finishX87, 1n, se, significand, flags, 1n)
      return
    }
    default: trigonometric(b, which, x, notANumber(x), rounded)
  }
}

type Rounded = (result: Result, what: number) => readonly [se: bigint, significand: bigint, flags: bigint]

/** FSIN, FCOS, FSINCOS, FPTAN: the latter two push a second result. */
function trigonometric(b: OracleRoutines, which: number, x: Unpacked & { readonly empty: boolean }, special: Result | undefined, rounded: Rounded): void {
  const pushes = which === Transcendental.fsincos || which === Transcendental.fptan
  const [, , free] = b.routine(readStack, 7n)
  if (pushes && free === 0n && !x.empty) {
    b.routine(setStatus, 0n, 0n, BigInt(C2))
    stackOverflow(b)
    return
  }
  const found = special ?? (is(x, INFINITY) ? DEFAULT_NAN : undefined)
  if (found === undefined && !is(x, ZERO) && x.e >= FARTHEST_ANGLE) {
    b.routine(setStatus, 0n, BigInt(C2), BigInt(C2))
    return
  }
  b.routine(setStatus, 0n, 0n, BigInt(C2))
  if (!pushes) {
    const pair = found === undefined ? sineAndCosine(x) : undefined
    const result = pair === undefined ? (found ?? DEFAULT_NAN) : which === Transcendental.fsin ? pair.sine : pair.cosine
    b.routine(finishX87, 0n, ...rounded(result, found === undefined ? x.what : 0), 0n)
    return
  }
  const pair = found === undefined ? sineAndCosine(x) : undefined
  const first = found ?? (which === Transcendental.fptan ? tangent(x) : (pair?.sine ?? DEFAULT_NAN))
  const one: Result = { se: 0x3fff, significand: TOP_BIT, flags: 0 }
  const second = found ?? (which === Transcendental.fptan ? one : (pair?.cosine ?? DEFAULT_NAN))
  const [se, significand, flags] = rounded(first, found === undefined ? x.what : 0)
  const [unmasked] = b.routine(setStatus, flags, 0n, 0n)
  if ((unmasked & BigInt(IE | DE | ZE)) !== 0n) return
  b.routine(finishX87, 0n, se, significand, flags, 0n)
  const [secondSe, secondSignificand, secondFlags] = rounded(second, 0)
  b.routine(pushX87, secondSe, secondSignificand, (secondFlags | flags) & ~BigInt(OE | UE | SF) | (flags & BigInt(SF)))
}

/** No room for the second result: both become the default NaN. */
function stackOverflow(b: OracleRoutines): void {
  const [unmasked] = b.routine(setStatus, BigInt(IE | SF | C1), 0n, 0n)
  if ((unmasked & BigInt(IE)) !== 0n) return
  b.routine(finishX87, 0n, 0xffffn, 3n << 62n, BigInt(IE | SF | C1), 0n)
  b.routine(pushX87, 0xffffn, 3n << 62n, BigInt(IE | SF | C1))
}
