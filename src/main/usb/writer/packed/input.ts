/** A packed file as its unpackers read it: piece by piece, and byte by byte where a header has no fixed length. */

/** What an unpacker finds wrong. The caller knows which file it is. */
export class UnpackError extends Error {
  /** `unsupported`: the file is whole, but asks for something that this unpacker cannot do. */
  readonly code: 'bad-input' | 'unsupported'

  constructor(message: string, code: UnpackError['code'] = 'bad-input') {
    super(message)
    this.code = code
  }
}

/** What a decoder's error numbers mean. */
export type Complaints = Readonly<Record<number, { message: string; code?: UnpackError['code'] }>>

export function complaint(complaints: Complaints, number: number): UnpackError {
  const { message, code } = complaints[number] ?? { message: `Its contents cannot be unpacked (error ${number}).` }
  return new UnpackError(message, code)
}

export const TRUNCATED = 'It ends too early: a part of it is missing.'

export class PackedInput {
  readonly #pieces: AsyncIterator<Uint8Array, unknown>
  #rest: Uint8Array = new Uint8Array()

  /** @param pieces each is valid until the next is asked for */
  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** The next bytes, some of them: at most `limit`, valid until the next call; undefined at the end. */
  async take(limit = Infinity): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next()
      if (next.done === true) return undefined
      this.#rest = next.value
    }
    const taken = this.#rest.subarray(0, Math.min(limit, this.#rest.length))
    this.#rest = this.#rest.subarray(taken.length)
    return taken
  }

  /** Gives back the end of what was taken last. */
  putBack(bytes: number): void {
    this.#rest = new Uint8Array(this.#rest.buffer, this.#rest.byteOffset - bytes, this.#rest.length + bytes)
  }

  /** The next byte; undefined at the end. */
  async byte(): Promise<number | undefined> {
    return (await this.take(1))?.[0]
  }

  /** Exactly so many bytes, a copy. */
  async bytes(count: number): Promise<Uint8Array> {
    const all = new Uint8Array(count)
    for (let done = 0; done < count; ) {
      const part = await this.take(count - done)
      if (!part) throw new UnpackError(TRUNCATED)
      all.set(part, done)
      done += part.length
    }
    return all
  }
}
