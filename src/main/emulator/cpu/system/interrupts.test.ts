import { describe, expect, it } from 'vitest'
import { AC, CS, DS, IF, NT, RF, SS, TF } from '../state/bits'
import { IDTR } from '../state/layout'
import { BACKENDS } from '../test-machine'
import { GateType, HANDLERS, IST_STACK, KERNEL_CODE, KERNEL_STACK, ModeMachine, SELECTOR, TSS, USER_CODE, USER_STACK } from './test-modes'

const UD2 = [0x0f, 0x0b]
const INT_80 = [0xcd, 0x80]
const HLT = 0xf4

describe.each(BACKENDS)('interrupts in protected mode on %s', (backend) => {
  it('INT n from CPL 3 switches to the stack of the TSS and pushes SS:ESP, EFLAGS, CS:EIP', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(3, INT_80)
    machine.cpu.state.flags = IF | NT
    machine.cpu.run(10)
    expect(machine.handled).toBe(0x80)
    expect(machine.stack(5)).toEqual([USER_CODE + 2, SELECTOR.userCode, IF | NT | 2, USER_STACK, SELECTOR.userData])
    const { state } = machine.cpu
    expect([state.cpl, state.selector(CS), state.selector(SS), state.gpr(4)]).toEqual([0, SELECTOR.kernelCode, SELECTOR.kernelData, BigInt(KERNEL_STACK - 20)])
    expect(state.flags & (IF | NT | TF)).toBe(0)
  })

  it('IRET goes back, and drops data segments of the kernel', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(3, [...INT_80, 0x90])
    machine.poke(HANDLERS + 0x80 * 16, [0xcf])
    machine.cpu.state.flags = IF
    machine.cpu.run(1)
    machine.cpu.state.setSegment(DS, { selector: SELECTOR.kernelData, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 })
    machine.cpu.run(1)
    const { state } = machine.cpu
    expect([state.cpl, state.rip, state.gpr(4), state.selector(DS)]).toEqual([3, BigInt(USER_CODE + 2), BigInt(USER_STACK), 0])
    expect(state.flags & IF).toBe(IF)
  })

  it('a trap gate leaves IF, an interrupt gate clears it', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.setGate(0x80, SELECTOR.kernelCode, HANDLERS + 0x80 * 16, GateType.trap, 3)
    machine.load(3, INT_80)
    machine.cpu.state.flags = IF
    machine.cpu.run(10)
    expect(machine.cpu.state.flags & IF).toBe(IF)
  })

  it('a gate of DPL 0 is #GP(vector × 8 + 2) for CPL 3, without EXT', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(3, [0xcd, 0x21])
    machine.cpu.run(10)
    expect(machine.handled).toBe(13)
    expect(machine.stack(3)).toEqual([0x21 * 8 + 2, USER_CODE, SELECTOR.userCode])
  })

  it('a fault pushes its error code and an image with RF', () => {
    const machine = new ModeMachine(backend, 'protected')
    // mov ds, selector 40h (no present descriptor)
    machine.poke64(0x1000 + 0x40, 0x00cf_1300_0000_ffffn)
    machine.load(0, [0x66, 0xb8, 0x40, 0x00, 0x8e, 0xd8])
    machine.cpu.run(10)
    expect(machine.handled).toBe(11)
    const [code, eip, cs, flags = 0] = machine.stack(4)
    expect([code, eip, cs]).toEqual([0x40, KERNEL_CODE + 4, SELECTOR.kernelCode])
    expect(flags & RF).toBe(RF)
  })

  it('a missing stack in the TSS is #TS with the selector', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.poke32(TSS + 8, SELECTOR.userData)
    machine.setGate(10, SELECTOR.kernelCode, HANDLERS + 160, GateType.interrupt, 0)
    machine.load(3, INT_80)
    machine.cpu.run(10)
    // #TS needs the same broken stack: #TS while delivering #TS is a double fault, and that fails too.
    expect(machine.cpu.shutdown?.chain.map((fault) => fault.vector)).toEqual([10, 10, 8, 10])
    expect(machine.cpu.shutdown?.chain[0]?.errorCode).toBe(SELECTOR.userData & 0xfffc)
  })
})

