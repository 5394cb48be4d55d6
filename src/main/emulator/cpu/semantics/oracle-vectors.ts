import { OracleRoutines } from './oracle-routines'
import type { Half, Lane, Signedness, VectorBuilder } from './vector-builder'

const VECTOR_BITS = 128
const BYTE = 8

/** The lanes of a vector, lane 0 first, as unsigned or signed numbers. */
function lanes(lane: number, sign: Signedness, a: bigint): bigint[] {
  return Array.from({ length: VECTOR_BITS / lane }, (_, index) => {
    const value = BigInt.asUintN(lane, a >> BigInt(index * lane))
    return sign === 's' ? BigInt.asIntN(lane, value) : value
  })
}

/** A vector of these lanes, each taken modulo 2^lane. */
function vector(lane: number, values: readonly bigint[]): bigint {
  return values.reduce((sum, value, index) => sum | (BigInt.asUintN(lane, value) << BigInt(index * lane)), 0n)
}

function map(lane: number, sign: Signedness, a: bigint, change: (x: bigint) => bigint): bigint {
  return vector(lane, lanes(lane, sign, a).map(change))
}

function zip(lane: number, sign: Signedness, a: bigint, b: bigint, combine: (x: bigint, y: bigint) => bigint): bigint {
  const right = lanes(lane, sign, b)
  return vector(lane, lanes(lane, sign, a).map((x, index) => combine(x, right[index] ?? 0n)))
}

function saturate(lane: number, sign: Signedness, value: bigint): bigint {
  const lowest = sign === 's' ? -(1n << BigInt(lane - 1)) : 0n
  const highest = (1n << BigInt(sign === 's' ? lane - 1 : lane)) - 1n
  return value < lowest ? lowest : value > highest ? highest : value
}

function halfOf<T>(values: readonly T[], half: Half): T[] {
  return half === 'low' ? values.slice(0, values.length / 2) : values.slice(values.length / 2)
}

function pairs(values: readonly bigint[]): bigint[] {
  return Array.from({ length: values.length / 2 }, (_, index) => (values[index * 2] ?? 0n) + (values[index * 2 + 1] ?? 0n))
}

/** The vector part of the oracle: 128-bit patterns as bigint, lane by lane. */
export class OracleVectors extends OracleRoutines implements VectorBuilder<bigint, bigint> {
  vConstant(value: bigint): bigint {
    return BigInt.asUintN(VECTOR_BITS, value)
  }

  vSplat(lane: Lane, value: bigint): bigint {
    return vector(lane, Array.from({ length: VECTOR_BITS / lane }, () => value))
  }

  vExtract(lane: Lane, a: bigint, index: number): bigint {
    return BigInt.asUintN(lane, a >> BigInt(index * lane))
  }

  vInsert(lane: Lane, a: bigint, index: number, value: bigint): bigint {
    return vector(lane, lanes(lane, 'u', a).with(index, value))
  }

  vChoose(condition: bigint, whenTrue: bigint, whenFalse: bigint): bigint {
    return condition !== 0n ? whenTrue : whenFalse
  }

  vAnd(a: bigint, b: bigint): bigint {
    return a & b
  }

  vOr(a: bigint, b: bigint): bigint {
    return a | b
  }

  vXor(a: bigint, b: bigint): bigint {
    return a ^ b
  }

  vAndNot(a: bigint, b: bigint): bigint {
    return a & ~b
  }

  vBlend(mask: bigint, a: bigint, b: bigint): bigint {
    return (a & mask) | (b & ~mask)
  }

  vAdd(lane: Lane, a: bigint, b: bigint): bigint {
    return zip(lane, 'u', a, b, (x, y) => x + y)
  }

  vSub(lane: Lane, a: bigint, b: bigint): bigint {
    return zip(lane, 'u', a, b, (x, y) => x - y)
  }

  vMul(lane: 16 | 32 | 64, a: bigint, b: bigint): bigint {
    return zip(lane, 'u', a, b, (x, y) => x * y)
  }

