/** Packing, interleaving, shuffling, blending, widening (SDM vol. 2: PACKSSWB … PUNPCKLQDQ, PSHUF*, SHUFP*, UNPCK*, BLEND*, PALIGNR, PMOVSX, PMOVZX). */
import type { Builder, Operand } from '../semantics/builder'
import type { Lane, Signedness } from '../semantics/vector-builder'
import { combining, IOTA, laneConstant, lowHalves, maskFromBits, packedRows, sseRow, type Bytes, type Combine } from './packed'
import type { OperandCode, Row, Semantics } from './row'

const SSE_FAULTS = ['#UD', '#NM'] as const
const MMX_FAULTS = ['#UD', '#NM', '#MF'] as const

/** Lanes of the target and the source by turns, from byte `first` of both. */
function interleave(lane: Lane, first: number): number[] {
  const width = lane / 8
  return Array.from({ length: 16 }, (_, index) => {
    const pair = Math.floor(index / (2 * width))
    const source = Math.floor(index / width) & 1
    return first + pair * width + (index % width) + source * 16
  })
}

const unpackLow = (lane: Lane): Combine => (b, a, x) => b.vShuffle(a, x, interleave(lane, 0))
const unpackHigh = (lane: Lane): Combine => (b, a, x, bytes) => b.vShuffle(a, x, interleave(lane, bytes / 2))

const pack = (from: 16 | 32, sign: Signedness): Combine => (b, a, x, bytes) => {
  if (bytes === 16) return b.vNarrow(from, sign, a, x)
  const both = lowHalves(b, a, x)
  return b.vNarrow(from, sign, both, both)
}

/** Bytes by number; bit 7 of a number clears (PSHUFB). */
const shuffleBytes: Combine = (b, a, x, bytes) => b.vSwizzle(a, b.vAnd(x, laneConstant(b, 8, [0x80 | (bytes - 1)])))

const UNPACKS: readonly (readonly [suffix: string, lane: 8 | 16 | 32, low: number, high: number])[] = [['bw', 8, 0x60, 0x68], ['wd', 16, 0x61, 0x69], ['dq', 32, 0x62, 0x6a]]

/** The low MMX forms read 32 bits of memory. */
const unpackRows: readonly Row[] = UNPACKS.flatMap(([suffix, lane, low, high]): Row[] => [
  sseRow(`punpckl${suffix}`, '0f', low, 'sse2', unpackLow(lane)),
  {
    name: `punpckl${suffix}`, map: '0f', opcode: low, prefix: 'none', operands: ['Pq:rw', 'Qd:r'], feature: 'mmx', faults: MMX_FAULTS,
    unit: 'mmx', semantics: combining(unpackLow(lane), 8),
  },
  ...packedRows({ name: `punpckh${suffix}`, opcode: high, combine: unpackHigh(lane), mmxFeature: 'mmx' }),
])

const FLOATING_UNPACKS: readonly Row[] = [
  { name: 'unpcklps', opcode: 0x14, prefix: 'none', feature: 'sse', combine: unpackLow(32) },
  { name: 'unpcklpd', opcode: 0x14, prefix: '66', feature: 'sse2', combine: unpackLow(64) },
  { name: 'unpckhps', opcode: 0x15, prefix: 'none', feature: 'sse', combine: unpackHigh(32) },
  { name: 'unpckhpd', opcode: 0x15, prefix: '66', feature: 'sse2', combine: unpackHigh(64) },
].map(({ combine, prefix, feature, ...row }): Row => ({
  ...row, map: '0f', prefix: prefix === '66' ? '66' : 'none', feature: feature === 'sse' ? 'sse' : 'sse2', operands: ['Vdq:rw', 'Wdq:r'], faults: SSE_FAULTS,
  unit: 'sse', semantics: combining(combine),
}))

/** Four selectors of two bits each, spread over the lanes: multiplied so that each comes to lie at bits 6 and 7. */
function selectors<V, X>(b: Builder<V, X>, lane: 16 | 32, control: V): X {
  const spread = b.vMul(lane, b.vSplat(lane, control), laneConstant(b, lane, [64, 16, 4, 1]))
  return b.vAnd(b.vShrU(lane, spread, b.constant(6)), laneConstant(b, lane, [3]))
}

