/** Moves of vector registers, bitwise logic, sign masks, PTEST, EMMS (SDM vol. 2: MOVAPS … MOVUPS, MASKMOV, MOVNT*, LDDQU, ANDPS … PXOR). */
import type { Builder, Operand } from '../semantics/builder'
import { enterMmx, requireMmx } from './fpu-access'
import { halvesOf } from './lanes'
import { combining, packedRows, type Combine } from './packed'
import type { Feature, OperandSpec, Row, Semantics } from './row'

const SSE_FAULTS = ['#UD', '#NM'] as const
const MMX_FAULTS = ['#UD', '#NM', '#MF'] as const

/** The whole register, or memory with zeros above it. */
const copy: Semantics = (_, target, source) => {
  target.writeVector(source.readVector())
}

/** The low part. Into a register, the rest stays. */
const copyLow: Semantics = (_, target, source) => {
  target.write(source.read())
}

/** The low part, with zeros above it in the register. */
const copyCleared: Semantics = (b, target, source) => {
  target.writeVector(b.vInsert(64, b.vConstant(0n), 0, source.read()))
}

/** MOVSS and MOVSD: from memory the rest is cleared, from a register it stays. */
const loadScalar: Semantics = (_, target, source) => {
  if (source.isMemory) target.writeVector(source.readVector())
  else target.write(source.read())
}

const highToLow: Semantics = (b, target, source) => {
  target.write(b.vExtract(64, source.readVector(), 1))
}

const lowToHigh: Semantics = (b, target, source) => {
  const low = source.read()
  target.writeVector(b.vInsert(64, target.readVector(), 1, low))
}

/** Bytes of one vector, by number. */
function rearrange(bytes: readonly number[]): Semantics {
  return (b, target, source) => {
    const x = source.readVector()
    target.writeVector(b.vShuffle(x, x, bytes))
  }
}

const EVEN_SINGLES = [0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11]
const ODD_SINGLES = [4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15]
const LOW_TWICE = [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]

const signMask = (lane: 8 | 32 | 64): Semantics => (b, target, source) => {
  target.write(b.vSignBits(lane, source.readVector()))
}

/**
 * Eight or sixteen bytes at DS:rDI, of which those are written whose mask byte is negative. As processors do it, all must be writable,
 * whatever the mask says (SDM vol. 2B leaves it open).
 */
function storeMasked<V, X>(b: Builder<V, X>, memory: Operand<V, X>, source: Operand<V, X>, mask: Operand<V, X>): void {
  const value = source.readVector()
  const wanted = b.vSignBits(8, mask.readVector())
  const halves = mask.vectorBits === 128 ? [0, 1] : [0]
  for (const half of halves) memory.at(b.constant(half * 8), 64, 'rw').read()
  const [low, high] = [b.vExtract(64, value, 0), b.vExtract(64, value, 1)]
  const number = b.variable(b.constant(0))
  b.while(() => b.ne(b.shrU(wanted, number.get()), b.constant(0)), () => {
    const current = number.get()
    b.if(b.and(b.shrU(wanted, current), b.constant(1)), () => {
      const half = b.select(b.ltU(current, b.constant(8)), low, high)
      memory.at(current, 8, 'w').write(b.shrU(half, b.and(b.shl(current, b.constant(3)), b.constant(63))))
    })
    number.set(b.add(current, b.constant(1)))
  })
}

/** The one MMX instruction whose change to MMX state stays when it faults. */
const storeMaskedMmx: Semantics = (b, memory, source, mask) => {
  requireMmx(b)
  enterMmx(b)
  storeMasked(b, memory, source, mask)
}

const ZF_BIT = 6
const ALL_FLAGS_MASK = 0x8d5

/** ZF: no common ones; CF: no ones of the source outside the target. */
function testBits<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>): void {
  const others = halvesOf(source)
  const pairs = halvesOf(target).flatMap((a, index) => {
    const x = others[index]
    return x === undefined ? [] : [[a, x] as const]
  })
  const areZero = (vectors: readonly X[]): V => b.isZero(vectors.flatMap((v) => [b.vExtract(64, v, 0), b.vExtract(64, v, 1)]).reduce((all, part) => b.or(all, part)))
  const common = areZero(pairs.map(([a, x]) => b.vAnd(a, x)))
  b.setFlagsImage(b.or(b.shl(common, b.constant(ZF_BIT)), areZero(pairs.map(([a, x]) => b.vAndNot(x, a)))), ALL_FLAGS_MASK)
}

