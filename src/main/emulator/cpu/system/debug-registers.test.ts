import { describe, expect, it } from 'vitest'
import { CR4, RF } from '../state/bits'
import { BACKENDS } from '../test-machine'
import { HANDLERS, KERNEL_CODE, ModeMachine, SELECTOR } from './test-modes'

const DATA = 0xe000
const LOCAL = (index: number): bigint => 1n << BigInt(index * 2)
const KIND = { execute: 0n, write: 1n, port: 2n, access: 3n } as const
const LENGTH = { 1: 0n, 2: 1n, 8: 2n, 4: 3n } as const
const control = (index: number, kind: keyof typeof KIND, bytes: keyof typeof LENGTH): bigint =>
  LOCAL(index) | (KIND[kind] << BigInt(16 + index * 4)) | (LENGTH[bytes] << BigInt(18 + index * 4))

function machineWith(backend: (typeof BACKENDS)[number], code: readonly number[], points: readonly (readonly [number, bigint])[]): ModeMachine {
  const machine = new ModeMachine(backend, 'protected')
  machine.load(0, code)
  const { state, mmu } = machine.cpu
  let armed = 0x400n
  points.forEach(([address, bits], index) => {
    state.setDebug(index, BigInt(address))
    armed |= bits
  })
  state.setDebug(7, armed)
  mmu.refreshWatchpoints()
  return machine
}

const dr6 = (machine: ModeMachine): bigint => machine.cpu.state.debug(6) & 0xe00fn
/** mov eax, [DATA]; nop; mov [DATA + 4], eax; nop */
const CODE = [0xa1, 0x00, 0xe0, 0, 0, 0x90, 0xa3, 0x04, 0xe0, 0, 0, 0x90]

