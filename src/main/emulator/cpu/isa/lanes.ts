/** Vector operands as lists of numbers: for instructions that compute lane by lane, whatever the width. */
import type { Builder, Operand } from '../semantics/builder'
import type { FloatBits } from '../semantics/vector-builder'

export type Bits = FloatBits

const VECTOR_BITS = 128

/** The one or two vectors of 128 bits that a vector operand has, the low one first. */
export function halvesOf<V, X>(operand: Operand<V, X>): readonly X[] {
  return operand.vectorBits > VECTOR_BITS ? operand.readWide() : [operand.readVector()]
}

/** Lanes of an operand, lane 0 first: of a scalar one only its own, of one in memory as many as are read. */
export function readLanes<V, X>(b: Builder<V, X>, operand: Operand<V, X>, bits: Bits): V[] {
  const { vectorBits } = operand
  if (vectorBits <= 64) {
    const low = operand.read()
    return Array.from({ length: vectorBits / bits }, (_, index) => (vectorBits === bits ? low : b.zext(bits, b.shrU(low, b.constant(index * bits)))))
  }
  return lanesOf(b, operand, bits, halvesOf(operand))
}

/** The same of vectors that were read from the operand. */
export function lanesOf<V, X>(b: Builder<V, X>, operand: Operand<V, X>, bits: Bits, halves: readonly X[]): V[] {
  const perHalf = Math.min(operand.vectorBits, VECTOR_BITS) / bits
  return halves.flatMap((half) => Array.from({ length: perHalf }, (_, index) => b.vExtract(bits, half, index)))
}

/** Writes lanes, lane 0 first. In a scalar operand the lanes above stay; in others those without a value are cleared. */
export function writeLanes<V, X>(b: Builder<V, X>, target: Operand<V, X>, bits: Bits, values: readonly V[]): void {
  const [only] = values
  if (target.vectorBits === bits && only !== undefined) {
    target.write(only)
    return
  }
  const perVector = VECTOR_BITS / bits
  const vector = (first: number): X =>
    values.slice(first, first + perVector).reduce((lanes, value, index) => b.vInsert(bits, lanes, index, value), b.vConstant(0n))
  if (values.length > perVector) target.writeWide(vector(0), vector(perVector))
  else target.writeVector(vector(0))
}
