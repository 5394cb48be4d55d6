import { describe, expect, it } from 'vitest'
import { CR4 } from '../state/bits'
import { BACKENDS } from '../test-machine'
import { modesChanged } from './context'
import { MSR } from './msr'
import { HANDLERS, KERNEL_CODE, ModeMachine, USER_CODE } from './test-modes'

type Backend = (typeof BACKENDS)[number]

const RDPKRU = [0x0f, 0x01, 0xee]
const WRPKRU = [0x0f, 0x01, 0xef]
/** The second 2 MiB lead to the first ones, with a key. */
const KEY = 7
const ENTRY = 0x10_2008
const FAR = 0x20_0000
const NO_ACCESS = 1 << (2 * KEY)
const NO_WRITES = 2 << (2 * KEY)
const DATA = 0xe000
const PAGE_FAULT = 14
const USER = 4
/** Present, writable, large. */
const PAGE = 0x83

/** RBX leads to data in the page with the key. */
function machineWith(backend: Backend, level: 0 | 3, code: readonly number[], cr4 = CR4.PKE | CR4.PKS, rights = PAGE | USER): ModeMachine {
  const machine = new ModeMachine(backend, 'long')
  const { state, mmu } = machine.cpu
  machine.load(level, [...code, 0x90])
  state.setControl(4, state.control(4) | cr4)
  for (const index of [0, 1, 2]) state.setGpr(index, 0n)
  state.setGpr(3, BigInt(FAR + DATA))
  machine.poke64(ENTRY, BigInt(rights) | (BigInt(KEY) << 59n))
  modesChanged(machine.cpu)
  mmu.flush()
  return machine
}

