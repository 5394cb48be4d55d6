/**
 * How the semantics of an SSE instruction serve its VEX-encoded form (SDM vol. 1, 14.1; vol. 2A, 2.3): they get operands that look like those
 * of the SSE form.
 */
import type { Builder, Operand } from '../semantics/builder'
import { halvesOf } from './lanes'
import type { Semantics } from './row'

const VECTOR_BITS = 128

/** target = op(first, …): the target's old value is that of the first source, as the part of a register above a scalar is. */
export function withFirstSource(semantics: Semantics): Semantics {
  return <V, X>(b: Builder<V, X>, target: Operand<V, X>, first?: Operand<V, X>, ...others: Operand<V, X>[]) => {
    if (first === undefined) throw new Error('The instruction has no first source.')
    const { size } = target
    const replaced: Operand<V, X> = {
      ...target,
      read: () => b.zext(size, first.read()),
      readVector: () => first.readVector(),
      readWide: () => first.readWide(),
      write: (value) => target.writeVector(b.vInsert(size, first.readVector(), 0, value)),
    }
    semantics(b, replaced, ...others)
  }
}

/**
 * How an operand of the 256-bit form is cut in two: `wide` has 256 bits; `narrow` is a source half as wide as the one of the 128-bit form would
 * have to be; `shared` is the same for both halves.
 */
export type Cut = 'wide' | 'narrow' | 'shared'

export interface HalvesOptions {
  readonly cuts: readonly Cut[]
  /** Bits of the immediate that belong to the low half, where each half has its own. */
  readonly immediateBits?: number
  /** A target in a general register gets one bit for each of so many lanes of a half. */
  readonly maskBits?: number
}

/** Semantics of 128 bits, once for each half. What they write is collected and written at the end. */
export function inHalves(semantics: Semantics, { cuts, immediateBits = 0, maskBits = 0 }: HalvesOptions): Semantics {
  return <V, X>(b: Builder<V, X>, target: Operand<V, X>, ...sources: Operand<V, X>[]) => {
    const vectors: X[] = []
    const values: V[] = []
    const parts = sources.map((source, index) => partsOf(b, source, cuts[index + 1] ?? 'shared', immediateBits))
    for (const half of [0, 1] as const) {
      const collected: Operand<V, X> = {
        ...target,
        ...(target.vectorBits > 0 && { vectorBits: VECTOR_BITS }),
        readVector: () => target.readWide()[half],
        writeVector: (value) => {
          vectors.push(value)
        },
        write: (value) => {
          values.push(value)
        },
      }
      semantics(b, collected, ...parts.map((part) => part(half)))
    }
    const [low, high] = vectors
    const [lowMask, highMask] = values
    if (low !== undefined && high !== undefined) target.writeWide(low, high)
    if (lowMask !== undefined && highMask !== undefined) target.write(b.or(lowMask, b.shl(highMask, b.constant(maskBits))))
  }
}

/** The operand's halves; memory is read here, once. */
function partsOf<V, X>(b: Builder<V, X>, source: Operand<V, X>, cut: Cut, immediateBits: number): (half: 0 | 1) => Operand<V, X> {
  if (cut === 'wide') {
    const halves = source.readWide()
    return (half) => ({ ...source, vectorBits: VECTOR_BITS, read: () => b.vExtract(64, halves[half], 0), readVector: () => halves[half] })
  }
  if (cut === 'narrow') return narrowParts(b, source)
  if (source.vectorBits > 0) {
    const [whole] = halvesOf(source)
    return () => ({ ...source, readVector: () => whole ?? source.readVector() })
  }
  const value = source.read()
  return (half) => ({ ...source, read: () => (half === 0 ? value : b.shrU(value, b.constant(immediateBits))) })
}

function narrowParts<V, X>(b: Builder<V, X>, source: Operand<V, X>): (half: 0 | 1) => Operand<V, X> {
  const bits = source.vectorBits / 2
  const values = source.vectorBits === VECTOR_BITS ? lanesOf64(b, source.readVector()) : lanesBelow64(b, source.read(), bits)
  return (half) => {
    const value = values[half]
    return { ...source, vectorBits: bits, read: () => value, readVector: () => b.vInsert(64, b.vConstant(0n), 0, value) }
  }
}

function lanesOf64<V, X>(b: Builder<V, X>, vector: X): readonly [V, V] {
  return [b.vExtract(64, vector, 0), b.vExtract(64, vector, 1)]
}

function lanesBelow64<V>(b: Builder<V>, value: V, bits: number): readonly [V, V] {
  const lane = (first: number): V => b.and(b.shrU(value, b.constant(first)), b.constant((1n << BigInt(bits)) - 1n))
  return [lane(0), lane(bits)]
}
