/** Volumes of a disk: what file system, which files, which bytes. One reader per kind. */
import type { VolumeFacts } from '../../../shared/inspection'
import { CONFIG_PATH, parseBootConfig } from '../boot-config'
import { type FatVolume, looksLikeFat, readFat } from '../fat-read'
import { type CdBootEntry } from '../iso-boot-catalog'
import { looksLikeIso, readIso } from '../iso-read'
import { SECTOR_BYTES } from '../layout'
import { looksLikeRawVolume, parseSectorName, readRawConfig } from '../raw-volume'
import { region, type Region } from './region'
import { attempt } from './why-not'

export interface VolumeFile {
  path: string
  directory: boolean
  bytes: number
  /** In bytes of the volume. */
  extents: { offset: number; bytes: number }[]
  problem?: string | undefined
}

export interface Volume {
  kind: VolumeFacts['kind']
  label?: string
  fields: { name: string; value: string }[]
  files: VolumeFile[]
  /** What is no file: tables, headers; in bytes of the volume. */
  structure: Region[]
  /** The boot configuration's text, and where it was found. */
  configuration?: { where: string; text: string }
  /** What firmware boots from a CD. */
  catalogue?: readonly CdBootEntry[]
  problems: string[]
}

type VolumeReader = (volume: Uint8Array, where: string) => Volume

/** The volume that begins with the first byte; undefined when no reader knows it. */
export function readVolume(volume: Uint8Array, where: string): Volume | undefined {
  return READERS.find(({ fits }) => fits(volume))?.read(volume, where)
}

const READERS: readonly { fits: (volume: Uint8Array) => boolean; read: VolumeReader }[] = [
  { fits: looksLikeRawVolume, read: rawVolume },
  { fits: looksLikeFat, read: fatVolume },
  { fits: looksLikeIso, read: isoVolume },
]

export function looksLikeVolume(bytes: Uint8Array): boolean {
  return READERS.some(({ fits }) => fits(bytes))
}

/** The bytes of a file. They are the volume's own when they lie in one piece. */
export function contentOf(volume: Uint8Array, { extents }: Pick<VolumeFile, 'extents'>): Uint8Array {
  const [only] = extents
  if (extents.length <= 1) return only ? volume.subarray(only.offset, only.offset + only.bytes) : new Uint8Array()
  const bytes = new Uint8Array(extents.reduce((sum, extent) => sum + extent.bytes, 0))
  let at = 0
  for (const extent of extents) {
    bytes.set(volume.subarray(extent.offset, extent.offset + extent.bytes), at)
    at += extent.bytes
  }
  return bytes
}

const FAT_NAMES = { fat12: 'FAT12', fat16: 'FAT16', fat32: 'FAT32' } as const

function fatVolume(bytes: Uint8Array, where: string): Volume {
  const fat = readFat(bytes, where)
  const files = fat.entries.map(({ path, directory, size, extents, problem }) => ({ path, directory, bytes: size, extents, problem }))
  const configuration = files.find(({ path, directory }) => !directory && path.toLowerCase() === CONFIG_PATH)
  return {
    kind: FAT_NAMES[fat.kind],
    ...(fat.label !== '' && { label: fat.label }),
    fields: [
      { name: 'serial number', value: `${(fat.serial >>> 16).toString(16).padStart(4, '0')}-${(fat.serial & 0xffff).toString(16).padStart(4, '0')}`.toUpperCase() },
      { name: 'bytes per cluster', value: String(fat.sectorsPerCluster * fat.sectorBytes) },
      { name: 'clusters', value: `${fat.clusters}, ${fat.freeClusters} of them free` },
      { name: 'tables', value: `${fat.fats} of ${fat.fatSectors} sectors` },
      { name: 'hidden sectors', value: String(fat.hiddenSectors) },
    ],
    files,
    structure: fatStructure(fat),
    ...(configuration && { configuration: { where: configuration.path, text: new TextDecoder().decode(contentOf(bytes, configuration)) } }),
    problems: [...fat.problems, ...files.flatMap(({ path, problem }) => (problem === undefined ? [] : [`${path} cannot be read whole: ${problem}.`]))],
  }
}

