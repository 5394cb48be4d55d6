/** Packed integer arithmetic and comparison, MMX to SSE4.2 (SDM vol. 2B: PABSB … PSUBUSW; MPSADBW, PHMINPOSUW). */
import type { Builder, Operand } from '../semantics/builder'
import type { Lane, Signedness } from '../semantics/vector-builder'
import { broadcastLane, IOTA, laneConstant, packedRows, sseRow, type Bytes, type Combine } from './packed'
import type { Feature, Row } from './row'

type Entry = readonly [name: string, opcode: number, combine: Combine]

const add = (lane: Lane): Combine => (b, a, x) => b.vAdd(lane, a, x)
const sub = (lane: Lane): Combine => (b, a, x) => b.vSub(lane, a, x)
const addSaturated = (lane: 8 | 16, sign: Signedness): Combine => (b, a, x) => b.vAddSaturated(lane, sign, a, x)
const subSaturated = (lane: 8 | 16, sign: Signedness): Combine => (b, a, x) => b.vSubSaturated(lane, sign, a, x)
const min = (lane: 8 | 16 | 32, sign: Signedness): Combine => (b, a, x) => b.vMin(lane, sign, a, x)
const max = (lane: 8 | 16 | 32, sign: Signedness): Combine => (b, a, x) => b.vMax(lane, sign, a, x)
const equal = (lane: Lane): Combine => (b, a, x) => b.vEq(lane, a, x)
const greater = (lane: Lane): Combine => (b, a, x) => b.vGtS(lane, a, x)
const average = (lane: 8 | 16): Combine => (b, a, x) => b.vAverage(lane, a, x)
const absolute = (lane: 8 | 16 | 32): Combine => (b, _, x) => b.vAbs(lane, x)

/** Two bytes of each of the eight 32-bit lanes of two vectors, from byte `first` of the lane. */
function wordsOf(first: number): number[] {
  return Array.from({ length: 16 }, (_, index) => (index >> 1) * 4 + first + (index & 1))
}

const multiplyHigh = (sign: Signedness): Combine => (b, a, x) =>
  b.vShuffle(b.vMulWide(16, sign, 'low', a, x), b.vMulWide(16, sign, 'high', a, x), wordsOf(2))

/** (a × x + 2^14) >> 15 (PMULHRSW). */
const multiplyRounded: Combine = (b, a, x) => {
  const half = laneConstant(b, 32, [0x4000])
  const rounded = (part: 'low' | 'high') => b.vShrU(32, b.vAdd(32, b.vMulWide(16, 's', part, a, x), half), b.constant(15))
  return b.vShuffle(rounded('low'), rounded('high'), wordsOf(0))
}

const EVEN_DOUBLEWORDS = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]

const multiplyEven = (sign: Signedness): Combine => (b, a, x) =>
  b.vMulWide(32, sign, 'low', b.vShuffle(a, a, EVEN_DOUBLEWORDS), b.vShuffle(x, x, EVEN_DOUBLEWORDS))

/** Unsigned bytes times signed bytes, neighbours added with saturation (PMADDUBSW). */
const multiplyAddBytes: Combine = (b, a, x) => {
  const eight = b.constant(8)
  const even = b.vMul(16, b.vAnd(a, laneConstant(b, 16, [0xff])), b.vShrS(16, b.vShl(16, x, eight), eight))
  const odd = b.vMul(16, b.vShrU(16, a, eight), b.vShrS(16, x, eight))
  return b.vAddSaturated(16, 's', even, odd)
}

/** Sums of absolute differences of eight bytes each (PSADBW). */
const sumOfDifferences: Combine = (b, a, x) => {
  const difference = b.vOr(b.vSubSaturated(8, 'u', a, x), b.vSubSaturated(8, 'u', x, a))
  const quarters = b.vAddPairs(16, 'u', b.vAddPairs(8, 'u', difference))
  return b.vAdd(64, b.vAnd(quarters, laneConstant(b, 64, [0xffff_ffff])), b.vShrU(64, quarters, b.constant(32)))
}

