/** In which order a BIOS tries the drives. */
import type { BootMedium } from '../../../shared/machine-schemas'
import type { Disk } from './disk'
import type { Drives } from './drives'
import { idePositions } from './ide-positions'
import { controllerPath } from './storage'

/** What a person asks of the BIOS before it boots. */
export interface BootChoice {
  /** Kinds of drive that come first, in this order. */
  readonly order?: readonly BootMedium[] | undefined
  /** A menu is offered for a moment. */
  readonly menu?: boolean | undefined
}

/** The drive that holds the image comes first, then what was added. */
const USUAL_ORDER: readonly BootMedium[] = ['floppy', 'disk', 'cd']

/** What a drive is booted as: one that shows a CD's boot image is the CD. */
const kindOf = ({ hardware }: Drives, disk: Disk): BootMedium => (hardware.includes(disk) ? disk.medium : 'cd')

/** All drives that can be tried, the first one first. Kinds that `media` does not name come last, as without it. */
export function bootOrder(drives: Drives, media: readonly BootMedium[] = []): Disk[] {
  // A CD is tried as what it shows its boot image as.
  const candidates = drives.all.filter((disk) => disk.medium !== 'cd' || disk === drives.cdBoots)
  const named = media.flatMap((medium) => candidates.filter((disk) => kindOf(drives, disk) === medium))
  const usual = [...candidates.filter((disk) => disk === drives.boot), ...USUAL_ORDER.flatMap((medium) => candidates.filter((disk) => kindOf(drives, disk) === medium))]
  return [...new Set([...named, ...usual])]
}

/** The same by kinds, each once. */
export const bootKinds = (drives: Drives, media?: readonly BootMedium[]): BootMedium[] => [...new Set(bootOrder(drives, media).map((disk) => kindOf(drives, disk)))]

/** The same as device paths of Open Firmware, as QEMU gives them to SeaBIOS (SeaBIOS, docs/Runtime_config.md, "bootorder"). */
export function bootPaths(drives: Drives, media?: readonly BootMedium[]): string[] {
  const places = idePositions(drives)
  return bootOrder(drives, media).flatMap((disk) => {
    if (drives.hardware.includes(disk) && disk.medium === 'floppy') return ['/pci@i0cf8/isa@1/fdc@03f0/floppy@0']
    const path = controllerPath(drives, disk)
    if (path !== undefined) return [`/pci@i0cf8/${path}`]
    const place = places.findIndex((one) => one !== undefined && (one === disk || (one.medium === 'cd' && kindOf(drives, disk) === 'cd')))
    // The fourth hard disk beside a CD is on no channel.
    return place < 0 ? [] : [`/pci@i0cf8/ide@1,1/drive@${place >> 1}/disk@${place & 1}`]
  })
}
