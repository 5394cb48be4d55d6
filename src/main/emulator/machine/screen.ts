import type { Screen, TextScreen } from '../../../shared/machine-schemas'
import type { TextView } from '../devices/vga-text'
import { TEXT_MEMORY, TEXT_MEMORY_BYTES } from '../devices/vga-text'

/** Reads the text screen: `read16` gives the 16-bit cell at a physical address. */
export function captureScreen(view: TextView, read16: (physical: number) => number): TextScreen {
  const { columns, rows } = view
  const cells: number[] = []
  for (let i = 0; i < columns * rows; i++) cells.push(read16(TEXT_MEMORY + ((view.start + i * 2) & (TEXT_MEMORY_BYTES - 2))))
  const cell = view.cursor.cell - view.start / 2
  const onScreen = cell >= 0 && cell < columns * rows
  return {
    mode: 'text',
    columns,
    rows,
    cells,
    cursor: {
      row: onScreen ? Math.floor(cell / columns) : 0,
      column: onScreen ? cell % columns : 0,
      visible: view.cursor.visible && onScreen,
      start: view.cursor.start,
      end: view.cursor.end,
    },
    blink: view.blink,
  }
}

/** Of graphics a picture that is the same is the same object. */
export function sameScreen(a: Screen, b: Screen): boolean {
  if (a.mode === 'graphics' || b.mode === 'graphics') return a === b
  return (
    a.columns === b.columns &&
    a.rows === b.rows &&
    a.blink === b.blink &&
    a.cursor.row === b.cursor.row &&
    a.cursor.column === b.cursor.column &&
    a.cursor.visible === b.cursor.visible &&
    a.cursor.start === b.cursor.start &&
    a.cursor.end === b.cursor.end &&
    a.cells.every((cell, i) => cell === b.cells[i])
  )
}
