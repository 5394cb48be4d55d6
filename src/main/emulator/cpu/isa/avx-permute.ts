/** Permutations and blends that AVX adds: VPERM2*128, VPERMIL*, VPERMD, VPERMPS, VPERMQ, VPERMPD, VPBLENDD (SDM vol. 2C). */
import type { Builder, Operand } from '../semantics/builder'
import { laneConstant } from './packed'
import type { Feature, OperandSpec, Row, Semantics } from './row'
import { blendByImmediate, shuffleDoublewords } from './sse-shuffle'
import { inHalves, withFirstSource, type HalvesOptions } from './vex-operands'

type Wide = 32 | 64

/** Byte numbers of the lanes that `indices` names. */
function bytesOf<V, X>(b: Builder<V, X>, lane: Wide, indices: X): X {
  const [factor, numbers] = lane === 32 ? ([0x0404_0404, 0x0302_0100] as const) : ([0x0808_0808_0808_0808n, 0x0706_0504_0302_0100n] as const)
  return b.vAdd(lane, b.vMul(lane, indices, laneConstant(b, lane, [factor])), laneConstant(b, lane, [numbers]))
}

/** Any doublewords of both halves, by the low three bits of the first source's. */
const permuteDoublewords: Semantics = (b, target, indices, source) => {
  const [low, high] = source.readWide()
  const [first, second] = indices.readWide().map((half) => {
    const bytes = bytesOf(b, 32, b.vAnd(half, laneConstant(b, 32, [7])))
    return b.vOr(b.vSwizzle(low, bytes), b.vSwizzle(high, b.vSub(8, bytes, laneConstant(b, 8, [16]))))
  })
  if (first !== undefined && second !== undefined) target.writeWide(first, second)
}

/** Any quadwords of both halves, by two bits of the immediate each. */
const permuteQuadwords: Semantics = <V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>) => {
  const [low, high] = source.readWide()
  const selection = control.read()
  const bit = (position: number): V => b.and(b.shrU(selection, b.constant(position)), b.constant(1))
  const pick = (position: number): V => {
    const odd = bit(position)
    const of = (half: X): V => b.select(odd, b.vExtract(64, half, 1), b.vExtract(64, half, 0))
    return b.select(bit(position + 1), of(high), of(low))
  }
  const vector = (first: number): X => b.vInsert(64, b.vInsert(64, b.vConstant(0n), 0, pick(first)), 1, pick(first + 2))
  target.writeWide(vector(0), vector(4))
}

/** Each half of the target is a half of one of the sources, or zero: bits 0, 1 and 3, and 4, 5 and 7 of the immediate. */
const permuteHalves: Semantics = <V, X>(b: Builder<V, X>, target: Operand<V, X>, first: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>) => {
  const own = first.readWide()
  const other = source.readWide()
  const selection = control.read()
  const bit = (position: number): V => b.and(b.shrU(selection, b.constant(position)), b.constant(1))
  const pick = (position: number): X => {
    const of = ([low, high]: readonly [X, X]): X => b.vChoose(bit(position), high, low)
    return b.vChoose(bit(position + 3), b.vConstant(0n), b.vChoose(bit(position + 1), of(other), of(own)))
  }
  target.writeWide(pick(0), pick(4))
}

/** Doublewords within 128 bits, by the low bits of the control's. */
const permuteSingles: Semantics = (b, target, source, control) => {
  target.writeVector(b.vSwizzle(source.readVector(), bytesOf(b, 32, b.vAnd(control.readVector(), laneConstant(b, 32, [3])))))
}

/** Quadwords within 128 bits, by bit 1 of the control's. */
const permuteDoubles: Semantics = (b, target, source, control) => {
  const indices = b.vAnd(b.vShrU(64, control.readVector(), b.constant(1)), laneConstant(b, 64, [1]))
  target.writeVector(b.vSwizzle(source.readVector(), bytesOf(b, 64, indices)))
}

/** The same by one bit of the immediate each. */
const permuteDoublesByImmediate: Semantics = (b, target, source, control) => {
  const x = source.readVector()
  const selection = control.read()
  const pick = (position: number) => b.select(b.and(b.shrU(selection, b.constant(position)), b.constant(1)), b.vExtract(64, x, 1), b.vExtract(64, x, 0))
  target.writeVector(b.vInsert(64, b.vInsert(64, b.vConstant(0n), 0, pick(0)), 1, pick(1)))
}

