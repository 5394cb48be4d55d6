/**
 * Reads FAT12, FAT16 and FAT32 file systems: what lies in which bytes. Made for volumes that may be damaged or hostile: every cluster is
 * followed once at most, so that loops and files that share clusters end, and work and memory stay within the volume's own size.
 *
 * Source: Microsoft Extensible Firmware Initiative FAT32 File System Specification 1.03.
 */
import { ByteReader } from './byte-reader'
import { hex, ImageError } from './errors'
import { DIRECTORY_ENTRY_BYTES, FAT_CLUSTER_LIMIT, type FatKind } from './fat-geometry'

/** Offsets in the boot sector. The extended part has the same fields in two places. */
export const BPB = {
  bytesPerSector: 0x0b,
  sectorsPerCluster: 0x0d,
  reservedSectors: 0x0e,
  fats: 0x10,
  rootEntries: 0x11,
  sectors16: 0x13,
  media: 0x15,
  fatSectors16: 0x16,
  sectorsPerTrack: 0x18,
  heads: 0x1a,
  hiddenSectors: 0x1c,
  sectors32: 0x20,
  fatSectors32: 0x24,
  flags32: 0x28,
  rootCluster: 0x2c,
  backupBootSector: 0x32,
  extended16: 0x24,
  extended32: 0x40,
  extendedDrive: 0,
  extendedSignature: 2,
  extendedSerial: 3,
  extendedLabel: 7,
} as const

/** Offsets in a place of a directory. */
export const DIRECTORY_ENTRY = {
  attributes: 11,
  lowerCase: 12,
  createTenths: 13,
  createTime: 14,
  createDate: 16,
  accessDate: 18,
  clusterHigh: 20,
  writeTime: 22,
  writeDate: 24,
  clusterLow: 26,
  size: 28,
} as const

export const ATTRIBUTE = { readOnly: 1, hidden: 2, system: 4, label: 8, directory: 16, archive: 32 } as const

const LONG_NAME = 15
const LONG_NAME_MASK = 0x3f
const LONG_NAME_LAST = 0x40
/** Where a place of a long name keeps its 13 UTF-16 units. */
const LONG_NAME_UNITS = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]
const MAX_LONG_NAME_PLACES = 20
const LOWER_CASE_BASE = 8
const LOWER_CASE_EXTENSION = 16
const ENTRY_DELETED = 0xe5
/** Stands for a first byte 0xe5 that is meant. */
const ENTRY_E5 = 0x05
/** Deeper folders than any path of 260 characters has. */
const MAX_DEPTH = 128
const MAX_ENTRIES = 65_536
const decoder = new TextDecoder('latin1')

/** A piece of a file in the volume. */
export interface Extent {
  /** In bytes from the volume's start. */
  offset: number
  bytes: number
}

export interface FatEntry {
  /** From the root: `/boot/kernel.elf`. */
  path: string
  name: string
  /** Its 8.3 name, as it is stored: upper case. */
  shortName: string
  directory: boolean
  /** In bytes; for a directory the bytes of its clusters. */
  size: number
  attributes: number
  /** 0 when it has none. */
  firstCluster: number
  /** In the order of its content, neighbours joined; the last one ends with the file. */
  extents: Extent[]
  /** Where its 32 bytes lie in the volume, without its long name. */
  entryOffset: number
  /** Where the entries . and .. of a directory lie. */
  dotOffsets: number[]
  /** Why it cannot be read whole. */
  problem?: string
}

export interface FatVolume {
  kind: FatKind
  /** From the root directory, else from the boot sector; empty when there is none. */
  label: string
  serial: number
  sectorBytes: number
  sectors: number
  sectorsPerCluster: number
  reservedSectors: number
  fats: number
  fatSectors: number
  /** 0 for FAT32. */
  rootEntries: number
  /** Where the root directory begins, in bytes. */
  rootOffset: number
  /** How many clusters there are; their numbers begin with 2. */
  clusters: number
  /** The first sector of cluster 2. */
  dataSector: number
  hiddenSectors: number
  media: number
  freeClusters: number
  /** Files and directories, each directory before what lies in it. */
  entries: FatEntry[]
  /** What is wrong with the volume as a whole. */
  problems: string[]
  /** An entry by its path, in any case. */
  find(path: string): FatEntry | undefined
  /** @throws ImageError when there is no such file, or it cannot be read whole */
  read(file: string | FatEntry): Uint8Array<ArrayBuffer>
}

