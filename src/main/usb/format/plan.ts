/**
 * What makes a drive normal again after an image was on it: a partition table with one partition, and an empty file system in that. Pure: the plan
 * says which sectors are to be written, and its caller writes them.
 */
import { LabError } from '../../../shared/failure'
import { type FatGeometry, fatGeometry, type FatKind } from '../../image/fat-geometry'
import { gptSectors } from '../../image/gpt'
import { type ExfatGeometry, exfatGeometry, formatExfat } from './exfat'
import { formatFat } from './fat'
import { exfatVolumeLabel, fatVolumeLabel } from './labels'
import { type PartitionPlace, placePartition, writePartitions } from './partitions'
import { type FormatPiece, SparseMedium } from './sparse-medium'

export interface FormatInput {
  /** Of the whole drive; what exceeds whole sectors is not used. */
  bytes: number
  /** 512, 1024, 2048 or 4096. */
  sectorBytes: number
  /** `auto`: FAT32 up to 32 GiB, exFAT above; FAT16 or FAT12 where FAT32 is not possible. */
  fileSystem: 'auto' | 'fat32' | 'exfat'
  /** At most 11 characters; empty for none. FAT keeps it in upper case. */
  label: string
  /** 32 bits: the volume's serial number and the drive's signature. Another one each time, so that systems do not confuse two drives. */
  serial: number
  /** Kept as the label's time. */
  now: Date
}

export interface FormatLayoutPart {
  /** `reserved`: what the file system keeps for itself before its first file. */
  kind: 'partition-table' | 'reserved' | 'file-system' | 'free'
  /** Name of the table or file system; empty for what is free. */
  label: string
  /** In bytes. */
  start: number
  bytes: number
}

export interface FormatPlan {
  fileSystem: FatKind | 'exfat'
  /** As it will be kept. */
  label: string
  /**
   * Sorted, without overlap. The first is sector 0 alone, which is to be written last: until then the drive holds nothing.
   * With zeros go the beginning and end of whatever was on the drive, by which systems would still recognise it.
   */
  pieces: readonly FormatPiece[]
  /** The whole drive from its first byte to its last. */
  layout: readonly FormatLayoutPart[]
}

/**
 * The largest drive that gets FAT32 by itself. The SD Association draws the line there, between SDHC and SDXC, and so cameras, car radios and
 * game consoles expect it; Windows makes no larger FAT32 by its dialog. A stick "of 32 GB" lies below, whether it counts by thousands or by 1024.
 */
const AUTO_FAT32_BYTES = 2 ** 35
/** From here on clusters are aligned as the partition is; below, that would cost too much of it. */
const ALIGNED_FAT_BYTES = 2 ** 29
/** What other systems leave at the end of a drive: the backup of a GPT, RAID superblocks (md(4), 64 to 128 KiB), labels of ZFS (512 KiB). */
const TAIL_BYTES = 2 ** 20
/** FAT keeps the partition's length in 32 bits. */
const FAT_SECTORS_LIMIT = 2 ** 32
const SECTOR_SIZES: readonly number[] = [512, 1024, 2048, 4096]

/** Partition types in an MBR: those addressed by LBA, where there is one. */
const TYPES: Readonly<Record<FormatPlan['fileSystem'], number>> = { fat12: 0x01, fat16: 0x0e, fat32: 0x0c, exfat: 0x07 }
const NAMES: Readonly<Record<FormatPlan['fileSystem'], string>> = { fat12: 'FAT12', fat16: 'FAT16', fat32: 'FAT32', exfat: 'exFAT' }

type Choice = { fileSystem: FatKind; geometry: FatGeometry } | { fileSystem: 'exfat'; geometry: ExfatGeometry }

/** @throws LabError when drive, file system and label do not go together */
export async function planFormat({ bytes, sectorBytes, fileSystem: wish, label: wishedLabel, serial, now }: FormatInput): Promise<FormatPlan> {
  if (!SECTOR_SIZES.includes(sectorBytes)) throw badSectors(sectorBytes)
  const driveSectors = Math.floor(bytes / sectorBytes)
  const driveBytes = driveSectors * sectorBytes
  const place = placePartition(driveSectors, sectorBytes)
  const kinds = wish === 'auto' ? (driveBytes <= AUTO_FAT32_BYTES ? (['fat32', 'fat16', 'fat12'] as const) : (['exfat'] as const)) : [wish]
  const choice = place && firstPossible(kinds, place, sectorBytes)
  if (!choice) throw impossible(wish, place, sectorBytes)
  const label = choice.fileSystem === 'exfat' ? exfatVolumeLabel(wishedLabel) : fatVolumeLabel(wishedLabel)

  const medium = new SparseMedium(sectorBytes)
  medium.zero(0, place.start)
  const tail = Math.max(0, driveBytes - TAIL_BYTES)
  medium.zero(tail, driveBytes - tail)
  const reserved = await formatPartition(medium, choice, place, { label, serial, now })
  writePartitions(medium, { place, driveSectors, type: TYPES[choice.fileSystem], serial, label })
  return { fileSystem: choice.fileSystem, label, pieces: medium.pieces(), layout: layoutOf(place, reserved, NAMES[choice.fileSystem], driveBytes, sectorBytes) }
}

