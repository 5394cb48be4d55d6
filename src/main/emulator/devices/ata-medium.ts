/** What is in a drive: whole sectors by number. */
export interface Medium {
  readonly sectors: number
  readonly sectorBytes: number
  readonly readOnly: boolean
  /** A copy of `count` sectors from `lba` on. Throws a RangeError for sectors that are not there. */
  read(lba: number, count?: number): Uint8Array
  /** Throws a RangeError for a sector that is not there. */
  write(lba: number, sector: Uint8Array): void
}