/** Whether bytes begin with a FAT file system's boot sector. */
export function looksLikeFat(bytes: Uint8Array): boolean {
  try {
    readHeader(bytes, '')
    return true
  } catch (error) {
    if (error instanceof ImageError) return false
    throw error
  }
}

/**
 * What is on a volume that begins with the first byte; it may end before the bytes do.
 * @throws ImageError when this is no FAT file system; damage further in is told in `problems`
 */
export function readFat(volume: Uint8Array, where = 'FAT volume'): FatVolume {
  const header = readHeader(volume, where)
  const walk = new Walk(volume, header)
  walk.run()
  const byPath = new Map(walk.entries.map((entry) => [entry.path.toLowerCase(), entry]))
  const find = (path: string): FatEntry | undefined => byPath.get(`/${path.split('/').filter(Boolean).join('/').toLowerCase()}`)
  return {
    ...header,
    label: walk.label ?? header.label,
    freeClusters: walk.freeClusters(),
    entries: walk.entries,
    problems: walk.problems,
    find,
    read(file) {
      const entry = typeof file === 'string' ? find(file) : file
      if (!entry) throw unreadable(String(file), 'there is no such file', where)
      if (entry.directory) throw unreadable(entry.path, 'it is a directory', where)
      if (entry.problem !== undefined) throw unreadable(entry.path, entry.problem, where)
      const bytes = new Uint8Array(entry.size)
      let at = 0
      for (const extent of entry.extents) {
        bytes.set(volume.subarray(extent.offset, extent.offset + extent.bytes), at)
        at += extent.bytes
      }
      return bytes
    },
  }
}

type Header = Omit<FatVolume, 'freeClusters' | 'entries' | 'problems' | 'find' | 'read'> & { rootCluster: number; activeFat: number }

