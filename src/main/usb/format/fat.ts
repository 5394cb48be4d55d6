/**
 * Formats a partition with FAT12, FAT16 or FAT32 through FatFs, which sees a medium that only records. Serial number, label and place of the
 * partition, which FatFs does not let one say, are settled afterwards.
 *
 * Source: Microsoft Extensible Firmware Initiative FAT32 File System Specification 1.03.
 */
import * as FatFs from 'js-fatfs'
import { fatLabelBytes, NO_FAT_LABEL } from '../../image/fat'
import { DIRECTORY_ENTRY_BYTES, type FatGeometry } from '../../image/fat-geometry'
import { ATTRIBUTE, BPB, DIRECTORY_ENTRY } from '../../image/fat-read'
import { SparseMedium } from './sparse-medium'

export interface FatFormat {
  geometry: FatGeometry
  /** Where the partition begins on the drive, in bytes. */
  start: number
  /** The clusters begin at a multiple of so many bytes: a power of two, at most 32768 sectors. */
  alignment: number
  /** As fatVolumeLabel gives it. */
  label: string
  /** 32 bits. */
  serial: number
  /** The label's time, in the computer's time zone as everywhere on FAT. */
  now: Date
}

const CHUNK_BYTES = 1 << 20
const FIRST_YEAR = 1980
const LAST_YEAR = 2107

/** Writes an empty file system. @returns how many bytes of the partition come before its clusters */
export async function formatFat(medium: SparseMedium, format: FatFormat): Promise<number> {
  const { geometry, start } = format
  const { sectorBytes } = medium
  const library = await formatter()
  library.format(medium, format)

  const boot = medium.read(start)
  const view = new DataView(boot.buffer)
  const fatSectors = view.getUint16(BPB.fatSectors16, true) || view.getUint32(BPB.fatSectors32, true)
  const rootSector = view.getUint16(BPB.reservedSectors, true) + view.getUint8(BPB.fats) * fatSectors
  const extended = geometry.kind === 'fat32' ? BPB.extended32 : BPB.extended16
  view.setUint32(BPB.hiddenSectors, start / sectorBytes, true)
  view.setUint32(extended + BPB.extendedSerial, format.serial, true)
  boot.set(fatLabelBytes(format.label || NO_FAT_LABEL), extended + BPB.extendedLabel)
  medium.write(start, boot)
  if (geometry.kind === 'fat32') medium.write(start + view.getUint16(BPB.backupBootSector, true) * sectorBytes, boot)

  if (format.label !== '') {
    const root = medium.read(start + rootSector * sectorBytes)
    root.set(labelEntry(format.label, format.now))
    medium.write(start + rootSector * sectorBytes, root)
  }
  return rootSector * sectorBytes + geometry.rootEntries * DIRECTORY_ENTRY_BYTES
}

function labelEntry(label: string, now: Date): Uint8Array {
  const entry = new Uint8Array(DIRECTORY_ENTRY_BYTES)
  const view = new DataView(entry.buffer)
  entry.set(fatLabelBytes(label))
  entry[DIRECTORY_ENTRY.attributes] = ATTRIBUTE.label
  const year = Math.min(Math.max(now.getFullYear(), FIRST_YEAR), LAST_YEAR) - FIRST_YEAR
  view.setUint16(DIRECTORY_ENTRY.writeDate, (year << 9) | ((now.getMonth() + 1) << 5) | now.getDate(), true)
  view.setUint16(DIRECTORY_ENTRY.writeTime, (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1), true)
  return entry
}

/** One instance for all drives. Its calls are synchronous, so that they cannot mix. */
let instance: Promise<Formatter> | undefined

function formatter(): Promise<Formatter> {
  instance ??= Formatter.create()
  return instance
}

class Formatter {
  readonly #fatFs: FatFs.FatFs
  readonly #disk: RecordingDisk
  readonly #chunk: number

  private constructor(library: FatFs.FatFs, disk: RecordingDisk) {
    this.#fatFs = library
    this.#disk = disk
    this.#chunk = library.malloc(CHUNK_BYTES)
  }

  static async create(): Promise<Formatter> {
    const disk = new RecordingDisk()
    return new Formatter(await FatFs.create({ diskio: disk, codepage: 437 }), disk)
  }

  format(medium: SparseMedium, { geometry: { kind, sectors, sectorsPerCluster, rootEntries }, start, alignment }: FatFormat): void {
    const { sectorBytes } = medium
    this.#disk.volume = { medium, start, sectors }
    const format = (kind === 'fat32' ? FatFs.FM_FAT32 : FatFs.FM_FAT) | FatFs.FM_SFD
    const options = { fmt: format, n_fat: 2, align: alignment / sectorBytes, n_root: rootEntries, au_size: sectorsPerCluster * sectorBytes }
    const result = this.#fatFs.f_mkfs('', options, this.#chunk, CHUNK_BYTES)
    this.#disk.volume = undefined
    // The geometry was computed before: what fails here is our own mistake.
    if (result !== FatFs.FR_OK) throw new Error(`FatFs: f_mkfs answered ${result} for ${kind} in ${sectors} sectors of ${sectorBytes} bytes.`)
  }
}

/** The partition as FatFs sees a drive. */
class RecordingDisk implements FatFs.DiskIO {
  volume: { medium: SparseMedium; start: number; sectors: number } | undefined

  initialize(): number {
    return 0
  }

  status(): number {
    return this.volume ? 0 : FatFs.STA_NODISK
  }

  read({ HEAPU8 }: FatFs.FatFs, _drive: number, buffer: number, sector: number, count: number): number {
    if (!this.volume) return FatFs.RES_NOTRDY
    const { medium, start } = this.volume
    for (let index = 0; index < count; index++) HEAPU8.set(medium.read(start + ((sector >>> 0) + index) * medium.sectorBytes), buffer + index * medium.sectorBytes)
    return FatFs.RES_OK
  }

  write({ HEAPU8 }: FatFs.FatFs, _drive: number, buffer: number, sector: number, count: number): number {
    if (!this.volume) return FatFs.RES_NOTRDY
    const { medium, start } = this.volume
    medium.write(start + (sector >>> 0) * medium.sectorBytes, HEAPU8.subarray(buffer, buffer + count * medium.sectorBytes))
    return FatFs.RES_OK
  }

  ioctl(library: FatFs.FatFs, _drive: number, command: number, buffer: number): number {
    if (!this.volume) return FatFs.RES_NOTRDY
    const { medium, sectors } = this.volume
    switch (command) {
      case FatFs.CTRL_SYNC:
        return FatFs.RES_OK
      case FatFs.GET_SECTOR_COUNT:
        library.setValue(buffer, sectors, 'i32')
        return FatFs.RES_OK
      case FatFs.GET_SECTOR_SIZE:
        library.setValue(buffer, medium.sectorBytes, 'i16')
        return FatFs.RES_OK
      case FatFs.GET_BLOCK_SIZE:
        library.setValue(buffer, 1, 'i32')
        return FatFs.RES_OK
      default:
        return FatFs.RES_PARERR
    }
  }
}
