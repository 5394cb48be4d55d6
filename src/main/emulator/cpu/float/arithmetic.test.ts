import { describe, expect, it } from 'vitest'
import { defineRoutine } from '../semantics/routines'
import { Random } from '../semantics/random'
import { addNumbers, divideNumbers, multiplyNumbers, rootNumber } from './arithmetic'
import { DOUBLE, SINGLE } from './bits'
import { pack32, pack64, unpack32, unpack64 } from './format'
import { round } from './round'
import { compileRoutines, runOnOracle } from './test-routines'

/** Operations from pattern to pattern, rounding to nearest; JavaScript's own numbers are the judge. */
const FORMATS = {
  double: { unpack: unpack64, pack: pack64, ...DOUBLE },
  single: { unpack: unpack32, pack: pack32, ...SINGLE },
} as const

function operations(format: keyof typeof FORMATS) {
  const { unpack, pack, drop, least } = FORMATS[format]
  return {
    add: defineRoutine(`${format} add`, 2, 1, (b, [x, y]) => {
      const [sa, ea, ga] = b.routine(unpack, x)
      const [sb, eb, gb] = b.routine(unpack, y)
      const [s, e, hi, lo] = b.routine(addNumbers, sa, ea, ga, sb, eb, gb, b.constant(0))
      const [re, rs] = b.routine(round, s, e, hi, lo, b.constant(drop), b.constant(least), b.constant(0))
      return [pack(b, s, re, rs)] as const
    }),
    multiply: defineRoutine(`${format} multiply`, 2, 1, (b, [x, y]) => {
      const [sa, ea, ga] = b.routine(unpack, x)
      const [sb, eb, gb] = b.routine(unpack, y)
      const [e, hi, lo] = b.routine(multiplyNumbers, ea, ga, eb, gb)
      const s = b.xor(sa, sb)
      const [re, rs] = b.routine(round, s, e, hi, lo, b.constant(drop), b.constant(least), b.constant(0))
      return [pack(b, s, re, rs)] as const
    }),
    divide: defineRoutine(`${format} divide`, 2, 1, (b, [x, y]) => {
      const [sa, ea, ga] = b.routine(unpack, x)
      const [sb, eb, gb] = b.routine(unpack, y)
      const [e, hi, lo] = b.routine(divideNumbers, ea, ga, eb, gb)
      const s = b.xor(sa, sb)
      const [re, rs] = b.routine(round, s, e, hi, lo, b.constant(drop), b.constant(least), b.constant(0))
      return [pack(b, s, re, rs)] as const
    }),
    root: defineRoutine(`${format} root`, 2, 1, (b, [x]) => {
      const [s, ea, ga] = b.routine(unpack, x)
      const [e, hi, lo] = b.routine(rootNumber, ea, ga)
      const [re, rs] = b.routine(round, s, e, hi, lo, b.constant(drop), b.constant(least), b.constant(0))
      return [pack(b, s, re, rs)] as const
    }),
  }
}

const view = new DataView(new ArrayBuffer(8))
const CODECS = {
  double: {
    bits: 64,
    toNumber: (pattern: bigint): number => (view.setBigUint64(0, pattern), view.getFloat64(0)),
    toPattern: (value: number): bigint => (view.setFloat64(0, value), view.getBigUint64(0)),
  },
  single: {
    bits: 32,
    toNumber: (pattern: bigint): number => (view.setUint32(0, Number(pattern)), view.getFloat32(0)),
    toPattern: (value: number): bigint => (view.setFloat32(0, value), BigInt(view.getUint32(0))),
  },
} as const

const NATIVE = {
  add: (x: number, y: number) => x + y,
  multiply: (x: number, y: number) => x * y,
  divide: (x: number, y: number) => x / y,
  root: (x: number) => Math.sqrt(x),
} as const

const OPERATIONS = { double: operations('double'), single: operations('single') }
const compiled = compileRoutines()

/** Finite patterns: anything, near each other, short ones, and around the least exponent. */
function randomPattern(random: Random, bits: 32 | 64): bigint {
  const fraction = bits === 64 ? 52n : 23n
  const exponents = bits === 64 ? 0x7ff : 0xff
  const exponent = random.pick([random.below(exponents), exponents >> 1, (exponents >> 1) + random.below(8), random.below(4), (exponents >> 2) + random.below(60)])
  const noise = BigInt.asUintN(Number(fraction), (BigInt(random.u32()) << 32n) | BigInt(random.u32()))
  const mantissa = random.pick([noise, 0n, 1n, (1n << fraction) - 1n, noise & (0xffn << (fraction - 8n))])
  return (BigInt(random.below(2)) << BigInt(bits - 1)) | (BigInt(exponent) << fraction) | mantissa
}

describe.each(['double', 'single'] as const)('%s', (format) => {
  const { bits, toNumber, toPattern } = CODECS[format]
  it.each(['add', 'multiply', 'divide', 'root'] as const)('%s', (name) => {
    const random = new Random(bits + name.length)
    const routine = OPERATIONS[format][name]
    for (let attempt = 0; attempt < 3000; attempt++) {
      const x = name === 'root' ? BigInt.asUintN(bits - 1, randomPattern(random, bits)) : randomPattern(random, bits)
      const y = randomPattern(random, bits)
      const b = toNumber(y)
      if (name === 'divide' && b === 0) continue
      const expected = toPattern(NATIVE[name](toNumber(x), b))
      const where = `${x.toString(16)}, ${y.toString(16)}`
      expect(compiled(routine, x, y)[0]?.toString(16), where).toBe(expected.toString(16))
      if (attempt % 8 === 0) expect(runOnOracle(routine, x, y)[0]?.toString(16), where).toBe(expected.toString(16))
    }
  })
})
