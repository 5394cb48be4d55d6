import type { Screen, TextScreen } from '../../../shared/machine-schemas'
import type { VgaGeometry } from '../devices/vga-geometry'

type Cells = Pick<TextScreen, 'columns' | 'rows' | 'cells'>

/** The largest text that is told as such (`machine-schemas`). */
export const MOST_COLUMNS = 132
export const MOST_ROWS = 60

/** Character in the low byte, attribute in the high, of the cell at an address. */
type CellReader = (address: number) => number

/** Reads a screen whose rows lie one after the other, none of them split; what is more than can be told is left out. */
export function captureText({ columns: wide, lines, rowLines, start, pitch, cursor, blink }: VgaGeometry, cellAt: CellReader): TextScreen {
  const columns = Math.min(MOST_COLUMNS, wide)
  const rows = Math.min(MOST_ROWS, Math.max(1, Math.floor(lines / rowLines)))
  const cells: number[] = []
  let [cursorRow, cursorColumn] = [-1, 0]
  for (let row = 0; row < rows; row++) {
    const first = start + row * pitch
    for (let column = 0; column < columns; column++) cells.push(cellAt(first + column))
    if (cursorRow < 0 && cursor.cell >= first && cursor.cell < first + columns) [cursorRow, cursorColumn] = [row, cursor.cell - first]
  }
  const onScreen = cursorRow >= 0
  return {
    mode: 'text',
    columns,
    rows,
    cells,
    cursor: { row: onScreen ? cursorRow : 0, column: onScreen ? cursorColumn : 0, visible: cursor.visible && onScreen, start: cursor.start, end: cursor.end },
    blink,
  }
}

/** What is written on a screen whose rows are given by the addresses of their first cells. */
export function captureRows(rowStarts: readonly number[], wide: number, cellAt: CellReader): Cells {
  const columns = Math.min(MOST_COLUMNS, wide)
  const shown = rowStarts.slice(0, MOST_ROWS)
  return { columns, rows: shown.length, cells: shown.flatMap((first) => Array.from({ length: columns }, (_, column) => cellAt(first + column))) }
}

/** Of graphics a picture that is the same is the same object, as is a look; of text that nothing happened to, too. */
export function sameScreen(a: Screen, b: Screen): boolean {
  if (a === b || a.mode === 'graphics' || b.mode === 'graphics') return a === b
  return (
    a.columns === b.columns &&
    a.rows === b.rows &&
    a.blink === b.blink &&
    a.look === b.look &&
    a.cursor.row === b.cursor.row &&
    a.cursor.column === b.cursor.column &&
    a.cursor.visible === b.cursor.visible &&
    a.cursor.start === b.cursor.start &&
    a.cursor.end === b.cursor.end &&
    a.cells.every((cell, i) => cell === b.cells[i])
  )
}
