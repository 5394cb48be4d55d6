/** System instructions (SDM vol. 2A–2D, vol. 3A 2.8): descriptor tables, control registers, MSRs, system calls. */
import type { Builder, Operand } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { Vector } from '../faults'
import { EFLAGS_AC } from './eflags'
import type { Row, Semantics } from './row'

/** Wraps a semantics that only CPL 0 may run: #GP(0) comes before any operand is touched. */
function privileged(semantics: Semantics): Semantics {
  return (b, ...operands) => {
    b.call('requireCpl0')
    semantics(b, ...operands)
  }
}

const TABLE = { gdt: 0, idt: 1 } as const
/** With a 16-bit operand, LGDT and LIDT take 24 bits of base. */
const BASE_24 = 0xffffff

function storeTable(which: number): Semantics {
  return <V>(b: Builder<V>, target: Operand<V>) => {
    b.call('requireNoUmip')
    const table = b.constant(which)
    target.at(b.constant(0), 16, 'w').write(b.call('tableLimit', table))
    target.at(b.constant(2), b.operandSize === 64 ? 64 : 32, 'w').write(b.call('tableBase', table))
  }
}

function loadTable(which: number): Semantics {
  return privileged(<V>(b: Builder<V>, source: Operand<V>) => {
    const limit = source.at(b.constant(0), 16, 'r').read()
    const base = source.at(b.constant(2), b.operandSize === 64 ? 64 : 32, 'r').read()
    b.call('loadTable', b.constant(which), b.operandSize === 16 ? b.and(base, b.constant(BASE_24)) : base, limit)
  })
}

const TABLE_ROW = { map: '0f', opcode: 0x01, operands: ['M:a'], size64: 'force64', feature: '286' } as const

const tableRows: readonly Row[] = [
  { ...TABLE_ROW, name: 'sgdt', reg: 0, semantics: storeTable(TABLE.gdt) },
  { ...TABLE_ROW, name: 'sidt', reg: 1, semantics: storeTable(TABLE.idt) },
  { ...TABLE_ROW, name: 'lgdt', reg: 2, faults: ['#GP: CPL'], endsBlock: true, semantics: loadTable(TABLE.gdt) },
  { ...TABLE_ROW, name: 'lidt', reg: 3, faults: ['#GP: CPL'], endsBlock: true, semantics: loadTable(TABLE.idt) },
]

type Source = 'sldt' | 'str' | 'smsw'

/** SLDT, STR, SMSW: 16 bits into memory, the operand size into a register. */
function storeRows(name: Source, opcode: number, reg: number, protectedOnly: boolean): Row[] {
  const semantics: Semantics = (b, target) => {
    b.call('requireNoUmip')
    target.write(b.call(name))
  }
  const common = { name, map: '0f', opcode, reg, feature: '286', semantics, ...(protectedOnly ? { protectedOnly } : {}) } as const
  return [
    { ...common, form: 'memory', operands: ['Mw:w'] },
    { ...common, form: 'register', operands: ['Rv:w'] },
  ]
}

const selectorRows: readonly Row[] = [
  ...storeRows('sldt', 0x00, 0, true),
  ...storeRows('str', 0x00, 1, true),
  {
    name: 'lldt', map: '0f', opcode: 0x00, reg: 2, operands: ['Ew:r'], protectedOnly: true, feature: '286', faults: ['#GP', '#NP'], endsBlock: true,
    semantics: privileged((b, selector) => {
      b.call('lldt', selector.read())
    }),
  },
  {
    name: 'ltr', map: '0f', opcode: 0x00, reg: 3, operands: ['Ew:r'], protectedOnly: true, feature: '286', faults: ['#GP', '#NP'], endsBlock: true,
    semantics: privileged((b, selector) => {
      b.call('ltr', selector.read())
    }),
  },
  ...(['verr', 'verw'] as const).map((name, i): Row => ({
    name, map: '0f', opcode: 0x00, reg: 4 + i, operands: ['Ew:r'], protectedOnly: true, feature: '286', flags: { writes: ['ZF'] },
    semantics: (b, selector) => {
      b.setFlag('ZF', b.call(name, selector.read()))
    },
  })),
  ...(['lar', 'lsl'] as const).map((name, i): Row => ({
    name, map: '0f', opcode: 0x02 + i, operands: ['Gv:rw', 'Ew:r'], protectedOnly: true, feature: '286', flags: { writes: ['ZF'] },
    // Bit 63 of the helper's result says that the selector is valid; the target is written only then.
    semantics: (b, target, selector) => {
      const answer = b.call(name, selector.read())
      const valid = b.shrU(answer, b.constant(63))
      b.if(valid, () => {
        target.write(b.zext(32, answer))
      })
      b.setFlag('ZF', valid)
    },
  })),
]

