/** Instruction decoder (SDM vol. 2A, chapter 2), driven by the tables that are made from the rows. */
import { RIP_SLOT, ZERO_SLOT } from '../state/layout'
import type { Size } from '../semantics/builder'
import { Reg, Seg } from '../semantics/builder'
import type { RowOperand } from '../isa/operands'
import { operandBits } from '../isa/operands'
import type { AddressSize, CodeMode, Decoded, DecodeResult } from './decoded'
import type { CompiledRow, OpcodeEntry, Opcodes, OpcodeTable } from './tables'
import { ALL_OPCODES } from './tables'

/** Longest instruction, in bytes (SDM vol. 2A, 2.3.11). */
export const MAX_INSTRUCTION_LENGTH = 15

const Prefix = { none: 0, operandSize: 1, addressSize: 2, lock: 3, f2: 4, f3: 5, segment: 6, rex: 7 } as const

const SEGMENT_PREFIXES: ReadonlyMap<number, number> = new Map([
  [0x26, Seg.es], [0x2e, Seg.cs], [0x36, Seg.ss], [0x3e, Seg.ds], [0x64, Seg.fs], [0x65, Seg.gs],
])

/** Prefixes that came with the 80386. */
const PREFIXES_386: ReadonlySet<number> = new Set([0x64, 0x65, 0x66, 0x67])

const PREFIX_KINDS: Uint8Array = prefixKinds()

function prefixKinds(): Uint8Array {
  const kinds = new Uint8Array(256)
  kinds[0x66] = Prefix.operandSize
  kinds[0x67] = Prefix.addressSize
  kinds[0xf0] = Prefix.lock
  kinds[0xf2] = Prefix.f2
  kinds[0xf3] = Prefix.f3
  for (const byte of SEGMENT_PREFIXES.keys()) kinds[byte] = Prefix.segment
  for (let byte = 0x40; byte <= 0x4f; byte++) kinds[byte] = Prefix.rex
  return kinds
}

/** Opcodes D8–DF. */
const X87_ESCAPE = 0xd8

const REX_W = 8
const REX_R = 4
const REX_X = 2
const REX_B = 1

/** Base and index registers of the 16-bit address forms by ModRM.rm (SDM vol. 2A, table 2-1); -1: none. */
const BASES_16 = [Reg.rbx, Reg.rbx, Reg.rbp, Reg.rbp, Reg.rsi, Reg.rdi, Reg.rbp, Reg.rbx] as const
const INDEXES_16 = [Reg.rsi, Reg.rdi, Reg.rsi, Reg.rdi, -1, -1, -1, -1] as const

const INVALID_CONTROL: ReadonlySet<number> = new Set([1, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15])

/** Decodes the instruction at `bytes[start]`; bytes from `end` on are unknown. */
export function decode(bytes: Uint8Array, mode: CodeMode, start = 0, end = bytes.length, opcodes = ALL_OPCODES): DecodeResult {
  return new Decoding(bytes, mode, start, end, opcodes).run()
}

class Decoding {
  readonly #bytes: Uint8Array
  readonly #mode: CodeMode
  readonly #opcodes: Opcodes
  readonly #start: number
  readonly #end: number
  /** May run past the end: what is read there counts as zero, and the result is dropped. */
  #position: number
  #operandPrefix = false
  #addressPrefix = false
  #lock = false
  #repeat = 0
  #segmentOverride = -1
  #rex = 0
  #vex = false
  #vexL = false
  /** VEX.vvvv, not inverted: 0 where there is none. */
  #vvvv = 0
  #isMemory = false
  /** SIB.index is a vector register: here its slot. */
  #vsib = false
  #vectorIndex = 0
  #base = ZERO_SLOT
  #index = ZERO_SLOT
  #scale = 0
  #displacement = 0
  #segment: number = Seg.ds

  constructor(bytes: Uint8Array, mode: CodeMode, start: number, end: number, opcodes: Opcodes) {
    this.#opcodes = opcodes
    this.#bytes = bytes
    this.#mode = mode
    this.#start = start
    this.#end = end
    this.#position = start
  }