const emms: Semantics = (b) => {
  requireMmx(b)
  enterMmx(b)
  b.setSpecial('ftw', b.constant(0))
}

/** MOVQ2DQ, MOVDQ2Q: registers of both kinds. */
const betweenFiles: Semantics = (b, target, source) => {
  requireMmx(b)
  copyCleared(b, target, source)
  enterMmx(b)
}

type Prefix = NonNullable<Row['prefix']>

function move(name: string, opcode: number, prefix: Prefix, feature: Feature, operands: readonly OperandSpec[], semantics: Semantics, unaligned = false): Row {
  return { name, map: '0f', opcode, prefix, feature, operands, faults: SSE_FAULTS, unaligned, unit: 'sse', semantics: semantics }
}

function mmxMove(name: string, opcode: number, feature: Feature, operands: readonly OperandSpec[], semantics: Semantics): Row {
  return { name, map: '0f', opcode, prefix: 'none', feature, operands, faults: MMX_FAULTS, unit: 'mmx', semantics: semantics }
}

const LOAD = ['Vdq:w', 'Wdq:r'] as const
const STORE = ['Wdq:w', 'Vdq:r'] as const
const STORE_MEMORY = ['Mdq:w', 'Vdq:r'] as const

const moveRows: readonly Row[] = [
  move('movups', 0x10, 'none', 'sse', LOAD, copy, true), move('movupd', 0x10, '66', 'sse2', LOAD, copy, true),
  move('movups', 0x11, 'none', 'sse', STORE, copy, true), move('movupd', 0x11, '66', 'sse2', STORE, copy, true),
  move('movss', 0x10, 'f3', 'sse', ['Vd:rw', 'Wd:r'], loadScalar), move('movss', 0x11, 'f3', 'sse', ['Wd:w', 'Vd:r'], copyLow),
  move('movsd', 0x10, 'f2', 'sse2', ['Vq:rw', 'Wq:r'], loadScalar), move('movsd', 0x11, 'f2', 'sse2', ['Wq:w', 'Vq:r'], copyLow),
  move('movhlps', 0x12, 'none', 'sse', ['Vq:rw', 'Uq:r'], highToLow), move('movlhps', 0x16, 'none', 'sse', ['Vq:rw', 'Uq:r'], lowToHigh),
  move('movlps', 0x12, 'none', 'sse', ['Vq:rw', 'Mq:r'], copyLow), move('movlpd', 0x12, '66', 'sse2', ['Vq:rw', 'Mq:r'], copyLow),
  move('movlps', 0x13, 'none', 'sse', ['Mq:w', 'Vq:r'], copyLow), move('movlpd', 0x13, '66', 'sse2', ['Mq:w', 'Vq:r'], copyLow),
  move('movhps', 0x16, 'none', 'sse', ['Vq:rw', 'Mq:r'], lowToHigh), move('movhpd', 0x16, '66', 'sse2', ['Vq:rw', 'Mq:r'], lowToHigh),
  move('movhps', 0x17, 'none', 'sse', ['Mq:w', 'Vq:r'], highToLow), move('movhpd', 0x17, '66', 'sse2', ['Mq:w', 'Vq:r'], highToLow),
  move('movsldup', 0x12, 'f3', 'sse3', LOAD, rearrange(EVEN_SINGLES)), move('movshdup', 0x16, 'f3', 'sse3', LOAD, rearrange(ODD_SINGLES)),
  move('movddup', 0x12, 'f2', 'sse3', ['Vq:w', 'Wq:r'], rearrange(LOW_TWICE)),
  move('movaps', 0x28, 'none', 'sse', LOAD, copy), move('movapd', 0x28, '66', 'sse2', LOAD, copy),
  move('movaps', 0x29, 'none', 'sse', STORE, copy), move('movapd', 0x29, '66', 'sse2', STORE, copy),
  move('movntps', 0x2b, 'none', 'sse', STORE_MEMORY, copy), move('movntpd', 0x2b, '66', 'sse2', STORE_MEMORY, copy),
  move('movntdq', 0xe7, '66', 'sse2', STORE_MEMORY, copy), mmxMove('movntq', 0xe7, 'sse', ['Mq:w', 'Pq:r'], copyLow),
  { ...move('movntdqa', 0x2a, '66', 'sse4.1', ['Vdq:w', 'Mdq:r'], copy), map: '0f38' },
  move('lddqu', 0xf0, 'f2', 'sse3', ['Vdq:w', 'Mdq:r'], copy, true),
  move('movdqa', 0x6f, '66', 'sse2', LOAD, copy), move('movdqu', 0x6f, 'f3', 'sse2', LOAD, copy, true),
  move('movdqa', 0x7f, '66', 'sse2', STORE, copy), move('movdqu', 0x7f, 'f3', 'sse2', STORE, copy, true),
  mmxMove('movq', 0x6f, 'mmx', ['Pq:w', 'Qq:r'], copy), mmxMove('movq', 0x7f, 'mmx', ['Qq:w', 'Pq:r'], copy),
  { ...mmxMove('movd', 0x6e, 'mmx', ['Pq:w', 'Ey:r'], copyCleared), names: { 64: 'movq' } },
  { ...mmxMove('movd', 0x7e, 'mmx', ['Ey:w', 'Pq:r'], copyLow), names: { 64: 'movq' } },
  { ...move('movd', 0x6e, '66', 'sse2', ['Vdq:w', 'Ey:r'], copyCleared), names: { 64: 'movq' } },
  { ...move('movd', 0x7e, '66', 'sse2', ['Ey:w', 'Vdq:r'], copyLow), names: { 64: 'movq' } },
  move('movq', 0x7e, 'f3', 'sse2', ['Vq:w', 'Wq:r'], copyCleared), move('movq', 0xd6, '66', 'sse2', ['Wq:w', 'Vq:r'], copyCleared),
  { name: 'movq2dq', map: '0f', opcode: 0xd6, prefix: 'f3', operands: ['Vdq:w', 'Nq:r'], feature: 'sse2', faults: MMX_FAULTS, unit: 'sse', semantics: betweenFiles },
  { name: 'movdq2q', map: '0f', opcode: 0xd6, prefix: 'f2', operands: ['Pq:w', 'Uq:r'], feature: 'sse2', faults: MMX_FAULTS, unit: 'sse', semantics: betweenFiles },
  { name: 'maskmovq', map: '0f', opcode: 0xf7, prefix: 'none', operands: ['Tb:w', 'Pq:r', 'Nq:r'], feature: 'sse', faults: MMX_FAULTS, semantics: storeMaskedMmx },
  { name: 'maskmovdqu', map: '0f', opcode: 0xf7, prefix: '66', operands: ['Tb:w', 'Vdq:r', 'Udq:r'], feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: storeMasked },
]

