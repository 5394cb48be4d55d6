/**
 * Watches over the frames of a server's output, so that no answer takes more memory than it may: `Content-Length: N`, an empty line, N bytes.
 * Source: Language Server Protocol 3.17, "Base Protocol".
 */
import { Transform, type TransformCallback } from 'node:stream'

/** Longest header, in bytes. */
const MAX_HEADER = 4096
const HEADER_END = '\r\n\r\n'

/** Passes well-formed frames on; ends with an error at the first other byte. */
export class FrameGuard extends Transform {
  readonly #most: number
  #header = ''
  /** Bytes of the present frame's body that are still to come. */
  #body = 0

  /** @param most longest body, in bytes */
  constructor(most: number) {
    super()
    this.#most = most
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#check(chunk)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    done(null, chunk)
  }

  #check(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at)
        this.#body -= taken
        at += taken
        continue
      }
      this.#header += String.fromCharCode(chunk[at++] ?? 0)
      if (this.#header.length > MAX_HEADER) throw new Error('It does not speak the Language Server Protocol: a header has no end.')
      if (!this.#header.endsWith(HEADER_END)) continue
      const length = /^Content-Length: *(\d+)\r\n/im.exec(this.#header)?.[1]
      if (length === undefined) throw new Error('It does not speak the Language Server Protocol: a header has no Content-Length.')
      if (Number(length) > this.#most) throw new Error(`One of its messages has ${length} bytes; at most ${this.#most} are taken.`)
      this.#header = ''
      this.#body = Number(length)
    }
  }
}
