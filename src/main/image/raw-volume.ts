/**
 * A boot volume without a file system: the boot configuration, then files at sectors that it names. The loader reads it in
 * resources/loader/volume.c.
 */
import { ByteReader } from './byte-reader'
import { ImageError } from './errors'
import { CONFIG_LIMITS, MAGIC, RAW_VOLUME, SECTOR_BYTES } from './layout'

/** The configuration begins here, behind the header's sector. */
const CONFIG_SECTOR = 1

export function sectorsOf(bytes: number): number {
  return Math.ceil(bytes / SECTOR_BYTES)
}

/** How the configuration names a file of a volume without names. */
export function sectorName(sector: number, bytes: number): string {
  return `@${sector}+${bytes}`
}

/** @returns undefined when it names a file by path */
export function parseSectorName(name: string): { sector: number; bytes: number } | undefined {
  const match = /^@([0-9]{1,10})\+([0-9]{1,10})$/.exec(name)
  return match ? { sector: Number(match[1]), bytes: Number(match[2]) } : undefined
}

/**
 * Places files one after the other.
 * @param format makes the configuration from their names, of which it contains all; its length may depend on them
 * @returns the text, and each file's first sector
 */
export function placeRawFiles(lengths: readonly number[], format: (names: readonly string[]) => string): { text: Uint8Array; sectors: number[] } {
  // Names grow with the sectors that they name, so the text's own length is found in a few steps.
  let configSectors = 1
  for (;;) {
    let next = CONFIG_SECTOR + configSectors
    const sectors = lengths.map((length) => (next += sectorsOf(length)) - sectorsOf(length))
    const text = new TextEncoder().encode(format(sectors.map((sector, index) => sectorName(sector, lengths[index] ?? 0))))
    if (sectorsOf(text.length) <= configSectors) return { text, sectors }
    configSectors = sectorsOf(text.length)
  }
}

/** Writes header and configuration; the files are the caller's. */
export function writeRawHeader(volume: Uint8Array, text: Uint8Array): void {
  const view = new DataView(volume.buffer, volume.byteOffset)
  view.setUint32(RAW_VOLUME.RAW_MAGIC, MAGIC.RAW_VOLUME_MAGIC, true)
  view.setUint32(RAW_VOLUME.RAW_VERSION, MAGIC.RAW_VOLUME_VERSION, true)
  view.setUint32(RAW_VOLUME.RAW_CONFIG_BYTES, text.length, true)
  volume.set(text, CONFIG_SECTOR * SECTOR_BYTES)
  view.setUint32(RAW_VOLUME.RAW_CHECKSUM, 0, true)
  view.setUint32(RAW_VOLUME.RAW_CHECKSUM, -sumOf(volume, text.length) >>> 0, true)
}

/** The sum of all u32 words of header and configuration, modulo 2^32. */
function sumOf(volume: Uint8Array, configBytes: number): number {
  const view = new DataView(volume.buffer, volume.byteOffset)
  let sum = 0
  for (let at = 0; at < (CONFIG_SECTOR + sectorsOf(configBytes)) * SECTOR_BYTES; at += 4) sum = (sum + view.getUint32(at, true)) >>> 0
  return sum
}

export function looksLikeRawVolume(volume: Uint8Array): boolean {
  return volume.length >= SECTOR_BYTES && new DataView(volume.buffer, volume.byteOffset).getUint32(RAW_VOLUME.RAW_MAGIC, true) === MAGIC.RAW_VOLUME_MAGIC
}

/**
 * The configuration of a volume without a file system.
 * @throws ImageError when it is damaged
 */
export function readRawConfig(volume: Uint8Array, where: string): string {
  const reader = new ByteReader(volume, where)
  const version = reader.u32(RAW_VOLUME.RAW_VERSION, 'the boot volume’s header')
  const bytes = reader.u32(RAW_VOLUME.RAW_CONFIG_BYTES, 'the boot volume’s header')
  if (version !== MAGIC.RAW_VOLUME_VERSION || bytes > CONFIG_LIMITS.CONFIG_MAX_BYTES) throw damaged(where)
  reader.require(0, (CONFIG_SECTOR + sectorsOf(bytes)) * SECTOR_BYTES, 'the boot configuration')
  if (sumOf(volume, bytes) !== 0) throw damaged(where)
  return new TextDecoder().decode(volume.subarray(CONFIG_SECTOR * SECTOR_BYTES, CONFIG_SECTOR * SECTOR_BYTES + bytes))
}

/**
 * A file of such a volume.
 * @throws ImageError when it does not lie in it
 */
export function readRawFile(volume: Uint8Array, name: string, where: string): Uint8Array {
  const place = parseSectorName(name)
  if (place === undefined)
    throw new ImageError({
      what: `The boot configuration names the file ${JSON.stringify(name)}.`,
      where,
      why: 'The boot volume has no file system, so its files have sectors (`@16+12345`) in place of names.',
      next: 'Build the image again.',
    })
  new ByteReader(volume, where).require(place.sector * SECTOR_BYTES, place.bytes, `the file ${name}`)
  return volume.slice(place.sector * SECTOR_BYTES, place.sector * SECTOR_BYTES + place.bytes)
}

function damaged(where: string): ImageError {
  return new ImageError({
    what: 'The boot volume’s header is damaged, or of another version of Bootlab.',
    where,
    why: 'It says what lies where on the disk.',
    next: 'Build the image again.',
  })
}