  run(): DecodeResult {
    let opcode = this.#prefixes()
    let opcodes: OpcodeTable | undefined = this.#opcodes.legacy['']
    if ((opcode === 0xc4 || opcode === 0xc5) && this.#isVex()) {
      opcodes = this.#vexPrefix(opcode === 0xc4)
      opcode = this.#u8()
    } else if (opcode === 0x0f) {
      opcode = this.#u8()
      opcodes = this.#opcodes.legacy['0f']
      if (opcode === 0x38 || opcode === 0x3a) {
        opcodes = this.#opcodes.legacy[opcode === 0x38 ? '0f38' : '0f3a']
        opcode = this.#u8()
      }
    }
    const entry = opcodes?.entry(opcode)
    return entry === undefined ? this.#finish(undefined) : this.#finish(this.#instruction(entry, opcode))
  }

  /** A result is worth something only if all its bytes were there. */
  #finish(decoded: Decoded | undefined): DecodeResult {
    const length = this.#position - this.#start
    if (this.#position > this.#end && this.#end - this.#start < MAX_INSTRUCTION_LENGTH) return { outcome: 'need-more' }
    if (length > MAX_INSTRUCTION_LENGTH) return { outcome: 'too-long' }
    return decoded ?? { outcome: 'invalid', length }
  }

  /** Reads the prefixes and returns the first byte that is none. */
  #prefixes(): number {
    while (this.#position - this.#start < MAX_INSTRUCTION_LENGTH) {
      const byte = this.#u8()
      const kind = PREFIX_KINDS[byte]
      if (kind === Prefix.none || (!this.#opcodes.has32Bit && PREFIXES_386.has(byte)) || (kind === Prefix.rex && this.#mode !== 64)) return byte
      // A REX prefix counts only directly before the opcode.
      this.#rex = 0
      switch (kind) {
        case Prefix.operandSize: this.#operandPrefix = true; break
        case Prefix.addressSize: this.#addressPrefix = true; break
        case Prefix.lock: this.#lock = true; break
        case Prefix.f3: this.#repeat = 1; break
        case Prefix.f2: this.#repeat = 2; break
        case Prefix.rex: this.#rex = byte; break
        default: this.#overrideSegment(byte)
      }
    }
    return this.#u8()
  }

  /** Outside 64-bit mode C4 and C5 are LES and LDS with a memory operand (SDM vol. 2A, 2.3.5). */
  #isVex(): boolean {
    if (this.#mode === 64) return true
    return this.#position < this.#end && (this.#bytes[this.#position] ?? 0) >> 6 === 3
  }

  /**
   * The rest of a VEX prefix; what it says lands in the fields of the legacy prefixes that it replaces.
   * @returns opcode map, or undefined: no such map, or a prefix that may not come before VEX
   */
  #vexPrefix(three: boolean): OpcodeTable | undefined {
    const forbidden = this.#operandPrefix || this.#repeat !== 0 || this.#lock || this.#rex !== 0
    const first = this.#u8()
    const second = three ? this.#u8() : first
    const mode64 = this.#mode === 64
    this.#vex = true
    this.#rex = 0
    if (mode64) {
      const inverted = ~first
      this.#rex = (inverted & 0x80 ? REX_R : 0) | (three && inverted & 0x40 ? REX_X : 0) | (three && inverted & 0x20 ? REX_B : 0)
    }
    if (three && second & 0x80) this.#rex |= REX_W
    this.#vvvv = (~second >> 3) & 15
    this.#vexL = (second & 4) !== 0
    this.#operandPrefix = (second & 3) === 1
    this.#repeat = (second & 3) === 2 ? 1 : (second & 3) === 3 ? 2 : 0
    const map = three ? first & 0x1f : 1
    return forbidden ? undefined : this.#opcodes.vex[map]
  }

  /** In 64-bit mode the prefixes of ES, CS, SS and DS are ignored. */
  #overrideSegment(byte: number): void {
    const segment = SEGMENT_PREFIXES.get(byte) ?? -1
    if (this.#mode !== 64 || segment >= Seg.fs) this.#segmentOverride = segment
  }

