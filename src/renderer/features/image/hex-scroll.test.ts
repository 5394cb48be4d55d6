import { expect, test } from 'vitest'
import { firstRow, heightOf, scrollOf } from './hex-scroll'

test.each([1, 30, 262_144, 2 ** 28])('of %i rows each can be the first one, up to the last screenful', (rows) => {
  const scrolled = { rows, visible: Math.min(20, rows), rowHeight: 20 }
  expect(heightOf(rows, 20)).toBeLessThanOrEqual(8_000_000)
  const last = rows - scrolled.visible
  expect(firstRow(0, scrolled)).toBe(0)
  expect(firstRow(heightOf(rows, 20) - scrolled.visible * 20, scrolled)).toBe(last)
  for (const row of [0, Math.floor(last / 3), last]) {
    // What a browser rounds to whole pixels is worth rows when there are very many.
    const rowsPerPixel = Math.max(1, rows / heightOf(rows, 20))
    expect(Math.abs(firstRow(Math.round(scrollOf(row, scrolled)), scrolled) - row)).toBeLessThanOrEqual(rowsPerPixel)
  }
})

test('where all rows fit nothing scrolls', () => expect(firstRow(50, { rows: 3, visible: 10, rowHeight: 20 })).toBe(0))
