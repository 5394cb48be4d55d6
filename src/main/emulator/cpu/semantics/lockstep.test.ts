import { describe, expect, it } from 'vitest'
import { decode } from '../decode/decode'
import type { Decoded } from '../decode/decoded'
import { encodeRow } from '../decode/encode-row'
import { CpuFault } from '../faults'
import { createInterpreter } from '../interp/interp'
import { rows } from '../isa'
import { blockWith } from '../jit/block'
import { TRANSLATE_AT_ONCE, TRANSLATE_EACH } from '../jit/options'
import type { Row } from '../isa/row'
import type { BackendFactory } from './backend'
import { createOracle } from './oracle'
import { Random } from './random'
import { FCW, X87, X87_RULES } from '../state/layout'
import { CODE, DATA, STACK, TestBench } from './test-bench'

const MODES = [[0, 16], [1, 32], [2, 64]] as const
/** Vector instructions are many, and have vectors from hardware for each. */
const triesOf = ({ unit }: Row): number => (unit === undefined ? 12 : 4)
/** The backends that the oracle judges. Translating costs a millisecond each time, and is done with the first execution here. */
const SUBJECTS = [
  { name: 'interpreter', factory: createInterpreter, share: 1 },
  { name: 'translator of each instruction', factory: blockWith(TRANSLATE_EACH), share: Number(process.env['BOOTLAB_LOCKSTEP'] ?? 1 / 12) },
] as const
const PROGRAM_SUBJECTS = [{ name: 'interpreter', factory: createInterpreter }, { name: 'translator', factory: blockWith(TRANSLATE_AT_ONCE) }] as const
const RUNS = SUBJECTS.flatMap((subject) => MODES.map(([mode, bits]) => ({ ...subject, mode, bits })))
const PREFIXES = [0x66, 0x67, 0x26, 0x2e, 0x36, 0x64, 0xf2, 0xf3]
const VEX_PREFIXES = [0x67, 0x26, 0x2e, 0x36, 0x64]

/** Bytes that may be an instruction of the row: random prefixes, ModRM, displacement and immediates. */
function encode(row: Row, mode: 16 | 32 | 64, random: Random): number[] {
  const bytes: number[] = []
  for (const prefix of row.vex === undefined ? PREFIXES : VEX_PREFIXES) if (random.chance(7)) bytes.push(prefix)
  bytes.push(...encodeRow(row, mode, random))
  const displacementSign = random.chance(2) ? 0 : 0xff
  for (let index = 0; index < 14; index++) bytes.push(index > 0 && random.chance(2) ? displacementSign : random.below(256))
  return bytes
}

/** The oracle and another backend with the same registers, flags and memory. */
class Pair {
  readonly oracle: TestBench
  readonly subject: TestBench
  readonly #random: Random

  constructor(factory: BackendFactory, mode: 0 | 1 | 2, random: Random) {
    this.oracle = new TestBench(createOracle, mode)
    this.subject = new TestBench(factory, mode)
    this.#random = random
    const noise = Uint8Array.from({ length: 0x3_0000 }, () => random.below(256))
    for (const bench of this.both) bench.poke(CODE, noise)
  }

  get both(): readonly TestBench[] {
    return [this.oracle, this.subject]
  }

  prepare(bytes: readonly number[], mode: 0 | 1 | 2): void {
    const random = this.#random
    const offset = random.chance(8) ? 0x1000 - random.below(15) : random.below(0x8000)
    const gprs = Array.from({ length: 16 }, () => {
      if (random.chance(3)) return random.operand()
      return BigInt((mode === 0 ? 0 : random.pick([DATA, STACK])) + random.below(0x8000))
    })
    if (random.chance(2)) gprs[1] = BigInt(random.below(40))
    const flags = random.u32() & 0x0cd5
    const rules = random.below(8)
    const floating = Uint8Array.from({ length: FCW - X87 }, () => random.pick([0, 0x7f, 0x80, 0xff, random.below(256), random.below(256)]))
    for (const bench of this.both) {
      const { state } = bench
      for (const [index, value] of gprs.entries()) state.setGpr(index, value)
      state.rip = BigInt(mode === 0 ? offset : CODE + offset)
      state.flags = flags
      state.shadowAt = -1
      bench.setFloating(floating)
      state.u32[X87_RULES >> 2] = rules
      bench.poke(CODE + offset, bytes)
      bench.calls.length = 0
      bench.attentions = 0
    }
  }
}

