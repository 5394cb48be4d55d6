/** Data movement between general registers, memory and immediates (SDM vol. 2A–2C: MOV, CMOVcc, MOVZX, LEA, XLAT, BSWAP …). */
import type { Builder, Size } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { CONDITIONS } from './conditions'
import type { OperandSpec, Row, Semantics } from './row'

const move: Semantics = (_b, target, source) => {
  target.write(source.read())
}

const MOV_FORMS: readonly (readonly [opcode: number, target: OperandSpec, source: OperandSpec, reg?: number])[] = [
  [0x88, 'Eb:w', 'Gb:r'],
  [0x89, 'Ev:w', 'Gv:r'],
  [0x8a, 'Gb:w', 'Eb:r'],
  [0x8b, 'Gv:w', 'Ev:r'],
  [0xa0, 'al:w', 'Ob:r'],
  [0xa1, 'rax:w', 'Ov:r'],
  [0xa2, 'Ob:w', 'al:r'],
  [0xa3, 'Ov:w', 'rax:r'],
  [0xb0, 'Zb:w', 'Ib:r'],
  [0xb8, 'Zv:w', 'Iv:r'],
  [0xc6, 'Eb:w', 'Ib:r', 0],
  [0xc7, 'Ev:w', 'Iz:r', 0],
]

const movRows: readonly Row[] = MOV_FORMS.map(([opcode, target, source, reg]) => ({
  name: 'mov', map: '', opcode, operands: [target, source], ...(reg === undefined ? {} : { reg }), semantics: move,
}))

const moveSigned: Semantics = (b, target, source) => {
  target.write(b.sext(source.size, source.read()))
}

const extendRows: readonly Row[] = [
  { name: 'movzx', map: '0f', opcode: 0xb6, operands: ['Gv:w', 'Eb:r'], feature: '386', semantics: move },
  { name: 'movzx', map: '0f', opcode: 0xb7, operands: ['Gv:w', 'Ew:r'], feature: '386', semantics: move },
  { name: 'movsx', map: '0f', opcode: 0xbe, operands: ['Gv:w', 'Eb:r'], feature: '386', semantics: moveSigned },
  { name: 'movsx', map: '0f', opcode: 0xbf, operands: ['Gv:w', 'Ew:r'], feature: '386', semantics: moveSigned },
  { name: 'movsxd', map: '', opcode: 0x63, operands: ['Gv:w', 'Ez:r'], modes: 'only64', feature: 'long', semantics: moveSigned },
]

/** The source is read, and a 32-bit target's upper half cleared, whether or not the condition holds. */
const conditionalMoves: readonly Row[] = CONDITIONS.map(({ name, code, reads }) => ({
  name: `cmov${name}`,
  map: '0f',
  opcode: 0x40 + code,
  operands: ['Gv:rw', 'Ev:r'],
  flags: { reads },
  feature: 'cmov',
  semantics: (b, target, source) => {
    const value = source.read()
    target.write(b.select(b.condition(code), value, target.read()))
  },
}))

const setRows: readonly Row[] = CONDITIONS.map(({ name, code, reads }) => ({
  name: `set${name}`,
  map: '0f',
  opcode: 0x90 + code,
  operands: ['Eb:w'],
  flags: { reads },
  feature: '386',
  semantics: (b, target) => {
    target.write(b.condition(code))
  },
}))

function swapBytes<V>(b: Builder<V>, size: Size, value: V): V {
  const swap = (x: V, distance: number, mask: bigint): V =>
    b.or(b.and(b.shrU(x, b.constant(distance)), b.constant(mask)), b.shl(b.and(x, b.constant(mask)), b.constant(distance)))
  let swapped = swap(value, 8, 0x00ff00ff00ff00ffn)
  if (size >= 32) swapped = swap(swapped, 16, 0x0000ffff0000ffffn)
  if (size === 64) swapped = swap(swapped, 32, 0x00000000ffffffffn)
  return swapped
}

const moveSwapped: Semantics = (b, target, source) => {
  target.write(swapBytes(b, target.size, source.read()))
}

const byteOrderRows: readonly Row[] = [
  {
    name: 'bswap', map: '0f', opcode: 0xc8, operands: ['Zv:rw'], feature: '486',
    // With a 16-bit operand the result is undefined (SDM vol. 2A, BSWAP); processors clear it.
    semantics: (b, target) => {
      target.write(target.size === 16 ? b.constant(0) : swapBytes(b, target.size, target.read()))
    },
  },
  { name: 'movnti', map: '0f', opcode: 0xc3, prefix: 'none', operands: ['My:w', 'Gy:r'], feature: 'sse2', semantics: move },
  { name: 'movbe', map: '0f38', opcode: 0xf0, prefix: 'no-repeat', operands: ['Gv:w', 'Mv:r'], feature: 'movbe', semantics: moveSwapped },
  { name: 'movbe', map: '0f38', opcode: 0xf1, prefix: 'no-repeat', operands: ['Mv:w', 'Gv:r'], feature: 'movbe', semantics: moveSwapped },
]

const exchange: Semantics = (_b, target, source) => {
  const a = target.read()
  const x = source.read()
  target.write(x)
  source.write(a)
}

const exchangeRows: readonly Row[] = [
  { name: 'xchg', map: '', opcode: 0x86, operands: ['Eb:rw', 'Gb:rw'], lock: true, semantics: exchange },
  { name: 'xchg', map: '', opcode: 0x87, operands: ['Ev:rw', 'Gv:rw'], lock: true, semantics: exchange },
  { name: 'xchg', map: '', opcode: 0x90, operands: ['Zv:rw', 'rax:rw'], semantics: exchange },
]

/** AL ← AX … RAX ← sign of the lower half; the upper half in rDX for the CWD family. */
const widen = <V>(b: Builder<V>): void => {
  const size = b.operandSize
  const half = size === 64 ? 32 : size === 32 ? 16 : 8
  b.setReg(Reg.rax, size, b.sext(half, b.reg(Reg.rax, half)))
}

const spreadSign = <V>(b: Builder<V>): void => {
  const size = b.operandSize
  b.setReg(Reg.rdx, size, b.shrS(b.sext(size, b.reg(Reg.rax, size)), b.constant(63)))
}

const miscellaneousRows: readonly Row[] = [
  {
    name: 'lea', map: '', opcode: 0x8d, operands: ['Gv:w', 'M:a'],
    semantics: (_b, target, source) => {
      target.write(source.address())
    },
  },
  {
    name: 'xlatb', map: '', opcode: 0xd7, operands: ['al:rw', 'Bb:r'],
    semantics: (_b, target, table) => {
      target.write(table.at(target.read(), 8, 'r').read())
    },
  },
  { name: 'cbw', names: { 32: 'cwde', 64: 'cdqe' }, map: '', opcode: 0x98, operands: [], sized: true, semantics: widen },
  { name: 'cwd', names: { 32: 'cdq', 64: 'cqo' }, map: '', opcode: 0x99, operands: [], sized: true, semantics: spreadSign },
]

export const moveRows: readonly Row[] = [
  ...movRows, ...extendRows, ...conditionalMoves, ...setRows, ...byteOrderRows, ...exchangeRows, ...miscellaneousRows,
]
