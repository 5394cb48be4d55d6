/** One partition over the whole drive: where it lies, and the partition table that says so. */
import { GPT, GPT_TYPE, gptParts, gptSectors } from '../../image/gpt'
import { guidOf } from '../../image/guid'
import { MBR } from '../../image/layout'
import { writePartitionTable } from '../../image/mbr'
import { bootNotice } from './boot-notice'
import type { SparseMedium } from './sparse-medium'

const MIB = 2 ** 20

/**
 * Where partition and clusters begin, by the drive's size: the SD Association's idea of a boundary unit (SD Specifications, part 2, File System:
 * 4 MiB for SDHC, 16 MiB for SDXC up to 128 GB). Flash is erased in blocks of that order; a cluster that crosses a block's border costs two
 * erasures, and a table that shares a block with files is copied with them. 1 MiB is where partitioning tools put the first partition elsewhere.
 */
const ALIGNMENTS: readonly { upToBytes: number; alignment: number }[] = [
  { upToBytes: 2 ** 31, alignment: MIB },
  { upToBytes: 2 ** 35, alignment: 4 * MIB },
  { upToBytes: Infinity, alignment: 16 * MIB },
]

/** The table in sector 0 has 32 bits for a sector's number. */
const MBR_LIMIT = 2 ** 32

export interface PartitionPlace {
  /** In bytes from the drive's start. */
  start: number
  bytes: number
  /** What its start is a multiple of. */
  alignment: number
  /** Its end is beyond what an MBR can say. */
  gpt: boolean
}

/** @returns undefined when the drive leaves no whole MiB for it */
export function placePartition(driveSectors: number, sectorBytes: number): PartitionPlace | undefined {
  const driveBytes = driveSectors * sectorBytes
  const alignment = ALIGNMENTS.find(({ upToBytes }) => driveBytes <= upToBytes)?.alignment ?? MIB
  const gpt = driveSectors > MBR_LIMIT
  // Whole MiB, as partitioning tools make it.
  const end = Math.floor((driveBytes - (gpt ? gptSectors(sectorBytes) * sectorBytes : 0)) / MIB) * MIB
  return end > alignment ? { start: alignment, bytes: end - alignment, alignment, gpt } : undefined
}

export interface PartitionTableInput {
  place: PartitionPlace
  driveSectors: number
  /** Of the partition, in an MBR. */
  type: number
  /** The drive's signature; with a GPT the GUIDs are made of it. */
  serial: number
  label: string
}

/** Writes the table, and into sector 0 code that says that nothing can be booted here. */
export function writePartitions(medium: SparseMedium, { place, driveSectors, type, serial, label }: PartitionTableInput): void {
  const { sectorBytes } = medium
  const lba = place.start / sectorBytes
  const sectors = place.bytes / sectorBytes
  const first = new Uint8Array(sectorBytes)
  first.set(bootNotice())
  new DataView(first.buffer).setUint32(MBR.MBR_DISK_SIGNATURE, serial, true)
  const only = place.gpt ? { active: false, type: GPT.PROTECTIVE_TYPE, lba: 1, sectors: Math.min(driveSectors - 1, MBR_LIMIT - 1) } : { active: false, type, lba, sectors }
  writePartitionTable(first, [only])
  medium.write(0, first)
  if (!place.gpt) return
  const seed = Uint8Array.of(serial, serial >>> 8, serial >>> 16, serial >>> 24)
  const partition = { type: GPT_TYPE.BASIC_DATA, id: guidOf('partition', seed), lba, sectors, attributes: 0n, name: label }
  for (const part of gptParts({ id: guidOf('drive', seed), firstUsable: 1 + gptSectors(sectorBytes), partitions: [partition] }, driveSectors, sectorBytes))
    medium.write(part.lba * sectorBytes, part.bytes)
}