function fatStructure({ kind, sectorBytes, reservedSectors, fats, fatSectors, rootEntries, rootOffset }: FatVolume): Region[] {
  const reserved = reservedSectors * sectorBytes
  return [
    region('boot sector', `boot sector of ${FAT_NAMES[kind]}`, 0, sectorBytes, { role: 'fat-boot-sector' }),
    ...(reservedSectors > 1 ? [region('file system', 'reserved sectors', sectorBytes, reserved - sectorBytes, { role: 'fat-reserved' })] : []),
    ...Array.from({ length: fats }, (_, index) => region('file system', `file allocation table ${index + 1}`, reserved + index * fatSectors * sectorBytes, fatSectors * sectorBytes, { role: 'fat-table', own: String(index + 1) })),
    ...(rootEntries > 0 ? [region('directory', '/', rootOffset, rootEntries * 32)] : []),
  ]
}

const ISO_NAMES = { 'rock-ridge': 'Rock Ridge', joliet: 'Joliet', plain: 'ISO 9660 alone' } as const
const CD_SECTOR_BYTES = 2048
/** ECMA-119, 6.2.1: the sectors before belong to no file system. */
const ISO_DESCRIPTORS_AT = 16 * CD_SECTOR_BYTES

function isoVolume(bytes: Uint8Array, where: string): Volume {
  const { value: iso, why } = attempt(() => readIso(bytes, where))
  const structure = [region('file system', 'volume descriptors', ISO_DESCRIPTORS_AT, CD_SECTOR_BYTES, { role: 'iso-descriptors' })]
  if (!iso) return { kind: 'ISO 9660', fields: [], files: [], structure, problems: why === undefined ? [] : [why] }
  const files = iso.entries.map(({ path, directory, size, extents, problem }) => ({ path, directory, bytes: size, extents, problem }))
  const configuration = files.find(({ path, directory }) => !directory && path.toLowerCase() === CONFIG_PATH)
  if (iso.boot) structure.push(region('table', 'El Torito boot catalogue', iso.boot.offset, CD_SECTOR_BYTES, { role: 'boot-catalogue' }))
  return {
    kind: 'ISO 9660',
    ...(iso.label !== '' && { label: iso.label }),
    fields: [
      { name: 'sectors of 2048 bytes', value: String(iso.sectors) },
      { name: 'bytes per block', value: String(iso.blockBytes) },
      { name: 'names', value: ISO_NAMES[iso.names] },
    ],
    files,
    structure,
    ...(configuration && { configuration: { where: configuration.path, text: new TextDecoder().decode(contentOf(bytes, configuration)) } }),
    ...(iso.boot && { catalogue: iso.boot.entries }),
    problems: [...iso.problems, ...(iso.boot?.problems ?? []), ...files.flatMap(({ path, problem }) => (problem === undefined ? [] : [`${path} cannot be read whole: ${problem}.`]))],
  }
}

/** Files without names: those that the configuration mentions. */
function rawVolume(bytes: Uint8Array, where: string): Volume {
  const { value: text, why } = attempt(() => readRawConfig(bytes, where))
  const structure = [region('file system', 'header of the boot volume', 0, SECTOR_BYTES, { role: 'raw-header' })]
  if (text === undefined) return { kind: 'Bootlab raw volume', fields: [], files: [], structure, problems: why === undefined ? [] : [why] }
  const names = attempt(() => parseBootConfig(text, where)).value?.entries.flatMap(({ kernel, modules }) => [kernel, ...modules.map(({ path }) => path)]) ?? []
  const problems: string[] = []
  const files: VolumeFile[] = []
  for (const path of new Set(names)) {
    const place = parseSectorName(path)
    if (place && place.sector * SECTOR_BYTES + place.bytes <= bytes.length) files.push({ path, directory: false, bytes: place.bytes, extents: [{ offset: place.sector * SECTOR_BYTES, bytes: place.bytes }] })
    else problems.push(place ? `The file ${path} reaches beyond the end of the volume.` : `The file ${path} has a name, and this volume has none.`)
  }
  structure.push(region('configuration', 'boot configuration', SECTOR_BYTES, Buffer.byteLength(text), { own: '' }))
  return { kind: 'Bootlab raw volume', fields: [], files, structure, configuration: { where: 'sector 1 of the volume', text }, problems }
}
