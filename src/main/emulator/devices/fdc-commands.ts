/** Commands of the 82077AA (data sheet 290166, section 5): how many bytes each takes, parameters included, and the bits of what they are given and give. */

/** Result bytes: status registers 0 to 3 (section 4). */
export const ST0 = { abnormal: 0x40, invalid: 0x80, readyChanged: 0xc0, seekEnd: 0x20, equipment: 0x10 } as const
export const ST1 = { endOfCylinder: 0x80, overrun: 0x10, noData: 0x04, notWritable: 0x02, noAddressMark: 0x01 } as const
export const ST2 = { controlMark: 0x40, wrongCylinder: 0x10 } as const
export const ST3 = { writeProtected: 0x40, ready: 0x20, track0: 0x10, twoSides: 0x08 } as const
export const VERSION = 0x90
export const CONFIGURE = { impliedSeek: 0x40, noFifo: 0x20, noPolling: 0x10 } as const
/** OW says whether the bits of the drives (D3–D0) are written; a reset by software clears the lowest two. */
export const PERPENDICULAR = { overwrite: 0x80, drives: 0x3c, gapAndGate: 0x03 } as const

export interface FdcCommand {
  readonly name: 'transfer' | 'specify' | 'senseDrive' | 'recalibrate' | 'senseInterrupt' | 'readId' | 'seek' | 'relativeSeek' | 'version' | 'partId' | 'dump' | 'configure' | 'perpendicular' | 'lock' | 'format'
  readonly bytes: number
  /** Bits of the command byte that are the program's: multi-track, MFM, skip (80h, 40h, 20h); the rest is the command's code. */
  readonly options: number
  /** Of transfers of sectors. */
  readonly direction?: 'read' | 'write' | 'verify'
  /** Of a read: all of a track from its first sector on, or only sectors that are marked as deleted. */
  readonly sectors?: 'track' | 'deleted'
}

const OPTION = { multiTrack: 0x80, mfm: 0x40, skip: 0x20 } as const

const transfer = (direction: NonNullable<FdcCommand['direction']>, options: number, sectors?: FdcCommand['sectors']): FdcCommand => ({
  name: 'transfer', bytes: 9, direction, options, ...(sectors ? { sectors } : {}),
})

/** By command code without the program's bits. */
export const FDC_COMMANDS: ReadonlyMap<number, FdcCommand> = new Map<number, FdcCommand>([
  [0x02, transfer('read', OPTION.mfm, 'track')],
  [0x03, { name: 'specify', bytes: 3, options: 0 }],
  [0x04, { name: 'senseDrive', bytes: 2, options: 0 }],
  [0x05, transfer('write', OPTION.multiTrack | OPTION.mfm)],
  [0x06, transfer('read', OPTION.multiTrack | OPTION.mfm | OPTION.skip)],
  [0x07, { name: 'recalibrate', bytes: 2, options: 0 }],
  [0x08, { name: 'senseInterrupt', bytes: 1, options: 0 }],
  [0x09, transfer('write', OPTION.multiTrack | OPTION.mfm)], // WRITE DELETED DATA
  [0x0a, { name: 'readId', bytes: 2, options: OPTION.mfm }],
  [0x0c, transfer('read', OPTION.multiTrack | OPTION.mfm | OPTION.skip, 'deleted')],
  [0x0d, { name: 'format', bytes: 6, options: OPTION.mfm }],
  [0x0e, { name: 'dump', bytes: 1, options: 0 }],
  [0x0f, { name: 'seek', bytes: 3, options: 0 }],
  [0x10, { name: 'version', bytes: 1, options: 0 }],
  [0x12, { name: 'perpendicular', bytes: 2, options: 0 }],
  [0x13, { name: 'configure', bytes: 4, options: 0 }],
  [0x14, { name: 'lock', bytes: 1, options: 0x80 }],
  [0x16, transfer('verify', OPTION.multiTrack | OPTION.mfm | OPTION.skip)],
  [0x18, { name: 'partId', bytes: 1, options: 0 }],
  [0x8f, { name: 'relativeSeek', bytes: 3, options: 0x40 }],
])

/** The command of a first byte; undefined: there is none. */
export function fdcCommand(code: number): FdcCommand | undefined {
  return [...FDC_COMMANDS].find(([base, { options }]) => (code & ~options) === base)?.[1]
}
