/**
 * Writing to a drive and reading back. What is interrupted, or comes back wrong, leaves nothing that boots or looks whole: the old partition tables go
 * first, and the first sectors come last, when everything behind them has been read back.
 */
import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { alignedBuffer, type Target } from './target'

/** Where the bytes come from: in order, once. */
export interface ImageSource {
  bytes: number
  /** Fills the buffer from the present place; fewer bytes only at the end. */
  read(into: Uint8Array): Promise<number>
}

/** Where a run of the source's bytes goes: `bytes` of them from `position` of the target on. */
export interface Extent {
  position: number
  bytes: number
}

export type WritePhase = 'erasing' | 'writing' | 'verifying'

export interface WriteJob {
  source: ImageSource
  /**
   * Where the source's bytes go, in their order; together as long as the source, the first at 0. Each begins on a sector and is whole sectors
   * long; the last may end within one, which is filled with zeros.
   */
  extents: readonly Extent[]
  target: Target
  /** Of the drive. */
  targetBytes: number
  sectorBytes: number
  verify: boolean
  /** Called before anything is written in each phase, and after every chunk; done and total in bytes. */
  onProgress?: (phase: WritePhase, done: number, total: number) => void
  /** Called just before the first sectors are written: from here on the drive may look whole. */
  onHead?: () => void
  signal?: AbortSignal | undefined
}

export interface WriteResult {
  /** Of the source's bytes, hexadecimal. */
  sha256: string
}

/** What came back is not what was written. */
export class VerifyError extends Error {
  /** First byte of the block that is wrong. */
  readonly position: number

  constructor(position: number) {
    super(`What was read back from byte ${position} on is not what was written.`)
    this.position = position
  }
}

/** What one transfer moves. */
export const CHUNK_BYTES = 4 << 20
/** Transfers under way at once: the drive has the next before it has done the last. With the chunks, all the memory that a job takes. */
const DEPTH = 4
/**
 * What has a checksum of its own for reading back: CRC-32, which misses one error of a block in 4 thousand million and none that is shorter than 33 bits, and
 * takes a fifth of SHA-256's time, so that reading back goes as fast as the drive does.
 */
const BLOCK_BYTES = 512 << 10
/** What is written last of a source: MBR, GPT, boot sectors of a file system. */
const HEAD_BYTES = 1 << 20
/** The end of the drive has a GPT's copy (33 sectors), labels of ZFS (512 KiB) and superblocks of RAID. */
export const TAIL_BYTES = 1 << 20

/** A run of bytes as it is transferred. */
interface Transfer {
  position: number
  /** From the source. */
  wanted: number
  /** With the zeros behind the last byte of the source. */
  length: number
}

/**
 * Writes all of the source.
 * @throws VerifyError; the target's and the source's errors; the signal's reason when cancelled. Afterwards the target is either untouched or has
 * neither partition table nor boot sector, unless its first sectors were written already: then everything else was before them, and read back.
 */
export async function writeImage(job: WriteJob): Promise<WriteResult> {
  const { source, target, sectorBytes, verify, onProgress, onHead, signal } = job
  signal?.throwIfAborted()
  const { head, body } = transfersOf(job.extents, sectorBytes)
  const total = head.length + body.reduce((sum, { length }) => sum + length, 0)
  const hash = createHash('sha256')
  /** Of each chunk of the body, as it must come back. */
  const sums: Uint32Array[] = []

  onProgress?.('erasing', 0, total)
  await erase(job)
  signal?.throwIfAborted()

  const first = alignedBuffer(head.length)
  await fill(source, first, head, hash)
  onProgress?.('writing', 0, total)
  // The head is in memory, and waits.
  let done = head.length
  await inFlight(body, async (transfer, buffer) => {
    await fill(source, buffer, transfer, hash)
    if (verify) sums.push(sumsOf(buffer.subarray(0, transfer.length)))
    signal?.throwIfAborted()
    return async () => {
      await target.write(buffer.subarray(0, transfer.length), transfer.position)
      done += transfer.length
      onProgress?.('writing', done, total)
    }
  })
  onProgress?.('writing', total, total)
  await target.flush()
  if (verify) await readBack(job, body, sums, total)
  signal?.throwIfAborted()
  // Everything else is on the medium before the head makes it whole.
  onHead?.()
  await target.write(first, head.position)
  await target.flush()
  if (verify) {
    const back = alignedBuffer(head.length)
    await target.read(back, head.position)
    if (Buffer.compare(back, first) !== 0) throw new VerifyError(head.position)
    onProgress?.('verifying', total, total)
  }
  return { sha256: hash.digest('hex') }
}

