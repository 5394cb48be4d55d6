/** Every kind of store that the instruction set has, into the code that is being executed: what comes behind it is executed as it was written. */
import { describe, expect, it } from 'vitest'
import { createInterpreter } from '../interp/interp'
import { CODE, DATA, STACK, TestBench } from '../semantics/test-bench'
import { CODE_32 } from '../state/bits'
import * as at from '../state/layout'
import { blockWith } from './block'
import { JitStatistics } from './statistics'

const [EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI] = [0, 1, 2, 3, 4, 5, 6, 7] as const
/** INC EBP, and DEC EBP, which differs in bit 3; and 32 bits of each, and of the difference. */
const [INC, DEC] = [0x45, 0x4d]
const [INCS, DECS, BITS] = [0x4545_4545n, 0x4d4d_4d4dn, 0x0808_0808n]
const INCREMENTS = 40
const JUMP_TO_SELF = [0xeb, 0xfe]
/** Stores go to the third of them, so that most cross a line of 64 bytes. */
const PASSED = 2
const LINE_END = CODE + 64
/** As many as all instructions of a case take, with REP's. */
const ENOUGH = 100

/** A store to [EBX] or [EDI], and registers that it needs. EAX and EDX are DECs, ECX is 4; ESP lies `below` bytes behind the target. */
const STORES: readonly (readonly [name: string, code: readonly number[], needs?: { readonly below?: number; readonly registers?: readonly (readonly [number, bigint])[] }])[] = [
  ['mov, 8 bits', [0x88, 0x13]],
  ['mov, 16 bits', [0x66, 0x89, 0x13]],
  ['mov, 32 bits', [0x89, 0x13]],
  ['mov, immediate', [0xc7, 0x03, DEC, DEC, DEC, DEC]],
  ['or, immediate', [0x83, 0x0b, 0x08]],
  ['add, 8 bits', [0x80, 0x03, 0x08]],
  ['xor', [0x31, 0x0b], { registers: [[ECX, BITS]] }],
  ['lock or', [0xf0, 0x83, 0x0b, 0x08]],
  ['bts', [0x0f, 0xba, 0x2b, 0x03]],
  ['not, twice, and or', [0xf7, 0x13, 0xf7, 0x13, 0x83, 0x0b, 0x08]],
  ['xchg', [0x87, 0x13]],
  ['xadd', [0x0f, 0xc1, 0x0b], { registers: [[ECX, BITS]] }],
  ['cmpxchg', [0x0f, 0xb1, 0x13], { registers: [[EAX, INCS]] }],
  // To [EDI], as EBX is data.
  ['cmpxchg8b', [0x0f, 0xc7, 0x0f], { registers: [[EAX, INCS], [EDX, INCS], [EBX, DECS], [ECX, DECS]] }],
  ['movbe', [0x0f, 0x38, 0xf1, 0x13]],
  ['push', [0x52], { below: 4 }],
  ['pusha', [0x60], { below: 32, registers: [[ECX, DECS]] }],
  ['pop', [0x8f, 0x03]],
  ['stosd', [0xab]],
  ['rep stosb', [0xf3, 0xaa]],
  ['rep stosd', [0xf3, 0xab]],
  ['movsd', [0xa5]],
  ['rep movsb', [0xf3, 0xa4]],
  ['rep movsd', [0xf3, 0xa5]],
  ['rep movsb downwards', [0xfd, 0xf3, 0xa4]],
  ['movd', [0x66, 0x0f, 0x7e, 0x03]],
  ['movq', [0x66, 0x0f, 0xd6, 0x03]],
  ['movss', [0xf3, 0x0f, 0x11, 0x03]],
  ['movsd (SSE2)', [0xf2, 0x0f, 0x11, 0x03]],
  ['movups', [0x0f, 0x11, 0x03]],
  ['vmovups', [0xc5, 0xfc, 0x11, 0x03]],
  ['movntps', [0x0f, 0x2b, 0x03]],
  ['movq (MMX)', [0x0f, 0x7f, 0x03]],
  ['fstp, 64 bits', [0xdd, 0x1b]],
  ['fstp, 80 bits', [0xdb, 0x3b]],
  ['fistp, 32 bits', [0xd9, 0xe8, 0xdb, 0x1b]],
]
const ALIGNED = new Set(['movntps'])

