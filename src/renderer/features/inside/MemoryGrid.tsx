import { memo, useRef, type PointerEvent, type ReactElement } from 'react'
import type { KnownAddress } from '../../../shared/debug'
import { useStrings } from '../../strings'
import { hex, hexDigits } from './address'
import type { Cell, Row } from './memory-rows'
import { SourceLink } from './SourceLink'

export type Column = 'bytes' | 'text'

export interface Selection {
  readonly first: bigint
  readonly last: bigint
}

export interface Typed {
  readonly address: bigint
  readonly digits: string
}

interface GridProps {
  id: string
  label: string
  rows: readonly Row[]
  selection: Selection
  cursor: bigint
  column: Column
  typed: Typed | undefined
  editable: boolean
  nameOf(row: Row, first: boolean): KnownAddress | undefined
  onPoint(address: bigint, column: Column, extend: boolean): void
  onHover(address: bigint | undefined): void
  onMenu(x: number, y: number): void
}

export const cellId = (grid: string, address: bigint): string => `${grid}-${address.toString(16)}`

/** What the pointer is over. */
function placeOf(target: EventTarget | null): { address: bigint; column: Column } | undefined {
  const cell = target instanceof Element ? target.closest<HTMLElement>('[data-at]') : null
  const { at, column } = cell?.dataset ?? {}
  return at === undefined ? undefined : { address: BigInt(at), column: column === 'text' ? 'text' : 'bytes' }
}

/** Rows of memory. The keyboard belongs to the element around it. */
export function MemoryRows({ id, rows, selection, cursor, column, typed, editable, nameOf, onPoint, onHover, onMenu }: Omit<GridProps, 'label'>): ReactElement {
  const wide = (rows.at(-1)?.address ?? 0n) > 0xffff_ffffn
  const dragging = useRef(false)

  function onPointerDown(event: PointerEvent): void {
    const place = placeOf(event.target)
    if (!place) return
    const inside = place.address >= selection.first && place.address <= selection.last
    if (event.button === 0) {
      dragging.current = true
      onPoint(place.address, place.column, event.shiftKey)
    } else if (event.button === 2 && !inside) onPoint(place.address, place.column, false)
  }

  function onPointerMove(event: PointerEvent): void {
    const place = placeOf(event.target)
    onHover(place?.address)
    if (dragging.current && place && event.buttons === 1) onPoint(place.address, place.column, true)
  }

  return (
    <div
      className="mem-rows"
      role="rowgroup"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => (dragging.current = false)}
      onPointerLeave={() => onHover(undefined)}
      onContextMenu={(event) => {
        event.preventDefault()
        onMenu(event.clientX, event.clientY)
      }}
    >
      {rows.map((row, index) => {
        const last = row.address + 15n
        const touches = selection.first <= last && selection.last >= row.address
        const holds = cursor >= row.address && cursor <= last
        return (
          <MemoryRow
            key={row.address.toString(16)}
            id={id}
            row={row}
            wide={wide}
            known={nameOf(row, index === 0)}
            first={touches ? selection.first : undefined}
            last={touches ? selection.last : undefined}
            cursor={holds ? cursor : undefined}
            column={holds ? column : 'bytes'}
            typed={holds && typed ? typed.digits : undefined}
            editable={editable}
          />
        )
      })}
    </div>
  )
}

interface RowProps {
  id: string
  row: Row
  wide: boolean
  known: KnownAddress | undefined
  first: bigint | undefined
  last: bigint | undefined
  cursor: bigint | undefined
  column: Column
  typed: string | undefined
  editable: boolean
}

const MemoryRow = memo(function MemoryRow({ id, row, wide, known, first, last, cursor, column, typed, editable }: RowProps): ReactElement {
  const { inside: text } = useStrings()
  const { state } = row
  const size = BigInt(row.characters.length / row.cells.length)

  const classes = (cell: Cell, bytes: bigint, of: Column): string => {
    const selected = first !== undefined && last !== undefined && cell.address <= last && cell.address + bytes - 1n >= first
    const current = cursor !== undefined && cursor >= cell.address && cursor < cell.address + bytes
    return ['mem-cell', selected && 'mem-selected', cell.changed && 'mem-changed', current && (of === column ? 'mem-cursor' : 'mem-twin')].filter(Boolean).join(' ')
  }

  return (
    <div role="row" className={`mem-row mem-${state ?? 'unread'}`}>
      <span role="rowheader" className="mem-address">
        {hexDigits(row.address, wide)}
      </span>
      <span role="gridcell" className="mem-state" title={state && text.memory.states[state]}>
        {state && text.memory.tags[state]}
      </span>
      <span role="presentation" className="mem-bytes">
        {row.cells.map((cell) => {
          const isCursor = cursor !== undefined && cursor >= cell.address && cursor < cell.address + size
          return (
            <span
              key={cell.address.toString(16)}
              id={cellId(id, cell.address)}
              role="gridcell"
              aria-readonly={!editable}
              aria-selected={first !== undefined && last !== undefined && cell.address <= last && cell.address + size - 1n >= first}
              className={classes(cell, size, 'bytes')}
              data-at={hex(cell.address)}
              data-column="bytes"
            >
              {isCursor && typed !== undefined && column === 'bytes' ? typed.padEnd(cell.text.length, '_') : cell.text}
            </span>
          )
        })}
      </span>
      <span role="gridcell" className="mem-text" aria-label={row.characters.map((cell) => cell.text).join('')}>
        {row.characters.map((cell) => (
          <span key={cell.address.toString(16)} aria-hidden="true" className={classes(cell, 1n, 'text')} data-at={hex(cell.address)} data-column="text">
            {cell.text}
          </span>
        ))}
      </span>
      <span role="gridcell" className="mem-name">
        {known?.symbol && <SourceLink known={known} forMouse />}
      </span>
    </div>
  )
})
