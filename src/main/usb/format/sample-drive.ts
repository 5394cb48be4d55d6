/** A drive as a sparse file, with what somebody had on it, on which tests carry a plan out. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import type { FormatPlan } from './plan'

const MIB = 2 ** 20
const JUNK = Buffer.alloc(MIB, 0xa5)
const ZEROS = Buffer.alloc(MIB)
/** As far as partition tables and file systems reach that tests make. */
const JUNK_BYTES = 40 * MIB

/**
 * Writes the whole drive, or with `from` and `bytes` a part of it, such as its partition. What the plan leaves out at the beginning and the end is not zero.
 */
export function writeSampleDrive(path: string, { pieces }: Pick<FormatPlan, 'pieces'>, { from = 0, bytes, junk = true }: { from?: number; bytes: number; junk?: boolean }): void {
  const file = openSync(path, 'w')
  try {
    ftruncateSync(file, bytes)
    const put = (content: Buffer, start: number, end: number): void => {
      for (let at = Math.max(start, 0); at < Math.min(end, bytes); at += MIB) writeSync(file, content, 0, Math.min(MIB, end - at, bytes - at), at)
    }
    if (junk) {
      put(JUNK, 0, JUNK_BYTES)
      put(JUNK, bytes - 2 * MIB, bytes)
    }
    for (const piece of pieces) {
      const start = piece.position - from
      if ('zeros' in piece) {
        // Beyond the junk a sparse file is zero already.
        put(ZEROS, start, Math.min(start + piece.zeros, JUNK_BYTES))
        put(ZEROS, Math.max(start, bytes - 2 * MIB), start + piece.zeros)
      } else if (start >= 0 && start < bytes) writeSync(file, piece.bytes, 0, Math.min(piece.bytes.length, bytes - start), start)
    }
  } finally {
    closeSync(file)
  }
}