function readHeader(volume: Uint8Array, where: string): Header {
  const reader = new ByteReader(volume, where)
  reader.require(0, 512, 'the boot sector of a FAT file system')
  const u8 = (at: number): number => reader.u8(at, 'the boot sector')
  const u16 = (at: number): number => reader.u16(at, 'the boot sector')
  const u32 = (at: number): number => reader.u32(at, 'the boot sector')
  const sectorBytes = u16(BPB.bytesPerSector)
  const sectorsPerCluster = u8(BPB.sectorsPerCluster)
  const reservedSectors = u16(BPB.reservedSectors)
  const fats = u8(BPB.fats)
  const rootEntries = u16(BPB.rootEntries)
  const sectors = u16(BPB.sectors16) || u32(BPB.sectors32)
  const fatSectors16 = u16(BPB.fatSectors16)
  const fatSectors = fatSectors16 || u32(BPB.fatSectors32)
  const rootSectors = Math.ceil((rootEntries * DIRECTORY_ENTRY_BYTES) / sectorBytes)
  const dataSector = reservedSectors + fats * fatSectors + rootSectors
  const clusters = Math.floor((sectors - dataSector) / sectorsPerCluster)
  const kind: FatKind = fatSectors16 === 0 ? 'fat32' : clusters < FAT_CLUSTER_LIMIT.fat12 ? 'fat12' : 'fat16'
  const entryBits = kind === 'fat12' ? 12 : kind === 'fat16' ? 16 : 32
  const wrong = [
    { when: ![512, 1024, 2048, 4096].includes(sectorBytes), says: `bytes per sector (${sectorBytes} at ${hex(BPB.bytesPerSector)}) is not 512, 1024, 2048 or 4096` },
    { when: !isPowerOf2(sectorsPerCluster), says: `sectors per cluster (${sectorsPerCluster} at ${hex(BPB.sectorsPerCluster)}) is not a power of 2` },
    { when: reservedSectors === 0, says: `reserved sectors (at ${hex(BPB.reservedSectors)}) is 0` },
    { when: fats === 0 || fats > 4, says: `the number of tables (${fats} at ${hex(BPB.fats)}) is not 1 to 4` },
    { when: fatSectors === 0, says: `sectors per table (at ${hex(BPB.fatSectors16)} and ${hex(BPB.fatSectors32)}) is 0` },
    { when: kind !== 'fat32' && rootEntries === 0, says: `the root directory has no places (at ${hex(BPB.rootEntries)})` },
    { when: !(clusters >= 1), says: `${sectors} sectors (at ${hex(BPB.sectors16)} or ${hex(BPB.sectors32)}) leave no room behind the tables, which end at sector ${dataSector}` },
    { when: clusters >= FAT_CLUSTER_LIMIT[kind], says: `${clusters} clusters are too many for ${kind.toUpperCase()}` },
    { when: ((clusters + 2) * entryBits) / 8 > fatSectors * sectorBytes, says: `tables of ${fatSectors} sectors are too short for ${clusters} clusters` },
    { when: dataSector * sectorBytes > volume.length, says: `the tables end at byte ${dataSector * sectorBytes}, and there are ${volume.length}` },
  ].find(({ when }) => when)
  if (wrong) throw notFat(wrong.says, where)
  const extended = kind === 'fat32' ? BPB.extended32 : BPB.extended16
  const signed = u8(extended + BPB.extendedSignature) === 0x29
  const flags = kind === 'fat32' ? u16(BPB.flags32) : 0
  const rootCluster = kind === 'fat32' ? u32(BPB.rootCluster) & 0x0fff_ffff : 0
  if (kind === 'fat32' && (rootCluster < 2 || rootCluster - 2 >= clusters)) throw notFat(`the root directory's first cluster (${rootCluster} at ${hex(BPB.rootCluster)}) does not exist`, where)
  return {
    kind,
    label: signed ? text(volume, extended + BPB.extendedLabel, 11).replace(/^NO NAME$/, '') : '',
    serial: signed ? u32(extended + BPB.extendedSerial) : 0,
    sectorBytes,
    sectors,
    sectorsPerCluster,
    reservedSectors,
    fats,
    fatSectors,
    rootEntries: kind === 'fat32' ? 0 : rootEntries,
    rootOffset: (kind === 'fat32' ? dataSector + (rootCluster - 2) * sectorsPerCluster : dataSector - rootSectors) * sectorBytes,
    clusters,
    dataSector,
    hiddenSectors: u32(BPB.hiddenSectors),
    media: u8(BPB.media),
    rootCluster,
    // Bit 7: only one table is kept up to date, bits 0-3 say which.
    activeFat: flags & 0x80 && (flags & 15) < fats ? flags & 15 : 0,
  }
}

/** A directory whose places are still to be read. */
interface Pending {
  path: string
  depth: number
  extents: Extent[]
  entry?: FatEntry
}

class Walk {
  readonly entries: FatEntry[] = []
  readonly problems: string[] = []
  label: string | undefined
  readonly #volume: Uint8Array
  readonly #view: DataView
  readonly #header: Header
  readonly #table: number
  readonly #clusterBytes: number
  /** One byte per cluster number: whether it belongs to something already. */
  readonly #taken: Uint8Array

  constructor(volume: Uint8Array, header: Header) {
    this.#volume = volume
    this.#view = new DataView(volume.buffer, volume.byteOffset, volume.byteLength)
    this.#header = header
    this.#table = (header.reservedSectors + header.activeFat * header.fatSectors) * header.sectorBytes
    this.#clusterBytes = header.sectorsPerCluster * header.sectorBytes
    this.#taken = new Uint8Array(header.clusters + 2)
  }

