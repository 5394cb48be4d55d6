import { decode, MAX_INSTRUCTION_LENGTH } from '../decode/decode'
import type { CodeMode, Decoded } from '../decode/decoded'
import { CpuFault, Vector } from '../faults'
import { CODE_64, CS } from '../state/bits'
import { DESCRIPTOR_BASE, DESCRIPTOR_STRIDE, DESCRIPTORS, RIP } from '../state/layout'
import type { BackendContext } from './backend'

const PAGE = 4096
const TWO_32 = 0x1_0000_0000
const CS_BASE = DESCRIPTORS + CS * DESCRIPTOR_STRIDE + DESCRIPTOR_BASE
const CODE_MODES: readonly CodeMode[] = [16, 32, 64]

export interface Fetched {
  readonly decoded: Decoded
  /** Physical address of the first byte. */
  readonly physical: number
  /** All bytes lie in plain memory. */
  readonly plain: boolean
  /** Physical address of the page with its last bytes, where that is not the page of the first. */
  readonly secondPage: number | undefined
}

/** Where the instruction at RIP lies. */
export interface CodeLocation {
  readonly low: number
  readonly high: number
  /** Physical address of the first byte. */
  readonly physical: number
  /** Bytes up to CS's limit, counted from RIP; at least 1. */
  readonly bytesToLimit: number
}

/** Reads and decodes the instruction at CS:RIP, with the faults of instruction fetch. */
export class CodeFetcher {
  readonly #context: BackendContext
  readonly #bytes = new Uint8Array(MAX_INSTRUCTION_LENGTH)

  constructor(context: BackendContext) {
    this.#context = context
  }

  /**
   * Leaves a fetch window behind where CS's limit lets the whole page be fetched.
   * @throws CpuFault #GP(0) beyond the limit or not canonical, #PF
   */
  locate(): CodeLocation {
    const { state, mmu } = this.#context
    const ripLow = state.u32[RIP >> 2] ?? 0
    const ripHigh = state.u32[(RIP >> 2) + 1] ?? 0
    const long = state.codeMode === CODE_64
    const bytesToLimit = long ? Number.POSITIVE_INFINITY : state.limit(CS) - (ripHigh * TWO_32 + ripLow) + 1
    if (bytesToLimit <= 0) throw new CpuFault(Vector.GP, 0)
    // Outside 64-bit mode linear addresses wrap at 4 GiB.
    const low = long ? ripLow : (ripLow + (state.u32[CS_BASE >> 2] ?? 0)) >>> 0
    const high = long ? ripHigh : 0
    const offset = low % PAGE
    const physical = mmu.fetchPage(low, high) + offset
    if (bytesToLimit < PAGE - offset) state.closeFetchWindow()
    return { low, high, physical, bytesToLimit }
  }

  /** @throws CpuFault #UD, #GP(0) (too long, or beyond the limit), #PF */
  fetch(location: CodeLocation): Fetched {
    const { state, mmu } = this.#context
    const mode = CODE_MODES[state.codeMode] ?? 16
    const allowed = Math.min(MAX_INSTRUCTION_LENGTH, location.bytesToLimit)
    const inPage = Math.min(PAGE - (location.low % PAGE), MAX_INSTRUCTION_LENGTH)
    let plain = this.#read(location.physical, 0, inPage)
    let available = Math.min(inPage, allowed)
    let result = decode(this.#bytes, mode, 0, available, this.#context.opcodes)
    let secondPage: number | undefined
    if (result.outcome === 'need-more' && available < allowed) {
      const nextLow = (location.low + inPage) >>> 0
      const nextHigh = nextLow < location.low ? (location.high + 1) >>> 0 : location.high
      secondPage = mmu.fetchPage(nextLow, nextHigh)
      plain = this.#read(secondPage, inPage, MAX_INSTRUCTION_LENGTH - inPage) && plain
      state.closeFetchWindow()
      available = allowed
      result = decode(this.#bytes, mode, 0, available, this.#context.opcodes)
    }
    switch (result.outcome) {
      case 'instruction': return { decoded: result, physical: location.physical, plain, secondPage }
      case 'invalid': throw new CpuFault(Vector.UD)
      case 'need-more': case 'too-long': throw new CpuFault(Vector.GP, 0)
    }
  }

  /** Reads code bytes of one page into the buffer; false when they are not plain memory. */
  #read(physical: number, to: number, count: number): boolean {
    const { state, mmu } = this.#context
    const frame = this.#context.physical.readableFrame(physical - (physical % PAGE))
    if (frame !== 0) {
      const host = frame + (physical % PAGE)
      this.#bytes.set(state.u8.subarray(host, host + count), to)
      return true
    }
    for (let index = 0; index < count; index++) this.#bytes[to + index] = mmu.readCode(physical + index)
    return false
  }
}
