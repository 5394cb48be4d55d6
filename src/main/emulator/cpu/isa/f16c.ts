/** F16C: numbers of 16 bits (SDM vol. 2C: VCVTPH2PS, VCVTPS2PH). */
import { halfToSingle, singleToHalf } from '../float/half'
import { finishSse } from '../float/sse-arithmetic'
import type { Builder, Operand } from '../semantics/builder'
import { readLanes, writeLanes } from './lanes'
import type { Row, Semantics } from './row'
import { readUnchecked, writeUnchecked } from './unchecked'

const HALF_BITS = 16

/** Reports the exceptions of all lanes and gives their values. */
function finished<V>(b: Builder<V>, outcomes: readonly (readonly [value: V, flags: V])[]): V[] {
  b.routine(finishSse, outcomes.reduce((all, [, flags]) => b.or(all, flags), b.constant(0)))
  return outcomes.map(([value]) => value)
}

/** Lanes of 16 bits, of 64 or 128 in all. */
function halves<V, X>(b: Builder<V, X>, source: Operand<V, X>): V[] {
  const lanes = Array.from({ length: source.vectorBits / HALF_BITS }, (_, index) => index)
  if (source.vectorBits > 64) {
    const vector = source.readVector()
    return lanes.map((index) => b.vExtract(HALF_BITS, vector, index))
  }
  const value = source.isMemory ? readUnchecked(b, source, b.constant(0), 64) : source.read()
  return lanes.map((index) => b.zext(HALF_BITS, b.shrU(value, b.constant(index * HALF_BITS))))
}

const toSingles: Semantics = (b, target, source) => {
  writeLanes(b, target, 32, finished(b, halves(b, source).map((half) => b.routine(halfToSingle, half))))
}

/** Exceptions of the conversion come before those of the write, which finds them in MXCSR already. */
const toHalves: Semantics = (b, target, source, immediate) => {
  const how = immediate.read()
  const values = finished(b, readLanes(b, source, 32).map((single) => b.routine(singleToHalf, single, how, b.special('mxcsr'))))
  if (target.vectorBits > 64) {
    target.writeVector(values.reduce((vector, value, index) => b.vInsert(HALF_BITS, vector, index, value), b.vConstant(0n)))
  } else {
    const all = values.reduce((lower, value, index) => b.or(lower, b.shl(value, b.constant(index * HALF_BITS))), b.constant(0))
    if (target.isMemory) writeUnchecked(b, target, 64, all)
    else target.write(all)
  }
}

const COMMON = { prefix: '66', feature: 'f16c', faults: ['#UD', '#NM', '#XM'], unit: 'avx', unaligned: true } as const

export const f16cRows: readonly Row[] = [
  { ...COMMON, name: 'vcvtph2ps', map: '0f38', opcode: 0x13, vex: { l: 0, w: 0 }, operands: ['Vdq:w', 'Wq:r'], semantics: toSingles },
  { ...COMMON, name: 'vcvtph2ps', map: '0f38', opcode: 0x13, vex: { l: 1, w: 0 }, operands: ['Vqq:w', 'Wdq:r'], semantics: toSingles },
  { ...COMMON, name: 'vcvtps2ph', map: '0f3a', opcode: 0x1d, vex: { l: 0, w: 0 }, operands: ['Wq:w', 'Vdq:r', 'Ib:r'], semantics: toHalves },
  { ...COMMON, name: 'vcvtps2ph', map: '0f3a', opcode: 0x1d, vex: { l: 1, w: 0 }, operands: ['Wdq:w', 'Vqq:r', 'Ib:r'], semantics: toHalves },
]
