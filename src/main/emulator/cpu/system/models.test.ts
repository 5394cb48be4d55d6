import { describe, expect, it } from 'vitest'
import { ALL_OPCODES, opcodesWith } from '../decode/tables'
import { decode } from '../decode/decode'
import { AC, CR4, ID } from '../state/bits'
import { X87_RULES } from '../state/layout'
import { TestMachine } from '../test-machine'
import { Cpu } from '../cpu'
import { CPU_MODEL_NAMES } from '../../../../shared/cpu-models'
import { CPU_MODELS, type CpuModelName } from './models'

const opcodesOf = (name: CpuModelName): typeof ALL_OPCODES => opcodesWith((feature) => CPU_MODELS[name].has(feature), CPU_MODELS[name].has32Bit)

/** Name of the instruction that a model makes of bytes in 16-bit code, or the outcome. */
function decoded(name: CpuModelName, bytes: readonly number[]): string {
  const result = decode(Uint8Array.from([...bytes, 0, 0, 0, 0, 0, 0, 0, 0]), 16, 0, 15, opcodesOf(name))
  return result.outcome === 'instruction' ? result.row.name : result.outcome
}

/** The oldest model that knows the instruction. */
const oldest = (bytes: readonly number[]): string | undefined => CPU_MODEL_NAMES.find((name) => decoded(name, bytes) !== 'invalid')

describe('CPU models', () => {
  it.each([
    ['add', '8086', [0x00, 0xc0]],
    ['push imm', '286', [0x68, 1, 2]],
    ['lmsw', '286', [0x0f, 0x01, 0xf0]],
    ['push fs', '386', [0x0f, 0xa0]],
    ['operand-size prefix', '386', [0x66, 0x01, 0xc0]],
    ['FS prefix', '386', [0x64, 0x8a, 0x07]],
    ['movzx', '386', [0x0f, 0xb6, 0xc0]],
    ['bswap', '486', [0x0f, 0xc8]],
    ['cpuid', 'pentium', [0x0f, 0xa2]],
    ['rdtsc', 'pentium', [0x0f, 0x31]],
    ['cmovz', 'core2', [0x0f, 0x44, 0xc0]],
    ['long nop', 'core2', [0x0f, 0x1f, 0xc0]],
    ['popcnt', 'haswell', [0xf3, 0x0f, 0xb8, 0xc0]],
    ['andn', 'haswell', [0xc4, 0xe2, 0x78, 0xf2, 0xc0]],
    ['vaddps', 'haswell', [0xc5, 0xf4, 0x58, 0xc2]],
    ['vpaddb', 'haswell', [0xc5, 0xf5, 0xfc, 0xc2]],
    ['vfmadd231ps', 'haswell', [0xc4, 0xe2, 0x71, 0xb8, 0xc2]],
    ['vcvtph2ps', 'haswell', [0xc4, 0xe2, 0x79, 0x13, 0xc1]],
    ['sha1nexte', 'max', [0x0f, 0x38, 0xc8, 0xc1]],
    ['adcx', 'max', [0x66, 0x0f, 0x38, 0xf6, 0xc1]],
  ] as const)('%s: from %s on', (_name, model, bytes) => expect(oldest(bytes)).toBe(model))

  it('each remembers of x87 instructions what its processor did', () => {
    const { memory } = new TestMachine('oracle')
    const rules = CPU_MODEL_NAMES.map((name) => machineOf(name, memory).state.u32[X87_RULES >> 2])
    expect(rules).toEqual([7, 7, 7, 7, 7, 6, 2, 0])
  })

  it('TZCNT and LZCNT are BSF and BSR before they came', () => {
    expect([decoded('core2', [0xf3, 0x0f, 0xbc, 0xc0]), decoded('max', [0xf3, 0x0f, 0xbc, 0xc0])]).toEqual(['bsf', 'tzcnt'])
    expect([decoded('core2', [0xf3, 0x0f, 0xbd, 0xc0]), decoded('max', [0xf3, 0x0f, 0xbd, 0xc0])]).toEqual(['bsr', 'lzcnt'])
  })

  it.each([
    ['386', 0],
    ['486', AC],
    ['pentium', AC | ID],
    ['max', AC | ID],
  ] as const)('%s can change %i of AC and ID', (name, changeable) => {
    const { memory } = new TestMachine('oracle')
    const machine = machineOf(name, memory)
    // push 0x24_0000 (AC, ID); popfd
    run(machine, memory, [0x66, 0x68, 0, 0, 0x24, 0, 0x66, 0x9d], 2)
    expect(machine.state.flags & (AC | ID)).toBe(changeable)
  })

  it('CPUID and EDX after reset tell the model', () => {
    const { memory } = new TestMachine('oracle')
    for (const [name, highest, extended] of [['pentium', 1n, 0n], ['core2', 4n, 0x8000_0008n], ['haswell', 13n, 0x8000_0008n], ['max', 13n, 0x8000_0008n]] as const) {
      const cpu = machineOf(name, memory)
      expect(cpu.state.gpr(2)).toBe(BigInt(CPU_MODELS[name].signature))
      expect(leaf(cpu, memory, 0n)[0]).toBe(highest)
      expect(leaf(cpu, memory, 0x8000_0000n)[0]).toBe(extended)
      expect(leaf(cpu, memory, 1n)[0]).toBe(BigInt(CPU_MODELS[name].signature))
    }
    const pentium = machineOf('pentium', memory)
    const [, , ecx = 0n, edx = 0n] = leaf(pentium, memory, 1n)
    // DE, PSE, TSC, MSR, CX8; no PAE, no CMOV.
    expect([2n, 3n, 4n, 5n, 8n, 6n, 15n].map((bit) => (edx >> bit) & 1n)).toEqual([1n, 1n, 1n, 1n, 1n, 0n, 0n])
    expect(ecx).toBe(0n)
  })

  it('CPUID announces AVX, and how large an image of the enabled states is', () => {
    const { memory } = new TestMachine('oracle')
    const [core2, max] = [machineOf('core2', memory), machineOf('max', memory)]
    const avx = (cpu: Cpu): bigint => ((leaf(cpu, memory, 1n)[2] ?? 0n) >> 28n) & 1n
    expect([avx(core2), avx(max), ((leaf(max, memory, 7n)[1] ?? 0n) >> 5n) & 1n]).toEqual([0n, 1n, 1n])
    const haswell = machineOf('haswell', memory)
    expect(leaf(haswell, memory, 13n)).toEqual([7n, 576n, 832n, 0n])
    haswell.state.xcr0 = 7n
    expect(leaf(haswell, memory, 13n)).toEqual([7n, 832n, 832n, 0n])
    expect(leaf(haswell, memory, 13n, 2n)).toEqual([256n, 576n, 0n, 0n])
  })

  it('CPUID announces protection keys, whether they are in use, and their place in an image', () => {
    const { memory } = new TestMachine('oracle')
    const [haswell, max] = [machineOf('haswell', memory), machineOf('max', memory)]
    const keys = (cpu: Cpu): bigint[] => [3n, 4n, 31n].map((bit) => ((leaf(cpu, memory, 7n)[2] ?? 0n) >> bit) & 1n)
    expect([keys(haswell), keys(max)]).toEqual([[0n, 0n, 0n], [1n, 0n, 1n]])
    max.state.setControl(4, CR4.PKE)
    expect(keys(max)).toEqual([1n, 1n, 1n])
    expect([leaf(max, memory, 13n, 9n), leaf(haswell, memory, 13n, 9n)]).toEqual([[8n, 2688n, 0n, 0n], [0n, 0n, 0n, 0n]])
    // In the standard form a component has its place whatever is enabled besides; compacted, there are no gaps.
    for (const [enabled, standard, compacted] of [[1n, 576n, 576n], [0x203n, 2696n, 584n], [0x207n, 2696n, 840n]] as const) {
      max.state.xcr0 = enabled
      expect([leaf(max, memory, 13n), leaf(max, memory, 13n, 1n)[1]]).toEqual([[0x207n, standard, 2696n, 0n], compacted])
    }
  })

  it('a Haswell is the first with all of x86-64-v3', () => {
    const { memory } = new TestMachine('oracle')
    // System V ABI, AMD64 supplement, table 3.1: FMA, MOVBE, OSXSAVE's XSAVE, AVX, F16C in leaf 1; BMI1, AVX2, BMI2 in leaf 7; LZCNT.
    const v3 = (cpu: Cpu): boolean => {
      const all = (number: bigint, register: number, bits: readonly number[]): boolean => bits.every((bit) => (((leaf(cpu, memory, number)[register] ?? 0n) >> BigInt(bit)) & 1n) === 1n)
      return all(1n, 2, [12, 22, 26, 28, 29]) && all(7n, 1, [3, 5, 8]) && all(0x8000_0001n, 2, [5])
    }
    expect(CPU_MODEL_NAMES.filter((name) => CPU_MODELS[name].hasCpuid && v3(machineOf(name, memory)))).toEqual(['haswell', 'max'])
  })
})

