/** What the formats of virtual disks have in common: each holds a raw disk, most without its empty parts. */
import { ImageError } from '../errors'
import { MAX_INPUT_BYTES } from '../input'
import { SECTOR_BYTES } from '../layout'

export interface WriteOptions {
  /** The file's own name, for formats that carry it. */
  name: string
}

export interface DiskFormat {
  /**
   * The disk in this format. The same input gives the same bytes.
   * @param raw whole sectors
   */
  write(raw: Uint8Array, options: WriteOptions): Uint8Array
  /** Whether a file's bytes are in this format; never throws. */
  detect(bytes: Uint8Array): boolean
  /**
   * The raw disk that is inside.
   * @throws ImageError when the file is damaged, or uses something of the format that is not read here
   */
  read(bytes: Uint8Array, where: string): Uint8Array
}

const ZERO = new Uint8Array(64 * 1024)

/** Whether all bytes are zero. */
export function isEmpty(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZERO.length) {
    const part = bytes.subarray(at, at + ZERO.length)
    if (Buffer.compare(part, ZERO.subarray(0, part.length)) !== 0) return false
  }
  return true
}

/** Indexes of the blocks of so many bytes that hold something. */
export function usedBlocks(raw: Uint8Array, blockBytes: number): number[] {
  return Array.from({ length: Math.ceil(raw.length / blockBytes) }, (_, index) => index).filter((index) => !isEmpty(raw.subarray(index * blockBytes, (index + 1) * blockBytes)))
}

/** An empty disk of the size that a header names. @throws ImageError when it is no possible size */
export function emptyDisk(bytes: number | bigint, where: string): Uint8Array {
  const size = Number(bytes)
  if (size > 0 && size <= MAX_INPUT_BYTES && size % SECTOR_BYTES === 0) return new Uint8Array(size)
  throw new ImageError({
    what: `The virtual disk says that it has ${bytes} bytes.`,
    where,
    why: `Bootlab takes disks of whole sectors up to ${MAX_INPUT_BYTES >> 20} MiB, which it keeps in memory.`,
    next: 'Give a smaller disk, or make the file again if it should be one.',
  })
}

/** @param feature what the file uses */
export function unsupported(feature: string, where: string, format: string): ImageError {
  return new ImageError({
    what: `The virtual disk ${feature}.`,
    where,
    why: 'Bootlab does not read such files.',
    next: `Convert it with \`qemu-img convert -O ${format} OLD NEW\`.`,
  })
}

/** @param what a sentence */
export function damagedDisk(what: string, where: string): ImageError {
  return new ImageError({ what, where, why: 'So its content cannot be found.', next: 'Make the file again, or copy it again if it came from elsewhere.' })
}