describe.each(BACKENDS)('protection keys on %s', (backend) => {
  it('RDPKRU gives PKRU at every privilege level, and clears EDX', () => {
    for (const level of [0, 3] as const) {
      const { cpu } = machineWith(backend, level, RDPKRU)
      cpu.state.pkru = 0x8765_4321
      cpu.state.setGpr(0, 0xffff_ffff_ffff_ffffn)
      cpu.state.setGpr(2, 0xffff_ffff_ffff_ffffn)
      cpu.run(1)
      expect([cpu.state.gpr(0), cpu.state.gpr(2)]).toEqual([0x8765_4321n, 0n])
    }
  })

  it('WRPKRU writes it at every privilege level', () => {
    for (const level of [0, 3] as const) {
      const { cpu } = machineWith(backend, level, WRPKRU)
      cpu.state.setGpr(0, 0xffff_ffff_1234_5678n)
      cpu.run(1)
      expect(cpu.state.pkru).toBe(0x1234_5678)
    }
  })

  it.each([
    ['RDPKRU without CR4.PKE', RDPKRU, 0n, {}, 6],
    ['WRPKRU without CR4.PKE', WRPKRU, CR4.PKS, {}, 6],
    ['RDPKRU of another register', RDPKRU, CR4.PKE, { 1: 1n }, 13],
    ['WRPKRU of another register', WRPKRU, CR4.PKE, { 1: 0x8000_0000n }, 13],
    ['WRPKRU with EDX', WRPKRU, CR4.PKE, { 2: 1n }, 13],
    ['RDPKRU with LOCK', [0xf0, ...RDPKRU], CR4.PKE, {}, 6],
    ['WRPKRU with 66', [0x66, ...WRPKRU], CR4.PKE, {}, 6],
  ] as const)('%s', (_name, code, cr4, registers, vector) => {
    const machine = machineWith(backend, 0, code, cr4)
    for (const [index, value] of Object.entries(registers)) machine.cpu.state.setGpr(Number(index), value)
    machine.cpu.run(2)
    expect(machine.handled).toBe(vector)
  })

  it('only the lower halves of ECX and EDX count', () => {
    const machine = machineWith(backend, 0, WRPKRU)
    for (const index of [1, 2]) machine.cpu.state.setGpr(index, 0xffff_ffff_0000_0000n)
    machine.cpu.run(2)
    expect(machine.handled).toBeUndefined()
  })

  it('a loop that has written for a long time faults at the first access after its WRPKRU', () => {
    // The count in RSI goes down, and becomes PKRU: mov [rbx], rsi; cmp rsi, 1; cmove rax, rdi; wrpkru; dec rsi; jnz -18; mov [rbx], rsi
    const loop = [0x48, 0x89, 0x33, 0x48, 0x83, 0xfe, 0x01, 0x48, 0x0f, 0x44, 0xc7, ...WRPKRU, 0x48, 0xff, 0xce, 0x75, 0xed, 0x48, 0x89, 0x33]
    const machine = machineWith(backend, 3, loop)
    const { state } = machine.cpu
    state.setGpr(6, 50n)
    state.setGpr(7, BigInt(NO_WRITES))
    machine.cpu.run(50 * 6)
    expect([state.rip, state.pkru, machine.peek64(DATA)]).toEqual([BigInt(USER_CODE + loop.length - 3), NO_WRITES, 1n])
    machine.cpu.run(2)
    expect([machine.handled, state.control(2), machine.stack(1)]).toEqual([PAGE_FAULT, BigInt(FAR + DATA), [0x27]])
  })

  it('the supervisor reads and writes its own pages by IA32_PKRS, which WRMSR changes at once', () => {
    // mov [rbx], rsi; wrmsr; mov rdi, [rbx]; mov [rbx], rdi
    const machine = machineWith(backend, 0, [0x48, 0x89, 0x33, 0x0f, 0x30, 0x48, 0x8b, 0x3b, 0x48, 0x89, 0x3b], CR4.PKS, PAGE)
    const { state } = machine.cpu
    state.setGpr(0, BigInt(NO_WRITES))
    state.setGpr(1, BigInt(MSR.PKRS))
    state.setGpr(6, 0x55n)
    machine.cpu.run(3)
    expect([state.gpr(7), state.pkrs, state.rip]).toEqual([0x55n, NO_WRITES, BigInt(KERNEL_CODE + 8)])
    machine.cpu.run(2)
    expect([machine.handled, machine.stack(1)]).toEqual([PAGE_FAULT, [0x23]])
  })

  it('IA32_PKRS has 32 bits', () => {
    const machine = machineWith(backend, 0, [0x0f, 0x30, 0x0f, 0x32])
    machine.cpu.state.setGpr(0, 0xffff_ffffn)
    machine.cpu.state.setGpr(1, BigInt(MSR.PKRS))
    machine.cpu.run(2)
    expect([machine.cpu.state.pkrs, machine.cpu.state.gpr(0), machine.cpu.state.gpr(2)]).toEqual([0xffff_ffff, 0xffff_ffffn, 0n])
    const wide = machineWith(backend, 0, [0x0f, 0x30])
    wide.cpu.state.setGpr(1, BigInt(MSR.PKRS))
    wide.cpu.state.setGpr(2, 1n)
    wide.cpu.run(2)
    expect(wide.handled).toBe(13)
  })

  it('XRSTOR of PKRU is seen by the next access', () => {
    // mov rsi, [rbx]; xrstor [rbp]; mov rsi, [rbx]
    const machine = machineWith(backend, 3, [0x48, 0x8b, 0x33, 0x0f, 0xae, 0x6d, 0x00, 0x48, 0x8b, 0x33], CR4.PKE | CR4.OSXSAVE | CR4.OSFXSR)
    const { state } = machine.cpu
    state.xcr0 = 0x201n
    machine.poke64(DATA, 0x77n)
    machine.poke64(0xf000 + 512, 0x200n)
    machine.poke32(0xf000 + 2688, NO_ACCESS)
    state.setGpr(0, 0x200n)
    state.setGpr(5, 0xf000n)
    machine.cpu.run(2)
    expect([state.gpr(6), state.pkru]).toEqual([0x77n, NO_ACCESS])
    machine.cpu.run(2)
    expect([machine.handled, state.control(2), machine.stack(1)]).toEqual([PAGE_FAULT, BigInt(FAR + DATA), [0x25]])
    expect(state.rip).toBe(BigInt(HANDLERS + PAGE_FAULT * 16 + 1))
  })
})
