/** Corners of the 80386 that vectors of user programs do not reach. */
import { describe, expect, it } from 'vitest'
import { DS, SS } from '../state/bits'
import { BACKENDS } from '../test-machine'
import { descriptor, GDT, KERNEL_CODE, ModeMachine, SELECTOR } from './test-modes'

const TASK = 0xe000

describe.each(BACKENDS)('legacy corners on %s', (backend) => {
  it('ENTER on a 16-bit stack keeps the upper half of ESP, in ESP and in EBP', () => {
    const machine = new ModeMachine(backend, 'protected')
    // enter 8, 0
    machine.load(0, [0xc8, 8, 0, 0])
    const { state } = machine.cpu
    state.setSegment(SS, { selector: SELECTOR.kernelData, base: 0n, limit: 0xffff, attributes: 0x93 })
    state.updateModes()
    state.setGpr(4, 0x1_0000n)
    state.setGpr(5, 0x1234_5678n)
    machine.cpu.run(1)
    expect([state.gpr(4), state.gpr(5), machine.peek32(0xfffc)]).toEqual([0x1_fff4n, 0x1_fffcn, 0x1234_5678])
  })

  it('ARPL writes, and needs to write, only what changes', () => {
    for (const [selector, handled] of [[3, undefined], [0, 13]] as const) {
      const machine = new ModeMachine(backend, 'protected')
      machine.poke(0xe000, [selector, 0])
      // arpl [0xe000], ax; nop
      machine.load(0, [0x63, 0x05, 0x00, 0xe0, 0, 0, 0x90])
      const { state } = machine.cpu
      state.setSegment(DS, { selector: SELECTOR.kernelData, base: 0n, limit: 0xffff_ffff, attributes: 0xc091 })
      state.updateModes()
      state.setGpr(0, 2n)
      machine.cpu.run(2)
      expect(machine.handled).toBe(handled)
    }
  })

  it('a switch to a 16-bit task fills the upper halves of the registers with ones', () => {
    const machine = new ModeMachine(backend, 'protected')
    const words = Array.from({ length: 22 }, () => 0)
    words[7] = KERNEL_CODE + 0x100
    words[8] = 2
    for (let register = 0; register < 8; register++) words[9 + register] = 0x1000 + register
    words[17] = words[19] = words[20] = SELECTOR.kernelData
    words[18] = SELECTOR.kernelCode
    machine.poke(TASK, words.flatMap((word) => [word & 0xff, word >> 8]))
    machine.poke64(GDT + SELECTOR.otherTss, descriptor(TASK, 0x2b, 0x81, 0))
    // jmp otherTss:0
    machine.load(0, [0xea, 0, 0, 0, 0, SELECTOR.otherTss, 0])
    machine.cpu.run(1)
    const { state } = machine.cpu
    expect([state.rip, state.gpr(0), state.gpr(7)]).toEqual([BigInt(KERNEL_CODE + 0x100), 0xffff_1000n, 0xffff_1007n])
  })
})
