/** An image as the explorer shows it: every piece, what lies between them, and ways from bytes to names and back. */
import { posix } from 'node:path'
import type { ImageMapFacts, ImageOrigin, ImagePlace, ImageThing, MappedPiece, Piece, PieceRole } from '../../../shared/image-explorer'
import { looksLikeElf } from '../elf'
import { hex, ImageError } from '../errors'
import { checkInputSize } from '../input'
import { looksLikeIso } from '../iso-read'
import { SECTOR_BYTES } from '../layout'
import { openContainer } from './container'
import { looksLikeDisk, readDisk } from './disk'
import { partitioning } from './disk-facts'
import { diskRegions } from './disk-regions'
import { factList } from './facts'
import { addressIn, sourcesOf } from './map'
import { looksLikePe } from './pe'
import { programRegions } from './program-regions'
import { nest, pathTo, region, type Region, type Told } from './region'
import { attempt } from './why-not'

/** More than a person looks through; what a window can still show at once. */
const MOST_PIECES = 12_000
/** As many places as anybody steps through. */
const MOST_PLACES = 64

/** Roles of regions whose kind says what they are for. */
const ROLE_OF_KIND: Readonly<Record<Region['kind'], PieceRole>> = {
  table: 'partition-table', 'boot code': 'boot-code', 'boot sector': 'fat-boot-sector', partition: 'partition', volume: 'fat-volume', 'file system': 'fat-reserved', directory: 'directory',
  file: 'file', header: 'elf-header', segment: 'segment', section: 'section', symbol: 'label', configuration: 'boot-configuration', gap: 'unused',
}
/** What is called by a name of its own; of all others the role says what they are. */
const NAMED: ReadonlySet<PieceRole> = new Set<PieceRole>(['directory', 'file', 'kernel', 'module', 'uefi-program', 'boot-configuration', 'segment', 'code', 'constants', 'data', 'debug', 'symbol-table', 'section', 'function', 'variable', 'label'])
/** What is told of bytes between the regions inside another one; programs have none. */
const GAPS: Partial<Record<Region['kind'], PieceRole>> = { partition: 'unused', volume: 'free', file: 'padding' }
/** Kinds that are left out first where there are too many pieces. */
const DISPENSABLE: readonly ReadonlySet<Region['kind']>[] = [new Set(['symbol']), new Set(['section', 'segment', 'header'])]

interface Whole extends Told {
  role: PieceRole
  regions: Region[]
}

export class ExploredImage {
  /** What is inside a virtual disk or packed file; absent where the file's bytes are the image's own. */
  readonly content: Uint8Array | undefined
  readonly bytes: number
  readonly #whole: Region
  readonly #bytes: Uint8Array

  /**
   * @param file all of it, or the first bytes of one that is too large to be read
   * @param bytes length of the whole file
   * @throws ImageError when it is empty
   */
  constructor(file: Uint8Array, where: string, bytes = file.length) {
    checkInputSize(file.length, where)
    const { bytes: inside, container } = bytes === file.length ? openContainer(file, where) : { bytes: file }
    this.content = container?.opened === true ? inside : undefined
    this.bytes = this.content?.length ?? bytes
    this.#bytes = inside
    const { regions, remarks = [], ...whole } = takeApart(inside, where, this.bytes)
    const facts = [...(whole.facts ?? []), ...factList({ container: container?.kind, sectors: whole.role === 'disk' ? this.bytes / SECTOR_BYTES : undefined })]
    this.#whole = region('gap', '', 0, this.bytes, { ...whole, facts, remarks: [...remarks, ...(container?.why === undefined ? [] : [container.why]), ...partly(inside.length, this.bytes)], children: this.#withGaps(regions, 0, this.bytes, 'unused') })
  }

