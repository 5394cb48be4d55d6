import { describe, expect, it } from 'vitest'
import { CR0, CS, DS, GS, IF, NT, SS, TR } from '../state/bits'
import { SEGMENTS, SEGMENT_STRIDE } from '../state/layout'
import { BACKENDS } from '../test-machine'
import { descriptor, gate, GateType, GDT, HANDLERS, KERNEL_CODE, KERNEL_STACK, ModeMachine, SELECTOR, TSS, USER_CODE, USER_STACK } from './test-modes'
import { MSR } from './msr'

const HLT = 0xf4
const TARGET = 0xa000
const USER_GATE = SELECTOR.free | 3

const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff]
const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)]
const callFar = (selector: number): number[] => [0x9a, ...dword(0), ...word(selector)]
const jumpFar = (selector: number): number[] => [0xea, ...dword(0), ...word(selector)]

describe.each(BACKENDS)('call gates on %s', (backend) => {
  it('lead to CPL 0 with another stack and copied parameters; RETF n comes back', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.poke64(GDT + SELECTOR.free, gate(SELECTOR.kernelCode, TARGET, GateType.call32, 3, 2))
    machine.poke(TARGET, [0xca, 8, 0])
    machine.load(3, [0x68, ...dword(0x1111), 0x68, ...dword(0x2222), ...callFar(USER_GATE)])
    machine.cpu.run(3)
    const { state } = machine.cpu
    expect([state.rip, state.cpl, state.selector(CS), state.selector(SS)]).toEqual([BigInt(TARGET), 0, SELECTOR.kernelCode, SELECTOR.kernelData])
    expect(machine.stack(6)).toEqual([USER_CODE + 17, SELECTOR.userCode, 0x2222, 0x1111, USER_STACK - 8, SELECTOR.userData])
    machine.cpu.run(1)
    expect([state.rip, state.cpl, state.gpr(4), state.selector(SS)]).toEqual([BigInt(USER_CODE + 17), 3, BigInt(USER_STACK), SELECTOR.userData])
  })

  it('of DPL 0 are #GP(selector) for CPL 3, absent ones #NP(selector)', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.poke64(GDT + SELECTOR.free, gate(SELECTOR.kernelCode, TARGET, GateType.call32, 0))
    machine.load(3, callFar(USER_GATE))
    machine.cpu.run(10)
    expect([machine.handled, machine.stack(2)]).toEqual([13, [SELECTOR.free, USER_CODE]])
    machine.poke64(GDT + SELECTOR.free, gate(SELECTOR.kernelCode, TARGET, GateType.call32, 3, 0, false))
    machine.cpu.state.halted = false
    machine.load(3, callFar(USER_GATE))
    machine.cpu.run(10)
    expect([machine.handled, machine.stack(2)]).toEqual([11, [SELECTOR.free, USER_CODE]])
  })

  it('of 64 bits push SS:RSP, CS:RIP as quadwords', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.poke64(GDT + SELECTOR.free, gate(SELECTOR.kernelCode, TARGET, GateType.call32, 3), 0n)
    machine.poke(TARGET, [0x48, 0xcb])
    // call far [rip + 0]; the pointer follows
    machine.load(3, [0xff, 0x1d, 0, 0, 0, 0, ...dword(0), ...word(USER_GATE)])
    machine.cpu.run(1)
    const { state } = machine.cpu
    expect([state.rip, state.cpl, state.selector(SS)]).toEqual([BigInt(TARGET), 0, 0])
    expect(machine.stack(4)).toEqual([USER_CODE + 6, SELECTOR.userCode, USER_STACK, SELECTOR.userData])
    machine.cpu.run(1)
    expect([state.rip, state.cpl, state.gpr(4), state.selector(SS)]).toEqual([BigInt(USER_CODE + 6), 3, BigInt(USER_STACK), SELECTOR.userData])
  })
})