  run(): void {
    const { kind, rootOffset, rootCluster, rootEntries, sectors, sectorBytes } = this.#header
    if (sectors * sectorBytes > this.#volume.length) this.problems.push(`The file system has ${sectors * sectorBytes} bytes, but only ${this.#volume.length} are there.`)
    const root: Pending = { path: '', depth: 0, extents: [{ offset: rootOffset, bytes: rootEntries * DIRECTORY_ENTRY_BYTES }] }
    if (kind === 'fat32') {
      const chain = this.#follow(rootCluster, Infinity)
      root.extents = chain.extents
      if (chain.problem !== undefined) this.problems.push(`The root directory is damaged: ${chain.problem}.`)
    }
    this.#readDirectory(root)
  }

  freeClusters(): number {
    let free = 0
    for (let cluster = 2; cluster < this.#header.clusters + 2; cluster++) if (this.#next(cluster) === 0) free++
    return free
  }

  /** The table's entry of a cluster. The header's check has made sure that all of them lie in the volume. */
  #next(cluster: number): number {
    if (this.#header.kind === 'fat32') return this.#view.getUint32(this.#table + cluster * 4, true) & 0x0fff_ffff
    if (this.#header.kind === 'fat16') return this.#view.getUint16(this.#table + cluster * 2, true)
    const pair = this.#view.getUint16(this.#table + cluster + (cluster >> 1), true)
    return cluster & 1 ? pair >> 4 : pair & 0xfff
  }

  /** The pieces of a chain of clusters, as far as `wanted` bytes need it. */
  #follow(first: number, wanted: number): { extents: Extent[]; bytes: number; problem?: string } {
    const { clusters, dataSector, sectorBytes, kind } = this.#header
    const extents: Extent[] = []
    const [bad, end] = kind === 'fat12' ? [0xff7, 0xff8] : kind === 'fat16' ? [0xfff7, 0xfff8] : [0x0fff_fff7, 0x0fff_fff8]
    let bytes = 0
    let previous = 0
    for (let cluster = first; bytes < wanted; cluster = this.#next(cluster)) {
      const after = previous === 0 ? 'its first cluster' : `the cluster after ${previous}`
      const stop = (problem: string): { extents: Extent[]; bytes: number; problem: string } => ({ extents, bytes, problem })
      if (previous !== 0 && cluster >= end) return wanted === Infinity ? { extents, bytes } : stop(`its clusters end after ${bytes} of ${wanted} bytes`)
      if (cluster === 0) return stop(`${after} is marked as free`)
      if (cluster === bad) return stop(`${after} is marked as bad`)
      if (cluster < 2 || cluster - 2 >= clusters) return stop(`${after} is ${cluster}, and the last one is ${clusters + 1}`)
      if (this.#taken[cluster]) return stop(`${after} is ${cluster}, which belongs to it or another file already`)
      const offset = dataSector * sectorBytes + (cluster - 2) * this.#clusterBytes
      const length = Math.min(this.#clusterBytes, wanted - bytes)
      if (offset + length > this.#volume.length) return stop(`cluster ${cluster} lies beyond the end of the image`)
      this.#taken[cluster] = 1
      const last = extents.at(-1)
      if (last && last.offset + last.bytes === offset) last.bytes += length
      else extents.push({ offset, bytes: length })
      bytes += length
      previous = cluster
    }
    return { extents, bytes }
  }

  #readDirectory(directory: Pending): void {
    let long = new LongName()
    for (const { offset, bytes } of directory.extents) {
      for (let at = offset; at + DIRECTORY_ENTRY_BYTES <= offset + bytes; at += DIRECTORY_ENTRY_BYTES) {
        const first = this.#volume[at] ?? 0
        if (first === 0) return
        const attributes = this.#volume[at + DIRECTORY_ENTRY.attributes] ?? 0
        if (first === ENTRY_DELETED) long = new LongName()
        else if ((attributes & LONG_NAME_MASK) === LONG_NAME) long.add(this.#volume.subarray(at, at + DIRECTORY_ENTRY_BYTES))
        else {
          if (attributes & ATTRIBUTE.label) this.#readLabel(at, directory)
          else if (first === 0x2e) directory.entry?.dotOffsets.push(at)
          else if (!this.#readEntry(at, attributes, long, directory)) return
          long = new LongName()
        }
      }
    }
  }

  #readLabel(at: number, { depth }: Pending): void {
    if (depth === 0) this.label ??= text(this.#volume, at, 11)
  }

  /** @returns false when nothing more shall be read. */
  #readEntry(at: number, attributes: number, long: LongName, parent: Pending): boolean {
    if (this.entries.length >= MAX_ENTRIES) {
      if (this.entries.length === MAX_ENTRIES && !this.problems.includes(TOO_MANY)) this.problems.push(TOO_MANY)
      return false
    }
    const short = this.#volume.subarray(at, at + 11)
    const shortName = joinShort(short)
    const name = long.matching(short) ?? lowerCase(short, this.#volume[at + DIRECTORY_ENTRY.lowerCase] ?? 0)
    const high = this.#header.kind === 'fat32' ? this.#view.getUint16(at + DIRECTORY_ENTRY.clusterHigh, true) : 0
    const firstCluster = ((high << 16) | this.#view.getUint16(at + DIRECTORY_ENTRY.clusterLow, true)) >>> 0
    const directory = (attributes & ATTRIBUTE.directory) !== 0
    const size = directory ? Infinity : this.#view.getUint32(at + DIRECTORY_ENTRY.size, true)
    const chain = this.#follow(firstCluster, size)
    const entry: FatEntry = {
      path: `${parent.path}/${name}`,
      name,
      shortName,
      directory,
      size: directory ? chain.bytes : size,
      attributes,
      firstCluster,
      extents: chain.extents,
      entryOffset: at,
      dotOffsets: [],
    }
    if (chain.problem !== undefined) entry.problem = chain.problem
    this.entries.push(entry)
    if (!directory) return true
    if (parent.depth >= MAX_DEPTH) entry.problem = `it lies ${MAX_DEPTH} folders deep, where nothing more is read`
    else this.#readDirectory({ path: entry.path, depth: parent.depth + 1, extents: chain.extents, entry })
    return true
  }
}

const TOO_MANY = `There are more than ${MAX_ENTRIES} files and directories; the rest is not read.`

/** Places of a long name, which come last piece first. */
class LongName {
  #units: number[] = []
  #next = 0
  #checksum = 0

  add(place: Uint8Array): void {
    const ordinal = place[0] ?? 0
    const number = ordinal & ~LONG_NAME_LAST
    if (ordinal & LONG_NAME_LAST) {
      this.#units = []
      this.#next = number <= MAX_LONG_NAME_PLACES ? number : 0
      this.#checksum = place[13] ?? 0
    }
    if (number === 0 || number !== this.#next || place[13] !== this.#checksum) {
      this.#next = -1
      return
    }
    this.#units.unshift(...LONG_NAME_UNITS.map((at) => (place[at] ?? 0) | ((place[at + 1] ?? 0) << 8)))
    this.#next--
  }

  /** The name, when all of it is there and it belongs to this short one. */
  matching(short: Uint8Array): string | undefined {
    if (this.#units.length === 0 || this.#next !== 0 || this.#checksum !== shortChecksum(short)) return undefined
    const end = this.#units.indexOf(0)
    return String.fromCharCode(...(end === -1 ? this.#units : this.#units.slice(0, end))).replace(/\p{Surrogate}/gu, '\ufffd')
  }
}

/** The sum by which a long name knows its short one. */
function shortChecksum(short: Uint8Array): number {
  return short.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0)
}

function joinShort(short: Uint8Array): string {
  return lowerCase(short, 0)
}

/** 8.3 joined by a dot; the flags say that base or extension are meant in lower case, as Windows NT writes them. */
function lowerCase(short: Uint8Array, flags: number): string {
  const bytes = Uint8Array.from(short)
  if (bytes[0] === ENTRY_E5) bytes[0] = ENTRY_DELETED
  const base = text(bytes, 0, 8)
  const extension = text(bytes, 8, 3)
  return [flags & LOWER_CASE_BASE ? base.toLowerCase() : base, flags & LOWER_CASE_EXTENSION ? extension.toLowerCase() : extension].filter((part, index) => index === 0 || part !== '').join('.')
}

/** Text of single bytes without the spaces that fill it up. */
function text(bytes: Uint8Array, at: number, length: number): string {
  return decoder.decode(bytes.subarray(at, at + length)).replace(/[ \0]+$/, '')
}

function isPowerOf2(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0
}

function notFat(says: string, where: string): ImageError {
  return new ImageError({
    what: `This is no FAT file system: ${says}.`,
    where,
    why: 'The boot sector describes where tables and files lie.',
    next: 'Look whether the volume begins where it should, or make the file system anew.',
  })
}

function unreadable(path: string, reason: string, where: string): ImageError {
  return new ImageError({
    what: `The file ${path} cannot be read: ${reason}.`,
    where,
    why: 'Its content is not all there.',
    next: 'Look at the list of files on the volume; write a damaged volume again.',
  })
}
