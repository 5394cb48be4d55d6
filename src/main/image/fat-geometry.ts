/**
 * The sizes of a FAT file system: which kind and cluster size a volume gets, and what then lies where.
 *
 * Source: Microsoft Extensible Firmware Initiative FAT32 File System Specification 1.03, "FAT Type Determination" and "FAT Volume
 * Initialization". The kind follows from the number of clusters alone; numbers next to a border are avoided, since other people's
 * code is off by a few there, as that text warns.
 */
import { SECTOR_BYTES } from './layout'

export type FatKind = 'fat12' | 'fat16' | 'fat32'

/** First cluster count that is too many for the kind. */
export const FAT_CLUSTER_LIMIT: Readonly<Record<FatKind, number>> = { fat12: 4085, fat16: 65_525, fat32: 0x0fff_fff5 }
export const DIRECTORY_ENTRY_BYTES = 32

/** How far a cluster count stays away from a border between two kinds. */
const MARGIN = 16
const MIN_CLUSTERS: Readonly<Record<FatKind, number>> = { fat12: 1, fat16: FAT_CLUSTER_LIMIT.fat12 + MARGIN, fat32: FAT_CLUSTER_LIMIT.fat16 + MARGIN }
const BITS: Readonly<Record<FatKind, number>> = { fat12: 12, fat16: 16, fat32: 32 }
/** Sectors before the first table; FAT32 keeps a copy of the boot sector there. */
const RESERVED: Readonly<Record<FatKind, number>> = { fat12: 1, fat16: 1, fat32: 32 }
const FATS = 2
const MAX_SECTORS_PER_CLUSTER = 64
/** FatFs makes no smaller volume. */
const MIN_SECTORS = 128
const KINDS: readonly FatKind[] = ['fat12', 'fat16', 'fat32']

/** Cluster sizes by volume size, as that specification's tables have them; the first whose limit is not exceeded counts. */
const CLUSTERS: Readonly<Record<FatKind, readonly { upToSectors: number; sectorsPerCluster: number }[]>> = {
  fat12: [],
  fat16: [
    { upToSectors: 32_680, sectorsPerCluster: 2 },
    { upToSectors: 262_144, sectorsPerCluster: 4 },
    { upToSectors: 524_288, sectorsPerCluster: 8 },
    { upToSectors: 1_048_576, sectorsPerCluster: 16 },
    { upToSectors: 2_097_152, sectorsPerCluster: 32 },
  ],
  fat32: [
    { upToSectors: 532_480, sectorsPerCluster: 1 },
    { upToSectors: 16_777_216, sectorsPerCluster: 8 },
    { upToSectors: 33_554_432, sectorsPerCluster: 16 },
    { upToSectors: 67_108_864, sectorsPerCluster: 32 },
  ],
}

/** What 'auto' takes: the first kind whose limit is not exceeded. */
const AUTO: readonly { upToSectors: number; kind: FatKind }[] = [
  { upToSectors: 8_400, kind: 'fat12' },
  { upToSectors: 1_048_576, kind: 'fat16' },
]

export interface FatGeometry {
  kind: FatKind
  sectors: number
  sectorBytes: number
  sectorsPerCluster: number
  /** Places in the root directory of FAT12 and FAT16; 0 for FAT32. */
  rootEntries: number
  /** How many clusters there are for files and directories. */
  clusters: number
}

/** What lies on a volume, as far as its size depends on it. */
export interface FatNeeds {
  /** Length of each file in bytes. */
  files: readonly number[]
  /** Places of 32 bytes that each directory needs, the root directory first. */
  directories: readonly number[]
}

/** Clusters that the content takes, with the root directory where it is one of them. */
export function clustersNeeded(needs: FatNeeds, { kind, sectorsPerCluster, sectorBytes }: FatGeometry): number {
  const clusterBytes = sectorsPerCluster * sectorBytes
  const [root = 0, ...others] = needs.directories.map((places) => places * DIRECTORY_ENTRY_BYTES)
  const rootClusters = kind === 'fat32' ? Math.max(1, Math.ceil(root / clusterBytes)) : 0
  return [...needs.files, ...others].reduce((sum, bytes) => sum + Math.ceil(bytes / clusterBytes), rootClusters)
}

