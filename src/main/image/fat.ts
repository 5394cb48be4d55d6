/**
 * Makes FAT file systems. FatFs (js-fatfs) formats them and writes the files; what it takes from the clock or leaves at a default
 * (time stamps, serial number, label, geometry of a diskette) is settled here afterwards, so that the same content gives the same bytes.
 *
 * Source: Microsoft Extensible Firmware Initiative FAT32 File System Specification 1.03.
 */
import { crc32 } from 'node:zlib'
import * as FatFs from 'js-fatfs'
import { ImageError } from './errors'
import { clustersNeeded, DIRECTORY_ENTRY_BYTES, type FatGeometry, fatGeometry, type FatKind, type FatNeeds, smallestFat } from './fat-geometry'
import { FatDirectories } from './fat-names'
import { ATTRIBUTE, BPB, DIRECTORY_ENTRY, readFat } from './fat-read'
import { SECTOR_BYTES } from './layout'

export interface FatFile {
  /** From the root, with slashes: `/boot/kernel.elf`. Folders arise by themselves. */
  path: string
  bytes: Uint8Array
}

export interface FatInput {
  /** `auto`: FAT12 up to 4 MiB, FAT16 up to 512 MiB, then FAT32. */
  kind: FatKind | 'auto'
  /** Of 512 bytes; `fit`: as few as hold the files. */
  sectors: number | 'fit'
  /** A fitted volume has a multiple of so many sectors; 1 when absent. */
  multipleOf?: number | undefined
  /** At most 11 characters that FAT allows in names; kept in upper case. */
  label?: string | undefined
  /** The partition's first sector on its disk; 0 when there is no partition. */
  hiddenSectors?: number | undefined
  /** A diskette: media type F0h, 2 heads of 18 sectors a track, drive 00h, 224 places in the root directory. */
  floppy?: boolean | undefined
  /** They lie one after the other, each in neighbouring clusters. */
  files: readonly FatFile[]
  /** Zeros to make it in, exactly as many as asked for; else the volume has memory of its own. */
  into?: Uint8Array | undefined
  /** Names the volume in errors. */
  where?: string | undefined
}

