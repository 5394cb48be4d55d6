/** Diskette formats of the PC (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, INT 13h), told by their size. */
import type { Geometry } from './disk'

const SECTOR_BYTES = 512
const PARTITION_TABLE = 446
const PARTITION_BYTES = 16
const PARTITIONS = 4

export interface Floppy {
  readonly geometry: Geometry
  /** Drive type as in CMOS register 10h and INT 13h AH=08h: 1 360K, 2 1.2M, 3 720K, 4 1.44M, 5 2.88M. */
  readonly driveType: number
}

const format = (cylinders: number, heads: number, sectorsPerTrack: number, driveType: number): Floppy => ({ geometry: { cylinders, heads, sectorsPerTrack }, driveType })

const FORMATS: readonly Floppy[] = [
  format(40, 1, 8, 1), format(40, 1, 9, 1), format(40, 2, 8, 1), format(40, 2, 9, 1), format(80, 2, 9, 3), format(80, 2, 15, 2), format(80, 2, 18, 4),
  format(80, 2, 36, 5),
]

const sectorsOf = ({ geometry }: Floppy): number => geometry.cylinders * geometry.heads * geometry.sectorsPerTrack

/** The format of an image that is exactly as large as a diskette; undefined for others, and for one with a partition table, which no diskette has. */
export function floppyOf(image: Uint8Array): Floppy | undefined {
  const found = FORMATS.find((floppy) => sectorsOf(floppy) * SECTOR_BYTES === image.length)
  return found && !isPartitioned(image) ? found : undefined
}

/** Whether sector 0 holds a partition table that makes sense: every entry empty, or within the disk. Code of a boot sector hardly looks so. */
function isPartitioned(image: Uint8Array): boolean {
  const view = new DataView(image.buffer, image.byteOffset, SECTOR_BYTES)
  let used = 0
  for (let at = PARTITION_TABLE; at < PARTITION_TABLE + PARTITIONS * PARTITION_BYTES; at += PARTITION_BYTES) {
    const [status, type, first, count] = [view.getUint8(at), view.getUint8(at + 4), view.getUint32(at + 8, true), view.getUint32(at + 12, true)]
    if ((status & 0x7f) !== 0) return false
    if (type === 0) continue
    if (first === 0 || count === 0 || first + count > image.length / SECTOR_BYTES) return false
    used++
  }
  return used > 0
}
