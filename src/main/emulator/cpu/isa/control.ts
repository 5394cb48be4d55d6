/** Jumps, calls, returns, loops, interrupts (SDM vol. 2A–2B). Far transfers and interrupts are the helpers' work. */
import type { Builder, Operand } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { Vector } from '../faults'
import { ALL_FLAGS } from './flags'
import { CONDITIONS } from './conditions'
import type { Row, Semantics } from './row'
import { release, top } from './stack'

const jump: Semantics = (b, target) => {
  b.jump(target.read())
}

function jumpIf<V>(b: Builder<V>, condition: V, target: Operand<V>): void {
  b.if(condition, () => {
    b.jump(target.read())
  }, () => {
    b.fallThrough()
  })
}

const conditionalJumps: readonly Row[] = CONDITIONS.flatMap(({ name, code, reads }): Row[] => {
  const common: Pick<Row, 'name' | 'flags' | 'setsRip' | 'size64' | 'semantics'> = {
    name: `j${name}`,
    flags: { reads },
    setsRip: true,
    size64: 'default64',
    semantics: (b, target) => {
      jumpIf(b, b.condition(code), target)
    },
  }
  return [
    { ...common, map: '', opcode: 0x70 + code, operands: ['Jb:r'] },
    { ...common, map: '0f', opcode: 0x80 + code, operands: ['Jz:r'], feature: '386' },
  ]
})

/** The stack is checked first, then the target; the return address is stored only when neither faults. */
const call: Semantics = (b, operand) => {
  const target = operand.read()
  const down = b.constant(-b.operandSize / 8)
  const slot = b.stack(down, b.operandSize, 'rw')
  slot.read()
  b.checkJump(target)
  slot.write(b.nextRip())
  b.moveStack(down)
  b.jump(target)
}

const returnNear: Semantics = (b) => {
  b.jump(top(b))
  release(b)
}

const returnAndRelease: Semantics = (b, bytes) => {
  b.jump(top(b))
  b.moveStack(b.add(bytes.read(), b.constant(b.operandSize / 8)))
}

const nearRows: readonly Row[] = [
  { name: 'jmp', map: '', opcode: 0xeb, operands: ['Jb:r'], size64: 'default64', setsRip: true, semantics: jump },
  { name: 'jmp', map: '', opcode: 0xe9, operands: ['Jz:r'], size64: 'default64', setsRip: true, semantics: jump },
  { name: 'jmp', map: '', opcode: 0xff, reg: 4, operands: ['Ev:r'], size64: 'default64', setsRip: true, semantics: jump },
  { name: 'call', map: '', opcode: 0xe8, operands: ['Jz:r'], size64: 'default64', setsRip: true, semantics: call },
  { name: 'call', map: '', opcode: 0xff, reg: 2, operands: ['Ev:r'], size64: 'default64', setsRip: true, semantics: call },
  { name: 'ret', map: '', opcode: 0xc3, operands: [], sized: true, size64: 'default64', setsRip: true, semantics: returnNear },
  { name: 'ret', map: '', opcode: 0xc2, operands: ['Iw:r'], sized: true, size64: 'default64', setsRip: true, semantics: returnAndRelease },
]

/** LOOP, LOOPE, LOOPNE count rCX of the address size down; a jump that faults leaves it alone. */
function loop(goesOn: <V>(b: Builder<V>, notZero: V) => V): Semantics {
  return <V>(b: Builder<V>, target: Operand<V>) => {
    const left = b.and(b.sub(b.addressReg(Reg.rcx), b.constant(1)), b.addressMask())
    jumpIf(b, goesOn(b, b.ne(left, b.constant(0))), target)
    b.setAddressReg(Reg.rcx, left)
  }
}

const LOOP = { map: '', operands: ['Jb:r'], size64: 'default64', setsRip: true } as const

const loopRows: readonly Row[] = [
  {
    ...LOOP, name: 'loopne', opcode: 0xe0, flags: { reads: ['ZF'] },
    semantics: loop((b, notZero) => b.and(notZero, b.isZero(b.flag('ZF')))),
  },
  { ...LOOP, name: 'loope', opcode: 0xe1, flags: { reads: ['ZF'] }, semantics: loop((b, notZero) => b.and(notZero, b.flag('ZF'))) },
  { ...LOOP, name: 'loop', opcode: 0xe2, semantics: loop((_b, notZero) => notZero) },
  {
    ...LOOP, name: 'jcxz', names: { 32: 'jecxz', 64: 'jrcxz' }, opcode: 0xe3,
    semantics: (b, target) => {
      jumpIf(b, b.isZero(b.addressReg(Reg.rcx)), target)
    },
  },
]