const CHUNK_BYTES = 1 << 20
/** 1980-01-01 00:00, FAT's first moment. */
const FIRST_DATE = 0x0021
/** What a volume label may be, in upper case. */
export const FAT_LABEL = /^[A-Z0-9 !#$%&'()@^_`{}~-]{1,11}$/
const FLOPPY_MEDIA = 0xf0
/** What the boot sector has in place of a label. */
export const NO_FAT_LABEL = 'NO NAME'

/**
 * A file system, exactly as long as asked.
 * @throws ImageError when a path or the label cannot be one on FAT, or the files do not fit
 */
export async function makeFat({ kind, sectors, multipleOf = 1, label, hiddenSectors = 0, floppy = false, files, into, where = 'FAT volume' }: FatInput): Promise<Uint8Array> {
  const directories = new FatDirectories(files.map(({ path }) => path), where)
  const needs: FatNeeds = { files: files.map(({ bytes }) => bytes.length), directories: directories.places(label === undefined ? 0 : 1) }
  const volumeLabel = label?.toUpperCase()
  if (volumeLabel !== undefined && !FAT_LABEL.test(volumeLabel)) throw badLabel(volumeLabel, where)
  const geometry = chooseGeometry(kind, sectors, multipleOf, needs, floppy, where)

  const library = await fatFs()
  const { volume, end } = library.make(into ?? new Uint8Array(geometry.sectors * SECTOR_BYTES), geometry, files, directories.paths, volumeLabel)
  settle(volume, end, geometry, { label: volumeLabel, hiddenSectors, floppy, where })
  return volume
}

function chooseGeometry(kind: FatKind | 'auto', sectors: number | 'fit', multipleOf: number, needs: FatNeeds, floppy: boolean, where: string): FatGeometry {
  const smallest = smallestFat(kind, needs, floppy, multipleOf)
  const geometry = sectors === 'fit' ? smallest : fatGeometry(kind, sectors, needs, floppy)
  if (geometry && clustersNeeded(needs, geometry) <= geometry.clusters) return geometry
  const bytes = needs.files.reduce((sum, length) => sum + length, 0)
  const name = kind === 'auto' ? 'FAT' : kind.toUpperCase()
  throw new ImageError({
    what: `${needs.files.length} files with ${bytes} bytes do not fit into a ${name} file system${sectors === 'fit' ? '' : ` of ${sectors} sectors`}.`,
    where,
    why: 'Tables, directories and whole clusters take their part of it, and FAT12, FAT16 and FAT32 each work only within a range of cluster counts.',
    next: smallest ? `Give it ${smallest.sectors} sectors (${Math.ceil((smallest.sectors * SECTOR_BYTES) / 1024)} KiB) or more, or choose another kind of FAT.` : 'Choose another kind of FAT, or make the files fewer and smaller.',
  })
}

/** What FatFs does not let one say. */
function settle(volume: Uint8Array, end: number, { kind }: FatGeometry, settings: { label: string | undefined; hiddenSectors: number; floppy: boolean; where: string }): void {
  const view = new DataView(volume.buffer, volume.byteOffset, volume.byteLength)
  const { entries, reservedSectors, fats, fatSectors } = readFat(volume, settings.where)
  for (const { entryOffset, dotOffsets } of entries) for (const at of [entryOffset, ...dotOffsets]) stampEntry(view, at)
  const extended = kind === 'fat32' ? BPB.extended32 : BPB.extended16
  volume.set(fatLabelBytes(settings.label ?? NO_FAT_LABEL), extended + BPB.extendedLabel)
  view.setUint32(BPB.hiddenSectors, settings.hiddenSectors, true)
  if (settings.floppy) {
    volume[BPB.media] = FLOPPY_MEDIA
    for (let copy = 0; copy < fats; copy++) volume[(reservedSectors + copy * fatSectors) * SECTOR_BYTES] = FLOPPY_MEDIA
    view.setUint16(BPB.sectorsPerTrack, 18, true)
    view.setUint16(BPB.heads, 2, true)
    volume[extended + BPB.extendedDrive] = 0
  }
  const setSerial = (serial: number): void => {
    view.setUint32(extended + BPB.extendedSerial, serial, true)
    if (kind === 'fat32') volume.copyWithin(view.getUint16(BPB.backupBootSector, true) * SECTOR_BYTES, 0, SECTOR_BYTES)
  }
  setSerial(0)
  setSerial(crc32(volume.subarray(0, end)))
}

function writeLabel(volume: Uint8Array, label: string): void {
  const { rootOffset } = readFat(volume)
  volume.fill(0, rootOffset, rootOffset + DIRECTORY_ENTRY_BYTES)
  volume.set(fatLabelBytes(label), rootOffset)
  volume[rootOffset + DIRECTORY_ENTRY.attributes] = ATTRIBUTE.label
  new DataView(volume.buffer, volume.byteOffset, volume.byteLength).setUint16(rootOffset + DIRECTORY_ENTRY.writeDate, FIRST_DATE, true)
}

/** As boot sector and directory keep a label: padded with blanks. */
export function fatLabelBytes(label: string): Uint8Array {
  return Buffer.from(label.padEnd(11), 'latin1')
}

function stampEntry(view: DataView, at: number): void {
  view.setUint8(at + DIRECTORY_ENTRY.createTenths, 0)
  view.setUint16(at + DIRECTORY_ENTRY.createTime, 0, true)
  view.setUint16(at + DIRECTORY_ENTRY.createDate, FIRST_DATE, true)
  view.setUint16(at + DIRECTORY_ENTRY.accessDate, FIRST_DATE, true)
  view.setUint16(at + DIRECTORY_ENTRY.writeTime, 0, true)
  view.setUint16(at + DIRECTORY_ENTRY.writeDate, FIRST_DATE, true)
}

function badLabel(label: string, where: string): ImageError {
  return new ImageError({
    what: `"${label}" cannot be the label of a FAT volume.`,
    where,
    why: 'A label has 1 to 11 letters without accents, digits, spaces or a few signs.',
    next: 'Choose another label, or leave it out.',
  })
}

/** One instance of FatFs for all volumes: making it takes longer than a small volume. Calls after that are synchronous, so that they cannot mix. */
let instance: Promise<FatFsLibrary> | undefined

function fatFs(): Promise<FatFsLibrary> {
  instance ??= FatFsLibrary.create()
  return instance
}

class FatFsLibrary {
  readonly #fatFs: FatFs.FatFs
  readonly #disk: MemoryDisk
  readonly #chunk: number

  private constructor(library: FatFs.FatFs, disk: MemoryDisk) {
    this.#fatFs = library
    this.#disk = disk
    this.#chunk = library.malloc(CHUNK_BYTES)
  }

  static async create(): Promise<FatFsLibrary> {
    const disk = new MemoryDisk()
    return new FatFsLibrary(await FatFs.create({ diskio: disk, codepage: 437 }), disk)
  }

  /** @returns the volume, and the end of what was written in it. */
  make(volume: Uint8Array, geometry: FatGeometry, files: readonly FatFile[], directories: readonly string[], label: string | undefined): { volume: Uint8Array; end: number } {
    this.#disk.insert(volume)
    const system = this.#fatFs.malloc(FatFs.sizeof_FATFS)
    try {
      const { kind, rootEntries, sectorsPerCluster } = geometry
      const format = (kind === 'fat32' ? FatFs.FM_FAT32 : FatFs.FM_FAT) | FatFs.FM_SFD
      this.#check('f_mkfs', this.#fatFs.f_mkfs('', { fmt: format, n_fat: 2, align: 1, n_root: rootEntries, au_size: sectorsPerCluster * SECTOR_BYTES }, this.#chunk, CHUNK_BYTES))
      this.#check('f_mount', this.#fatFs.f_mount(system, '', 1))
      if (label !== undefined) {
        // A file takes the first place in the root directory, so that its tables know of it; then it becomes the label.
        this.#write({ path: 'LABEL', bytes: new Uint8Array() })
        this.#check('f_unmount', this.#fatFs.f_unmount(''))
        writeLabel(volume, label)
        this.#check('f_mount', this.#fatFs.f_mount(system, '', 1))
      }
      for (const directory of directories) this.#check(`f_mkdir ${directory}`, this.#fatFs.f_mkdir(directory))
      for (const file of files) this.#write(file)
    } finally {
      // Also after a failure FatFs must not keep the address of what is freed.
      this.#fatFs.f_unmount('')
      this.#fatFs.free(system)
      this.#disk.insert(new Uint8Array())
    }
    return { volume, end: this.#disk.end }
  }

  #write({ path, bytes }: FatFile): void {
    const file = this.#fatFs.malloc(FatFs.sizeof_FIL)
    const written = this.#fatFs.malloc(4)
    try {
      this.#check(`f_open ${path}`, this.#fatFs.f_open(file, path, FatFs.FA_WRITE | FatFs.FA_CREATE_NEW))
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        const piece = bytes.subarray(at, at + CHUNK_BYTES)
        this.#fatFs.HEAPU8.set(piece, this.#chunk)
        this.#check(`f_write ${path}`, this.#fatFs.f_write(file, this.#chunk, piece.length, written))
        if (this.#fatFs.getValue(written, 'i32') !== piece.length) throw new Error(`FatFs found no place for ${path}: its size was computed wrong.`)
      }
      this.#check(`f_close ${path}`, this.#fatFs.f_close(file))
    } finally {
      this.#fatFs.free(written)
      this.#fatFs.free(file)
    }
  }

  /** Names and sizes were checked before: what fails here is our own mistake. */
  #check(call: string, result: number): void {
    if (result !== FatFs.FR_OK) throw new Error(`FatFs: ${call} answered ${result}.`)
  }
}

