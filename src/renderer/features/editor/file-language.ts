/** The language of each open file: what its name and text say when it is opened, or what a person chose for it. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { rememberFor, type UiMemory } from '../../app/ui-state'
import type { Documents } from './documents'
import { isFileLanguage, languageOf, type FileLanguage } from './monaco/languages'

export interface LanguageState {
  /** By path. */
  found: Readonly<Record<string, FileLanguage>>
  chosen: Readonly<Record<string, FileLanguage>>
}

export type FileLanguages = ReturnType<typeof createFileLanguages>

export const languageIn = ({ found, chosen }: LanguageState, path: string): FileLanguage => chosen[path] ?? found[path] ?? 'plaintext'

export function createFileLanguages(ui: UiMemory, documents: Documents) {
  const store: StoreApi<LanguageState> = createStore<LanguageState>(() => ({ found: {}, chosen: {} }))

  documents.store.subscribe((state, previous) => {
    if (state.documents === previous.documents) return
    const isNew = state.directory !== previous.directory
    // Once for each: a language that changes while somebody types would be in the way.
    const known = isNew ? {} : store.getState().found
    const paths = Object.keys(state.documents)
    if (!isNew && paths.length === Object.keys(known).length && paths.every((path) => known[path] !== undefined)) return
    const found = Object.fromEntries(Object.values(state.documents).map(({ path, text }) => [path, known[path] ?? languageOf(path, text)]))
    store.setState({ found, ...(isNew ? { chosen: remembered(state.directory) } : {}) })
  })

  function remembered(directory: string | undefined): Record<string, FileLanguage> {
    const stored = directory === undefined ? {} : (ui.get('languages')?.[directory] ?? {})
    return Object.fromEntries(Object.entries(stored).flatMap(([path, id]) => (isFileLanguage(id) ? [[path, id]] : [])))
  }

  /** @param language undefined for what name and text say */
  function choose(path: string, language: FileLanguage | undefined): void {
    const { directory, documents: texts } = documents.store.getState()
    if (directory === undefined) return
    const { [path]: _before, ...others } = store.getState().chosen
    const chosen = language === undefined ? others : { ...others, [path]: language }
    const text = texts[path]?.text
    store.setState(({ found }) => ({ chosen, found: text === undefined ? found : { ...found, [path]: languageOf(path, text) } }))
    ui.set('languages', rememberFor<Record<string, string>>(ui.get('languages'), directory, { ...chosen }))
  }

  const of = (path: string): FileLanguage => languageIn(store.getState(), path)

  return { store, choose, of }
}