/** Selector and offset of a far pointer, in the instruction or in memory. */
function farPointer<V>(b: Builder<V>, pointer: Operand<V>): { selector: V; offset: V } {
  if (pointer.isMemory) {
    const offset = pointer.at(b.constant(0), b.operandSize, 'r').read()
    return { offset, selector: pointer.at(b.constant(b.operandSize / 8), 16, 'r').read() }
  }
  const whole = pointer.read()
  return { offset: b.zext(32, whole), selector: b.shrU(whole, b.constant(32)) }
}

const farJump: Semantics = (b, pointer) => {
  const { selector, offset } = farPointer(b, pointer)
  b.call('farJump', selector, offset, b.constant(b.operandSize))
  b.attention()
}

const farCall: Semantics = (b, pointer) => {
  const { selector, offset } = farPointer(b, pointer)
  b.call('farCall', selector, offset, b.constant(b.operandSize), b.nextRip())
  b.attention()
}

const FAR = { setsRip: true, endsBlock: true, faults: ['#GP', '#NP', '#SS', '#TS'] } as const

const farRows: readonly Row[] = [
  { ...FAR, name: 'jmp', map: '', opcode: 0xea, operands: ['Ap:r'], modes: 'not64', semantics: farJump },
  { ...FAR, name: 'jmp', map: '', opcode: 0xff, reg: 5, operands: ['Mp:r'], semantics: farJump },
  { ...FAR, name: 'call', map: '', opcode: 0x9a, operands: ['Ap:r'], modes: 'not64', semantics: farCall },
  { ...FAR, name: 'call', map: '', opcode: 0xff, reg: 3, operands: ['Mp:r'], semantics: farCall },
  {
    ...FAR, name: 'retf', map: '', opcode: 0xcb, operands: [], sized: true,
    semantics: (b) => {
      b.call('farReturn', b.constant(b.operandSize), b.constant(0))
      b.attention()
    },
  },
  {
    ...FAR, name: 'retf', map: '', opcode: 0xca, operands: ['Iw:r'], sized: true,
    semantics: (b, bytes) => {
      b.call('farReturn', b.constant(b.operandSize), bytes.read())
      b.attention()
    },
  },
  {
    ...FAR, name: 'iretw', names: { 32: 'iretd', 64: 'iretq' }, map: '', opcode: 0xcf, operands: [], sized: true, flags: { writes: ALL_FLAGS },
    semantics: (b) => {
      b.call('iret', b.constant(b.operandSize))
      b.attention()
    },
  },
]

/** Kinds of software interrupts, as the helper knows them. */
const KIND = { intN: 0, breakpointOrOverflow: 1, debug: 2 } as const

function interrupt<V>(b: Builder<V>, vector: V, kind: number): void {
  b.call('softwareInterrupt', vector, b.constant(kind), b.nextRip())
  b.attention()
}

const interruptRows: readonly Row[] = [
  {
    ...FAR, name: 'int', map: '', opcode: 0xcd, operands: ['Ib:r'],
    semantics: (b, vector) => {
      interrupt(b, vector.read(), KIND.intN)
    },
  },
  {
    ...FAR, name: 'int3', map: '', opcode: 0xcc, operands: [],
    semantics: (b) => {
      interrupt(b, b.constant(Vector.BP), KIND.breakpointOrOverflow)
    },
  },
  {
    ...FAR, name: 'into', map: '', opcode: 0xce, operands: [], modes: 'not64', flags: { reads: ['OF'] },
    semantics: (b) => {
      b.if(b.flag('OF'), () => {
        interrupt(b, b.constant(Vector.OF), KIND.breakpointOrOverflow)
      }, () => {
        b.fallThrough()
      })
    },
  },
  {
    ...FAR, name: 'int1', map: '', opcode: 0xf1, operands: [],
    semantics: (b) => {
      interrupt(b, b.constant(Vector.DB), KIND.debug)
    },
  },
]

/** BOUND: the index lies between two signed bounds in memory. */
const bound: Semantics = (b, index, bounds) => {
  const { size } = index
  const value = b.sext(size, index.read())
  const lower = b.sext(size, bounds.at(b.constant(0), size, 'r').read())
  const upper = b.sext(size, bounds.at(b.constant(size / 8), size, 'r').read())
  b.raiseIf(b.or(b.ltS(value, lower), b.ltS(upper, value)), Vector.BR)
}

export const controlRows: readonly Row[] = [
  ...nearRows,
  ...conditionalJumps,
  ...loopRows,
  ...farRows,
  ...interruptRows,
  { name: 'bound', map: '', opcode: 0x62, operands: ['Gv:r', 'Ma:r'], modes: 'not64', feature: '186', faults: ['#BR'], semantics: bound },
]
