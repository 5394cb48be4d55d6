/** What a person does with tabs and with the groups that they lie in. */
import type { StoreApi } from 'zustand/vanilla'
import type { DocumentsState } from './documents'
import { focusGroup, groupIds, groupOf, moveSash, moveTab, moveToSide, openIn, splitGroup, type EditorGroups, type Sash, type Side } from './groups'

/** @param arrange makes a change of the groups, and of what is derived from them */
export function createEditorTabs(store: StoreApi<DocumentsState>, arrange: (change: (groups: EditorGroups) => EditorGroups) => void) {
  let nonce = 0

  /** Shows a tab in its group, which takes the focus; without a group, in the one that has it. */
  function activate(path: string, group = store.getState().groups.focused): void {
    if (groupOf(store.getState().groups, group).open.includes(path)) arrange((groups) => openIn(groups, path, group))
  }

  const focus = (group: string): void => {
    if (store.getState().groups.focused !== group) arrange((groups) => focusGroup(groups, group))
  }

  /** Has the editor of the focused group take the keyboard. */
  const takeKeyboard = (): void => store.setState(({ groups }) => ({ attention: { group: groups.focused, nonce: ++nonce } }))

  /** A new group beside one, with the tab that is in front there. */
  const split = (side: Side, group = store.getState().groups.focused): void => arrange((groups) => splitGroup(groups, group, side, groupOf(groups, group).active))

  /** Moves a tab to a group, before one of its tabs or at the end; or into a new group at its side. */
  function move(path: string, from: string, to: string, place: { before?: string; side?: Side } = {}): void {
    arrange((groups) => (place.side ? moveToSide(groups, path, from, to, place.side) : moveTab(groups, path, from, to, place.before)))
  }

  /** Moves the tab in front to the next group; at the end to a new one beside. @param step 1 or -1 */
  function moveActive(step: 1 | -1): void {
    const { groups, active } = store.getState()
    if (active === undefined) return
    const ids = groupIds(groups)
    const next = ids[ids.indexOf(groups.focused) + step]
    if (next !== undefined) move(active, groups.focused, next)
    else move(active, groups.focused, groups.focused, { side: step > 0 ? 'right' : 'left' })
  }

  const resize = (sash: Pick<Sash, 'way' | 'index'>, by: number): void => arrange((groups) => moveSash(groups, sash, by))

  return { activate, focus, takeKeyboard, split, move, moveActive, resize }
}
