import { describe, expect, it } from 'vitest'
import { CR0, CR4, EFER_BITS, FS } from '../state/bits'
import { BACKENDS } from '../test-machine'
import { modesChanged } from './context'
import { MSR } from './msr'
import { KERNEL_CODE, ModeMachine } from './test-modes'

type Backend = (typeof BACKENDS)[number]
type Registers = Readonly<Record<number, bigint>>

function run(backend: Backend, code: readonly number[], registers: Registers = {}, cr4 = 0n, level: 0 | 3 = 0, mode: 'long' | 'protected' = 'long'): ModeMachine {
  const machine = new ModeMachine(backend, mode)
  machine.load(level, [...code, 0x90])
  const { state } = machine.cpu
  for (const [index, value] of Object.entries(registers)) state.setGpr(Number(index), value)
  state.setControl(4, state.control(4) | cr4)
  modesChanged(machine.cpu)
  machine.cpu.msrs.set(MSR.TSC_AUX, 0x1234n)
  machine.cpu.run(1)
  if (machine.cpu.state.rip >= 0x5000n && machine.cpu.state.rip < 0x6000n) machine.cpu.run(1)
  return machine
}

const RDRAND_RAX = [0x48, 0x0f, 0xc7, 0xf0]
const WRFSBASE_RAX = [0xf3, 0x48, 0x0f, 0xae, 0xd0]
const RDFSBASE_RAX = [0xf3, 0x48, 0x0f, 0xae, 0xc0]

