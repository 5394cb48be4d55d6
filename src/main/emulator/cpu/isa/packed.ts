/** What the families of packed instructions share: most exist for MMX registers and, with prefix 66, for XMM registers. */
import type { Builder } from '../semantics/builder'
import type { Feature, OpcodeMap, Row, Semantics } from './row'

/** Bytes of the registers that an operation works on. */
export type Bytes = 8 | 16
/** The new target, from the old one and the source. */
export type Combine = <V, X>(b: Builder<V, X>, a: X, x: X, bytes: Bytes) => X

/** target = combine(target, source) */
export function combining(combine: Combine, bytes: Bytes = 16): Semantics {
  return (b, target, source) => {
    const a = target.readVector()
    target.writeVector(combine(b, a, source.readVector(), bytes))
  }
}

export interface PackedForm {
  readonly name: string
  readonly map?: OpcodeMap
  readonly opcode: number
  readonly combine: Combine
  /** MMX form (undefined: there is none) and SSE form. */
  readonly mmxFeature?: Feature
  readonly sseFeature?: Feature
  /** The target's old value does not matter. */
  readonly unary?: boolean
}

/** `op P, Q` and `66 op V, W` (aligned). */
export function packedRows({ name, map = '0f', opcode, combine, mmxFeature, sseFeature = 'sse2', unary = false }: PackedForm): Row[] {
  const rows: Row[] = [sseRow(name, map, opcode, sseFeature, combine, unary)]
  if (mmxFeature !== undefined) {
    rows.push({ name, map, opcode, prefix: 'none', operands: [unary ? 'Pq:w' : 'Pq:rw', 'Qq:r'], feature: mmxFeature, faults: ['#UD', '#NM', '#MF'], unit: 'mmx', semantics: combining(combine, 8) })
  }
  return rows
}

/** `66 op V, W` (aligned). */
export function sseRow(name: string, map: OpcodeMap, opcode: number, feature: Feature, combine: Combine, unary = false): Row {
  return { name, map, opcode, prefix: '66', operands: [unary ? 'Vdq:w' : 'Vdq:rw', 'Wdq:r'], feature, faults: ['#UD', '#NM'], unit: 'sse', semantics: combining(combine) }
}

/** A vector constant from its lanes, lane 0 first; a short list is repeated. */
export function laneConstant<V, X>(b: Builder<V, X>, lane: 8 | 16 | 32 | 64, values: readonly (number | bigint)[]): X {
  const key = `${lane}:${values.join()}`
  let pattern = patterns.get(key)
  if (pattern === undefined) {
    pattern = pattern128(lane, values)
    patterns.set(key, pattern)
  }
  return b.vConstant(pattern)
}

const patterns = new Map<string, bigint>()

function pattern128(lane: number, values: readonly (number | bigint)[]): bigint {
  let pattern = 0n
  for (let index = 0; index < 128 / lane; index++) pattern |= BigInt.asUintN(lane, BigInt(values[index % values.length] ?? 0)) << BigInt(index * lane)
  return pattern
}

/** Byte numbers 0–15. */
export const IOTA: readonly number[] = Array.from({ length: 16 }, (_, index) => index)

/** The low 64 bits of `a`, then those of `x`. */
export function lowHalves<V, X>(b: Builder<V, X>, a: X, x: X): X {
  return b.vShuffle(a, x, [...IOTA.slice(0, 8), ...IOTA.slice(0, 8).map((byte) => byte + 16)])
}

/** Lane numbers 0, 1, 2 … */
export function laneNumbers<V, X>(b: Builder<V, X>, lane: 8 | 16 | 32 | 64): X {
  return laneConstant(b, lane, IOTA.slice(0, 128 / lane))
}

/** All ones in lane i where bit i of `bits` is set. */
export function maskFromBits<V, X>(b: Builder<V, X>, lane: 8 | 16 | 32 | 64, bits: V): X {
  const selectors = laneConstant(b, lane, IOTA.slice(0, Math.min(128 / lane, 8)).map((index) => 1n << BigInt(index)))
  let spread = b.vSplat(lane, bits)
  // Eight bits to a byte: bits 8–15 are for the upper half.
  if (lane === 8) spread = b.vShuffle(spread, b.vSplat(8, b.shrU(bits, b.constant(8))), IOTA.map((byte) => (byte < 8 ? byte : byte + 16)))
  return b.vEq(lane, b.vAnd(spread, selectors), selectors)
}

/** Every lane is lane `index` (a value, taken modulo the number of lanes) of `a`. */
export function broadcastLane<V, X>(b: Builder<V, X>, lane: 8 | 16 | 32 | 64, a: X, index: V): X {
  const bytes = lane / 8
  const first = b.mul(b.and(index, b.constant(16 / bytes - 1)), b.constant(bytes))
  return b.vSwizzle(a, b.vAdd(8, b.vSplat(8, first), laneConstant(b, 8, IOTA.slice(0, bytes))))
}
