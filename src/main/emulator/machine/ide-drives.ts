import { AtaDisk } from '../devices/ata-disk'
import type { AtaDrive } from '../devices/ata-drive'
import { AtapiCd } from '../devices/atapi-cd'
import type { IdeDrives } from '../devices/piix3-ide'
import type { Drives } from './drives'

const POSITIONS = 4
/** Secondary master, where QEMU has it. */
const CD_POSITION = 2

/**
 * The drives on the IDE channels: the CD is secondary master, hard disks take the places around it in the order of their BIOS numbers. There are four
 * places: beside a CD the fourth hard disk is known to the BIOS alone.
 */
export function ideDrives({ hardware }: Drives): IdeDrives {
  const places: (AtaDrive | undefined)[] = Array.from({ length: POSITIONS })
  const cd = hardware.find(({ medium }) => medium === 'cd')
  if (cd) places[CD_POSITION] = new AtapiCd(cd, 'BL00003')
  for (const disk of hardware.filter(({ medium }) => medium === 'disk')) {
    const free = places.findIndex((place) => place === undefined)
    if (free >= 0) places[free] = new AtaDisk(disk, `BL0000${free + 1}`)
  }
  return [[places[0], places[1]], [places[2], places[3]]]
}