const controlRows: readonly Row[] = [
  ...storeRows('smsw', 0x01, 4, false),
  {
    name: 'lmsw', map: '0f', opcode: 0x01, reg: 6, operands: ['Ew:r'], feature: '286', endsBlock: true,
    semantics: privileged((b, source) => {
      b.call('lmsw', source.read())
      b.attention()
    }),
  },
  {
    name: 'clts', map: '0f', opcode: 0x06, operands: [], feature: '286', endsBlock: true,
    semantics: privileged((b) => {
      b.call('clts')
    }),
  },
  {
    name: 'mov', map: '0f', opcode: 0x20, operands: ['Ry:w', 'Cy:r'], size64: 'force64', feature: '386',
    semantics: privileged((b, target, register) => {
      target.write(b.call('readControl', register.read()))
    }),
  },
  {
    name: 'mov', map: '0f', opcode: 0x22, operands: ['Cy:w', 'Ry:r'], size64: 'force64', feature: '386', endsBlock: true,
    semantics: privileged((b, register, source) => {
      b.call('writeControl', register.read(), source.read())
      b.attention()
    }),
  },
  {
    name: 'mov', map: '0f', opcode: 0x21, operands: ['Ry:w', 'Dy:r'], size64: 'force64', feature: '386',
    semantics: privileged((b, target, register) => {
      target.write(b.call('readDebug', register.read()))
    }),
  },
  {
    name: 'mov', map: '0f', opcode: 0x23, operands: ['Dy:w', 'Ry:r'], size64: 'force64', feature: '386', endsBlock: true,
    semantics: privileged((b, register, source) => {
      b.call('writeDebug', register.read(), source.read())
      b.attention()
    }),
  },
  {
    name: 'invlpg', map: '0f', opcode: 0x01, reg: 7, operands: ['Mb:a'], feature: '486', endsBlock: true,
    semantics: privileged((b, address) => {
      const linear = address.linear()
      b.call('invlpg', b.zext(32, linear), b.shrU(linear, b.constant(32)))
    }),
  },
  // Caches do not exist here: nothing to write back.
  { name: 'invd', map: '0f', opcode: 0x08, operands: [], feature: '486', semantics: privileged(() => undefined) },
  { name: 'wbinvd', map: '0f', opcode: 0x09, operands: [], feature: '486', semantics: privileged(() => undefined) },
  {
    name: 'hlt', map: '', opcode: 0xf4, operands: [], endsBlock: true,
    semantics: privileged((b) => {
      b.call('hlt')
      b.attention()
    }),
  },
  ...(['clac', 'stac'] as const).map((name, value): Row => ({
    name, map: '0f', opcode: 0x01, reg: 1, rm: 2 + value, prefix: 'none', operands: [], endsBlock: true, feature: 'smap',
    semantics: (b) => {
      // #UD, not #GP, at other levels (SDM vol. 2, CLAC, STAC).
      b.raiseIf(b.ne(b.special('cpl'), b.constant(0)), Vector.UD)
      b.setEflag(EFLAGS_AC, b.constant(value))
      // EFLAGS.AC decides what supervisor accesses may reach (SMAP), and the TLB holds that decision.
      b.call('flushTlb')
    },
  })),
]

const modelRows: readonly Row[] = [
  {
    name: 'cpuid', map: '0f', opcode: 0xa2, operands: [], feature: 'pentium',
    semantics: (b) => {
      b.call('cpuid')
    },
  },
  {
    name: 'rdtsc', map: '0f', opcode: 0x31, operands: [], feature: 'pentium', faults: ['#GP: CR4.TSD'],
    semantics: (b) => {
      const cycles = b.call('rdtsc')
      b.setReg(Reg.rax, 32, cycles)
      b.setReg(Reg.rdx, 32, b.shrU(cycles, b.constant(32)))
    },
  },
  {
    name: 'rdmsr', map: '0f', opcode: 0x32, operands: [], feature: 'pentium', faults: ['#GP'],
    semantics: privileged((b) => {
      b.call('rdmsr')
    }),
  },
  {
    name: 'wrmsr', map: '0f', opcode: 0x30, operands: [], feature: 'pentium', faults: ['#GP'], endsBlock: true,
    semantics: privileged((b) => {
      b.call('wrmsr')
      b.attention()
    }),
  },
]

const callRows: readonly Row[] = [
  {
    name: 'syscall', map: '0f', opcode: 0x05, operands: [], modes: 'only64', feature: 'syscall', setsRip: true, endsBlock: true, faults: ['#UD'],
    semantics: (b) => {
      b.call('syscall', b.nextRip())
      b.attention()
    },
  },
  {
    name: 'sysret', names: { 64: 'sysretq' }, map: '0f', opcode: 0x07, operands: [], modes: 'only64', sized: true, feature: 'syscall', setsRip: true, endsBlock: true,
    faults: ['#UD', '#GP'],
    semantics: (b) => {
      b.call('sysret', b.constant(b.operandSize))
      b.attention()
    },
  },
  {
    name: 'sysenter', map: '0f', opcode: 0x34, operands: [], protectedOnly: true, feature: 'sysenter', setsRip: true, endsBlock: true, faults: ['#GP'],
    semantics: (b) => {
      b.call('sysenter')
      b.attention()
    },
  },
  {
    name: 'sysexit', names: { 64: 'sysexitq' }, map: '0f', opcode: 0x35, operands: [], protectedOnly: true, sized: true, feature: 'sysenter', setsRip: true, endsBlock: true,
    faults: ['#GP'],
    semantics: (b) => {
      b.call('sysexit', b.constant(b.operandSize))
      b.attention()
    },
  },
  {
    name: 'swapgs', map: '0f', opcode: 0x01, reg: 7, rm: 0, operands: [], modes: 'only64', feature: 'long', endsBlock: true,
    semantics: privileged((b) => {
      b.call('swapgs')
    }),
  },
]

export const systemRows: readonly Row[] = [...tableRows, ...selectorRows, ...controlRows, ...modelRows, ...callRows]
