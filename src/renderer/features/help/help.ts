/** Which documentation page is open, and those before it. */
import { createStore } from 'zustand/vanilla'
import type { PageId, PageLink } from './pages'

interface HelpView {
  link: PageLink
  /** Pages to go back to, the last at the end. */
  before: readonly PageLink[]
}

const MAX_BEFORE = 50

export type Help = ReturnType<typeof createHelp>

export function createHelp() {
  const store = createStore<HelpView>(() => ({ link: { id: 'getting-started' }, before: [] }))

  function open(link: PageLink): void {
    store.setState(({ link: present, before }) => ({ link, before: present.id === link.id ? before : [...before, present].slice(-MAX_BEFORE) }))
  }

  function back(): void {
    store.setState(({ link, before }) => ({ link: before.at(-1) ?? link, before: before.slice(0, -1) }))
  }

  const openPage = (id: PageId): void => open({ id })

  return { store, open, openPage, back }
}