  vAddSaturated(lane: 8 | 16, sign: Signedness, a: bigint, b: bigint): bigint {
    return zip(lane, sign, a, b, (x, y) => saturate(lane, sign, x + y))
  }

  vSubSaturated(lane: 8 | 16, sign: Signedness, a: bigint, b: bigint): bigint {
    return zip(lane, sign, a, b, (x, y) => saturate(lane, sign, x - y))
  }

  vMin(lane: 8 | 16 | 32, sign: Signedness, a: bigint, b: bigint): bigint {
    return zip(lane, sign, a, b, (x, y) => (x < y ? x : y))
  }

  vMax(lane: 8 | 16 | 32, sign: Signedness, a: bigint, b: bigint): bigint {
    return zip(lane, sign, a, b, (x, y) => (x > y ? x : y))
  }

  vAverage(lane: 8 | 16, a: bigint, b: bigint): bigint {
    return zip(lane, 'u', a, b, (x, y) => (x + y + 1n) >> 1n)
  }

  vAbs(lane: 8 | 16 | 32, a: bigint): bigint {
    return map(lane, 's', a, (x) => (x < 0n ? -x : x))
  }

  vEq(lane: Lane, a: bigint, b: bigint): bigint {
    return zip(lane, 'u', a, b, (x, y) => (x === y ? -1n : 0n))
  }

  vGtS(lane: Lane, a: bigint, b: bigint): bigint {
    return zip(lane, 's', a, b, (x, y) => (x > y ? -1n : 0n))
  }

  vShl(lane: Lane, a: bigint, count: bigint): bigint {
    return map(lane, 'u', a, (x) => x << (count % BigInt(lane)))
  }

  vShrU(lane: Lane, a: bigint, count: bigint): bigint {
    return map(lane, 'u', a, (x) => x >> (count % BigInt(lane)))
  }

  vShrS(lane: Lane, a: bigint, count: bigint): bigint {
    return map(lane, 's', a, (x) => x >> (count % BigInt(lane)))
  }

  vNarrow(from: 16 | 32, sign: Signedness, a: bigint, b: bigint): bigint {
    const to = from / 2
    return vector(to, [...lanes(from, 's', a), ...lanes(from, 's', b)].map((x) => saturate(to, sign, x)))
  }

  vExtend(from: 8 | 16 | 32, sign: Signedness, half: Half, a: bigint): bigint {
    return vector(from * 2, halfOf(lanes(from, sign, a), half))
  }

  vMulWide(from: 8 | 16 | 32, sign: Signedness, half: Half, a: bigint, b: bigint): bigint {
    const right = lanes(from, sign, b)
    return vector(from * 2, halfOf(lanes(from, sign, a).map((x, index) => x * (right[index] ?? 0n)), half))
  }

  vDot16(a: bigint, b: bigint): bigint {
    const right = lanes(16, 's', b)
    return vector(32, pairs(lanes(16, 's', a).map((x, index) => x * (right[index] ?? 0n))))
  }

  vAddPairs(from: 8 | 16, sign: Signedness, a: bigint): bigint {
    return vector(from * 2, pairs(lanes(from, sign, a)))
  }

  vSwizzle(a: bigint, indices: bigint): bigint {
    const bytes = lanes(BYTE, 'u', a)
    return map(BYTE, 'u', indices, (index) => bytes[Number(index)] ?? 0n)
  }

  vShuffle(a: bigint, b: bigint, indices: readonly number[]): bigint {
    const bytes = [...lanes(BYTE, 'u', a), ...lanes(BYTE, 'u', b)]
    return vector(BYTE, indices.map((index) => bytes[index] ?? 0n))
  }

  vSignBits(lane: Lane, a: bigint): bigint {
    return lanes(lane, 's', a).reduce((mask, value, index) => mask | (value < 0n ? 1n << BigInt(index) : 0n), 0n)
  }
}
