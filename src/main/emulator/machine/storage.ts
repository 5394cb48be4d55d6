/** Controllers for drives that are on no IDE channel: PCI functions of their own, each only where a drive is on it. */
import type { DriveBus } from '../../../shared/machine-schemas'
import { Ahci } from '../devices/ahci'
import { AtaDisk } from '../devices/ata-disk'
import { AtapiCd } from '../devices/atapi-cd'
import type { BusMemory } from '../devices/bus-memory'
import type { Device, Line } from '../devices/device'
import { Nvme } from '../devices/nvme'
import type { PciFunction } from '../devices/pci-function'
import type { Clock } from './clock'
import type { Disk } from './disk'
import type { Drives } from './drives'

export interface StorageController extends Device, PciFunction {
  /** Where its interrupt pin goes. */
  interrupt: Line
  /** Whether it works on something, so that an interrupt can still come. */
  readonly busy: boolean
}

interface Parts {
  readonly clock: Clock
  readonly memory: BusMemory
}

interface ControllerKind {
  /** Device number of the first one on the PCI bus. */
  readonly device: number
  /** Whether it has CDs, too. */
  readonly cds: boolean
  make(parts: Parts, disks: readonly Disk[]): StorageController[]
  /** The end of a drive's path, as Open Firmware would have it and QEMU writes it for firmware. @param index among the drives of this kind */
  path(index: number): string
}

const serial = (index: number): string => `BL0000${index + 1}`

export const CONTROLLERS: Readonly<Record<Exclude<DriveBus, 'ide'>, ControllerKind>> = {
  ahci: {
    device: 4,
    cds: true,
    // It has more ports than there are drives.
    make: (parts, disks) => [new Ahci(parts, disks.map((disk, index) => (disk.medium === 'cd' ? new AtapiCd(disk, serial(index)) : new AtaDisk(disk, serial(index)))))],
    path: (index) => `pci8086,2922@4/drive@${index}/disk@0`,
  },
  nvme: {
    device: 5,
    cds: false,
    make: (parts, disks) => disks.map((disk, index) => new Nvme(parts, disk, serial(index))),
    path: (index) => `pci1b36,10@${(5 + index).toString(16)}/namespace@1,0`,
  },
}

const isController = (bus: DriveBus): bus is Exclude<DriveBus, 'ide'> => bus !== 'ide'

/** Controllers for the drives that are on such, with their places on the PCI bus. */
export function storageControllers({ hardware }: Pick<Drives, 'hardware'>, parts: Parts): { readonly device: number; readonly controller: StorageController }[] {
  return Object.entries(CONTROLLERS).flatMap(([bus, kind]) => {
    const disks = hardware.filter((disk) => disk.bus === bus)
    return disks.length === 0 ? [] : kind.make(parts, disks).map((controller, index) => ({ device: kind.device + index, controller }))
  })
}

/** Path of a drive below the PCI bus, for firmware; undefined: it is on no controller of these. */
export function controllerPath({ hardware }: Pick<Drives, 'hardware'>, disk: Disk): string | undefined {
  const { bus } = disk
  return isController(bus) ? CONTROLLERS[bus].path(hardware.filter((other) => other.bus === bus).indexOf(disk)) : undefined
}

/** Why a medium cannot be on that bus; undefined: it can. */
export function busProblem(medium: Disk['medium'], bus: DriveBus): string | undefined {
  if (medium === 'floppy') return bus === 'ide' ? undefined : 'A diskette is in the diskette drive: it can be on no other bus.'
  return medium === 'cd' && isController(bus) && !CONTROLLERS[bus].cds ? `A CD drive is on ide or ahci: ${bus} has none.` : undefined
}
