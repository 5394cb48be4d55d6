/** EFLAGS bits (SDM vol. 1, 3.4.3) and the instructions that set or move them. */
import type { Builder, Flag } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { ALL_FLAGS } from './flags'
import type { Row, Semantics } from './row'

export const EFLAGS_IF = 1 << 9
export const EFLAGS_DF = 1 << 10
export const EFLAGS_AC = 1 << 18

/** SF ZF AF PF CF, as LAHF and SAHF move them. */
const LAHF_MASK = 0xd5
/** Bit 1 of EFLAGS is always one. */
const ALWAYS_ONE = 0x02
const LAHF_FLAGS: readonly Flag[] = ALL_FLAGS.filter((flag) => flag !== 'OF')

function carryRow(name: string, opcode: number, value: <V>(b: Builder<V>) => V, reads?: readonly Flag[]): Row {
  const semantics: Semantics = (b) => {
    b.setFlag('CF', value(b))
  }
  return { name, map: '', opcode, operands: [], flags: { writes: ['CF'], ...(reads === undefined ? {} : { reads }) }, semantics }
}

function directionRow(name: string, opcode: number, value: 0 | 1): Row {
  return {
    name, map: '', opcode, operands: [],
    semantics: (b) => {
      b.setEflag(EFLAGS_DF, b.constant(value))
    },
  }
}

const setInterruptFlag: Semantics = (b) => {
  const wasOff = b.isZero(b.eflag(EFLAGS_IF))
  b.call('sti')
  b.if(wasOff, () => {
    b.inhibitInterrupts()
  })
  b.attention()
}

export const eflagsRows: readonly Row[] = [
  carryRow('cmc', 0xf5, (b) => b.isZero(b.flag('CF')), ['CF']),
  carryRow('clc', 0xf8, (b) => b.constant(0)),
  carryRow('stc', 0xf9, (b) => b.constant(1)),
  directionRow('cld', 0xfc, 0),
  directionRow('std', 0xfd, 1),
  {
    name: 'cli', map: '', opcode: 0xfa, operands: [], faults: ['#GP: IOPL'], endsBlock: true,
    semantics: (b) => {
      b.call('cli')
    },
  },
  { name: 'sti', map: '', opcode: 0xfb, operands: [], faults: ['#GP: IOPL'], endsBlock: true, semantics: setInterruptFlag },
  {
    name: 'lahf', map: '', opcode: 0x9f, operands: [], flags: { reads: LAHF_FLAGS },
    semantics: (b) => {
      const image = b.or(b.and(b.flagsImage(), b.constant(LAHF_MASK)), b.constant(ALWAYS_ONE))
      b.setReg(Reg.rax, 16, b.or(b.reg(Reg.rax, 8), b.shl(image, b.constant(8))))
    },
  },
  {
    name: 'sahf', map: '', opcode: 0x9e, operands: [], flags: { writes: LAHF_FLAGS },
    semantics: (b) => {
      b.setFlagsImage(b.shrU(b.reg(Reg.rax, 16), b.constant(8)), LAHF_MASK)
    },
  },
  {
    name: 'salc', map: '', opcode: 0xd6, operands: [], modes: 'not64', flags: { reads: ['CF'] },
    semantics: (b) => {
      b.setReg(Reg.rax, 8, b.neg(b.flag('CF')))
    },
  },
]
