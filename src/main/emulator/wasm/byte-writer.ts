/** A growing byte buffer with the integer encodings of WebAssembly (core specification 1.0, section 5.2). */
export class ByteWriter {
  // Plain arrays, joined at the end: thousands of small writers cost less this way than as typed arrays.
  readonly #parts: (readonly number[])[] = []
  #partsLength = 0
  #bytes: number[] = []

  get length(): number {
    return this.#partsLength + this.#bytes.length
  }

  finish(): Uint8Array {
    const result = new Uint8Array(this.length)
    let position = 0
    for (const part of [...this.#parts, this.#bytes]) {
      result.set(part, position)
      position += part.length
    }
    return result
  }

  byte(value: number): void {
    this.#bytes.push(value)
  }

  /** Replaces a byte written since the last `append`. */
  patch(position: number, value: number): void {
    const index = position - this.#partsLength
    if (index < 0 || index >= this.#bytes.length) throw new RangeError(`Byte ${position} cannot be patched.`)
    this.#bytes[index] = value
  }

  /** Adds what another writer holds, which must not be written to any more. */
  append(writer: ByteWriter): void {
    this.#parts.push(this.#bytes, ...writer.#parts, writer.#bytes)
    this.#partsLength += this.#bytes.length + writer.length
    this.#bytes = []
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
}
