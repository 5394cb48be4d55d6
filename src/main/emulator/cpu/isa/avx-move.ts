/** Moves that AVX adds, or changes: VMOVSS, VMOVSD, VBROADCAST*, VPBROADCAST*, VMASKMOV*, VPMASKMOV*, VINSERT*128, VEXTRACT*128, VTEST*, VZERO* (SDM vol. 2C). */
import type { Builder, Operand } from '../semantics/builder'
import type { Lane } from '../semantics/vector-builder'
import { halvesOf } from './lanes'
import type { Feature, OpcodeMap, OperandSpec, Row, Semantics } from './row'
import { withFirstSource } from './vex-operands'

const FAULTS = ['#UD', '#NM'] as const

function row(name: string, map: OpcodeMap, opcode: number, vex: NonNullable<Row['vex']>, feature: Feature, operands: readonly OperandSpec[], semantics: Semantics): Row {
  return { name, map, opcode, prefix: '66', vex, operands, feature, faults: FAULTS, unit: 'avx', unaligned: true, semantics }
}

/** The low part, with zeros above it. */
const load: Semantics = (_, target, source) => {
  target.write(source.read())
}

const scalarMoves: readonly Row[] = ([['vmovss', 'f3', 'd'], ['vmovsd', 'f2', 'q']] as const).flatMap(([name, prefix, width]): Row[] => {
  const form = { name, map: '0f', prefix, vex: {}, feature: 'avx', faults: FAULTS, unit: 'avx' } as const
  return [
    { ...form, opcode: 0x10, operands: [`V${width}:w`, `M${width}:r`], semantics: load },
    { ...form, opcode: 0x10, operands: [`V${width}:w`, `H${width}:r`, `U${width}:r`], semantics: withFirstSource(load) },
    { ...form, opcode: 0x11, operands: [`M${width}:w`, `V${width}:r`], semantics: load },
    { ...form, opcode: 0x11, operands: [`U${width}:w`, `H${width}:r`, `V${width}:r`], semantics: withFirstSource(load) },
  ]
})

/** Writes one vector to each half that the target has. */
function writeBoth<V, X>(target: Operand<V, X>, value: X): void {
  if (target.vectorBits > 128) target.writeWide(value, value)
  else target.writeVector(value)
}

const broadcast = (lane: Lane): Semantics => (b, target, source) => {
  writeBoth(target, b.vSplat(lane, source.read()))
}

const broadcastVector: Semantics = (_, target, source) => {
  writeBoth(target, source.readVector())
}

/** From memory as wide as a lane, or the low lane of a register. */
function broadcastRows(name: string, opcode: number, lane: Lane, memory: OperandSpec, memoryFeature: Feature): Row[] {
  return ([['Vdq:w', 0], ['Vqq:w', 1]] as const)
    .filter(([, l]) => l === 1 || name !== 'vbroadcastsd')
    .flatMap(([target, l]) => [
      row(name, '0f38', opcode, { l, w: 0 }, memoryFeature, [target, memory], broadcast(lane)),
      row(name, '0f38', opcode, { l, w: 0 }, 'avx2', [target, lane === 64 ? 'Uq:r' : 'Ud:r'], broadcast(lane)),
    ])
}

/** Elements whose mask lane is negative; the others are zero and are not touched in memory. */
const loadMasked = (lane: 32 | 64): Semantics => <V, X>(b: Builder<V, X>, target: Operand<V, X>, mask: Operand<V, X>, memory: Operand<V, X>) => {
  const masks = maskBits(b, lane, mask)
  const values = masks.map((bit, index) => {
    const value = b.variable(b.constant(0))
    b.if(bit, () => value.set(memory.at(b.constant((index * lane) / 8), lane, 'r').read()))
    return value
  })
  const count = 128 / lane
  const vector = (first: number): X =>
    values.slice(first, first + count).reduce((lanes, value, index) => b.vInsert(lane, lanes, index, value.get()), b.vConstant(0n))
  if (values.length > count) target.writeWide(vector(0), vector(count))
  else target.writeVector(vector(0))
}

/** The same in the other direction: first everything is checked, then written. */
const storeMasked = (lane: 32 | 64): Semantics => (b, memory, mask, source) => {
  const masks = maskBits(b, lane, mask)
  const values = halvesOf(source).flatMap((half) => Array.from({ length: 128 / lane }, (_, index) => b.vExtract(lane, half, index)))
  const at = (index: number) => memory.at(b.constant((index * lane) / 8), lane, 'rw')
  for (const [index, bit] of masks.entries()) {
    b.if(bit, () => {
      at(index).read()
    })
  }
  for (const [index, bit] of masks.entries()) b.if(bit, () => at(index).write(values[index] ?? b.constant(0)))
}

/** One truth value for each lane. */
function maskBits<V, X>(b: Builder<V, X>, lane: 32 | 64, mask: Operand<V, X>): V[] {
  return halvesOf(mask).flatMap((half) => {
    const signs = b.vSignBits(lane, half)
    return Array.from({ length: 128 / lane }, (_, index) => b.and(b.shrU(signs, b.constant(index)), b.constant(1)))
  })
}