/** Byte numbers of the doublewords that an immediate selects. */
function doublewordBytes<V, X>(b: Builder<V, X>, control: V): X {
  return b.vAdd(32, b.vMul(32, selectors(b, 32, control), laneConstant(b, 32, [0x0404_0404])), laneConstant(b, 32, [0x0302_0100]))
}

export const shuffleDoublewords: Semantics = (b, target, source, control) => {
  target.writeVector(b.vSwizzle(source.readVector(), doublewordBytes(b, control.read())))
}

/** Four words, of the low or the high half (`first`: its first byte); the other half stays. */
function shuffleWords(first: 0 | 8): Semantics {
  return (b, target, source, control) => {
    const x = source.readVector()
    const bytes = b.vAdd(16, b.vMul(16, selectors(b, 16, control.read()), laneConstant(b, 16, [0x0202])), laneConstant(b, 16, [0x0100 + first * 0x0101]))
    const shuffled = b.vSwizzle(x, bytes)
    target.writeVector(b.vShuffle(shuffled, x, IOTA.map((byte) => (byte - first >= 0 && byte - first < 8 ? byte : byte + 16))))
  }
}

/** Two lanes of the target, then two of the source (SHUFPS). */
function shuffleSingles<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>): void {
  const a = target.readVector()
  const x = source.readVector()
  const bytes = doublewordBytes(b, control.read())
  target.writeVector(b.vShuffle(b.vSwizzle(a, bytes), b.vSwizzle(x, bytes), IOTA.map((byte) => (byte < 8 ? byte : byte + 16))))
}

function shuffleDoubles<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>): void {
  const a = target.readVector()
  const x = source.readVector()
  const high = maskFromBits(b, 64, control.read())
  target.writeVector(b.vBlend(high, b.vShuffle(a, x, interleave(64, 8)), b.vShuffle(a, x, interleave(64, 0))))
}

/** Bytes of source and target, one behind the other, from byte `control` (PALIGNR). */
function align(bytes: Bytes): Semantics {
  return (b, target, source, control) => {
    const a = target.readVector()
    const x = source.readVector()
    const count = control.read()
    const limited = b.select(b.ltU(count, b.constant(32)), count, b.constant(32))
    const numbers = b.vAdd(8, laneConstant(b, 8, IOTA), b.vSplat(8, limited))
    if (bytes === 8) {
      target.writeVector(b.vSwizzle(lowHalves(b, x, a), numbers))
      return
    }
    target.writeVector(b.vOr(b.vSwizzle(x, numbers), b.vSwizzle(a, b.vSub(8, numbers, laneConstant(b, 8, [16])))))
  }
}

/** The source's lane where the bit of the immediate is set. */
export function blendByImmediate(lane: Lane): Semantics {
  return (b, target, source, control) => {
    const a = target.readVector()
    target.writeVector(b.vBlend(maskFromBits(b, lane, control.read()), source.readVector(), a))
  }
}

/** The source's lane where the lane of XMM0 is negative. */
export function blendByRegister(lane: Lane): Semantics {
  return (b, target, source, control) => {
    const a = target.readVector()
    const x = source.readVector()
    target.writeVector(b.vBlend(b.vGtS(lane, b.vConstant(0n), control.readVector()), x, a))
  }
}

function widen(from: 8 | 16 | 32, to: 16 | 32 | 64, sign: Signedness): Semantics {
  return <V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>) => {
    let value = source.readVector()
    let lane: number = from
    while (lane < to) {
      value = b.vExtend(lane === 8 ? 8 : lane === 16 ? 16 : 32, sign, 'low', value)
      lane *= 2
    }
    target.writeVector(value)
  }
}

const WIDENINGS: readonly (readonly [suffix: string, number: number, from: 8 | 16 | 32, to: 16 | 32 | 64, source: OperandCode])[] = [
  ['bw', 0, 8, 16, 'Wq'], ['bd', 1, 8, 32, 'Wd'], ['bq', 2, 8, 64, 'Ww'], ['wd', 3, 16, 32, 'Wq'], ['wq', 4, 16, 64, 'Wd'], ['dq', 5, 32, 64, 'Wq'],
]

const wideningRows: readonly Row[] = (['s', 'u'] as const).flatMap((sign) =>
  WIDENINGS.map(([suffix, number, from, to, source]): Row => ({
    name: `pmov${sign === 's' ? 's' : 'z'}x${suffix}`, map: '0f38', opcode: (sign === 's' ? 0x20 : 0x30) + number, prefix: '66', operands: ['Vdq:w', `${source}:r`],
    feature: 'sse4.1', faults: SSE_FAULTS, unit: 'sse', semantics: widen(from, to, sign),
  })),
)

