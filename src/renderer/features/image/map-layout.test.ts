import { expect, test } from 'vitest'
import type { MappedPiece } from '../../../shared/image-explorer'
import { FAKE_PIECES } from '../../testing/fake-images'
import { layoutMap, type Cell } from './map-layout'
import { treeOf } from './piece-tree'

const WIDTH = 600
const piece = (depth: number, role: MappedPiece['role'], offset: number, bytes: number): MappedPiece => ({ depth, role, name: '', offset, bytes, base: 0, facts: [], remarks: [] })

/** Cells of a row lie side by side, each under its parent, and none is too small. */
function expectSound(cells: readonly Cell[], tree: ReturnType<typeof treeOf>): void {
  const byIndex = new Map(cells.map((cell) => [cell.index, cell]))
  expect(byIndex.size).toBe(cells.length)
  for (const cell of cells) {
    expect(cell.width).toBeGreaterThanOrEqual(4.99)
    const parent = byIndex.get(tree[cell.index]?.parent ?? -1)
    if (!parent) continue
    expect(cell.row).toBe(parent.row + 1)
    expect(cell.x).toBeGreaterThanOrEqual(parent.x - 0.01)
    expect(cell.x + cell.width).toBeLessThanOrEqual(parent.x + parent.width + 0.01)
  }
  for (const row of new Set(cells.map((cell) => cell.row))) {
    const line = cells.filter((cell) => cell.row === row).toSorted((a, b) => a.x - b.x)
    for (const [index, cell] of line.entries()) expect(cell.x).toBeGreaterThanOrEqual((line[index - 1]?.x ?? 0) + (line[index - 1]?.width ?? 0) - 0.01)
  }
}

test('each row fills what it lies under', () => {
  const tree = treeOf([...FAKE_PIECES])
  const cells = layoutMap(tree, 0, WIDTH, 6)
  expectSound(cells, tree)
  expect(cells).toHaveLength(FAKE_PIECES.length)
  const second = cells.filter(({ row }) => row === 1)
  expect(second.reduce((sum, { width }) => sum + width, 0)).toBeCloseTo(WIDTH)
})

test('two bytes beside a gigabyte are seen', () => {
  const tree = treeOf([piece(0, 'disk', 0, 2 ** 30), piece(1, 'boot-signature', 0, 2), piece(1, 'partition', 2, 2 ** 30 - 2)])
  const cells = layoutMap(tree, 0, WIDTH, 6)
  expectSound(cells, tree)
  expect(cells.find(({ index }) => index === 2)?.width).toBeGreaterThan(cells.find(({ index }) => index === 1)?.width ?? WIDTH)
})

test('what is not used takes less room than what is', () => {
  const tree = treeOf([piece(0, 'disk', 0, 2e6), piece(1, 'unused', 0, 1e6), piece(1, 'stage2', 1e6, 1e6)])
  const [, unused, used] = layoutMap(tree, 0, WIDTH, 6)
  expect((used?.width ?? 0) / (unused?.width ?? 1)).toBeGreaterThan(3)
})

test('more pieces than there is room for are drawn together, and every one is in exactly one cell', () => {
  const count = 1000
  const tree = treeOf([piece(0, 'code', 0, count * 16), ...Array.from({ length: count }, (_, index) => piece(1, 'function', index * 16, 16))])
  const cells = layoutMap(tree, 0, WIDTH, 6).filter(({ row }) => row === 1)
  expect(cells).toHaveLength(120)
  expectSound(cells, tree)
  expect(cells.reduce((sum, cell) => sum + cell.count, 0)).toBe(count)
  expect(cells.map(({ index }) => index)).toEqual(cells.map(({ index }) => index).toSorted((a, b) => a - b))
})

test('zoomed in, the chosen piece is the first row; without room there is nothing', () => {
  const tree = treeOf([...FAKE_PIECES])
  expect(layoutMap(tree, 3, WIDTH, 6).map(({ index, row }) => [index, row])).toEqual([[3, 0], [4, 1], [5, 2], [6, 1]])
  expect(layoutMap(tree, 0, WIDTH, 1)).toHaveLength(1)
  expect(layoutMap(tree, 0, 0, 6)).toEqual([])
})