describe.each(BACKENDS)('later scalar instructions on %s', (backend) => {
  it('RDTSCP and RDPID give TSC_AUX', () => {
    const { state } = run(backend, [0x0f, 0x01, 0xf9]).cpu
    expect([state.gpr(0), state.gpr(1), state.gpr(2)]).toEqual([10n, 0x1234n, 0n])
    expect(run(backend, [0xf3, 0x0f, 0xc7, 0xfb]).cpu.state.gpr(3)).toBe(0x1234n)
  })

  it('RDRAND gives other numbers each time, the same in every run, and sets CF alone', () => {
    const [first, again] = [run(backend, RDRAND_RAX), run(backend, RDRAND_RAX)]
    expect(first.cpu.state.gpr(0)).toBe(again.cpu.state.gpr(0))
    expect(first.cpu.state.flags & 0x8d5).toBe(1)
    first.load(0, RDRAND_RAX)
    first.cpu.run(1)
    expect(first.cpu.state.gpr(0)).not.toBe(again.cpu.state.gpr(0))
    expect(run(backend, [0x66, 0x0f, 0xc7, 0xf8], { 0: 0xffff_ffff_0000_0000n }).cpu.state.gpr(0) >> 16n).toBe(0xffff_ffff_0000n)
  })

  it('FSGSBASE needs CR4.FSGSBASE, and canonical addresses', () => {
    expect(run(backend, RDFSBASE_RAX).handled).toBe(6)
    expect(run(backend, WRFSBASE_RAX, { 0: 0x1234_5678_9abcn }, CR4.FSGSBASE, 3).cpu.state.base(FS)).toBe(0x1234_5678_9abcn)
    expect(run(backend, WRFSBASE_RAX, { 0: 1n << 60n }, CR4.FSGSBASE).handled).toBe(13)
    expect(run(backend, [0xf3, 0x0f, 0xae, 0xc0], {}, CR4.FSGSBASE, 0, 'protected').handled).toBe(6)
  })

  it('XGETBV and XSETBV need CR4.OSXSAVE; XCR0 keeps x87', () => {
    expect(run(backend, [0x0f, 0x01, 0xd0], { 1: 0n }).handled).toBe(6)
    const { state } = run(backend, [0x0f, 0x01, 0xd0], { 1: 0n }, CR4.OSXSAVE).cpu
    expect([state.gpr(0), state.gpr(2)]).toEqual([1n, 0n])
    expect(run(backend, [0x0f, 0x01, 0xd1], { 0: 3n, 1: 0n, 2: 0n }, CR4.OSXSAVE).cpu.state.xcr0).toBe(3n)
    expect(run(backend, [0x0f, 0x01, 0xd1], { 0: 7n, 1: 0n, 2: 0n }, CR4.OSXSAVE).cpu.state.xcr0).toBe(7n)
    expect(run(backend, [0x0f, 0x01, 0xd1], { 0: 0x201n, 1: 0n, 2: 0n }, CR4.OSXSAVE).cpu.state.xcr0).toBe(0x201n)
    for (const value of [2n, 5n, 8n | 7n]) expect(run(backend, [0x0f, 0x01, 0xd1], { 0: value, 1: 0n, 2: 0n }, CR4.OSXSAVE).handled).toBe(13)
    expect(run(backend, [0x0f, 0x01, 0xd1], { 0: 1n, 1: 1n, 2: 0n }, CR4.OSXSAVE).handled).toBe(13)
    expect(run(backend, [0x0f, 0x01, 0xd1], { 0: 1n, 1: 0n, 2: 0n }, CR4.OSXSAVE, 3).handled).toBe(13)
  })

  it('RDPMC has no counter to read', () => {
    expect(run(backend, [0x0f, 0x33], { 1: 0n }, CR4.PCE).handled).toBe(13)
  })

  it('CLFLUSH checks its address', () => {
    expect(run(backend, [0x0f, 0xae, 0x38], { 0: 0xe000n }).handled).toBeUndefined()
    expect(run(backend, [0x0f, 0xae, 0x38], { 0: 0x40_0000n }).handled).toBe(14)
    expect(run(backend, [0x66, 0x0f, 0xae, 0x38], { 0: 1n << 60n }).handled).toBe(13)
    expect(run(backend, [0x66, 0x0f, 0xae, 0x30], { 0: 0x40_0000n }).handled).toBe(14)
  })

  it.each([
    ['type 2', 2n, 0n, 0n, 0, undefined],
    ['type 4', 4n, 0n, 0n, 0, 13],
    ['PCID without CR4.PCIDE', 1n, 5n, 0n, 0, 13],
    ['reserved bits of the descriptor', 2n, 0x1000n, 0n, 0, 13],
    ['address not canonical', 0n, 0n, 1n << 60n, 0, 13],
    ['CPL 3', 2n, 0n, 0n, 3, 13],
  ] as const)('INVPCID: %s', (_name, type, pcid, linear, level, handled) => {
    const machine = new ModeMachine(backend, 'long')
    machine.poke64(0xe000, pcid, linear)
    // invpcid rax, [rbx]
    machine.load(level, [0x66, 0x0f, 0x38, 0x82, 0x03, 0x90])
    machine.cpu.state.setGpr(0, type)
    machine.cpu.state.setGpr(3, 0xe000n)
    machine.cpu.run(2)
    expect(machine.handled).toBe(handled)
  })

  it('PCIDs: CR4.PCIDE only in long mode with PCID 0; CR3 bit 63 is accepted then', () => {
    const cr4FromRax = [0x0f, 0x22, 0xe0]
    const cr3FromRax = [0x0f, 0x22, 0xd8]
    expect(run(backend, cr4FromRax, { 0: CR4.PAE | CR4.PCIDE }).handled).toBeUndefined()
    expect(run(backend, cr4FromRax, { 0: CR4.PAE | CR4.PCIDE }, 0n, 0, 'protected').handled).toBe(13)
    expect(run(backend, cr3FromRax, { 0: (1n << 63n) | 0x10_0001n }, CR4.PCIDE).cpu.state.control(3)).toBe(0x10_0001n)
    expect(run(backend, cr3FromRax, { 0: (1n << 63n) | 0x10_0000n }).handled).toBe(13)
  })

  it.each([
    ['sgdt', [0x0f, 0x01, 0x03]], ['sidt', [0x0f, 0x01, 0x0b]], ['sldt', [0x0f, 0x00, 0xc0]], ['str', [0x0f, 0x00, 0xc8]], ['smsw', [0x0f, 0x01, 0xe0]],
  ] as const)('UMIP keeps %s from CPL 3', (_name, code) => {
    expect(run(backend, code, { 3: 0xe000n }, 0n, 3).handled).toBeUndefined()
    expect(run(backend, code, { 3: 0xe000n }, CR4.UMIP, 3).handled).toBe(13)
    expect(run(backend, code, { 3: 0xe000n }, CR4.UMIP, 0).handled).toBeUndefined()
  })
})

