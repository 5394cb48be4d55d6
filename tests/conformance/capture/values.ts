/** Random contents of vector registers and memory that meet the edges of what an instruction computes. */
import type { Random } from '../../../src/main/emulator/cpu/semantics/random'

/** What the lanes of an operand are. */
export type Element = 'float16' | 'float32' | 'float64' | 'integer' | 'count' | 'text'

const LANE_BITS = { float16: 16, float32: 32, float64: 64 } as const
type Float = keyof typeof LANE_BITS

interface FloatFormat {
  readonly bits: number
  readonly fraction: number
}
const FORMATS: Readonly<Record<Float, FloatFormat>> = { float16: { bits: 16, fraction: 10 }, float32: { bits: 32, fraction: 23 }, float64: { bits: 64, fraction: 52 } }

export function random64(random: Random): bigint {
  return (BigInt(random.u32()) << 32n) | BigInt(random.u32())
}

export function randomBits(random: Random, bits: number): bigint {
  let value = 0n
  for (let have = 0; have < bits; have += 32) value = (value << 32n) | BigInt(random.u32())
  return BigInt.asUintN(bits, value)
}

/** Contents of `bits` bits. */
export function randomVector(random: Random, element: Element, bits: number): bigint {
  switch (element) {
    case 'integer': return integerLanes(random, bits)
    case 'count': return counts(random, bits)
    case 'text': return lanes(bits, 8, () => BigInt(random.pick([0x61, 0x62, 0x63, 0x64, 0x80, 0xff, 0, 0x61])))
    default: return floatLanes(random, element, bits)
  }
}

/** @param make gives one lane */
function lanes(bits: number, lane: number, make: () => bigint): bigint {
  let value = 0n
  for (let at = 0; at < bits; at += lane) value |= BigInt.asUintN(lane, make()) << BigInt(at)
  return BigInt.asUintN(bits, value)
}

function integerLanes(random: Random, bits: number): bigint {
  if (random.chance(2)) return randomBits(random, bits)
  const lane = random.pick([8, 16, 32, 64])
  const top = 1n << BigInt(lane - 1)
  return lanes(bits, lane, () => (random.chance(3) ? random64(random) : random.pick([0n, 1n, -1n, top, top - 1n, top + 1n, 127n, 128n, 255n, 0x7fffn, 0x8000n, 0xffffn, 2n, -2n])))
}

/** Shift counts: mostly small, also in the upper half, where a wide count is too great and a lane has its own. */
function counts(random: Random, bits: number): bigint {
  const lane = random.pick([32, 64])
  if (random.chance(3)) return BigInt(random.below(70))
  return lanes(bits, lane, () => (random.chance(8) ? random64(random) : BigInt(random.below(random.pick([8, 33, 70])))))
}

const EXTREMES = ['zero', 'least', 'subnormal', 'greatestSubnormal', 'leastNormal', 'one', 'integer', 'half', 'edge', 'greatest', 'infinity', 'quiet', 'signaling', 'any'] as const

/** A pattern of a special kind, or any. */
function extreme(random: Random, { bits, fraction }: FloatFormat): bigint {
  const exponentBits = bits - 1 - fraction
  const bias = (1n << BigInt(exponentBits - 1)) - 1n
  const exponent = (e: bigint): bigint => e << BigInt(fraction)
  const top = 1n << BigInt(fraction - 1)
  const special = exponent((1n << BigInt(exponentBits)) - 1n)
  const magnitude = ((): bigint => {
    switch (random.pick(EXTREMES)) {
      case 'zero': return 0n
      case 'least': return 1n
      case 'subnormal': return randomBits(random, fraction)
      case 'greatestSubnormal': return (1n << BigInt(fraction)) - 1n
      case 'leastNormal': return exponent(1n) + BigInt(random.below(3))
      case 'one': return exponent(bias) + BigInt(random.below(3)) - 1n
      // Few bits: exact sums and products, ties.
      case 'integer': return exponent(bias + BigInt(random.below(12))) | (BigInt(random.below(8)) << BigInt(fraction - 3))
      case 'half': return exponent(bias + BigInt(random.below(4)) - 1n) | top
      // Where conversions to integers of 16, 32 and 64 bits end.
      case 'edge': return exponent(bias + random.pick([15n, 30n, 31n, 32n, 62n, 63n, 64n])) + BigInt(random.below(3)) - 1n
      case 'greatest': return special - 1n - BigInt(random.below(2))
      case 'infinity': return special
      case 'quiet': return special | top | randomBits(random, fraction)
      case 'signaling': return special | (1n + BigInt.asUintN(fraction - 1, randomBits(random, fraction) - 1n)) % top | 1n
      case 'any': return randomBits(random, bits - 1)
    }
  })()
  return BigInt.asUintN(bits, magnitude) | (BigInt(random.below(2)) << BigInt(bits - 1))
}

function floatLanes(random: Random, element: Float, bits: number): bigint {
  const format = FORMATS[element]
  const { bits: lane, fraction } = format
  const bias = (1n << BigInt(lane - 2 - fraction)) - 1n
  // Magnitudes near one another, so that sums cancel and carry.
  const near = bias + BigInt(random.below(9) - 4)
  const scarce = !random.chance(3)
  return lanes(bits, lane, () => {
    if (scarce ? random.chance(6) : random.chance(2)) return extreme(random, format)
    const exponent = near + BigInt(random.below(7) - 3)
    const few = random.chance(3) ? (BigInt(random.below(16)) << BigInt(fraction - 4)) : randomBits(random, fraction)
    return (BigInt(random.below(2)) << BigInt(lane - 1)) | (exponent << BigInt(fraction)) | few
  })
}

/** A third factor for a · b + c that nearly, or exactly, cancels the product, where the lanes are 32 or 64 bits. */
export function cancelling(random: Random, element: 'float32' | 'float64', a: bigint, b: bigint, bits: number): bigint {
  const { bits: lane } = FORMATS[element]
  const view = new DataView(new ArrayBuffer(8))
  const read = (value: bigint): number => {
    if (lane === 32) view.setUint32(0, Number(value))
    else view.setBigUint64(0, value)
    return lane === 32 ? view.getFloat32(0) : view.getFloat64(0)
  }
  const write = (value: number): bigint => {
    if (lane === 32) view.setFloat32(0, value)
    else view.setFloat64(0, value)
    return lane === 32 ? BigInt(view.getUint32(0)) : view.getBigUint64(0)
  }
  let result = 0n
  for (let at = 0; at < bits; at += lane) {
    const take = (value: bigint): number => read(BigInt.asUintN(lane, value >> BigInt(at)))
    const sign = random.chance(2) ? -1 : 1
    const off = random.chance(2) ? 0n : BigInt(random.below(3) - 1)
    result |= BigInt.asUintN(lane, write(sign * take(a) * take(b)) + off) << BigInt(at)
  }
  return result
}
