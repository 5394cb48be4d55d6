/** How a person looks at the log: what is folded, and what is searched for. */
import { create } from 'zustand'
import type { BuildLog } from './build-log'
import type { Folds } from './log-rows'

interface LogView {
  /** The log that the folds are of. */
  log: BuildLog | undefined
  folds: Folds
  searching: boolean
  /** Counts the times that the search was asked for: its field takes the focus anew. */
  asked: number
  query: string
  fold(log: BuildLog, section: number, open: boolean): void
  foldAll(log: BuildLog, open: boolean): void
  find(): void
  search(query: string): void
  closeFind(): void
}

export const useLogView = create<LogView>()((set) => ({
  log: undefined,
  folds: {},
  searching: false,
  asked: 0,
  query: '',
  fold: (log, section, open) => set((view) => ({ log, folds: { ...(view.log === log ? view.folds : {}), [section]: open } })),
  foldAll: (log, open) => set({ log, folds: Object.fromEntries(log.sections.map(({ key }) => [key, open])) }),
  find: () => set(({ asked }) => ({ searching: true, asked: asked + 1 })),
  search: (query) => set({ query }),
  closeFind: () => set({ searching: false }),
}))

const NO_FOLDS: Folds = {}

/** Another build begins with nothing folded by hand. */
export const useFolds = (log: BuildLog): Folds => useLogView((view) => (view.log === log ? view.folds : NO_FOLDS))
