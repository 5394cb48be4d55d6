import { AtaDisk } from '../devices/ata-disk'
import type { AtaDrive } from '../devices/ata-drive'
import { AtapiCd } from '../devices/atapi-cd'
import type { IdeDrives } from '../devices/piix3-ide'
import type { Drives } from './drives'
import { idePositions } from './ide-positions'

/** The drives on the IDE channels. */
export function ideDrives(drives: Drives): IdeDrives {
  const [a, b, c, d] = idePositions(drives).map((disk, position): AtaDrive | undefined => {
    if (!disk) return undefined
    const serialNumber = `BL0000${position + 1}`
    return disk.medium === 'cd' ? new AtapiCd(disk, serialNumber) : new AtaDisk(disk, serialNumber)
  })
  return [[a, b], [c, d]]
}
