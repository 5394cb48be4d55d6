/** Files with holes: blocks of zeros take no room where the file system can do that. */
import type { FileHandle } from 'node:fs/promises'

const BLOCK = Buffer.alloc(64 * 1024)

/**
 * Writes bytes into a file that has nothing there yet, and leaves blocks of zeros out. Whoever has written the last of them sets the file's
 * length, which ends before empty blocks at its end.
 */
export async function writeSparsely(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  const isEmpty = (at: number): boolean => {
    const block = bytes.subarray(at, at + BLOCK.length)
    return BLOCK.subarray(0, block.length).equals(block)
  }
  for (let at = 0; at < bytes.length; ) {
    if (isEmpty(at)) {
      at += BLOCK.length
      continue
    }
    let end = at + BLOCK.length
    while (end < bytes.length && !isEmpty(end)) end += BLOCK.length
    end = Math.min(end, bytes.length)
    await writeAll(file, bytes.subarray(at, end), position + at)
    at = end
  }
}

/** Writes all of it: one call may write a part. */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
}
