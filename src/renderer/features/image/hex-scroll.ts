/** Which row is the first to be seen, where there may be more rows than a browser can lay out pixels. */

export interface ScrolledRows {
  rows: number
  /** Whole ones that there is room for. */
  visible: number
  rowHeight: number
}

/** Browsers cut heights between 16 and 33 million pixels. */
const MOST_PIXELS = 8_000_000

export const heightOf = (rows: number, rowHeight: number): number => Math.min(rows * rowHeight, MOST_PIXELS)

export function firstRow(scrollTop: number, { rows, visible, rowHeight }: ScrolledRows): number {
  const height = heightOf(rows, rowHeight)
  const range = height - visible * rowHeight
  if (range <= 0) return 0
  const row = height === rows * rowHeight ? scrollTop / rowHeight : (scrollTop / range) * (rows - visible)
  return Math.max(0, Math.min(Math.round(row), rows - visible))
}

/** Where the bar stands then. */
export function scrollOf(row: number, { rows, visible, rowHeight }: ScrolledRows): number {
  const height = heightOf(rows, rowHeight)
  const range = Math.max(0, height - visible * rowHeight)
  return height === rows * rowHeight ? Math.min(row * rowHeight, range) : (row / Math.max(1, rows - visible)) * range
}
