import { describe, expect, it } from 'vitest'
import { CS } from '../state/bits'
import { KERNEL_STACK, ModeMachine } from '../system/test-modes'
import { BACKENDS } from '../test-machine'

const EAX = 0
const EBX = 3
const FIRST_PAGE = 0xe000
const SECOND_PAGE = 0xf000
const OTHER_PAGE = 0x1_e000
const START = SECOND_PAGE - 3
const BEHIND = SECOND_PAGE + 2
const STORE = 0xa000
/** Those of `ModeMachine`, and one more. */
const DIRECTORY = 0x10_2000
const TABLE = 0x10_3000
const PRESENT_WRITABLE = 3

const map = (machine: ModeMachine, linear: number, physical: number): void => {
  machine.poke64(TABLE + (linear >> 12) * 8, BigInt(physical) | BigInt(PRESENT_WRITABLE))
  machine.cpu.mmu.flush()
}

/** mov eax, 4030201h of which two bytes lie in the second page; two times, so that what is kept is used. */
function machineWith(backend: (typeof BACKENDS)[number], mode: 'protected' | 'long'): ModeMachine {
  const machine = new ModeMachine(backend, mode)
  machine.poke(START, [0xb8, 1, 2, 3, 4, 0x90])
  machine.poke(STORE, [0x88, 0x0b]) // mov [rbx], cl
  if (mode === 'long') {
    for (let page = 0; page < 512; page++) machine.poke64(TABLE + page * 8, BigInt(page * 4096 + PRESENT_WRITABLE))
    machine.poke64(DIRECTORY, BigInt(TABLE + PRESENT_WRITABLE))
    machine.cpu.mmu.flush()
  }
  for (let time = 0; time < 3; time++) expect(loaded(machine)).toBe(0x0403_0201)
  return machine
}

/** What the instruction loads. */
function loaded(machine: ModeMachine): number {
  machine.enter(0, START, KERNEL_STACK)
  machine.cpu.state.setGpr(EAX, 0n)
  machine.cpu.run(1)
  return machine.cpu.state.gpr32(EAX)
}

function store(machine: ModeMachine, address: number, value: number): void {
  machine.enter(0, STORE, KERNEL_STACK)
  machine.cpu.state.setGpr(EBX, BigInt(address))
  machine.cpu.state.setGpr(1, BigInt(value))
  machine.cpu.run(1)
}

describe.each(BACKENDS)('an instruction that crosses a page on %s', (backend) => {
  it('changes with its bytes on either page, and not with others', () => {
    const machine = machineWith(backend, 'long')
    store(machine, START + 4, 0x77)
    for (let time = 0; time < 3; time++) expect(loaded(machine)).toBe(0x7703_0201)
    store(machine, BEHIND, 0x41)
    store(machine, START + 1, 0x66)
    expect(loaded(machine)).toBe(0x7703_0266)
    machine.poke(SECOND_PAGE, [0x55])
    for (let time = 0; time < 2; time++) expect(loaded(machine)).toBe(0x7755_0266)
  })

  it('changes with what its second page is mapped to', () => {
    const machine = machineWith(backend, 'long')
    machine.poke(OTHER_PAGE, [5, 6, 0x90])
    map(machine, SECOND_PAGE, OTHER_PAGE)
    // The TLB learns of both pages before the instruction asks.
    machine.poke(FIRST_PAGE, [0x90])
    for (const address of [BEHIND, FIRST_PAGE]) {
      machine.enter(0, address, KERNEL_STACK)
      machine.cpu.run(1)
    }
    for (let time = 0; time < 2; time++) expect(loaded(machine)).toBe(0x0605_0201)
    store(machine, SECOND_PAGE, 0x22)
    expect(loaded(machine)).toBe(0x0622_0201)
    map(machine, SECOND_PAGE, SECOND_PAGE)
    expect(loaded(machine)).toBe(0x0403_0201)
  })

  it('faults where its second page does', () => {
    const machine = machineWith(backend, 'long')
    machine.poke64(TABLE + (SECOND_PAGE >> 12) * 8, 0n)
    machine.cpu.mmu.flush()
    machine.enter(0, START, KERNEL_STACK)
    machine.cpu.run(4)
    expect([machine.handled, machine.cpu.state.control(2), machine.stack(2)[1]]).toEqual([14, BigInt(SECOND_PAGE), START])
  })

  it('ends at the limit of CS', () => {
    const machine = machineWith(backend, 'protected')
    for (const limit of [SECOND_PAGE, FIRST_PAGE + 0xfff]) {
      machine.enter(0, START, KERNEL_STACK)
      const { state } = machine.cpu
      state.halted = false
      state.setSegment(CS, { ...state.segment(CS), limit })
      state.updateModes()
      machine.cpu.run(4)
      expect([machine.handled, machine.stack(2)]).toEqual([13, [0, START]])
    }
  })
})
