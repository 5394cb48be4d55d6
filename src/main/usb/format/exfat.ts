/**
 * Formats a partition with exFAT.
 *
 * Source: exFAT file system specification, revision 1.00 (Microsoft); its section numbers stand beside the parts. Cluster sizes are the defaults
 * of Windows ("Default cluster size for NTFS, FAT, and exFAT").
 */
import type { SparseMedium } from './sparse-medium'
import { upcaseTable } from './exfat-upcase'

export interface ExfatFormat {
  /** Where the partition begins on the drive, in bytes. */
  start: number
  /** Sectors of the partition. */
  sectors: number
  /** The clusters begin at a multiple of so many bytes: a power of two, from 1 MiB on. */
  alignment: number
  /** As exfatVolumeLabel gives it. */
  label: string
  /** 32 bits. */
  serial: number
}

export interface ExfatGeometry {
  clusterBytes: number
  clusters: number
  /** In bytes from the partition's start. */
  fatStart: number
  fatBytes: number
  heapStart: number
  /** Allocation bitmap, up-case table and root directory: the first clusters, one after the other. */
  bitmapClusters: number
  upcaseClusters: number
}

const CLUSTERS: readonly { upToBytes: number; clusterBytes: number }[] = [
  { upToBytes: 256 * 2 ** 20, clusterBytes: 4096 },
  { upToBytes: 32 * 2 ** 30, clusterBytes: 32_768 },
  { upToBytes: 256 * 2 ** 40, clusterBytes: 131_072 },
]
const LARGEST_CLUSTER_BYTES = 32 * 2 ** 20
const MAX_CLUSTERS = 2 ** 32 - 11
const FIRST_CLUSTER = 2
const UPCASE = upcaseTable()

/** Sectors of the main boot region, and of its backup behind it (2.). */
const BOOT_REGION_SECTORS = 12
const EXTENDED_BOOT_SECTORS = 8
const CHECKSUM_SECTOR = 11
const EXTENDED_BOOT_SIGNATURE = 0xaa55_0000
/** Code that stops the processor: what a volume without boot code has there (3.1.20). */
const NO_BOOT_CODE = 0xf4

/** Offsets in the boot sector (table 4). */
const BOOT = {
  fileSystemName: 3,
  partitionOffset: 64,
  volumeLength: 72,
  fatOffset: 80,
  fatLength: 84,
  heapOffset: 88,
  clusterCount: 92,
  rootCluster: 96,
  serial: 100,
  revision: 104,
  volumeFlags: 106,
  bytesPerSectorShift: 108,
  sectorsPerClusterShift: 109,
  fats: 110,
  drive: 111,
  percentInUse: 112,
  bootCode: 120,
  signature: 510,
} as const

const ENTRY_BYTES = 32
/** Directory entries (7.1 to 7.3). */
const ENTRY = { bitmap: 0x81, upcase: 0x82, label: 0x83, unusedLabel: 0x03 } as const

/** @returns undefined when the partition is too small for it */
export function exfatGeometry(sectors: number, sectorBytes: number, alignment: number): ExfatGeometry | undefined {
  const bytes = sectors * sectorBytes
  const clusterBytes = CLUSTERS.find(({ upToBytes }) => bytes <= upToBytes)?.clusterBytes ?? LARGEST_CLUSTER_BYTES
  // The table lies apart from the boot regions, since what is written often had better not share the flash's blocks with what is never written.
  const fatStart = alignment / 2
  // For more clusters than there will be, which the specification allows.
  const fatBytes = roundUp((Math.ceil(bytes / clusterBytes) + FIRST_CLUSTER) * 4, sectorBytes)
  const heapStart = roundUp(fatStart + fatBytes, alignment)
  const clusters = Math.min(Math.floor((bytes - heapStart) / clusterBytes), MAX_CLUSTERS)
  const bitmapClusters = Math.ceil(clusters / 8 / clusterBytes)
  const upcaseClusters = Math.ceil(UPCASE.length / clusterBytes)
  if (clusters <= bitmapClusters + upcaseClusters + 1) return undefined
  return { clusterBytes, clusters, fatStart, fatBytes, heapStart, bitmapClusters, upcaseClusters }
}

/** Writes an empty file system. */
export function formatExfat(medium: SparseMedium, geometry: ExfatGeometry, format: ExfatFormat): void {
  const { start } = format
  const { sectorBytes } = medium
  const { clusterBytes, clusters, fatStart, heapStart, bitmapClusters, upcaseClusters } = geometry
  const bitmapCluster = FIRST_CLUSTER
  const upcaseCluster = bitmapCluster + bitmapClusters
  const rootCluster = upcaseCluster + upcaseClusters
  const used = bitmapClusters + upcaseClusters + 1
  const positionOf = (cluster: number): number => start + heapStart + (cluster - FIRST_CLUSTER) * clusterBytes
  const write = (position: number, bytes: Uint8Array): void => {
    const whole = new Uint8Array(roundUp(bytes.length, sectorBytes))
    whole.set(bytes)
    medium.write(position, whole)
  }

  medium.zero(start, heapStart + used * clusterBytes)
  const region = bootRegion(geometry, format, sectorBytes, rootCluster)
  medium.write(start, region)
  medium.write(start + region.length, region)
  write(start + fatStart, allocationTable([bitmapClusters, upcaseClusters, 1]))
  write(positionOf(bitmapCluster), firstBits(used))
  write(positionOf(upcaseCluster), UPCASE)
  write(positionOf(rootCluster), rootDirectory(format.label, { cluster: bitmapCluster, bytes: Math.ceil(clusters / 8) }, upcaseCluster))
}

