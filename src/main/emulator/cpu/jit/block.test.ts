import { describe, expect, it } from 'vitest'
import { CpuFault, Vector } from '../faults'
import { createInterpreter } from '../interp/interp'
import { CODE, DATA, TestBench } from '../semantics/test-bench'
import { CODE_16, CODE_32, CODE_64 } from '../state/bits'
import { TestMachine } from '../test-machine'
import { blockWith } from './block'
import type { BlockOptions } from './options'
import { JitStatistics } from './statistics'

const [EAX, ECX, EBX, ESP] = [0, 1, 3, 4]
/** mov ecx, 1000; add eax, ecx; dec ecx; jnz -5 */
const COUNT = [0xb9, 0xe8, 0x03, 0, 0, 0x01, 0xc8, 0x49, 0x75, 0xfb]
const COUNTED = 1 + 3 * 1000

function bench(code: readonly number[], options: Partial<BlockOptions> = {}, mode: 0 | 1 | 2 = CODE_32): TestBench & { statistics: JitStatistics } {
  const statistics = new JitStatistics()
  const machine = new TestBench(blockWith({ threshold: 0, ...options }, statistics), mode)
  machine.poke(CODE, code)
  machine.state.rip = BigInt(mode === CODE_16 ? 0 : CODE)
  return Object.assign(machine, { statistics })
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

describe('hot places', () => {
  it('are translated when they were reached often enough, and not before', () => {
    const machine = bench([...COUNT, 0x90], { threshold: 100 })
    machine.run(1 + 3 * 90)
    expect(machine.statistics.regions).toBe(0)
    machine.run(COUNTED - 1 - 3 * 90)
    expect(machine.statistics).toMatchObject({ regions: 1, instructions: 3 })
    expect([machine.state.gpr(EAX), machine.state.rip, machine.state.remaining]).toEqual([500_500n, BigInt(CODE + COUNT.length), 0])
  })

  it.each([[1], [2], [3], [7], [100], [2999]])('end after exactly %i instructions', (count) => {
    const both = [bench(COUNT), new TestBench(createInterpreter, CODE_32)]
    for (const machine of both) {
      machine.poke(CODE, COUNT)
      machine.state.rip = BigInt(CODE)
      for (let left = COUNTED - 2; left > 0; left -= count) machine.run(Math.min(count, left))
    }
    const [a, b] = both.map(({ state }) => [state.gpr(EAX), state.gpr(ECX), state.rip, state.flags, state.remaining])
    expect(a).toEqual(b)
  })
})

describe('code that changes', () => {
  it('in its own region, before the next instruction', () => {
    // mov byte [ebx], 0x48 (dec eax); inc eax: the store hits the instruction behind it.
    const machine = bench([0xc6, 0x03, 0x48, 0x40, 0xeb, 0xfe])
    machine.state.setGpr(EBX, BigInt(DATA))
    machine.run(3)
    expect(machine.state.gpr32(EAX)).toBe(1)
    machine.state.rip = BigInt(CODE)
    machine.state.setGpr(EBX, BigInt(CODE + 3))
    machine.run(2)
    expect(machine.state.gpr32(EAX)).toBe(0)
    expect(machine.statistics.overwritten).toBeGreaterThan(0)
  })

  it('from outside (DMA, firmware)', () => {
    const machine = bench(COUNT)
    machine.run(100)
    machine.poke(CODE + 5, [0x29])
    const before = machine.state.gpr32(EAX)
    machine.run(3)
    expect(machine.state.gpr32(EAX)).toBeLessThan(before)
  })

  it('on another mapping of its page', () => {
    const machine = new TestMachine('block')
    const { cpu } = machine
    // Linear 40_0000h is physical 1000h as 0000_1000h is; the loop at 1000h is changed through it.
    machine.loadReal(0x1000, [0x40, 0xeb, 0xfd])
    cpu.run(10)
    expect(cpu.state.gpr32(EAX)).toBe(5)
    // DS:0 is physical FFFF_0h + 1010h = 10_1000h, with a shut A20 gate 1000h.
    cpu.setA20(false)
    cpu.state.setSegment(3, { selector: 0xffff, base: 0xf_fff0n, limit: 0xffff, attributes: 0x93 })
    cpu.state.updateModes()
    machine.poke(0x2000, [0xc6, 0x06, 0x10, 0x10, 0x48, 0xea, 0x00, 0x10, 0x00, 0x00])
    cpu.state.rip = 0x1000n
    cpu.run(4)
    cpu.state.rip = 0x2000n
    cpu.run(3)
    expect(cpu.state.gpr32(EAX)).toBe(6)
  })

  it('does not slow stores to other lines of its page', () => {
    // mov [ebx], eax; inc eax; cmp eax, 1000; jnz: data 128 bytes behind the code.
    const machine = bench([0x89, 0x03, 0x40, 0x3d, 0xe8, 0x03, 0, 0, 0x75, 0xf6, 0x90], { threshold: 10 })
    machine.state.setGpr(EBX, BigInt(CODE + 128))
    machine.run(4000)
    expect(machine.state.gpr32(EAX)).toBe(1000)
    expect(machine.statistics).toMatchObject({ overwritten: 0, regions: 1 })
  })
})

describe('room for code', () => {
  it('is bounded: what was translated goes when there is no more', () => {
    const machine = bench([], { codeBytes: 100_000 })
    for (let page = 0; page < 40; page++) {
      machine.poke(CODE + page * 0x1000, [0x40, 0x90])
      machine.state.rip = BigInt(CODE + page * 0x1000)
      machine.run(2)
    }
    expect(machine.state.gpr32(EAX)).toBe(40)
    expect(machine.statistics.regions).toBeGreaterThanOrEqual(40)
    expect(machine.statistics.evicted).toBeGreaterThan(20)
  })
})

describe('faults', () => {
  it('are precise: registers and count are those of the instruction', () => {
    // inc eax; mov [ebx], eax; inc eax — in a segment that ends before [ebx].
    const machine = bench([0x40, 0x40, 0x89, 0x03, 0x40])
    machine.state.setSegment(3, { ...machine.state.segment(3), limit: 0xfff })
    machine.state.updateModes()
    machine.state.setGpr(EBX, 0x2000n)
    expect(fault(() => machine.run(10)).vector).toBe(Vector.GP)
    expect([machine.state.gpr(EAX), machine.state.rip, machine.state.remaining]).toEqual([2n, BigInt(CODE + 2), 7])
  })

  it('of a division leave its operands alone', () => {
    // xor edx, edx; div ebx
    const machine = bench([0x31, 0xd2, 0xf7, 0xf3])
    machine.state.setGpr(EAX, 7n)
    expect(fault(() => machine.run(10)).vector).toBe(Vector.DE)
    expect([machine.state.gpr(EAX), machine.state.rip]).toEqual([7n, BigInt(CODE + 2)])
  })
})

describe('calls and returns', () => {
  it('stay in the region, at any depth', () => {
    // call f; jmp $; f: dec ecx; jz +5; call f; ret
    const machine = bench([0xe8, 2, 0, 0, 0, 0xeb, 0xfe, 0x49, 0x74, 5, 0xe8, 0xf8, 0xff, 0xff, 0xff, 0xc3])
    machine.state.setGpr(ECX, 50n)
    machine.state.setGpr(ESP, BigInt(DATA + 0x1000))
    machine.run(1000)
    expect([machine.state.gpr(ECX), machine.state.gpr(ESP), machine.state.rip]).toEqual([0n, BigInt(DATA + 0x1000), BigInt(CODE + 5)])
  })
})

describe('registers whose upper halves are set', () => {
  it('keep them in 32-bit code', () => {
    const [block, interp] = [bench(COUNT), new TestBench(createInterpreter, CODE_32)]
    interp.poke(CODE, COUNT)
    for (const { state } of [block, interp]) {
      state.rip = BigInt(CODE)
      state.setGpr(EBX, 0x1234_5678_0000_0000n)
      state.setGpr(EAX, 0x7777_0000_0000_0000n)
    }
    for (const machine of [block, interp]) machine.run(100)
    expect(Array.from({ length: 8 }, (_, index) => block.state.gpr(index))).toEqual(Array.from({ length: 8 }, (_, index) => interp.state.gpr(index)))
  })
})

describe('64-bit code', () => {
  it('addresses memory relative to RIP', () => {
    // mov rax, [rip + 0x100]; inc rax; mov [rip + 0x100], rax
    const machine = bench([0x48, 0x8b, 0x05, 0, 1, 0, 0, 0x48, 0xff, 0xc0, 0x48, 0x89, 0x05, 0, 1, 0, 0], {}, CODE_64)
    machine.poke(CODE + 7 + 0x100, [5])
    machine.run(3)
    expect(machine.peek(CODE + 17 + 0x100, 2)).toEqual([6, 0])
  })
})
