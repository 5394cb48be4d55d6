/**
 * Where the host's floating point comes to what SSE defines, and nothing is reported that MXCSR does not say already (SDM vol. 1, 4.9, 10.2.3, 11.5): no operand is
 * a denormal or a NaN, the result is normal or a zero without underflow; and where it may be inexact, it rounds to nearest, and PE is masked and set already or nothing was lost.
 */
import type { Builder } from '../semantics/builder'
import type { Condition, FloatLanes, FloatOperation, HostFloat } from '../semantics/float-builder'
import { splat, type FloatBits } from '../semantics/vector-builder'
import { PE } from './bits'
import { MASK_SHIFT, ROUNDING_SHIFT } from './sse-format'

const PM = PE << MASK_SHIFT
const RC = 3 << ROUNDING_SHIFT
/** Patterns of the least normal number and of infinity, and bits of a significand with its implicit one. */
const FORMATS = {
  32: { least: 1n << 23n, infinity: 0xffn << 23n, precision: 24 },
  64: { least: 1n << 52n, infinity: 0x7ffn << 52n, precision: 53 },
} as const
const NOTHING = 0n
const EVERYTHING = -1n
const SIGN = 1n << 31n

/** The conditions of one instruction's lanes. */
export class Quick<V, X> {
  readonly #b: Builder<V, X>
  readonly #host: HostFloat<V, X>
  readonly #bits: FloatBits
  readonly #lanes: FloatLanes

  constructor(b: Builder<V, X>, host: HostFloat<V, X>, bits: FloatBits, lanes: FloatLanes) {
    this.#b = b
    this.#host = host
    this.#bits = bits
    this.#lanes = lanes
  }

