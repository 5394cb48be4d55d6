import type { BootMedium } from '../../../shared/machine-schemas'
import { Disk } from './disk'
import { CD_SECTOR_BYTES, cdBootEntry, type CdBootEntry, type NoCdBoot } from './el-torito'
import { FLOPPY_1200K, FLOPPY_1440K, FLOPPY_2880K, floppySectors, type Floppy } from './floppy'

const FLOPPIES: Readonly<Record<Exclude<CdBootEntry['emulation'], 'none' | 'hard disk'>, Floppy>> = {
  'floppy 1200K': FLOPPY_1200K,
  'floppy 1440K': FLOPPY_1440K,
  'floppy 2880K': FLOPPY_2880K,
}

/**
 * The drives of the PC: the one that the image is in, and beside a CD that wants it the drive which its boot image is shown as.
 */
export class Drives {
  readonly all: readonly Disk[]
  /** The drive that is booted from. */
  readonly boot: Disk
  /** What the CD boots, or why it does not; undefined without a CD. */
  readonly cdEntry: CdBootEntry | NoCdBoot | undefined

  /** Throws a RangeError for an empty image, and for one that is too large for the medium. */
  constructor(image: Uint8Array, medium?: BootMedium) {
    const disk = new Disk(image, medium)
    const entry = disk.medium === 'cd' ? cdBootEntry(image) : undefined
    const emulated = entry === undefined || 'why' in entry ? undefined : emulatedDisk(image, entry)
    this.cdEntry = entry
    this.boot = emulated ?? disk
    this.all = emulated ? [emulated, disk] : [disk]
  }

  /** The drive with that number for INT 13h. */
  get(number: number): Disk | undefined {
    return this.all.find((disk) => disk.drive === number)
  }

  get floppy(): Floppy | undefined {
    return this.all.find(({ floppy }) => floppy)?.floppy
  }

  get hardDisks(): number {
    return this.all.filter(({ medium }) => medium === 'disk').length
  }
}

/** The drive that the boot image of a CD is shown as (El Torito, 1.6: floppy and hard disk emulation). */
function emulatedDisk(image: Uint8Array, { emulation, lba }: CdBootEntry): Disk | undefined {
  if (emulation === 'none') return undefined
  const content = image.subarray(lba * CD_SECTOR_BYTES)
  if (emulation === 'hard disk') return new Disk(content, 'disk')
  const floppy = FLOPPIES[emulation]
  return new Disk(content.subarray(0, floppySectors(floppy) * 512), 'floppy', floppy)
}