/** The head, which is written last, and the chunks of everything else. */
function transfersOf(extents: readonly Extent[], sectorBytes: number): { head: Transfer; body: Transfer[] } {
  const transfers: Transfer[] = []
  for (const { position, bytes } of extents) {
    for (let start = 0; start < bytes; ) {
      const wanted = Math.min(transfers.length === 0 ? HEAD_BYTES : CHUNK_BYTES, bytes - start)
      transfers.push({ position: position + start, wanted, length: Math.ceil(wanted / sectorBytes) * sectorBytes })
      start += wanted
    }
  }
  const [head, ...body] = transfers
  if (!head) throw new RangeError('There is nothing to write.')
  return { head, body }
}

/**
 * Goes through transfers with a few under way at once. `prepare` runs in order and one at a time, with a buffer that no transfer uses; what it returns
 * runs beside the next ones. The first error ends it, after all that had begun.
 */
async function inFlight(transfers: readonly Transfer[], prepare: (transfer: Transfer, buffer: Uint8Array) => Promise<() => Promise<void>>): Promise<void> {
  const slots = Array.from({ length: Math.min(DEPTH, transfers.length) }, () => ({ buffer: alignedBuffer(CHUNK_BYTES), busy: Promise.resolve() }))
  let failed: { error: unknown } | undefined
  try {
    for (const [index, transfer] of transfers.entries()) {
      const slot = slots[index % slots.length]
      if (!slot) throw new RangeError('no slot')
      await slot.busy
      if (failed) break
      const run = await prepare(transfer, slot.buffer)
      slot.busy = run().catch((error: unknown) => {
        failed ??= { error }
      })
    }
  } finally {
    await Promise.all(slots.map(({ busy }) => busy))
  }
  if (failed) throw failed.error
}

/** Clears where partition tables and file systems begin, and what is kept of them at the end. */
async function erase({ target, targetBytes }: WriteJob): Promise<void> {
  const head = Math.min(HEAD_BYTES, targetBytes)
  const tail = Math.min(TAIL_BYTES, targetBytes - head)
  const zeros = alignedBuffer(Math.max(head, tail))
  await target.write(zeros.subarray(0, head), 0)
  if (tail > 0) await target.write(zeros.subarray(0, tail), targetBytes - tail)
  await target.flush()
}

async function fill(source: ImageSource, into: Uint8Array, { wanted, length }: Transfer, hash: Hash): Promise<void> {
  for (let done = 0; done < wanted; ) {
    const read = await source.read(into.subarray(done, wanted))
    if (read === 0) throw new Error('The image is shorter than it said: it was changed while it was written.')
    done += read
  }
  into.fill(0, wanted, length)
  hash.update(into.subarray(0, wanted))
}

async function readBack({ target, onProgress, signal }: WriteJob, transfers: readonly Transfer[], sums: readonly Uint32Array[], total: number): Promise<void> {
  onProgress?.('verifying', 0, total)
  const slots = Array.from({ length: Math.min(DEPTH, transfers.length) }, () => ({ buffer: alignedBuffer(CHUNK_BYTES), read: Promise.resolve() }))
  /** Reading ahead; an error waits until its turn has come. */
  const begin = (index: number): void => {
    const transfer = transfers[index]
    const slot = slots[index % slots.length]
    if (!transfer || !slot) return
    slot.read = target.read(slot.buffer.subarray(0, transfer.length), transfer.position)
    slot.read.catch(() => undefined)
  }
  for (const index of slots.keys()) begin(index)
  let done = 0
  try {
    for (const [index, { position, length }] of transfers.entries()) {
      const slot = slots[index % slots.length]
      if (!slot) throw new RangeError('no slot')
      await slot.read
      signal?.throwIfAborted()
      const wrong = sumsOf(slot.buffer.subarray(0, length)).findIndex((sum, block) => sum !== sums[index]?.[block])
      if (wrong !== -1) throw new VerifyError(position + wrong * BLOCK_BYTES)
      begin(index + slots.length)
      done += length
      onProgress?.('verifying', done, total)
    }
  } finally {
    await Promise.allSettled(slots.map(({ read }) => read))
  }
}

/** One for each block: what a medium gives back wrong must deceive every one of them. */
function sumsOf(bytes: Uint8Array): Uint32Array {
  return Uint32Array.from({ length: Math.ceil(bytes.length / BLOCK_BYTES) }, (_, block) => crc32(bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)))
}
