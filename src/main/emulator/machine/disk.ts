import { createHash } from 'node:crypto'
import type { BootMedium, DriveBus } from '../../../shared/machine-schemas'
import { LabError } from '../../../shared/failure'
import { CD_SECTOR_BYTES, isBootableCd } from './el-torito'
import { floppyFor, floppySectors, looksLikeFloppy, type Floppy } from './floppy'
import { contentOf, copied, type ImageContent } from './image-content'

export const SECTOR_BYTES = 512

/** Drive numbers of INT 13h; the CD's is the one that common BIOSes give it. */
export const DRIVE_NUMBERS: Readonly<Record<BootMedium, number>> = { floppy: 0x00, disk: 0x80, cd: 0xe0 }
export const FIRST_HARD_DISK = DRIVE_NUMBERS.disk

/** Cylinders, heads and sectors per track as INT 13h reports them. */
export interface Geometry {
  cylinders: number
  heads: number
  sectorsPerTrack: number
}

const SECTORS_PER_TRACK = 63
const MAX_CYLINDERS = 1024
/** Head counts of the LBA-assisted translation (Enhanced Disk Drive Specification, "CHS translation"). */
const HEADS = [16, 32, 64, 128, 255] as const

/** What an image is put in as when nobody says: a CD with El Torito, a diskette by size or because it is short boot code, else a hard disk. */
export function mediumOf(image: ImageContent): BootMedium {
  if (isBootableCd(image)) return 'cd'
  return looksLikeFloppy(image) ? 'floppy' : 'disk'
}

/** Bytes that a guest can write to one disk: the overlay is in memory. */
export const MOST_WRITTEN_BYTES = 1 << 30

/**
 * One drive with its medium. The image is only read; what the guest writes goes to an overlay that ends with the machine. Only a file that was asked to
 * be written through is written itself, and has no overlay.
 */
export class Disk {
  readonly medium: BootMedium
  readonly sectorBytes: number
  readonly sectors: number
  /** Of a CD, which has none: all zero. */
  readonly geometry: Geometry
  /** The format of a diskette. */
  readonly floppy: Floppy | undefined
  /** Its number for INT 13h. */
  readonly drive: number
  readonly readOnly: boolean
  /** What its drive is connected to; of a diskette, `ide`. */
  readonly bus: DriveBus
  readonly #image: ImageContent
  readonly #overlay = new Map<number, Uint8Array>()

  /**
   * An image is read as if zeros followed up to a whole sector, and up to the size of the diskette.
   * Throws a RangeError for an empty one, and for a diskette that is larger than any.
   */
  constructor(given: Uint8Array | ImageContent, medium: BootMedium = mediumOf(contentOf(given)), floppy?: Floppy, { drive = DRIVE_NUMBERS[medium], readOnly = medium === 'cd', bus = 'ide' }: { drive?: number; readOnly?: boolean; bus?: DriveBus | undefined } = {}) {
    const image = contentOf(given)
    if (image.bytes === 0) throw new RangeError('The disk image is empty: a disk has at least one sector of 512 bytes.')
    this.#image = image
    this.medium = medium
    this.drive = drive
    this.readOnly = readOnly
    this.bus = medium === 'floppy' ? 'ide' : bus
    this.sectorBytes = medium === 'cd' ? CD_SECTOR_BYTES : SECTOR_BYTES
    this.floppy = medium === 'floppy' ? (floppy ?? floppyOf(image.bytes)) : undefined
    this.sectors = this.floppy ? floppySectors(this.floppy) : Math.ceil(image.bytes / this.sectorBytes)
    this.geometry = this.floppy?.geometry ?? (medium === 'cd' ? { cylinders: 0, heads: 0, sectorsPerTrack: 0 } : hardDiskGeometry(this.sectors))
  }

  /** A copy of `count` sectors from `lba` on. Throws a RangeError for sectors that are not on the disk. */
  read(lba: number, count = 1): Uint8Array {
    this.#check(lba, count)
    const { sectorBytes } = this
    const bytes = copied(this.#image, lba * sectorBytes, count * sectorBytes)
    if (this.#overlay.size === 0) return bytes
    for (let i = 0; i < count; i++) {
      const written = this.#overlay.get(lba + i)
      if (written) bytes.set(written, i * sectorBytes)
    }
    return bytes
  }

  /** Throws a RangeError for a sector that is not on the disk, a LabError when the host can keep no more. */
  write(lba: number, sector: Uint8Array): void {
    this.#check(lba, 1)
    if (sector.length !== this.sectorBytes) throw new RangeError(`A sector has ${this.sectorBytes} bytes, not ${sector.length}.`)
    // What is beyond the end of the file, up to a diskette's size, has no place in it.
    if (this.#image.write && (lba + 1) * this.sectorBytes <= this.#image.bytes) {
      this.#image.write(lba * this.sectorBytes, sector)
      return
    }
    if (this.#overlay.size * this.sectorBytes >= MOST_WRITTEN_BYTES && !this.#overlay.has(lba)) throw overlayFull(this.drive)
    this.#overlay.set(lba, sector.slice())
  }

  /** Sectors that were written, and what they hold, for a saved state. */
  get written(): ReadonlyMap<number, Uint8Array> {
    return this.#overlay
  }

  /** Whether what is written goes into the image's file. */
  get writesThrough(): boolean {
    return this.#image.write !== undefined
  }

  /** Size and SHA-256 of the image, which tell whether it is the same one. */
  identify(): { readonly bytes: number; readonly sha256: string } {
    return { bytes: this.#image.bytes, sha256: createHash('sha256').update(this.#image.identity()).digest('hex') }
  }

  #check(lba: number, count: number): void {
    if (Number.isInteger(lba) && lba >= 0 && lba + count <= this.sectors) return
    throw new RangeError(`Sector ${lba + count - 1} is not on a disk of ${this.sectors} sectors.`)
  }
}

/** Why an image cannot be put in as that; undefined: it can. */
export function mediumProblem({ bytes }: { readonly bytes: number }, medium: BootMedium | undefined): string | undefined {
  if (medium !== 'floppy' || floppyFor(bytes)) return undefined
  return `The image has ${bytes} bytes, and the largest diskette 2949120: it cannot be put in as one.`
}

function floppyOf(bytes: number): Floppy {
  const floppy = floppyFor(bytes)
  if (floppy) return floppy
  throw new RangeError(mediumProblem({ bytes }, 'floppy'))
}

function overlayFull(drive: number): LabError {
  return new LabError({
    code: 'overlay-full',
    what: `The guest wrote to more than ${MOST_WRITTEN_BYTES >> 20} MiB of drive 0x${drive.toString(16)}.`,
    why: 'What a guest writes is kept in memory, so that the image stays as it is.',
    next: 'Boot a copy of the image that is written through (--write-through, or --drive disk:FILE,write).',
  })
}

function hardDiskGeometry(sectors: number): Geometry {
  const heads = HEADS.find((count) => sectors <= MAX_CYLINDERS * count * SECTORS_PER_TRACK) ?? 255
  const cylinders = Math.min(MAX_CYLINDERS, Math.ceil(sectors / (heads * SECTORS_PER_TRACK)))
  return { cylinders, heads, sectorsPerTrack: SECTORS_PER_TRACK }
}