const RAM = 0x20_0000

function machineOf(model: CpuModelName, memory: WebAssembly.Memory): Cpu {
  const frame = (physical: number): number => (physical < RAM ? memory.buffer.byteLength - RAM + physical : 0)
  const nothing = (): number => 0
  return new Cpu({
    memory,
    physical: { readableFrame: frame, writableFrame: frame, read8: nothing, read16: nothing, read32: nothing, write8: nothing, write16: nothing, write32: nothing },
    ports: { read: nothing, write: nothing },
    interrupts: { pending: false, acknowledge: nothing },
    backend: 'oracle',
    model,
  })
}

function run(cpu: Cpu, memory: WebAssembly.Memory, code: readonly number[], count: number): void {
  const { state } = cpu
  new Uint8Array(memory.buffer).set(code, memory.buffer.byteLength - RAM + 0x1000)
  for (const index of [0, 1, 2, 3]) state.setSegment(index, { selector: 0, base: 0n, limit: 0xffff, attributes: 0x93 })
  state.setGpr(4, 0x800n)
  state.rip = 0x1000n
  state.updateModes()
  cpu.run(count)
}

function leaf(cpu: Cpu, memory: WebAssembly.Memory, number: bigint, subLeaf = 0n): bigint[] {
  cpu.state.setGpr(0, number)
  cpu.state.setGpr(1, subLeaf)
  run(cpu, memory, [0x0f, 0xa2], 1)
  return [0, 3, 1, 2].map((index) => cpu.state.gpr(index))
}