describe.each(BACKENDS)('5-level paging on %s', (backend) => {
  const LEVEL5 = 0x18_0000
  const FAR = 0x00f0_0000_0000_0000n

  function enter(): ModeMachine {
    const machine = new ModeMachine(backend, 'long')
    const { state, mmu } = machine.cpu
    // The PML4 of the identity mapping, at 0 and at FAR.
    for (const index of [0, Number((FAR >> 48n) & 0x1ffn)]) machine.poke64(LEVEL5 + index * 8, 0x10_0007n)
    state.setControl(3, BigInt(LEVEL5))
    state.setControl(4, CR4.PAE | CR4.LA57)
    modesChanged(machine.cpu)
    mmu.flush()
    return machine
  }

  it('maps 57-bit addresses, for data and for jumps', () => {
    const machine = enter()
    machine.poke32(0xe000, 0x5566_7788)
    // mov rax, [rbx]; jmp rcx
    machine.load(0, [0x48, 0x8b, 0x03, 0xff, 0xe1])
    machine.cpu.state.setGpr(3, FAR + 0xe000n)
    machine.cpu.state.setGpr(1, FAR + 0x9000n)
    machine.cpu.run(2)
    expect([machine.cpu.state.gpr(0) & 0xffff_ffffn, machine.cpu.state.rip]).toEqual([0x5566_7788n, FAR + 0x9000n])
  })

  it('faults beyond 57 bits, and where the fifth level has nothing', () => {
    for (const [address, vector] of [[1n << 57n, 13], [1n << 50n, 14]] as const) {
      const machine = enter()
      machine.load(0, [0x48, 0x8b, 0x03])
      machine.cpu.state.setGpr(3, address)
      machine.cpu.run(5)
      expect(machine.handled).toBe(vector)
    }
  })

  it('with four levels INVPCID takes 57-bit addresses, too', () => {
    for (const [address, handled] of [[FAR, undefined], [1n << 57n, 13]] as const) {
      const machine = new ModeMachine(backend, 'long')
      machine.poke64(0xe000, 0n, address)
      // invpcid rax, [rbx]
      machine.load(0, [0x66, 0x0f, 0x38, 0x82, 0x03])
      machine.cpu.state.setGpr(0, 0n)
      machine.cpu.state.setGpr(3, 0xe000n)
      machine.cpu.run(2)
      expect(machine.handled).toBe(handled)
    }
  })

  it('with four levels the same jump is #GP(0)', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.load(0, [0xff, 0xe1])
    machine.cpu.state.setGpr(1, FAR + BigInt(KERNEL_CODE))
    machine.cpu.run(5)
    expect(machine.handled).toBe(13)
  })

  it('CR4.LA57 cannot change in long mode', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.load(0, [0x0f, 0x22, 0xe0])
    machine.cpu.state.setGpr(0, CR4.PAE | CR4.LA57)
    machine.cpu.run(5)
    expect(machine.handled).toBe(13)
    expect(machine.cpu.state.efer & EFER_BITS.LMA).not.toBe(0n)
    expect(machine.cpu.state.control(0) & CR0.PG).not.toBe(0n)
  })
})
