/** ADD OR ADC SBB AND SUB XOR CMP, TEST, INC, DEC, NEG, NOT (SDM vol. 2A–2B). */
import type { Builder, Flag } from '../semantics/builder'
import { ALL_FLAGS } from './flags'
import type { OperandSpec, Row, Semantics } from './row'

interface Operation {
  readonly name: string
  readonly reads?: readonly Flag[]
  readonly undefined?: readonly Flag[]
  /** CMP: the result is not written. */
  readonly compares?: true
  readonly semantics: Semantics
}

function logic(combine: <V>(b: Builder<V>, a: V, x: V) => V): Semantics {
  return (b, target, source) => {
    const result = combine(b, target.read(), source.read())
    target.write(result)
    b.logicFlags(target.size, result)
  }
}

function addition(carryIn: boolean): Semantics {
  return (b, target, source) => {
    const a = target.read()
    const x = source.read()
    const sum = b.add(a, x)
    const result = carryIn ? b.add(sum, b.flag('CF')) : sum
    target.write(result)
    b.sumFlags(target.size, a, x, result, { carryIn })
  }
}

function subtraction(borrowIn: boolean, writes: boolean): Semantics {
  return (b, target, source) => {
    const a = target.read()
    const x = source.read()
    const difference = b.sub(a, x)
    const result = borrowIn ? b.sub(difference, b.flag('CF')) : difference
    if (writes) target.write(result)
    b.differenceFlags(target.size, a, x, result, { carryIn: borrowIn })
  }
}

/** In the order of their encodings: opcode bits 5–3, or ModRM.reg of the immediate group. */
const OPERATIONS: readonly Operation[] = [
  { name: 'add', semantics: addition(false) },
  { name: 'or', undefined: ['AF'], semantics: logic((b, a, x) => b.or(a, x)) },
  { name: 'adc', reads: ['CF'], semantics: addition(true) },
  { name: 'sbb', reads: ['CF'], semantics: subtraction(true, true) },
  { name: 'and', undefined: ['AF'], semantics: logic((b, a, x) => b.and(a, x)) },
  { name: 'sub', semantics: subtraction(false, true) },
  { name: 'xor', undefined: ['AF'], semantics: logic((b, a, x) => b.xor(a, x)) },
  { name: 'cmp', compares: true, semantics: subtraction(false, false) },
]

const BINARY_FORMS: readonly { readonly low: number; readonly target: 'Eb' | 'Ev' | 'Gb' | 'Gv' | 'al' | 'rax'; readonly source: OperandSpec }[] = [
  { low: 0, target: 'Eb', source: 'Gb:r' },
  { low: 1, target: 'Ev', source: 'Gv:r' },
  { low: 2, target: 'Gb', source: 'Eb:r' },
  { low: 3, target: 'Gv', source: 'Ev:r' },
  { low: 4, target: 'al', source: 'Ib:r' },
  { low: 5, target: 'rax', source: 'Iz:r' },
]

const GROUP_1: readonly { readonly opcode: number; readonly target: 'Eb' | 'Ev'; readonly source: OperandSpec; readonly modes?: 'not64' }[] = [
  { opcode: 0x80, target: 'Eb', source: 'Ib:r' },
  { opcode: 0x81, target: 'Ev', source: 'Iz:r' },
  { opcode: 0x82, target: 'Eb', source: 'Ib:r', modes: 'not64' },
  { opcode: 0x83, target: 'Ev', source: 'sIb:r' },
]

function binaryRows(operation: Operation, number: number): Row[] {
  const access = operation.compares === true ? 'r' : 'rw'
  const common = {
    name: operation.name,
    map: '',
    flags: {
      writes: ALL_FLAGS.filter((flag) => operation.undefined?.includes(flag) !== true),
      ...(operation.reads === undefined ? {} : { reads: operation.reads }),
      ...(operation.undefined === undefined ? {} : { undefined: operation.undefined }),
    },
    semantics: operation.semantics,
  } as const
  const lockable = operation.compares !== true
  return [
    ...BINARY_FORMS.map(({ low, target, source }): Row => ({
      ...common, opcode: number * 8 + low, operands: [`${target}:${access}`, source], lock: lockable && low < 2,
    })),
    ...GROUP_1.map(({ opcode, target, source, modes }): Row => ({
      ...common, opcode, reg: number, operands: [`${target}:${access}`, source], lock: lockable, ...(modes === undefined ? {} : { modes }),
    })),
  ]
}

