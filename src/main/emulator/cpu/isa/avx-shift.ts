/** Shifts with a count for each lane: VPSLLVD, VPSLLVQ, VPSRLVD, VPSRLVQ, VPSRAVD (SDM vol. 2C). */
import type { Builder } from '../semantics/builder'
import { readLanes, writeLanes, type Bits } from './lanes'
import type { Row, Semantics } from './row'

type Shift = <V>(b: Builder<V>, lane: Bits, value: V, count: V) => V

/** Nothing is left when the count is as large as the lane, or larger. */
const left: Shift = (b, lane, value, count) => b.select(b.ltU(count, b.constant(lane)), b.shl(value, count), b.constant(0))
const right: Shift = (b, lane, value, count) => b.select(b.ltU(count, b.constant(lane)), b.shrU(value, count), b.constant(0))
/** … or nothing but signs. */
const arithmetic: Shift = (b, lane, value, count) => b.shrS(b.sext(lane, value), b.select(b.ltU(count, b.constant(lane)), count, b.constant(lane - 1)))

const shiftLanes = (lane: Bits, shift: Shift): Semantics => (b, target, source, counts) => {
  const values = readLanes(b, source, lane)
  writeLanes(b, target, lane, readLanes(b, counts, lane).map((count, index) => shift(b, lane, values[index] ?? count, count)))
}

const SHIFTS: readonly (readonly [name: string, opcode: number, lane: Bits, shift: Shift])[] = [
  ['vpsrlvd', 0x45, 32, right], ['vpsrlvq', 0x45, 64, right], ['vpsravd', 0x46, 32, arithmetic], ['vpsllvd', 0x47, 32, left], ['vpsllvq', 0x47, 64, left],
]

export const avxShiftRows: readonly Row[] = SHIFTS.flatMap(([name, opcode, lane, shift]) =>
  ([['dq', 0], ['qq', 1]] as const).map(([width, l]): Row => ({
    name, map: '0f38', opcode, prefix: '66', vex: { l, w: lane === 64 ? 1 : 0 }, operands: [`V${width}:w`, `H${width}:r`, `W${width}:r`], feature: 'avx2', faults: ['#UD', '#NM'],
    unit: 'avx', unaligned: true, semantics: shiftLanes(lane, shift),
  })),
)