function firstPossible(kinds: readonly FormatPlan['fileSystem'][], { bytes, alignment }: PartitionPlace, sectorBytes: number): Choice | undefined {
  const sectors = bytes / sectorBytes
  for (const fileSystem of kinds) {
    if (fileSystem === 'exfat') {
      const geometry = exfatGeometry(sectors, sectorBytes, alignment)
      if (geometry) return { fileSystem, geometry }
    } else {
      const geometry = sectors < FAT_SECTORS_LIMIT ? fatGeometry(fileSystem, sectors, { files: [], directories: [] }, false, sectorBytes) : undefined
      if (geometry) return { fileSystem, geometry }
    }
  }
  return undefined
}

/** @returns how many bytes of the partition come before its clusters */
async function formatPartition(medium: SparseMedium, choice: Choice, { start, bytes, alignment }: PartitionPlace, settings: { label: string; serial: number; now: Date }): Promise<number> {
  const { sectorBytes } = medium
  if (choice.fileSystem === 'exfat') {
    formatExfat(medium, choice.geometry, { ...settings, start, sectors: bytes / sectorBytes, alignment })
    return choice.geometry.heapStart
  }
  const { geometry } = choice
  const fatAlignment = bytes >= ALIGNED_FAT_BYTES ? alignment : geometry.sectorsPerCluster * sectorBytes
  const reserved = await formatFat(medium, { ...settings, geometry, start, alignment: fatAlignment })
  // FatFs leaves gaps there, in which an older file system would still be recognised.
  medium.zero(start, reserved)
  return reserved
}

function layoutOf({ start, bytes, gpt }: PartitionPlace, reserved: number, name: string, driveBytes: number, sectorBytes: number): FormatLayoutPart[] {
  const tableBytes = gptSectors(sectorBytes) * sectorBytes
  const tableEnd = gpt ? sectorBytes + tableBytes : sectorBytes
  const backupStart = gpt ? driveBytes - tableBytes : driveBytes
  const table = { kind: 'partition-table', label: gpt ? 'GPT' : 'MBR' } as const
  const parts: FormatLayoutPart[] = [
    { ...table, start: 0, bytes: tableEnd },
    { kind: 'free', label: '', start: tableEnd, bytes: start - tableEnd },
    { kind: 'reserved', label: name, start, bytes: reserved },
    { kind: 'file-system', label: name, start: start + reserved, bytes: bytes - reserved },
    { kind: 'free', label: '', start: start + bytes, bytes: backupStart - start - bytes },
    { ...table, start: backupStart, bytes: driveBytes - backupStart },
  ]
  return parts.filter((part) => part.bytes > 0)
}

function badSectors(sectorBytes: number): LabError {
  return new LabError({
    code: 'bad-input',
    what: `The drive has sectors of ${sectorBytes} bytes.`,
    why: `FAT and exFAT are made for sectors of ${SECTOR_SIZES.join(', ')} bytes.`,
    next: 'Use another drive, or format this one with the tools of your system.',
  })
}

function impossible(wish: FormatInput['fileSystem'], place: PartitionPlace | undefined, sectorBytes: number): LabError {
  if (wish === 'fat32' && place && place.bytes / sectorBytes >= FAT_SECTORS_LIMIT)
    return new LabError({ code: 'bad-input', what: 'The drive is too large for FAT32.', why: `FAT32 counts sectors with 32 bits: here that reaches to ${(FAT_SECTORS_LIMIT * sectorBytes) / 2 ** 40} TiB.`, next: 'Choose exFAT.' })
  if (wish !== 'auto')
    return new LabError({
      code: 'bad-input',
      what: `The drive is too small for ${NAMES[wish]}.`,
      why: wish === 'fat32' ? 'FAT32 has at least 65525 clusters; with fewer, systems take it for FAT16.' : 'Its tables alone would fill the drive.',
      next: 'Let the file system be chosen by the size.',
    })
  return new LabError({ code: 'bad-input', what: 'The drive is too small for a partition with a file system.', why: 'The partition begins at 1 MiB, and needs as much again.', next: 'Use a drive of 2 MiB or more.' })
}
