/** The GUID partition table. Source: UEFI specification 2.10, 5.3 "GUID Partition Table (GPT) Disk Layout". */
import { crc32 } from 'node:zlib'
import { GUID_BYTES, guidBytes, guidText } from './guid'
import { SECTOR_BYTES } from './layout'

const SIGNATURE = 'EFI PART'
const REVISION = 0x0001_0000
const HEADER_BYTES = 92
const ENTRY_BYTES = 128
const ENTRIES = 128
const NAME_AT = 56
const NAME_UNITS = 36
/** The specification asks for room of at least 16 KiB for the entries, whatever their number. */
const ENTRIES_BYTES = ENTRIES * ENTRY_BYTES
/** What a reader takes at most: far beyond every table that tools write. */
const MAX_ENTRIES = 1024
const MAX_ENTRY_BYTES = 4096

/** Offsets in the header. */
const FIELD = {
  REVISION: 8,
  HEADER_BYTES: 12,
  HEADER_CRC: 16,
  MY_LBA: 24,
  ALTERNATE_LBA: 32,
  FIRST_USABLE_LBA: 40,
  LAST_USABLE_LBA: 48,
  DISK_GUID: 56,
  ENTRIES_LBA: 72,
  ENTRY_COUNT: 80,
  ENTRY_BYTES: 84,
  ENTRIES_CRC: 88,
} as const

/** Sectors that one header with its entries takes. */
export function gptSectors(sectorBytes: number): number {
  return 1 + ENTRIES_BYTES / sectorBytes
}

export const GPT = {
  /** The first header; the second is in the last sector. */
  HEADER_LBA: 1,
  /** First sector behind header and entries. */
  FIRST_FREE_LBA: 1 + gptSectors(SECTOR_BYTES),
  /** Sectors that header and entries take at the end. */
  BACKUP_SECTORS: gptSectors(SECTOR_BYTES),
  /** Type of the one partition in sector 0 that tells old tools to keep off (5.2.3). */
  PROTECTIVE_TYPE: 0xee,
} as const

/** Partition types by name. Source: UEFI specification 2.10, table 5.7. */
export const GPT_TYPE = {
  EFI_SYSTEM: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  /** FAT, exFAT or NTFS with a person's files (Microsoft, PARTITION_INFORMATION_GPT: PARTITION_BASIC_DATA_GUID). */
  BASIC_DATA: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
} as const

/** Bit 2: old BIOSes' "active" (table 5.8). */
export const GPT_LEGACY_BOOTABLE = 4n

export interface GptPartition {
  /** GUIDs in upper case with hyphens. */
  type: string
  id: string
  /** First sector. */
  lba: number
  sectors: number
  attributes: bigint
  /** At most 36 UTF-16 code units. */
  name: string
}

export interface GptInput {
  /** GUID of the disk. */
  id: string
  /** First sector that partitions may use; what lies before it is out of every tool's way. */
  firstUsable: number
  /** At most 128. */
  partitions: readonly GptPartition[]
}

/** A header with its array of entries, as they lie on the disk. */
export interface GptPart {
  /** First sector. */
  lba: number
  /** Whole sectors. */
  bytes: Uint8Array
}

/**
 * Writes both headers and both arrays of entries; sector 0 is the caller's.
 * @param image the whole disk, whole sectors
 */
export function writeGpt(image: Uint8Array, input: GptInput): void {
  for (const { lba, bytes } of gptParts(input, image.length / SECTOR_BYTES)) image.set(bytes, lba * SECTOR_BYTES)
}

/**
 * The table at the start of a disk and its backup at the end.
 * @param sectors of the whole disk
 */
export function gptParts({ id, firstUsable, partitions }: GptInput, sectors: number, sectorBytes: number = SECTOR_BYTES): GptPart[] {
  const lastUsable = sectors - gptSectors(sectorBytes) - 1
  if (!Number.isInteger(sectors) || firstUsable < 1 + gptSectors(sectorBytes) || lastUsable < firstUsable || partitions.length > ENTRIES)
    throw new RangeError(`A partition table for ${sectors} sectors and ${partitions.length} partitions is not possible.`)
  const entries = new Uint8Array(ENTRIES_BYTES)
  for (const [index, partition] of partitions.entries()) {
    const end = partition.lba + partition.sectors
    if (partition.lba < firstUsable || end > lastUsable + 1 || partition.sectors < 1) throw new RangeError(`The partition ${partition.name} lies outside the usable sectors.`)
    writeEntry(entries.subarray(index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES), partition)
  }
  const header = { id, firstUsable, lastUsable, entriesCrc: crc32(entries) }
  const primary = new Uint8Array(sectorBytes + ENTRIES_BYTES)
  writeHeader(primary.subarray(0, HEADER_BYTES), { ...header, lba: GPT.HEADER_LBA, alternate: sectors - 1, entriesLba: 2 })
  primary.set(entries, sectorBytes)
  const backup = new Uint8Array(ENTRIES_BYTES + sectorBytes)
  backup.set(entries)
  writeHeader(backup.subarray(ENTRIES_BYTES, ENTRIES_BYTES + HEADER_BYTES), { ...header, lba: sectors - 1, alternate: GPT.HEADER_LBA, entriesLba: lastUsable + 1 })
  return [
    { lba: GPT.HEADER_LBA, bytes: primary },
    { lba: lastUsable + 1, bytes: backup },
  ]
}

