import { describe, expect, it } from 'vitest'
import { CpuFault } from '../faults'
import { createInterpreter } from '../interp/interp'
import { blockWith } from '../jit/block'
import { CODE_16, CODE_32, CODE_64 } from '../state/bits'
import { createOracle } from './oracle'
import { Random } from './random'
import { CODE, DATA, TestBench } from './test-bench'

const SUBJECTS = [{ name: 'interpreter', factory: createInterpreter }, { name: 'translator', factory: blockWith({ threshold: 0 }) }] as const
const MODES = [[CODE_16, 16], [CODE_32, 32], [CODE_64, 64]] as const
const RUNS = SUBJECTS.flatMap((subject) => MODES.map(([mode, bits]) => ({ ...subject, mode, bits })))
const CASES = 16
const [RCX, RSI, RDI] = [1, 6, 7]
const DF = 1 << 10
const RAM = 0x5_0000

function outcome(bench: TestBench, count: number): unknown {
  let fault: number | undefined
  try {
    bench.run(count)
  } catch (error) {
    if (!(error instanceof CpuFault)) throw error
    fault = error.vector
  }
  const { state } = bench
  return { fault, registers: [RCX, RSI, RDI].map((index) => state.gpr(index)), rip: state.rip, remaining: state.remaining, flags: state.flags, calls: bench.calls.length }
}

describe.each(RUNS)('REP MOVS and STOS in the $name, $bits bits', ({ factory, mode, bits }) => {
  it('come to the same after any number of iterations, with overlaps, page ends, limits, and code in the way', () => {
    const random = new Random(77 + bits)
    const benches = [createOracle, factory].map((each) => new TestBench(each, mode))
    const noise = Uint8Array.from({ length: RAM }, () => random.below(256))
    for (const bench of benches) bench.poke(0, noise)
    for (let index = 0; index < CASES; index++) {
      const opcode = random.pick([0xa4, 0xa5, 0xa5, 0xaa, 0xab, 0xab])
      const prefixes = [...(random.chance(3) ? [0x66] : []), ...(random.chance(4) ? [0x67] : []), ...(random.chance(6) ? [0x2e] : []), 0xf3, ...(bits === 64 && random.chance(3) ? [0x48] : [])]
      const start = CODE + random.below(0x800)
      const code = [0x40, 0x90, ...prefixes, opcode, 0x90, 0x90, 0xeb, 0xfe]
      const base = mode === CODE_16 ? 0 : DATA
      const to = base + random.pick([random.below(0x4000), 0xfff, 0x1ffd, 0x3f00 + random.below(256), 0xff00 + random.below(256)])
      const from = random.chance(2) ? to + random.below(64) - 40 : base + random.below(0x4000)
      const count = random.pick([0, 1, 2, random.below(20), random.below(700), random.below(700)])
      const target = random.chance(6) && mode !== CODE_16 ? start - random.below(300) : to
      const value = random.chance(2) ? 0n : random.operand()
      const flags = random.chance(8) ? DF | 2 : 2
      for (const bench of benches) {
        bench.poke(start, code)
        bench.state.rip = BigInt(mode === CODE_16 ? start - CODE : start)
        for (const [register, content] of [[0, value], [RCX, BigInt(count)], [RSI, BigInt(from)], [RDI, BigInt(target)]] as const) bench.state.setGpr(register, BigInt.asUintN(bits === 16 ? 32 : 64, content))
        bench.state.flags = flags
      }
      for (let left = count + 4; left > 0; ) {
        const slice = Math.min(left, random.pick([1, 2, random.below(60) + 1, 500]))
        const [expected, actual] = benches.map((bench) => outcome(bench, slice))
        expect(actual, `case ${index}: ${code.map((byte) => byte.toString(16)).join(' ')}, ${count} times`).toEqual(expected)
        left -= slice
      }
      const [a, b] = benches.map(({ state, ramBase }) => state.u8.subarray(ramBase, ramBase + RAM))
      expect(a !== undefined && b !== undefined && Buffer.compare(a, b) === 0, `memory after case ${index}`).toBe(true)
    }
  })
})
