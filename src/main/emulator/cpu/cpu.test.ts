import { describe, expect, it } from 'vitest'
import { TestMachine, BACKENDS } from './test-machine'

describe.each(BACKENDS)('Cpu on %s', (backend) => {
  it('starts at F000:FFF0 and runs real-mode code', () => {
    const machine = new TestMachine(backend)
    expect(machine.cpu.registers().rip).toBe(0xfff0n)
    // mov ax,1234h; add ax,1; hlt
    machine.loadReal(0x7c00, [0xb8, 0x34, 0x12, 0x05, 0x01, 0x00, 0xf4])
    expect(machine.cpu.run(100)).toBe(3)
    expect(machine.cpu.state.gpr(0)).toBe(0x1235n)
    expect(machine.cpu.halted).toBe(true)
    expect(machine.cpu.state.rip).toBe(0x7c07n)
  })
})
