/** Packed shifts by a count from a register, from memory or an immediate (SDM vol. 2B: PSLLW … PSRLDQ). */
import type { Builder, Operand } from '../semantics/builder'
import type { Lane } from '../semantics/vector-builder'
import { IOTA, laneConstant } from './packed'
import type { Row, Semantics } from './row'

type Shift = <V, X>(b: Builder<V, X>, a: X, count: V) => X

/** A count as large as the lane, or larger, leaves nothing. */
function logical(lane: Lane, direction: 'left' | 'right'): Shift {
  return (b, a, count) => {
    const shifted = direction === 'left' ? b.vShl(lane, a, count) : b.vShrU(lane, a, count)
    return b.vChoose(b.ltU(count, b.constant(lane)), shifted, b.vConstant(0n))
  }
}

/** … or nothing but signs. */
function arithmetic(lane: Lane): Shift {
  return (b, a, count) => b.vShrS(lane, a, b.select(b.ltU(count, b.constant(lane)), count, b.constant(lane - 1)))
}

const shifting = (shift: Shift): Semantics => (b, target, source) => {
  const a = target.readVector()
  const count = source.vectorBits === 128 ? b.vExtract(64, source.readVector(), 0) : source.read()
  target.writeVector(shift(b, a, count))
}

interface ShiftForm {
  readonly name: string
  /** Opcode with a count from a register or memory; group opcode and ModRM.reg with an immediate. */
  readonly opcode: number
  readonly group: number
  readonly reg: number
  readonly shift: Shift
}

const SHIFTS: readonly ShiftForm[] = [
  { name: 'psrlw', opcode: 0xd1, group: 0x71, reg: 2, shift: logical(16, 'right') },
  { name: 'psrld', opcode: 0xd2, group: 0x72, reg: 2, shift: logical(32, 'right') },
  { name: 'psrlq', opcode: 0xd3, group: 0x73, reg: 2, shift: logical(64, 'right') },
  { name: 'psraw', opcode: 0xe1, group: 0x71, reg: 4, shift: arithmetic(16) },
  { name: 'psrad', opcode: 0xe2, group: 0x72, reg: 4, shift: arithmetic(32) },
  { name: 'psllw', opcode: 0xf1, group: 0x71, reg: 6, shift: logical(16, 'left') },
  { name: 'pslld', opcode: 0xf2, group: 0x72, reg: 6, shift: logical(32, 'left') },
  { name: 'psllq', opcode: 0xf3, group: 0x73, reg: 6, shift: logical(64, 'left') },
]

/** Whole bytes: byte i comes from byte i ± count, if there is one. */
function moveBytes(direction: 1 | -1): Semantics {
  return <V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>) => {
    const count = source.read()
    const limited = b.select(b.ltU(count, b.constant(16)), count, b.constant(16))
    const distance = b.vSplat(8, limited)
    const numbers = laneConstant(b, 8, IOTA)
    target.writeVector(b.vSwizzle(target.readVector(), direction === 1 ? b.vAdd(8, numbers, distance) : b.vSub(8, numbers, distance)))
  }
}

const MMX_FAULTS = ['#UD', '#NM', '#MF'] as const
const SSE_FAULTS = ['#UD', '#NM'] as const

export const packedShiftRows: readonly Row[] = [
  ...SHIFTS.flatMap(({ name, opcode, group, reg, shift }): Row[] => [
    { name, map: '0f', opcode, prefix: 'none', operands: ['Pq:rw', 'Qq:r'], feature: 'mmx', faults: MMX_FAULTS, unit: 'mmx', semantics: shifting(shift) },
    { name, map: '0f', opcode, prefix: '66', operands: ['Vdq:rw', 'Wdq:r'], feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: shifting(shift) },
    { name, map: '0f', opcode: group, reg, prefix: 'none', operands: ['Nq:rw', 'Ib:r'], feature: 'mmx', faults: MMX_FAULTS, unit: 'mmx', semantics: shifting(shift) },
    { name, map: '0f', opcode: group, reg, prefix: '66', operands: ['Udq:rw', 'Ib:r'], feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: shifting(shift) },
  ]),
  { name: 'psrldq', map: '0f', opcode: 0x73, reg: 3, prefix: '66', operands: ['Udq:rw', 'Ib:r'], feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: moveBytes(1) },
  { name: 'pslldq', map: '0f', opcode: 0x73, reg: 7, prefix: '66', operands: ['Udq:rw', 'Ib:r'], feature: 'sse2', faults: SSE_FAULTS, unit: 'sse', semantics: moveBytes(-1) },
]
