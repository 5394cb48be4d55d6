import { describe, expect, it } from 'vitest'
import { CR4, CS, DS, ES, FS, GS, IF, IOPL, SS, TF, VIF, VIP, VM } from '../state/bits'
import { BACKENDS } from '../test-machine'
import { modesChanged } from './context'
import { virtual8086Segment } from './segments'
import { ModeMachine, TSS } from './test-modes'

const SEGMENT = 0x1800
const CODE = SEGMENT << 4
const STACK_TOP = 0x8000
/** Offset of the I/O map: the redirection bitmap lies in the 32 bytes before it. */
const IO_MAP = 0x90

type Backend = (typeof BACKENDS)[number]

/** A virtual-8086 program with CR4.VME. */
function virtualMachine(backend: Backend, code: readonly number[], flags: number, cr4 = CR4.VME): ModeMachine {
  const machine = new ModeMachine(backend, 'protected')
  const { state } = machine.cpu
  machine.poke(CODE, code)
  machine.poke32(TSS + 0x64, IO_MAP << 16)
  state.setSegment(7, { ...state.segment(7), limit: 0x200 })
  state.setControl(4, cr4)
  state.flags = VM | 2 | flags
  state.cpl = 3
  for (const index of [ES, CS, SS, DS, FS, GS]) state.setSegment(index, virtual8086Segment(SEGMENT))
  state.rip = 0n
  state.setGpr(4, BigInt(STACK_TOP))
  modesChanged(machine.cpu)
  return machine
}

const flagsOf = (machine: ModeMachine): number => machine.cpu.state.flags
const topWord = (machine: ModeMachine): number => machine.peek16(CODE + Number(machine.cpu.state.gpr(4)))

describe.each(BACKENDS)('virtual-8086 extensions on %s', (backend) => {
  it('CLI and STI change VIF and leave IF', () => {
    const machine = virtualMachine(backend, [0xfb, 0xfa], IF)
    machine.cpu.run(1)
    expect(flagsOf(machine) & (VIF | IF)).toBe(VIF | IF)
    machine.cpu.run(1)
    expect(flagsOf(machine) & (VIF | IF)).toBe(IF)
  })

  it('STI with VIP pending is #GP(0)', () => {
    const machine = virtualMachine(backend, [0xfb], IF | VIP)
    machine.cpu.run(5)
    expect([machine.handled, machine.stack(1)[0]]).toEqual([13, 0])
  })

  it('PUSHF shows VIF as IF and IOPL 3; POPF puts IF into VIF', () => {
    const machine = virtualMachine(backend, [0x9c, 0x9d], IF | VIF)
    machine.cpu.run(1)
    expect(topWord(machine) & (IF | IOPL)).toBe(IF | IOPL)
    machine.poke(CODE + STACK_TOP - 2, [0x02, 0x00])
    machine.cpu.run(1)
    expect(flagsOf(machine) & (IF | VIF | IOPL)).toBe(IF)
    expect(machine.cpu.state.gpr(4)).toBe(BigInt(STACK_TOP))
  })

  it.each([
    ['POPF that sets TF', [0x9d], TF],
    ['IRET that sets TF', [0xcf], TF],
  ] as const)('%s is #GP(0)', (_name, code, image) => {
    const machine = virtualMachine(backend, code, IF)
    machine.cpu.state.setGpr(4, 0x7000n)
    for (const offset of [0, 4]) machine.poke(CODE + 0x7000 + offset, [image & 0xff, image >> 8])
    machine.cpu.run(5)
    expect(machine.handled).toBe(13)
  })

  it.each([['pushfd', [0x66, 0x9c]], ['popfd', [0x66, 0x9d]], ['iretd', [0x66, 0xcf]]] as const)('%s still needs IOPL 3', (_name, code) => {
    const machine = virtualMachine(backend, code, IF)
    machine.cpu.run(5)
    expect(machine.handled).toBe(13)
  })

  it('INT n with a clear bit goes through the program\'s own table', () => {
    const machine = virtualMachine(backend, [0xcd, 0x21], IF | VIF)
    machine.poke(0x21 * 4, [0x34, 0x12, 0x00, 0x19])
    machine.cpu.run(1)
    const { state } = machine.cpu
    expect([state.selector(CS), state.rip, state.flags & VM, state.flags & VIF, state.flags & IF]).toEqual([0x1900, 0x1234n, VM, 0, IF])
    expect(state.gpr(4)).toBe(BigInt(STACK_TOP - 6))
    expect([0, 2, 4].map((offset) => machine.peek16(CODE + STACK_TOP - 6 + offset) & 0xf2ff)).toEqual([2, SEGMENT & 0xf2ff, (IF | IOPL | 2) & 0xf2ff])
  })

  it('INT n with a set bit: #GP(0) below IOPL 3, the protected-mode handler at IOPL 3', () => {
    for (const [iopl, handled] of [[0, 13], [IOPL, 0x80]] as const) {
      const machine = virtualMachine(backend, [0xcd, 0x80], IF | iopl)
      machine.poke(TSS + IO_MAP - 32 + 0x10, [1])
      machine.cpu.run(5)
      expect(machine.handled).toBe(handled)
    }
  })

  it('without CR4.VME everything below IOPL 3 is #GP(0)', () => {
    for (const code of [[0xfa], [0xfb], [0x9c], [0x9d], [0xcf], [0xcd, 0x21]]) {
      const machine = virtualMachine(backend, code, IF, 0n)
      machine.cpu.run(5)
      expect(machine.handled, code.join()).toBe(13)
    }
  })

  it('PVI gives a user program of protected mode VIF', () => {
    for (const [cr4, handled] of [[CR4.PVI, undefined], [0n, 13]] as const) {
      const machine = new ModeMachine(backend, 'protected')
      machine.load(3, [0xfb, 0x90])
      machine.cpu.state.setControl(4, cr4)
      machine.cpu.run(2)
      expect(machine.handled).toBe(handled)
      if (handled === undefined) expect(flagsOf(machine) & (VIF | IF)).toBe(VIF)
    }
  })
})
