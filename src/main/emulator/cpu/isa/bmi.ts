/** VEX-encoded bit manipulation (SDM vol. 2A–2D: ANDN, BEXTR, BLSI, BLSMSK, BLSR, BZHI, MULX, PDEP, PEXT, RORX, SARX, SHLX, SHRX). */
import type { Builder, Operand } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { carryVector } from './flags'
import type { Row, Semantics } from './row'

const BIT_FLAGS = { writes: ['CF', 'ZF', 'SF', 'OF'], undefined: ['AF', 'PF'] } as const

/** Flags of a result with CF = `carry` and OF = 0. */
function bitFlags<V>(b: Builder<V>, { size }: Operand<V>, result: V, carry: V): void {
  b.arithmeticFlags(size, result, carryVector(b, size, carry, b.constant(0)))
}

const andNot: Semantics = (b, target, inverted, source) => {
  const result = b.and(b.not(inverted.read()), source.read())
  target.write(result)
  b.logicFlags(target.size, result)
}

/** A mask of the low `count` bits; `count` is 0–255. */
function lowBits<V>(b: Builder<V>, count: V): V {
  const ones = b.sub(b.shl(b.constant(1), count), b.constant(1))
  return b.select(b.ltU(count, b.constant(64)), ones, b.constant(0xffff_ffff_ffff_ffffn))
}

const extract: Semantics = (b, target, source, control) => {
  const value = source.read()
  const fields = control.read()
  const start = b.zext(8, fields)
  const length = b.zext(8, b.shrU(fields, b.constant(8)))
  const shifted = b.select(b.ltU(start, b.constant(source.size)), b.shrU(value, start), b.constant(0))
  const result = b.and(shifted, lowBits(b, length))
  target.write(result)
  b.logicFlags(target.size, result)
}

const zeroHigh: Semantics = (b, target, source, index) => {
  const value = source.read()
  const position = b.zext(8, index.read())
  const result = b.and(value, lowBits(b, position))
  target.write(result)
  bitFlags(b, target, result, b.leU(b.constant(source.size), position))
}

/** BLSI, BLSMSK, BLSR; CF says whether the source is, or is not, zero. */
function lowestBit(carryIfZero: boolean, combine: <V>(b: Builder<V>, value: V) => V): Semantics {
  return (b, target, source) => {
    const value = source.read()
    const result = combine(b, value)
    const zero = b.isZero(value)
    target.write(result)
    bitFlags(b, target, result, carryIfZero ? zero : b.xor(zero, b.constant(1)))
  }
}

/** When both targets are one register, it gets the high half. */
const multiply: Semantics = (b, high, low, source) => {
  const { size } = source
  const a = b.reg(Reg.rdx, size === 64 ? 64 : 32)
  const x = source.read()
  const product = b.mul(a, x)
  const upper = size === 64 ? b.mulHighU(a, x) : b.shrU(product, b.constant(32))
  low.write(product)
  high.write(upper)
}

/** Goes through the ones of `mask` from the lowest; `place` tells what the n-th one adds, given its place and the bit 1 << n. */
function forEachOne<V>(b: Builder<V>, mask: V, place: (one: V, counter: V) => V): V {
  const left = b.variable(mask)
  const counter = b.variable(b.constant(1))
  const result = b.variable(b.constant(0))
  b.while(() => b.ne(left.get(), b.constant(0)), () => {
    const ones = left.get()
    const one = b.and(ones, b.neg(ones))
    result.set(b.or(result.get(), place(one, counter.get())))
    left.set(b.xor(ones, one))
    counter.set(b.shl(counter.get(), b.constant(1)))
  })
  return result.get()
}

const deposit: Semantics = <V>(b: Builder<V>, target: Operand<V>, source: Operand<V>, mask: Operand<V>) => {
  const value = source.read()
  const none = b.constant(0)
  target.write(forEachOne(b, mask.read(), (one, counter) => b.select(b.ne(b.and(value, counter), none), one, none)))
}

const gather: Semantics = <V>(b: Builder<V>, target: Operand<V>, source: Operand<V>, mask: Operand<V>) => {
  const value = source.read()
  const none = b.constant(0)
  target.write(forEachOne(b, mask.read(), (one, counter) => b.select(b.ne(b.and(value, one), none), counter, none)))
}