describe.each(BACKENDS)('breakpoint registers on %s', (backend) => {
  it('execution: #DB before the instruction, without RF; IRET with RF goes on', () => {
    const machine = machineWith(backend, CODE, [[KERNEL_CODE + 5, control(0, 'execute', 1)]])
    machine.cpu.run(2)
    expect(machine.cpu.state.rip).toBe(BigInt(HANDLERS + 16))
    expect(machine.stack(3)[0]).toBe(KERNEL_CODE + 5)
    expect((machine.stack(3)[2] ?? 0) & RF).toBe(0)
    expect(dr6(machine)).toBe(1n)
    // or dword ptr [esp+8], RF; iret
    machine.poke(HANDLERS + 16, [0x81, 0x4c, 0x24, 0x08, 0, 0, 1, 0, 0xcf])
    machine.cpu.run(3)
    expect(machine.cpu.state.rip).toBe(BigInt(KERNEL_CODE + 6))
  })

  it('RF of an IRET that nothing was armed for holds back no breakpoint that is armed behind it', () => {
    const machine = new ModeMachine(backend, 'protected')
    const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24]
    // push RF; push CS; push behind; iret
    const before = [0x68, ...word(RF), 0x6a, SELECTOR.kernelCode, 0x68, ...word(KERNEL_CODE + 13), 0xcf]
    const watched = KERNEL_CODE + 29
    // mov eax, watched; mov dr0, eax; mov eax, 401h; mov dr7, eax; nop
    machine.load(0, [...before, 0xb8, ...word(watched), 0x0f, 0x23, 0xc0, 0xb8, ...word(0x401), 0x0f, 0x23, 0xf8, 0x90, 0xf4])
    machine.cpu.run(20)
    expect(machine.handled).toBe(1)
    expect(machine.stack(1)).toEqual([watched])
  })

  it.each([
    ['write', 4, 11],
    ['access', 4, 5],
  ] as const)('%s: #DB after the instruction that does it', (kind, bytes, offset) => {
    const address = kind === 'write' ? DATA + 4 : DATA
    const machine = machineWith(backend, CODE, [[0, 0n], [address, control(1, kind, bytes)]])
    machine.cpu.run(10)
    expect(machine.handled).toBe(1)
    expect(machine.stack(1)).toEqual([KERNEL_CODE + offset])
    expect(dr6(machine)).toBe(2n)
  })

  it('a read is no write, a neighbour is not watched, a partial overlap is', () => {
    const neighbour = machineWith(backend, [...CODE, 0xf4], [[DATA + 8, control(0, 'access', 4)], [DATA, control(1, 'write', 4)]])
    neighbour.cpu.run(20)
    expect(neighbour.handled).toBeUndefined()
    const partial = machineWith(backend, CODE, [[DATA + 3, control(0, 'access', 1)]])
    partial.cpu.run(20)
    expect(partial.stack(1)).toEqual([KERNEL_CODE + 5])
  })

  it('ports, with CR4.DE', () => {
    // out 0x80, al; nop
    for (const [enabled, handled] of [[CR4.DE, 1], [0n, undefined]] as const) {
      const machine = new ModeMachine(backend, 'protected')
      machine.load(0, [0xe6, 0x80, 0x90, 0xf4])
      machine.cpu.state.setControl(4, enabled)
      machine.cpu.state.setDebug(3, 0x80n)
      machine.cpu.state.setDebug(7, 0x400n | control(3, 'port', 1))
      machine.cpu.mmu.refreshWatchpoints()
      machine.cpu.run(20)
      expect(machine.handled).toBe(handled)
      if (handled !== undefined) expect([machine.stack(1)[0], dr6(machine)]).toEqual([KERNEL_CODE + 2, 8n])
    }
  })

  it('MOV to DR7 arms it for the next instruction, and pushes are watched too', () => {
    // mov eax, control; mov dr7, eax; push eax; nop
    const armed = Number(control(0, 'write', 4))
    const machine = new ModeMachine(backend, 'protected')
    machine.load(0, [0xb8, armed & 0xff, (armed >> 8) & 0xff, (armed >> 16) & 0xff, armed >>> 24, 0x0f, 0x23, 0xf8, 0x50, 0x90])
    machine.cpu.state.setDebug(0, machine.cpu.state.gpr(4) - 4n)
    machine.cpu.run(20)
    expect(machine.handled).toBe(1)
    expect(machine.stack(1)).toEqual([KERNEL_CODE + 9])
  })

  it('every #DB clears B0–B3 and keeps the rest of DR6', () => {
    const machine = machineWith(backend, CODE, [[0, 0n], [DATA, control(1, 'access', 4)]])
    machine.cpu.state.setDebug(6, 0xffff_4ff5n)
    machine.cpu.run(10)
    expect(machine.cpu.state.debug(6)).toBe(0xffff_4ff2n)
  })

  it('an execution breakpoint on a repeated instruction comes once when the handler sets RF', () => {
    // mov ecx, 3; mov edi, DATA; rep stosb; hlt
    const machine = machineWith(backend, [0xb9, 3, 0, 0, 0, 0xbf, 0x00, 0xe0, 0, 0, 0xf3, 0xaa, 0xf4], [[KERNEL_CODE + 10, control(0, 'execute', 1)]])
    // inc ebx; or dword ptr [esp+8], RF; iret
    machine.poke(HANDLERS + 16, [0x43, 0x81, 0x4c, 0x24, 0x08, 0, 0, 1, 0, 0xcf])
    machine.cpu.state.setGpr(3, 0n)
    machine.cpu.run(50)
    expect([machine.cpu.halted, machine.cpu.state.rip, machine.cpu.state.gpr(3), machine.cpu.state.gpr(1)]).toEqual([true, BigInt(KERNEL_CODE + 13), 1n, 0n])
  })

  it.each([
    // sti; nop
    ['STI does not hold back the one at the next instruction', [0xfb, 0x90, 0xf4], 1, 1],
    // mov ss, [DATA]; nop
    ['MOV SS does', [0x8e, 0x15, 0x00, 0xe0, 0, 0, 0x90, 0xf4], 6, undefined],
  ] as const)('execution: %s', (_name, code, offset, handled) => {
    const machine = machineWith(backend, code, [[KERNEL_CODE + offset, control(0, 'execute', 1)]])
    machine.poke(DATA, [SELECTOR.kernelData, 0])
    machine.cpu.run(20)
    expect(machine.handled).toBe(handled)
  })

  it.each([
    // mov ss, [DATA] before: int1; nop; int 1
    ['INT1 reports a held trap with its own #DB', [0xf1], 1],
    ['a held trap comes after one more instruction', [0x90], 1],
    ['after INT n it comes in the handler', [0xcd, 0x80], 2],
  ] as const)('MOV SS from a watched place: %s', (_name, next, times) => {
    const machine = machineWith(backend, [0x8e, 0x15, 0x00, 0xe0, 0, 0, ...next, 0xf4], [[DATA, control(0, 'access', 4)]])
    machine.poke(DATA, [SELECTOR.kernelData, 0])
    for (const vector of [1, 0x80]) machine.poke(HANDLERS + vector * 16, [0x43, 0xcf]) // inc ebx; iret
    machine.cpu.state.setGpr(3, 0n)
    machine.cpu.run(50)
    expect([machine.cpu.halted, machine.cpu.state.gpr(3), dr6(machine)]).toEqual([true, BigInt(times), 1n])
  })

  it('DR7.GD traps MOV to debug registers', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(0, [0x0f, 0x21, 0xc0])
    machine.cpu.state.setDebug(7, 0x2400n)
    machine.cpu.run(20)
    expect([machine.handled, dr6(machine) & 0x2000n, machine.cpu.state.debug(7) & 0x2000n]).toEqual([1, 0x2000n, 0n])
  })
})
