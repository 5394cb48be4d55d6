import { describe, expect, it } from 'vitest'
import { CpuFault, Vector } from '../faults'
import { createOracle } from '../semantics/oracle'
import { CODE, DATA, TestBench } from '../semantics/test-bench'
import { CODE_16, CODE_32, CODE_64, CS } from '../state/bits'
import { CODE_LINES, LINE_SHIFT, RECORD_COUNT } from '../state/layout'
import { BACKENDS, TestMachine } from '../test-machine'
import { createInterpreter } from './interp'

const EAX = 0
const EBX = 3

function bench(mode: 0 | 1 | 2, code: readonly number[], offset = 0): TestBench {
  const machine = new TestBench(createInterpreter, mode)
  machine.poke(CODE + offset, code)
  machine.state.rip = BigInt(mode === CODE_16 ? offset : CODE + offset)
  return machine
}

function fault(action: () => void): CpuFault {
  try {
    action()
  } catch (error) {
    if (error instanceof CpuFault) return error
    throw error
  }
  throw new Error('Nothing was raised.')
}

describe('self-modifying code', () => {
  // inc eax; mov byte [ebx], imm8; jmp back to the start
  const loop = (imm8: number): number[] => [0x40, 0xc6, 0x03, imm8, 0xeb, 0xfa]

  it('sees a store over an instruction executed before', () => {
    const machine = bench(CODE_32, loop(0x48))
    machine.state.setGpr(EBX, BigInt(CODE))
    machine.run(3)
    expect(machine.state.gpr(EAX)).toBe(1n)
    machine.run(1)
    expect(machine.state.gpr(EAX)).toBe(0n)
  })

  it('sees a store into the middle of an instruction, and one over the next instruction', () => {
    // mov byte [ebx], 5; mov eax, 0x01010101
    const machine = bench(CODE_32, [0xc6, 0x03, 0x05, 0xb8, 1, 1, 1, 1, 0xeb, 0xf6])
    machine.state.setGpr(EBX, BigInt(DATA))
    machine.run(3)
    expect(machine.state.gpr32(EAX)).toBe(0x0101_0101)
    machine.state.setGpr(EBX, BigInt(CODE + 6))
    machine.run(2)
    expect(machine.state.gpr32(EAX)).toBe(0x0105_0101)
  })

  it('sees a store from the line before that runs into code', () => {
    // At the start of a line: inc eax; jmp $ -1. The store of four bytes begins two bytes before.
    const machine = bench(CODE_32, [0x40, 0xeb, 0xfd], 0x40)
    machine.run(2)
    // mov dword [ebx], 0x4848cccc; then back
    machine.poke(CODE + 0x100, [0xc7, 0x03, 0xcc, 0xcc, 0x48, 0xeb])
    machine.state.setGpr(EBX, BigInt(CODE + 0x3e))
    machine.state.rip = BigInt(CODE + 0x100)
    machine.run(1)
    machine.state.rip = BigInt(CODE + 0x40)
    machine.run(1)
    expect(machine.state.gpr32(EAX)).toBe(0)
  })

  it('stops slowing stores to a line whose code is gone', () => {
    const machine = bench(CODE_32, [0x40])
    machine.run(1)
    const line = CODE_LINES + ((machine.ramBase + CODE) >> LINE_SHIFT)
    expect(machine.state.u8[line]).not.toBe(0)
    machine.poke(CODE, [0x90])
    expect(machine.state.u8[line]).toBe(0)
    expect(machine.state.u8[line - 1]).toBe(0)
  })

  it('forgets everything on a flush', () => {
    const machine = bench(CODE_32, [0x40])
    machine.run(1)
    machine.state.u8[machine.ramBase + CODE] = 0x48
    machine.backend.flushDecoded()
    machine.state.rip = BigInt(CODE)
    machine.run(1)
    expect(machine.state.gpr(EAX)).toBe(0n)
  })
})

describe('a flush from inside an instruction', () => {
  it('leaves the instruction its record', () => {
    // out 0x92, al; inc eax
    const machine = bench(CODE_32, [0xe6, 0x92, 0x40])
    machine.onHelper = (name) => {
      if (name === 'portOut') machine.backend.flushDecoded()
    }
    machine.run(2)
    expect(machine.state.rip).toBe(BigInt(CODE + 3))
    expect(machine.state.gpr(EAX)).toBe(1n)
  })
})

