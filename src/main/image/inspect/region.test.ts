import { describe, expect, test } from 'vitest'
import { nest, pathTo, place, region, type Region } from './region'

/** Names with what is inside them. */
const shape = (regions: readonly Region[]): unknown => regions.map(({ name, start, end, children }) => [name, start, end, ...(children.length > 0 ? [shape(children)] : [])])

describe('nesting', () => {
  test('what lies inside becomes a child, the larger first', () =>
    expect(shape(nest([region('section', 'b', 10, 5), region('segment', 'a', 0, 20), region('symbol', 'c', 12, 2), region('section', 'd', 15, 5)], 100))).toEqual([['a', 0, 20, [['b', 10, 15, [['c', 12, 14]]], ['d', 15, 20]]]]))
  test('what reaches out is cut, and what is empty or outside goes', () =>
    expect(shape(nest([region('segment', 'a', 0, 20), region('section', 'b', 15, 50), region('section', 'c', 90, 50), region('file', 'd', 30, 0), region('file', 'e', 200, 5), region('file', 'f', -5, 9)], 100))).toEqual([['a', 0, 20, [['b', 15, 20]]], ['c', 90, 100]]))
  test('something more finds its place among what is nested already', () => {
    const volume = region('volume', 'v', 0, 100, { children: [region('file', 'early', 10, 40), region('file', 'late', 60, 20)] })
    expect(shape(nest([volume, region('boot code', 'stage 2', 20, 10), region('boot code', 'between', 52, 4)], 100))).toEqual([['v', 0, 100, [['early', 10, 50, [['stage 2', 20, 30]]], ['between', 52, 56], ['late', 60, 80]]]])
  })
})

test('a fragmented file keeps count of its own bytes and addresses', () => {
  const content = [region('section', 's', 10, 20, { address: 0x1000n })]
  const [first, second] = place([region('file', 'f', 0, 40, { children: content })], [{ offset: 100, bytes: 15 }, { offset: 500, bytes: 25 }])
  expect([first?.start, first?.end, first?.base, second?.start, second?.end, second?.base]).toEqual([100, 115, 0, 500, 525, 15])
  expect(first?.children[0]).toMatchObject({ start: 110, end: 115, base: 0, address: 0x1000n })
  expect(second?.children[0]).toMatchObject({ start: 500, end: 515, base: 5, address: 0x1005n })
  expect(pathTo([first, second].filter((each) => each !== undefined), 514).map(({ name }) => name)).toEqual(['f', 's'])
  expect(pathTo([first, second].filter((each) => each !== undefined), 300)).toEqual([])
})