describe.each(BACKENDS)('interrupts in long mode on %s', (backend) => {
  it('push SS:RSP always, aligned to 16', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.load(0, UD2)
    machine.cpu.state.setGpr(4, BigInt(KERNEL_STACK - 5))
    machine.cpu.run(10)
    expect(machine.handled).toBe(6)
    expect(machine.stack(5)).toEqual([KERNEL_CODE, SELECTOR.kernelCode, 2 | RF, KERNEL_STACK - 5, SELECTOR.kernelData])
    expect(machine.cpu.state.gpr(4)).toBe(BigInt(KERNEL_STACK - 16 - 40))
  })

  it('take RSP from the TSS and a null SS on the way in from CPL 3', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.load(3, INT_80)
    machine.cpu.run(10)
    expect(machine.handled).toBe(0x80)
    expect(machine.stack(5)).toEqual([USER_CODE + 2, SELECTOR.userCode, 2, USER_STACK, SELECTOR.userData])
    expect([machine.cpu.state.selector(SS), machine.cpu.state.gpr(4)]).toEqual([0, BigInt(KERNEL_STACK - 40)])
  })

  it('use the interrupt stack table also without a change of level, and IRETQ returns', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.setGate(6, SELECTOR.kernelCode, HANDLERS + 0x60, GateType.interrupt, 0, 1)
    machine.load(0, UD2)
    machine.poke(HANDLERS + 0x60, [0x48, 0xcf])
    machine.cpu.run(1)
    expect(machine.cpu.state.gpr(4)).toBe(BigInt(IST_STACK - 40))
    machine.cpu.run(1)
    expect([machine.cpu.state.rip, machine.cpu.state.gpr(4), machine.cpu.state.selector(SS)]).toEqual([BigInt(KERNEL_CODE), BigInt(KERNEL_STACK), SELECTOR.kernelData])
  })

  it('a non-canonical return address is #GP(0) at the IRETQ', () => {
    const machine = new ModeMachine(backend, 'long')
    machine.load(0, [0x48, 0xcf])
    machine.cpu.state.setGpr(4, BigInt(KERNEL_STACK - 40))
    machine.poke64(KERNEL_STACK - 40, 0x8000_0000_0000n, BigInt(SELECTOR.kernelCode), 2n, BigInt(KERNEL_STACK), BigInt(SELECTOR.kernelData))
    machine.cpu.run(10)
    expect(machine.handled).toBe(13)
    expect(machine.stack(2)).toEqual([0, KERNEL_CODE])
  })
})

describe.each(BACKENDS)('virtual-8086 mode on %s', (backend) => {
  /** Enters by IRETD: code at 0800:0000, stack at 0b00:0100. */
  function enter(iopl: number, code: readonly number[]): ModeMachine {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(0, [0xcf])
    const frame = [0, 0x800, 0x2_0002 | (iopl << 12), 0x100, 0xb00, 0x111, 0x222, 0x333, 0x444]
    machine.cpu.state.setGpr(4, BigInt(KERNEL_STACK - frame.length * 4))
    machine.poke32(KERNEL_STACK - frame.length * 4, ...frame)
    machine.poke(0x8000, code)
    machine.cpu.run(1)
    return machine
  }

  it('is entered by IRETD with VM set', () => {
    const machine = enter(0, [0x90])
    const { state } = machine.cpu
    expect([state.virtual8086, state.cpl, state.base(CS), state.rip, state.base(SS), state.gpr(4)]).toEqual([true, 3, 0x8000n, 0n, 0xb000n, 0x100n])
    expect([0, 3, 4, 5].map((index) => state.selector(index))).toEqual([0x111, 0x222, 0x333, 0x444])
  })

  it('INT n is #GP(0) below IOPL 3; the frame holds the data segments, which become null', () => {
    const machine = enter(0, [0xcd, 0x80])
    machine.cpu.run(10)
    expect(machine.handled).toBe(13)
    expect(machine.stack(10)).toEqual([0, 0, 0x800, 0x2_0002 | RF, 0x100, 0xb00, 0x111, 0x222, 0x333, 0x444])
    expect(machine.cpu.state.selector(DS)).toBe(0)
  })

  it('INT n goes through the IDT with IOPL 3', () => {
    const machine = enter(3, [0xcd, 0x80])
    machine.cpu.run(10)
    expect(machine.handled).toBe(0x80)
    expect(machine.stack(4)).toEqual([2, 0x800, 0x2_3002, 0x100])
  })
})

describe.each(BACKENDS)('double and triple faults on %s', (backend) => {
  it('without an IDT: the chain, the place, the instruction, the registers', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(0, [0x90, ...UD2])
    machine.cpu.state.setTable(IDTR, 0n, 0)
    machine.cpu.run(10)
    const report = machine.cpu.shutdown
    expect(report?.chain).toEqual([
      { vector: 6, errorCode: undefined, address: undefined },
      { vector: 13, errorCode: 6 * 8 + 3, address: undefined },
      { vector: 13, errorCode: 13 * 8 + 3, address: undefined },
      { vector: 8, errorCode: 0, address: undefined },
      { vector: 13, errorCode: 8 * 8 + 3, address: undefined },
    ])
    expect(report?.registers.rip).toBe(BigInt(KERNEL_CODE + 1))
    expect([...(report?.instruction.subarray(0, 2) ?? [])]).toEqual(UD2)
    expect(machine.cpu.run(10)).toBe(0)
    machine.cpu.reset()
    expect(machine.cpu.shutdown).toBeUndefined()
  })

  it('#GP whose gate is not present is a double fault with error code 0', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.poke64(0x2000 + 13 * 8, 0n)
    // mov ds, 40h: beyond nothing but a null descriptor
    machine.load(0, [0x66, 0xb8, 0x40, 0x00, 0x8e, 0xd8])
    machine.cpu.run(10)
    expect(machine.handled).toBe(8)
    expect(machine.stack(2)).toEqual([0, KERNEL_CODE + 4])
  })

  it('divide error in real mode goes through the vector table', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.cpu.reset()
    machine.poke(0, [0x00, 0x60, 0x00, 0x00])
    machine.poke(0x6000, [HLT])
    machine.loadReal(0x7c00, [0x31, 0xc9, 0xf7, 0xf1])
    machine.cpu.run(10)
    expect([machine.cpu.halted, machine.cpu.state.rip, machine.peek16(0x7c00 - 6), machine.peek16(0x7c00 - 4)]).toEqual([true, 0x6001n, 0x7c02, 0])
  })
})

