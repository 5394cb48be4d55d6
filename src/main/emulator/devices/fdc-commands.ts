/** Commands of the 82077AA (data sheet 290166, section 5): how many bytes each takes, parameters included. */

export interface FdcCommand {
  readonly name: 'transfer' | 'specify' | 'senseDrive' | 'recalibrate' | 'senseInterrupt' | 'readId' | 'seek' | 'relativeSeek' | 'version' | 'partId' | 'dump' | 'configure' | 'perpendicular' | 'lock' | 'format'
  readonly bytes: number
  /** Of transfers of sectors. */
  readonly direction?: 'read' | 'write' | 'verify'
}

/** Of a transfer of sectors. */
export interface FdcParameters {
  /** Drive in bits 0 and 1, head in bit 2. */
  readonly select: number
  readonly cylinder: number
  readonly head: number
  readonly sector: number
  /** 128 × 2^size bytes a sector. */
  readonly size: number
  /** Last sector of a track. */
  readonly last: number
  readonly multiTrack: boolean
}

const transfer = (direction: NonNullable<FdcCommand['direction']>): FdcCommand => ({ name: 'transfer', bytes: 9, direction })

/** By command code, without the bits for multi-track, MFM and skip (7 to 5), but for those that have codes of eight bits. */
export const FDC_COMMANDS: ReadonlyMap<number, FdcCommand> = new Map<number, FdcCommand>([
  [0x02, transfer('read')], // READ TRACK
  [0x03, { name: 'specify', bytes: 3 }],
  [0x04, { name: 'senseDrive', bytes: 2 }],
  [0x05, transfer('write')],
  [0x06, transfer('read')],
  [0x07, { name: 'recalibrate', bytes: 2 }],
  [0x08, { name: 'senseInterrupt', bytes: 1 }],
  [0x09, transfer('write')], // WRITE DELETED DATA
  [0x0a, { name: 'readId', bytes: 2 }],
  [0x0c, transfer('read')], // READ DELETED DATA
  [0x0d, { name: 'format', bytes: 6 }],
  [0x0e, { name: 'dump', bytes: 1 }],
  [0x0f, { name: 'seek', bytes: 3 }],
  [0x10, { name: 'version', bytes: 1 }],
  [0x12, { name: 'perpendicular', bytes: 2 }],
  [0x13, { name: 'configure', bytes: 4 }],
  [0x14, { name: 'lock', bytes: 1 }],
  [0x16, transfer('verify')],
  [0x18, { name: 'partId', bytes: 1 }],
  [0x8f, { name: 'relativeSeek', bytes: 3 }],
  [0xcf, { name: 'relativeSeek', bytes: 3 }],
])
