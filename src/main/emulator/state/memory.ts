/** Guest memory and written sectors as sections of a state: only what is not zero, in pieces of bounded size. */
import { damaged } from './error'
import { MOST_SECTION_BYTES, type StateFile, type StateFileWriter } from './file'

const PAGE = 4096
/** Memory that one section is about. */
const PIECE_BYTES = 64 << 20
/** Written sectors of one section. */
const PIECE_SECTORS = 1 << 14
const NUMBER_BYTES = 8

/** A block of the machine's memory, whole pages. */
export interface SavedBlock {
  readonly name: string
  readonly bytes: Uint8Array
}

const isZero = (page: Uint8Array): boolean => {
  const words = new BigUint64Array(page.buffer, page.byteOffset, page.byteLength / NUMBER_BYTES)
  return words.every((word) => word === 0n)
}

/** Sections `NAME 0`, `NAME 1` …: how many pages, their numbers in the piece, the pages. */
export function writeBlock(file: StateFileWriter, { name, bytes }: SavedBlock): void {
  for (let start = 0, index = 0; start < bytes.length; start += PIECE_BYTES, index++) {
    const piece = bytes.subarray(start, start + PIECE_BYTES)
    const pages: number[] = []
    for (let page = 0; page * PAGE < piece.length; page++) if (!isZero(piece.subarray(page * PAGE, (page + 1) * PAGE))) pages.push(page)
    const section = Buffer.alloc(4 + pages.length * (4 + PAGE))
    section.writeUInt32LE(pages.length, 0)
    pages.forEach((page, place) => {
      section.writeUInt32LE(page, 4 + place * 4)
      section.set(piece.subarray(page * PAGE, (page + 1) * PAGE), 4 + pages.length * 4 + place * PAGE)
    })
    file.add(`${name} ${index}`, section)
  }
}

/** @throws StateError */
export function readBlock(file: StateFile, { name, bytes }: SavedBlock): string[] {
  const names: string[] = []
  for (let start = 0, index = 0; start < bytes.length; start += PIECE_BYTES, index++) {
    const piece = bytes.subarray(start, start + PIECE_BYTES)
    names.push(`${name} ${index}`)
    const section = file.section(`${name} ${index}`)
    const view = new DataView(section.buffer, section.byteOffset, section.byteLength)
    const count = section.length < 4 ? -1 : view.getUint32(0, true)
    if (count < 0 || section.length !== 4 + count * (4 + PAGE)) throw damaged(`the section "${name} ${index}" is not as long as its pages`)
    piece.fill(0)
    for (let place = 0; place < count; place++) {
      const page = view.getUint32(4 + place * 4, true)
      if ((page + 1) * PAGE > piece.length) throw damaged(`the section "${name} ${index}" has pages that the machine has not`)
      const from = 4 + count * 4 + place * PAGE
      piece.set(section.subarray(from, from + PAGE), page * PAGE)
    }
  }
  return names
}

/** A drive whose image is left alone: what was written to it. */
export interface SavedDisk {
  readonly name: string
  readonly sectorBytes: number
  readonly sectors: number
  readonly written: ReadonlyMap<number, Uint8Array>
  write(lba: number, sector: Uint8Array): void
}

/** Sections `NAME 0`, `NAME 1` …, none where nothing was written: sector numbers, as 64-bit floating point, and sectors, by turns. */
export function writeSectors(file: StateFileWriter, { name, sectorBytes, written }: SavedDisk): void {
  const sectors = [...written]
  for (let start = 0, index = 0; start < sectors.length; start += PIECE_SECTORS, index++) {
    const piece = sectors.slice(start, start + PIECE_SECTORS)
    const section = Buffer.alloc(piece.length * (NUMBER_BYTES + sectorBytes))
    piece.forEach(([lba, bytes], place) => {
      section.writeDoubleLE(lba, place * (NUMBER_BYTES + sectorBytes))
      section.set(bytes, place * (NUMBER_BYTES + sectorBytes) + NUMBER_BYTES)
    })
    file.add(`${name} ${index}`, section)
  }
}

/** @throws StateError */
export function readSectors(file: StateFile, disk: SavedDisk): string[] {
  const names: string[] = []
  const { name, sectorBytes, sectors } = disk
  for (let index = 0; file.sections.includes(`${name} ${index}`); index++) {
    names.push(`${name} ${index}`)
    const section = file.section(`${name} ${index}`)
    const view = new DataView(section.buffer, section.byteOffset, section.byteLength)
    const step = NUMBER_BYTES + sectorBytes
    if (section.length % step !== 0) throw damaged(`the section "${name} ${index}" has no whole sectors`)
    for (let at = 0; at < section.length; at += step) {
      const lba = view.getFloat64(at, true)
      if (!Number.isInteger(lba) || lba < 0 || lba >= sectors) throw damaged(`the section "${name} ${index}" has sectors that the drive has not`)
      disk.write(lba, section.subarray(at + NUMBER_BYTES, at + step))
    }
  }
  return names
}

/** Bytes that fields name by place (`StateFields.bytes`), in pieces. */
export function writeBlobs(file: StateFileWriter, bytes: Uint8Array): void {
  for (let start = 0, index = 0; start < bytes.length; start += MOST_SECTION_BYTES, index++) file.add(`bytes ${index}`, bytes.subarray(start, start + MOST_SECTION_BYTES))
}

/** All of them together have no more than `most` bytes. @throws StateError */
export function readBlobs(file: StateFile, most: number): { names: string[]; bytes: Uint8Array } {
  const names: string[] = []
  const pieces: Uint8Array[] = []
  let length = 0
  for (let index = 0; file.sections.includes(`bytes ${index}`); index++) {
    names.push(`bytes ${index}`)
    const piece = file.section(`bytes ${index}`)
    length += piece.length
    if (length > most) throw damaged('it has more loose bytes than parts can hold')
    pieces.push(piece)
  }
  return { names, bytes: Buffer.concat(pieces) }
}