interface Form {
  readonly name: string
  readonly map: '0f38' | '0f3a'
  readonly opcode: number
  readonly w: 0 | 1
  readonly feature: Feature
}

function row({ name, map, opcode, w, feature }: Form, l: 0 | 1, operands: readonly OperandSpec[], semantics: Semantics): Row {
  return { name, map, opcode, prefix: '66', vex: { l, w }, operands, feature, faults: ['#UD', '#NM'], unit: 'avx', unaligned: true, semantics }
}

const OPERANDS = { 'V:w': ['Vdq:w', 'Vqq:w'], 'H:r': ['Hdq:r', 'Hqq:r'], 'W:r': ['Wdq:r', 'Wqq:r'], 'Ib:r': ['Ib:r', 'Ib:r'] } as const satisfies Record<string, readonly [OperandSpec, OperandSpec]>

/** Both widths of what works within 128 bits. */
function both(form: Form, operands: readonly (keyof typeof OPERANDS)[], semantics: Semantics, options: HalvesOptions): Row[] {
  const specs = (l: 0 | 1): OperandSpec[] => operands.map((operand) => OPERANDS[operand][l])
  return [row(form, 0, specs(0), semantics), row(form, 1, specs(1), inHalves(semantics, options))]
}

const WIDE = ['wide', 'wide', 'wide'] as const
const blendDoublewords = blendByImmediate(32)
const BLEND: Form = { name: 'vpblendd', map: '0f3a', opcode: 0x02, w: 0, feature: 'avx2' }

export const avxPermuteRows: readonly Row[] = [
  ...both({ name: 'vpermilps', map: '0f38', opcode: 0x0c, w: 0, feature: 'avx' }, ['V:w', 'H:r', 'W:r'], permuteSingles, { cuts: WIDE }),
  ...both({ name: 'vpermilpd', map: '0f38', opcode: 0x0d, w: 0, feature: 'avx' }, ['V:w', 'H:r', 'W:r'], permuteDoubles, { cuts: WIDE }),
  ...both({ name: 'vpermilps', map: '0f3a', opcode: 0x04, w: 0, feature: 'avx' }, ['V:w', 'W:r', 'Ib:r'], shuffleDoublewords, { cuts: ['wide', 'wide', 'shared'] }),
  ...both({ name: 'vpermilpd', map: '0f3a', opcode: 0x05, w: 0, feature: 'avx' }, ['V:w', 'W:r', 'Ib:r'], permuteDoublesByImmediate, { cuts: ['wide', 'wide', 'shared'], immediateBits: 2 }),
  row({ name: 'vperm2f128', map: '0f3a', opcode: 0x06, w: 0, feature: 'avx' }, 1, ['Vqq:w', 'Hqq:r', 'Wqq:r', 'Ib:r'], permuteHalves),
  row({ name: 'vperm2i128', map: '0f3a', opcode: 0x46, w: 0, feature: 'avx2' }, 1, ['Vqq:w', 'Hqq:r', 'Wqq:r', 'Ib:r'], permuteHalves),
  row({ name: 'vpermps', map: '0f38', opcode: 0x16, w: 0, feature: 'avx2' }, 1, ['Vqq:w', 'Hqq:r', 'Wqq:r'], permuteDoublewords),
  row({ name: 'vpermd', map: '0f38', opcode: 0x36, w: 0, feature: 'avx2' }, 1, ['Vqq:w', 'Hqq:r', 'Wqq:r'], permuteDoublewords),
  row({ name: 'vpermq', map: '0f3a', opcode: 0x00, w: 1, feature: 'avx2' }, 1, ['Vqq:w', 'Wqq:r', 'Ib:r'], permuteQuadwords),
  row({ name: 'vpermpd', map: '0f3a', opcode: 0x01, w: 1, feature: 'avx2' }, 1, ['Vqq:w', 'Wqq:r', 'Ib:r'], permuteQuadwords),
  row(BLEND, 0, ['Vdq:w', 'Hdq:r', 'Wdq:r', 'Ib:r'], withFirstSource(blendDoublewords)),
  row(BLEND, 1, ['Vqq:w', 'Hqq:r', 'Wqq:r', 'Ib:r'], withFirstSource(inHalves(blendDoublewords, { cuts: ['wide', 'wide', 'shared'], immediateBits: 4 }))),
]
