import type { Disk } from './disk'
import type { Drives } from './drives'

const POSITIONS = 4
/** Secondary master, where QEMU has it. */
const CD_POSITION = 2

/**
 * Where the drives are on the IDE channels (primary master and slave, secondary master and slave): the CD is secondary master, hard disks take the
 * places around it in the order of their BIOS numbers. There are four places: beside a CD the fourth hard disk is known to the BIOS alone.
 */
export function idePositions(drives: Pick<Drives, 'hardware'>): readonly (Disk | undefined)[] {
  const hardware = drives.hardware.filter(({ bus }) => bus === 'ide')
  const places: (Disk | undefined)[] = Array.from({ length: POSITIONS })
  const cd = hardware.find(({ medium }) => medium === 'cd')
  if (cd) places[CD_POSITION] = cd
  for (const disk of hardware.filter(({ medium }) => medium === 'disk')) {
    const free = places.findIndex((place) => place === undefined)
    if (free >= 0) places[free] = disk
  }
  return places
}
