import type { Medium } from './ata-medium'

/** A diskette drive with its diskette. */
export interface FloppyDrive {
  readonly medium: Medium
  readonly geometry: { readonly cylinders: number; readonly heads: number; readonly sectorsPerTrack: number }
  /** Data rates at which the diskette can be read, as in the data rate select register: 0 500, 1 300, 2 250 kbit/s, 3 1 Mbit/s. */
  readonly rates: ReadonlySet<number>
  /** Number of a sector that is on the diskette; sectors of a track count from 1. */
  lba(cylinder: number, head: number, sector: number): number
}
