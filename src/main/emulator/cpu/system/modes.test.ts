import { describe, expect, it } from 'vitest'
import { CR0, CR4, EFER_BITS } from '../state/bits'
import { BACKENDS, TestMachine } from '../test-machine'
import { descriptor, KERNEL_CODE, ModeMachine } from './test-modes'

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff]
const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)]

const CODE_16 = 0x7c00
const CODE_32 = 0x8000
const CODE_64 = 0x9000
const TABLE = 0x6000
const POINTER = 0x5000
const PAGES = 0x1_0000

/** Real mode → protected mode → long mode, the way a boot loader does it. */
function bootToLongMode(machine: TestMachine): void {
  machine.poke64(TABLE, 0n, descriptor(0, 0xffff_ffff, 0x9a, 0xc), descriptor(0, 0xffff_ffff, 0x92, 0xc), descriptor(0, 0xffff_ffff, 0x9a, 0xa))
  machine.poke(POINTER, [...word(0x1f), ...dword(TABLE)])
  machine.poke64(PAGES, BigInt(PAGES + 0x1000) | 3n)
  machine.poke64(PAGES + 0x1000, BigInt(PAGES + 0x2000) | 3n)
  machine.poke64(PAGES + 0x2000, 0x83n)
  machine.poke(CODE_32, [
    0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd8, 0x8e, 0xd0, // mov ax, 10h; mov ds, ax; mov ss, ax
    0x0f, 0x20, 0xe0, 0x83, 0xc8, 0x20, 0x0f, 0x22, 0xe0, // CR4.PAE
    0xb8, ...dword(PAGES), 0x0f, 0x22, 0xd8, // CR3
    0xb9, ...dword(0xc000_0080), 0x0f, 0x32, 0x0d, ...dword(0x100), 0x0f, 0x30, // EFER.LME
    0x0f, 0x20, 0xc0, 0x0d, ...dword(0x8000_0000), 0x0f, 0x22, 0xc0, // CR0.PG
    0xea, ...dword(CODE_64), ...word(0x18),
  ])
  // mov rax, 123456789abcdef0h; hlt
  machine.poke(CODE_64, [0x48, 0xb8, 0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12, 0xf4])
  machine.loadReal(CODE_16, [
    0xfa, 0x0f, 0x01, 0x16, ...word(POINTER), // cli; lgdt
    0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, // CR0.PE
    0x66, 0xea, ...dword(CODE_32), ...word(0x08),
  ])
  machine.cpu.run(100)
}

describe('the way from real to long mode', () => {
  it.each(BACKENDS)('on %s', (backend) => {
    const machine = new TestMachine(backend)
    bootToLongMode(machine)
    const { cpu } = machine
    expect(cpu.shutdown).toBeUndefined()
    expect([cpu.halted, cpu.state.gpr(0), cpu.state.mode64, cpu.state.longMode]).toEqual([true, 0x1234_5678_9abc_def0n, true, true])
    expect(cpu.registers()).toMatchObject({ cpuMode: 'long', codeSize: 64, efer: EFER_BITS.LME | EFER_BITS.LMA })
  })

  it('both backends end in the same state after the same number of instructions', () => {
    const results = BACKENDS.map((backend) => {
      const machine = new TestMachine(backend)
      bootToLongMode(machine)
      return [machine.cpu.now(), machine.cpu.snapshotHash()]
    })
    expect(results[0]).toEqual(results[1])
  })
})

describe('unreal mode', () => {
  it.each(BACKENDS)('a limit loaded in protected mode stays on %s', (backend) => {
    const machine = new TestMachine(backend)
    machine.poke64(TABLE, 0n, 0n, descriptor(0, 0xffff_ffff, 0x92, 0xc))
    machine.poke(POINTER, [...word(0x17), ...dword(TABLE)])
    machine.poke(0x12_3456, [0x77])
    machine.loadReal(CODE_16, [
      0x0f, 0x01, 0x16, ...word(POINTER),
      0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, // PE on
      0xbb, ...word(0x10), 0x8e, 0xdb, // mov bx, 10h; mov ds, bx
      0x24, 0xfe, 0x0f, 0x22, 0xc0, // PE off
      0x31, 0xdb, 0x8e, 0xdb, // xor bx, bx; mov ds, bx
      0x67, 0x8a, 0x0d, ...dword(0x12_3456), // mov cl, [123456h]
      0xf4,
    ])
    machine.cpu.run(100)
    expect([machine.cpu.halted, machine.cpu.state.gpr(1) & 0xffn]).toEqual([true, 0x77n])
  })
})

