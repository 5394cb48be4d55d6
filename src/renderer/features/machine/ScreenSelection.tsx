import { useEffect, useRef, type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactElement } from 'react'
import { useStore } from 'zustand'
import type { Screen, TextScreen } from '../../../shared/machine-schemas'
import { isMac } from '../../../shared/commands/keys'
import { useLab } from '../../app/lab'
import { useStrings } from '../../strings'
import type { Machine } from './machine'
import { capturePointer } from './pointer-capture'
import { SCREEN_ID } from './screen-focus'
import { copySelection, selectEverything, SELECTION_ID, useSelection } from './selection-store'
import { cellAt, lineAt, moved, selectedRows, selectedText, wordAt, type Cell, type Selection } from './text-selection'

/** Over the picture in text mode: dragging selects cells, a double click a word, a third the row. A plain click is the machine's. */
export function ScreenSelection(): ReactElement | null {
  const { machine } = useLab()
  const isText = useStore(machine.store, (view) => view.screen?.mode === 'text')
  return isText ? <Layer /> : null
}

/** Nothing of it is drawn anew with each screen, sixty times a second, unless something is selected. */
function Layer(): ReactElement {
  const lab = useLab()
  const { screen: text } = useStrings()
  const selection = useSelection((state) => state.selection)
  const select = useSelection((state) => state.select)
  const begun = useRef<{ cell: Cell; dragged: boolean }>(undefined)

  const cellUnder = ({ currentTarget, clientX, clientY }: MouseEvent): Cell | undefined => {
    const screen = textOf(lab.machine)
    const { left, top, width, height } = currentTarget.getBoundingClientRect()
    return screen && cellAt(screen, (clientX - left) / width, (clientY - top) / height)
  }
  function onPointerDown(event: PointerEvent): void {
    if (event.button !== 0) return
    // Else the screen would take the keyboard before it is known whether this is a click.
    event.preventDefault()
    event.currentTarget.setPointerCapture(event.pointerId)
    const cell = cellUnder(event)
    if (!cell) return
    begun.current = { cell, dragged: event.shiftKey }
    if (event.shiftKey && selection) select({ anchor: selection.anchor, focus: cell })
    else select(undefined)
  }
  function onPointerMove(event: PointerEvent): void {
    const { current } = begun
    const focus = cellUnder(event)
    if (!current || !focus) return
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
    const screen = textOf(lab.machine)
    const next = screen && selection && moved(screen, selection, event.key, event.shiftKey)
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
      aria-description={useSelectedText(selection)}
      tabIndex={-1}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => (begun.current = undefined)}
      onDoubleClick={(event) => {
        const [screen, cell] = [textOf(lab.machine), cellUnder(event)]
        if (screen && cell) select(wordAt(screen, cell))
      }}
      onClick={(event) => {
        const [screen, cell] = [textOf(lab.machine), cellUnder(event)]
        if (event.detail === 3 && screen && cell) select(lineAt(screen, cell))
      }}
      onKeyDown={onKeyDown}
      onKeyUp={(event) => event.stopPropagation()}
    >
      {selection && <Selected selection={selection} />}
    </div>
  )
}

const textOf = (machine: Machine): TextScreen | undefined => asText(machine.store.getState().screen)
const asText = (screen: Screen | undefined): TextScreen | undefined => (screen?.mode === 'text' ? screen : undefined)

function useSelectedText(selection: Selection | undefined): string | undefined {
  const { machine } = useLab()
  return useStore(machine.store, ({ screen }) => (selection && screen?.mode === 'text' ? selectedText(screen, selection) : undefined))
}

function Selected({ selection }: { selection: Selection }): ReactElement | null {
  const { machine } = useLab()
  const select = useSelection((state) => state.select)
  const screen = useStore(machine.store, (view) => asText(view.screen))
  useForgetChanged(screen, selection, select)
  if (!screen) return null
  return (
    <>
      {selectedRows(screen, selection).map(({ row, from, to }) => (
        <span
          key={row}
          className="screen-selected"
          style={{ left: percent(from / screen.columns), top: percent(row / screen.rows), width: percent((to - from + 1) / screen.columns), height: percent(1 / screen.rows) }}
        />
      ))}
    </>
  )
}

const percent = (share: number): string => `${share * 100}%`

/** A selection is of a text: when the machine writes another one there, it is gone. */
function useForgetChanged(screen: TextScreen | undefined, selection: Selection, select: (selection: Selection | undefined) => void): void {
  const taken = useRef<{ selection: Selection; text: string; columns: number; rows: number }>(undefined)
  useEffect(() => {
    if (!screen) return
    const { columns, rows } = screen
    const fits = selection.anchor.row < rows && selection.focus.row < rows && selection.anchor.column < columns && selection.focus.column < columns
    const text = fits ? selectedText(screen, selection) : ''
    const { current } = taken
    if (current?.selection !== selection) taken.current = { selection, text, columns, rows }
    if (!fits || (current?.selection === selection && (current.text !== text || current.columns !== columns || current.rows !== rows))) select(undefined)
  }, [screen, selection, select])
}
