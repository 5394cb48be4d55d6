import { describe, expect, it } from 'vitest'
import { decode } from '../decode/decode'
import type { CodeMode, Decoded } from '../decode/decoded'
import { encodeRow } from '../decode/encode-row'
import { CpuFault } from '../faults'
import type { Flag } from '../semantics/builder'
import { createOracle } from '../semantics/oracle'
import { Random } from '../semantics/random'
import { FCW, X87 } from '../state/layout'
import { CODE, DATA, STACK, TestBench } from '../semantics/test-bench'
import { rows } from './index'
import { hasOpcodeRegister, rowOperand } from './operands'
import type { Row } from './row'

const MODES = [{ number: 0, bits: 16 }, { number: 1, bits: 32 }, { number: 2, bits: 64 }] as const
const FLAG_BITS: Readonly<Record<Flag, number>> = { CF: 1, PF: 4, AF: 0x10, ZF: 0x40, SF: 0x80, OF: 0x800 }
const ALL_FLAG_BITS = 0x8d5

function maskOf(flags: readonly Flag[] | undefined): number {
  return (flags ?? []).reduce((mask, flag) => mask | FLAG_BITS[flag], 0)
}

/** Bytes of the row's encoding with random ModRM and what follows; `mod3`: register form, where there is a choice. */
function encode(row: Row, bits: CodeMode, random: Random): Uint8Array {
  const bytes: number[] = row.vex === undefined && random.chance(3) ? [0x66] : []
  bytes.push(...encodeRow(row, bits, random))
  while (bytes.length < 15) bytes.push(random.chance(2) ? 0 : random.below(256))
  return Uint8Array.from(bytes)
}

function occurs(row: Row, bits: CodeMode): boolean {
  return row.modes === undefined || (row.modes === 'only64') === (bits === 64)
}

describe('instruction table', () => {
  it('has no two rows for the same bytes', () => {
    const key = (row: Row, opcode: number, mode: string): string =>
      [row.map, row.vex === undefined ? '' : `vex l${row.vex.l} w${row.vex.w}`, opcode.toString(16), row.reg, row.rm, row.form ?? modOf(row), row.prefix, row.noRexB, mode].join(' ')
    const modOf = (row: Row): string | undefined => {
      const places = row.operands.map((spec) => rowOperand(spec).place)
      return places.includes('memory') ? 'memory' : places.includes('register') ? 'register' : undefined
    }
    const seen = new Map<string, Row>()
    for (const row of rows) {
      for (let opcode = row.opcode; opcode < row.opcode + (hasOpcodeRegister(row) ? 8 : 1); opcode++) {
        for (const mode of ['legacy', '64']) {
          if (row.modes === (mode === '64' ? 'not64' : 'only64')) continue
          const other = seen.get(key(row, opcode, mode))
          expect(other, `${row.name} and ${other?.name}: opcode ${row.map} ${opcode.toString(16)}`).toBeUndefined()
          seen.set(key(row, opcode, mode), row)
        }
      }
    }
  })

  it('can decode every row', () => {
    const random = new Random(7)
    for (const row of rows) {
      for (const { bits } of MODES) {
        if (!occurs(row, bits)) continue
        let reached = false
        for (let attempt = 0; attempt < 400 && !reached; attempt++) {
          const decoded = decode(encode(row, bits, random), bits)
          reached = decoded.outcome === 'instruction' && decoded.row === row
        }
        expect(reached, `${row.name} ${row.map} ${row.opcode.toString(16)} in ${bits}-bit code`).toBe(true)
      }
    }
  })

  it('keeps written and undefined flags apart', () => {
    for (const { name, flags } of rows) expect(maskOf(flags?.writes) & maskOf(flags?.undefined), name).toBe(0)
  })
})

interface Snapshot {
  readonly fault: string | undefined
  readonly flags: number
  readonly registers: readonly bigint[]
  readonly floating: string
  readonly memory: Buffer
  readonly calls: readonly string[]
}

/** All of the bench's RAM. */
const MEMORY_BYTES = 0x10_0000

/** Registers, flags and code for one instruction, the same each time it is set. */
interface Scene {
  readonly bytes: Uint8Array
  readonly decoded: Decoded
  readonly gprs: readonly bigint[]
  readonly flags: number
}

function scene(row: Row, mode: (typeof MODES)[number], random: Random): Scene | undefined {
  const bytes = encode(row, mode.bits, random)
  const decoded = decode(bytes, mode.bits)
  if (decoded.outcome !== 'instruction' || decoded.row !== row || (row.repeat !== undefined && decoded.repeat !== 'none')) return undefined
  const gprs = Array.from({ length: 16 }, () => {
    if (random.chance(2)) return random.operand()
    return BigInt((mode.number === 0 ? 0 : random.pick([DATA, STACK])) + random.below(0x8000))
  })
  return { bytes, decoded, gprs, flags: (random.u32() & 0xcd5) | 2 }
}

