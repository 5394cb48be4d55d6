/** A random test of a form: instruction bytes, registers, memory. */
import { Code, Decoder, DecoderOptions, InstructionInfoFactory, MemorySize, MemorySizeExt, Mnemonic, OpKind, type Register, RegisterExt, type Instruction } from 'iced-x86'
import type { Random } from '../../../src/main/emulator/cpu/semantics/random'
import type { Mode } from '../single-step/format'
import { generalRegisters, vectorRegisters } from '../single-step/registers'
import { operandAt, randomAddress, randomPlace, type Address, type Place } from './addresses'
import { ADDRESS_SIZE_PREFIX, opcodeBytes, pickEncoding, type Encoding, type Form } from './forms'
import type { Chunk, Registers, Segments, Start } from './processor'
import { cancelling, random64, randomBits, randomVector, type Element } from './values'

export const YMM_BITS = 256
const DEFAULT_MXCSR = 0x1f80
/** Exception flags and masks, DAZ, rounding, FTZ. */
const MXCSR_BITS = 0xffff
const MASKS = 0x1f80
const CONTROL = 0xe040
const FLAGS_ALWAYS = 0x202
const STATUS_FLAGS = 0x8d5
const DIRECTION = 0x400
const ALIGNMENT_CHECK = 1 << 18
const FCW_INITIAL = 0x37f
/** Where the instruction lies, as an offset in the code segment, and that segment's base. */
const IP = 0x800n
const CODE = 0x400000n
const INT3 = 0xcc
/** Bytes of the widest access whose alignment every processor checks. */
const MOST_CHECKED = 8
const RSP = 4
const RDI = 7

/** Selectors of each mode. */
export const SEGMENTS: Readonly<Record<Mode, Segments>> = {
  64: { cs: 0x33, ss: 0x2b, ds: 0x2b, es: 0x2b, fs: 0x37, gs: 0x3f },
  32: { cs: 0x27, ss: 0x2f, ds: 0x2f, es: 0x2f, fs: 0x37, gs: 0x3f },
  16: { cs: 0x0f, ss: 0x1f, ds: 0x17, es: 0x17, fs: 0x37, gs: 0x3f },
}

export interface Test {
  readonly name: string
  readonly mode: Mode
  readonly bytes: Uint8Array
  readonly start: Start
  /** `approx`: the result is defined only up to an error. */
  readonly tag: 'approx' | undefined
  /** The trap flag would end it at every element. */
  readonly gathers: boolean
}

/** What the tests of one file start from; a test changes only what its instruction names. */
export function randomBase(random: Random, mode: Mode): Registers {
  const general = Array.from({ length: 16 }, (_, index) => (index >= generalRegisters(mode).length ? 0n : mode === 64 ? random64(random) : BigInt(random.u32())))
  general[4] = mode === 16 ? 0x8000n : 0x308000n
  const x87 = Buffer.alloc(160)
  x87.writeUInt16LE(FCW_INITIAL, 0)
  for (let register = 0; register < 8; register++) {
    x87.writeBigUInt64LE(random64(random) | (1n << 63n), 32 + register * 16)
    x87.writeUInt16LE(0x3ff0 + random.below(32), 40 + register * 16)
  }
  return {
    general,
    ip: mode === 16 ? IP : CODE + IP,
    flags: FLAGS_ALWAYS,
    mxcsr: DEFAULT_MXCSR,
    ymm: Array.from({ length: 16 }, (_, index) => (index < vectorRegisters(mode) ? randomBits(random, YMM_BITS) : 0n)),
    x87,
  }
}

/** What an encoding turns out to be. */
interface Probe {
  readonly valid: boolean
  readonly memoryBytes: number
}

