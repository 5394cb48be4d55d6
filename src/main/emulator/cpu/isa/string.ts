/** MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS: one iteration (SDM vol. 2A–2B). Repeating is the backends' part. */
import type { Builder, Size } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { EFLAGS_DF } from './eflags'
import { ALL_FLAGS } from './flags'
import type { OperandSpec, Row, Semantics } from './row'

/** Moves rSI or rDI to the next element, in the direction that DF says. */
function step<V>(b: Builder<V>, register: number, size: Size): void {
  const bytes = size / 8
  const delta = b.select(b.eflag(EFLAGS_DF), b.constant(-bytes), b.constant(bytes))
  b.setAddressReg(register, b.add(b.addressReg(register), delta))
}

const moveString: Semantics = (b, target, source) => {
  target.write(source.read())
  step(b, Reg.rsi, target.size)
  step(b, Reg.rdi, target.size)
}

const compareStrings: Semantics = (b, first, second) => {
  const a = first.read()
  const x = second.read()
  b.differenceFlags(first.size, a, x, b.sub(a, x))
  step(b, Reg.rsi, first.size)
  step(b, Reg.rdi, first.size)
}

const storeString: Semantics = (b, target, source) => {
  target.write(source.read())
  step(b, Reg.rdi, target.size)
}

const loadString: Semantics = (b, target, source) => {
  target.write(source.read())
  step(b, Reg.rsi, source.size)
}

const scanString: Semantics = (b, accumulator, element) => {
  const a = accumulator.read()
  const x = element.read()
  b.differenceFlags(element.size, a, x, b.sub(a, x))
  step(b, Reg.rdi, element.size)
}

/** The memory is checked for writing before the port is read: a fault must not lose what the device gave. */
const inputString: Semantics = (b, target, port) => {
  const number = port.read()
  const size = b.constant(target.size)
  b.call('checkIo', number, size)
  target.read()
  target.write(b.call('portIn', number, size))
  step(b, Reg.rdi, target.size)
}

const outputString: Semantics = (b, port, source) => {
  const number = port.read()
  const size = b.constant(source.size)
  b.call('checkIo', number, size)
  const value = source.read()
  b.call('portOut', number, size, value)
  step(b, Reg.rsi, source.size)
  b.attention()
}

interface Family {
  readonly name: string
  readonly opcode: number
  readonly byte: readonly OperandSpec[]
  readonly word: readonly OperandSpec[]
  readonly repeat: 'count' | 'zf'
  readonly bulk?: Row['bulk']
  readonly io?: true
  readonly semantics: Semantics
}

const FAMILIES: readonly Family[] = [
  { name: 'movs', opcode: 0xa4, byte: ['Yb:w', 'Xb:r'], word: ['Yv:w', 'Xv:r'], repeat: 'count', bulk: 'move', semantics: moveString },
  { name: 'cmps', opcode: 0xa6, byte: ['Xb:r', 'Yb:r'], word: ['Xv:r', 'Yv:r'], repeat: 'zf', semantics: compareStrings },
  { name: 'stos', opcode: 0xaa, byte: ['Yb:w', 'al:r'], word: ['Yv:w', 'rax:r'], repeat: 'count', bulk: 'fill', semantics: storeString },
  { name: 'lods', opcode: 0xac, byte: ['al:w', 'Xb:r'], word: ['rax:w', 'Xv:r'], repeat: 'count', semantics: loadString },
  { name: 'scas', opcode: 0xae, byte: ['al:r', 'Yb:r'], word: ['rax:r', 'Yv:r'], repeat: 'zf', semantics: scanString },
  { name: 'ins', opcode: 0x6c, byte: ['Yb:rw', 'dx:r'], word: ['Yz:rw', 'dx:r'], repeat: 'count', io: true, semantics: inputString },
  { name: 'outs', opcode: 0x6e, byte: ['dx:r', 'Xb:r'], word: ['dx:r', 'Xz:r'], repeat: 'count', io: true, semantics: outputString },
]

export const stringRows: readonly Row[] = FAMILIES.flatMap(({ name, opcode, byte, word, repeat, bulk, io, semantics }): Row[] => {
  const common = {
    map: '', repeat, semantics,
    ...(repeat === 'zf' ? { flags: { writes: ALL_FLAGS } } : {}),
    ...(bulk !== undefined && { bulk }),
    ...(io === true ? { faults: ['#GP: no I/O permission'], endsBlock: true, feature: '186' as const } : {}),
  } as const
  return [
    { ...common, name: `${name}b`, opcode, operands: byte },
    { ...common, name: `${name}w`, names: { 32: `${name}d`, 64: io === true ? `${name}d` : `${name}q` }, opcode: opcode + 1, operands: word },
  ]
})
