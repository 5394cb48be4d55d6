/** The stack: its words, which of them are likely return addresses, and the chain of frame pointers. */
import type { StackView } from '../../../../shared/debug'
import { MAX_FRAMES } from '../../../../shared/debug'
import type { Cpu } from '../../cpu/cpu'
import { ATTRIBUTE, SS } from '../../cpu/state/bits'
import { STACK_MASK } from '../../cpu/state/layout'
import { hex } from '../registers'
import { CodeReader } from './disassembly'
import type { MemoryReader } from './memory'

const [RSP, RBP] = [4, 5] as const
const CALL_NEAR = 0xe8
const CALL_FAR = 0x9a
const GROUP_5 = 0xff
/** Lengths of CALL through register or memory, without prefixes. */
const INDIRECT_LENGTHS = [2, 3, 4, 6, 7] as const
const LONGEST_CALL = 7

/** How the processor's stack is made now. */
export class StackReader {
  readonly width: 2 | 4 | 8
  readonly code: CodeReader
  readonly #cpu: Cpu
  readonly #reader: MemoryReader
  readonly #mask: bigint
  readonly #base: bigint

  constructor(cpu: Cpu, reader: MemoryReader) {
    const { state } = cpu
    this.#cpu = cpu
    this.#reader = reader
    this.code = new CodeReader(cpu, reader)
    this.#mask = state.u64[STACK_MASK >> 3] ?? 0n
    this.#base = state.mode64 ? 0n : state.base(SS)
    this.width = state.mode64 ? 8 : (state.attributes(SS) & ATTRIBUTE.big) !== 0 && state.codeMode === 1 ? 4 : 2
  }

  /** Offset of the top in the stack segment. */
  get pointer(): bigint {
    return this.#cpu.state.gpr(RSP) & this.#mask
  }

  linear(offset: bigint): bigint {
    return this.#cpu.state.mode64 ? offset : BigInt.asUintN(32, this.#base + (offset & this.#mask))
  }

  word(offset: bigint): bigint | undefined {
    return this.#reader.value(this.linear(offset), this.width)
  }

  /** Linear address of an offset in the present code segment. */
  codeAddress(offset: bigint): bigint {
    return this.code.mode === 64 ? offset : BigInt.asUintN(32, this.code.base + offset)
  }

  /** Whether a CALL instruction ends where this offset in the code segment points. */
  standsBehindCall(offset: bigint): boolean {
    const at = this.codeAddress(offset)
    if (at < BigInt(LONGEST_CALL)) return false
    const bytes = this.#reader.read(at - BigInt(LONGEST_CALL), LONGEST_CALL)
    if (bytes.length < LONGEST_CALL) return false
    const ends = (length: number): boolean => {
      const found = this.code.decode(at - BigInt(length))
      return found?.row.name === 'call' && found.length === length
    }
    const near = this.code.mode === 16 ? 3 : 5
    const far = this.code.mode === 16 ? 5 : 7
    if (bytes[LONGEST_CALL - near] === CALL_NEAR && ends(near)) return true
    if (this.code.mode !== 64 && bytes[LONGEST_CALL - far] === CALL_FAR && ends(far)) return true
    return INDIRECT_LENGTHS.some((length) => bytes[LONGEST_CALL - length] === GROUP_5 && ends(length))
  }

  view(words: number): StackView {
    const listed: StackView['words'] = []
    for (let index = 0; index < words; index++) {
      const offset = this.pointer + BigInt(index * this.width)
      const value = this.word(offset)
      if (value === undefined) break
      listed.push({ address: hex(this.linear(offset)), value: hex(value), returns: this.standsBehindCall(value) })
    }
    return { width: this.width, top: hex(this.linear(this.pointer)), words: listed, ...this.#frames() }
  }

  /** By frame pointers: each frame begins with that of its caller, then the return address. */
  #frames(): Pick<StackView, 'frames' | 'end'> {
    let frame = this.#cpu.state.gpr(RBP) & this.#mask
    const frames: StackView['frames'] = [{ address: hex(this.#cpu.codeAddress), frame: hex(this.linear(frame)), by: 'current' }]
    const end = (why: string): Pick<StackView, 'frames' | 'end'> => ({ frames, end: why })
    while (frames.length < MAX_FRAMES) {
      if (frame === 0n) return end('The frame pointer is 0: this is the outermost function, or the code is compiled without frame pointers.')
      const [outer, back] = [this.word(frame), this.word(frame + BigInt(this.width))]
      if (outer === undefined || back === undefined) return end(`The frame pointer ${hex(frame)} leads to memory that is not mapped: the code may be compiled without frame pointers.`)
      if (!this.standsBehindCall(back)) return end(`The word behind the frame pointer ${hex(frame)} is no return address: the outermost function, or one without frame pointer.`)
      frames.push({ address: hex(this.codeAddress(back)), frame: hex(this.linear(outer & this.#mask)), by: 'frame-pointer' })
      if (outer !== 0n && outer <= frame) return end(`The frame pointer ${hex(outer)} does not lie above the one before: the chain is broken.`)
      frame = outer
    }
    return end(`${MAX_FRAMES} frames are shown at most.`)
  }
}
