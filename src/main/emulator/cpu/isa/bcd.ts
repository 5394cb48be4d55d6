/** DAA, DAS, AAA, AAS, AAM, AAD (SDM vol. 2A). Not in 64-bit mode. */
import type { Builder, Operand } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { Vector } from '../faults'
import { RESULT_FLAGS } from './flags'
import type { Row, Semantics } from './row'

/** Whether the low digit is no decimal digit, or AF says that it overflowed. */
function lowDigitOverflows<V>(b: Builder<V>, al: V): V {
  return b.or(b.flag('AF'), b.ltU(b.constant(9), b.and(al, b.constant(15))))
}

function adjustPacked(sign: 1 | -1): Semantics {
  return (b) => {
    const al = b.reg(Reg.rax, 8)
    const low = lowDigitOverflows(b, al)
    const high = b.or(b.flag('CF'), b.ltU(b.constant(0x99), al))
    const correction = b.add(b.mul(low, b.constant(6)), b.mul(high, b.constant(0x60)))
    const result = sign === 1 ? b.add(al, correction) : b.sub(al, correction)
    // DAS: the low correction's own borrow is CF too (SDM vol. 2A, DAS).
    const borrow = sign === 1 ? high : b.or(high, b.and(low, b.ltU(al, b.constant(6))))
    b.setReg(Reg.rax, 8, result)
    b.resultFlags(8, b.zext(8, result))
    b.setFlag('CF', borrow)
    b.setFlag('AF', low)
  }
}

function adjustUnpacked(sign: 1 | -1): Semantics {
  return (b) => {
    const overflows = lowDigitOverflows(b, b.reg(Reg.rax, 8))
    const ax = b.add(b.reg(Reg.rax, 16), b.mul(overflows, b.constant(sign * 0x106)))
    b.setReg(Reg.rax, 16, b.and(ax, b.constant(0xff0f)))
    b.setFlag('CF', overflows)
    b.setFlag('AF', overflows)
  }
}

const multiplyDigits: Semantics = <V>(b: Builder<V>, base: Operand<V>) => {
  const divisor = base.read()
  b.raiseIf(b.isZero(divisor), Vector.DE)
  const al = b.reg(Reg.rax, 8)
  const digit = b.remU(al, divisor)
  b.setReg(Reg.rax, 16, b.or(b.shl(b.divU(al, divisor), b.constant(8)), digit))
  b.resultFlags(8, digit)
}

const divideDigits: Semantics = (b, base) => {
  const ax = b.reg(Reg.rax, 16)
  const result = b.zext(8, b.add(ax, b.mul(b.shrU(ax, b.constant(8)), base.read())))
  b.setReg(Reg.rax, 16, result)
  b.resultFlags(8, result)
}

const PACKED_FLAGS = { reads: ['CF', 'AF'], writes: ['CF', 'AF', ...RESULT_FLAGS], undefined: ['OF'] } as const
const UNPACKED_FLAGS = { reads: ['AF'], writes: ['CF', 'AF'], undefined: ['OF', ...RESULT_FLAGS] } as const
const DIGIT_FLAGS = { writes: RESULT_FLAGS, undefined: ['OF', 'AF', 'CF'] } as const

export const bcdRows: readonly Row[] = [
  { name: 'daa', map: '', opcode: 0x27, operands: [], modes: 'not64', flags: PACKED_FLAGS, semantics: adjustPacked(1) },
  { name: 'das', map: '', opcode: 0x2f, operands: [], modes: 'not64', flags: PACKED_FLAGS, semantics: adjustPacked(-1) },
  { name: 'aaa', map: '', opcode: 0x37, operands: [], modes: 'not64', flags: UNPACKED_FLAGS, semantics: adjustUnpacked(1) },
  { name: 'aas', map: '', opcode: 0x3f, operands: [], modes: 'not64', flags: UNPACKED_FLAGS, semantics: adjustUnpacked(-1) },
  { name: 'aam', map: '', opcode: 0xd4, operands: ['Ib:r'], modes: 'not64', flags: DIGIT_FLAGS, faults: ['#DE'], semantics: multiplyDigits },
  { name: 'aad', map: '', opcode: 0xd5, operands: ['Ib:r'], modes: 'not64', flags: DIGIT_FLAGS, semantics: divideDigits },
]