describe.each(BACKENDS)('task switches on %s', (backend) => {
  const OTHER = 0x3200

  function machineWithTask(): ModeMachine {
    const machine = new ModeMachine(backend, 'protected')
    machine.poke64(GDT + SELECTOR.otherTss, descriptor(OTHER, 0x67, 0x89, 0))
    // EIP, EFLAGS, EAX … EDI, ES CS SS DS FS GS, LDT
    machine.poke32(OTHER + 0x20, TARGET, IF | 2, 0xa, 0xc, 0xd, 0xb, 0xe000, 0xbb, 0x5, 0xd1)
    machine.poke32(OTHER + 0x48, SELECTOR.kernelData, SELECTOR.kernelCode, SELECTOR.kernelData, SELECTOR.kernelData, 0, 0, 0)
    return machine
  }

  it('JMP saves the old task, loads the new one, and moves the busy bit', () => {
    const machine = machineWithTask()
    machine.load(0, jumpFar(SELECTOR.otherTss))
    machine.cpu.run(1)
    const { state } = machine.cpu
    expect([state.rip, state.gpr(0), state.gpr(4), state.flags & IF, state.selector(TR)]).toEqual([BigInt(TARGET), 0xan, 0xe000n, IF, SELECTOR.otherTss])
    expect([machine.peek32(TSS + 0x20), machine.peek32(TSS + 0x38)]).toEqual([KERNEL_CODE + 7, KERNEL_STACK])
    expect([machine.peek32(GDT + SELECTOR.tss + 4) & 0x200, machine.peek32(GDT + SELECTOR.otherTss + 4) & 0x200]).toEqual([0, 0x200])
    expect(state.control(0) & CR0.TS).toBe(CR0.TS)
  })

  it('CALL nests, IRET with NT returns', () => {
    const machine = machineWithTask()
    machine.poke(TARGET, [0xcf])
    machine.load(0, [...callFar(SELECTOR.otherTss), HLT])
    machine.cpu.run(1)
    const { state } = machine.cpu
    expect([state.flags & NT, machine.peek16(OTHER)]).toEqual([NT, SELECTOR.tss])
    machine.cpu.run(1)
    expect([state.rip, state.flags & NT, state.selector(TR), state.gpr(4)]).toEqual([BigInt(KERNEL_CODE + 7), 0, SELECTOR.tss, BigInt(KERNEL_STACK)])
  })

  it('a task gate takes an exception, with its error code on the new stack', () => {
    const machine = machineWithTask()
    machine.setGate(13, SELECTOR.otherTss, 0, GateType.task, 0)
    machine.poke(TARGET, [HLT])
    // mov ds, 40h: a null descriptor
    machine.load(0, [0x66, 0xb8, 0x40, 0x00, 0x8e, 0xd8])
    machine.cpu.run(10)
    expect([machine.cpu.halted, machine.stack(1), machine.peek32(TSS + 0x20)]).toEqual([true, [0x40], KERNEL_CODE + 4])
  })
})

describe.each(BACKENDS)('SYSCALL and friends on %s', (backend) => {
  it('SYSCALL saves RIP and RFLAGS, SYSRET brings them back', () => {
    const machine = new ModeMachine(backend, 'long')
    const { cpu } = machine
    cpu.msrs.set(MSR.STAR, (BigInt(SELECTOR.kernelCode) << 32n) | (0x10n << 48n))
    cpu.msrs.set(MSR.LSTAR, BigInt(TARGET))
    cpu.msrs.set(MSR.SFMASK, BigInt(IF))
    machine.poke(TARGET, [0x48, 0x0f, 0x07])
    machine.load(3, [0x0f, 0x05])
    cpu.state.flags = IF
    cpu.run(1)
    expect([cpu.state.rip, cpu.state.cpl, cpu.state.gpr(1), cpu.state.gpr(11), cpu.state.flags]).toEqual([BigInt(TARGET), 0, BigInt(USER_CODE + 2), BigInt(IF | 2), 2])
    expect([cpu.state.selector(CS), cpu.state.selector(SS)]).toEqual([SELECTOR.kernelCode, SELECTOR.kernelData])
    cpu.run(1)
    expect([cpu.state.rip, cpu.state.cpl, cpu.state.flags, cpu.state.mode64]).toEqual([BigInt(USER_CODE + 2), 3, IF | 2, true])
    expect([cpu.state.selector(CS), cpu.state.selector(SS)]).toEqual([0x23, 0x1b])
  })

  it('SYSRET to an address that is not canonical is #GP(0) at CPL 0', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.load(0, [0x48, 0x0f, 0x07])
    machine.cpu.state.setGpr(1, 0x8000_0000_0000n)
    machine.cpu.run(10)
    expect([machine.handled, machine.stack(2)]).toEqual([13, [0, KERNEL_CODE]])
  })

  it('SYSENTER and SYSEXIT use the MSRs and registers', () => {
    const machine = new ModeMachine(backend, 'protected')
    const { cpu } = machine
    cpu.msrs.set(MSR.SYSENTER_CS, BigInt(SELECTOR.kernelCode))
    cpu.msrs.set(MSR.SYSENTER_ESP, BigInt(KERNEL_STACK))
    cpu.msrs.set(MSR.SYSENTER_EIP, BigInt(TARGET))
    machine.poke(TARGET, [0x0f, 0x35])
    machine.load(3, [0x0f, 0x34])
    cpu.run(1)
    expect([cpu.state.rip, cpu.state.cpl, cpu.state.gpr(4)]).toEqual([BigInt(TARGET), 0, BigInt(KERNEL_STACK)])
    cpu.state.setGpr(1, BigInt(USER_STACK))
    cpu.state.setGpr(2, BigInt(USER_CODE + 2))
    cpu.run(1)
    expect([cpu.state.rip, cpu.state.cpl, cpu.state.gpr(4), cpu.state.selector(CS)]).toEqual([BigInt(USER_CODE + 2), 3, BigInt(USER_STACK), 0x1b])
  })

  it('SWAPGS exchanges the bases', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.cpu.msrs.set(MSR.KERNEL_GS_BASE, 0x1234n)
    // swapgs; mov al, gs:[0]
    machine.load(0, [0x0f, 0x01, 0xf8, 0x65, 0x8a, 0x04, 0x25, 0, 0, 0, 0])
    machine.poke(0x1234, [0x5a])
    machine.cpu.run(2)
    expect(machine.cpu.state.gpr(0) & 0xffn).toBe(0x5an)
  })
})

