/** What each byte of a file is, and where it comes from. */
import type { FileMap, Origin, RegionFacts } from '../../../shared/inspection'
import type { SourceMap } from '../dwarf'
import { looksLikeElf } from '../elf'
import { hex, ImageError } from '../errors'
import { checkInputSize } from '../input'
import { openContainer } from './container'
import { looksLikeDisk, readDisk } from './disk'
import { diskRegions } from './disk-regions'
import { programRegions } from './program-regions'
import { looksLikePe } from './pe'
import { pathTo, type Region } from './region'

/**
 * All regions of a disk, a virtual disk's content, an ELF or a PE file.
 * @throws ImageError when the file is empty or too large
 */
export function mapFile(file: Uint8Array, where = 'file'): FileMap {
  const { bytes, regions } = regionsOf(file, where)
  return { version: 1, bytes: bytes.length, regions: flatten(regions, 0) }
}

/**
 * Where one byte comes from.
 * @throws ImageError when the file is empty or too large, or ends before the offset
 */
export function originOf(file: Uint8Array, offset: number, where = 'file'): Origin {
  const { bytes, regions } = regionsOf(file, where)
  if (!(offset >= 0 && offset < bytes.length))
    throw new ImageError({ what: `There is no byte at ${hex(offset)}: the last one is at ${hex(bytes.length - 1)}.`, where, why: 'Offsets count from the start of the file, or of what is inside a virtual disk.', next: 'Give a smaller offset.' })
  const path = pathTo(regions, offset)
  const address = addressIn(path, offset)
  const source = address === undefined ? undefined : sourcesOf(path)?.lineAt(address)
  return { version: 1, offset, chain: path.map(facts), ...(address !== undefined && { address: hex(address) }), ...(source && { source }) }
}

/** Run address of a byte, when one of the regions that hold it has one. */
export function addressIn(path: readonly Region[], offset: number): bigint | undefined {
  const place = path.findLast(({ address }) => address !== undefined)
  return place?.address === undefined ? undefined : place.address + BigInt(offset - place.start)
}

export function sourcesOf(path: readonly Region[]): SourceMap | undefined {
  return path.findLast(({ sources }) => sources !== undefined)?.sources
}

function regionsOf(file: Uint8Array, where: string): { bytes: Uint8Array; regions: Region[] } {
  checkInputSize(file.length, where)
  const { bytes } = openContainer(file, where)
  if (looksLikeElf(bytes) || looksLikePe(bytes)) return { bytes, regions: programRegions(bytes, where) }
  return { bytes, regions: looksLikeDisk(bytes) ? diskRegions(readDisk(bytes, where), where) : [] }
}

function facts({ kind, name, start, end, base, detail, address }: Region): RegionFacts {
  return { kind, name, offset: start, bytes: end - start, base, ...(detail !== undefined && { detail }), ...(address !== undefined && { address: hex(address) }) }
}

function flatten(regions: readonly Region[], depth: number): FileMap['regions'] {
  return regions.flatMap((each) => [{ ...facts(each), depth }, ...flatten(each.children, depth + 1)])
}
