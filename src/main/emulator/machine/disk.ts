export const SECTOR_BYTES = 512

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

/** The hard disk. The image is only read; what the guest writes goes to an overlay that ends with the machine. */
export class Disk {
  readonly sectors: number
  readonly geometry: Geometry
  readonly #image: Uint8Array
  readonly #overlay = new Map<number, Uint8Array>()

  /** An image whose length is no multiple of 512 is read as if zeros followed. Throws a RangeError for an empty one. */
  constructor(image: Uint8Array) {
    if (image.length === 0) throw new RangeError('The disk image is empty: a disk has at least one sector of 512 bytes.')
    this.#image = image
    this.sectors = Math.ceil(image.length / SECTOR_BYTES)
    const heads = HEADS.find((count) => this.sectors <= MAX_CYLINDERS * count * SECTORS_PER_TRACK) ?? 255
    const cylinders = Math.min(MAX_CYLINDERS, Math.ceil(this.sectors / (heads * SECTORS_PER_TRACK)))
    this.geometry = { cylinders, heads, sectorsPerTrack: SECTORS_PER_TRACK }
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