type Needs = NonNullable<(typeof STORES)[number][2]>

class Guest {
  readonly bench: TestBench
  readonly #start: number
  readonly #target: number
  readonly #needs: Needs

  constructor(factory: ConstructorParameters<typeof TestBench>[0], name: string, code: readonly number[], needs: Needs) {
    this.bench = new TestBench(factory, CODE_32)
    this.#needs = needs
    this.#target = ALIGNED.has(name) ? LINE_END : LINE_END - 2
    this.#start = this.#target - PASSED - code.length
    this.bench.poke(this.#start, [...code, ...Array<number>(INCREMENTS).fill(INC), ...JUMP_TO_SELF])
    this.bench.poke(DATA, Array<number>(256).fill(DEC))
    this.bench.poke(STACK, Array<number>(16).fill(DEC))
  }

  /** Executes the store and what comes behind it. @param into where it stores; without it, its own code */
  run(into = this.#target): this {
    const { state } = this.bench
    this.bench.setFloating(Uint8Array.from({ length: at.FCW - at.X87 }, () => DEC))
    const { below, registers = [] } = this.#needs
    const usual = [[EAX, DECS], [ECX, 4n], [EDX, DECS], [EBX, BigInt(into)], [ESP, BigInt(below === undefined ? STACK : into + below)], [EBP, 0n], [ESI, BigInt(DATA + 128)], [EDI, BigInt(into)]] as const
    for (const [register, value] of [...usual, ...registers]) state.setGpr(register, value)
    state.flags = 2
    state.rip = BigInt(this.#start)
    this.bench.run(ENOUGH)
    return this
  }

  get result(): unknown {
    const { state } = this.bench
    return { counter: state.gpr32(EBP) | 0, rip: state.rip, code: this.bench.peek(this.#start, this.#target - this.#start + INCREMENTS) }
  }
}

describe('a store into the code that comes next', () => {
  it.each(STORES.map(([name, code, needs = {}]) => [name, code, needs] as const))('%s', (name, code, needs) => {
    const statistics = new JitStatistics()
    const block = new Guest(blockWith({ threshold: 0 }, statistics), name, code, needs)
    const interp = new Guest(createInterpreter, name, code, needs)
    for (const guest of [block, interp]) guest.run(DATA + 64)
    expect(block.result).toEqual(interp.result)
    expect(statistics.regions).toBeGreaterThan(0)
    for (const guest of [block, interp]) guest.run()
    expect(block.result).toEqual(interp.result)
    expect(interp.bench.state.gpr32(EBP) | 0).toBeLessThan(INCREMENTS)
    expect(statistics.overwritten).toBeGreaterThan(0)
  })
})

it('a store that begins in a line without code and ends in the code of the next', () => {
  const [run, caller, increments] = [CODE + 64, CODE + 256, 8]
  const back = run - (caller + 7)
  const stores = [createInterpreter, blockWith({ threshold: 0 }, new JitStatistics())].map((factory) => {
    const bench = new TestBench(factory, CODE_32)
    bench.poke(run, [...Array<number>(increments).fill(INC), ...JUMP_TO_SELF])
    // mov [ebx], edx; jmp run
    bench.poke(caller, [0x89, 0x13, 0xe9, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff])
    return [DATA, run - 4, run - 2].map((into) => {
      const { state } = bench
      for (const [register, value] of [[EBX, BigInt(into)], [EDX, DECS], [EBP, 0n]] as const) state.setGpr(register, value)
      state.rip = BigInt(caller)
      bench.run(ENOUGH)
      return state.gpr32(EBP) | 0
    })
  })
  expect(stores).toEqual([[8, 8, 4], [8, 8, 4]])
})
