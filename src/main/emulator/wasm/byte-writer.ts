const INITIAL_BYTES = 1024

/** A growing byte buffer with the integer encodings of WebAssembly (core specification 1.0, section 5.2). */
export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(initialBytes = INITIAL_BYTES) {
    this.#bytes = new Uint8Array(initialBytes)
  }

  get length(): number {
    return this.#length
  }

  /** Starts anew; the room is kept. */
  clear(): void {
    this.#length = 0
  }

  /** A copy of the bytes written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  /** Replaces a byte written before. */
  patch(position: number, value: number): void {
    if (position >= this.#length) throw new RangeError(`No byte ${position} to patch: ${this.#length} are written.`)
    this.#bytes[position] = value
  }

  /** Moves the bytes from `position` on before all others. */
  moveToStart(position: number): void {
    const moved = this.#bytes.slice(position, this.#length)
    this.#bytes.copyWithin(moved.length, 0, position)
    this.#bytes.set(moved)
  }

  /** Adds what another writer holds. */
  append(writer: ByteWriter): void {
    if (this.#length + writer.#length > this.#bytes.length) this.#grow(writer.#length)
    this.#bytes.set(writer.#bytes.subarray(0, writer.#length), this.#length)
    this.#length += writer.#length
  }

  /** Unsigned LEB128 of 0 … 2^32 - 1. */
  unsigned(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  /** Signed LEB128 of a 32-bit value. */
  signed(value: number): void {
    let rest = value | 0
    for (;;) {
      const low = rest & 0x7f
      rest >>= 7
      if (rest === (low & 0x40 ? -1 : 0)) {
        this.byte(low)
        return
      }
      this.byte(low | 0x80)
    }
  }

  /** Signed LEB128 of the 64-bit pattern of `value`. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value)
    const small = Number(rest)
    if (small === (small | 0)) {
      this.signed(small)
      return
    }
    for (;;) {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      if (rest === (low & 0x40 ? -1n : 0n)) {
        this.byte(low)
        return
      }
      this.byte(low | 0x80)
    }
  }

  /** A name: its length in bytes, then ASCII. */
  name(text: string): void {
    this.unsigned(text.length)
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) throw new RangeError(`Names are ASCII here; got ${JSON.stringify(text)}.`)
      this.byte(code)
    }
  }

  #grow(more: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    bytes.set(this.#bytes)
    this.#bytes = bytes
  }
}