  #instruction(entry: OpcodeEntry, opcode: number): Decoded | undefined {
    const mode64 = this.#mode === 64
    const modRm = entry.hasModRm ? this.#u8() : 0
    const compiled = entry.select({ mode64, rexB: (this.#rex & REX_B) !== 0, operandPrefix: this.#operandPrefix, repeat: this.#repeat, vexL: this.#vexL, vexW: this.#vex && (this.#rex & REX_W) !== 0 }, modRm)
    if (compiled === undefined || (this.#vvvv !== 0 && !compiled.usesVvvv)) return undefined
    const { row } = compiled
    const operandSize = this.#operandSize(compiled)
    const addressSize = this.#addressSize()

    const rmNumber = (entry.hasModRm ? modRm & 7 : opcode & 7) | (this.#rex & REX_B ? 8 : 0)
    this.#isMemory = entry.hasModRm && modRm >> 6 !== 3 && !compiled.ignoresMod
    if (compiled.rm?.place === 'vsib') {
      if (addressSize === 16 || (modRm & 7) !== 4) return undefined
      this.#vsib = true
    }
    if (this.#isMemory) this.#address(modRm, addressSize)

    const immediates = [row.map === '' && (opcode & ~7) === X87_ESCAPE ? BigInt(((opcode & 7) << 8) | modRm) : 0n, 0n]
    compiled.trailing.forEach((operand, i) => {
      immediates[i] = this.#trailing(operand, operandSize, addressSize)
      if (operand.place === 'offset') this.#isMemory = true
    })

    const reg = this.#regSlot(compiled.reg, ((modRm >> 3) & 7) | (this.#rex & REX_R ? 8 : 0))
    if (reg === undefined || (this.#lock && !(row.lock === true && this.#isMemory))) return undefined

    const vvvv = (mode64 ? this.#vvvv : this.#vvvv & 7) * 8
    // Target, index and mask of a gather are three registers.
    if (this.#vsib && new Set([reg, this.#vectorIndex, vvvv]).size < 3) return undefined

    const length = this.#position - this.#start
    // Both sums wrap at 32 bits: only an operand within 15 bytes of the ±2 GiB that a displacement reaches would notice.
    if (this.#base === RIP_SLOT) this.#displacement = (this.#displacement + length) | 0
    else if (row.popsBeforeAddress === true && this.#base === Reg.rsp * 8) this.#displacement = (this.#displacement + operandSize / 8) | 0
    const overridden = this.#segmentOverride >= 0
    return {
      outcome: 'instruction',
      row,
      rowNumber: compiled.number,
      length,
      opcode,
      operandSize,
      addressSize,
      isMemory: this.#isMemory,
      lock: this.#lock,
      repeat: this.#repeat === 0 ? 'none' : this.#repeat === 1 ? 'f3' : 'f2',
      segment: overridden ? this.#segmentOverride : this.#segment,
      segmentOverridden: overridden,
      rex: this.#rex,
      reg,
      rm: this.#vsib ? this.#vectorIndex : registerSlot(compiled.rm, rmNumber, this.#rex),
      vvvv,
      base: this.#base,
      index: this.#index,
      scale: this.#scale,
      displacement: this.#displacement,
      immediate: immediates[0] ?? 0n,
      immediate2: Number(immediates[1] ?? 0n),
    }
  }

  #operandSize(compiled: CompiledRow): Size {
    const { row, fixedSize } = compiled
    if (fixedSize !== 0) return fixedSize
    if (this.#vex) return this.#mode === 64 && this.#rex & REX_W ? 64 : 32
    const prefixed = this.#operandPrefix && row.prefix !== '66'
    if (this.#mode === 64) {
      if (this.#rex & REX_W || row.size64 === 'force64') return 64
      if (prefixed) return 16
      return row.size64 === 'default64' ? 64 : 32
    }
    return (this.#mode === 32) === prefixed ? 16 : 32
  }

  #addressSize(): AddressSize {
    if (this.#mode === 64) return this.#addressPrefix ? 32 : 64
    return (this.#mode === 32) === this.#addressPrefix ? 16 : 32
  }

  /** Undefined: there is no such segment, control or debug register. */
  #regSlot(operand: RowOperand | undefined, number: number): number | undefined {
    switch (operand?.place) {
      case 'segment': return (number & 7) > Seg.gs ? undefined : number & 7
      case 'control': return INVALID_CONTROL.has(number) ? undefined : number
      case 'debug': return number > 7 ? undefined : number
      default: return registerSlot(operand, number, this.#rex)
    }
  }

  #address(modRm: number, addressSize: AddressSize): void {
    if (addressSize === 16) this.#address16(modRm >> 6, modRm & 7)
    else this.#address32(modRm >> 6, modRm & 7)
  }

  #address16(mod: number, rm: number): void {
    if (mod === 0 && rm === 6) {
      this.#displacement = this.#i16()
      return
    }
    const base = BASES_16[rm] ?? Reg.rbx
    const index = INDEXES_16[rm] ?? -1
    this.#base = base * 8
    if (index >= 0) this.#index = index * 8
    if (base === Reg.rbp) this.#segment = Seg.ss
    this.#displacement = mod === 1 ? this.#i8() : mod === 2 ? this.#i16() : 0
  }

  /** 32- and 64-bit forms (SDM vol. 2A, tables 2-2 and 2-3; RIP-relative: 2.2.1.6). */
  #address32(mod: number, rm: number): void {
    if (rm === 4) this.#sib(mod)
    else if (mod === 0 && rm === 5) {
      this.#displacement = this.#i32()
      if (this.#mode === 64) this.#base = RIP_SLOT
      return
    } else this.#setBase(rm | (this.#rex & REX_B ? 8 : 0))
    if (mod === 1) this.#displacement = this.#i8()
    else if (mod === 2) this.#displacement = this.#i32()
  }

  #sib(mod: number): void {
    const sib = this.#u8()
    const index = ((sib >> 3) & 7) | (this.#rex & REX_X ? 8 : 0)
    if (this.#vsib) {
      this.#vectorIndex = index * 8
      this.#scale = sib >> 6
    } else if (index !== Reg.rsp) {
      this.#index = index * 8
      this.#scale = sib >> 6
    }
    if ((sib & 7) === 5 && mod === 0) this.#displacement = this.#i32()
    else this.#setBase((sib & 7) | (this.#rex & REX_B ? 8 : 0))
  }

  #setBase(register: number): void {
    this.#base = register * 8
    if (register === Reg.rsp || register === Reg.rbp) this.#segment = Seg.ss
  }

  #trailing(operand: RowOperand, operandSize: Size, addressSize: AddressSize): bigint {
    const bits = operandBits(operand.width, operandSize)
    switch (operand.place) {
      case 'relative': return BigInt.asUintN(64, BigInt(bits === 8 ? this.#i8() : bits === 16 ? this.#i16() : this.#i32()))
      case 'far': {
        const offset = BigInt(bits === 16 ? this.#u16() : this.#u32())
        return (BigInt(this.#u16()) << 32n) | offset
      }
      case 'offset': return this.#unsigned(addressSize)
      case 'is4': return BigInt(((this.#u8() >> 4) & (this.#mode === 64 ? 15 : 7)) * 8)
      default: break
    }
    if (operand.width === 's') return BigInt.asUintN(bits, BigInt(this.#i8()))
    if (operand.width === 'i' && operandSize === 64) return BigInt.asUintN(64, BigInt(this.#i32()))
    return this.#unsigned(bits)
  }

  #unsigned(bits: Size): bigint {
    switch (bits) {
      case 8: return BigInt(this.#u8())
      case 16: return BigInt(this.#u16())
      case 32: return BigInt(this.#u32())
      case 64: {
        const low = BigInt(this.#u32())
        return (BigInt(this.#u32()) << 32n) | low
      }
    }
  }

  #u8(): number {
    const at = this.#position++
    return at < this.#end ? (this.#bytes[at] ?? 0) : 0
  }

  #u16(): number {
    return this.#u8() | (this.#u8() << 8)
  }

  #u32(): number {
    return (this.#u16() | (this.#u16() << 16)) >>> 0
  }

  #i8(): number {
    return (this.#u8() << 24) >> 24
  }

  #i16(): number {
    return (this.#u16() << 16) >> 16
  }

  #i32(): number {
    return this.#u16() | (this.#u16() << 16)
  }
}

/** Number × 8. Of the byte registers without REX, 4–7 are AH CH DH BH; there are eight MMX and eight x87 registers, whatever REX says. */
function registerSlot(operand: RowOperand | undefined, number: number, rex: number): number {
  if (operand?.file === 'mm' || operand?.place === 'x87') return (number & 7) * 8
  return operand?.width === 'b' && rex === 0 && number >= 4 ? (number - 4) * 8 + 1 : number * 8
}
