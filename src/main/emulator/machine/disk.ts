import { floppyOf, type Floppy } from './floppy'

export const SECTOR_BYTES = 512
/** Drive numbers of INT 13h. */
export const FIRST_FLOPPY = 0x00
export const FIRST_HARD_DISK = 0x80

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

/**
 * The one disk: a diskette in drive A where the image has the size of one, else a hard disk. The image is only read; what the guest writes goes
 * to an overlay that ends with the machine.
 */
export class Disk {
  readonly sectors: number
  readonly geometry: Geometry
  /** Undefined for a hard disk. */
  readonly floppy: Floppy | undefined
  readonly #image: Uint8Array
  readonly #overlay = new Map<number, Uint8Array>()

  /** An image whose length is no multiple of 512 is read as if zeros followed. Throws a RangeError for an empty one. */
  constructor(image: Uint8Array) {
    if (image.length === 0) throw new RangeError('The disk image is empty: a disk has at least one sector of 512 bytes.')
    this.#image = image
    this.sectors = Math.ceil(image.length / SECTOR_BYTES)
    this.floppy = floppyOf(image)
    this.geometry = this.floppy?.geometry ?? hardDiskGeometry(this.sectors)
  }

  /** Its number for INT 13h. */
  get drive(): number {
    return this.floppy ? FIRST_FLOPPY : FIRST_HARD_DISK
  }

  /** A copy of sector `lba`, 0 ≤ lba < sectors. */
  read(lba: number): Uint8Array {
    this.#check(lba)
    const written = this.#overlay.get(lba)
    if (written) return written.slice()
    const sector = new Uint8Array(SECTOR_BYTES)
    sector.set(this.#image.subarray(lba * SECTOR_BYTES, (lba + 1) * SECTOR_BYTES))
    return sector
  }

  write(lba: number, sector: Uint8Array): void {
    this.#check(lba)
    if (sector.length !== SECTOR_BYTES) throw new RangeError(`A sector has ${SECTOR_BYTES} bytes, not ${sector.length}.`)
    this.#overlay.set(lba, sector.slice())
  }

  #check(lba: number): void {
    if (!Number.isInteger(lba) || lba < 0 || lba >= this.sectors) throw new RangeError(`Sector ${lba} is not on a disk of ${this.sectors} sectors.`)
  }
}

function hardDiskGeometry(sectors: number): Geometry {
  const heads = HEADS.find((count) => sectors <= MAX_CYLINDERS * count * SECTORS_PER_TRACK) ?? 255
  const cylinders = Math.min(MAX_CYLINDERS, Math.ceil(sectors / (heads * SECTORS_PER_TRACK)))
  return { cylinders, heads, sectorsPerTrack: SECTORS_PER_TRACK }
}
