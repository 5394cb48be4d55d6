import type { BootMedium, DriveBus } from '../../../shared/machine-schemas'
import { Disk, DRIVE_NUMBERS } from './disk'
import { CD_SECTOR_BYTES, cdBootEntry, type CdBootEntry, type NoCdBoot } from './el-torito'
import { contentOf, type ImageContent, partOf } from './image-content'
import { FLOPPY_1200K, FLOPPY_1440K, FLOPPY_2880K, floppySectors, type Floppy } from './floppy'

const FLOPPIES: Readonly<Record<Exclude<CdBootEntry['emulation'], 'none' | 'hard disk'>, Floppy>> = {
  'floppy 1200K': FLOPPY_1200K,
  'floppy 1440K': FLOPPY_1440K,
  'floppy 2880K': FLOPPY_2880K,
}

/** A medium in a drive beside the one that is booted from. */
export interface ExtraDrive {
  readonly image: Uint8Array | ImageContent
  readonly medium: BootMedium
  /** Writes are refused, as by the tab of a diskette. */
  readonly readOnly: boolean
  /** What its drive is connected to; default: `ide`. */
  readonly bus?: DriveBus | undefined
}

/** How many drives of a kind there are: BIOS numbers 00h, 80h to 83h, E0h. */
export const MOST_DRIVES: Readonly<Record<BootMedium, number>> = { floppy: 1, disk: 4, cd: 1 }

/**
 * The drives of the PC: the one that the image is in, beside a CD that wants it the drive which its boot image is shown as, and those that were
 * added.
 */
export class Drives {
  readonly all: readonly Disk[]
  /** The drives that the controllers know: all but one that the BIOS makes of a CD's boot image. */
  readonly hardware: readonly Disk[]
  /** The drive that is booted from. */
  readonly boot: Disk
  /** What the CD boots, or why it does not; undefined without a CD. */
  readonly cdEntry: CdBootEntry | NoCdBoot | undefined
  /** The drive that is booted from when the CD is: itself, or the one that its boot image is shown as. */
  readonly cdBoots: Disk | undefined

  /** @param bus of the drive with `image`. Throws a RangeError for an empty image, for one that is too large for the medium, and for more drives than there are. */
  constructor(given: Uint8Array | ImageContent, medium?: BootMedium, extra: readonly ExtraDrive[] = [], bus?: DriveBus) {
    const image = contentOf(given)
    const disk = new Disk(image, medium, undefined, { bus })
    const entry = disk.medium === 'cd' ? cdBootEntry(image) : undefined
    const emulated = entry === undefined || 'why' in entry ? undefined : emulatedDisk(image, entry)
    this.boot = emulated ?? disk
    const all = emulated ? [emulated, disk] : [disk]
    for (const { image: content, medium: kind, readOnly, bus: at } of extra) {
      const before = all.filter((other) => other.medium === kind).length
      if (before >= MOST_DRIVES[kind]) throw new RangeError(`There is no further drive of the kind "${kind}": the machine has ${MOST_DRIVES[kind]}.`)
      all.push(new Disk(content, kind, undefined, { drive: DRIVE_NUMBERS[kind] + before, readOnly, bus: at }))
    }
    const added = extra.find(({ medium: kind }) => kind === 'cd')
    this.cdEntry = entry ?? (added && addedCdEntry(contentOf(added.image)))
    this.cdBoots = emulated ?? all.find((one) => one.medium === 'cd')
    this.all = all
    this.hardware = all.filter((one) => one !== emulated)
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

/** What a CD boots that is not the image: drives keep their numbers, so that its boot image is shown as none. */
function addedCdEntry(image: ImageContent): CdBootEntry | NoCdBoot {
  const entry = cdBootEntry(image)
  if ('why' in entry || entry.emulation === 'none') return entry
  return { why: `The CD's boot image is one of a ${entry.emulation}, which only a CD that is booted as the image itself is shown as.` }
}

/** The drive that the boot image of a CD is shown as (El Torito, 1.6: floppy and hard disk emulation). */
function emulatedDisk(image: ImageContent, { emulation, lba }: CdBootEntry): Disk | undefined {
  if (emulation === 'none') return undefined
  const first = lba * CD_SECTOR_BYTES
  if (emulation === 'hard disk') return new Disk(partOf(image, first), 'disk')
  const floppy = FLOPPIES[emulation]
  return new Disk(partOf(image, first, floppySectors(floppy) * 512), 'floppy', floppy)
}
