import { describe, expect, it } from 'vitest'
import { IF } from '../state/bits'
import { BACKENDS } from '../test-machine'
import { HANDLERS, KERNEL_CODE, ModeMachine, SELECTOR } from './test-modes'

const EBX = 3
const DATA = 0xe000
const COUNT_AND_RETURN = [0x43, 0xcf]

/** The handler of NMI counts in EBX. */
function machineWith(backend: (typeof BACKENDS)[number], code: readonly number[], handler: readonly number[] = COUNT_AND_RETURN): ModeMachine {
  const machine = new ModeMachine(backend, 'protected')
  machine.load(0, code)
  machine.poke(HANDLERS + 2 * 16, handler)
  machine.cpu.state.setGpr(EBX, 0n)
  return machine
}

const count = (machine: ModeMachine): number => machine.cpu.state.gpr32(EBX)

describe.each(BACKENDS)('NMI on %s', (backend) => {
  it('comes with interrupts off', () => {
    const machine = machineWith(backend, [0x90, 0x90, 0xf4])
    machine.cpu.run(1)
    machine.cpu.nmi()
    machine.cpu.run(1)
    expect([machine.cpu.state.systemFlags & IF, count(machine), machine.stack(1)]).toEqual([0, 1, [KERNEL_CODE + 1]])
  })

  it('ends HLT', () => {
    const machine = machineWith(backend, [0xf4, 0x90, 0xf4])
    machine.cpu.run(10)
    expect(machine.cpu.halted).toBe(true)
    machine.cpu.nmi()
    machine.cpu.run(10)
    expect([count(machine), machine.cpu.state.rip]).toEqual([1, BigInt(KERNEL_CODE + 3)])
  })

  it('waits until the handler of the last one has executed IRET', () => {
    // inc ebx; nop; nop; iret
    const machine = machineWith(backend, [0x90, 0xf4], [0x43, 0x90, 0x90, 0xcf])
    machine.cpu.nmi()
    machine.cpu.run(2)
    machine.cpu.nmi()
    machine.cpu.run(1)
    expect(count(machine)).toBe(1)
    // IRET, then the first instruction of the handler again.
    machine.cpu.run(2)
    expect(count(machine)).toBe(2)
  })

  it('an IRET that faults lets the next one in, too', () => {
    // inc ebx; push 7 (no code segment); push 0; iret
    const machine = machineWith(backend, [0x90, 0xf4], [0x43, 0x6a, 0x07, 0x6a, 0x00, 0xcf])
    machine.poke(HANDLERS + 13 * 16, [0x90, 0xf4])
    machine.cpu.nmi()
    machine.cpu.run(2)
    machine.cpu.nmi()
    machine.cpu.run(3)
    expect([count(machine), machine.cpu.state.rip]).toEqual([2, BigInt(HANDLERS + 2 * 16 + 1)])
  })

  it('does not come between MOV SS and the next instruction', () => {
    // mov ss, [DATA]; nop
    const machine = machineWith(backend, [0x8e, 0x15, 0x00, 0xe0, 0, 0, 0x90, 0xf4])
    machine.poke(DATA, [SELECTOR.kernelData, 0])
    machine.cpu.run(1)
    machine.cpu.nmi()
    machine.cpu.run(2)
    expect([count(machine), machine.stack(1)]).toEqual([1, [KERNEL_CODE + 7]])
  })
})
