/** Diskette formats of the PC (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, INT 13h), told by their size. */
import type { Geometry } from './disk'
import { copied, type ImageContent } from './image-content'

const SECTOR_BYTES = 512
const PARTITION_TABLE = 446
const PARTITION_BYTES = 16
const PARTITIONS = 4
const BOOT_SIGNATURE = 510
const MIB = 1 << 20

export interface Floppy {
  readonly geometry: Geometry
  /** Drive type as in CMOS register 10h and INT 13h AH=08h: 1 360K, 2 1.2M, 3 720K, 4 1.44M, 5 2.88M. */
  readonly driveType: number
}

const format = (cylinders: number, heads: number, sectorsPerTrack: number, driveType: number): Floppy => ({ geometry: { cylinders, heads, sectorsPerTrack }, driveType })

export const FLOPPY_1200K = format(80, 2, 15, 2)
export const FLOPPY_1440K = format(80, 2, 18, 4)
export const FLOPPY_2880K = format(80, 2, 36, 5)

const FORMATS: readonly Floppy[] = [
  format(40, 1, 8, 1), format(40, 1, 9, 1), format(40, 2, 8, 1), format(40, 2, 9, 1), format(80, 2, 8, 3), format(80, 2, 9, 3), FLOPPY_1200K, FLOPPY_1440K, FLOPPY_2880K,
]

export const floppySectors = ({ geometry }: Floppy): number => geometry.cylinders * geometry.heads * geometry.sectorsPerTrack

const bytesOf = (floppy: Floppy): number => floppySectors(floppy) * SECTOR_BYTES

/** The format of an image that is put into drive A: of its size, or the smallest usual one that holds it. Undefined: it is larger than any diskette. */
export function floppyFor(bytes: number): Floppy | undefined {
  return FORMATS.find((floppy) => bytesOf(floppy) === bytes) ?? [FLOPPY_1440K, FLOPPY_2880K].find((floppy) => bytes <= bytesOf(floppy))
}

/**
 * Whether an image that nobody said anything about is a diskette: exactly as large as one, or boot code that is shorter than the usual one and was
 * not padded to whole MiB as disks are. A partition table says otherwise, which no diskette has, and so does code that asks for the extensions of
 * INT 13h, which none understands.
 */
export function looksLikeFloppy(image: ImageContent): boolean {
  if (image.bytes < SECTOR_BYTES) return false
  const first = copied(image, 0, SECTOR_BYTES)
  if (isPartitioned(first, image.bytes)) return false
  if (FORMATS.some((floppy) => bytesOf(floppy) === image.bytes)) return true
  const bootable = first[BOOT_SIGNATURE] === 0x55 && first[BOOT_SIGNATURE + 1] === 0xaa
  return bootable && image.bytes < bytesOf(FLOPPY_1440K) && image.bytes % MIB !== 0 && !asksForExtensions(first)
}

/** `mov ah, 41h` or `42h`, or with AX, in the first sector. */
function asksForExtensions(first: Uint8Array): boolean {
  const [movAh, movAx] = [0xb4, 0xb8]
  const isFunction = (byte: number | undefined): boolean => byte === 0x41 || byte === 0x42
  return first.subarray(0, BOOT_SIGNATURE).some((byte, i) => (byte === movAh && isFunction(first[i + 1])) || (byte === movAx && first[i + 1] === 0 && isFunction(first[i + 2])))
}

/** Whether sector 0 holds a partition table that makes sense: every entry empty, or within the disk. Code of a boot sector hardly looks so. */
function isPartitioned(sector: Uint8Array, imageBytes: number): boolean {
  const view = new DataView(sector.buffer, sector.byteOffset, SECTOR_BYTES)
  let used = 0
  for (let at = PARTITION_TABLE; at < PARTITION_TABLE + PARTITIONS * PARTITION_BYTES; at += PARTITION_BYTES) {
    const [status, type, first, count] = [view.getUint8(at), view.getUint8(at + 4), view.getUint32(at + 8, true), view.getUint32(at + 12, true)]
    if ((status & 0x7f) !== 0) return false
    if (type === 0) continue
    if (first === 0 || count === 0 || first + count > imageBytes / SECTOR_BYTES) return false
    used++
  }
  return used > 0
}
