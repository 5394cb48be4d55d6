/** MUL, IMUL, DIV, IDIV (SDM vol. 2A–2B). */
import type { Builder, Operand, Size } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { Vector } from '../faults'
import type { Row, Semantics } from './row'

/** CF and OF say whether the product needs its upper half; the other flags are undefined. */
const MULTIPLY_FLAGS = { writes: ['CF', 'OF'], undefined: ['SF', 'ZF', 'AF', 'PF'] } as const
const DIVIDE_FLAGS = { undefined: ['CF', 'OF', 'SF', 'ZF', 'AF', 'PF'] } as const

function overflowFlags<V>(b: Builder<V>, size: Size, low: V, overflow: V): void {
  b.arithmeticFlags(size, low, b.shl(overflow, b.constant(size - 1)))
}

/** Low and high halves of the double-width product, each in the low `size` bits. */
function product<V>(b: Builder<V>, size: Size, signed: boolean, a: V, x: V): { low: V; high: V } {
  if (size === 64) return { low: b.mul(a, x), high: signed ? b.mulHighS(a, x) : b.mulHighU(a, x) }
  const whole = signed ? b.mul(b.sext(size, a), b.sext(size, x)) : b.mul(a, x)
  return { low: whole, high: b.shrU(whole, b.constant(size)) }
}

/** Whether a signed product does not fit into its low half. */
function signedOverflow<V>(b: Builder<V>, size: Size, low: V, high: V): V {
  return b.ne(b.sext(size, high), b.shrS(b.sext(size, low), b.constant(63)))
}

function multiplyAccumulator(signed: boolean): Semantics {
  return <V>(b: Builder<V>, source: Operand<V>) => {
    const { size } = source
    const { low, high } = product(b, size, signed, b.reg(Reg.rax, size), source.read())
    const overflow = signed ? signedOverflow(b, size, low, high) : b.ne(b.zext(size, high), b.constant(0))
    if (size === 8) b.setReg(Reg.rax, 16, low)
    else {
      b.setReg(Reg.rax, size, low)
      b.setReg(Reg.rdx, size, high)
    }
    overflowFlags(b, size, low, overflow)
  }
}

function multiplyInto<V>(b: Builder<V>, target: Operand<V>, a: V, x: V): void {
  const { low, high } = product(b, target.size, true, a, x)
  target.write(low)
  overflowFlags(b, target.size, low, signedOverflow(b, target.size, low, high))
}

/** rDX:rAX (AX for bytes) as one value of at most 64 bits. */
function dividend<V>(b: Builder<V>, size: Size): V {
  if (size === 8) return b.reg(Reg.rax, 16)
  return b.or(b.shl(b.reg(Reg.rdx, size), b.constant(size)), b.reg(Reg.rax, size))
}

function writeQuotient<V>(b: Builder<V>, size: Size, quotient: V, remainder: V): void {
  if (size === 8) b.setReg(Reg.rax, 16, b.or(b.zext(8, quotient), b.shl(b.zext(8, remainder), b.constant(8))))
  else {
    b.setReg(Reg.rax, size, quotient)
    b.setReg(Reg.rdx, size, remainder)
  }
}

const divideUnsigned: Semantics = <V>(b: Builder<V>, source: Operand<V>) => {
  const { size } = source
  const divisor = source.read()
  if (size === 64) {
    // Compilers clear RDX first: then 64-bit division is enough, and it cannot overflow.
    b.if(b.and(b.isZero(b.reg(Reg.rdx, 64)), b.ne(divisor, b.constant(0))), () => {
      const whole = b.reg(Reg.rax, 64)
      writeQuotient(b, 64, b.divU(whole, divisor), b.remU(whole, divisor))
    }, () => {
      b.call('div128', divisor)
    })
    return
  }
  b.raiseIf(b.isZero(divisor), Vector.DE)
  const whole = dividend(b, size)
  const quotient = b.divU(whole, divisor)
  b.raiseIf(b.ne(b.zext(size, quotient), quotient), Vector.DE)
  writeQuotient(b, size, quotient, b.remU(whole, divisor))
}

const divideSigned: Semantics = <V>(b: Builder<V>, source: Operand<V>) => {
  const { size } = source
  const divisor = b.sext(size, source.read())
  const minusOne = b.constant(-1n)
  const lowest = b.constant(-(1n << 63n))
  if (size === 64) {
    const whole = b.reg(Reg.rax, 64)
    const fits = b.eq(b.reg(Reg.rdx, 64), b.shrS(whole, b.constant(63)))
    const safe = b.and(b.ne(divisor, b.constant(0)), b.or(b.ne(divisor, minusOne), b.ne(whole, lowest)))
    b.if(b.and(fits, safe), () => {
      writeQuotient(b, 64, b.divS(whole, divisor), b.remS(whole, divisor))
    }, () => {
      b.call('idiv128', divisor)
    })
    return
  }
  b.raiseIf(b.isZero(divisor), Vector.DE)
  const whole = size === 32 ? dividend(b, size) : b.sext(size === 8 ? 16 : 32, dividend(b, size))
  if (size === 32) b.raiseIf(b.and(b.eq(whole, lowest), b.eq(divisor, minusOne)), Vector.DE)
  const quotient = b.divS(whole, divisor)
  b.raiseIf(b.ne(b.sext(size, quotient), quotient), Vector.DE)
  writeQuotient(b, size, quotient, b.remS(whole, divisor))
}

const ACCUMULATOR_GROUP = [
  { reg: 4, name: 'mul', flags: MULTIPLY_FLAGS, semantics: multiplyAccumulator(false) },
  { reg: 5, name: 'imul', flags: MULTIPLY_FLAGS, semantics: multiplyAccumulator(true) },
  { reg: 6, name: 'div', flags: DIVIDE_FLAGS, faults: ['#DE'], semantics: divideUnsigned },
  { reg: 7, name: 'idiv', flags: DIVIDE_FLAGS, faults: ['#DE'], semantics: divideSigned },
] as const

const multiplyThree: Semantics = (b, target, source, factor) => {
  multiplyInto(b, target, source.read(), factor.read())
}

export const multiplyRows: readonly Row[] = [
  ...ACCUMULATOR_GROUP.flatMap((row): Row[] => [
    { ...row, map: '', opcode: 0xf6, operands: ['Eb:r'] },
    { ...row, map: '', opcode: 0xf7, operands: ['Ev:r'] },
  ]),
  {
    name: 'imul', map: '0f', opcode: 0xaf, operands: ['Gv:rw', 'Ev:r'], flags: MULTIPLY_FLAGS, feature: '386',
    semantics: (b, target, source) => {
      const x = source.read()
      multiplyInto(b, target, target.read(), x)
    },
  },
  { name: 'imul', map: '', opcode: 0x69, operands: ['Gv:w', 'Ev:r', 'Iz:r'], flags: MULTIPLY_FLAGS, feature: '186', semantics: multiplyThree },
  { name: 'imul', map: '', opcode: 0x6b, operands: ['Gv:w', 'Ev:r', 'sIb:r'], flags: MULTIPLY_FLAGS, feature: '186', semantics: multiplyThree },
]
