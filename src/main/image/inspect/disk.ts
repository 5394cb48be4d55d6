/** A disk taken apart once: tables, partitions, volumes. What is said about it is made from this (disk-facts.ts, disk-regions.ts). */
import { type Gpt, GPT, readGpt } from '../gpt'
import { SECTOR_BYTES } from '../layout'
import { hasBootSignature, hasPartitionTable, readPartitionSlots } from '../mbr'
import { looksLikeVolume, type Volume, readVolume } from './volumes'

/** More than any disk of a person's; a hostile table can name the same bytes a thousand times. */
const MAX_VOLUMES = 16

export interface DiskPartition {
  /** From 1. */
  number: number
  table: 'MBR' | 'GPT'
  /** One byte as a number, or a GUID. */
  type: number | string
  name?: string
  guid?: string
  active: boolean
  firstSector: number
  sectors: number
}

export interface DiskVolume {
  offset: number
  /** As far as they are known. */
  bytes: Uint8Array
  length: number
  /** Number of the partition; absent for the disk itself and for boot images of a CD. */
  partition?: number
  bootImage?: true
  volume: Volume
}

export interface Disk {
  bytes: Uint8Array
  /** Of the whole disk, of which `bytes` may be the first ones only. */
  length: number
  partitions: DiskPartition[]
  gpt: Gpt | undefined
  volumes: DiskVolume[]
  remarks: string[]
}

/** Whether a file is worth taking apart as a disk: bootable, or with a table or volume at its start. */
export function looksLikeDisk(bytes: Uint8Array): boolean {
  return bytes.length >= SECTOR_BYTES && (hasBootSignature(bytes) || looksLikeVolume(bytes) || readGpt(bytes) !== undefined)
}

/**
 * @param where names the file in what volumes report
 * @param length of the whole disk, when the bytes are only its first ones
 */
export function readDisk(bytes: Uint8Array, where: string, length = bytes.length): Disk {
  const gpt = readGpt(bytes)
  const partitions = [...mbrPartitions(bytes), ...gptPartitions(gpt)]
  const remarks = [...(gpt?.faults ?? []), ...placeRemarks(partitions, length)]
  const volumes: DiskVolume[] = []
  const places: { offset: number; end: number; partition?: number; bootImage?: true }[] = [{ offset: 0, end: length }, ...partitions.map(({ firstSector, sectors, number }) => ({ offset: firstSector * SECTOR_BYTES, end: (firstSector + sectors) * SECTOR_BYTES, partition: number }))]
  const seen = new Set<number>()
  // Grows by the boot images of a CD, once that is read.
  for (const { offset, end, ...rest } of places) {
    if (!(offset >= 0 && end > offset && offset < bytes.length) || seen.has(offset)) continue
    seen.add(offset)
    if (volumes.length >= MAX_VOLUMES) {
      remarks.push(`There are more than ${MAX_VOLUMES} volumes; the others are not looked into.`)
      break
    }
    const content = bytes.subarray(offset, end)
    const volume = readVolume(content, where)
    if (!volume) continue
    volumes.push({ offset, bytes: content, length: Math.min(end, length) - offset, ...rest, volume })
    places.push(...bootImages(volume, length))
  }
  return { bytes, length, partitions, gpt, volumes, remarks }
}

/** Where El Torito boot images lie: as long as the file that begins there, else as the catalogue says. */
function bootImages({ catalogue = [], files }: Volume, length: number): { offset: number; end: number; bootImage: true }[] {
  return catalogue.map(({ offset, sectors }) => {
    const file = files.find(({ extents }) => extents[0]?.offset === offset)
    const bytes = file?.bytes ?? sectors * SECTOR_BYTES
    return { offset, end: bytes > 0 ? offset + bytes : length, bootImage: true }
  })
}

function mbrPartitions(bytes: Uint8Array): DiskPartition[] {
  if (!hasBootSignature(bytes) || !hasPartitionTable(bytes)) return []
  return readPartitionSlots(bytes).flatMap(({ active, type, lba, sectors }, index) => (type === 0 ? [] : [{ number: index + 1, table: 'MBR' as const, type, active, firstSector: lba, sectors }]))
}

function gptPartitions(gpt: Gpt | undefined): DiskPartition[] {
  const table = gpt?.primary ?? gpt?.backup
  return (table?.partitions ?? []).map(({ type, id, lba, sectors, attributes, name }, index) => ({ number: index + 1, table: 'GPT', type, guid: id, ...(name !== '' && { name }), active: (attributes & 4n) !== 0n, firstSector: lba, sectors }))
}

/** The partition that tells old tools to keep off, and not a place for files. */
export function isProtective({ table, type }: DiskPartition): boolean {
  return table === 'MBR' && type === GPT.PROTECTIVE_TYPE
}

function placeRemarks(partitions: readonly DiskPartition[], bytes: number): string[] {
  const remarks: string[] = []
  const mbr = partitions.filter((partition) => partition.table === 'MBR' && !isProtective(partition))
  for (const { number, table, firstSector, sectors } of partitions.filter((partition) => !isProtective(partition)))
    if ((firstSector + sectors) * SECTOR_BYTES > bytes) remarks.push(`Partition ${number} (${table}) ends at sector ${firstSector + sectors - 1}, and the image has ${Math.floor(bytes / SECTOR_BYTES)} sectors.`)
  const active = mbr.filter((partition) => partition.active)
  if (mbr.length > 0 && active.length !== 1) remarks.push(active.length === 0 ? 'No partition is marked active: some BIOSes do not boot such a disk.' : `${active.length} partitions are marked active; exactly one should be.`)
  const sorted = mbr.toSorted((a, b) => a.firstSector - b.firstSector)
  for (const [index, partition] of sorted.entries()) {
    const next = sorted[index + 1]
    if (next && partition.firstSector + partition.sectors > next.firstSector) remarks.push(`Partitions ${partition.number} and ${next.number} overlap.`)
  }
  return remarks
}
