/** Interrupts and far transfers of real mode (Intel SDM vol. 3A, 20.1.3, 20.1.4; vol. 2, INT n, IRET, CALL, RET). */
import { describe, expect, it } from 'vitest'
import { CS, IF, SS } from '../state/bits'
import { BACKENDS } from '../test-machine'
import { ModeMachine } from './test-modes'

const CODE = 0x7c00
const IP = CODE
const HLT = 0xf4
const RSP = 4
/** Of vectors 20h, and of stack faults. */
const HANDLER = { segment: 0x0700, offset: 0x0010 }
const FAULT = 0x6800

function realMachine(backend: (typeof BACKENDS)[number], code: readonly number[]): ModeMachine {
  const machine = new ModeMachine(backend, 'protected')
  machine.cpu.reset()
  machine.poke(0x20 * 4, [HANDLER.offset, 0, HANDLER.segment & 0xff, HANDLER.segment >> 8])
  machine.poke(12 * 4, [FAULT & 0xff, FAULT >> 8, 0, 0])
  machine.poke(FAULT, [HLT])
  machine.poke(HANDLER.segment * 16 + HANDLER.offset, [HLT])
  machine.loadReal(CODE, code)
  return machine
}

describe.each(BACKENDS)('real mode on %s', (backend) => {
  it('INT pushes flags, CS and IP, clears IF, and keeps the upper half of ESP; IRET gives all back', () => {
    // sti; stc; int 20h; hlt — the handler: iret
    const machine = realMachine(backend, [0xfb, 0xf9, 0xcd, 0x20, HLT])
    const { state } = machine.cpu
    state.setGpr(RSP, 0xabcd_7000n)
    machine.cpu.run(3)
    expect([state.selector(CS), state.base(CS), state.rip, state.gpr(RSP), state.flags & (IF | 1)]).toEqual([HANDLER.segment, BigInt(HANDLER.segment * 16), BigInt(HANDLER.offset), 0xabcd_6ffan, 1])
    expect([machine.peek16(0x6ffa), machine.peek16(0x6ffc), machine.peek16(0x6ffe) & (IF | 1)]).toEqual([IP + 4, 0, IF | 1])
    machine.poke(HANDLER.segment * 16 + HANDLER.offset, [0xcf])
    machine.cpu.run(1)
    expect([state.selector(CS), state.rip, state.gpr(RSP), state.flags & (IF | 1)]).toEqual([0, BigInt(IP + 4), 0xabcd_7000n, IF | 1])
  })

  it('far CALL and RET n move a stack pointer that wraps, and keep its upper half', () => {
    // call 0700:0010; hlt — there: retf 5
    const machine = realMachine(backend, [0x9a, HANDLER.offset, 0, HANDLER.segment & 0xff, HANDLER.segment >> 8, HLT])
    machine.poke(HANDLER.segment * 16 + HANDLER.offset, [0xca, 5, 0])
    const { state } = machine.cpu
    state.setGpr(RSP, 0x1_0000n)
    machine.cpu.run(1)
    expect([state.gpr(RSP), machine.peek16(0xfffe), machine.peek16(0xfffc)]).toEqual([0x1_fffcn, 0, IP + 5])
    machine.cpu.run(1)
    expect([state.rip, state.gpr(RSP)]).toEqual([BigInt(IP + 5), 0x1_0005n])
  })

  it('a word across the end of the stack segment is #SS before anything is pushed', () => {
    const machine = realMachine(backend, [0xcd, 0x20])
    const { state } = machine.cpu
    // Words at 1 and at ffff: the second one does not fit; neither does the frame of #SS itself, from there.
    state.setGpr(RSP, 3n)
    machine.poke(1, [0x11, 0x22])
    machine.cpu.run(1)
    expect([machine.peek16(1), state.gpr(RSP)]).toEqual([0x2211, 3n])
  })

  it('a big stack segment, as protected mode can leave it, has 32 bits of ESP move', () => {
    const machine = realMachine(backend, [0xcd, 0x20])
    const { state } = machine.cpu
    state.setSegment(SS, { selector: 0, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 })
    state.updateModes()
    state.setGpr(RSP, 0x1_0002n)
    machine.cpu.run(1)
    expect([state.gpr(RSP), machine.peek16(0xfffe), machine.peek16(0xfffc)]).toEqual([0xfffcn, 0, IP + 2])
  })
})