const maskRows: readonly Row[] = [
  move('movmskps', 0x50, 'none', 'sse', ['Gd:w', 'Udq:r'], signMask(32)), move('movmskpd', 0x50, '66', 'sse2', ['Gd:w', 'Udq:r'], signMask(64)),
  move('pmovmskb', 0xd7, '66', 'sse2', ['Gd:w', 'Udq:r'], signMask(8)), mmxMove('pmovmskb', 0xd7, 'sse', ['Gd:w', 'Nq:r'], signMask(8)),
]

const and: Combine = (b, a, x) => b.vAnd(a, x)
const andNot: Combine = (b, a, x) => b.vAndNot(x, a)
const or: Combine = (b, a, x) => b.vOr(a, x)
const xor: Combine = (b, a, x) => b.vXor(a, x)

const LOGIC: readonly (readonly [name: string, floating: number, integer: number, integerName: string, combine: Combine])[] = [
  ['and', 0x54, 0xdb, 'pand', and], ['andn', 0x55, 0xdf, 'pandn', andNot], ['or', 0x56, 0xeb, 'por', or], ['xor', 0x57, 0xef, 'pxor', xor],
]

const logicRows: readonly Row[] = LOGIC.flatMap(([name, floating, integer, integerName, combine]): Row[] => [
  move(`${name}ps`, floating, 'none', 'sse', ['Vdq:rw', 'Wdq:r'], combining(combine)),
  move(`${name}pd`, floating, '66', 'sse2', ['Vdq:rw', 'Wdq:r'], combining(combine)),
  ...packedRows({ name: integerName, opcode: integer, combine, mmxFeature: 'mmx' }),
])

export const vectorMoveRows: readonly Row[] = [
  ...moveRows, ...maskRows, ...logicRows,
  {
    name: 'ptest', map: '0f38', opcode: 0x17, prefix: '66', operands: ['Vdq:r', 'Wdq:r'], feature: 'sse4.1', faults: SSE_FAULTS,
    flags: { writes: ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] }, unit: 'sse', semantics: testBits,
  },
  { name: 'emms', map: '0f', opcode: 0x77, prefix: 'none', operands: [], feature: 'mmx', faults: MMX_FAULTS, semantics: emms },
]
