/** IN, OUT (SDM vol. 2A–2B). Permission is checked before the device sees anything. */
import type { OperandSpec, Row, Semantics } from './row'

const input: Semantics = (b, target, port) => {
  const number = port.read()
  const size = b.constant(target.size)
  b.call('checkIo', number, size)
  target.write(b.call('portIn', number, size))
}

const output: Semantics = (b, port, source) => {
  const number = port.read()
  const size = b.constant(source.size)
  b.call('checkIo', number, size)
  b.call('portOut', number, size, source.read())
  b.attention()
}

const FORMS: readonly (readonly [opcode: number, name: string, semantics: Semantics, ...operands: OperandSpec[]])[] = [
  [0xe4, 'in', input, 'al:w', 'Ib:r'],
  [0xe5, 'in', input, 'eax:w', 'Ib:r'],
  [0xec, 'in', input, 'al:w', 'dx:r'],
  [0xed, 'in', input, 'eax:w', 'dx:r'],
  [0xe6, 'out', output, 'Ib:r', 'al:r'],
  [0xe7, 'out', output, 'Ib:r', 'eax:r'],
  [0xee, 'out', output, 'dx:r', 'al:r'],
  [0xef, 'out', output, 'dx:r', 'eax:r'],
]

export const ioRows: readonly Row[] = FORMS.map(([opcode, name, semantics, ...operands]) => ({
  name, map: '', opcode, operands, faults: ['#GP: no I/O permission'], endsBlock: true, semantics,
}))
