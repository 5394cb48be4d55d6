import { expect, test } from 'vitest'
import { cellAt, everything, lineAt, moved, selectedRows, selectedText, wordAt, type Selection } from './text-selection'

const LINES = ['Kernel at 0x1000: ok', 'page fault', '']
const COLUMNS = 24
const grid = { columns: COLUMNS, rows: LINES.length, cells: LINES.flatMap((line) => Array.from(line.padEnd(COLUMNS), (character) => character.charCodeAt(0) | 0x0700)) }
const selection = (row: number, column: number, toRow: number, toColumn: number): Selection => ({ anchor: { row, column }, focus: { row: toRow, column: toColumn } })

test('text is taken in reading order, without the blanks at the ends of rows', () => {
  expect(selectedText(grid, selection(0, 10, 1, 3))).toBe('0x1000: ok\npage')
  expect(selectedText(grid, selection(1, 3, 0, 10))).toBe('0x1000: ok\npage')
  expect(selectedText(grid, everything(grid))).toBe(LINES.join('\n'))
  expect(selectedText(grid, lineAt(grid, { row: 1, column: 7 }))).toBe('page fault')
  expect(selectedRows(grid, selection(0, 10, 2, 2))).toEqual([
    { row: 0, from: 10, to: 23 },
    { row: 1, from: 0, to: 23 },
    { row: 2, from: 0, to: 2 },
  ])
})

test('a word is what has no blank in it', () => {
  expect(selectedText(grid, wordAt(grid, { row: 0, column: 12 }))).toBe('0x1000:')
  expect(selectedText(grid, wordAt(grid, { row: 1, column: 9 }))).toBe('fault')
  expect(wordAt(grid, { row: 1, column: 4 })).toEqual(selection(1, 4, 1, 4))
})

test('the cell under the pointer stays on the screen', () => {
  expect(cellAt(grid, 0.5, 0.5)).toEqual({ row: 1, column: 12 })
  expect(cellAt(grid, -1, 2)).toEqual({ row: 2, column: 0 })
})

test('keys move the selection, with Shift its end, over the ends of rows', () => {
  const at = selection(0, 23, 0, 23)
  expect(moved(grid, at, 'ArrowRight', false)).toEqual(selection(1, 0, 1, 0))
  expect(moved(grid, at, 'ArrowRight', true)).toEqual(selection(0, 23, 1, 0))
  expect(moved(grid, at, 'ArrowDown', true)).toEqual(selection(0, 23, 1, 23))
  expect(moved(grid, selection(0, 0, 0, 0), 'ArrowLeft', false)).toEqual(selection(0, 0, 0, 0))
  expect(moved(grid, at, 'Home', true)).toEqual(selection(0, 23, 0, 0))
  expect(moved(grid, at, 'a', false)).toBeUndefined()
})
