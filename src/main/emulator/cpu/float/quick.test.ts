import { describe, expect, it } from 'vitest'
import { CpuFault } from '../faults'
import { createInterpreter } from '../interp/interp'
import { blockWith } from '../jit/block'
import { TRANSLATE_EACH } from '../jit/options'
import { createOracle } from '../semantics/oracle'
import { Random } from '../semantics/random'
import { CODE, TestBench } from '../semantics/test-bench'
import { CODE_64 } from '../state/bits'
import * as at from '../state/layout'

const SUBJECTS = [{ name: 'interpreter', factory: createInterpreter }, { name: 'translator', factory: blockWith(TRANSLATE_EACH) }] as const
const CASES = 40

/** On XMM0 and XMM1, or EAX and RAX. */
const FORMS = [['ps', []], ['pd', [0x66]], ['ss', [0xf3]], ['sd', [0xf2]]] as const
const OPERATIONS = [['add', 0x58], ['mul', 0x59], ['sub', 0x5c], ['div', 0x5e], ['min', 0x5d], ['max', 0x5f], ['sqrt', 0x51]] as const
const INSTRUCTIONS: readonly (readonly [string, readonly number[]])[] = [
  ...OPERATIONS.flatMap(([name, opcode]) => FORMS.map(([suffix, prefix]) => [`${name}${suffix}`, [...prefix, 0x0f, opcode, 0xc1]] as const)),
  ...FORMS.flatMap(([suffix, prefix]) => [0, 1, 2, 3, 6].map((predicate) => [`cmp${suffix} ${predicate}`, [...prefix, 0x0f, 0xc2, 0xc1, predicate]] as const)),
  ['ucomiss', [0x0f, 0x2e, 0xc1]], ['ucomisd', [0x66, 0x0f, 0x2e, 0xc1]], ['comiss', [0x0f, 0x2f, 0xc1]], ['comisd', [0x66, 0x0f, 0x2f, 0xc1]],
  ['cvtss2sd', [0xf3, 0x0f, 0x5a, 0xc1]], ['cvtsd2ss', [0xf2, 0x0f, 0x5a, 0xc1]],
  ['cvtsi2ss 32', [0xf3, 0x0f, 0x2a, 0xc0]], ['cvtsi2sd 32', [0xf2, 0x0f, 0x2a, 0xc0]], ['cvtsi2ss 64', [0xf3, 0x48, 0x0f, 0x2a, 0xc0]], ['cvtsi2sd 64', [0xf2, 0x48, 0x0f, 0x2a, 0xc0]],
  ['cvttss2si', [0xf3, 0x0f, 0x2c, 0xc1]], ['cvttsd2si 64', [0xf2, 0x48, 0x0f, 0x2c, 0xc1]], ['cvtss2si 64', [0xf3, 0x48, 0x0f, 0x2d, 0xc1]], ['cvtsd2si', [0xf2, 0x0f, 0x2d, 0xc1]],
  // vaddpd ymm0, ymm1, ymm1; vmulsd xmm0, xmm1, xmm0; vsqrtss xmm0, xmm1, xmm0
  ['vaddpd', [0xc5, 0xf5, 0x58, 0xc1]], ['vmulsd', [0xc5, 0xf3, 0x59, 0xc0]], ['vsqrtss', [0xc5, 0xf2, 0x51, 0xc0]],
]

/** Nothing set and all masked; PE set; all set; rounding up; denormals as zeros, and tiny results; PE not masked. */
const MXCSRS = [0x1fa0, 0x1fa0, 0x1f80, 0x1fbf, 0x5fa0, 0x9fe0, 0x0fa0] as const

/** Patterns at the edges of what a shortcut covers, and among them. */
function pattern(random: Random, bits: 32 | 64): bigint {
  const fraction = bits === 32 ? 23 : 52
  const greatest = bits === 32 ? 0xff : 0x7ff
  const middle = greatest >> 1
  const exponent = random.pick([0, 0, 1, 1, 2, greatest - 1, greatest, middle, middle + 1, middle - 1, middle + 30, middle + 31, middle + 62, middle - fraction, random.below(greatest)])
  const ones = (1n << BigInt(fraction)) - 1n
  const any = ((BigInt(random.u32()) << 32n) | BigInt(random.u32())) & ones
  const significand = random.pick([0n, 0n, 1n, ones, 1n << BigInt(fraction - 1), 3n << BigInt(fraction - 2), any, any])
  return (((BigInt(random.below(2)) << BigInt(bits - fraction - 1)) | BigInt(exponent)) << BigInt(fraction)) | significand
}

function outcome(bench: TestBench): unknown {
  bench.state.rip = BigInt(CODE)
  let fault: number | undefined
  try {
    bench.run(1)
  } catch (error) {
    if (!(error instanceof CpuFault)) throw error
    fault = error.vector
  }
  return { fault, rip: bench.state.rip, rax: bench.state.gpr(0), flags: bench.state.flags, floating: bench.floating() }
}

describe.each(SUBJECTS)('the host’s floating point in the $name', ({ factory }) => {
  const benches = [createOracle, factory].map((each) => new TestBench(each, CODE_64))

  it.each(INSTRUCTIONS)('%s is what the routines say, with all that is reported', (name, bytes) => {
    const random = new Random(name.length * 7919 + (bytes[1] ?? 0))
    for (const bench of benches) bench.poke(CODE, bytes)
    const single = name.includes('ss') || name.includes('ps')
    for (let index = 0; index < CASES; index++) {
      const registers = new Uint8Array(at.FCW - at.X87)
      const parts = new BigUint64Array(registers.buffer)
      const number = (): bigint => (single ? pattern(random, 32) | (pattern(random, 32) << 32n) : pattern(random, 64))
      // Half of the time all lanes are ordinary, so that packed shortcuts hold.
      const ordinary = (): bigint => (single ? 0x3f80_0000_3f80_0000n ^ (number() & 0x803f_ffff_803f_ffffn) : 0x3ff0_0000_0000_0000n ^ (number() & 0x800f_ffff_ffff_fff0n))
      const next = index % 2 === 0 ? number : ordinary
      for (let part = 0; part < 8; part++) parts[(at.XMM - at.X87) / 8 + part] = next()
      const mxcsr = random.pick(MXCSRS)
      const integer = random.chance(2) ? random.operand() : BigInt(random.u32())
      for (const bench of benches) {
        bench.setFloating(registers)
        bench.state.u32[at.MXCSR >> 2] = mxcsr
        bench.state.setGpr(0, integer)
        bench.state.flags = 2
      }
      const [expected, actual] = benches.map(outcome)
      expect(actual, `case ${index}, MXCSR ${mxcsr.toString(16)}`).toEqual(expected)
    }
  })
})
