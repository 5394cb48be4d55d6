import { describe, expect, it } from 'vitest'
import { CpuFault, Vector } from '../faults'
import { createInterpreter } from '../interp/interp'
import { createOracle } from '../semantics/oracle'
import { CODE, DATA, TestBench } from '../semantics/test-bench'
import { CODE_16, CODE_64, CR0 } from '../state/bits'
import * as at from '../state/layout'

const BACKENDS = [{ name: 'oracle', factory: createOracle }, { name: 'interp', factory: createInterpreter }] as const
const RAX = 0
const IMAGE_BYTES = 512

/** A bench in 64-bit mode with RAX at the data, and every register of the units different. */
function prepare(factory: (typeof BACKENDS)[number]['factory']): TestBench {
  const bench = new TestBench(factory, CODE_64)
  bench.setFloating(Uint8Array.from({ length: at.FCW - at.X87 }, (_, index) => (index * 37 + 11) & 0xff))
  bench.state.setGpr(RAX, BigInt(DATA))
  return bench
}

function run(bench: TestBench, bytes: readonly number[], count = 1): number | undefined {
  bench.poke(CODE, bytes)
  bench.state.rip = BigInt(CODE)
  try {
    bench.run(count)
    return undefined
  } catch (error) {
    if (error instanceof CpuFault) return error.vector
    throw error
  }
}

