/** Later additions to the scalar set (SDM vol. 2): RDTSCP, RDPID, FSGSBASE, XGETBV, XSETBV, RDPKRU, WRPKRU, RDRAND, RDSEED, CLFLUSH …, RDPMC, INVPCID. */
import { Vector } from '../faults'
import { Reg, Seg, type Builder, type Operand } from '../semantics/builder'
import { ALL_FLAGS } from './flags'
import type { Row, Semantics } from './row'

/** RDRAND and RDSEED always succeed: CF = 1, the other flags 0. */
const random: Semantics = (b, target) => {
  target.write(b.call('random'))
  b.setFlagsImage(b.constant(1), ARITHMETIC_IMAGE)
}
const ARITHMETIC_IMAGE = 0x8d5

const readCounterAndId: Semantics = (b) => {
  const cycles = b.call('rdtsc')
  const id = b.call('tscAux')
  b.setReg(Reg.rax, 32, cycles)
  b.setReg(Reg.rdx, 32, b.shrU(cycles, b.constant(32)))
  b.setReg(Reg.rcx, 32, id)
}

/** Nothing is cached, but the address is checked like that of a load of one byte. */
const flushLine: Semantics = (_b, address) => {
  address.read()
}

/** The 16 bytes in memory: PCID, linear address. */
const invalidate = <V, X>(b: Builder<V, X>, type: Operand<V, X>, descriptor: Operand<V, X>): void => {
  b.call('requireCpl0')
  const pcid = descriptor.at(b.constant(0), 64, 'r').read()
  const linear = descriptor.at(b.constant(8), 64, 'r').read()
  b.call('invpcid', type.read(), pcid, linear)
}

const CR4_PKE = 1 << 22

/** What RDPKRU and WRPKRU check: #UD without CR4.PKE, #GP(0) for what must be zero. */
function requireKeys<V, X>(b: Builder<V, X>, zero: V): void {
  b.raiseIf(b.isZero(b.and(b.special('cr4'), b.constant(CR4_PKE))), Vector.UD)
  b.raiseIf(b.ne(zero, b.constant(0)), Vector.GP, b.constant(0))
}

const FLUSH = { map: '0f', opcode: 0xae, form: 'memory', operands: ['Mb:r'], semantics: flushLine } as const

export const extensionRows: readonly Row[] = [
  { name: 'rdtscp', map: '0f', opcode: 0x01, reg: 7, rm: 1, operands: [], feature: 'rdtscp', faults: ['#GP: CR4.TSD'], semantics: readCounterAndId },
  {
    name: 'rdpid', map: '0f', opcode: 0xc7, reg: 7, form: 'register', prefix: 'f3', operands: ['Ry:w'], size64: 'force64', feature: 'rdpid',
    semantics: (b, target) => {
      target.write(b.call('tscAux'))
    },
  },
  ...(['rdrand', 'rdseed'] as const).map((name, i): Row => ({
    name, map: '0f', opcode: 0xc7, reg: 6 + i, form: 'register', prefix: 'no-repeat', operands: ['Rv:w'], feature: name, flags: { writes: ALL_FLAGS }, semantics: random,
  })),
  ...(['rdfsbase', 'rdgsbase'] as const).map((name, i): Row => ({
    name, map: '0f', opcode: 0xae, reg: i, form: 'register', prefix: 'f3', operands: ['Ry:w'], modes: 'only64', feature: 'fsgsbase', faults: ['#UD: CR4.FSGSBASE'],
    semantics: (b, target) => {
      target.write(b.call('readSegmentBase', b.constant(Seg.fs + i)))
    },
  })),
  ...(['wrfsbase', 'wrgsbase'] as const).map((name, i): Row => ({
    name, map: '0f', opcode: 0xae, reg: 2 + i, form: 'register', prefix: 'f3', operands: ['Ry:r'], modes: 'only64', feature: 'fsgsbase',
    faults: ['#UD: CR4.FSGSBASE', '#GP: not canonical'], endsBlock: true,
    semantics: (b, source) => {
      b.call('writeSegmentBase', b.constant(Seg.fs + i), source.read())
    },
  })),
  {
    name: 'xgetbv', map: '0f', opcode: 0x01, reg: 2, rm: 0, prefix: 'none', operands: [], feature: 'xsave', faults: ['#UD: CR4.OSXSAVE', '#GP'],
    semantics: (b) => {
      const value = b.call('xgetbv', b.reg(Reg.rcx, 32))
      b.setReg(Reg.rax, 32, value)
      b.setReg(Reg.rdx, 32, b.shrU(value, b.constant(32)))
    },
  },
  {
    name: 'xsetbv', map: '0f', opcode: 0x01, reg: 2, rm: 1, prefix: 'none', operands: [], feature: 'xsave', faults: ['#UD: CR4.OSXSAVE', '#GP'], endsBlock: true,
    semantics: (b) => {
      b.call('xsetbv', b.reg(Reg.rcx, 32), b.or(b.shl(b.reg(Reg.rdx, 32), b.constant(32)), b.reg(Reg.rax, 32)))
    },
  },
  {
    name: 'rdpkru', map: '0f', opcode: 0x01, reg: 5, rm: 6, prefix: 'none', operands: [], feature: 'pku', faults: ['#UD: CR4.PKE', '#GP: ECX'],
    semantics: (b) => {
      requireKeys(b, b.reg(Reg.rcx, 32))
      b.setReg(Reg.rax, 32, b.special('pkru'))
      b.setReg(Reg.rdx, 32, b.constant(0))
    },
  },
  {
    name: 'wrpkru', map: '0f', opcode: 0x01, reg: 5, rm: 7, prefix: 'none', operands: [], feature: 'pku', faults: ['#UD: CR4.PKE', '#GP: ECX, EDX'], endsBlock: true,
    semantics: (b) => {
      requireKeys(b, b.or(b.reg(Reg.rcx, 32), b.reg(Reg.rdx, 32)))
      b.call('writePkru', b.reg(Reg.rax, 32))
    },
  },
  { ...FLUSH, name: 'clflush', reg: 7, prefix: 'none', feature: 'clflush' },
  { ...FLUSH, name: 'clflushopt', reg: 7, prefix: '66', feature: 'clflushopt' },
  { ...FLUSH, name: 'clwb', reg: 6, prefix: '66', feature: 'clwb' },
  {
    // There are no performance counters: every number is invalid.
    name: 'rdpmc', map: '0f', opcode: 0x33, operands: [], feature: 'pentium', faults: ['#GP'],
    semantics: (b) => {
      b.raise(Vector.GP, b.constant(0))
    },
  },
  {
    name: 'invpcid', map: '0f38', opcode: 0x82, prefix: '66', operands: ['Gy:r', 'M:a'], size64: 'force64', feature: 'invpcid', faults: ['#GP'], endsBlock: true,
    semantics: invalidate,
  },
]