  /** a ∘ x = result reports nothing but PE, and that is no news. Infinities and NaNs among the operands show in the result. */
  arithmetic(operation: FloatOperation, a: X, x: X, result: X): readonly Condition<V>[] {
    const { first, all } = this
    const b = this.#b
    const rounded = this.rounded(() => this.#exact(operation, a, x, result))
    if (this.#lanes === 'all') {
      const zeros = all.zero(result)
      const exact = operation === 'mul' ? b.vAnd(zeros, b.vOr(all.zero(a), all.zero(x))) : operation === 'div' ? b.vAnd(zeros, all.zero(a)) : zeros
      return [this.#none(() => b.vOr(b.vOr(all.denormal(a), all.denormal(x)), b.vAndNot(all.abnormal(result), exact))), rounded]
    }
    const exactZero = (): V => {
      if (operation === 'add' || operation === 'sub') return first.zero(result)
      return b.and(first.zero(result), operation === 'mul' ? b.or(first.zero(a), first.zero(x)) : first.zero(a))
    }
    return [first.noDenormal(a), first.noDenormal(x), { usually: () => first.normal(result), otherwise: exactZero }, rounded]
  }

  /** √a = result. */
  root(a: X, result: X): readonly Condition<V>[] {
    const { all } = this
    const b = this.#b
    const rounded = this.rounded(() => this.#exactProduct(result, result, a))
    if (this.#lanes === 'one') return [{ usually: () => this.first.positive(a) }, rounded]
    // A root is normal and no NaN unless it is one of what is none of these.
    return [this.#none(() => b.vOr(all.denormal(a), b.vAndNot(all.abnormal(result), all.zero(a)))), rounded]
  }

  /** Comparisons of these numbers report nothing. */
  comparable(a: X, x: X): readonly Condition<V>[] {
    const { all } = this
    const b = this.#b
    if (this.#lanes === 'one') return [...this.plain(a), ...this.plain(x)]
    return [this.#none(() => b.vOr(b.vOr(all.denormal(a), all.denormal(x)), b.vOr(all.nan(a), all.nan(x))))]
  }

  /** Lane 0 is neither denormal nor a NaN. */
  plain(a: X): readonly Condition<V>[] {
    return [{ usually: () => this.first.finite(a), otherwise: () => this.#b.or(this.first.zero(a), this.first.infinite(a)) }]
  }

  /** `result`, made of `a` in another format, is normal, or both are zero. */
  narrowed(a: X, result: X): Condition<V> {
    const other = firstLane(this.#b, this.#bits === 32 ? 64 : 32)
    return { usually: () => other.normal(result), otherwise: () => this.#b.and(other.zero(result), this.first.zero(a)) }
  }

  /** `wide` is the number that `result` was made of, in the wider format. */
  widensTo(wide: X, result: X): V {
    return this.#host.firstEqual(64, this.#host.convert(64, wide, result), wide)
  }

  /** A signed integer of 64 bits becomes a number. */
  ofInteger(value: V): Condition<V> {
    const b = this.#b
    const greatest = 1n << BigInt(FORMATS[this.#bits].precision)
    return this.rounded(() => b.leU(b.add(value, b.constant(greatest)), b.constant(2n * greatest)))
  }

  /** A number becomes a signed integer of `width` bits. */
  toInteger(a: X, width: number, chop: boolean): readonly Condition<V>[] {
    // Not as far as the greatest integers, when it may be rounded up beyond them.
    const small = (): V => this.first.below(a, chop ? width - 1 : width - 2)
    return [{ usually: small }, this.rounded(() => this.#host.firstIntegral(this.#bits, a), chop)]
  }

  /** An inexact result is no news, or `exact` says that this is none. `chop`: MXCSR's rounding does not matter. */
  rounded(exact: () => V, chop = false): Condition<V> {
    const b = this.#b
    const state = (): V => b.and(b.special('mxcsr'), b.constant(PE | PM | (chop ? 0 : RC)))
    return { usually: () => b.eq(state(), b.constant(PE | PM)), otherwise: () => b.and(b.eq(state(), b.constant(PM)), exact()) }
  }

  private get first(): FirstLane<V, X> {
    return firstLane(this.#b, this.#bits)
  }

  private get all(): AllLanes<X> {
    return allLanes(this.#b, this.#host, this.#bits)
  }

  #none(doubts: () => X): Condition<V> {
    return { usually: () => this.#b.isZero(this.#host.anySet(doubts())) }
  }

  /** For operations before which PE was not set. */
  #exact(operation: FloatOperation, a: X, x: X, result: X): V {
    switch (operation) {
      case 'add': return this.#exactSum(a, x, result)
      case 'sub': return this.#exactSum(a, this.#negative(x), result)
      case 'mul': return this.#exactProduct(a, x, result)
      case 'div': return this.#exactProduct(result, x, a)
    }
  }

  #negative(x: X): X {
    return this.#b.vXor(x, this.#b.vConstant(splat(this.#bits, 1n << BigInt(this.#bits - 1))))
  }

  /** What a sum lost is a number, too, and found without loss (Knuth, The Art of Computer Programming, vol. 2, 4.2.2, theorem B). */
  #exactSum(a: X, x: X, sum: X): V {
    const sub = (p: X, q: X): X => this.#host.arithmetic('sub', this.#bits, this.#lanes, p, q)
    const ofX = sub(sum, a)
    const lost = this.#host.arithmetic('add', this.#bits, this.#lanes, sub(a, sub(sum, ofX)), sub(x, ofX))
    const zero = this.#b.vConstant(NOTHING)
    if (this.#lanes === 'one') return this.#host.firstEqual(this.#bits, lost, zero)
    return this.#b.isZero(this.#host.anySet(this.#b.vXor(this.#host.equal(this.#bits, lost, zero), this.#b.vConstant(EVERYTHING))))
  }

  /** Significands that are together no longer than the format's, and powers of two, have a product that fits; said of single numbers only. */
  #exactProduct(a: X, x: X, product: X): V {
    const b = this.#b
    if (this.#lanes === 'all') return b.constant(0)
    const { precision } = FORMATS[this.#bits]
    const zeros = (number: X): V => b.ctz(b.or(b.vExtract(this.#bits, number, 0), b.constant(1n << BigInt(precision - 1))))
    const [ofA, ofX] = [zeros(a), zeros(x)]
    const power = (count: V): V => b.eq(count, b.constant(precision - 1))
    // The product of two significands of m and n bits has m + n of them, or one less; that with a power of two as many as the other.
    const fits = b.or(b.leU(b.constant(precision), b.add(ofA, ofX)), b.or(power(ofA), power(ofX)))
    return b.and(fits, this.#host.firstEqual(this.#bits, this.#host.arithmetic('mul', this.#bits, 'one', a, x), product))
  }
}

/** What is asked about lane 0. */
interface FirstLane<V, X> {
  zero(a: X): V
  infinite(a: X): V
  /** Normal, and not the least of all, to which what was tiny may have been rounded, nor some above it. */
  normal(a: X): V
  /** Normal, with any sign, or with the positive one. */
  finite(a: X): V
  positive(a: X): V
  noDenormal(a: X): Condition<V>
  /** |a| < 2^power; no NaN. */
  below(a: X, power: number): V
}

/** Most is seen from the upper 32 bits. */
function firstLane<V, X>(b: Builder<V, X>, bits: FloatBits): FirstLane<V, X> {
  const { precision } = FORMATS[bits]
  const low = BigInt(bits - 32)
  const least = FORMATS[bits].least >> low
  const infinity = FORMATS[bits].infinity >> low
  const bias = (1 << (bits - precision - 1)) - 1
  const top = (a: X): V => b.vExtract(32, a, bits === 64 ? 1 : 0)
  const magnitude = (a: X): V => b.and(top(a), b.constant(SIGN - 1n))
  const within = (value: V, from: bigint, to: bigint): V => b.ltU(b.sub(value, b.constant(from)), b.constant(to - from))
  const whole = (a: X): V => b.shl(b.vExtract(bits, a, 0), b.constant(65 - bits))
  const zero = (a: X): V => b.isZero(whole(a))
  return {
    zero,
    infinite: (a) => b.eq(whole(a), b.constant(FORMATS[bits].infinity << BigInt(65 - bits))),
    normal: (a) => within(magnitude(a), 2n * least, infinity),
    finite: (a) => within(magnitude(a), least, infinity),
    positive: (a) => within(top(a), least, infinity),
    noDenormal: (a) => ({ usually: () => b.ne(b.and(top(a), b.constant(infinity)), b.constant(0)), otherwise: () => zero(a) }),
    below: (a, power) => b.ltU(magnitude(a), b.constant(BigInt(bias + power) * least)),
  }
}

/** Masks of the lanes for which something is true. */
interface AllLanes<X> {
  denormal(a: X): X
  nan(a: X): X
  zero(a: X): X
  /** Not normal; neither is the least of all, to which what was tiny may have been rounded. */
  abnormal(a: X): X
}

function allLanes<V, X>(b: Builder<V, X>, host: HostFloat<V, X>, bits: FloatBits): AllLanes<X> {
  const each = (pattern: bigint): X => b.vConstant(splat(bits, pattern))
  const least = each(FORMATS[bits].least)
  const infinity = each(FORMATS[bits].infinity)
  const zero = (a: X): X => host.equal(bits, a, each(NOTHING))
  return {
    denormal: (a) => b.vAndNot(host.less(bits, host.abs(bits, a), least), zero(a)),
    nan: (a) => b.vXor(host.equal(bits, a, a), each(EVERYTHING)),
    zero,
    abnormal: (a) => {
      const magnitude = host.abs(bits, a)
      return b.vXor(b.vAnd(host.less(bits, least, magnitude), host.less(bits, magnitude, infinity)), each(EVERYTHING))
    },
  }
}
