import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { Button } from '../../ui/Button'
import type { LookedAt } from './explorer'
import { layoutMap, type Cell } from './map-layout'
import { familyOf, pathTo, type TreePiece } from './piece-tree'
import { hexOf, pieceLabel, pieceTitle } from './wording'

const ROWS = 6
const ROW_REM = 1.25

/** What lies in what, a row a level; the piece that fills it is chosen by zooming. */
export function ImageMap({ image: { tree } }: { image: LookedAt }): ReactElement {
  const { explorer } = useLab()
  const { image: text } = useStrings()
  const zoom = useStore(explorer.store, (state) => state.zoom)
  const selected = useStore(explorer.store, (state) => state.selected)
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const cells = useMemo(() => layoutMap(tree, zoom, width, ROWS), [tree, zoom, width])
  const rows = Math.max(1, ...cells.map(({ row }) => row + 1))
  const around = pathTo(tree, selected)
  const shown = cells.findLast(({ index }) => around.some((piece) => piece.index === index))?.index ?? zoom
  const inside = (tree[selected]?.children.length ?? 0) > 0

  function step(key: string): number | undefined {
    const here = cells.find(({ index }) => index === shown)
    if (!here) return undefined
    const row = cells.filter((cell) => cell.row === here.row)
    const at = row.indexOf(here)
    const below = cells.find((cell) => cell.row === here.row + 1 && cell.x >= here.x - 0.5 && cell.x < here.x + here.width)
    const above = cells.findLast((cell) => cell.row === here.row - 1 && cell.x <= here.x + 0.5)
    const next = { ArrowLeft: row[at - 1], ArrowRight: row[at + 1], ArrowDown: below, ArrowUp: above, Home: row[0], End: row.at(-1) }[key]
    return next?.index
  }
  function onKeyDown(event: KeyboardEvent): void {
    const next = step(event.key)
    if (next !== undefined) explorer.select(next)
    else if (event.key === 'Enter' || event.key === '+') explorer.zoomTo(shown)
    else if (event.key === 'Escape' || event.key === '-' || event.key === 'Backspace') explorer.zoomTo(tree[zoom]?.parent ?? 0)
    else return
    event.preventDefault()
  }

  return (
    <section className="image-map" aria-label={text.map}>
      <div className="image-crumbs">
        <Button tone="quiet" icon="plus" title={text.zoomIn} aria-label={text.zoomIn} disabled={selected === zoom || !inside} onClick={() => explorer.zoomTo(selected)} />
        <Button tone="quiet" icon="minus" title={text.zoomOut} aria-label={text.zoomOut} disabled={zoom === 0} onClick={() => explorer.zoomTo(tree[zoom]?.parent ?? 0)} />
        <nav aria-label={text.zoomed}>
          <ol>
            {pathTo(tree, zoom).map((piece) => (
              <li key={piece.index}>
                <button type="button" className="image-crumb" aria-current={piece.index === zoom ? 'location' : undefined} onClick={() => explorer.zoomTo(piece.index)}>
                  {pieceLabel(text, piece)}
                </button>
              </li>
            ))}
          </ol>
        </nav>
      </div>
      <div ref={host} className="image-cells" role="group" aria-label={text.mapHint} style={{ height: `${rows * ROW_REM}rem` }} onKeyDown={onKeyDown}>
        {cells.map((cell) => (
          <MapCell key={cell.index} cell={cell} piece={tree[cell.index]} active={cell.index === shown} selected={cell.index === selected} onZoom={() => explorer.zoomTo(cell.count > 1 ? (tree[cell.index]?.parent ?? 0) : cell.index)} />
        ))}
      </div>
    </section>
  )
}

interface CellProps {
  cell: Cell
  piece: TreePiece | undefined
  /** Has the keyboard, when the map has it. */
  active: boolean
  selected: boolean
  onZoom(): void
}

/** Narrower than this a name says nothing. */
const NAMED_WIDTH = 26

function MapCell({ cell: { index, count, row, x, width }, piece, active, selected, onZoom }: CellProps): ReactElement | null {
  const { explorer } = useLab()
  const { image: text, format } = useStrings()
  const own = useRef<HTMLButtonElement>(null)
  // The keyboard goes with the selection, when the map has it.
  useEffect(() => {
    if (active && own.current?.parentElement?.contains(document.activeElement)) own.current.focus()
  }, [active])
  if (!piece) return null
  const title = count > 1 ? text.merged(count) : text.cell(pieceTitle(text, piece), format.bytes(piece.bytes), hexOf(piece.offset))
  return (
    <button
      ref={own}
      type="button"
      className={`image-cell family-${familyOf(piece.role)}`}
      style={{ left: `${x}px`, width: `${width}px`, top: `${row * ROW_REM}rem` }}
      title={title}
      aria-label={title}
      aria-pressed={selected}
      tabIndex={active ? 0 : -1}
      onClick={() => explorer.select(index)}
      onDoubleClick={onZoom}
    >
      {width >= NAMED_WIDTH && <span aria-hidden="true">{count > 1 ? text.merged(count) : pieceLabel(text, piece)}</span>}
    </button>
  )
}

function useWidth(host: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const { current } = host
    if (!current) return undefined
    const observer = new ResizeObserver(() => setWidth(current.clientWidth))
    observer.observe(current)
    return () => observer.disconnect()
  }, [host])
  return width
}
