/** The selection on the text screen, and what is done with it. */
import { create } from 'zustand'
import type { Lab } from '../../app/lab'
import { everything, selectedText, type Selection } from './text-selection'

export const SELECTION_ID = 'screen-selection'

interface Selected {
  selection: Selection | undefined
  select(selection: Selection | undefined): void
}

export const useSelection = create<Selected>()((set) => ({ selection: undefined, select: (selection) => set({ selection }) }))

/** Gives the keyboard to the selection; where nothing is selected, it begins at the cursor. */
export function selectByKeyboard({ machine, dock }: Lab): void {
  const { screen } = machine.store.getState()
  if (screen?.mode !== 'text') return
  dock.reveal('screen')
  const { selection, select } = useSelection.getState()
  const { columns, rows, cursor } = screen
  const cell = { row: Math.min(rows - 1, Math.max(0, cursor.row)), column: Math.min(columns - 1, Math.max(0, cursor.column)) }
  if (!selection) select({ anchor: cell, focus: cell })
  document.getElementById(SELECTION_ID)?.focus()
}

export function selectEverything({ machine }: Lab): void {
  const { screen } = machine.store.getState()
  if (screen?.mode === 'text') useSelection.getState().select(everything(screen))
}

/** Puts what is selected on the clipboard; without a selection, the whole screen. */
export async function copySelection({ machine, commands }: Lab): Promise<void> {
  const { screen } = machine.store.getState()
  const { selection } = useSelection.getState()
  if (screen?.mode === 'text' && selection) await navigator.clipboard.writeText(selectedText(screen, selection))
  else await commands.copyScreen()
}
