import { useEffect, useRef, type KeyboardEvent, type PointerEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { TextScreen } from '../../../shared/machine-schemas'
import { isMac } from '../../../shared/commands/keys'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import { capturePointer } from './pointer-capture'
import { SCREEN_ID } from './screen-focus'
import { copySelection, selectEverything, SELECTION_ID, useSelection } from './selection-store'
import { cellAt, lineAt, moved, selectedRows, selectedText, wordAt, type Cell, type Selection } from './text-selection'

/** Over the picture in text mode: dragging selects cells, a double click a word, a third the row. A plain click is the machine's. */
export function ScreenSelection(): ReactElement | null {
  const { machine } = useLab()
  const screen = useStore(machine.store, (view) => (view.screen?.mode === 'text' ? view.screen : undefined))
  return screen ? <Layer screen={screen} /> : null
}

function Layer({ screen }: { screen: TextScreen }): ReactElement {
  const lab = useLab()
  const { screen: text } = useStrings()
  const selection = useSelection((state) => state.selection)
  const select = useSelection((state) => state.select)
  const begun = useRef<{ cell: Cell; dragged: boolean }>(undefined)
  useForgetChanged(screen, selection, select)

  const cellOf = (event: PointerEvent): Cell => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect()
    return cellAt(screen, (event.clientX - left) / width, (event.clientY - top) / height)
  }
  function onPointerDown(event: PointerEvent): void {
    if (event.button !== 0) return
    // Else the screen would take the keyboard before it is known whether this is a click.
    event.preventDefault()
    event.currentTarget.setPointerCapture(event.pointerId)
    const cell = cellOf(event)
    begun.current = { cell, dragged: event.shiftKey }
    if (event.shiftKey && selection) select({ anchor: selection.anchor, focus: cell })
    else select(undefined)
  }
  function onPointerMove(event: PointerEvent): void {
    const { current } = begun
    if (!current) return
    const focus = cellOf(event)
    if (!current.dragged && focus.row === current.cell.row && focus.column === current.cell.column) return
    current.dragged = true
    select({ anchor: current.cell, focus })
  }
  function onPointerUp(event: PointerEvent<HTMLElement>): void {
    const { current } = begun
    begun.current = undefined
    if (!current) return
    const host = document.getElementById(SCREEN_ID)
    // While the machine has the keyboard, it keeps it; a selection alone does not give it to the machine.
    if (!current.dragged) {
      host?.focus()
      capturePointer(lab.machine)
    } else if (document.activeElement !== host) event.currentTarget.focus()
  }
  function onKeyDown(event: KeyboardEvent): void {
    const mod = isMac(navigator.platform) ? event.metaKey : event.ctrlKey
    const next = selection && moved(screen, selection, event.key, event.shiftKey)
    // None of these keys is the machine's.
    event.stopPropagation()
    if (mod && event.key.toLowerCase() === 'c') lab.attempt(copySelection(lab))
    else if (mod && event.key.toLowerCase() === 'a') selectEverything(lab)
    else if (event.key === 'Enter' && selection) lab.attempt(copySelection(lab))
    else if (event.key === 'Escape') {
      select(undefined)
      if (event.currentTarget instanceof HTMLElement) event.currentTarget.blur()
    } else if (next) select(next)
    else return
    event.preventDefault()
  }

  return (
    <div
      id={SELECTION_ID}
      className="screen-selection"
      role="group"
      aria-label={text.selectionLabel}
      aria-description={selection ? selectedText(screen, selection) : undefined}
      tabIndex={-1}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => (begun.current = undefined)}
      onDoubleClick={(event) => {
        const { left, top, width, height } = event.currentTarget.getBoundingClientRect()
        select(wordAt(screen, cellAt(screen, (event.clientX - left) / width, (event.clientY - top) / height)))
      }}
      onClick={(event) => {
        if (event.detail !== 3) return
        const { top, height } = event.currentTarget.getBoundingClientRect()
        select(lineAt(screen, cellAt(screen, 0, (event.clientY - top) / height)))
      }}
      onKeyDown={onKeyDown}
      onKeyUp={(event) => event.stopPropagation()}
    >
      {selection &&
        selectedRows(screen, selection).map(({ row, from, to }) => (
          <span
            key={row}
            className="screen-selected"
            style={{ left: percent(from / screen.columns), top: percent(row / screen.rows), width: percent((to - from + 1) / screen.columns), height: percent(1 / screen.rows) }}
          />
        ))}
    </div>
  )
}

const percent = (share: number): string => `${share * 100}%`

/** A selection is of a text: when the machine writes another one there, it is gone. */
function useForgetChanged(screen: TextScreen, selection: Selection | undefined, select: (selection: Selection | undefined) => void): void {
  const taken = useRef<{ selection: Selection; text: string; columns: number; rows: number }>(undefined)
  useEffect(() => {
    if (!selection) {
      taken.current = undefined
      return
    }
    const { columns, rows } = screen
    const fits = selection.anchor.row < rows && selection.focus.row < rows && selection.anchor.column < columns && selection.focus.column < columns
    const text = fits ? selectedText(screen, selection) : ''
    const { current } = taken
    if (current?.selection !== selection) taken.current = { selection, text, columns, rows }
    if (!fits || (current?.selection === selection && (current.text !== text || current.columns !== columns || current.rows !== rows))) select(undefined)
  }, [screen, selection, select])
}
