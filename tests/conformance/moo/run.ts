/**
 * Runs MOO vectors of real mode: registers and memory in, run to the HLT behind the instruction (or behind the handler's
 * entry), registers and memory out.
 *
 * Where a present-day CPU differs from an 80286 by design, a test that fails is excused by one of the rules in `divergence`; it is
 * counted and listed, never passed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as z from 'zod'
import { Cpu, type BackendName } from '../../../src/main/emulator/cpu/cpu'
import { decode } from '../../../src/main/emulator/cpu/decode/decode'
import type { DecodeResult } from '../../../src/main/emulator/cpu/decode/decoded'
import { Vector } from '../../../src/main/emulator/cpu/faults'
import { CS, DS, ES, FS, GS, OF, SS } from '../../../src/main/emulator/cpu/state/bits'
import { IDTR, memoryLayout } from '../../../src/main/emulator/cpu/state/layout'
import { hex, MOST_DIFFERENCES, PASSED, type Outcome } from '../outcome'
import type { MooFile, MooTest } from './format'

const RAM_BYTES = 16 << 20
const GENERAL = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'] as const
const SEGMENTS: readonly (readonly [name: string, index: number])[] = [['es', ES], ['cs', CS], ['ss', SS], ['ds', DS], ['fs', FS], ['gs', GS]]
/** REP with CX = FFFFh, and the handler. */
const MOST_INSTRUCTIONS = 0x1_0100
/** NT and IOPL read as ones or zeros on early processors: not compared. */
const FLAGS_COMPARED = 0x0fff
/** Interrupt vectors that a test does not set up point here, one HLT per vector. */
const TRAPS_SEGMENT = 0xf000
const TRAPS_OFFSET = 0xff00
const EXCEPTIONS = 32
const HLT = 0xf4
/** Longest instruction of the 80286, in bytes. */
const LONGEST_286 = 10
const LOCK = 0xf0

/** Bits of the final flags that are defined, for the opcode of a file. */
export type FlagsMask = number

const opcodeSchema = z.object({ 'flags-mask': z.number().optional(), reg: z.record(z.string(), z.object({ 'flags-mask': z.number().optional() })).optional() })
const metadataSchema = z.object({ opcodes: z.record(z.string(), opcodeSchema) })

/** Reads `metadata.json` beside a vector file; all flags are defined where it has no mask, or is absent. */
export function flagsMask(path: string): FlagsMask {
  const beside = join(dirname(path), 'metadata.json')
  if (!existsSync(beside)) return 0xffff
  const metadata = metadataSchema.parse(JSON.parse(readFileSync(beside, 'utf8')))
  const [opcode = '', reg] = basename(path).replace(/\.MOO\.gz$/, '').split('.')
  const entry = metadata.opcodes[opcode]
  const found = reg === undefined ? entry : entry?.reg?.[reg]
  return found?.['flags-mask'] ?? 0xffff
}

/** Prefixes of the 80286: segment overrides, LOCK, REPNE, REP. */
const PREFIXES: ReadonlySet<number> = new Set([0x26, 0x2e, 0x36, 0x3e, LOCK, 0xf2, 0xf3])

/** LOCK among the prefixes (not the same byte in a displacement or immediate). */
function hasLock(instruction: Uint8Array): boolean {
  const opcode = instruction.findIndex((byte) => !PREFIXES.has(byte))
  return instruction.subarray(0, Math.max(opcode, 0)).includes(LOCK)
}

/** Single recordings that contradict the manual and all others of their form: by the test's id, what is odd, and where the manual says otherwise. */
const MISCAPTURED: ReadonlyMap<string, string> = new Map([
  ['7df1d2a948c416f5a4416e2f747d2d357d497570', 'recorded frame holds SS in place of CS (Intel SDM vol. 2A, INT n/INTO: CS is pushed)'],
  ['ba5bb16b5a4306333a359c3abd2169b871ffa42c', 'recorded frame holds SS in place of CS (Intel SDM vol. 2A, INT n/INTO: CS is pushed)'],
  ['dce03c62813266bf0ba50e3325fa3898132cad1f', 'recorded quotient is not the quotient (Intel SDM vol. 2A, IDIV: #DE)'],
])