describe('rules of control registers and MSRs', () => {
  /** Vector and error code that a write raises, from CPL 0. */
  function attempt(mode: 'protected' | 'long', code: readonly number[], registers: Readonly<Record<number, bigint>>): unknown {
    const machine = new ModeMachine('oracle', mode)
    machine.load(0, [...code, 0xf4])
    for (const [index, value] of Object.entries(registers)) machine.cpu.state.setGpr(Number(index), value)
    machine.cpu.run(2)
    return machine.handled === undefined ? 'fine' : `#${machine.handled}(${machine.stack(1).join()})`
  }
  const CR0_FROM_EAX = [0x0f, 0x22, 0xc0]
  const CR3_FROM_RAX = [0x0f, 0x22, 0xd8]
  const CR4_FROM_EAX = [0x0f, 0x22, 0xe0]
  const WRMSR = [0x0f, 0x30]
  const RDMSR = [0x0f, 0x32]
  const MSR_EFER = 0xc000_0080n
  const MSR_LSTAR = 0xc000_0082n

  it.each([
    ['CR0: PG without PE', 'protected', CR0_FROM_EAX, { 0: CR0.PG }, '#13(0)'],
    ['CR0: NW without CD', 'protected', CR0_FROM_EAX, { 0: CR0.PE | CR0.NW }, '#13(0)'],
    ['CR0: paging off in 64-bit mode', 'long', CR0_FROM_EAX, { 0: CR0.PE }, '#13(0)'],
    ['CR0: TS', 'protected', CR0_FROM_EAX, { 0: CR0.PE | CR0.TS }, 'fine'],
    ['CR3: beyond the address width', 'long', CR3_FROM_RAX, { 0: 1n << 45n }, '#13(0)'],
    ['CR4: a bit of a feature that is absent', 'protected', CR4_FROM_EAX, { 0: 1n << 23n }, '#13(0)'],
    ['CR4: PAE off in long mode', 'long', CR4_FROM_EAX, { 0: 0n }, '#13(0)'],
    ['CR4: PGE', 'protected', CR4_FROM_EAX, { 0: CR4.PGE }, 'fine'],
    ['CR1 does not exist', 'protected', [0x0f, 0x22, 0xc8], {}, /^#6/],
    ['EFER: LME while paging is on', 'long', WRMSR, { 1: MSR_EFER, 0: 1n, 2: 0n }, '#13(0)'],
    ['EFER: reserved bit', 'protected', WRMSR, { 1: MSR_EFER, 0: 2n, 2: 0n }, '#13(0)'],
    ['EFER: NXE', 'protected', WRMSR, { 1: MSR_EFER, 0: EFER_BITS.NXE, 2: 0n }, 'fine'],
    ['LSTAR: not canonical', 'long', WRMSR, { 1: MSR_LSTAR, 0: 0n, 2: 0x100_0000n }, '#13(0)'],
    ['an MSR that does not exist', 'protected', RDMSR, { 1: 0x1234_5678n }, '#13(0)'],
    ['MCG_CAP: read', 'protected', RDMSR, { 1: 0x179n }, 'fine'],
    ['ARCH_CAPABILITIES: read', 'protected', RDMSR, { 1: 0x10an }, 'fine'],
    ['ARCH_CAPABILITIES: written', 'protected', WRMSR, { 1: 0x10an, 0: 0n, 2: 0n }, '#13(0)'],
    ['MCG_CAP: written', 'protected', WRMSR, { 1: 0x179n, 0: 0n, 2: 0n }, '#13(0)'],
    ['MCG_STATUS: cleared', 'protected', WRMSR, { 1: 0x17an, 0: 0n, 2: 0n }, 'fine'],
    ['MCG_STATUS: set', 'protected', WRMSR, { 1: 0x17an, 0: 1n, 2: 0n }, '#13(0)'],
    ['a machine-check bank that does not exist', 'protected', RDMSR, { 1: 0x400n }, '#13(0)'],
    ['PAT with a type that does not exist', 'protected', WRMSR, { 1: 0x277n, 0: 2n, 2: 0n }, '#13(0)'],
  ] as const)('%s', (_name, mode, code, registers, outcome) => {
    if (typeof outcome === 'string') expect(attempt(mode, code, registers)).toBe(outcome)
    else expect(attempt(mode, code, registers)).toMatch(outcome)
  })

  it('CPUID tells vendor, features and address widths', () => {
    const machine = new ModeMachine('oracle', 'protected')
    const leaf = (number: number): bigint[] => {
      machine.load(0, [0x0f, 0xa2, 0xf4])
      machine.cpu.state.halted = false
      machine.cpu.state.setGpr(0, BigInt(number))
      machine.cpu.state.setGpr(1, 0n)
      machine.cpu.run(1)
      return [0, 3, 1, 2].map((index) => machine.cpu.state.gpr(index))
    }
    const [highest = 0n, b = 0n, c = 0n, d = 0n] = leaf(0)
    const text = [b, d, c].flatMap((value) => [0n, 8n, 16n, 24n].map((shift) => String.fromCharCode(Number((value >> shift) & 0xffn)))).join('')
    expect([highest, text]).toEqual([13n, 'GenuineIntel'])
    // Caches, for which the GNU C library asks Intel's processors: a level of 32 KiB for data, one for code, 4 MiB for both.
    expect(leaf(2)).toEqual([0x4930_2c01n, 0n, 0n, 0n])
    expect(leaf(4)).toEqual([0x121n, 0x1c0_003fn, 63n, 1n])
    const edx = leaf(1)[3] ?? 0n
    // x87, MMX, FXSR, SSE, SSE2; no APIC; PAE, CX8, CMOV.
    expect([0n, 23n, 24n, 25n, 26n, 9n].map((bit) => (edx >> bit) & 1n)).toEqual([1n, 1n, 1n, 1n, 1n, 0n])
    expect([6n, 8n, 15n].map((bit) => (edx >> bit) & 1n)).toEqual([1n, 1n, 1n])
    expect((leaf(0x8000_0001)[3] ?? 0n) >> 29n).toBe(1n)
    expect(leaf(0x8000_0008)[0]).toBe(0x3928n)
  })

  it('RDTSC counts virtual time, WRMSR moves it', () => {
    const machine = new ModeMachine('oracle', 'protected')
    machine.load(0, [0x0f, 0x31, 0xf4])
    machine.cpu.idle = 1000
    machine.cpu.run(1)
    expect(machine.cpu.state.gpr(0)).toBe(BigInt((1 + 1000) * 10))
    machine.load(0, [0x0f, 0x30, 0x0f, 0x31])
    for (const [index, value] of [[0, 5n], [1, 0x10n], [2, 0n]] as const) machine.cpu.state.setGpr(index, value)
    machine.cpu.run(2)
    expect([machine.cpu.state.gpr(0), machine.cpu.state.rip]).toEqual([15n, BigInt(KERNEL_CODE + 4)])
  })
})
