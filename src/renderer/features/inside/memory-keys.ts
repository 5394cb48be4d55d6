/** What keys do in the rows of memory. */
import { clamp } from './address'
import { ROW_BYTES, rowOf } from './memory-rows'

const ROW = BigInt(ROW_BYTES)

/** Where the cursor goes; undefined: the key does not move it. @param rows rows in view */
export function moved(key: string, cursor: bigint, group: number, rows: number): bigint | undefined {
  const size = BigInt(group)
  const page = BigInt(Math.max(1, rows - 2)) * ROW
  const to = {
    ArrowLeft: cursor - size,
    ArrowRight: cursor + size,
    ArrowUp: cursor - ROW,
    ArrowDown: cursor + ROW,
    PageUp: cursor - page,
    PageDown: cursor + page,
    Home: rowOf(cursor),
    End: rowOf(cursor) + ROW - size,
  }[key]
  if (to === undefined) return undefined
  const inside = clamp(to)
  return inside - (inside % size)
}

/** The first row, so that the cursor is in view. @param rows whole rows in view */
export function scrolledTo(cursor: bigint, top: bigint, rows: number): bigint {
  const row = rowOf(cursor)
  if (row < top) return row
  const last = top + BigInt(Math.max(0, rows - 1)) * ROW
  return row > last ? row - BigInt(Math.max(0, rows - 1)) * ROW : top
}

/** The highest first row: the end of the address space stays in view. */
export function limitTop(top: bigint, rows: number): bigint {
  const highest = (1n << 64n) - BigInt(Math.max(1, rows - 1)) * ROW
  const inside = clamp(top)
  return rowOf(inside > highest ? highest : inside)
}