/** MOV to and from segment registers. */
const SEGMENT_MOVES: ReadonlySet<number> = new Set([0x8c, 0x8e])
const ROTATES_AND_SHIFTS: ReadonlySet<string> = new Set(['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sal', 'sar'])
const COUNT_BY_ONE: ReadonlySet<number> = new Set([0xd0, 0xd1])
const COUNT_IN_CL: ReadonlySet<number> = new Set([0xd2, 0xd3])

/** Flags that the architecture leaves undefined beyond what the vectors' metadata says: OF of shifts and rotates by more than one. */
function definedFlags(decoded: DecodeResult, test: MooTest): number {
  if (decoded.outcome !== 'instruction' || !ROTATES_AND_SHIFTS.has(decoded.row.name) || COUNT_BY_ONE.has(decoded.opcode)) return 0xffff
  const count = COUNT_IN_CL.has(decoded.opcode) ? (test.initial.registers.get('cx') ?? 0) : Number(decoded.immediate & 0xffn)
  return (count & 0x1f) === 1 ? 0xffff : 0xffff & ~OF
}

export class MooRunner {
  readonly #cpu: Cpu
  readonly #ramBase: number
  readonly #touched = new Set<number>()

  constructor(backend: BackendName) {
    const { ramBase, wasmPages } = memoryLayout(RAM_BYTES)
    this.#ramBase = ramBase
    const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages })
    const frame = (physical: number): number => (physical < RAM_BYTES ? ramBase + physical : 0)
    const nothing = (): void => undefined
    this.#cpu = new Cpu({
      memory,
      backend,
      physical: { plain: { base: ramBase, lowPages: RAM_BYTES / 4096, pages: RAM_BYTES / 4096 }, readableFrame: frame, writableFrame: frame, read8: () => 0xff, read16: () => 0xffff, read32: () => 0xffff_ffff, write8: nothing, write16: nothing, write32: nothing },
      ports: { read: (_port, size) => (size === 1 ? 0xff : size === 2 ? 0xffff : 0xffff_ffff), write: nothing },
      interrupts: { pending: false, acknowledge: () => 0xff },
    })
  }

  run(file: MooFile, test: MooTest, mask: FlagsMask): Outcome {
    const decoded = decode(test.bytes, 16)
    if (decoded.outcome === 'invalid' && test.exception !== Vector.UD && !hasLock(test.bytes)) return { status: 'skipped', reason: 'no row' }
    const odd = MISCAPTURED.get(test.hash)
    if (odd !== undefined) return { status: 'skipped', reason: odd }
    this.#load(test)
    const differences: string[] = []
    try {
      for (let left = MOST_INSTRUCTIONS; left > 0 && !this.#cpu.halted && this.#cpu.shutdown === undefined; ) left -= this.#cpu.run(left)
      if (!this.#cpu.halted) differences.push(`did not reach HLT (IP ${hex(this.#cpu.state.rip)})`)
    } catch (error) {
      differences.push(`emulator error: ${error instanceof Error ? error.message : String(error)}`)
    }
    this.#compare(test, mask & definedFlags(decoded, test) & FLAGS_COMPARED, differences)
    this.#cleanUp(test)
    if (differences.length === 0) return PASSED
    const excuse = file.cpu === 'C286' ? this.#divergence(test, decoded, differences) : undefined
    return excuse === undefined ? { status: 'failed', differences: differences.slice(0, MOST_DIFFERENCES) } : { status: 'skipped', reason: excuse }
  }

  /** The exception whose trap the CPU halted in, if it did. */
  #trapped(): number | undefined {
    const { state } = this.#cpu
    const offset = Number(state.rip) - 1 - TRAPS_OFFSET
    return state.selector(CS) === TRAPS_SEGMENT && offset >= 0 && offset < EXCEPTIONS ? offset : undefined
  }

  /** Differences by design between the 80286 and a present-day CPU. */
  #divergence(test: MooTest, decoded: DecodeResult, differences: readonly string[]): string | undefined {
    const trapped = this.#trapped()
    const instruction = test.bytes.subarray(0, -1)
    if (trapped === Vector.UD && hasLock(instruction)) return 'differs from the 80286: LOCK is #UD'
    if (test.exception === Vector.GP && instruction.length > LONGEST_286) return 'differs from the 80286: limit of 10 bytes'
    if (trapped === Vector.SS && test.exception === Vector.GP) return 'differs from the 80286: stack faults are #SS'
    if (decoded.outcome !== 'instruction') return undefined
    if (test.exception === Vector.UD && SEGMENT_MOVES.has(decoded.opcode) && (decoded.reg === FS || decoded.reg === GS)) return 'differs from the 80286: FS and GS exist'
    // Both raised the same exception (CS:IP agree), but the 80286 had already changed registers.
    const sameHandler = !differences.some((difference) => /^(cs|ip|flags|emulator|did)/.test(difference))
    if (test.exception === Vector.GP && sameHandler && (decoded.row.repeat !== undefined || decoded.row.name === 'pop')) {
      return 'differs from the 80286: faulting instructions can be restarted'
    }
    return undefined
  }

  #load(test: MooTest): void {
    const { state } = this.#cpu
    this.#cpu.reset()
    const { registers, memory } = test.initial
    GENERAL.forEach((name, index) => state.setGpr(index, BigInt(registers.get(name) ?? 0)))
    for (const [name, index] of SEGMENTS) {
      const selector = registers.get(name) ?? 0
      state.setSegment(index, { selector, base: BigInt(selector) << 4n, limit: 0xffff, attributes: 0x93 })
    }
    state.setTable(IDTR, 0n, 0x3ff)
    state.rip = BigInt(registers.get('ip') ?? 0)
    state.flags = (registers.get('flags') ?? 0) & FLAGS_COMPARED
    state.updateModes()
    for (let vector = 0; vector < EXCEPTIONS; vector++) {
      this.#poke(TRAPS_SEGMENT * 16 + TRAPS_OFFSET + vector, HLT)
      const target = (TRAPS_SEGMENT << 16) | (TRAPS_OFFSET + vector)
      for (let byte = 0; byte < 4; byte++) this.#poke(vector * 4 + byte, (target >>> (byte * 8)) & 0xff)
    }
    for (const [address, value] of memory) this.#poke(address, value)
  }

  #poke(address: number, value: number): void {
    const host = this.#ramBase + address
    this.#cpu.state.u8[host] = value
    this.#cpu.codeChanged(host, 1)
    this.#touched.add(address)
  }

  #compare(test: MooTest, mask: number, differences: string[]): void {
    const { state } = this.#cpu
    const expected = (name: string): number => test.final.registers.get(name) ?? test.initial.registers.get(name) ?? 0
    const expect = (name: string, got: number): void => {
      if (expected(name) !== got) differences.push(`${name}: expected ${hex(expected(name))}, got ${hex(got)}`)
    }
    GENERAL.forEach((name, index) => expect(name, state.gpr32(index)))
    for (const [name, index] of SEGMENTS) expect(name, state.selector(index))
    expect('ip', Number(state.rip & 0xffffn))
    if (((expected('flags') ^ state.flags) & mask) !== 0) differences.push(`flags: expected ${hex(expected('flags'))}, got ${hex(state.flags)} (mask ${hex(mask)})`)
    this.#compareMemory(test, mask, differences)
  }

  #compareMemory(test: MooTest, mask: number, differences: string[]): void {
    const memory = new Map<number, number>([...test.initial.memory, ...test.final.memory])
    // The frame of an interrupt: IP, CS, flags from the final stack pointer up.
    const stackTop = (test.final.registers.get('sp') ?? 0) + 4
    const flagsAddress = test.exception === undefined ? undefined : (test.initial.registers.get('ss') ?? 0) * 16 + (stackTop & 0xffff)
    for (const [address, value] of memory) {
      let care = 0xff
      if (address === flagsAddress) care = mask & 0xff
      else if (flagsAddress !== undefined && address === flagsAddress + 1) care = mask >>> 8
      const got = this.#cpu.state.u8[this.#ramBase + address] ?? 0
      if (((got ^ value) & care) !== 0) differences.push(`memory ${hex(address)}: expected ${hex(value)}, got ${hex(got)}`)
    }
  }

  #cleanUp(test: MooTest): void {
    for (const [address] of test.final.memory) this.#touched.add(address)
    for (const address of this.#touched) {
      this.#cpu.state.u8[this.#ramBase + address] = 0
      this.#cpu.codeChanged(this.#ramBase + address, 1)
    }
    this.#touched.clear()
  }
}

