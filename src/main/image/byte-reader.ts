import { hex, ImageError } from './errors'

const MAX_TEXT_BYTES = 4096
const decoder = new TextDecoder()

/** Little-endian reads that cannot leave the bytes: an offset outside is an ImageError, never a RangeError. */
export class ByteReader {
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #where: string

  /** @param where names the file in errors. */
  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#where = where
    this.length = bytes.byteLength
  }

  /** @throws ImageError when [offset, offset + length) is not inside the file; `what` names the thing wanted. */
  require(offset: number, length: number, what: string): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.length) return
    throw new ImageError({
      what: `The file is cut short or damaged: ${what} should be at ${hex(offset)} to ${hex(offset + length)}, but the file has ${hex(this.length)} bytes.`,
      where: this.#where,
      why: 'Without it the file cannot be understood.',
      next: 'Build it again, or copy it again if it came from elsewhere.',
    })
  }

  u8(offset: number, what: string): number {
    this.require(offset, 1, what)
    return this.#view.getUint8(offset)
  }

  u16(offset: number, what: string): number {
    this.require(offset, 2, what)
    return this.#view.getUint16(offset, true)
  }

  u32(offset: number, what: string): number {
    this.require(offset, 4, what)
    return this.#view.getUint32(offset, true)
  }

  u64(offset: number, what: string): bigint {
    this.require(offset, 8, what)
    return this.#view.getBigUint64(offset, true)
  }

  /**
   * Text up to a zero byte, the given end, or 4096 bytes, whichever is first; bytes that are not UTF-8 become U+FFFD. The
   * limit keeps a damaged string table from being read whole for every name.
   */
  text(offset: number, end: number): string {
    const bytes = this.#bytes.subarray(offset, Math.min(end, offset + MAX_TEXT_BYTES))
    const zero = bytes.indexOf(0)
    return decoder.decode(zero === -1 ? bytes : bytes.subarray(0, zero))
  }
}
