/** Instructions that vectors captured in user mode cannot judge, one by one, on both backends (SDM vol. 2 and vol. 3A). */
import { describe, expect, it } from 'vitest'
import { CR0, CR4, FS, GS } from '../state/bits'
import { FSW, FTW, GDTR, IDTR, X87 } from '../state/layout'
import { modesChanged } from '../system/context'
import { GDT, KERNEL_CODE, ModeMachine, SELECTOR, TSS, descriptor } from '../system/test-modes'
import { BACKENDS, TestMachine } from '../test-machine'

const [RAX, RCX, RDX, RBX, RSI, RDI] = [0, 1, 2, 3, 6, 7] as const
const DATA = 0x6000
const [UD, NM, GP] = [6, 7, 13] as const
const LDTR = 6
const ALL_ONES = 0xffff_ffff_ffff_ffffn

interface Setting {
  readonly mode?: 'long' | 'protected'
  readonly level?: 0 | 3
  readonly registers?: Readonly<Record<number, bigint>>
  readonly cr0?: bigint
  readonly cr4?: bigint
  readonly flags?: number
  readonly memory?: readonly number[]
}

describe.each(BACKENDS)('on %s', (backend) => {
  function prepare(code: readonly number[], { mode = 'long', level = 0, registers = {}, cr0 = 0n, cr4 = 0n, flags = 2, memory = [] }: Setting): ModeMachine {
    const machine = new ModeMachine(backend, mode)
    machine.poke(DATA, memory)
    machine.load(level, code)
    const { state } = machine.cpu
    for (const [index, value] of Object.entries(registers)) state.setGpr(Number(index), value)
    state.setControl(0, state.control(0) | cr0)
    state.setControl(4, state.control(4) | cr4)
    state.flags = flags
    modesChanged(machine.cpu)
    return machine
  }

  /** Executes one instruction. */
  function run(code: readonly number[], setting: Setting = {}): ModeMachine {
    const machine = prepare(code, setting)
    machine.cpu.run(1)
    return machine
  }

  /** The vector of the exception that it raises, or undefined. */
  function fault(code: readonly number[], setting: Setting = {}): number | undefined {
    const machine = run(code, setting)
    machine.cpu.run(1)
    return machine.handled
  }

  const bytesAt = (machine: TestMachine, address: number, count: number): number[] => [...machine.cpu.state.u8.subarray(machine.ramBase + address, machine.ramBase + address + count)]

  it.each([
    ['IN AL, imm8', [0xe4, 0x60], 0xffn],
    ['IN eAX, imm8', [0xe5, 0x60], 0xffff_ffffn],
    ['IN AL, DX', [0xec], 0xffn],
    ['IN AX, DX', [0x66, 0xed], 0xffffn],
    ['IN eAX, DX', [0xed], 0xffff_ffffn],
  ])('%s', (_name, code, value) => expect(run(code, { registers: { [RAX]: 0n, [RDX]: 0x60n } }).cpu.state.gpr(RAX)).toBe(value))

  it.each([
    ['OUT imm8, AL', [0xe6, 0x61], { port: 0x61, size: 1, value: 0x78 }],
    ['OUT imm8, eAX', [0xe7, 0x61], { port: 0x61, size: 4, value: 0x1234_5678 }],
    ['OUT DX, AL', [0xee], { port: 0x3f8, size: 1, value: 0x78 }],
    ['OUT DX, AX', [0x66, 0xef], { port: 0x3f8, size: 2, value: 0x5678 }],
    ['OUT DX, eAX', [0xef], { port: 0x3f8, size: 4, value: 0x1234_5678 }],
  ])('%s', (_name, code, write) => expect(run(code, { registers: { [RAX]: 0x1234_5678n, [RDX]: 0x3f8n } }).portWrites).toEqual([write]))

  it('IN and OUT at CPL 3 need IOPL or the permission map', () => {
    for (const code of [[0xe4, 0x60], [0xee], [0x6c], [0x6f]]) expect(fault(code, { level: 3 })).toBe(GP)
    expect(run([0xec], { level: 3, flags: 0x3002, registers: { [RAX]: 0n } }).cpu.state.gpr(RAX)).toBe(0xffn)
  })

  it('INSB, INSW and INSD store at ES:rDI and move it; REP repeats', () => {
    const registers = { [RDI]: BigInt(DATA), [RDX]: 0x60n, [RCX]: 3n }
    for (const [code, bytes] of [[[0x6c], 1], [[0x66, 0x6d], 2], [[0x6d], 4]] as const) {
      const machine = run(code, { registers })
      expect(bytesAt(machine, DATA, 5)).toEqual([...Array.from({ length: bytes }, () => 0xff), ...Array.from({ length: 5 - bytes }, () => 0)])
      expect(machine.cpu.state.gpr(RDI)).toBe(BigInt(DATA + bytes))
    }
    expect(run([0x6c], { registers, flags: 0x402 }).cpu.state.gpr(RDI)).toBe(BigInt(DATA - 1))
    const repeated = prepare([0xf3, 0x6c], { registers })
    repeated.cpu.run(3)
    expect([repeated.cpu.state.gpr(RCX), repeated.cpu.state.gpr(RDI)]).toEqual([0n, BigInt(DATA + 3)])
  })

  it('OUTSB, OUTSW and OUTSD send from DS:rSI and move it', () => {
    const setting = { registers: { [RSI]: BigInt(DATA), [RDX]: 0x3f8n }, memory: [0x11, 0x22, 0x33, 0x44] }
    for (const [code, size, value] of [[[0x6e], 1, 0x11], [[0x66, 0x6f], 2, 0x2211], [[0x6f], 4, 0x4433_2211]] as const) {
      const machine = run(code, setting)
      expect(machine.portWrites).toEqual([{ port: 0x3f8, size, value }])
      expect(machine.cpu.state.gpr(RSI)).toBe(BigInt(DATA + size))
    }
  })

  it('NOP, its forms with an operand, ENDBR32, ENDBR64 and prefetches (PREFETCHT0, PREFETCHT1, PREFETCHT2, PREFETCHW) do nothing, not even touch memory', () => {
    const registers = { [RAX]: 0x7fff_0000_0000n }
    const hints = [0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f].flatMap((opcode) => Array.from({ length: 8 }, (_, reg) => [0x0f, opcode, reg << 3]))
    const prefetches = Array.from({ length: 8 }, (_, reg) => [0x0f, 0x0d, reg << 3])
    for (const code of [[0x90], [0xf3, 0x0f, 0x1e, 0xfa], [0xf3, 0x0f, 0x1e, 0xfb], ...hints, ...prefetches]) {
      const { state } = run(code, { registers }).cpu
      expect([state.rip, state.gpr(RAX), state.flags], code.join()).toEqual([BigInt(KERNEL_CODE + code.length), registers[RAX], 2])
    }
  })

  it('FNENI, FNDISI and FNSETPM of older coprocessors do nothing', () => {
    for (const modRm of [0xe0, 0xe1, 0xe4]) {
      const before = prepare([0xdb, modRm], {})
      const fpu = before.cpu.state.u8.slice(X87, FTW + 4)
      before.cpu.run(1)
      expect(before.cpu.state.rip).toBe(BigInt(KERNEL_CODE + 2))
      expect(before.cpu.state.u8.slice(X87, FTW + 4)).toEqual(fpu)
      expect(before.cpu.state.u32[FSW >> 2]).toBe(0)
    }
    expect(fault([0xdb, 0xe0], { cr0: CR0.EM })).toBe(NM)
  })

  it('SGDT, SIDT, LGDT and LIDT move ten bytes in 64-bit mode, six outside', () => {
    const image = [0x34, 0x12, 0x00, 0x60, 0x10, 0x00, 0x88, 0xff, 0xff, 0xff]
    const registers = { [RAX]: BigInt(DATA) }
    for (const [reg, field] of [[2, GDTR], [3, IDTR]] as const) {
      const modRm = reg << 3
      expect(run([0x0f, 0x01, modRm], { registers, memory: image }).cpu.state.table(field)).toEqual({ limit: 0x1234, base: 0xffff_ff88_0010_6000n })
      expect(run([0x0f, 0x01, modRm], { mode: 'protected', registers, memory: image }).cpu.state.table(field)).toEqual({ limit: 0x1234, base: 0x0010_6000n })
      expect(run([0x66, 0x0f, 0x01, modRm], { mode: 'protected', registers, memory: [...image.slice(0, 5), 0xab] }).cpu.state.table(field)).toEqual({ limit: 0x1234, base: 0x10_6000n })
      expect(fault([0x0f, 0x01, modRm], { level: 3, registers })).toBe(GP)
    }
    for (const [reg, field] of [[0, GDTR], [1, IDTR]] as const) {
      const machine = prepare([0x0f, 0x01, reg << 3], { registers, memory: Array.from({ length: 12 }, () => 0xee) })
      machine.cpu.state.setTable(field, 0x1234_5678_9abc_def0n, 0x4321)
      machine.cpu.run(1)
      expect(bytesAt(machine, DATA, 12)).toEqual([0x21, 0x43, 0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12, 0xee, 0xee])
    }
  })

  it('SLDT and STR give the selectors', () => {
    const registers = { [RAX]: ALL_ONES }
    expect(run([0x0f, 0x00, 0xc8], { registers }).cpu.state.gpr(RAX)).toBe(BigInt(SELECTOR.tss))
    expect(run([0x66, 0x0f, 0x00, 0xc8], { registers }).cpu.state.gpr(RAX)).toBe(0xffff_ffff_ffff_0000n | BigInt(SELECTOR.tss))
    const machine = prepare([0x0f, 0x00, 0x00], { registers: { [RAX]: BigInt(DATA) }, memory: [0xee, 0xee, 0xee] })
    machine.cpu.state.setSegment(LDTR, { selector: 0x50, base: 0n, limit: 7, attributes: 0x82 })
    machine.cpu.run(1)
    expect(bytesAt(machine, DATA, 3)).toEqual([0x50, 0, 0xee])
    expect(fault([0x0f, 0x00, 0xc8], { level: 3, cr4: CR4.UMIP })).toBe(GP)
  })

  it('LLDT loads a descriptor of an LDT, or none', () => {
    const machine = prepare([0x0f, 0x00, 0xd0], { mode: 'protected', registers: { [RAX]: BigInt(SELECTOR.free) } })
    machine.poke64(GDT + SELECTOR.free, descriptor(0x7000, 0x1f, 0x82, 0))
    machine.cpu.run(1)
    expect(machine.cpu.state.segment(LDTR)).toMatchObject({ selector: SELECTOR.free, base: 0x7000n, limit: 0x1f })
    expect(run([0x0f, 0x00, 0xd0], { registers: { [RAX]: 0n } }).cpu.state.selector(LDTR)).toBe(0)
    expect(fault([0x0f, 0x00, 0xd0], { registers: { [RAX]: BigInt(SELECTOR.kernelData) } })).toBe(GP)
    expect(fault([0x0f, 0x00, 0xd0], { level: 3 })).toBe(GP)
  })

  it('LTR loads an available TSS and makes it busy', () => {
    const machine = prepare([0x0f, 0x00, 0xd8], { registers: { [RAX]: BigInt(SELECTOR.otherTss) } })
    machine.poke64(GDT + SELECTOR.otherTss, descriptor(TSS, 0x67, 0x89, 0), 0n)
    machine.cpu.run(1)
    expect(machine.peek64(GDT + SELECTOR.otherTss)).toBe(descriptor(TSS, 0x67, 0x8b, 0))
    expect(fault([0x0f, 0x00, 0xd8], { registers: { [RAX]: BigInt(SELECTOR.tss) } })).toBe(GP)
    expect(fault([0x0f, 0x00, 0xd8], { level: 3 })).toBe(GP)
  })

  it('SMSW and LMSW move the low bits of CR0; LMSW cannot clear PE', () => {
    const { state } = run([0x0f, 0x01, 0xe0], { mode: 'protected', cr0: CR0.TS }).cpu
    expect(state.gpr(RAX) & 0xffffn).toBe(state.control(0) & 0xffffn)
    const loaded = run([0x0f, 0x01, 0xf0], { mode: 'protected', cr0: CR0.TS, registers: { [RAX]: 0n } }).cpu.state
    expect(loaded.control(0) & (CR0.PE | CR0.TS)).toBe(CR0.PE)
    expect(run([0x0f, 0x01, 0xf0], { mode: 'protected', registers: { [RAX]: 0xffffn } }).cpu.state.control(0) & 0xfn).toBe(0xfn)
    expect(fault([0x0f, 0x01, 0xf0], { level: 3 })).toBe(GP)
  })

  it('CLTS clears CR0.TS', () => {
    expect(run([0x0f, 0x06], { cr0: CR0.TS }).cpu.state.control(0) & CR0.TS).toBe(0n)
    expect(fault([0x0f, 0x06], { level: 3, cr0: CR0.TS })).toBe(GP)
  })

  it('MOV to and from control registers: all 64 bits, only at CPL 0, only those that exist', () => {
    expect(run([0x0f, 0x22, 0xd0], { registers: { [RAX]: 0x1234_5678_9abc_def0n } }).cpu.state.control(2)).toBe(0x1234_5678_9abc_def0n)
    expect(run([0x0f, 0x20, 0xd8]).cpu.state.gpr(RAX)).toBe(0x10_0000n)
    expect(run([0x44, 0x0f, 0x22, 0xc0], { registers: { [RAX]: 5n } }).cpu.state.control(8)).toBe(5n)
    expect(fault([0x44, 0x0f, 0x22, 0xc0], { registers: { [RAX]: 0x10n } })).toBe(GP)
    expect(fault([0x0f, 0x20, 0xc8])).toBe(UD)
    for (const code of [[0x0f, 0x20, 0xc0], [0x0f, 0x22, 0xc0]]) expect(fault(code, { level: 3 })).toBe(GP)
    // PG without PE; LMA in use without PG.
    expect(fault([0x0f, 0x22, 0xc0], { registers: { [RAX]: 0x8000_0000n } })).toBe(GP)
  })

  it('MOV to and from debug registers', () => {
    expect(run([0x0f, 0x23, 0xd8], { registers: { [RAX]: 0x1234_5678n } }).cpu.state.debug(3)).toBe(0x1234_5678n)
    expect(run([0x0f, 0x21, 0xf3]).cpu.state.gpr(RBX)).toBe(0xffff_0ff0n)
    expect(fault([0x0f, 0x23, 0xf8], { registers: { [RAX]: 1n << 32n } })).toBe(GP)
    for (const code of [[0x0f, 0x21, 0xc0], [0x0f, 0x23, 0xc0]]) expect(fault(code, { level: 3 })).toBe(GP)
  })

  it('INVD and WBINVD are for CPL 0 and change nothing', () => {
    for (const code of [[0x0f, 0x08], [0x0f, 0x09]]) {
      expect(run(code).cpu.state.rip).toBe(BigInt(KERNEL_CODE + 2))
      expect(fault(code, { level: 3 })).toBe(GP)
    }
  })

  it('CLAC and STAC set EFLAGS.AC, at CPL 0', () => {
    expect(run([0x0f, 0x01, 0xcb], { cr4: CR4.SMAP }).cpu.state.flags).toBe(0x4_0002)
    expect(run([0x0f, 0x01, 0xca], { cr4: CR4.SMAP, flags: 0x4_0002 }).cpu.state.flags).toBe(2)
    for (const modRm of [0xca, 0xcb]) expect(fault([0x0f, 0x01, modRm], { level: 3 })).toBe(UD)
  })

  it('CLI and STI follow IOPL', () => {
    expect(run([0xfa], { flags: 0x202 }).cpu.state.flags).toBe(2)
    expect(run([0xfb]).cpu.state.flags).toBe(0x202)
    for (const code of [[0xfa], [0xfb]]) expect(fault(code, { level: 3 })).toBe(GP)
    expect(run([0xfa], { level: 3, flags: 0x3202 }).cpu.state.flags).toBe(0x3002)
  })

  it('HLT stops at CPL 0', () => {
    expect(run([0xf4]).cpu.halted).toBe(true)
    expect(fault([0xf4], { level: 3 })).toBe(GP)
  })

  it('INT goes through a gate that its CPL may use', () => {
    expect(fault([0xcd, 0x80], { level: 3 })).toBe(0x80)
    expect(fault([0xcd, 0x21])).toBe(0x21)
    expect(fault([0xcd, 0x21], { level: 3 })).toBe(GP)
  })

  it('RDFSBASE, RDGSBASE, WRFSBASE and WRGSBASE, 32 and 64 bits', () => {
    for (const [segment, read, write] of [[FS, 0, 2], [GS, 1, 3]] as const) {
      const value = 0x1234_8765_4321n
      const machine = run([0xf3, 0x48, 0x0f, 0xae, 0xc0 | (write << 3)], { cr4: CR4.FSGSBASE, registers: { [RAX]: value } })
      expect(machine.cpu.state.base(segment)).toBe(value)
      machine.load(0, [0xf3, 0x48, 0x0f, 0xae, 0xc3 | (read << 3), 0xf3, 0x0f, 0xae, 0xc1 | (read << 3), 0xf3, 0x0f, 0xae, 0xc0 | (write << 3)])
      machine.cpu.state.setSegment(segment, { ...machine.cpu.state.segment(segment), base: value })
      machine.cpu.run(3)
      expect([machine.cpu.state.gpr(RBX), machine.cpu.state.gpr(RCX), machine.cpu.state.base(segment)]).toEqual([value, value & 0xffff_ffffn, value & 0xffff_ffffn])
    }
  })

  it('RDSEED gives a number and CF', () => {
    const { state } = run([0x48, 0x0f, 0xc7, 0xf8], { flags: 0x8d6 }).cpu
    expect(state.flags & 0x8d5).toBe(1)
    expect(state.gpr(RAX)).not.toBe(0n)
  })

  it('CLWB and CLFLUSHOPT read their byte and change nothing', () => {
    for (const reg of [6, 7]) {
      expect(run([0x66, 0x0f, 0xae, reg << 3], { registers: { [RAX]: BigInt(DATA) } }).cpu.state.rip).toBe(BigInt(KERNEL_CODE + 4))
      expect(fault([0x66, 0x0f, 0xae, reg << 3], { registers: { [RAX]: 0x4000_0000n } })).toBe(14)
    }
  })
})