/** VEX.vvvv that is neither unused nor the register of a probe. */
const ANY_REGISTER = 5
/** Base RAX, index RSI or vector register 6. */
const SIB_ANY = 0x30
/** Opcodes of map 0F with an immediate; map 0F 3A has one always, map 0F 38 never. */
const WITH_IMMEDIATE: ReadonlySet<number> = new Set([0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6])
const hasImmediate = ({ map, opcode }: Encoding): boolean => map === 3 || (map === 1 && WITH_IMMEDIATE.has(opcode))
/** VZEROUPPER, VZEROALL, EMMS stand alone. */
const hasModRm = ({ map, opcode }: Encoding): boolean => map !== 1 || opcode !== 0x77
/** Bytes of the widest elements of masked moves. */
const ELEMENT = 8n
const isGather = ({ vex, map, opcode }: Encoding): boolean => vex && map === 2 && opcode >= 0x90 && opcode <= 0x93
const isMaskedMove = ({ map, opcode }: Encoding): boolean => map === 2 && ((opcode >= 0x2c && opcode <= 0x2f) || opcode === 0x8c || opcode === 0x8e)

export class Generator {
  readonly #random: Random
  readonly #mode: Mode
  readonly #base: Registers
  readonly #information = new InstructionInfoFactory()

  constructor(random: Random, mode: Mode, base: Registers) {
    this.#random = random
    this.#mode = mode
    this.#base = base
  }

  /** One test of the form. What it becomes with the chosen registers (#UD for some) is the processor's business. */
  make(form: Form): Test {
    for (;;) {
      const test = this.#attempt(form)
      if (test !== undefined) return test
    }
  }

