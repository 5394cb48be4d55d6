/** What the bytes of a file are, as a tree: each region lies inside its parent, and neighbours do not overlap. */
import type { Piece, PieceRole } from '../../../shared/image-explorer'
import type { SourceMap } from '../dwarf'

/** What is told about a thing beside its place. */
export interface Told {
  /** What it is for; absent where its kind says so. */
  role?: PieceRole | undefined
  /** The name that it has itself, where the region's says what it is, too. */
  own?: string | undefined
  facts?: Piece['facts'] | undefined
  /** What is wrong with it. */
  remarks?: readonly string[] | undefined
}

export interface Region extends Told {
  /** First byte, and the first one behind. */
  start: number
  end: number
  /** How far into the thing its first byte is: not 0 in the later pieces of a fragmented file. */
  base: number
  kind: 'table' | 'boot code' | 'boot sector' | 'partition' | 'volume' | 'file system' | 'directory' | 'file' | 'header' | 'segment' | 'section' | 'symbol' | 'configuration' | 'gap'
  name: string
  detail?: string | undefined
  /** Run address of the first byte. */
  address?: bigint | undefined
  /** Where code in it comes from. */
  sources?: SourceMap | undefined
  children: Region[]
}

/** A region whose things begin with it. */
export function region(kind: Region['kind'], name: string, start: number, bytes: number, more: Pick<Region, 'detail' | 'address' | 'sources' | keyof Told> & { children?: Region[] } = {}): Region {
  return { kind, name, start, end: start + bytes, base: 0, ...more, children: more.children ?? [] }
}

/**
 * Puts regions into a tree: what lies inside another one becomes its child. What reaches beyond its parent, the end, or into a neighbour
 * is cut; empty ones go.
 */
export function nest(regions: readonly Region[], end: number): Region[] {
  const roots: Region[] = []
  const open: Region[] = []
  // What has regions inside already is taken apart: something else may lie among or in them.
  const sorted = flat(regions)
    .filter((each) => each.start >= 0 && each.end > each.start && each.start < end)
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
  for (const each of sorted) {
    while (open.length > 0 && (open.at(-1)?.end ?? 0) <= each.start) open.pop()
    const parent = open.at(-1)
    const cut = { ...each, children: [], end: Math.min(each.end, parent?.end ?? end) }
    ;(parent?.children ?? roots).push(cut)
    open.push(cut)
  }
  return roots
}

function flat(regions: readonly Region[]): Region[] {
  return regions.flatMap((each) => [each, ...flat(each.children)])
}

/** The regions of a file's content, where the file's pieces lie. */
export function place(regions: readonly Region[], extents: readonly { offset: number; bytes: number }[]): Region[] {
  const placed: Region[] = []
  let from = 0
  for (const { offset, bytes } of extents) {
    placed.push(...shift(regions, from, from + bytes, offset - from))
    from += bytes
  }
  return placed
}

function shift(regions: readonly Region[], from: number, to: number, by: number): Region[] {
  return regions
    .filter(({ start, end }) => start < to && end > from)
    .map((each) => {
      const skipped = Math.max(0, from - each.start)
      return {
        ...each,
        start: each.start + skipped + by,
        end: Math.min(each.end, to) + by,
        base: each.base + skipped,
        ...(each.address !== undefined && { address: each.address + BigInt(skipped) }),
        children: shift(each.children, from, to, by),
      }
    })
}

/** The regions that hold a byte, the outermost first. */
export function pathTo(regions: readonly Region[], offset: number): Region[] {
  const found = regions.find(({ start, end }) => offset >= start && offset < end)
  return found ? [found, ...pathTo(found.children, offset)] : []
}