/** The geometry of a volume of so many sectors of 512 to 4096 bytes, or undefined when this kind cannot have it. */
export function fatGeometry(kind: FatKind | 'auto', sectors: number, needs: FatNeeds, floppy: boolean, sectorBytes: number = SECTOR_BYTES): FatGeometry | undefined {
  const times = sectorBytes / SECTOR_BYTES
  const chosen = kind === 'auto' ? (AUTO.find(({ upToSectors }) => sectors * times <= upToSectors)?.kind ?? 'fat32') : kind
  const wished = CLUSTERS[chosen].find(({ upToSectors }) => sectors * times <= upToSectors)?.sectorsPerCluster ?? (chosen === 'fat12' ? 1 : MAX_SECTORS_PER_CLUSTER)
  const rootEntries = chosen === 'fat32' ? 0 : rootPlaces(needs.directories[0] ?? 0, floppy)
  const at = (sectorsPerCluster: number): FatGeometry => {
    const size = { kind: chosen, sectors, sectorBytes, sectorsPerCluster, rootEntries }
    return { ...size, clusters: clusterCount(size) }
  }
  let geometry = at(Math.max(1, wished / times))
  while (geometry.clusters < MIN_CLUSTERS[chosen] && geometry.sectorsPerCluster > 1) geometry = at(geometry.sectorsPerCluster / 2)
  // The tables are sized for all sectors, so that the count that includes them must stay below the border, too.
  while (Math.ceil(sectors / geometry.sectorsPerCluster) > FAT_CLUSTER_LIMIT[chosen] - MARGIN && geometry.sectorsPerCluster < MAX_SECTORS_PER_CLUSTER)
    geometry = at(geometry.sectorsPerCluster * 2)
  const fits = sectors >= MIN_SECTORS && geometry.clusters >= MIN_CLUSTERS[chosen] && Math.ceil(sectors / geometry.sectorsPerCluster) <= FAT_CLUSTER_LIMIT[chosen] - MARGIN
  return fits ? geometry : undefined
}

/** The smallest volume of a multiple of so many sectors that holds all this, or undefined when no volume of the kind does. */
export function smallestFat(kind: FatKind | 'auto', needs: FatNeeds, floppy: boolean, multipleOf: number): FatGeometry | undefined {
  const roundUp = (sectors: number): number => Math.ceil(sectors / multipleOf) * multipleOf
  for (const candidate of kind === 'auto' ? KINDS : [kind]) {
    let sectors = roundUp(smallestSectors(candidate, needs, floppy))
    for (let geometry = fatGeometry(candidate, sectors, needs, floppy); geometry; geometry = fatGeometry(candidate, sectors, needs, floppy)) {
      const missing = clustersNeeded(needs, geometry) - geometry.clusters
      if (missing <= 0) return geometry
      sectors = roundUp(sectors + missing * geometry.sectorsPerCluster)
    }
  }
  return undefined
}

function smallestSectors(kind: FatKind, needs: FatNeeds, floppy: boolean): number {
  const rootEntries = kind === 'fat32' ? 0 : rootPlaces(needs.directories[0] ?? 0, floppy)
  let sectors = MIN_CLUSTERS[kind]
  const missing = (): number => MIN_CLUSTERS[kind] - clusterCount({ kind, sectors, sectorBytes: SECTOR_BYTES, sectorsPerCluster: 1, rootEntries })
  while (missing() > 0) sectors += missing()
  return Math.max(sectors, MIN_SECTORS)
}

/** 224 places on a diskette, else 512, as everywhere; more when the directory has more; always whole sectors. */
function rootPlaces(needed: number, floppy: boolean): number {
  const perSector = SECTOR_BYTES / DIRECTORY_ENTRY_BYTES
  return Math.max(floppy ? 224 : 512, Math.ceil(needed / perSector) * perSector)
}

function clusterCount({ kind, sectors, sectorBytes, sectorsPerCluster, rootEntries }: Omit<FatGeometry, 'clusters'>): number {
  const entries = Math.floor(sectors / sectorsPerCluster) + 2
  const fatSectors = Math.ceil(Math.ceil((entries * BITS[kind]) / 8) / sectorBytes)
  const rootSectors = (rootEntries * DIRECTORY_ENTRY_BYTES) / sectorBytes
  return Math.floor((sectors - RESERVED[kind] - FATS * fatSectors - rootSectors) / sectorsPerCluster)
}