describe('instruction fetch', () => {
  it('keeps records of different code modes apart', () => {
    // 16-bit code: mov ax, 0x1234; 32-bit code: mov eax, 0x90901234
    const code = [0xb8, 0x34, 0x12, 0x90, 0x90]
    const machine = bench(CODE_32, code)
    machine.run(1)
    expect(machine.state.gpr32(EAX)).toBe(0x9090_1234)
    const segment = machine.state.segment(CS)
    machine.state.setSegment(CS, { ...segment, attributes: segment.attributes & ~0x4000 })
    machine.state.updateModes()
    machine.state.setGpr(EAX, 0n)
    machine.state.rip = BigInt(CODE)
    machine.run(1)
    expect(machine.state.gpr32(EAX)).toBe(0x1234)
    expect(machine.state.rip).toBe(BigInt(CODE + 3))
  })

  it('executes instructions that cross a page, and sees them change', () => {
    const machine = bench(CODE_32, [0xb8, 1, 2, 3, 4], 0xffd)
    machine.run(1)
    expect(machine.state.gpr32(EAX)).toBe(0x0403_0201)
    machine.poke(CODE + 0x1000, [0x77])
    machine.state.rip = BigInt(CODE + 0xffd)
    machine.run(1)
    expect(machine.state.gpr32(EAX)).toBe(0x0477_0201)
  })

  it('executes jumps that cross a page', () => {
    // At the end of the page: jmp to itself; jmp 16 back.
    for (const [displacement, expected] of [[0xfe, 0xfff], [0xee, 0xfef]] as const) {
      const machine = bench(CODE_32, [0xeb, displacement], 0xfff)
      machine.poke(CODE + 0xfef, [0x90])
      machine.run(3)
      machine.state.rip = BigInt(CODE + 0xfff)
      machine.run(1)
      expect(machine.state.rip).toBe(BigInt(CODE + expected))
      machine.run(1)
      expect(machine.state.rip).toBe(BigInt(CODE + (expected === 0xfff ? 0xfff : 0xff0)))
    }
  })

  it('takes records apart that lie in the same place', () => {
    const machine = bench(CODE_32, [0x40])
    machine.poke(CODE + RECORD_COUNT, [0x43])
    for (const address of [CODE, CODE + RECORD_COUNT, CODE]) {
      machine.state.rip = BigInt(address)
      machine.run(1)
    }
    expect([machine.state.gpr(EAX), machine.state.gpr(EBX)]).toEqual([2n, 1n])
  })

  it.each([['before', 0x100], ['across', 0x101], ['behind', 0x102]])('raises #GP(0) for an instruction %s the limit', (_, limit) => {
    const machine = bench(CODE_32, [0x40, 0xb8, 1, 0, 0, 0], 0xff)
    const base = BigInt(CODE)
    machine.state.setSegment(CS, { ...machine.state.segment(CS), base, limit })
    machine.state.updateModes()
    machine.state.rip = 0xffn
    machine.run(1)
    const raised = fault(() => machine.run(1))
    expect([raised.vector, raised.errorCode]).toEqual([Vector.GP, 0])
    expect(machine.state.rip).toBe(0x100n)
    expect(machine.state.gpr(EAX)).toBe(1n)
  })

  it.each(BACKENDS)('ends at the limit of CS, also on pages where the code was before (%s)', (backend) => {
    const machine = new TestMachine(backend)
    const { cpu } = machine
    // 1000h: jmp 2000h. 2000h: inc ax; jmp 1000h. #GP: 500h.
    machine.loadReal(0x1000, [0xe9, 0xfd, 0x0f])
    machine.poke(0x2000, [0x40, 0xe9, 0xfc, 0xef])
    machine.poke(Vector.GP * 4, [0x00, 0x05, 0x00, 0x00])
    cpu.run(9)
    expect([cpu.state.gpr32(EAX), cpu.state.rip]).toEqual([3, 0x1000n])
    cpu.state.setSegment(CS, { ...cpu.state.segment(CS), limit: 0x2002 })
    cpu.state.updateModes()
    cpu.run(2)
    expect([cpu.state.gpr32(EAX), cpu.state.rip]).toEqual([4, 0x2001n])
    cpu.run(1)
    expect([cpu.state.gpr32(EAX), cpu.state.rip]).toEqual([4, 0x500n])
  })

  it('raises #UD for an undefined opcode and #GP(0) for too many prefixes', () => {
    expect(fault(() => bench(CODE_64, [0x06]).run(1)).vector).toBe(Vector.UD)
    expect(fault(() => bench(CODE_32, [...Array.from({ length: 15 }, () => 0x66), 0x90]).run(1)).vector).toBe(Vector.GP)
  })

  it('reaches the whole range of RIP-relative displacements', () => {
    // mov eax, [rip + 0x7fffffff], executed where the sum wraps back into memory: both backends read the same device.
    const code = [0x8b, 0x05, 0xff, 0xff, 0xff, 0x7f]
    const machines = [createInterpreter, createOracle].map((factory) => {
      const machine = new TestBench(factory, CODE_64)
      machine.poke(CODE, code)
      machine.state.rip = BigInt(CODE)
      machine.run(1)
      return machine.calls
    })
    expect(machines[0]).toEqual(machines[1])
    expect(machines[0]?.[0]).toContain(String(CODE + 6 + 0x7fff_ffff))
  })
})

describe('counting', () => {
  it('counts down before each instruction, also one that faults', () => {
    const machine = bench(CODE_32, [0x40, 0x40, 0x0f, 0x0b])
    expect(fault(() => machine.run(10)).vector).toBe(Vector.UD)
    expect(machine.state.remaining).toBe(7)
    expect(machine.state.rip).toBe(BigInt(CODE + 2))
  })

  it('sees a repeated instruction overwrite itself, also across a page', () => {
    for (const offset of [0x100, 0xfff]) {
      // rep stosb: the second iteration turns its prefix into inc eax.
      const machine = bench(CODE_32, [0xf3, 0xaa], offset)
      machine.state.setGpr(1, 5n)
      machine.state.setGpr(7, BigInt(CODE + offset - 1))
      machine.state.setGpr(EAX, 0x40n)
      machine.run(3)
      expect(machine.peek(CODE + offset - 1, 4)).toEqual([0x40, 0x40, 0xaa, 0])
      expect(machine.state.rip).toBe(BigInt(CODE + offset + 1))
      expect(machine.state.gpr(EAX)).toBe(0x41n)
    }
  })

  it('counts every iteration of a repeated instruction', () => {
    // rep stosb
    const machine = bench(CODE_32, [0xf3, 0xaa])
    machine.state.setGpr(1, 5n)
    machine.state.setGpr(7, BigInt(DATA))
    machine.state.setGpr(EAX, 0xabn)
    machine.run(4)
    expect(machine.state.rip).toBe(BigInt(CODE))
    machine.run(1)
    expect(machine.state.rip).toBe(BigInt(CODE + 2))
    expect(machine.peek(DATA, 6)).toEqual([0xab, 0xab, 0xab, 0xab, 0xab, 0])
  })
})