/** The first, or the second, lane of each pair: those of the target, then those of the source. */
function alternate(lane: 16 | 32, bytes: Bytes, second: boolean): number[] {
  const width = lane / 8
  const own = IOTA.slice(0, bytes).filter((byte) => ((byte / width) & 1) === (second ? 1 : 0))
  const ofBoth = [...own, ...own.map((byte) => byte + 16)]
  return Array.from({ length: 16 }, (_, index) => ofBoth[index % ofBoth.length] ?? 0)
}

/** Pairs of neighbours (PHADDW …). */
const horizontal = (lane: 16 | 32, combine: Combine): Combine => (b, a, x, bytes) =>
  combine(b, b.vShuffle(a, x, alternate(lane, bytes, false)), b.vShuffle(a, x, alternate(lane, bytes, true)), bytes)

/** The target, negated or cleared by the sign of the source (PSIGNB …). */
const applySign = (lane: 8 | 16 | 32): Combine => (b, a, x) => {
  const zero = b.vConstant(0n)
  const negative = b.vGtS(lane, zero, x)
  return b.vAndNot(b.vSub(lane, b.vXor(a, negative), negative), b.vEq(lane, x, zero))
}

/** MMX, with XMM forms in SSE2. */
const MMX: readonly Entry[] = [
  ['pcmpgtb', 0x64, greater(8)], ['pcmpgtw', 0x65, greater(16)], ['pcmpgtd', 0x66, greater(32)],
  ['pcmpeqb', 0x74, equal(8)], ['pcmpeqw', 0x75, equal(16)], ['pcmpeqd', 0x76, equal(32)],
  ['pmullw', 0xd5, (b, a, x) => b.vMul(16, a, x)], ['pmulhw', 0xe5, multiplyHigh('s')], ['pmaddwd', 0xf5, (b, a, x) => b.vDot16(a, x)],
  ['psubusb', 0xd8, subSaturated(8, 'u')], ['psubusw', 0xd9, subSaturated(16, 'u')], ['paddusb', 0xdc, addSaturated(8, 'u')], ['paddusw', 0xdd, addSaturated(16, 'u')],
  ['psubsb', 0xe8, subSaturated(8, 's')], ['psubsw', 0xe9, subSaturated(16, 's')], ['paddsb', 0xec, addSaturated(8, 's')], ['paddsw', 0xed, addSaturated(16, 's')],
  ['psubb', 0xf8, sub(8)], ['psubw', 0xf9, sub(16)], ['psubd', 0xfa, sub(32)], ['paddb', 0xfc, add(8)], ['paddw', 0xfd, add(16)], ['paddd', 0xfe, add(32)],
]

/** MMX registers since SSE, XMM since SSE2. */
const SSE: readonly Entry[] = [
  ['pminub', 0xda, min(8, 'u')], ['pmaxub', 0xde, max(8, 'u')], ['pminsw', 0xea, min(16, 's')], ['pmaxsw', 0xee, max(16, 's')],
  ['pavgb', 0xe0, average(8)], ['pavgw', 0xe3, average(16)], ['pmulhuw', 0xe4, multiplyHigh('u')], ['psadbw', 0xf6, sumOfDifferences],
]

const SSE2: readonly Entry[] = [['paddq', 0xd4, add(64)], ['psubq', 0xfb, sub(64)], ['pmuludq', 0xf4, multiplyEven('u')]]

const SSSE3: readonly Entry[] = [
  ['phaddw', 0x01, horizontal(16, add(16))], ['phaddd', 0x02, horizontal(32, add(32))], ['phaddsw', 0x03, horizontal(16, addSaturated(16, 's'))],
  ['pmaddubsw', 0x04, multiplyAddBytes],
  ['phsubw', 0x05, horizontal(16, sub(16))], ['phsubd', 0x06, horizontal(32, sub(32))], ['phsubsw', 0x07, horizontal(16, subSaturated(16, 's'))],
  ['psignb', 0x08, applySign(8)], ['psignw', 0x09, applySign(16)], ['psignd', 0x0a, applySign(32)], ['pmulhrsw', 0x0b, multiplyRounded],
]

