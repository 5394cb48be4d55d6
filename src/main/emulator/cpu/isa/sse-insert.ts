/** Single lanes in and out of vector registers (SDM vol. 2: EXTRACTPS, INSERTPS, PEXTR*, PINSR*). */
import type { Builder, Operand } from '../semantics/builder'
import type { Lane } from '../semantics/vector-builder'
import { broadcastLane, laneNumbers, maskFromBits } from './packed'
import type { Feature, OperandSpec, Row, Semantics } from './row'

const SSE_FAULTS = ['#UD', '#NM'] as const
const MMX_FAULTS = ['#UD', '#NM', '#MF'] as const

/** The lane that the immediate names (modulo the number of lanes), zero-extended. `lanes`: how many there are. */
function extract(lane: Lane, lanes: number): Semantics {
  return (b, target, source, control) => {
    const index = b.and(control.read(), b.constant(lanes - 1))
    target.write(b.vExtract(lane, broadcastLane(b, lane, source.readVector(), index), 0))
  }
}

/** The low bits of the source into the lane that the immediate names. */
function insert(lane: Lane, lanes: number): Semantics {
  return (b, target, source, control) => {
    const value = source.read()
    const index = b.and(control.read(), b.constant(lanes - 1))
    const there = b.vEq(lane, b.vSplat(lane, index), laneNumbers(b, lane))
    target.writeVector(b.vBlend(there, b.vSplat(lane, value), target.readVector()))
  }
}

/** Immediate: bits 7–6 lane of a register source, 5–4 lane of the target, 3–0 lanes that are cleared. */
function insertSingle<V, X>(b: Builder<V, X>, target: Operand<V, X>, source: Operand<V, X>, control: Operand<V, X>): void {
  const x = source.readVector()
  const selection = control.read()
  const value = broadcastLane(b, 32, x, source.isMemory ? b.constant(0) : b.shrU(selection, b.constant(6)))
  const index = b.and(b.shrU(selection, b.constant(4)), b.constant(3))
  const there = b.vEq(32, b.vSplat(32, index), laneNumbers(b, 32))
  target.writeVector(b.vAndNot(b.vBlend(there, value, target.readVector()), maskFromBits(b, 32, selection)))
}

function row(name: string, opcode: number, feature: Feature, operands: readonly OperandSpec[], semantics: Semantics): Row {
  return { name, map: '0f3a', opcode, prefix: '66', operands, feature, faults: SSE_FAULTS, unit: 'sse', semantics: semantics }
}

export const insertRows: readonly Row[] = [
  row('pextrb', 0x14, 'sse4.1', ['Rd:w', 'Vdq:r', 'Ib:r'], extract(8, 16)), row('pextrb', 0x14, 'sse4.1', ['Mb:w', 'Vdq:r', 'Ib:r'], extract(8, 16)),
  row('pextrw', 0x15, 'sse4.1', ['Rd:w', 'Vdq:r', 'Ib:r'], extract(16, 8)), row('pextrw', 0x15, 'sse4.1', ['Mw:w', 'Vdq:r', 'Ib:r'], extract(16, 8)),
  { ...row('pextrd', 0x16, 'sse4.1', ['Ey:w', 'Vdq:r', 'Ib:r'], bySize(extract(32, 4), extract(64, 2))), names: { 64: 'pextrq' } },
  row('extractps', 0x17, 'sse4.1', ['Rd:w', 'Vdq:r', 'Ib:r'], extract(32, 4)), row('extractps', 0x17, 'sse4.1', ['Md:w', 'Vdq:r', 'Ib:r'], extract(32, 4)),
  row('pinsrb', 0x20, 'sse4.1', ['Vdq:rw', 'Rd:r', 'Ib:r'], insert(8, 16)), row('pinsrb', 0x20, 'sse4.1', ['Vdq:rw', 'Mb:r', 'Ib:r'], insert(8, 16)),
  row('insertps', 0x21, 'sse4.1', ['Vdq:rw', 'Wd:r', 'Ib:r'], insertSingle),
  { ...row('pinsrd', 0x22, 'sse4.1', ['Vdq:rw', 'Ey:r', 'Ib:r'], bySize(insert(32, 4), insert(64, 2))), names: { 64: 'pinsrq' } },
  { ...row('pinsrw', 0xc4, 'sse2', ['Vdq:rw', 'Rd:r', 'Ib:r'], insert(16, 8)), map: '0f' }, { ...row('pinsrw', 0xc4, 'sse2', ['Vdq:rw', 'Mw:r', 'Ib:r'], insert(16, 8)), map: '0f' },
  { ...row('pextrw', 0xc5, 'sse2', ['Gd:w', 'Udq:r', 'Ib:r'], extract(16, 8)), map: '0f' },
  ...(['Rd:r', 'Mw:r'] as const).map((source): Row => ({
    name: 'pinsrw', map: '0f', opcode: 0xc4, prefix: 'none', operands: ['Pq:rw', source, 'Ib:r'], feature: 'sse', faults: MMX_FAULTS, unit: 'mmx', semantics: insert(16, 4),
  })),
  { name: 'pextrw', map: '0f', opcode: 0xc5, prefix: 'none', operands: ['Gd:w', 'Nq:r', 'Ib:r'], feature: 'sse', faults: MMX_FAULTS, unit: 'mmx', semantics: extract(16, 4) },
]

function bySize(narrow: Semantics, wide: Semantics): Semantics {
  return (b, ...operands) => {
    if (b.operandSize === 64) wide(b, ...operands)
    else narrow(b, ...operands)
  }
}