/** A volume in memory as FatFs sees a drive. */
class MemoryDisk implements FatFs.DiskIO {
  #volume: Uint8Array = new Uint8Array()
  /** Behind the last byte written since the volume was put in. */
  end = 0

  insert(volume: Uint8Array): void {
    this.#volume = volume
    if (volume.length > 0) this.end = 0
  }

  initialize(): number {
    return 0
  }

  status(): number {
    return 0
  }

  read({ HEAPU8 }: FatFs.FatFs, _drive: number, buffer: number, sector: number, count: number): number {
    HEAPU8.set(this.#volume.subarray(sector * SECTOR_BYTES, (sector + count) * SECTOR_BYTES), buffer)
    return FatFs.RES_OK
  }

  write({ HEAPU8 }: FatFs.FatFs, _drive: number, buffer: number, sector: number, count: number): number {
    this.#volume.set(HEAPU8.subarray(buffer, buffer + count * SECTOR_BYTES), sector * SECTOR_BYTES)
    this.end = Math.max(this.end, (sector + count) * SECTOR_BYTES)
    return FatFs.RES_OK
  }

  ioctl(library: FatFs.FatFs, _drive: number, command: number, buffer: number): number {
    switch (command) {
      case FatFs.CTRL_SYNC:
        return FatFs.RES_OK
      case FatFs.GET_SECTOR_COUNT:
        library.setValue(buffer, this.#volume.length / SECTOR_BYTES, 'i32')
        return FatFs.RES_OK
      case FatFs.GET_SECTOR_SIZE:
        library.setValue(buffer, SECTOR_BYTES, 'i16')
        return FatFs.RES_OK
      case FatFs.GET_BLOCK_SIZE:
        library.setValue(buffer, 1, 'i32')
        return FatFs.RES_OK
      default:
        return FatFs.RES_PARERR
    }
  }
}
