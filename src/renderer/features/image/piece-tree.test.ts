import { expect, test } from 'vitest'
import { FAKE_PIECES } from '../../testing/fake-images'
import { pathAt, pathTo, runsOf, treeOf } from './piece-tree'

const tree = treeOf([...FAKE_PIECES])
const names = (path: readonly { role: string; name: string }[]): string[] => path.map(({ role, name }) => `${role} ${name}`.trim())

test('what is one deeper lies inside', () => {
  expect(tree[0]).toMatchObject({ parent: undefined, children: [1, 2, 3, 7] })
  expect(tree[3]).toMatchObject({ parent: 0, children: [4, 6] })
  expect(names(pathTo(tree, 5))).toEqual(['disk', 'kernel /kernel', 'code .text', 'function main'])
})

test.each([
  [0, ['disk', 'stage1']],
  [439, ['disk', 'stage1']],
  [440, ['disk', 'unused']],
  [1024, ['disk', 'kernel /kernel', 'code .text', 'function main']],
  [1535, ['disk', 'kernel /kernel', 'code .text', 'function main']],
  [1536, ['disk', 'kernel /kernel', 'padding']],
  [4095, ['disk', 'unused']],
  [4096, []],
])('the byte at %i', (offset, path) => expect(names(pathAt(tree, offset))).toEqual(path))

test('a row of bytes is divided among those that it belongs to', () => {
  expect(runsOf(tree, 432, 448).map(({ from, to, piece }) => [from, to, piece.role])).toEqual([
    [432, 440, 'stage1'],
    [440, 448, 'unused'],
  ])
  expect(runsOf(tree, 1016, 1552).map(({ from, to, piece }) => [from, to, piece.role])).toEqual([
    [1016, 1024, 'unused'],
    [1024, 1536, 'function'],
    [1536, 1552, 'padding'],
  ])
})

test('bytes before the first piece inside another one are its own', () => {
  const sparse = treeOf([
    { depth: 0, role: 'code', name: '.text', offset: 0, bytes: 64, base: 0, facts: [], remarks: [] },
    { depth: 1, role: 'function', name: 'f', offset: 16, bytes: 8, base: 0, facts: [], remarks: [] },
  ])
  expect(runsOf(sparse, 0, 64).map(({ from, to, piece }) => [from, to, piece.role])).toEqual([
    [0, 16, 'code'],
    [16, 24, 'function'],
    [24, 64, 'code'],
  ])
})

test('a piece has the same key in the next build, wherever it lies then', () => {
  const moved = treeOf(FAKE_PIECES.map((piece) => ({ ...piece, offset: piece.offset + 512 })))
  expect(moved.map(({ key }) => key)).toEqual(tree.map(({ key }) => key))
  expect(tree[5]?.key).not.toBe(tree[4]?.key)
})