const VECTOR_SOURCE_IMMEDIATE = ['Vdq:rw', 'Wdq:r', 'Ib:r'] as const

export const shuffleRows: readonly Row[] = [
  ...unpackRows, ...FLOATING_UNPACKS, ...wideningRows,
  sseRow('punpcklqdq', '0f', 0x6c, 'sse2', unpackLow(64)), sseRow('punpckhqdq', '0f', 0x6d, 'sse2', unpackHigh(64)),
  ...packedRows({ name: 'packsswb', opcode: 0x63, combine: pack(16, 's'), mmxFeature: 'mmx' }),
  ...packedRows({ name: 'packuswb', opcode: 0x67, combine: pack(16, 'u'), mmxFeature: 'mmx' }),
  ...packedRows({ name: 'packssdw', opcode: 0x6b, combine: pack(32, 's'), mmxFeature: 'mmx' }),
  sseRow('packusdw', '0f38', 0x2b, 'sse4.1', pack(32, 'u')),
  ...packedRows({ name: 'pshufb', map: '0f38', opcode: 0x00, combine: shuffleBytes, mmxFeature: 'ssse3', sseFeature: 'ssse3' }),
  { name: 'pshufw', map: '0f', opcode: 0x70, prefix: 'none', operands: ['Pq:w', 'Qq:r', 'Ib:r'], feature: 'sse', faults: MMX_FAULTS, unit: 'mmx', semantics: shuffleWords(0) },
  { name: 'pshufd', map: '0f', opcode: 0x70, prefix: '66', operands: ['Vdq:w', 'Wdq:r', 'Ib:r'], feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: shuffleDoublewords },
  { name: 'pshuflw', map: '0f', opcode: 0x70, prefix: 'f2', operands: ['Vdq:w', 'Wdq:r', 'Ib:r'], feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: shuffleWords(0) },
  { name: 'pshufhw', map: '0f', opcode: 0x70, prefix: 'f3', operands: ['Vdq:w', 'Wdq:r', 'Ib:r'], feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: shuffleWords(8) },
  { name: 'shufps', map: '0f', opcode: 0xc6, prefix: 'none', operands: VECTOR_SOURCE_IMMEDIATE, feature: 'sse', faults: SSE_FAULTS, unit: 'sse', semantics: shuffleSingles },
  { name: 'shufpd', map: '0f', opcode: 0xc6, prefix: '66', operands: VECTOR_SOURCE_IMMEDIATE, feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: shuffleDoubles },
  { name: 'palignr', map: '0f3a', opcode: 0x0f, prefix: 'none', operands: ['Pq:rw', 'Qq:r', 'Ib:r'], feature: 'ssse3', faults: MMX_FAULTS, unit: 'mmx', semantics: align(8) },
  { name: 'palignr', map: '0f3a', opcode: 0x0f, prefix: '66', operands: VECTOR_SOURCE_IMMEDIATE, feature: 'ssse3', faults: SSE_FAULTS, unit: 'sse', semantics: align(16) },
  { name: 'blendps', map: '0f3a', opcode: 0x0c, prefix: '66', operands: VECTOR_SOURCE_IMMEDIATE, feature: 'sse4.1', faults: SSE_FAULTS, unit: 'sse', semantics: blendByImmediate(32) },
  { name: 'blendpd', map: '0f3a', opcode: 0x0d, prefix: '66', operands: VECTOR_SOURCE_IMMEDIATE, feature: 'sse4.1', faults: SSE_FAULTS, unit: 'sse', semantics: blendByImmediate(64) },
  { name: 'pblendw', map: '0f3a', opcode: 0x0e, prefix: '66', operands: VECTOR_SOURCE_IMMEDIATE, feature: 'sse4.1', faults: SSE_FAULTS, unit: 'sse', semantics: blendByImmediate(16) },
  ...([['pblendvb', 0x10, 8], ['blendvps', 0x14, 32], ['blendvpd', 0x15, 64]] as const).map(([name, opcode, lane]): Row => ({
    name, map: '0f38', opcode, prefix: '66', operands: ['Vdq:rw', 'Wdq:r', 'xmm0:r'], feature: 'sse4.1', faults: SSE_FAULTS, unit: 'sse', semantics: blendByRegister(lane),
  })),
]
