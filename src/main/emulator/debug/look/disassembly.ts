/** The guest's code as text. */
import type { Instruction, QuestionArgs } from '../../../../shared/debug'
import type { Cpu } from '../../cpu/cpu'
import { decode, MAX_INSTRUCTION_LENGTH } from '../../cpu/decode/decode'
import type { CodeMode, Decoded } from '../../cpu/decode/decoded'
import { branchTarget, format } from '../../cpu/decode/disassemble'
import { rowOperand } from '../../cpu/isa/operands'
import { CS } from '../../cpu/state/bits'
import { hex } from '../registers'
import type { MemoryReader } from './memory'

/** How far an anchor may lie before the address. */
const FARTHEST_ANCHOR = 0x4000

/** Code as the processor's present code segment shows it. */
export class CodeReader {
  readonly mode: CodeMode
  /** Linear address of the code segment's offset 0. */
  readonly base: bigint
  readonly #reader: MemoryReader
  readonly #width: number

  constructor(cpu: Cpu, reader: MemoryReader, mode?: CodeMode) {
    const { state } = cpu
    const present = state.codeMode === 2 ? 64 : state.codeMode === 1 ? 32 : 16
    this.#reader = reader
    this.mode = mode ?? present
    this.base = this.mode === 64 ? 0n : present === 64 ? 0n : state.base(CS)
    this.#width = state.longMode ? 64 : 32
  }

  /** What the bytes at a linear address say; `undefined` where they are no instruction. */
  decode(linear: bigint): Decoded | undefined {
    const result = decode(this.#reader.read(linear, MAX_INSTRUCTION_LENGTH), this.mode)
    return result.outcome === 'instruction' ? result : undefined
  }

  /** Instructions from a linear address on; ends where memory ends. */
  forwards(linear: bigint, count: number): Instruction[] {
    const bytes = this.#reader.read(linear, count * MAX_INSTRUCTION_LENGTH)
    const lines: Instruction[] = []
    for (let at = 0; lines.length < count; ) {
      const address = BigInt.asUintN(this.#width, linear + BigInt(at))
      const offset = this.#offset(address)
      if (at >= bytes.length) {
        lines.push({ address: hex(address), offset: hex(offset), bytes: '', text: '(unmapped)' })
        break
      }
      const here = bytes.subarray(at, at + MAX_INSTRUCTION_LENGTH)
      const result = decode(here, this.mode)
      const known = result.outcome === 'instruction' ? result : undefined
      const length = known?.length ?? 1
      const target = known && directTarget(known, this.mode, offset)
      lines.push({
        address: hex(address),
        offset: hex(offset),
        bytes: Buffer.from(here.subarray(0, length)).toString('hex'),
        text: known ? format(known, this.mode, offset) : '(bad)',
        ...(target === undefined ? {} : { target: { address: hex(this.#linear(target)) } }),
      })
      at += length
    }
    return lines
  }

  /**
   * The `count` instructions that end at a linear address: those of the longest run of instructions that leads there.
   * @param anchor where an instruction is known to begin
   */
  backwards(linear: bigint, count: number, anchor?: bigint): Instruction[] {
    if (count === 0) return []
    const farthest = BigInt(count * MAX_INSTRUCTION_LENGTH)
    const anchored = anchor !== undefined && anchor < linear && linear - anchor <= BigInt(FARTHEST_ANCHOR)
    const start = anchored ? anchor : linear > farthest ? linear - farthest : 0n
    const lengths = this.#lengths(start, linear)
    let at = anchored && lengths[0] ? 0 : lengths.findIndex((length) => length > 0)
    const starts: bigint[] = []
    while (at >= 0 && at < lengths.length) {
      starts.push(start + BigInt(at))
      at += lengths[at] ?? lengths.length
    }
    return this.#lines(starts.slice(-count))
  }

  /** Of each byte from `start` to `end`: the length of the instruction there, when those from it on lead exactly to `end`; else 0. */
  #lengths(start: bigint, end: bigint): number[] {
    const total = Number(end - start)
    const bytes = new Uint8Array(total)
    let readable = total
    for (const { address, data, bytes: count } of this.#reader.pieces('linear', start, total)) {
      if (data) bytes.set(data, Number(address - start))
      else readable = total - Number(address - start) - count
    }
    const lengths = Array.from({ length: total }, () => 0)
    for (let at = total - 1; at >= total - readable; at--) {
      const result = decode(bytes.subarray(at, at + MAX_INSTRUCTION_LENGTH), this.mode)
      if (result.outcome !== 'instruction') continue
      const next = at + result.length
      if (next === total || (lengths[next] ?? 0) > 0) lengths[at] = result.length
    }
    return lengths
  }

  #lines(starts: readonly bigint[]): Instruction[] {
    return starts.flatMap((start) => this.forwards(start, 1))
  }

  #offset(linear: bigint): bigint {
    return this.mode === 64 ? linear : BigInt.asUintN(32, linear - this.base)
  }

  #linear(offset: bigint): bigint {
    return this.mode === 64 ? offset : BigInt.asUintN(32, offset + this.base)
  }
}

function directTarget(decoded: Decoded, mode: CodeMode, offset: bigint): bigint | undefined {
  const relative = decoded.row.operands.map(rowOperand).some(({ place }) => place === 'relative')
  return relative ? branchTarget(decoded, mode, offset) : undefined
}

export function disassembly(cpu: Cpu, reader: MemoryReader, { address, count, before = 0, mode, anchor }: QuestionArgs['disassemble']): Instruction[] {
  const code = new CodeReader(cpu, reader, mode)
  const from = address === undefined ? cpu.codeAddress : BigInt(address)
  return [...code.backwards(from, before, anchor === undefined ? undefined : BigInt(anchor)), ...code.forwards(from, count)]
}