function maskedRows(name: string, opcode: number, storeOpcode: number, lane: 32 | 64, w: 0 | 1, feature: Feature): Row[] {
  return ([['dq', 0], ['qq', 1]] as const).flatMap(([width, l]) => [
    row(name, '0f38', opcode, { l, w }, feature, [`V${width}:w`, `H${width}:r`, `M${width}:r`], loadMasked(lane)),
    row(name, '0f38', storeOpcode, { l, w }, feature, [`M${width}:w`, `H${width}:r`, `V${width}:r`], storeMasked(lane)),
  ])
}

/** One half of the target from the second source, the other one from the first. */
const insertHalf: Semantics = (b, target, first, source, control) => {
  const [low, high] = first.readWide()
  const value = source.readVector()
  const upper = b.and(control.read(), b.constant(1))
  target.writeWide(b.vChoose(upper, low, value), b.vChoose(upper, value, high))
}

const extractHalf: Semantics = (b, target, source, control) => {
  const [low, high] = source.readWide()
  target.writeVector(b.vChoose(b.and(control.read(), b.constant(1)), high, low))
}

const ZF_BIT = 6
const ALL_FLAGS_MASK = 0x8d5

/** ZF: no common signs; CF: no signs of the source where the target has none. */
const testSigns = (lane: 32 | 64): Semantics => <V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>) => {
  const signs = (operand: Operand<V, X>): V =>
    halvesOf(operand).map((half, index) => b.shl(b.vSignBits(lane, half), b.constant(index * 8))).reduce((all, part) => b.or(all, part))
  const a = signs(target)
  const x = signs(source)
  b.setFlagsImage(b.or(b.shl(b.isZero(b.and(a, x)), b.constant(ZF_BIT)), b.isZero(b.and(b.not(a), x))), ALL_FLAGS_MASK)
}

const PARTS = 4
const UPPER_PARTS = 2

/** Clears the parts of all registers of the mode from part `first` on. */
const zero = (registers: number, first: number): Semantics => (b) => {
  for (let register = 0; register < registers; register++) {
    for (let part = first; part < PARTS; part++) b.setYmmPart(b.constant(register * PARTS + part), b.constant(0))
  }
}

const zeroRows: readonly Row[] = ([['not64', 8], ['only64', 16]] as const).flatMap(([modes, registers]) =>
  ([['vzeroupper', 0, UPPER_PARTS], ['vzeroall', 1, 0]] as const).map(([name, l, first]): Row => ({
    name, map: '0f', opcode: 0x77, prefix: 'none', vex: { l }, modes, operands: [], feature: 'avx', faults: FAULTS, unit: 'avx', semantics: zero(registers, first),
  })),
)

export const avxMoveRows: readonly Row[] = [
  ...scalarMoves,
  ...broadcastRows('vbroadcastss', 0x18, 32, 'Md:r', 'avx'), ...broadcastRows('vbroadcastsd', 0x19, 64, 'Mq:r', 'avx'),
  ...broadcastRows('vpbroadcastb', 0x78, 8, 'Mb:r', 'avx2'), ...broadcastRows('vpbroadcastw', 0x79, 16, 'Mw:r', 'avx2'),
  ...broadcastRows('vpbroadcastd', 0x58, 32, 'Md:r', 'avx2'), ...broadcastRows('vpbroadcastq', 0x59, 64, 'Mq:r', 'avx2'),
  row('vbroadcastf128', '0f38', 0x1a, { l: 1, w: 0 }, 'avx', ['Vqq:w', 'Mdq:r'], broadcastVector), row('vbroadcasti128', '0f38', 0x5a, { l: 1, w: 0 }, 'avx2', ['Vqq:w', 'Mdq:r'], broadcastVector),
  ...maskedRows('vmaskmovps', 0x2c, 0x2e, 32, 0, 'avx'), ...maskedRows('vmaskmovpd', 0x2d, 0x2f, 64, 0, 'avx'),
  ...maskedRows('vpmaskmovd', 0x8c, 0x8e, 32, 0, 'avx2'), ...maskedRows('vpmaskmovq', 0x8c, 0x8e, 64, 1, 'avx2'),
  ...([['f', 0x18, 'avx'], ['i', 0x38, 'avx2']] as const).flatMap(([kind, opcode, feature]) => [
    row(`vinsert${kind}128`, '0f3a', opcode, { l: 1, w: 0 }, feature, ['Vqq:w', 'Hqq:r', 'Wdq:r', 'Ib:r'], insertHalf),
    row(`vextract${kind}128`, '0f3a', opcode + 1, { l: 1, w: 0 }, feature, ['Wdq:w', 'Vqq:r', 'Ib:r'], extractHalf),
  ]),
  ...([['vtestps', 0x0e, 32], ['vtestpd', 0x0f, 64]] as const).flatMap(([name, opcode, lane]) =>
    ([['Vdq:r', 'Wdq:r', 0], ['Vqq:r', 'Wqq:r', 1]] as const).map(([a, x, l]): Row => ({
      ...row(name, '0f38', opcode, { l, w: 0 }, 'avx', [a, x], testSigns(lane)), flags: { writes: ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] },
    })),
  ),
  ...zeroRows,
]