describe.each(BACKENDS)('x87 and state images, $name', ({ factory }) => {
  it.each([
    ['fxsave, fxrstor', [0x0f, 0xae, 0x00], [0x0f, 0xae, 0x08]],
    ['fxsave64, fxrstor64', [0x48, 0x0f, 0xae, 0x00], [0x48, 0x0f, 0xae, 0x08]],
  ])('%s bring back what was saved', (name, save, restore) => {
    const bench = prepare(factory)
    const { state } = bench
    state.u32[at.FSW >> 2] = 5 << 11
    state.u32[at.FTW >> 2] = 0xa5
    state.u32[at.MXCSR >> 2] = 0x3f81
    state.u64[at.FIP >> 3] = name.includes('64') ? 0x1234_5678_9abcn : 0x5678_9abcn
    expect(run(bench, save)).toBeUndefined()
    const registers = Buffer.from(state.u8.subarray(at.X87, at.XMM)).toString('hex')
    const vectors = Buffer.from(state.u8.subarray(at.XMM, at.FCW))
    const [fcw, fsw, ftw, mxcsr, fip] = [at.FCW, at.FSW, at.FTW, at.MXCSR, at.FIP].map((field) => state.u32[field >> 2])
    const image = bench.peek(DATA, IMAGE_BYTES)
    expect(image[4]).toBe(0xa5)
    // ST(0) is R5; XMM1 follows XMM0.
    expect(image.slice(32, 40)).toEqual([...state.u8.subarray(at.X87 + 5 * at.X87_STRIDE, at.X87 + 5 * at.X87_STRIDE + 8)])
    expect(image.slice(176, 192)).toEqual([...state.u8.subarray(at.XMM + at.XMM_STRIDE, at.XMM + at.XMM_STRIDE + 16)])
    state.u8.fill(0, at.X87, at.MXCSR + 4)
    expect(run(bench, restore)).toBeUndefined()
    for (let register = 0; register < 8; register++) {
      const start = register * at.X87_STRIDE
      expect(Buffer.from(state.u8.subarray(at.X87 + start, at.X87 + start + 10)).toString('hex')).toBe(registers.slice(start * 2, start * 2 + 20))
    }
    for (let register = 0; register < 16; register++) {
      const start = register * at.XMM_STRIDE
      expect([...state.u8.subarray(at.XMM + start, at.XMM + start + 16)]).toEqual([...vectors.subarray(start, start + 16)])
    }
    expect([at.FCW, at.FSW, at.FTW, at.MXCSR, at.FIP].map((field) => state.u32[field >> 2])).toEqual([fcw, fsw, ftw, mxcsr, fip])
  })

  it('fxrstor refuses reserved bits of MXCSR and what is not aligned, and changes nothing', () => {
    const bench = prepare(factory)
    bench.poke(DATA, [...Array.from({ length: 26 }, () => 0), 1])
    const before = bench.floating()
    expect(run(bench, [0x0f, 0xae, 0x08])).toBe(Vector.GP)
    bench.state.setGpr(RAX, BigInt(DATA + 8))
    expect(run(bench, [0x0f, 0xae, 0x08])).toBe(Vector.GP)
    expect(run(bench, [0x0f, 0xae, 0x00])).toBe(Vector.GP)
    expect(bench.floating()).toBe(before)
  })

  it('is not there with CR0.EM or CR0.TS; FWAIT asks for MP and TS', () => {
    for (const [bits, fadd, fwait] of [[CR0.EM, Vector.NM, undefined], [CR0.TS, Vector.NM, undefined], [CR0.MP | CR0.TS, Vector.NM, Vector.NM]] as const) {
      const bench = prepare(factory)
      bench.state.setControl(0, CR0.PE | bits)
      expect(run(bench, [0xd8, 0xc1])).toBe(fadd)
      expect(run(bench, [0x9b])).toBe(fwait)
    }
  })

  it.each([
    ['today: of exceptions', 0, { opcode: false, operand: false, selectors: false }],
    ['Haswell: the operand', at.X87_REMEMBERS.operand, { opcode: false, operand: true, selectors: false }],
    ['Core 2: selectors, too', at.X87_REMEMBERS.operand | at.X87_REMEMBERS.selectors, { opcode: false, operand: true, selectors: true }],
    ['Pentium: all', at.X87_REMEMBERS.operand | at.X87_REMEMBERS.selectors | at.X87_REMEMBERS.opcode, { opcode: true, operand: true, selectors: true }],
  ])('remembers of the last instruction what processors did: %s', (_name, rules, always) => {
    const bench = prepare(factory)
    const { state } = bench
    const remembered = (): unknown => ({
      fip: state.u64[at.FIP >> 3], fop: state.u32[at.FOP >> 2], fdp: state.u64[at.FDP >> 3], selectors: (state.u32[at.FPU_SELECTORS >> 2] ?? 0).toString(16),
    })
    const nothing = { fop: 0, fdp: 0n, selectors: '0' }
    state.u32[at.X87_RULES >> 2] = rules
    state.u32[at.FTW >> 2] = 0
    state.u32[at.FCW >> 2] = 0x37b
    bench.poke(DATA, [0, 0, 0x80, 0x3f, 0, 0, 0, 0])
    // fld dword [rax]
    expect(run(bench, [0xd9, 0x00])).toBeUndefined()
    const operand = { fdp: BigInt(DATA), selectors: '100008' }
    expect(remembered()).toEqual({ ...nothing, ...(always.opcode && { fop: 0x100 }), ...(always.operand && operand), fip: BigInt(CODE) })
    // fninit forgets, a control instruction (fldcw) is not remembered; ZE unmasked: fld1; fdiv dword [rax+4]
    expect(run(bench, [0xdb, 0xe3])).toBeUndefined()
    bench.poke(DATA + 8, [0x7b, 0x03])
    expect(run(bench, [0xd9, 0x68, 0x08])).toBeUndefined()
    expect(remembered()).toEqual({ ...nothing, fip: 0n })
    expect(run(bench, [0xd9, 0xe8, 0xd8, 0x70, 0x04], 2)).toBeUndefined()
    expect(remembered()).toEqual({ fop: 0x070, fdp: BigInt(DATA + 4), selectors: '100008', fip: BigInt(CODE + 2) })
    // The images, which show selectors only where they are remembered always: fxsave [rax]; fnstenv [rax+32], 32 bits.
    const [fcs, fds] = always.selectors ? [8, 0x10] : [0, 0]
    expect(run(bench, [0x0f, 0xae, 0x00])).toBeUndefined()
    const word = (offset: number): number => (bench.peek(DATA, 512)[offset] ?? 0) | ((bench.peek(DATA, 512)[offset + 1] ?? 0) << 8)
    expect([word(6), word(12), word(20)]).toEqual([0x070, fcs, fds])
    expect(run(bench, [0xd9, 0x70, 0x20])).toBeUndefined()
    expect([word(32 + 16), word(32 + 18), word(32 + 24)]).toEqual([fcs, 0x070, fds])
    // fninit; fldenv [rax+32]; fnstenv again; the same by fxrstor
    expect(run(bench, [0xdb, 0xe3, 0xd9, 0x60, 0x20, 0xd9, 0x70, 0x20], 3)).toBeUndefined()
    expect([word(32 + 16), word(32 + 18), word(32 + 24)]).toEqual([fcs, 0x070, fds])
    expect(run(bench, [0x0f, 0xae, 0x00, 0xdb, 0xe3, 0x0f, 0xae, 0x08, 0x0f, 0xae, 0x00], 4)).toBeUndefined()
    expect([word(6), word(12), word(20)]).toEqual([0x070, fcs, fds])
  })

  it('stores linear addresses in the image of real mode', () => {
    const bench = new TestBench(factory, CODE_16)
    const { state } = bench
    state.u32[at.X87_RULES >> 2] = at.X87_REMEMBERS.operand | at.X87_REMEMBERS.selectors | at.X87_REMEMBERS.opcode
    bench.poke(CODE + 0x100, [0xd9, 0x06, 0x00, 0x02, 0xd9, 0x36, 0x10, 0x02])
    state.rip = 0x100n
    // fld dword [200h]; fnstenv [210h]
    bench.run(2)
    const image = bench.peek(DATA + 0x210, 14)
    const word = (offset: number): number => (image[offset] ?? 0) | ((image[offset + 1] ?? 0) << 8)
    const halves = (linear: number): [number, number] => [linear & 0xffff, (linear >> 16) << 12]
    const [instruction, upper] = halves(CODE + 0x100)
    expect([word(6), word(8), word(10), word(12)]).toEqual([instruction, upper | 0x106, ...halves(DATA + 0x200)])
  })

  it('reports an unmasked exception at the next waiting instruction', () => {
    const bench = prepare(factory)
    // 1/0 with ZE unmasked: FLDZ is ST(0), FLD1 was pushed before it.
    bench.state.u32[at.FTW >> 2] = 0
    bench.state.u32[at.FCW >> 2] = 0x37b
    expect(run(bench, [0xd9, 0xe8, 0xd9, 0xee, 0xd8, 0xf9], 3)).toBeUndefined()
    expect((bench.state.u32[at.FSW >> 2] ?? 0) & 0x8084).toBe(0x8084)
    expect(run(bench, [0xdf, 0xe0])).toBeUndefined()
    expect(run(bench, [0xd9, 0xe8])).toBe(Vector.MF)
    expect(run(bench, [0xdb, 0xe2, 0xd9, 0xe8], 2)).toBeUndefined()
  })
})