const test: Semantics = (b, target, source) => {
  b.logicFlags(target.size, b.and(target.read(), source.read()))
}

const TEST_FLAGS = { writes: ['CF', 'PF', 'ZF', 'SF', 'OF'], undefined: ['AF'] } as const

const TEST_ROWS: readonly Row[] = (
  [
    [0x84, undefined, 'Eb:r', 'Gb:r'],
    [0x85, undefined, 'Ev:r', 'Gv:r'],
    [0xa8, undefined, 'al:r', 'Ib:r'],
    [0xa9, undefined, 'rax:r', 'Iz:r'],
    [0xf6, 0, 'Eb:r', 'Ib:r'],
    [0xf7, 0, 'Ev:r', 'Iz:r'],
    [0xf6, 1, 'Eb:r', 'Ib:r'],
    [0xf7, 1, 'Ev:r', 'Iz:r'],
  ] as const
).map(([opcode, reg, target, source]): Row => ({
  name: 'test', map: '', opcode, ...(reg === undefined ? {} : { reg }), operands: [target, source], flags: TEST_FLAGS, semantics: test,
}))

const increment: Semantics = (b, target) => {
  const a = target.read()
  const one = b.constant(1)
  const result = b.add(a, one)
  target.write(result)
  b.sumFlags(target.size, a, one, result, { keepCarry: true })
}

const decrement: Semantics = (b, target) => {
  const a = target.read()
  const one = b.constant(1)
  const result = b.sub(a, one)
  target.write(result)
  b.differenceFlags(target.size, a, one, result, { keepCarry: true })
}

const negate: Semantics = (b, target) => {
  const x = target.read()
  const zero = b.constant(0)
  const result = b.neg(x)
  target.write(result)
  b.differenceFlags(target.size, zero, x, result)
}

const complement: Semantics = (b, target) => {
  target.write(b.not(target.read()))
}

const STEP_FLAGS = { writes: ['PF', 'AF', 'ZF', 'SF', 'OF'] } as const

const UNARY_ROWS: readonly Row[] = [
  { name: 'inc', map: '', opcode: 0xfe, reg: 0, operands: ['Eb:rw'], lock: true, flags: STEP_FLAGS, semantics: increment },
  { name: 'inc', map: '', opcode: 0xff, reg: 0, operands: ['Ev:rw'], lock: true, flags: STEP_FLAGS, semantics: increment },
  { name: 'inc', map: '', opcode: 0x40, operands: ['Zv:rw'], modes: 'not64', flags: STEP_FLAGS, semantics: increment },
  { name: 'dec', map: '', opcode: 0xfe, reg: 1, operands: ['Eb:rw'], lock: true, flags: STEP_FLAGS, semantics: decrement },
  { name: 'dec', map: '', opcode: 0xff, reg: 1, operands: ['Ev:rw'], lock: true, flags: STEP_FLAGS, semantics: decrement },
  { name: 'dec', map: '', opcode: 0x48, operands: ['Zv:rw'], modes: 'not64', flags: STEP_FLAGS, semantics: decrement },
  { name: 'not', map: '', opcode: 0xf6, reg: 2, operands: ['Eb:rw'], lock: true, semantics: complement },
  { name: 'not', map: '', opcode: 0xf7, reg: 2, operands: ['Ev:rw'], lock: true, semantics: complement },
  { name: 'neg', map: '', opcode: 0xf6, reg: 3, operands: ['Eb:rw'], lock: true, flags: { writes: ALL_FLAGS }, semantics: negate },
  { name: 'neg', map: '', opcode: 0xf7, reg: 3, operands: ['Ev:rw'], lock: true, flags: { writes: ALL_FLAGS }, semantics: negate },
]

export const aluRows: readonly Row[] = [...OPERATIONS.flatMap(binaryRows), ...TEST_ROWS, ...UNARY_ROWS]
