/** A medium in memory that can fail in every way that real ones do, for tests of the writer. */
import { EndOfTarget, type Target } from './target'

const MIB = 1 << 20
/** What it is full of at first. */
export const OLD = 0xaa

/** A medium full of old bytes. Its faults are those that real ones have. */
export class Medium implements Target {
  readonly bytes: Uint8Array
  readonly writes: { position: number; length: number }[] = []
  flushes = 0
  faults: {
    /** The medium is shorter than it says: from here on nothing is written. */
    endsAt?: number
    readOnly?: true
    /** Write number that fails. */
    failWrite?: { at: number; code: string }
    /** Flush number that fails, though all writes were accepted. */
    failFlush?: number
    /** This byte comes back other than it was written. */
    flipsAt?: number
  } = {}

  constructor(bytes: number) {
    this.bytes = new Uint8Array(bytes).fill(OLD)
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const { endsAt, readOnly, failWrite } = this.faults
    if (readOnly) throw Object.assign(new Error('read-only'), { code: 'EROFS' })
    if (failWrite?.at === this.writes.length) throw Object.assign(new Error('failed'), { code: failWrite.code })
    if (endsAt !== undefined && position + bytes.length > endsAt) throw new EndOfTarget('the end')
    if (position % 512 || bytes.length % 512 || position + bytes.length > this.bytes.length) throw Object.assign(new Error('invalid'), { code: 'EINVAL' })
    this.writes.push({ position, length: bytes.length })
    this.bytes.set(bytes, position)
  }

  async read(into: Uint8Array, position: number): Promise<void> {
    into.set(this.bytes.subarray(position, position + into.length))
    const { flipsAt } = this.faults
    if (flipsAt !== undefined && flipsAt >= position && flipsAt < position + into.length) into[flipsAt - position] = (into[flipsAt - position] ?? 0) ^ 1
  }

  async flush(): Promise<void> {
    if (this.faults.failFlush === this.flushes++) throw Object.assign(new Error('input/output error'), { code: 'EIO' })
  }

  close = async (): Promise<void> => {}
}

/** Neither a partition table nor a boot sector is left of the image or of what was there before. */
export const startIsBlank = (target: Medium): boolean => holds(target.bytes.subarray(0, MIB), 0)

export const holds = (bytes: Uint8Array, value: number): boolean => Buffer.compare(bytes, Buffer.alloc(bytes.length, value)) === 0
