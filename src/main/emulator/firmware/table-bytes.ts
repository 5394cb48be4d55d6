/** A table of a firmware under construction: bytes at offsets, all little-endian. Each method answers with the table. */
export class TableBytes {
  readonly bytes: Uint8Array
  readonly #view: DataView

  constructor(length: number) {
    this.bytes = new Uint8Array(length)
    this.#view = new DataView(this.bytes.buffer)
  }

  text(at: number, text: string): this {
    this.bytes.set(Buffer.from(text, 'latin1'), at)
    return this
  }

  u8(at: number, ...values: number[]): this {
    this.bytes.set(values, at)
    return this
  }

  u16(at: number, value: number): this {
    this.#view.setUint16(at, value, true)
    return this
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, true)
    return this
  }

  u64(at: number, value: number): this {
    return this.u32(at, value % 2 ** 32).u32(at + 4, Math.floor(value / 2 ** 32))
  }

  /** Makes the first `count` bytes sum up to 0. */
  checksum(at: number, count = this.bytes.length): this {
    const sum = this.bytes.subarray(0, count).reduce((all, byte) => all + byte, 0) - (this.bytes[at] ?? 0)
    return this.u8(at, -sum & 0xff)
  }
}
