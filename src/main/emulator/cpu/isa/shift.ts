/** Shifts and rotates (SDM vol. 2B: SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD). */
import type { Builder, Flag, Operand, Size } from '../semantics/builder'
import { bitAt, carryVector } from './flags'
import type { OperandSpec, Row, Semantics } from './row'

/** One shift of `a` by `count`, 1 ≤ count ≤ 31 (63 for 64-bit operands): gives the result and sets the flags. */
type Shift = <V>(b: Builder<V>, size: Size, a: V, count: V) => V

/** Left shifts: bit i of a << (count − 1) is what leaves bit i in the last step, so it is the vector of carries. */
const shiftLeft: Shift = (b, size, a, count) => {
  const beforeLast = b.shl(a, b.sub(count, b.constant(1)))
  const result = b.shl(a, count)
  b.arithmeticFlags(size, result, beforeLast)
  return result
}

const shiftRight: Shift = (b, size, a, count) => {
  const beforeLast = b.shrU(a, b.sub(count, b.constant(1)))
  const result = b.shrU(a, count)
  b.arithmeticFlags(size, result, carryVector(b, size, b.and(beforeLast, b.constant(1)), bitAt(b, a, size - 1)))
  return result
}

const shiftArithmetic: Shift = (b, size, a, count) => {
  const wide = b.sext(size, a)
  const beforeLast = b.shrS(wide, b.sub(count, b.constant(1)))
  const result = b.shrS(wide, count)
  b.arithmeticFlags(size, result, carryVector(b, size, b.and(beforeLast, b.constant(1)), b.constant(0)))
  return result
}

const rotateLeft: Shift = (b, size, a, count) => {
  const result = b.rotl(size, a, b.and(count, b.constant(size - 1)))
  const carry = b.and(result, b.constant(1))
  b.setFlag('CF', carry)
  b.setFlag('OF', b.xor(carry, bitAt(b, result, size - 1)))
  return result
}

const rotateRight: Shift = (b, size, a, count) => {
  const result = b.rotl(size, a, b.and(b.neg(count), b.constant(size - 1)))
  const carry = bitAt(b, result, size - 1)
  b.setFlag('CF', carry)
  b.setFlag('OF', b.xor(carry, bitAt(b, result, size - 2)))
  return result
}

/** Rotates through carry turn size + 1 bits: only for 8 and 16 bits can the count exceed that. */
function carryDistance<V>(b: Builder<V>, size: Size, count: V): V {
  return size < 32 ? b.remU(count, b.constant(size + 1)) : count
}

const rotateCarryLeft: Shift = <V>(b: Builder<V>, size: Size, a: V, count: V): V => {
  const distance = carryDistance(b, size, count)
  const result = b.variable(a)
  b.if(b.ne(distance, b.constant(0)), () => {
    const beforeLast = b.sub(distance, b.constant(1))
    const wrapped = b.shrU(b.shrU(a, b.constant(1)), b.sub(b.constant(size), distance))
    const turned = b.or(b.or(b.shl(b.shl(a, beforeLast), b.constant(1)), b.shl(b.flag('CF'), beforeLast)), wrapped)
    const carry = b.and(b.shrU(a, b.sub(b.constant(size), distance)), b.constant(1))
    b.setFlag('CF', carry)
    b.setFlag('OF', b.xor(carry, bitAt(b, turned, size - 1)))
    result.set(turned)
  })
  return result.get()
}

const rotateCarryRight: Shift = <V>(b: Builder<V>, size: Size, a: V, count: V): V => {
  const distance = carryDistance(b, size, count)
  const result = b.variable(a)
  b.if(b.ne(distance, b.constant(0)), () => {
    const beforeLast = b.sub(distance, b.constant(1))
    const rest = b.sub(b.constant(size), distance)
    const turned = b.or(b.or(b.shrU(b.shrU(a, beforeLast), b.constant(1)), b.shl(b.flag('CF'), rest)), b.shl(b.shl(a, b.constant(1)), rest))
    b.setFlag('CF', b.and(b.shrU(a, beforeLast), b.constant(1)))
    b.setFlag('OF', b.xor(bitAt(b, turned, size - 1), bitAt(b, turned, size - 2)))
    result.set(turned)
  })
  return result.get()
}

function masked<V>(b: Builder<V>, size: Size, count: V): V {
  return b.and(count, b.constant(size === 64 ? 63 : 31))
}

/** By 1: the flags change in any case. By a count: nothing but the write (which clears a 32-bit register's upper half) when it is 0. */
function semantics(shift: Shift, byOne: boolean): Semantics {
  if (byOne) {
    return (b, target) => {
      target.write(shift(b, target.size, target.read(), b.constant(1)))
    }
  }
  return <V>(b: Builder<V>, target: Operand<V>, amount: Operand<V>) => {
    const a = target.read()
    const count = masked(b, target.size, amount.read())
    const result = b.variable(a)
    b.if(b.ne(count, b.constant(0)), () => {
      result.set(shift(b, target.size, a, count))
    })
    target.write(result.get())
  }
}