const FLOATING = Uint8Array.from({ length: FCW - X87 }, (_, index) => (index * 89 + (index >> 4) * 37) & 0xff)
const noise = Uint8Array.from({ length: MEMORY_BYTES }, (_, index) => (index * 167 + (index >> 8) * 91) & 0xff)

/** @param memory takes the memory as it is afterwards */
function execute(bench: TestBench, { bytes, gprs }: Scene, flags: number, memory: Buffer): Snapshot {
  const { state } = bench
  bench.poke(0, noise)
  const offset = 0x4000
  gprs.forEach((value, index) => state.setGpr(index, value))
  state.flags = flags
  state.rip = BigInt(bench.state.codeMode === 0 ? offset : CODE + offset)
  state.shadowAt = -1
  bench.setFloating(FLOATING)
  bench.poke(CODE + offset, bytes)
  bench.calls.length = 0
  let fault: string | undefined
  try {
    bench.run(1)
  } catch (error) {
    if (!(error instanceof CpuFault)) throw error
    fault = `#${error.vector}`
  }
  memory.set(state.u8.subarray(bench.ramBase, bench.ramBase + MEMORY_BYTES))
  return {
    fault,
    flags: state.flags,
    registers: [...Array.from({ length: 16 }, (_, index) => state.gpr(index)), state.rip],
    floating: bench.floating(),
    memory,
    calls: [...bench.calls],
  }
}

/** Rows that store several words on the stack: what was stored below the stack pointer before a fault stays. */
const STORES_BEFORE_FAULT: ReadonlySet<string> = new Set(['pushaw', 'enter', 'sgdt', 'sidt'])
/** What is in their vector registers or MXCSR after a fault stays: a gather's elements, the exceptions of a conversion before its store. */
const keepsPart = (row: Row): boolean => row.name === 'vcvtps2ph' || row.operands.some((spec) => rowOperand(spec).place === 'vsib')
/** Vector instructions are many, and depend on little but their operands. */
const triesOf = ({ unit }: Row): number => (unit === undefined ? 3 : 1)

describe.each(MODES)('rows in $bits-bit code', (mode) => {
  const random = new Random(mode.bits)
  const bench = new TestBench(createOracle, mode.number)
  const memories = [Buffer.alloc(MEMORY_BYTES), Buffer.alloc(MEMORY_BYTES)] as const

  function forEachScene(visit: (row: Row, scene: Scene, where: string) => void): void {
    for (const row of rows) {
      if (!occurs(row, mode.bits)) continue
      for (let attempt = 0; attempt < triesOf(row); attempt++) {
        const found = scene(row, mode, random)
        if (found !== undefined) visit(row, found, `${row.name} ${Buffer.from(found.bytes).toString('hex', 0, found.decoded.length)}`)
      }
    }
  }

  it('touch only the flags they name, and depend only on those they name', () => {
    let compared = 0
    forEachScene((row, found, where) => {
      const first = execute(bench, found, found.flags, memories[0])
      if (first.fault !== undefined) return
      const kept = ALL_FLAG_BITS & ~(maskOf(row.flags?.writes) | maskOf(row.flags?.undefined))
      expect((first.flags ^ found.flags) & kept, `${where}: flags that must stay`).toBe(0)
      const unread = ALL_FLAG_BITS & ~maskOf(row.flags?.reads)
      const second = execute(bench, found, found.flags ^ unread, memories[1])
      expect({ fault: second.fault, floating: second.floating, registers: second.registers, calls: second.calls }, where).toEqual({
        fault: first.fault, floating: first.floating, registers: first.registers, calls: first.calls,
      })
      expect(Buffer.compare(first.memory, second.memory), `${where}: memory`).toBe(0)
      // Where a helper sets the flags (POPF, IRET), the bench's helpers only note that they were called.
      if (first.calls.length === 0) expect((first.flags ^ second.flags) & maskOf(row.flags?.writes), `${where}: flags written`).toBe(0)
      compared++
    })
    expect(compared).toBeGreaterThan(800)
  })

  it('commit nothing when they fault', () => {
    let faults = 0
    forEachScene((row, found, where) => {
      // Addresses beyond the segment in 16- and 32-bit code, not canonical in 64-bit code; divisors that are too small.
      const wild: Scene = { ...found, gprs: found.gprs.map((value, index) => (index % 2 === 0 ? value : BigInt.asUintN(64, value | 0x4000_0000_0000_ffffn))) }
      const before = execute(bench, { ...wild, bytes: Uint8Array.of(0x90, ...found.bytes.subarray(1)) }, found.flags, memories[0])
      const after = execute(bench, wild, found.flags, memories[1])
      if (after.fault === undefined) return
      faults++
      expect(after.registers.slice(0, 16), where).toEqual(wild.gprs)
      expect(after.flags, where).toBe(found.flags)
      if (!keepsPart(row)) expect(after.floating, where).toBe(before.floating)
      if (STORES_BEFORE_FAULT.has(row.name)) return
      before.memory.set(found.bytes, CODE + 0x4000)
      expect(Buffer.compare(before.memory, after.memory), `${where}: memory`).toBe(0)
    })
    expect(faults).toBeGreaterThan(5)
  })
})