const ABSOLUTES: readonly Entry[] = [['pabsb', 0x1c, absolute(8)], ['pabsw', 0x1d, absolute(16)], ['pabsd', 0x1e, absolute(32)]]

/** Place and value of the smallest 16-bit lane; of equal ones the first. */
const smallestWord: Combine = (b, _, x) => {
  const keys = IOTA.slice(0, 8).map((index) => b.or(b.shl(b.vExtract(16, x, index), b.constant(3)), b.constant(index)))
  const least = keys.reduce((smallest, key) => b.select(b.ltU(key, smallest), key, smallest))
  const result = b.or(b.shrU(least, b.constant(3)), b.shl(b.and(least, b.constant(7)), b.constant(16)))
  return b.vInsert(64, b.vConstant(0n), 0, result)
}

const SSE41: readonly Entry[] = [
  ['pmuldq', 0x28, multiplyEven('s')], ['pcmpeqq', 0x29, equal(64)], ['pmulld', 0x40, (b, a, x) => b.vMul(32, a, x)],
  ['pminsb', 0x38, min(8, 's')], ['pminsd', 0x39, min(32, 's')], ['pminuw', 0x3a, min(16, 'u')], ['pminud', 0x3b, min(32, 'u')],
  ['pmaxsb', 0x3c, max(8, 's')], ['pmaxsd', 0x3d, max(32, 's')], ['pmaxuw', 0x3e, max(16, 'u')], ['pmaxud', 0x3f, max(32, 'u')],
]

/** Eight sums of four absolute differences: a window that slides over the target, four bytes of the source. */
function slidingDifferences<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>): void {
  const a = target.readVector()
  const x = source.readVector()
  const selection = control.read()
  const targetByte = b.and(selection, b.constant(4))
  const sourceByte = b.shl(b.and(selection, b.constant(3)), b.constant(2))
  const sums = IOTA.slice(0, 4).map((index) => {
    const window = b.vSwizzle(a, b.vAdd(8, b.vSplat(8, b.add(targetByte, b.constant(index))), laneConstant(b, 8, IOTA)))
    const byte = broadcastLane(b, 8, x, b.add(sourceByte, b.constant(index)))
    return b.vExtend(8, 'u', 'low', b.vOr(b.vSubSaturated(8, 'u', window, byte), b.vSubSaturated(8, 'u', byte, window)))
  })
  target.writeVector(sums.reduce((sum, next) => b.vAdd(16, sum, next)))
}

function both(entries: readonly Entry[], mmxFeature: Feature, sseFeature: Feature, map: '0f' | '0f38' = '0f', unary = false): Row[] {
  return entries.flatMap(([name, opcode, combine]) => packedRows({ name, map, opcode, combine, mmxFeature, sseFeature, unary }))
}

export const packedIntegerRows: readonly Row[] = [
  ...both(MMX, 'mmx', 'sse2'), ...both(SSE, 'sse', 'sse2'), ...both(SSE2, 'sse2', 'sse2'), ...both(SSSE3, 'ssse3', 'ssse3', '0f38'), ...both(ABSOLUTES, 'ssse3', 'ssse3', '0f38', true),
  ...SSE41.map(([name, opcode, combine]) => sseRow(name, '0f38', opcode, 'sse4.1', combine)),
  sseRow('phminposuw', '0f38', 0x41, 'sse4.1', smallestWord, true), sseRow('pcmpgtq', '0f38', 0x37, 'sse4.2', greater(64)),
  {
    name: 'mpsadbw', map: '0f3a', opcode: 0x42, prefix: '66', operands: ['Vdq:rw', 'Wdq:r', 'Ib:r'], feature: 'sse4.1', faults: ['#UD', '#NM'],
    unit: 'sse', semantics: slidingDifferences,
  },
]
