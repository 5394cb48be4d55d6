/** Raw disk images that are the project's own from the first sector on. */
import { ImageError } from './errors'
import { MAX_INPUT_BYTES } from './input'
import { SECTOR_BYTES } from './layout'
import { requireBootSignature } from './mbr'

const ONE_MIB = 1 << 20

export interface RawPiece {
  name: string
  /** Its first sector. */
  sector: number
  bytes: Uint8Array
}

/**
 * A disk with the pieces at their sectors, zero between them.
 * @param givenBytes the size of the disk, rounded up to a whole sector; a whole number of MiB that holds all when absent
 * @throws ImageError when pieces overlap or do not fit, the first sector is not bootable, or the disk would be larger than the PC's
 */
export function buildRawImage(pieces: readonly RawPiece[], givenBytes?: number): Uint8Array {
  const sorted = pieces.toSorted((a, b) => a.sector - b.sector)
  for (const [index, piece] of sorted.entries()) {
    const next = sorted[index + 1]
    if (next === undefined || endOf(piece) <= next.sector) continue
    throw new ImageError({
      what: `The part ${piece.name} (sectors ${piece.sector} to ${endOf(piece) - 1}) reaches into the part ${next.name}, which begins at sector ${next.sector}.`,
      where: piece.name,
      why: 'Each sector of a disk holds one part only.',
      next: `Let ${next.name} begin at sector ${endOf(piece)} or later, or shorten ${piece.name}.`,
    })
  }
  const end = Math.max(0, ...sorted.map(endOf)) * SECTOR_BYTES
  if (givenBytes !== undefined && givenBytes < end) {
    throw new ImageError({
      what: `The parts reach to byte ${end}, and the disk has ${givenBytes}.`,
      where: sorted.at(-1)?.name ?? 'disk',
      why: 'What lies beyond the end of a disk cannot be read.',
      next: 'Make "size" larger, or leave it out.',
    })
  }
  const size = roundUp(givenBytes ?? Math.max(end, ONE_MIB), givenBytes === undefined ? ONE_MIB : SECTOR_BYTES)
  if (size > MAX_INPUT_BYTES) {
    throw new ImageError({
      what: `The disk would have ${Math.ceil(size / ONE_MIB)} MiB; at most ${MAX_INPUT_BYTES / ONE_MIB} are possible.`,
      where: sorted.at(-1)?.name ?? 'disk',
      why: 'The PC keeps its disk in memory.',
      next: 'Let the parts begin at lower sectors.',
    })
  }
  const image = new Uint8Array(size)
  for (const { sector, bytes } of sorted) image.set(bytes, sector * SECTOR_BYTES)
  requireBootSignature(image, sorted.find(({ sector }) => sector === 0)?.name ?? 'sector 0, where no part lies')
  return image
}

/** The first sector after a piece. */
function endOf({ sector, bytes }: RawPiece): number {
  return sector + Math.ceil(bytes.length / SECTOR_BYTES)
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit
}
