import type { FloppyDrive } from '../devices/floppy-drive'
import type { Drives } from './drives'

/** Data rates by drive type, as in CMOS: a diskette of 360K is read at 300 kbit/s in a drive for 1.2M, and at 250 in its own. */
const RATES: Readonly<Record<number, readonly number[]>> = { 1: [1, 2], 2: [0], 3: [2], 4: [0], 5: [3] }

/** The diskette drive that the controller knows. */
export function floppyDrive({ hardware }: Drives): FloppyDrive | undefined {
  const disk = hardware.find(({ floppy }) => floppy !== undefined)
  if (!disk?.floppy) return undefined
  const { driveType, geometry } = disk.floppy
  const { heads, sectorsPerTrack } = geometry
  return { medium: disk, geometry, rates: new Set(RATES[driveType]), lba: (cylinder, head, sector) => (cylinder * heads + head) * sectorsPerTrack + sector - 1 }
}