const rotate: Semantics = (b, target, source, amount) => {
  const { size } = target
  const value = source.read()
  const count = b.and(amount.read(), b.constant(size - 1))
  const back = b.and(b.neg(count), b.constant(size - 1))
  target.write(b.or(b.shrU(value, count), b.shl(value, back)))
}

function shift(move: <V>(b: Builder<V>, source: Operand<V>, value: V, count: V) => V): Semantics {
  return (b, target, source, amount) => {
    const value = source.read()
    target.write(move(b, source, value, b.and(amount.read(), b.constant(source.size - 1))))
  }
}

const VEX = { vex: { l: 0 }, protectedOnly: true } as const
const BMI1 = { ...VEX, map: '0f38', feature: 'bmi1' } as const
const BMI2 = { ...VEX, map: '0f38', feature: 'bmi2' } as const

export const bmiRows: readonly Row[] = [
  { ...BMI1, name: 'andn', opcode: 0xf2, prefix: 'none', operands: ['Gy:w', 'By:r', 'Ey:r'], flags: BIT_FLAGS, semantics: andNot },
  {
    ...BMI1, name: 'bextr', opcode: 0xf7, prefix: 'none', operands: ['Gy:w', 'Ey:r', 'By:r'],
    flags: { writes: ['CF', 'ZF', 'OF'], undefined: ['AF', 'SF', 'PF'] }, semantics: extract,
  },
  {
    ...BMI1, name: 'blsr', opcode: 0xf3, reg: 1, prefix: 'none', operands: ['By:w', 'Ey:r'], flags: BIT_FLAGS,
    semantics: lowestBit(true, (b, value) => b.and(value, b.sub(value, b.constant(1)))),
  },
  {
    ...BMI1, name: 'blsmsk', opcode: 0xf3, reg: 2, prefix: 'none', operands: ['By:w', 'Ey:r'], flags: BIT_FLAGS,
    semantics: lowestBit(true, (b, value) => b.xor(value, b.sub(value, b.constant(1)))),
  },
  {
    ...BMI1, name: 'blsi', opcode: 0xf3, reg: 3, prefix: 'none', operands: ['By:w', 'Ey:r'], flags: BIT_FLAGS,
    semantics: lowestBit(false, (b, value) => b.and(value, b.neg(value))),
  },
  { ...BMI2, name: 'bzhi', opcode: 0xf5, prefix: 'none', operands: ['Gy:w', 'Ey:r', 'By:r'], flags: BIT_FLAGS, semantics: zeroHigh },
  { ...BMI2, name: 'mulx', opcode: 0xf6, prefix: 'f2', operands: ['Gy:w', 'By:w', 'Ey:r'], semantics: multiply },
  { ...BMI2, name: 'pdep', opcode: 0xf5, prefix: 'f2', operands: ['Gy:w', 'By:r', 'Ey:r'], semantics: deposit },
  { ...BMI2, name: 'pext', opcode: 0xf5, prefix: 'f3', operands: ['Gy:w', 'By:r', 'Ey:r'], semantics: gather },
  { ...BMI2, name: 'shlx', opcode: 0xf7, prefix: '66', operands: ['Gy:w', 'Ey:r', 'By:r'], semantics: shift((b, _, value, count) => b.shl(value, count)) },
  { ...BMI2, name: 'shrx', opcode: 0xf7, prefix: 'f2', operands: ['Gy:w', 'Ey:r', 'By:r'], semantics: shift((b, _, value, count) => b.shrU(value, count)) },
  {
    ...BMI2, name: 'sarx', opcode: 0xf7, prefix: 'f3', operands: ['Gy:w', 'Ey:r', 'By:r'],
    semantics: shift((b, { size }, value, count) => b.shrS(b.sext(size, value), count)),
  },
  { ...BMI2, map: '0f3a', name: 'rorx', opcode: 0xf0, prefix: 'f2', operands: ['Gy:w', 'Ey:r', 'Ib:r'], semantics: rotate },
]
