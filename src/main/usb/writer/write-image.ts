/**
 * Writing an image and reading it back. An interrupted write leaves nothing that boots or looks whole: the old partition tables go first, the
 * image's first sectors come last.
 */
import { createHash, type Hash } from 'node:crypto'
import { alignedBuffer, type Target } from './target'

/** Where an image comes from: its bytes in order, once. */
export interface ImageSource {
  bytes: number
  /** Fills the buffer from the present place; fewer bytes only at the end. */
  read(into: Uint8Array): Promise<number>
}

export type WritePhase = 'erasing' | 'writing' | 'verifying'

export interface WriteJob {
  source: ImageSource
  target: Target
  /** Of the drive; a file's is that of the image. */
  targetBytes: number
  sectorBytes: number
  verify: boolean
  /** Called before anything is written in each phase, and after every chunk; done and total in bytes. */
  onProgress?: (phase: WritePhase, done: number, total: number) => void
  signal?: AbortSignal | undefined
}

export interface WriteResult {
  /** Of the image's bytes, hexadecimal. */
  sha256: string
}

/** A chunk came back other than it was written. */
export class VerifyError extends Error {
  /** First byte of the chunk. */
  readonly position: number

  constructor(position: number) {
    super(`What was read back from byte ${position} on is not what was written.`)
    this.position = position
  }
}

/** What one transfer moves. */
export const CHUNK_BYTES = 4 << 20
/** The image's start: MBR, GPT, boot sectors of a file system. */
const HEAD_BYTES = 1 << 20
/** A GPT's copy, at the end of the drive: header and 32 sectors of entries; with room for drives of 4096-byte sectors. */
const TAIL_BYTES = 256 << 10

/**
 * Writes the image, all of it.
 * @throws VerifyError; the target's and the source's errors; the signal's reason when cancelled. Afterwards the target is either untouched or has
 * neither partition table nor boot sector.
 */
export async function writeImage(job: WriteJob): Promise<WriteResult> {
  const { source, target, targetBytes, sectorBytes, verify, onProgress, signal } = job
  signal?.throwIfAborted()
  const padded = Math.ceil(source.bytes / sectorBytes) * sectorBytes
  const head = alignedBuffer(Math.min(HEAD_BYTES, padded))
  const chunk = alignedBuffer(CHUNK_BYTES)
  const whole = createHash('sha256')
  const digests: Buffer[] = []

  onProgress?.('erasing', 0, padded)
  await erase(target, targetBytes, chunk)
  signal?.throwIfAborted()

  await fill(source, head, Math.min(head.length, source.bytes), whole)
  onProgress?.('writing', 0, padded)
  for (let position = head.length; position < padded; position += chunk.length) {
    const wanted = Math.min(chunk.length, source.bytes - position)
    const length = Math.min(chunk.length, padded - position)
    await fill(source, chunk, wanted, whole)
    chunk.fill(0, wanted, length)
    const piece = chunk.subarray(0, length)
    if (verify) digests.push(digest(piece))
    signal?.throwIfAborted()
    await target.write(piece, position)
    onProgress?.('writing', position + length - head.length, padded)
  }
  // Everything else is on the medium before the head makes it whole.
  await target.flush()
  signal?.throwIfAborted()
  await target.write(head, 0)
  await target.flush()
  onProgress?.('writing', padded, padded)

  if (verify) await readBack({ target, head, padded, digests, chunk, onProgress, signal })
  return { sha256: whole.digest('hex') }
}

/** Clears where partition tables and file systems begin and where a GPT has its copy. */
async function erase(target: Target, bytes: number, buffer: Uint8Array): Promise<void> {
  const head = Math.min(HEAD_BYTES, bytes)
  const tail = Math.min(TAIL_BYTES, bytes - head)
  buffer.fill(0, 0, head)
  await target.write(buffer.subarray(0, head), 0)
  if (tail > 0) await target.write(buffer.subarray(0, tail), bytes - tail)
  await target.flush()
}

async function fill(source: ImageSource, into: Uint8Array, wanted: number, hash: Hash): Promise<void> {
  for (let done = 0; done < wanted; ) {
    const read = await source.read(into.subarray(done, wanted))
    if (read === 0) throw new Error('The image is shorter than it said: it was changed while it was written.')
    done += read
  }
  hash.update(into.subarray(0, wanted))
}

interface ReadBack extends Pick<WriteJob, 'target' | 'onProgress' | 'signal'> {
  head: Uint8Array
  padded: number
  digests: readonly Buffer[]
  chunk: Uint8Array
}

async function readBack({ target, head, padded, digests, chunk, onProgress, signal }: ReadBack): Promise<void> {
  onProgress?.('verifying', 0, padded)
  await target.forget()
  const piece = chunk.subarray(0, head.length)
  await target.read(piece, 0)
  if (Buffer.compare(piece, head) !== 0) throw new VerifyError(0)
  for (const [index, expected] of digests.entries()) {
    signal?.throwIfAborted()
    const position = head.length + index * chunk.length
    const part = chunk.subarray(0, Math.min(chunk.length, padded - position))
    await target.read(part, position)
    if (!digest(part).equals(expected)) throw new VerifyError(position)
    onProgress?.('verifying', position + part.length, padded)
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
