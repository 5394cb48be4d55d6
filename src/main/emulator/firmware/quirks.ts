/** Faults of a BIOS or a medium that boot loaders meet on real computers, for tests of loaders. None unless asked for. */
import type { MemoryRange } from './int15'

export interface BadSectors {
  /** First and last sector, counted in the drive's own size. */
  readonly first: number
  readonly last: number
  /** Status in AH, such as 10h (bad CRC), 04h (not found), 80h (time-out). */
  readonly status: number
  /** So many attempts fail, then it can be read (a diskette whose motor starts). Default: all. */
  readonly attempts?: number
}

export interface Quirks {
  /** DL as the boot sector finds it. The drive keeps its true number. */
  readonly bootDrive?: number | undefined
  /** The boot sector is entered at 07C0:0000 instead of 0000:7C00. */
  readonly bootAt07C0?: boolean | undefined
  /** INT 13h has no extensions (AH=41h and up). */
  readonly noExtensions?: boolean | undefined
  /** One call reads so many sectors at most; more is status 01h. */
  readonly mostSectors?: number | undefined
  readonly badSectors?: readonly BadSectors[] | undefined
  /** The A20 gate is shut when the boot sector starts, and stays so whatever would open it. */
  readonly a20Stuck?: boolean | undefined
  /** What E820 says; `absent`: there is none. */
  readonly e820?: readonly MemoryRange[] | 'absent' | undefined
  /** No VBE: text mode is all there is. */
  readonly noVbe?: boolean | undefined
  /** Neither E801h nor 88h is there. */
  readonly noMemorySizes?: boolean | undefined
}
