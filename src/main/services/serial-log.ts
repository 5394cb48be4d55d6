/** The last bytes of a serial port, found by their place in all that it ever sent. */
export class SerialLog {
  readonly #capacity: number
  /** A ring; made with the first byte. */
  #ring = new Uint8Array(0)
  #end = 0

  /** @param capacity bytes kept */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Bytes that were ever sent: the place of the next one. */
  get end(): number {
    return this.#end
  }

  /** Place of the oldest byte that is kept. */
  get start(): number {
    return Math.max(0, this.#end - this.#capacity)
  }

  add(bytes: Uint8Array): void {
    if (this.#ring.length === 0) this.#ring = new Uint8Array(this.#capacity)
    this.#end += bytes.length
    const kept = bytes.subarray(-this.#capacity)
    const at = (this.#end - kept.length) % this.#capacity
    const toEdge = kept.subarray(0, this.#capacity - at)
    this.#ring.set(toEdge, at)
    this.#ring.set(kept.subarray(toEdge.length), 0)
  }

  /** A copy of up to `most` bytes from `place` on, which lies between `start` and `end`. */
  read(place: number, most: number): Uint8Array {
    const length = Math.min(most, this.#end - place)
    const at = place % this.#capacity
    const first = this.#ring.subarray(at, at + length)
    const bytes = new Uint8Array(length)
    bytes.set(first)
    bytes.set(this.#ring.subarray(0, length - first.length), first.length)
    return bytes
  }
}
