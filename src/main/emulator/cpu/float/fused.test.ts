import { describe, expect, it } from 'vitest'
import { Random } from '../semantics/random'
import { MULTIPLY_ADD, Negate } from './fused'
import { compileRoutines, runOnOracle } from './test-routines'

/** To nearest, all exceptions masked. */
const MXCSR = 0x1f80n
const INEXACT = 0x20n
const FORMATS = { 32: { fraction: 23n, bias: 127n }, 64: { fraction: 52n, bias: 1023n } } as const

/** A number as an integer times a power of two. */
interface Exact {
  readonly mantissa: bigint
  readonly exponent: bigint
}

const length = (value: bigint): bigint => BigInt(value.toString(2).length)

function toExact(pattern: bigint, bits: 32 | 64): Exact {
  const { fraction, bias } = FORMATS[bits]
  const biased = (pattern >> fraction) & (2n * bias + 1n)
  const mantissa = (pattern & ((1n << fraction) - 1n)) | (1n << fraction)
  return { mantissa: pattern >> BigInt(bits - 1) === 1n ? -mantissa : mantissa, exponent: biased - bias - fraction }
}

/** Nearest pattern, ties to even, of a number in the normal range; and whether it is another number. */
function toPattern({ mantissa, exponent }: Exact, bits: 32 | 64): { pattern: bigint; inexact: boolean } {
  const { fraction, bias } = FORMATS[bits]
  if (mantissa === 0n) return { pattern: 0n, inexact: false }
  const magnitude = mantissa < 0n ? -mantissa : mantissa
  const excess = length(magnitude) - fraction - 1n
  const kept = excess > 0n ? magnitude >> excess : magnitude << -excess
  const rest = excess > 0n ? magnitude - (kept << excess) : 0n
  const half = excess > 0n ? 1n << (excess - 1n) : 1n
  const rounded = rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept
  const sign = mantissa < 0n ? 1n << BigInt(bits - 1) : 0n
  // A carry out of the significand goes into the exponent.
  return { pattern: sign | (((exponent + excess + fraction + bias - 1n) << fraction) + rounded), inexact: rest !== 0n }
}

function sum(x: Exact, y: Exact): Exact {
  const exponent = x.exponent < y.exponent ? x.exponent : y.exponent
  return { mantissa: (x.mantissa << (x.exponent - exponent)) + (y.mantissa << (y.exponent - exponent)), exponent }
}

/** A number within 2^±12, short or long. */
function randomPattern(random: Random, bits: 32 | 64): bigint {
  const { fraction, bias } = FORMATS[bits]
  const noise = BigInt.asUintN(Number(fraction), (BigInt(random.u32()) << 32n) | BigInt(random.u32()))
  const mantissa = random.pick([noise, noise & (15n << (fraction - 4n)), 0n, (1n << fraction) - 1n, 1n])
  return (BigInt(random.below(2)) << BigInt(bits - 1)) | ((bias + BigInt(random.below(25) - 12)) << fraction) | mantissa
}

const compiled = compileRoutines()

describe.each([32, 64] as const)('fused products of %i bits', (bits) => {
  const { fraction } = FORMATS[bits]

  it('are the exact sum, rounded once', () => {
    const random = new Random(bits)
    for (let attempt = 0; attempt < 3000; attempt++) {
      const [a, b] = [randomPattern(random, bits), randomPattern(random, bits)]
      const [x, y] = [toExact(a, bits), toExact(b, bits)]
      const product = { mantissa: x.mantissa * y.mantissa, exponent: x.exponent + y.exponent }
      // An addend anywhere, or so near the product that its first bits cancel, or so far that it only decides a tie.
      const near = toPattern(product, bits).pattern ^ (1n << BigInt(bits - 1))
      const distance = BigInt(random.below(2 * Number(fraction))) << fraction
      const c = random.pick([randomPattern(random, bits), near, near + 1n, near - distance])
      const negations = random.below(4)
      const signed = (value: Exact, negate: number): Exact => ({ ...value, mantissa: (negations & negate) !== 0 ? -value.mantissa : value.mantissa })
      const { pattern, inexact } = toPattern(sum(signed(product, Negate.product), signed(toExact(c, bits), Negate.addend)), bits)
      const args = [BigInt(negations), a, b, c, MXCSR]
      const where = args.map((value) => value.toString(16)).join(' ')
      const expected = [pattern.toString(16), inexact ? INEXACT : 0n]
      const [result, flags] = compiled(MULTIPLY_ADD[bits], ...args)
      expect([result?.toString(16), flags], where).toEqual(expected)
      if (attempt % 8 !== 0) continue
      const [slow, slowFlags] = runOnOracle(MULTIPLY_ADD[bits], ...args)
      expect([slow?.toString(16), slowFlags], `${where} on the oracle`).toEqual(expected)
    }
  })
})