function outcome(bench: TestBench, count: number): unknown {
  let fault: string | undefined
  try {
    bench.run(count)
  } catch (error) {
    if (!(error instanceof CpuFault)) throw error
    fault = `#${error.vector} ${error.errorCode} ${error.address}`
  }
  const { state } = bench
  return {
    fault,
    gpr: Array.from({ length: 16 }, (_, index) => state.gpr(index).toString(16)),
    rip: state.rip.toString(16), flags: state.flags.toString(16), shadowAt: state.shadowAt, remaining: state.remaining,
    floating: bench.floating(),
    calls: [...bench.calls], attentions: bench.attentions,
  }
}

function sameMemory(pair: Pair): boolean {
  const [a, b] = pair.both.map((bench) => bench.state.u8.subarray(bench.ramBase, bench.ramBase + 0x5_0000))
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

describe.each(RUNS)('oracle and $name in code mode $mode ($bits bits)', ({ mode, bits, factory, share }) => {
  it('agree on every row with random operands', () => {
    const random = new Random(0x1234 + mode)
    const pair = new Pair(factory, mode, random)
    const seen = new Set<Row>()
    for (const row of rows) {
      for (let attempt = 0; attempt < Math.ceil(triesOf(row) * share); attempt++) {
        const bytes = encode(row, bits, random)
        const decoded = decode(Uint8Array.from(bytes), bits)
        if (decoded.outcome === 'instruction') seen.add(decoded.row)
        pair.prepare(bytes, mode)
        const count = repeats(decoded) ? 3 : 1
        const expected = outcome(pair.oracle, count)
        const actual = outcome(pair.subject, count)
        const where = `${row.name}: ${hex(bytes)}`
        expect(actual, where).toEqual(expected)
      }
      expect(sameMemory(pair), `memory after ${row.name}`).toBe(true)
    }
    const possible = rows.filter((row) => row.modes !== (bits === 64 ? 'not64' : 'only64'))
    expect(seen.size).toBeGreaterThan(possible.length * 0.8)
  })
})

const PROGRAMS = 60
const PROGRAM_INSTRUCTIONS = 40

describe.each(PROGRAM_SUBJECTS.flatMap((subject) => MODES.map(([mode, bits]) => ({ ...subject, mode, bits }))))('oracle and $name on programs in code mode $mode ($bits bits)', ({ mode, bits, factory }) => {
  it('agree after many instructions, with jumps and self-modification', () => {
    const random = new Random(0x4321 + mode)
    const pair = new Pair(factory, mode, random)
    const [first, ...others] = rows.filter((row) => row.faults === undefined && row.endsBlock !== true)
    if (first === undefined) throw new Error('There are no rows.')
    const simple = [first, ...others] as const
    let executed = 0
    for (let program = 0; program < PROGRAMS; program++) {
      const code: number[] = []
      while (code.length < 300) {
        const bytes = encode(random.pick(simple), bits, random)
        const decoded = decode(Uint8Array.from(bytes), bits)
        if (decoded.outcome === 'instruction') code.push(...bytes.slice(0, decoded.length))
      }
      pair.prepare(code, mode)
      // Stores of some programs go where their code is.
      const target = BigInt(mode === 0 ? random.below(0x100) : CODE + random.below(0x4000))
      for (const bench of pair.both) if (program % 3 === 0) bench.state.setGpr(3, target)
      const expected = outcome(pair.oracle, PROGRAM_INSTRUCTIONS)
      const actual = outcome(pair.subject, PROGRAM_INSTRUCTIONS)
      expect(actual, hex(code)).toEqual(expected)
      expect(sameMemory(pair), `memory after ${hex(code)}`).toBe(true)
      executed += PROGRAM_INSTRUCTIONS - pair.oracle.state.remaining
    }
    expect(executed).toBeGreaterThan(PROGRAMS * 5)
  })
})

function repeats(decoded: { readonly outcome: string } | Decoded): boolean {
  return 'row' in decoded && decoded.row.repeat !== undefined && decoded.repeat !== 'none'
}
