/**
 * Places in code that somebody outside the guest wants the processor to stop before (a debugger's breakpoints). While there is none they
 * cost nothing; the guest's own breakpoint registers are `mmu/watchpoints.ts`.
 *
 * Places are linear addresses, decoded instructions are found by physical ones; the offset in the page is the same in both. So an instruction
 * at the offset of a place is fetched anew each time, and `reach` decides; all others run as ever.
 */
const PAGE_BYTES = 4096
const OFFSET_MASK = 0xfffn

/** Thrown by a fetch before the instruction at a place; nothing of it has happened. Not an `Error`: no stack trace is wanted. */
export const STOPPED_BEFORE: unique symbol = Symbol('stopped before an instruction')

/** The processor at an instruction. */
export interface Arrival {
  /** Number of the processor. */
  readonly cpu: number
  readonly linear: bigint
  /** Instructions that it executed before. */
  readonly count: number
  readonly rcx: bigint
}

export class CodeProbes {
  /** Some place is set. */
  armed = false
  /** Asked when the place is reached. True: stop before the instruction. */
  onReach: (linear: bigint) => boolean = () => false
  /** Hears of an offset in pages of which decoded instructions must be looked at anew. */
  onChange: (offset: number) => void = () => undefined
  readonly #places = new Map<bigint, number>()
  readonly #offsets = new Uint16Array(PAGE_BYTES)
  /** By processor. */
  readonly #asked: (Arrival | undefined)[] = []

  /** Sets a place once more. */
  add(linear: bigint): void {
    this.#places.set(linear, (this.#places.get(linear) ?? 0) + 1)
    this.#count(linear, 1)
  }

  /** Takes back one `add`. */
  remove(linear: bigint): void {
    const left = (this.#places.get(linear) ?? 0) - 1
    if (left < 0) return
    if (left === 0) this.#places.delete(linear)
    else this.#places.set(linear, left)
    this.#count(linear, -1)
  }

  /** Whether a place may be at an address with this offset in its page. */
  atOffset(physical: number): boolean {
    return this.#offsets[physical % PAGE_BYTES] !== 0
  }

  /** The instruction there runs without being asked about. */
  pass(arrival: Arrival): void {
    this.#asked[arrival.cpu] = arrival
  }

  /**
   * Whether to stop before the instruction there. The same arrival is asked about once, and a repeated string instruction before its first
   * iteration: RCX tells that nothing but iterations was executed since.
   */
  stopsBefore(arrival: Arrival, isRepeated: () => boolean): boolean {
    if (!this.#places.has(arrival.linear)) return false
    const asked = this.#asked[arrival.cpu]
    const last = asked?.linear === arrival.linear ? asked : undefined
    this.#asked[arrival.cpu] = arrival
    if (last) {
      const executed = arrival.count - last.count
      if (executed === 0 || (last.rcx - arrival.rcx === BigInt(executed) && isRepeated())) return false
    }
    return this.onReach(arrival.linear)
  }

  #count(linear: bigint, by: 1 | -1): void {
    const offset = Number(linear & OFFSET_MASK)
    const before = this.#offsets[offset] ?? 0
    this.#offsets[offset] = before + by
    this.armed = this.#places.size > 0
    if ((before === 0) !== (before + by === 0)) this.onChange(offset)
  }
}
