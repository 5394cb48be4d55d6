/**
 * The vector part of the `Builder`: values (`X`) of 128 bits, seen as lanes of 8, 16, 32 or 64 bits, lane 0 in the lowest bits. The
 * operations are those of WebAssembly SIMD (core specification 4.4.3), which a translating backend has too. MMX uses the low 64 bits.
 */

export type Lane = 8 | 16 | 32 | 64
/** Lanes that are numbers. */
export type FloatBits = 32 | 64
export type Signedness = 's' | 'u'
export type Half = 'low' | 'high'

export interface VectorBuilder<V, X> {
  /** A vector with the 128-bit pattern of `value`. */
  vConstant(value: bigint): X
  /** Every lane is the low `lane` bits of `value`. */
  vSplat(lane: Lane, value: V): X
  /** Lane `index`, zero-extended. */
  vExtract(lane: Lane, a: X, index: number): V
  /** `a` with the low bits of `value` as lane `index`. */
  vInsert(lane: Lane, a: X, index: number, value: V): X
  /** One of two vectors by a truth value. */
  vChoose(condition: V, whenTrue: X, whenFalse: X): X

  // — bits —
  vAnd(a: X, b: X): X
  vOr(a: X, b: X): X
  vXor(a: X, b: X): X
  /** a & ~b */
  vAndNot(a: X, b: X): X
  /** Bits of `a` where `mask` has ones, of `b` where it has zeros. */
  vBlend(mask: X, a: X, b: X): X

  // — lanes —
  vAdd(lane: Lane, a: X, b: X): X
  vSub(lane: Lane, a: X, b: X): X
  /** Low halves of the products. */
  vMul(lane: 16 | 32 | 64, a: X, b: X): X
  vAddSaturated(lane: 8 | 16, sign: Signedness, a: X, b: X): X
  vSubSaturated(lane: 8 | 16, sign: Signedness, a: X, b: X): X
  vMin(lane: 8 | 16 | 32, sign: Signedness, a: X, b: X): X
  vMax(lane: 8 | 16 | 32, sign: Signedness, a: X, b: X): X
  /** (a + b + 1) >> 1, unsigned. */
  vAverage(lane: 8 | 16, a: X, b: X): X
  /** The smallest number stays, as an unsigned one. */
  vAbs(lane: 8 | 16 | 32, a: X): X
  /** All ones where the comparison holds, else zeros. */
  vEq(lane: Lane, a: X, b: X): X
  vGtS(lane: Lane, a: X, b: X): X
  /** All lanes by one count, taken modulo `lane`. */
  vShl(lane: Lane, a: X, count: V): X
  vShrU(lane: Lane, a: X, count: V): X
  vShrS(lane: Lane, a: X, count: V): X

  // — between lanes of different width —
  /** Signed lanes of `a`, then of `b`, saturated to signed or unsigned lanes of half the width. */
  vNarrow(from: 16 | 32, sign: Signedness, a: X, b: X): X
  /** Half of the lanes, extended to double width. */
  vExtend(from: 8 | 16 | 32, sign: Signedness, half: Half, a: X): X
  /** Products of half of the lanes, in double width. */
  vMulWide(from: 8 | 16 | 32, sign: Signedness, half: Half, a: X, b: X): X
  /** Signed 16-bit products, neighbours added: four 32-bit lanes. */
  vDot16(a: X, b: X): X
  /** Sums of neighbouring lanes, in double width. */
  vAddPairs(from: 8 | 16, sign: Signedness, a: X): X

  // — bytes —
  /** Byte i of the result is byte `indices[i]` of `a`; 0 where the index is above 15. */
  vSwizzle(a: X, indices: X): X
  /** Byte i of the result is byte `indices[i]` (0–31) of `a` followed by `b`. */
  vShuffle(a: X, b: X, indices: readonly number[]): X
  /** The top bits of the lanes, lane 0 in bit 0. */
  vSignBits(lane: Lane, a: X): V
}

/** The pattern of a vector all of whose lanes are the low bits of `value`. */
export function splat(lane: number, value: bigint): bigint {
  let pattern = BigInt.asUintN(lane, value)
  for (let bits = lane; bits < 128; bits *= 2) pattern |= pattern << BigInt(bits)
  return pattern
}