function writeEntry(entry: Uint8Array, { type, id, lba, sectors, attributes, name }: GptPartition): void {
  const view = new DataView(entry.buffer, entry.byteOffset, ENTRY_BYTES)
  entry.set(guidBytes(type), 0)
  entry.set(guidBytes(id), GUID_BYTES)
  view.setBigUint64(32, BigInt(lba), true)
  view.setBigUint64(40, BigInt(lba + sectors - 1), true)
  view.setBigUint64(48, attributes, true)
  for (let unit = 0; unit < Math.min(name.length, NAME_UNITS); unit++) view.setUint16(NAME_AT + 2 * unit, name.charCodeAt(unit), true)
}

interface HeaderFields {
  id: string
  lba: number
  alternate: number
  firstUsable: number
  lastUsable: number
  entriesLba: number
  entriesCrc: number
}

/** @param bytes zeros, as many as a header has */
function writeHeader(bytes: Uint8Array, { id, lba, alternate, firstUsable, lastUsable, entriesLba, entriesCrc }: HeaderFields): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  bytes.set(new TextEncoder().encode(SIGNATURE))
  view.setUint32(FIELD.REVISION, REVISION, true)
  view.setUint32(FIELD.HEADER_BYTES, HEADER_BYTES, true)
  view.setBigUint64(FIELD.MY_LBA, BigInt(lba), true)
  view.setBigUint64(FIELD.ALTERNATE_LBA, BigInt(alternate), true)
  view.setBigUint64(FIELD.FIRST_USABLE_LBA, BigInt(firstUsable), true)
  view.setBigUint64(FIELD.LAST_USABLE_LBA, BigInt(lastUsable), true)
  bytes.set(guidBytes(id), FIELD.DISK_GUID)
  view.setBigUint64(FIELD.ENTRIES_LBA, BigInt(entriesLba), true)
  view.setUint32(FIELD.ENTRY_COUNT, ENTRIES, true)
  view.setUint32(FIELD.ENTRY_BYTES, ENTRY_BYTES, true)
  view.setUint32(FIELD.ENTRIES_CRC, entriesCrc, true)
  view.setUint32(FIELD.HEADER_CRC, crc32(bytes), true)
}

/** One header with its entries, as far as they can be read. Numbers beyond 2^53 are cut to that. */
export interface GptTable {
  lba: number
  alternateLba: number
  firstUsable: number
  lastUsable: number
  id: string
  entriesLba: number
  entryCount: number
  partitions: GptPartition[]
  /** Sentences; empty when all is as the specification wants it. */
  faults: string[]
}

export interface Gpt {
  /** Absent: no header there. */
  primary?: GptTable
  backup?: GptTable
  /** What is wrong with the two together. */
  faults: string[]
}

/** Both headers of a disk, or undefined when neither is there. Never throws: what is damaged is told in `faults`. */
export function readGpt(image: Uint8Array): Gpt | undefined {
  const last = Math.floor(image.length / SECTOR_BYTES) - 1
  const primary = readTable(image, GPT.HEADER_LBA)
  const named = primary === undefined ? last : primary.alternateLba
  const backup = readTable(image, named) ?? (named === last ? undefined : readTable(image, last))
  if (primary === undefined && backup === undefined) return undefined
  const faults: string[] = []
  if (primary === undefined) faults.push('There is no header in sector 1, only the backup.')
  if (backup === undefined) faults.push(`There is no backup header: neither in sector ${named}, which the first header names, nor in the last sector.`)
  if (primary && backup) {
    if (backup.lba !== last) faults.push(`The backup header is in sector ${backup.lba}, not in the last, ${last}: the image was made longer.`)
    const same = primary.id === backup.id && JSON.stringify(primary.partitions, bigintText) === JSON.stringify(backup.partitions, bigintText)
    if (!same) faults.push('The two tables differ.')
  }
  return { ...(primary && { primary }), ...(backup && { backup }), faults }
}