  pieces(): Pick<ImageMapFacts, 'bytes' | 'pieces' | 'leftOut'> {
    const count = (each: Region, without: ReadonlySet<string>): number => (without.has(each.kind) && each !== this.#whole ? 0 : 1 + each.children.reduce((sum, child) => sum + count(child, without), 0))
    const all = count(this.#whole, new Set())
    let without = new Set<Region['kind']>()
    for (const more of DISPENSABLE) {
      if (count(this.#whole, without) <= MOST_PIECES) break
      without = new Set([...without, ...more])
    }
    const pieces: MappedPiece[] = []
    const add = (each: Region, depth: number): void => {
      if (pieces.length >= MOST_PIECES) return
      pieces.push({ ...piece(each), depth })
      for (const child of each.children) if (!without.has(child.kind)) add(child, depth + 1)
    }
    add(this.#whole, 0)
    return { bytes: this.bytes, pieces, leftOut: all - pieces.length }
  }

  /** @throws ImageError when the image ends before the offset */
  at(offset: number, where: string): ImageOrigin {
    const path = pathTo([this.#whole], offset)
    const last = path.at(-1)
    if (!last) throw new ImageError({ what: `There is no byte at ${hex(offset)}: the image has ${this.bytes} bytes.`, where, why: 'Offsets count from the start of the image.', next: 'Give a smaller offset.' })
    const address = addressIn(path, offset)
    return {
      offset,
      chain: path.map((each) => {
        const { facts: _facts, remarks: _remarks, ...place } = piece(each)
        return place
      }),
      ...(address !== undefined && { address: hex(address) }),
      ...sourceOfByte(path, last, address),
    }
  }

  /** Lowest first; none when it is not there. */
  find(thing: ImageThing): ImagePlace[] {
    const found = 'symbol' in thing ? this.#symbols(thing.symbol) : 'path' in thing ? this.#files(thing.path) : this.#lines(thing.file, thing.line)
    const places = new Map(found.map((place) => [place.offset, place]))
    return [...places.values()].toSorted((a, b) => a.offset - b.offset).slice(0, MOST_PLACES)
  }

  #symbols(name: string): ImagePlace[] {
    return this.#every(({ kind, name: names, base }) => kind === 'symbol' && base === 0 && names.split(', ').includes(name)).map(place)
  }

  #files(path: string): ImagePlace[] {
    const wanted = path.toLowerCase()
    const files = this.#every(({ kind, base }) => (kind === 'file' || kind === 'directory') && base === 0)
    const exact = files.filter(({ name }) => name.toLowerCase() === wanted)
    return (exact.length > 0 ? exact : files.filter(({ name }) => name.toLowerCase().endsWith(`/${wanted}`))).map(place)
  }

  /** What is declared in the line, and code of it; of a line without either, the next one that has code. */
  #lines(file: string, line: number): ImagePlace[] {
    const isFile = (known: string): boolean => sameFile(known, file)
    const declared = this.#every(({ kind, sources, address, base }) => kind === 'symbol' && base === 0 && address !== undefined && sources?.declaredAt(address)?.line === line && isFile(sources.declaredAt(address)?.file ?? ''))
    if (declared.length > 0) return declared.map((each) => ({ ...place(each), line }))
    return [...new Set(this.#every(() => true).flatMap(({ sources }) => sources ?? []))].flatMap((sources) => {
      const found = sources.lineWithCode(isFile, line)
      const holders = found === undefined ? [] : this.#every((each) => each.sources === sources && each.kind === 'segment')
      return found === undefined
        ? []
        : sources.addressesOf(isFile, found).flatMap((address) =>
            holders.flatMap(({ address: start = 0n, start: at, end }) => {
              const offset = at + Number(address - start)
              return address >= start && offset < end ? [{ offset, bytes: 1, line: found }] : []
            }),
          )
    })
  }

  #every(is: (each: Region) => boolean): Region[] {
    const found: Region[] = []
    const visit = (each: Region): void => {
      if (is(each)) found.push(each)
      each.children.forEach(visit)
    }
    visit(this.#whole)
    return found
  }

  /** Regions in order, with what lies between them; inside each of them, too, where its kind leaves gaps. */
  #withGaps(regions: readonly Region[], start: number, end: number, role: PieceRole): Region[] {
    const all: Region[] = []
    let at = start
    for (const each of regions) {
      if (each.start > at) all.push(this.#gap(at, each.start, role))
      const inside = GAPS[each.kind]
      all.push(inside !== undefined && each.children.length > 0 ? { ...each, children: this.#withGaps(each.children, each.start, each.end, inside) } : each)
      at = each.end
    }
    if (end > at) all.push(this.#gap(at, end, role))
    return all
  }

  #gap(start: number, end: number, role: PieceRole): Region {
    const known = this.#bytes.subarray(start, end)
    const facts = known.length === end - start ? factList({ 'non-zero-bytes': nonZero(known) }) : []
    return region('gap', '', start, end - start, { role, facts })
  }
}

function takeApart(bytes: Uint8Array, where: string, length: number): Whole {
  if (looksLikeElf(bytes) || looksLikePe(bytes)) return { role: 'program', regions: programRegions(bytes, where) }
  if (!looksLikeDisk(bytes)) return { role: 'bytes', regions: [] }
  const role = looksLikeIso(bytes) ? 'cd' : 'disk'
  const { value: disk, why } = attempt(() => readDisk(bytes, where, length))
  // Of a file that is cut short, a volume may be damaged beyond reading.
  if (!disk) return { role, regions: [], remarks: why === undefined ? [] : [why] }
  return { role, regions: nest(diskRegions(disk, where), length), facts: factList({ partitioning: partitioning(disk) }), remarks: disk.remarks }
}

function partly(known: number, bytes: number): string[] {
  return known === bytes ? [] : [`The image has ${Math.ceil(bytes / (1 << 20))} MiB: only what lies in the first ${known >> 20} MiB was taken apart.`]
}

function piece({ kind, role = ROLE_OF_KIND[kind], own, name, start, end, base, address, facts = [], remarks = [] }: Region): Piece {
  return { role, name: own ?? (NAMED.has(role) ? name : ''), offset: start, bytes: end - start, base, ...(address !== undefined && { address: hex(address) }), facts, remarks: [...remarks] }
}

const place = ({ start, end }: Region): ImagePlace => ({ offset: start, bytes: end - start })

function sourceOfByte(path: readonly Region[], last: Region, address: bigint | undefined): Pick<ImageOrigin, 'source'> {
  const sources = sourcesOf(path)
  if (!sources || address === undefined) return {}
  const code = sources.lineAt(address)
  if (code) return { source: { ...code, declared: false } }
  const declared = last.kind === 'symbol' && last.address !== undefined ? sources.declaredAt(last.address - BigInt(last.base)) : undefined
  return declared ? { source: { ...declared, declared: true } } : {}
}

/** Whether a path of the debug information is the one that a person names, by its end at least. */
function sameFile(known: string, wanted: string): boolean {
  const [one, other] = [known, wanted].map((path) => posix.normalize(path.replaceAll('\\', '/')))
  return one !== undefined && other !== undefined && (one === other || one.endsWith(`/${other}`) || other.endsWith(`/${one}`))
}

function nonZero(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if (byte !== 0) count++
  return count
}
