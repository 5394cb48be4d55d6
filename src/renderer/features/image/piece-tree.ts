/** The pieces of an image as a tree, and which of them holds a byte. */
import type { ImageMapFacts, MappedPiece, PieceRole } from '../../../shared/image-explorer'

export interface TreePiece extends MappedPiece {
  /** Its place in the list of all. */
  index: number
  /** Names it and what it lies in: the same piece of the next build has the same one. */
  key: string
  parent: number | undefined
  children: readonly number[]
}

export type PieceTree = readonly TreePiece[]

/** @param pieces each followed by those inside it, one deeper */
export function treeOf(pieces: ImageMapFacts['pieces']): PieceTree {
  const children = pieces.map((): number[] => [])
  const open: number[] = []
  const parents = pieces.map(({ depth }, index) => {
    open.length = Math.min(open.length, depth)
    const parent = open.at(-1)
    if (parent !== undefined) children[parent]?.push(index)
    open.push(index)
    return parent
  })
  const keys: string[] = []
  for (const [index, { role, name }] of pieces.entries()) {
    const parent = parents[index]
    keys.push(`${parent === undefined ? '' : (keys[parent] ?? '')}/${role} ${name}`)
  }
  return pieces.map((piece, index) => ({ ...piece, index, key: keys[index] ?? '', parent: parents[index], children: children[index] ?? [] }))
}

/** From the outermost to the innermost piece that holds a byte. */
export function pathAt(tree: PieceTree, offset: number): TreePiece[] {
  const path: TreePiece[] = []
  let inside: readonly number[] = [0]
  for (;;) {
    const found = holder(tree, inside, offset)
    if (!found) return path
    path.push(found)
    inside = found.children
  }
}

/** Of pieces in order, the one that holds a byte. */
function holder(tree: PieceTree, among: readonly number[], offset: number): TreePiece | undefined {
  let low = 0
  let high = among.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tree[among[middle] ?? 0]?.offset ?? 0) > offset) high = middle
    else low = middle + 1
  }
  const found = tree[among[low - 1] ?? -1]
  return found && offset < found.offset + found.bytes ? found : undefined
}

/** The piece and those around it, the outermost first. */
export function pathTo(tree: PieceTree, index: number): TreePiece[] {
  const piece = tree[index]
  if (!piece) return []
  return [...(piece.parent === undefined ? [] : pathTo(tree, piece.parent)), piece]
}

export interface Run {
  from: number
  to: number
  piece: TreePiece
}

/** Who the bytes of a range belong to, innermost piece by innermost piece. */
export function runsOf(tree: PieceTree, from: number, to: number): Run[] {
  const runs: Run[] = []
  for (let at = from; at < to; ) {
    const piece = pathAt(tree, at).at(-1)
    if (!piece) return runs
    const next = piece.children.map((child) => tree[child]?.offset ?? 0).find((offset) => offset > at)
    const end = Math.min(to, next ?? piece.offset + piece.bytes, piece.offset + piece.bytes)
    runs.push({ from: at, to: end, piece })
    at = end
  }
  return runs
}

/** Pieces that are drawn alike. */
export type Family = 'table' | 'boot' | 'partition' | 'volume' | 'file' | 'program' | 'code' | 'data' | 'names' | 'gap'

const FAMILIES: Readonly<Record<PieceRole, Family>> = {
  disk: 'partition', cd: 'partition', program: 'program', bytes: 'gap',
  stage1: 'boot', stage2: 'boot', 'boot-code': 'boot', 'stage2-pointer': 'table', 'partition-table': 'table', 'boot-signature': 'table', 'gpt-header': 'table', 'gpt-entries': 'table',
  partition: 'partition', 'fat-volume': 'volume', 'iso-volume': 'volume', 'raw-volume': 'volume', 'fat-boot-sector': 'boot', 'fat-reserved': 'volume', 'fat-table': 'volume',
  'iso-descriptors': 'volume', 'boot-catalogue': 'table', 'raw-header': 'volume', directory: 'volume', file: 'file', kernel: 'program', module: 'file', 'uefi-program': 'boot', 'boot-configuration': 'file',
  'elf-header': 'table', 'program-headers': 'table', 'section-headers': 'table', 'pe-headers': 'table', segment: 'program', code: 'code', constants: 'data', data: 'data', debug: 'names', 'symbol-table': 'names',
  section: 'names', function: 'code', variable: 'data', label: 'names', unused: 'gap', free: 'gap', padding: 'gap',
}

export const familyOf = (role: PieceRole): Family => FAMILIES[role]
