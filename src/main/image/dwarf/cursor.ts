/** A place in a section of debug information that moves as values are read. Source: DWARF 5, 7.4 to 7.6. */
import type { ByteReader } from '../byte-reader'

/** The widest LEB128 number that is of use: 64 bits in groups of 7. */
const MAX_LEB_BYTES = 10

export class Cursor {
  at: number
  readonly end: number
  readonly #reader: ByteReader
  readonly #what: string

  /**
   * @param end reads beyond it are ImageErrors
   * @param what names the section in errors
   */
  constructor(reader: ByteReader, at: number, end: number, what: string) {
    this.#reader = reader
    this.#what = what
    this.at = at
    this.end = end
  }

  /** The same bytes up to another end. @throws ImageError when it lies beyond this one's */
  upTo(bytes: number): Cursor {
    this.#take(bytes)
    return new Cursor(this.#reader, this.at - bytes, this.at, this.#what)
  }

  /** Another one at the same place. */
  copy(): Cursor {
    return new Cursor(this.#reader, this.at, this.end, this.#what)
  }

  skip(bytes: number): void {
    this.#take(bytes)
  }

  u8(): number {
    return this.#reader.u8(this.#take(1), this.#what)
  }

  i8(): number {
    return (this.u8() << 24) >> 24
  }

  u16(): number {
    return this.#reader.u16(this.#take(2), this.#what)
  }

  u24(): number {
    return this.u16() | (this.u8() << 16)
  }

  u32(): number {
    return this.#reader.u32(this.#take(4), this.#what)
  }

  u64(): bigint {
    return this.#reader.u64(this.#take(8), this.#what)
  }

  address(bytes: number): bigint {
    return bytes === 8 ? this.u64() : BigInt(bytes === 4 ? this.u32() : bytes === 2 ? this.u16() : this.u8())
  }

  /** An offset into a section; those beyond 2^53 lose precision, but stay far outside. */
  offset(wide: boolean): number {
    return wide ? Number(this.u64()) : this.u32()
  }

  /** `unit_length`: the length, and whether offsets have 64 bits. */
  unitLength(): { bytes: number; wide: boolean } {
    const first = this.u32()
    return first === 0xffff_ffff ? { bytes: Number(this.u64()), wide: true } : { bytes: first, wide: false }
  }

  /** Unsigned LEB128. Beyond 2^53 it loses precision; no length or index is that large. */
  uleb(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < MAX_LEB_BYTES; count++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
      scale *= 128
    }
    return value
  }

  /** Signed LEB128. */
  sleb(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < MAX_LEB_BYTES; count++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      scale *= 128
      if (byte >= 0x80) continue
      return byte & 0x40 ? value - scale : value
    }
    return value
  }

  /** Text up to its zero byte; longer ones than 4096 bytes are cut. */
  text(): string {
    const start = this.at
    while (this.u8() !== 0);
    return this.#reader.text(start, this.at)
  }

  #take(bytes: number): number {
    const at = this.at
    this.#reader.require(at, bytes, this.#what)
    // `require` knows the file's end; the section's is nearer.
    if (!(bytes >= 0 && at + bytes <= this.end)) this.#reader.require(at, Infinity, this.#what)
    this.at = at + bytes
    return at
  }
}