/** A count of 0 leaves all flags alone: what a counted shift writes then depends on what was there, so it counts as read. */
function counted(flags: NonNullable<Row['flags']>): NonNullable<Row['flags']> {
  const touched = [...(flags.writes ?? []), ...(flags.undefined ?? [])]
  return { ...flags, reads: [...new Set([...(flags.reads ?? []), ...touched])] }
}

const ROTATE_FLAGS: { writes: readonly Flag[] } = { writes: ['CF', 'OF'] }
const ROTATE_CARRY_FLAGS: { reads: readonly Flag[]; writes: readonly Flag[] } = { reads: ['CF'], writes: ['CF', 'OF'] }
const SHIFT_FLAGS: { writes: readonly Flag[]; undefined: readonly Flag[] } = { writes: ['CF', 'PF', 'ZF', 'SF', 'OF'], undefined: ['AF'] }

const GROUP_2 = [
  { reg: 0, name: 'rol', shift: rotateLeft, flags: ROTATE_FLAGS },
  { reg: 1, name: 'ror', shift: rotateRight, flags: ROTATE_FLAGS },
  { reg: 2, name: 'rcl', shift: rotateCarryLeft, flags: ROTATE_CARRY_FLAGS },
  { reg: 3, name: 'rcr', shift: rotateCarryRight, flags: ROTATE_CARRY_FLAGS },
  { reg: 4, name: 'shl', shift: shiftLeft, flags: SHIFT_FLAGS },
  { reg: 5, name: 'shr', shift: shiftRight, flags: SHIFT_FLAGS },
  // The undocumented alias of SHL.
  { reg: 6, name: 'shl', shift: shiftLeft, flags: SHIFT_FLAGS },
  { reg: 7, name: 'sar', shift: shiftArithmetic, flags: SHIFT_FLAGS },
] as const

const FORMS: readonly (readonly [opcode: number, target: OperandSpec, amount: OperandSpec])[] = [
  [0xc0, 'Eb:rw', 'Ib:r'], [0xc1, 'Ev:rw', 'Ib:r'],
  [0xd0, 'Eb:rw', '1:r'], [0xd1, 'Ev:rw', '1:r'],
  [0xd2, 'Eb:rw', 'cl:r'], [0xd3, 'Ev:rw', 'cl:r'],
]

const groupRows: readonly Row[] = GROUP_2.flatMap(({ reg, name, shift, flags }) =>
  FORMS.map(([opcode, target, amount]): Row => ({
    name, map: '', opcode, reg, operands: [target, amount], flags: amount === '1:r' ? flags : counted(flags), feature: opcode < 0xd0 ? '186' : '8086',
    semantics: semantics(shift, amount === '1:r'),
  })),
)

/** SHLD: the bits that come in are the top bits of `source`. */
function doubleLeft<V>(b: Builder<V>, size: Size, a: V, source: V, count: V): V {
  const beforeLast = b.shl(a, b.sub(count, b.constant(1)))
  const result = b.or(b.shl(beforeLast, b.constant(1)), b.shrU(source, b.sub(b.constant(size), count)))
  b.arithmeticFlags(size, result, beforeLast)
  return result
}

function doubleRight<V>(b: Builder<V>, size: Size, a: V, source: V, count: V): V {
  const beforeLast = b.shrU(a, b.sub(count, b.constant(1)))
  const result = b.or(b.shrU(beforeLast, b.constant(1)), b.shl(source, b.sub(b.constant(size), count)))
  const signChanges = b.xor(bitAt(b, a, size - 1), bitAt(b, result, size - 1))
  b.arithmeticFlags(size, result, carryVector(b, size, b.and(beforeLast, b.constant(1)), signChanges))
  return result
}

type DoubleShift = <V>(b: Builder<V>, size: Size, a: V, source: V, count: V) => V

function doubleSemantics(shift: DoubleShift): Semantics {
  return <V>(b: Builder<V>, target: Operand<V>, source: Operand<V>, amount: Operand<V>) => {
    const a = target.read()
    const x = source.read()
    const count = masked(b, target.size, amount.read())
    const result = b.variable(a)
    b.if(b.ne(count, b.constant(0)), () => {
      result.set(shift(b, target.size, a, x, count))
    })
    target.write(result.get())
  }
}

const DOUBLE_FORMS = [
  { opcode: 0xa4, name: 'shld', shift: doubleLeft, amount: 'Ib:r' },
  { opcode: 0xa5, name: 'shld', shift: doubleLeft, amount: 'cl:r' },
  { opcode: 0xac, name: 'shrd', shift: doubleRight, amount: 'Ib:r' },
  { opcode: 0xad, name: 'shrd', shift: doubleRight, amount: 'cl:r' },
] as const

export const shiftRows: readonly Row[] = [
  ...groupRows,
  ...DOUBLE_FORMS.map(({ opcode, name, shift, amount }): Row => ({
    name, map: '0f', opcode, operands: ['Ev:rw', 'Gv:r', amount], flags: counted(SHIFT_FLAGS), feature: '386', semantics: doubleSemantics(shift),
  })),
]
