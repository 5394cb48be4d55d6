/** PUSH, POP, PUSHA, POPA, PUSHF, POPF, ENTER, LEAVE (SDM vol. 2A–2B). */
import type { Builder, Operand } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { ALL_FLAGS } from './flags'
import type { Feature, OperandSpec, Row, Semantics } from './row'

/** Pushes one value of the instruction's operand size. */
export function push<V>(b: Builder<V>, value: V): void {
  const down = b.constant(-b.operandSize / 8)
  b.stack(down, b.operandSize, 'w').write(value)
  b.moveStack(down)
}

/** The value on top of the stack; `release` takes it away once nothing can fault any more. */
export function top<V>(b: Builder<V>): V {
  return b.stack(b.constant(0), b.operandSize, 'r').read()
}

export function release<V>(b: Builder<V>): void {
  b.moveStack(b.constant(b.operandSize / 8))
}

const pushOperand: Semantics = (b, source) => {
  push(b, source.read())
}

const pop: Semantics = (b, target) => {
  const value = top(b)
  if (target.isMemory) {
    target.write(value)
    release(b)
  } else {
    // POP rSP ends with the value read.
    release(b)
    target.write(value)
  }
}

const PUSH_FORMS: readonly (readonly [opcode: number, operand: OperandSpec, reg?: number, feature?: Feature])[] = [
  [0x50, 'Zv:r'],
  [0x68, 'Iz:r', undefined, '186'],
  [0x6a, 'sIb:r', undefined, '186'],
  [0xff, 'Ev:r', 6],
]

const REGISTERS = 8

const pushAll: Semantics = <V>(b: Builder<V>) => {
  const size = b.operandSize
  for (let register = 0; register < REGISTERS; register++) {
    b.stack(b.constant((-(register + 1) * size) / 8), size, 'w').write(b.reg(register, size))
  }
  b.moveStack(b.constant((-REGISTERS * size) / 8))
}

/** rSP's image is skipped. */
const popAll: Semantics = <V>(b: Builder<V>) => {
  const size = b.operandSize
  const values: V[] = []
  for (let slot = 0; slot < REGISTERS; slot++) values.push(b.stack(b.constant((slot * size) / 8), size, 'r').read())
  b.moveStack(b.constant((REGISTERS * size) / 8))
  values.forEach((value, slot) => {
    const register = REGISTERS - 1 - slot
    if (register !== Reg.rsp) b.setReg(register, size, value)
  })
}

const pushFlags: Semantics = (b) => {
  push(b, b.call('pushfImage', b.constant(b.operandSize)))
}

const popFlags: Semantics = (b) => {
  b.call('popf', top(b), b.constant(b.operandSize))
  release(b)
  b.attention()
}

/** Nesting levels copy the enclosing frames' pointers from the old frame (SDM vol. 1, 6.6). */
const enter: Semantics = <V>(b: Builder<V>, allocation: Operand<V>, nesting: Operand<V>) => {
  const size = b.operandSize
  const bytes = b.constant(size / 8)
  const level = b.and(nesting.read(), b.constant(31))
  const stackPointer = b.reg(Reg.rsp, 64)
  const slot = (number: V): Operand<V> => b.stack(b.neg(b.mul(number, bytes)), size, 'w')
  const first = slot(b.constant(1))
  // The stack pointer after the first push, which leaves the bits beyond the stack's width alone: rBP gets them too.
  const width = b.stack(b.not(stackPointer), size, 'w').address()
  const frame = b.or(b.and(stackPointer, b.not(width)), first.address())
  first.write(b.reg(Reg.rbp, size))
  b.if(b.ne(level, b.constant(0)), () => {
    const copied = b.variable(b.constant(1))
    b.while(() => b.ltU(copied.get(), level), () => {
      const pointer = b.frame(b.neg(b.mul(copied.get(), bytes)), size, 'r').read()
      copied.set(b.add(copied.get(), b.constant(1)))
      slot(copied.get()).write(pointer)
    })
    slot(b.add(level, b.constant(1))).write(frame)
  })
  const taken = b.add(b.mul(b.add(level, b.constant(1)), bytes), allocation.read())
  // The new top of the stack must be writable, though nothing is written there (SDM vol. 2A, ENTER).
  b.stack(b.neg(taken), size, 'rw').read()
  b.setReg(Reg.rbp, size, frame)
  b.moveStack(b.neg(taken))
}

const leave: Semantics = (b) => {
  const size = b.operandSize
  const outer = b.frame(b.constant(0), size, 'r').read()
  b.moveStack(b.add(b.sub(b.reg(Reg.rbp, 64), b.reg(Reg.rsp, 64)), b.constant(size / 8)))
  b.setReg(Reg.rbp, size, outer)
}

export const stackRows: readonly Row[] = [
  ...PUSH_FORMS.map(([opcode, operand, reg, feature]): Row => ({
    name: 'push', map: '', opcode, operands: [operand], ...(reg === undefined ? {} : { reg }), ...(feature === undefined ? {} : { feature }), size64: 'default64', semantics: pushOperand,
  })),
  { name: 'pop', map: '', opcode: 0x58, operands: ['Zv:w'], size64: 'default64', semantics: pop },
  { name: 'pop', map: '', opcode: 0x8f, reg: 0, operands: ['Ev:w'], size64: 'default64', popsBeforeAddress: true, semantics: pop },
  { name: 'pushaw', names: { 32: 'pushad' }, map: '', opcode: 0x60, operands: [], sized: true, modes: 'not64', feature: '186', semantics: pushAll },
  { name: 'popaw', names: { 32: 'popad' }, map: '', opcode: 0x61, operands: [], sized: true, modes: 'not64', feature: '186', semantics: popAll },
  {
    name: 'pushfw', names: { 32: 'pushfd', 64: 'pushfq' }, map: '', opcode: 0x9c, operands: [], sized: true, size64: 'default64',
    flags: { reads: ALL_FLAGS }, semantics: pushFlags,
  },
  {
    name: 'popfw', names: { 32: 'popfd', 64: 'popfq' }, map: '', opcode: 0x9d, operands: [], sized: true, size64: 'default64',
    flags: { writes: ALL_FLAGS }, endsBlock: true, semantics: popFlags,
  },
  { name: 'enter', map: '', opcode: 0xc8, operands: ['Iw:r', 'Ib:r'], sized: true, size64: 'default64', feature: '186', semantics: enter },
  { name: 'leave', map: '', opcode: 0xc9, operands: [], sized: true, size64: 'default64', feature: '186', semantics: leave },
]
