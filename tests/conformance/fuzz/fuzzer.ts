/** Differential fuzzing: random programs of valid instructions, oracle against another backend. */
import type { BackendName } from '../../../src/main/emulator/cpu/cpu'
import { decode } from '../../../src/main/emulator/cpu/decode/decode'
import type { CodeMode } from '../../../src/main/emulator/cpu/decode/decoded'
import { disassemble } from '../../../src/main/emulator/cpu/decode/disassemble'
import { encodeRow } from '../../../src/main/emulator/cpu/decode/encode-row'
import { rows } from '../../../src/main/emulator/cpu/isa'
import type { Row } from '../../../src/main/emulator/cpu/isa/row'
import { blockWith } from '../../../src/main/emulator/cpu/jit/block'
import { TRANSLATE_AT_ONCE, TRANSLATE_EACH } from '../../../src/main/emulator/cpu/jit/options'
import type { BackendFactory } from '../../../src/main/emulator/cpu/semantics/backend'
import { Random } from '../../../src/main/emulator/cpu/semantics/random'
import { AREA_BYTES, CODE, DATA, differences, FuzzMachine, STACK, VECTOR_BYTES } from './fuzz-machine'

/** Backends that the oracle judges: the translator translates at once, and once with room for one region. */
export const FUZZ_SUBJECTS: Readonly<Record<string, BackendName | BackendFactory>> = {
  interp: 'interp', block: blockWith(TRANSLATE_AT_ONCE), 'block-small': blockWith({ ...TRANSLATE_EACH, regionInstructions: 20, codeBytes: 0 }),
}

export const FUZZ_MODES: readonly CodeMode[] = [16, 32, 64]

const CODE_BYTES = 256
const MOST_INSTRUCTIONS = 80
const LEGACY_PREFIXES = [0x66, 0x67, 0x26, 0x2e, 0x36, 0x64, 0xf2, 0xf3] as const
const VEX_PREFIXES = [0x67, 0x26, 0x2e, 0x36, 0x64] as const
/** EFLAGS that programs start with: any arithmetic flags, DF, sometimes AC. */
const START_FLAGS = 0xcd5
const ALIGNMENT_CHECK = 1 << 18

export interface Difference {
  /** Seed and mode that make exactly this program again. */
  readonly seed: number
  readonly mode: CodeMode
  /** Instructions of the program from its start. */
  readonly listing: readonly string[]
  readonly differences: readonly string[]
}

/** One pair of machines in one mode; each program comes from a seed of its own. */
export class Fuzzer {
  readonly mode: CodeMode
  readonly #oracle: FuzzMachine
  readonly #subject: FuzzMachine
  readonly #plain: readonly Row[]
  readonly #special: readonly Row[]
  readonly #vectors: readonly Row[]

  constructor(mode: CodeMode, subject: BackendName | BackendFactory) {
    this.mode = mode
    this.#oracle = new FuzzMachine('oracle', mode)
    this.#subject = new FuzzMachine(subject, mode)
    const possible = rows.filter((row) => row.modes !== (mode === 64 ? 'not64' : 'only64') && !(mode === 16 && (row.protectedOnly === true || row.unit === 'avx')))
    this.#vectors = possible.filter((row) => row.unit !== undefined)
    this.#special = possible.filter((row) => row.unit === undefined && (row.faults !== undefined || row.endsBlock === true))
    this.#plain = possible.filter((row) => row.faults === undefined && row.endsBlock !== true)
  }