  #attempt(form: Form): Test | undefined {
    const random = this.#random
    const mode = this.#mode
    const encoding = pickEncoding(random, form)
    const wide = mode === 64 ? 2 : 1
    const numbers = { reg: encoding.reg | (random.below(wide) << 3), vvvv: this.#vvvv(form, encoding.vex), rm: random.below(8 * wide) }
    const trailing = [random.chance(4) ? random.below(32) : random.below(256)]
    const probe = this.#probe(encoding, numbers.vvvv)
    const masked = encoding.vex && isMaskedMove(encoding)
    const bytes = probe.memoryBytes
    let address: Address | undefined
    let place: Place | undefined
    if (encoding.memory) {
      place = randomPlace(random, mode, bytes)
      address = randomAddress(random, mode, place, isGather(encoding) ? random.below(8 * wide) : undefined)
      // At which address an element faults that lies on two pages is not the same everywhere.
      if (address === undefined || (masked && place.linear % ELEMENT !== 0n)) return undefined
    }
    const x = address?.x ?? 0
    const b = address?.b ?? numbers.rm >> 3
    const immediates = hasImmediate(encoding) ? 1 : 0
    // Outside 64-bit mode C5 with the bit of the upper registers is LDS.
    const short = random.chance(2) && (mode === 64 || numbers.vvvv < 8)
    const opcode = [...this.#illegalPrefix(encoding.vex), ...(address?.prefixes ?? []), ...opcodeBytes(encoding, { r: numbers.reg >> 3, x, b, vvvv: numbers.vvvv, short })]
    const code = hasModRm(encoding) ? assemble(opcode, numbers.reg & 7, address, numbers.rm & 7, trailing.slice(0, immediates), place, this.#base.ip) : Uint8Array.from(opcode)
    if (code === undefined) return undefined
    return this.#state(form, code, address, place)
  }

  /** Where the instruction has no operand for it, VEX.vvvv is mostly unused. */
  #vvvv(form: Form, vex: boolean): number {
    const random = this.#random
    if (!vex) return 0
    const encoding = form.encodings[0]
    if (encoding === undefined) return 0
    const used = this.#probe(encoding, ANY_REGISTER).valid
    // Outside 64-bit mode the top bit does not count.
    return used ? random.below(this.#mode === 64 || random.chance(8) ? 16 : 8) : random.chance(20) ? 1 + random.below(7) : 0
  }

  /** Seldom a prefix that may not come before VEX. */
  #illegalPrefix(vex: boolean): readonly number[] {
    const random = this.#random
    if (!vex || !random.chance(60)) return []
    return [random.pick(this.#mode === 64 ? [0x66, 0xf2, 0xf3, 0xf0, 0x48, 0x41] : [0x66, 0xf2, 0xf3, 0xf0])]
  }

  #probe(encoding: Encoding, vvvv: number): Probe {
    const bytes = [...(this.#mode === 16 ? [ADDRESS_SIZE_PREFIX] : []), ...opcodeBytes(encoding, { r: 0, x: 0, b: 0, vvvv, short: false }), (encoding.memory ? 4 : 0xc1) | (encoding.reg << 3), encoding.memory ? SIB_ANY : 0, 0, 0, 0, 0]
    const decoder = new Decoder(this.#mode, Uint8Array.from(bytes), DecoderOptions.None)
    const instruction = decoder.decode()
    const valid = instruction.code !== Code.INVALID
    const result = { valid, memoryBytes: valid ? MemorySizeExt.size(instruction.memorySize) : 16 }
    instruction.free()
    decoder.free()
    return result
  }

  #state(form: Form, code: Uint8Array, address: Address | undefined, place: Place | undefined): Test {
    const random = this.#random
    const mode = this.#mode
    const decoder = new Decoder(mode, code, DecoderOptions.None)
    const instruction = decoder.decode()
    const general = [...this.#base.general]
    const ymm = [...this.#base.ymm]
    const memory: Chunk[] = []
    const mnemonic = (Mnemonic[instruction.mnemonic] ?? '').toLowerCase()
    const element = elementOf(instruction, mnemonic)
    const bits = random.chance(6) ? YMM_BITS : bitsOfInterest(instruction, element)
    for (const register of this.#registers(instruction)) {
      if (register.vector) {
        const kind = register.number === this.#countRegister(instruction, mnemonic) ? 'count' : element === 'count' ? 'integer' : element
        const kept = (ymm[register.number] ?? 0n) >> BigInt(bits)
        ymm[register.number] = (kept << BigInt(bits)) | randomVector(random, kind, bits)
      } else if (register.number !== RSP) general[register.number] = this.#general(mnemonic)
    }
    this.#correlate(instruction, mnemonic, element, ymm)
    for (const [number, value] of address?.registers ?? []) general[number] = value
    if (mnemonic.endsWith('maskmovdqu')) general[RDI] = place?.linear ?? (mode === 16 ? 0n : 0x200000n) + BigInt(random.below(0xff00))
    if (place !== undefined && address !== undefined && instruction.code !== Code.INVALID) {
      const linear = operandAt(mode, place, address)
      if (instruction.isVsib) memory.push(...this.#elements(instruction, linear, ymm))
      else memory.push(...this.#operand(instruction, mnemonic, element, Number(linear)))
    }
    // Which of two faults comes first, alignment's or paging's, is no processor's promise; nor whether vectors are checked.
    const checked = memory.length > 0 && !instruction.isVsib && MemorySizeExt.size(instruction.memorySize) <= MOST_CHECKED
    const alignmentCheck = checked && random.chance(40) ? ALIGNMENT_CHECK : 0
    const registers: Registers = {
      ...this.#base,
      general,
      ymm,
      flags: FLAGS_ALWAYS | (random.u32() & STATUS_FLAGS) | (random.chance(8) ? DIRECTION : 0) | alignmentCheck,
      mxcsr: this.#mxcsr(element),
    }
    memory.unshift({ address: Number(mode === 16 ? CODE + registers.ip : registers.ip), bytes: code })
    const gathers = instruction.isVsib
    instruction.free()
    decoder.free()
    return { name: form.name, mode, bytes: code, start: { registers, segments: SEGMENTS[mode], trap: !gathers, memory }, gathers, tag: /^v?r(cp|sqrt)[ps]s$/.test(mnemonic) ? 'approx' : undefined }
  }

  /** Registers that the instruction uses, also without naming them. */
  #registers(instruction: Instruction): { vector: boolean; number: number }[] {
    const information = this.#information.info(instruction)
    const used = information.usedRegisters().map((entry: { readonly register: Register; free(): void }) => {
      const { register } = entry
      entry.free()
      return register
    })
    information.free()
    return used.flatMap((register) => {
      const vector = RegisterExt.isVectorRegister(register)
      const number = RegisterExt.number(register)
      return (vector || RegisterExt.isGPR(register)) && number < (this.#mode === 64 ? 16 : 8) ? [{ vector, number }] : []
    })
  }

  #general(mnemonic: string): bigint {
    const random = this.#random
    // Lengths of strings.
    if (mnemonic.includes('cmpestr') && !random.chance(6)) return BigInt.asUintN(this.#mode === 64 ? 64 : 32, BigInt(random.below(40) - 20))
    return this.#mode === 64 ? random.operand() : BigInt.asUintN(32, random.operand())
  }

  /** The register that holds shift counts. */
  #countRegister(instruction: Instruction, mnemonic: string): number | undefined {
    if (!/^v?ps(ll|rl|ra)/.test(mnemonic)) return undefined
    const last = instruction.opCount - 1
    return instruction.opKind(last) === OpKind.Register ? RegisterExt.number(instruction.opRegister(last)) : undefined
  }

  /** Sums of products that cancel. */
  #correlate(instruction: Instruction, mnemonic: string, element: Element, ymm: bigint[]): void {
    const order = /^vfn?m(?:add|sub|addsub|subadd)(132|213|231)/.exec(mnemonic)?.[1]
    if (order === undefined || (element !== 'float32' && element !== 'float64') || !this.#random.chance(3)) return
    const numbers = [0, 1, 2].map((index) => (instruction.opKind(index) === OpKind.Register ? RegisterExt.number(instruction.opRegister(index)) : undefined))
    const pick = (digit: number): number | undefined => numbers[Number(order[digit]) - 1]
    const [a, b, c] = [pick(0), pick(1), pick(2)]
    if (c === undefined || a === undefined) return
    ymm[c] = cancelling(this.#random, element, ymm[a] ?? 0n, ymm[b ?? a] ?? 0n, YMM_BITS)
  }

  #operand(instruction: Instruction, mnemonic: string, element: Element, linear: number): Chunk[] {
    const random = this.#random
    const size = MemorySizeExt.size(instruction.memorySize)
    if (size === 0) return []
    const value = mnemonic.endsWith('ldmxcsr')
      ? BigInt(random.chance(8) ? random.u32() : random.below(0x10000))
      : mnemonic.endsWith('stmxcsr') || random.chance(30) ? 0n : randomVector(random, element, size * 8)
    return mapped(linear, littleEndian(value, size))
  }

  /** Elements of a gather, around the place; now and then one lies where nothing is. The mask is often partial. */
  #elements(instruction: Instruction, linear: bigint, ymm: bigint[]): Chunk[] {
    const random = this.#random
    const size = MemorySizeExt.size(instruction.memorySize)
    const float = (MemorySize[instruction.memorySize] ?? '').includes('Float')
    const indexBits = (Mnemonic[instruction.mnemonic] ?? '').toLowerCase().startsWith('vpgatherd') || /^vgatherd/i.test(Mnemonic[instruction.mnemonic] ?? '') ? 32 : 64
    const scale = BigInt(instruction.memoryIndexScale)
    const index = RegisterExt.number(instruction.memoryIndex)
    const chunks: Chunk[] = []
    let indexes = 0n
    const faulting = random.chance(6)
    for (let at = 0; at < YMM_BITS; at += indexBits) {
      const stray = faulting && random.chance(3)
      const offset = stray ? BigInt(random.u32() >>> 1) : BigInt(random.below(0x400) - 0x200)
      indexes |= BigInt.asUintN(indexBits, offset) << BigInt(at)
      if (!stray) chunks.push(...mapped(Number(linear + offset * scale), littleEndian(randomVector(random, float ? (size === 4 ? 'float32' : 'float64') : 'integer', size * 8), size)))
    }
    ymm[index] = indexes
    // The mask is the operand in VEX.vvvv.
    const mask = RegisterExt.number(instruction.opRegister(2))
    if (mask !== index && random.chance(4)) ymm[mask] = random.chance(2) ? (1n << BigInt(YMM_BITS)) - 1n : 0n
    return chunks
  }

  #mxcsr(element: Element): number {
    const random = this.#random
    if (!element.startsWith('float') || random.chance(3)) return DEFAULT_MXCSR
    const control = random.chance(2) ? random.u32() & CONTROL : random.u32() & CONTROL & ~0x8040
    const status = random.chance(2) ? random.u32() & 0x3f : 0
    return (control | status | (random.chance(5) ? random.u32() & MASKS : MASKS)) & MXCSR_BITS
  }
}

/** The two ways to execute a test that must agree: ended by the trap flag, and by an INT3 behind the instruction; for gathers twice the latter. */
export function executions(test: Test): readonly [Start, Start] {
  const { start, bytes } = test
  const [code, ...rest] = start.memory
  if (code === undefined) throw new Error('A test without code.')
  const stopped = { ...start, trap: false, memory: [{ address: code.address, bytes: Uint8Array.from([...bytes, INT3]) }, ...rest] }
  return [test.gathers ? stopped : start, stopped]
}

/** Undefined when a displacement relative to RIP does not reach. */
function assemble(opcode: readonly number[], reg: number, address: Address | undefined, register: number, trailing: readonly number[], place: Place | undefined, ip: bigint): Uint8Array | undefined {
  if (address === undefined) return Uint8Array.from([...opcode, 0xc0 | (reg << 3) | register, ...trailing])
  const { mod, rm, sib, displacementBytes } = address
  const before = [...opcode, (mod << 6) | (reg << 3) | rm, ...(sib === undefined ? [] : [sib])]
  const next = ip + BigInt(before.length + displacementBytes + trailing.length)
  const displacement = address.ripRelative && place !== undefined ? BigInt(address.displacement) - next : BigInt(address.displacement)
  if (address.ripRelative && BigInt.asIntN(32, displacement) !== displacement) return undefined
  return Uint8Array.from([...before, ...littleEndian(BigInt.asUintN(32, displacement), displacementBytes), ...trailing])
}

function littleEndian(value: bigint, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => Number((value >> BigInt(index * 8)) & 0xffn))
}

const WRITABLE = [[0x200000, 0x210000], [0x300000, 0x310000]] as const

/** A chunk, if it lies in writable memory. */
function mapped(address: number, bytes: Uint8Array): Chunk[] {
  return WRITABLE.some(([start, end]) => address >= start && address + bytes.length <= end) ? [{ address, bytes }] : []
}

/** How much of a register the instruction computes with; above that, one content is as good as another, and the base's packs well. */
function bitsOfInterest(instruction: Instruction, element: Element): number {
  const wide = Array.from({ length: instruction.opCount }, (_, index) => index).some((index) => instruction.opKind(index) === OpKind.Register && RegisterExt.isYMM(instruction.opRegister(index)))
  if (instruction.code === Code.INVALID) return 0
  if (wide) return YMM_BITS
  const { opCode } = instruction
  const scalar = element.startsWith('float') && (MemorySize[opCode.memorySize] ?? '').startsWith('Float')
  opCode.free()
  return scalar ? 64 : 128
}

/** Element kind from what memory operand the instruction has, or would have. */
function elementOf(instruction: Instruction, mnemonic: string): Element {
  if (instruction.code === Code.INVALID) return 'integer'
  if (/^v?ps(ll|rl|ra)/.test(mnemonic)) return 'count'
  if (mnemonic === 'vcvtps2ph') return 'float32'
  if (mnemonic.includes('cmpistr') || mnemonic.includes('cmpestr')) return 'text'
  const { opCode } = instruction
  const kind = MemorySize[opCode.memorySize] ?? ''
  opCode.free()
  if (kind.includes('Float16')) return 'float16'
  if (kind.includes('Float32')) return 'float32'
  if (kind.includes('Float64')) return 'float64'
  return 'integer'
}