function readTable(image: Uint8Array, lba: number): GptTable | undefined {
  const at = lba * SECTOR_BYTES
  if (lba < 1 || at + SECTOR_BYTES > image.length) return undefined
  const sector = image.slice(at, at + SECTOR_BYTES)
  const view = new DataView(sector.buffer)
  if (new TextDecoder('latin1').decode(sector.subarray(0, SIGNATURE.length)) !== SIGNATURE) return undefined
  const number = (offset: number): number => Number(view.getBigUint64(offset, true))
  const faults: string[] = []

  const headerBytes = view.getUint32(FIELD.HEADER_BYTES, true)
  const crc = view.getUint32(FIELD.HEADER_CRC, true)
  if (headerBytes < HEADER_BYTES || headerBytes > SECTOR_BYTES) faults.push(`The header says it has ${headerBytes} bytes; ${HEADER_BYTES} to ${SECTOR_BYTES} are possible.`)
  else {
    view.setUint32(FIELD.HEADER_CRC, 0, true)
    const right = crc32(sector.subarray(0, headerBytes))
    if (right !== crc) faults.push(`The header's CRC is ${crc.toString(16)}, and should be ${right.toString(16)}.`)
  }
  if (number(FIELD.MY_LBA) !== lba) faults.push(`The header is in sector ${lba} and says it is in ${number(FIELD.MY_LBA)}.`)

  const entriesLba = number(FIELD.ENTRIES_LBA)
  const entryCount = view.getUint32(FIELD.ENTRY_COUNT, true)
  const entryBytes = view.getUint32(FIELD.ENTRY_BYTES, true)
  const table: GptTable = {
    lba,
    alternateLba: number(FIELD.ALTERNATE_LBA),
    firstUsable: number(FIELD.FIRST_USABLE_LBA),
    lastUsable: number(FIELD.LAST_USABLE_LBA),
    id: guidText(sector.subarray(FIELD.DISK_GUID, FIELD.DISK_GUID + GUID_BYTES)),
    entriesLba,
    entryCount,
    partitions: [],
    faults,
  }
  if (entryBytes < ENTRY_BYTES || entryBytes > MAX_ENTRY_BYTES || entryCount > MAX_ENTRIES) {
    faults.push(`The header announces ${entryCount} entries of ${entryBytes} bytes.`)
    return table
  }
  const from = entriesLba * SECTOR_BYTES
  const entries = image.subarray(from, from + entryCount * entryBytes)
  if (entries.length < entryCount * entryBytes) {
    faults.push(`The entries should begin in sector ${entriesLba} and reach beyond the end of the disk.`)
    return table
  }
  const entriesCrc = view.getUint32(FIELD.ENTRIES_CRC, true)
  const right = crc32(entries)
  if (right !== entriesCrc) faults.push(`The entries' CRC is ${entriesCrc.toString(16)}, and should be ${right.toString(16)}.`)
  for (let index = 0; index < entryCount; index++) {
    const partition = readEntry(entries.subarray(index * entryBytes, index * entryBytes + ENTRY_BYTES))
    if (partition) table.partitions.push(partition)
  }
  faults.push(...placeFaults(table))
  return table
}

function readEntry(entry: Uint8Array): GptPartition | undefined {
  if (entry.subarray(0, GUID_BYTES).every((byte) => byte === 0)) return undefined
  const view = new DataView(entry.buffer, entry.byteOffset, ENTRY_BYTES)
  const lba = Number(view.getBigUint64(32, true))
  const units = Array.from({ length: NAME_UNITS }, (_, unit) => view.getUint16(NAME_AT + 2 * unit, true))
  const zero = units.indexOf(0)
  return {
    type: guidText(entry.subarray(0, GUID_BYTES)),
    id: guidText(entry.subarray(GUID_BYTES, 2 * GUID_BYTES)),
    lba,
    sectors: Number(view.getBigUint64(40, true)) - lba + 1,
    attributes: view.getBigUint64(48, true),
    name: String.fromCharCode(...(zero === -1 ? units : units.slice(0, zero))),
  }
}

function placeFaults({ partitions, firstUsable, lastUsable }: GptTable): string[] {
  const faults: string[] = []
  const sorted = partitions.toSorted((a, b) => a.lba - b.lba)
  for (const [index, { lba, sectors, name }] of sorted.entries()) {
    if (sectors < 1) faults.push(`The partition ${JSON.stringify(name)} ends before it begins.`)
    if (lba < firstUsable || lba + sectors - 1 > lastUsable) faults.push(`The partition ${JSON.stringify(name)} lies outside the usable sectors ${firstUsable} to ${lastUsable}.`)
    const next = sorted[index + 1]
    if (next && lba + sectors > next.lba) faults.push(`The partitions ${JSON.stringify(name)} and ${JSON.stringify(next.name)} overlap.`)
  }
  return faults
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
