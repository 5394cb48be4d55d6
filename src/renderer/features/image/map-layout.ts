/** Where each piece is drawn on the map: one row a level, every piece under the one that it lies in, and none too small to be seen. */
import { familyOf, type PieceTree, type TreePiece } from './piece-tree'

export interface Cell {
  /** The piece, or the first of several that have no room of their own. */
  index: number
  /** How many pieces it stands for. */
  count: number
  row: number
  x: number
  width: number
}

/** Pixels below which a piece is no more than a line. */
const LEAST_WIDTH = 5
/** Sizes differ by a factor of a million: in proportion, a boot sector would be a thousandth of a pixel. */
const SIZE_POWER = 0.3
/** What is not used is as small as it can be. */
const GAP_POWER = 0.12
/** What has much inside gets more room than its size asks for, within limits. */
const INSIDE_SHARE = 0.6
const MOST_GROWTH = 4

/** @param root the piece that fills the first row */
export function layoutMap(tree: PieceTree, root: number, width: number, rows: number): Cell[] {
  const cells: Cell[] = []
  const weights = new Map<number, number>()

  function weight(piece: TreePiece): number {
    const known = weights.get(piece.index)
    if (known !== undefined) return known
    const own = Math.max(1, piece.bytes) ** (familyOf(piece.role) === 'gap' ? GAP_POWER : SIZE_POWER)
    const inside = INSIDE_SHARE * sum(piece.children.flatMap((child) => tree[child] ?? []).map(weight))
    const found = Math.min(Math.max(own, inside), own * MOST_GROWTH)
    weights.set(piece.index, found)
    return found
  }

  function draw(piece: TreePiece, x: number, wide: number, row: number): void {
    cells.push({ index: piece.index, count: 1, row, x, width: wide })
    if (row + 1 >= rows) return
    const children = piece.children.flatMap((child) => tree[child] ?? [])
    const room = Math.floor(wide / LEAST_WIDTH)
    if (children.length === 0 || room === 0) return
    if (children.length > room) return drawMerged(children, room, x, wide, row + 1)
    let at = x
    for (const [index, share] of shares(children.map(weight), wide).entries()) {
      const child = children[index]
      if (child) draw(child, at, share, row + 1)
      at += share
    }
  }

  function drawMerged(children: readonly TreePiece[], room: number, x: number, wide: number, row: number): void {
    for (let slot = 0; slot < room; slot++) {
      const from = Math.floor((slot * children.length) / room)
      const to = Math.floor(((slot + 1) * children.length) / room)
      const first = children[from]
      if (first) cells.push({ index: first.index, count: to - from, row, x: x + (slot * wide) / room, width: wide / room })
    }
  }

  const first = tree[root]
  if (first && width > 0) draw(first, 0, width, 0)
  return cells
}

/** Divides a width by weight; none gets less than the least. There is room for all of them. */
function shares(weights: readonly number[], width: number): number[] {
  const small = new Set<number>()
  for (;;) {
    const rest = width - small.size * LEAST_WIDTH
    const total = sum(weights.filter((_, index) => !small.has(index)))
    const more = weights.flatMap((weight, index) => (!small.has(index) && (rest * weight) / total < LEAST_WIDTH ? [index] : []))
    if (more.length === 0 || small.size + more.length === weights.length) return weights.map((weight, index) => (small.has(index) ? LEAST_WIDTH : (rest * weight) / total))
    for (const index of more) small.add(index)
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