describe.each(BACKENDS)('privileges on %s', (backend) => {
  it.each([
    ['HLT', [0xf4]],
    ['CLI', [0xfa]],
    ['MOV CR0', [0x0f, 0x22, 0xc0]],
    ['LGDT', [0x0f, 0x01, 0x15, 0, 0, 0, 0]],
    ['LTR', [0x0f, 0x00, 0xd8]],
    ['RDMSR', [0x0f, 0x32]],
    ['OUT without a permission map', [0xe6, 0x80]],
    ['INVLPG', [0x0f, 0x01, 0x38]],
  ] as const)('%s is #GP(0) at CPL 3', (_name, code) => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(3, code)
    machine.cpu.run(10)
    expect([machine.handled, machine.stack(2)]).toEqual([13, [0, USER_CODE]])
  })

  it('the I/O permission map opens ports one by one', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.cpu.state.setSegment(TR, { selector: SELECTOR.tss, base: BigInt(TSS), limit: 0x100, attributes: 0x8b })
    machine.poke32(TSS + 0x64, 0x68 << 16)
    machine.poke(TSS + 0x68, Array<number>(0x60).fill(0xff))
    machine.poke(TSS + 0x68 + 0x10, [0xfe])
    machine.load(3, [0xe6, 0x80, 0xe6, 0x81])
    machine.cpu.run(10)
    expect(machine.portWrites).toEqual([{ port: 0x80, size: 1, value: 0 }])
    expect([machine.handled, machine.stack(2)]).toEqual([13, [0, USER_CODE + 2]])
  })

  it('LTR of a busy TSS is #GP(selector); of an available one sets the busy bit', () => {
    const machine = new ModeMachine(backend, 'protected')
    // mov ax, tss; ltr ax
    const code = [0x66, 0xb8, ...word(SELECTOR.tss), 0x0f, 0x00, 0xd8]
    machine.load(0, code)
    machine.cpu.run(10)
    expect([machine.handled, machine.stack(1)]).toEqual([13, [SELECTOR.tss]])
    machine.cpu.state.halted = false
    machine.poke64(GDT + SELECTOR.tss, descriptor(TSS, 0x67, 0x89, 0))
    machine.load(0, code)
    machine.cpu.run(2)
    expect([machine.cpu.state.rip, machine.peek32(GDT + SELECTOR.tss + 4) & 0x200]).toEqual([BigInt(KERNEL_CODE + 7), 0x200])
  })

  it('a return to CPL 3 takes selectors of CPL 0 away, but not the base of FS and GS', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.poke(USER_CODE, [0xf4])
    // push ss; push rsp; pushfq; push cs; push rip: iretq
    machine.load(0, [0x6a, SELECTOR.userData, 0x68, ...dword(USER_STACK), 0x9c, 0x6a, SELECTOR.userCode, 0x68, ...dword(USER_CODE), 0x48, 0xcf])
    const { state } = machine.cpu
    state.setSegment(GS, { ...state.segment(GS), base: 0x1234_5678n })
    machine.cpu.run(6)
    expect([state.cpl, state.selector(GS), state.base(GS)]).toEqual([3, 0, 0x1234_5678n])
    expect(state.u64[(SEGMENTS + GS * SEGMENT_STRIDE) >> 3]).toBe(0x1234_5678n)
  })

  it('loading a segment sets its accessed bit in memory', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.poke64(GDT + SELECTOR.free, descriptor(0, 0xffff, 0x92, 4))
    machine.load(0, [0x66, 0xb8, ...word(SELECTOR.free), 0x8e, 0xd8])
    machine.cpu.run(2)
    expect([machine.peek32(GDT + SELECTOR.free + 4) & 0x100, machine.cpu.state.selector(DS), machine.cpu.state.limit(DS)]).toEqual([0x100, SELECTOR.free, 0xffff])
  })

  it('writes to a read-only segment are #GP(0), also at offset 0', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.poke64(GDT + SELECTOR.free, descriptor(0x7000, 0xffff, 0x91, 4))
    // mov ax, free; mov ds, ax; mov [0], al
    machine.load(0, [0x66, 0xb8, ...word(SELECTOR.free), 0x8e, 0xd8, 0xa2, ...dword(0)])
    machine.cpu.run(10)
    expect([machine.handled, machine.stack(2)]).toEqual([13, [0, KERNEL_CODE + 6]])
  })
})

it('handlers lie where the tests think', () => {
  expect(HANDLERS + 256 * 16).toBeLessThan(USER_CODE)
})
