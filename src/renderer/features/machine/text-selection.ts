/** Cells of the text screen that a person has selected, as in a terminal: in reading order, row by row. */
import { codePageCharacter } from '../../../shared/code-page'
import type { TextScreen } from '../../../shared/machine-schemas'

export interface Cell {
  readonly row: number
  readonly column: number
}

/** From where a selection began to where it goes; both cells are in it. */
export interface Selection {
  readonly anchor: Cell
  readonly focus: Cell
}

type Grid = Pick<TextScreen, 'columns' | 'rows' | 'cells'>

const before = (one: Cell, other: Cell): boolean => one.row < other.row || (one.row === other.row && one.column <= other.column)

export const ordered = ({ anchor, focus }: Selection): readonly [first: Cell, last: Cell] => (before(anchor, focus) ? [anchor, focus] : [focus, anchor])

/** The selected part of each row: from `from` to `to`, both in it. */
export function selectedRows({ columns }: Grid, selection: Selection): { row: number; from: number; to: number }[] {
  const [first, last] = ordered(selection)
  return Array.from({ length: last.row - first.row + 1 }, (_, index) => {
    const row = first.row + index
    return { row, from: row === first.row ? first.column : 0, to: row === last.row ? last.column : columns - 1 }
  })
}

/** Rows as lines, without the blanks at their ends. */
export function selectedText(grid: Grid, selection: Selection): string {
  const { columns, cells } = grid
  return selectedRows(grid, selection)
    .map(({ row, from, to }) =>
      cells
        .slice(row * columns + from, row * columns + to + 1)
        .map(codePageCharacter)
        .join('')
        .trimEnd(),
    )
    .join('\n')
}

/** What belongs to a word when it is clicked twice: also of addresses, paths and numbers. */
const WORD = /[\p{L}\p{N}_.:/\\#@$%&+~-]/u

export function wordAt(grid: Grid, { row, column }: Cell): Selection {
  const { columns, cells } = grid
  const isWord = (at: number): boolean => at >= 0 && at < columns && WORD.test(codePageCharacter(cells[row * columns + at] ?? 0))
  let [from, to] = [column, column]
  if (isWord(column)) {
    while (isWord(from - 1)) from--
    while (isWord(to + 1)) to++
  }
  return { anchor: { row, column: from }, focus: { row, column: to } }
}

export const lineAt = ({ columns }: Grid, { row }: Cell): Selection => ({ anchor: { row, column: 0 }, focus: { row, column: columns - 1 } })

export const everything = ({ columns, rows }: Grid): Selection => ({ anchor: { row: 0, column: 0 }, focus: { row: rows - 1, column: columns - 1 } })

/** The cell at a place in the picture, given as parts of its width and height. */
export function cellAt({ columns, rows }: Grid, x: number, y: number): Cell {
  const within = (value: number, count: number): number => Math.min(count - 1, Math.max(0, Math.floor(value * count)))
  return { row: within(y, rows), column: within(x, columns) }
}

const STEPS: Readonly<Record<string, (cell: Cell, grid: Grid) => Cell>> = {
  ArrowLeft: ({ row, column }, { columns }) => (column > 0 ? { row, column: column - 1 } : row > 0 ? { row: row - 1, column: columns - 1 } : { row, column }),
  ArrowRight: ({ row, column }, { columns, rows }) => (column < columns - 1 ? { row, column: column + 1 } : row < rows - 1 ? { row: row + 1, column: 0 } : { row, column }),
  ArrowUp: ({ row, column }) => ({ row: Math.max(0, row - 1), column }),
  ArrowDown: ({ row, column }, { rows }) => ({ row: Math.min(rows - 1, row + 1), column }),
  Home: ({ row }) => ({ row, column: 0 }),
  End: ({ row }, { columns }) => ({ row, column: columns - 1 }),
  PageUp: ({ column }) => ({ row: 0, column }),
  PageDown: ({ column }, { rows }) => ({ row: rows - 1, column }),
}

/** What a key makes of a selection: it moves, or with Shift its end does. Undefined for keys that do neither. */
export function moved(grid: Grid, { anchor, focus }: Selection, key: string, extend: boolean): Selection | undefined {
  const step = STEPS[key]
  if (!step) return undefined
  const next = step(focus, grid)
  return { anchor: extend ? anchor : next, focus: next }
}