describe.each(BACKENDS)('interrupt pin, HLT, single step on %s', (backend) => {
  it('HLT wakes for an interrupt and returns behind itself', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(0, [HLT, 0x90])
    machine.cpu.state.flags = IF
    expect(machine.cpu.run(10)).toBe(1)
    expect(machine.cpu.run(10)).toBe(0)
    machine.pending.push(0x30)
    machine.cpu.run(10)
    expect(machine.handled).toBe(0x30)
    expect(machine.stack(1)).toEqual([KERNEL_CODE + 1])
  })

  it('with IF clear nothing is taken', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(0, [0x90, 0x90, HLT])
    machine.pending.push(0x30)
    machine.cpu.run(10)
    expect([machine.cpu.halted, machine.pending.length, machine.cpu.state.rip]).toEqual([true, 1, BigInt(KERNEL_CODE + 3)])
  })

  it('STI and MOV SS hold interrupts back for one instruction', () => {
    const machine = new ModeMachine(backend, 'protected')
    // sti; inc eax; inc eax
    machine.load(0, [0xfb, 0x40, 0x40, HLT])
    machine.pending.push(0x30)
    for (let runs = 0; runs < 10 && machine.handled === undefined; runs++) machine.cpu.run(10)
    expect(machine.handled).toBe(0x30)
    expect([machine.stack(1), machine.cpu.state.gpr(0)]).toEqual([[KERNEL_CODE + 2], 1n])
    // mov ss, ax; inc ecx; inc ecx
    machine.load(0, [0x8e, 0xd0, 0x41, 0x41, HLT])
    machine.cpu.state.halted = false
    machine.cpu.state.setGpr(0, BigInt(SELECTOR.kernelData))
    machine.cpu.state.flags = IF
    machine.cpu.run(1)
    machine.pending.push(0x31)
    machine.cpu.run(10)
    expect([machine.handled, machine.stack(1), machine.cpu.state.gpr(1)]).toEqual([0x31, [KERNEL_CODE + 3], 1n])
  })

  it('TF traps after every instruction, with DR6.BS, but not after INT n', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(0, [0x40, 0x40])
    machine.cpu.state.flags = TF
    machine.cpu.run(10)
    expect(machine.handled).toBe(1)
    expect([machine.stack(1), machine.cpu.state.gpr(0), machine.cpu.state.debug(6) & 0x4000n]).toEqual([[KERNEL_CODE + 1], 1n, 0x4000n])
    const [, , flags = 0] = machine.stack(3)
    expect([flags & TF, flags & RF]).toEqual([TF, 0])
    machine.cpu.state.halted = false
    machine.load(0, INT_80)
    machine.cpu.state.flags = TF
    machine.cpu.run(10)
    expect(machine.handled).toBe(0x80)
  })

  it('counts instructions the same whether or not slices are cut', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.load(0, [...Array<number>(50).fill(0x40), HLT])
    let executed = 0
    for (let slice = 1; !machine.cpu.halted; slice++) executed += machine.cpu.run(slice)
    expect([executed, machine.cpu.now(), machine.cpu.state.gpr(0)]).toEqual([51, 51, 50n])
  })

  it('#AC needs CR0.AM, EFLAGS.AC and CPL 3', () => {
    const machine = new ModeMachine(backend, 'protected')
    machine.cpu.state.setControl(0, machine.cpu.state.control(0) | (1n << 18n))
    // mov eax, [USER_STACK + 1]
    const code = [0xa1, 0x01, 0xb0, 0, 0, 0x90]
    machine.load(0, code)
    machine.cpu.state.flags = AC
    machine.cpu.run(1)
    expect(machine.cpu.state.rip).toBe(BigInt(KERNEL_CODE + 5))
    machine.load(3, code)
    machine.cpu.mmu.refresh()
    machine.cpu.run(10)
    expect([machine.handled, machine.stack(2)]).toEqual([17, [0, USER_CODE]])
  })
})