/** Main boot region: boot sector, extended boot sectors, parameters, reserved, checksum (3.1 to 3.4). */
function bootRegion({ clusterBytes, clusters, fatStart, fatBytes, heapStart }: ExfatGeometry, { start, sectors, serial }: ExfatFormat, sectorBytes: number, rootCluster: number): Uint8Array {
  const region = new Uint8Array(BOOT_REGION_SECTORS * sectorBytes)
  const view = new DataView(region.buffer)
  region.set([0xeb, 0x76, 0x90])
  region.set(Buffer.from('EXFAT   ', 'latin1'), BOOT.fileSystemName)
  view.setBigUint64(BOOT.partitionOffset, BigInt(start / sectorBytes), true)
  view.setBigUint64(BOOT.volumeLength, BigInt(sectors), true)
  view.setUint32(BOOT.fatOffset, fatStart / sectorBytes, true)
  view.setUint32(BOOT.fatLength, fatBytes / sectorBytes, true)
  view.setUint32(BOOT.heapOffset, heapStart / sectorBytes, true)
  view.setUint32(BOOT.clusterCount, clusters, true)
  view.setUint32(BOOT.rootCluster, rootCluster, true)
  view.setUint32(BOOT.serial, serial, true)
  view.setUint16(BOOT.revision, 0x0100, true)
  region[BOOT.bytesPerSectorShift] = Math.log2(sectorBytes)
  region[BOOT.sectorsPerClusterShift] = Math.log2(clusterBytes / sectorBytes)
  region[BOOT.fats] = 1
  region[BOOT.drive] = 0x80
  region.fill(NO_BOOT_CODE, BOOT.bootCode, BOOT.signature)
  view.setUint16(BOOT.signature, 0xaa55, true)
  for (let sector = 1; sector <= EXTENDED_BOOT_SECTORS; sector++) view.setUint32((sector + 1) * sectorBytes - 4, EXTENDED_BOOT_SIGNATURE, true)
  // Flags and percentage change while the volume is used, so the checksum leaves them out.
  const sum = checksum(region.subarray(0, CHECKSUM_SECTOR * sectorBytes), [BOOT.volumeFlags, BOOT.volumeFlags + 1, BOOT.percentInUse])
  for (let at = CHECKSUM_SECTOR * sectorBytes; at < region.length; at += 4) view.setUint32(at, sum, true)
  return region
}

/** The chains of what lies in the first clusters (4.1). @param lengths in clusters */
function allocationTable(lengths: readonly number[]): Uint8Array {
  const entries = [0xffff_fff8, 0xffff_ffff]
  for (const length of lengths) {
    for (let left = length; left > 1; left--) entries.push(entries.length + 1)
    entries.push(0xffff_ffff)
  }
  const bytes = new Uint8Array(entries.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [index, entry] of entries.entries()) view.setUint32(index * 4, entry, true)
  return bytes
}

/** The first clusters are taken (7.1.5). */
function firstBits(count: number): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(count / 8) }, (_, index) => 2 ** Math.min(8, count - index * 8) - 1)
}

/** Label, allocation bitmap and up-case table (7.1 to 7.3). */
function rootDirectory(label: string, bitmap: { cluster: number; bytes: number }, upcaseCluster: number): Uint8Array {
  const bytes = new Uint8Array(3 * ENTRY_BYTES)
  const view = new DataView(bytes.buffer)
  bytes[0] = label === '' ? ENTRY.unusedLabel : ENTRY.label
  bytes[1] = label.length
  for (let unit = 0; unit < label.length; unit++) view.setUint16(2 + 2 * unit, label.charCodeAt(unit), true)
  const place = (at: number, type: number, cluster: number, length: number): void => {
    view.setUint8(at, type)
    view.setUint32(at + 20, cluster, true)
    view.setBigUint64(at + 24, BigInt(length), true)
  }
  place(ENTRY_BYTES, ENTRY.bitmap, bitmap.cluster, bitmap.bytes)
  place(2 * ENTRY_BYTES, ENTRY.upcase, upcaseCluster, UPCASE.length)
  view.setUint32(2 * ENTRY_BYTES + 4, checksum(UPCASE), true)
  return bytes
}

/** Of boot region and up-case table: rotated to the right, then the next byte is added (3.4, 7.2.2). @param except offsets that do not count */
export function checksum(bytes: Uint8Array, except: readonly number[] = []): number {
  let sum = 0
  for (const [at, byte] of bytes.entries()) if (!except.includes(at)) sum = (((sum << 31) | (sum >>> 1)) + byte) >>> 0
  return sum
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit
}