  /** Runs the program of a seed on both. */
  run(seed: number): { readonly instructions: number; readonly difference: Difference | undefined } {
    const random = new Random(seed)
    // Neighbouring seeds start alike: let them part.
    for (let round = 0; round < 8; round++) random.u32()
    const { code, start } = this.#prepare(random)
    const before = this.#oracle.machine.cpu.now()
    for (const { machine } of this.#both) machine.cpu.run(MOST_INSTRUCTIONS)
    const found = differences(this.#oracle, this.#subject)
    const instructions = this.#oracle.machine.cpu.now() - before
    if (found.length === 0) return { instructions, difference: undefined }
    return { instructions, difference: { seed, mode: this.mode, listing: this.#list(code, start), differences: found } }
  }

  get #both(): readonly FuzzMachine[] {
    return [this.#oracle, this.#subject]
  }

  #prepare(random: Random): { code: number[]; start: number } {
    const code: number[] = []
    while (code.length < CODE_BYTES) code.push(...this.#instruction(random))
    // Sometimes over the end of a page.
    const start = CODE + (random.chance(4) ? 0x1000 - random.below(64) : random.below(0x8000))
    const user = this.mode !== 16 && random.chance(3)
    const gprs = Array.from({ length: 16 }, () => this.#register(random))
    if (random.chance(2)) gprs[1] = BigInt(random.below(40))
    gprs[4] = BigInt((this.mode === 16 ? 0 : STACK) + 0x4000 + random.below(0x1000) * 8)
    const flags = (random.u32() & START_FLAGS) | (user && random.chance(8) ? ALIGNMENT_CHECK : 0)
    const noise = Uint8Array.from({ length: 256 }, () => random.below(256))
    const noiseAt = DATA + random.below(AREA_BYTES - noise.length)
    const vectors = Uint8Array.from({ length: VECTOR_BYTES }, () => random.below(256))
    for (const side of this.#both) {
      const { machine } = side
      const { state } = machine.cpu
      side.restore(user)
      machine.poke(start, code)
      machine.poke(noiseAt, noise)
      for (const [index, value] of gprs.entries()) state.setGpr(index, value)
      side.setVectors(vectors)
      state.flags = flags
      state.rip = side.ripOf(start)
      machine.cpu.mmu.refresh()
    }
    return { code, start }
  }

  /** Mostly addresses of data, stack or (rarely) code, so that memory operands work. */
  #register(random: Random): bigint {
    // Few, where most of them are not canonical: programs end at the first exception.
    if (random.chance(this.mode === 64 ? 8 : 3)) return random.operand()
    if (this.mode === 16) return BigInt(random.below(AREA_BYTES))
    return BigInt(random.pick([DATA, DATA, DATA, STACK, CODE]) + random.below(AREA_BYTES))
  }

  #instruction(random: Random): number[] {
    for (;;) {
      const list = random.chance(4) ? this.#vectors : random.chance(8) ? this.#special : this.#plain
      const row = list[random.below(list.length)]
      if (row === undefined) continue
      const bytes: number[] = []
      for (const prefix of row.vex === undefined ? LEGACY_PREFIXES : VEX_PREFIXES) if (random.chance(12)) bytes.push(prefix)
      if (row.vex === undefined && row.lock === true && random.chance(4)) bytes.push(0xf0)
      bytes.push(...encodeRow(row, this.mode, random))
      const sign = random.chance(2) ? 0 : 0xff
      for (let index = 0; index < 14; index++) bytes.push(index > 0 && random.chance(2) ? sign : random.below(256))
      const decoded = decode(Uint8Array.from(bytes), this.mode)
      if (decoded.outcome === 'instruction') return bytes.slice(0, decoded.length)
    }
  }

  #list(code: readonly number[], start: number): string[] {
    const listing: string[] = []
    for (let position = 0; position < code.length; ) {
      const address = this.#oracle.ripOf(start + position)
      const { text, length } = disassemble(Uint8Array.from(code.slice(position)), this.mode, address)
      const bytes = code.slice(position, position + length).map((byte) => byte.toString(16).padStart(2, '0'))
      listing.push(`${address.toString(16).padStart(6)}  ${bytes.join(' ').padEnd(30)} ${text}`)
      position += length
    }
    return listing
  }
}

export interface FuzzResult {
  readonly instructions: number
  readonly programs: number
  readonly difference: Difference | undefined
}

/** Programs of one mode, seed after seed, until `instructions` were executed, something differed, or `deadline` (as `Date.now()`) is over. */
export function fuzz(mode: CodeMode, subject: BackendName | BackendFactory, seed: number, instructions: number, deadline = Infinity): FuzzResult {
  const fuzzer = new Fuzzer(mode, subject)
  let executed = 0
  let programs = 0
  while (executed < instructions && Date.now() < deadline) {
    const { instructions: count, difference } = fuzzer.run(seed + programs)
    executed += count
    programs++
    if (difference !== undefined) return { instructions: executed, programs, difference }
  }
  return { instructions: executed, programs, difference: undefined }
}
