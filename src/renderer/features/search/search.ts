/** Searching the project's files while a person types, and replacing what was found. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { toFailure, type Failure } from '../../../shared/failure'
import type { SearchFile, SearchMatch, SearchQuery } from '../../../shared/search'
import type { Connection } from '../../app/connection'
import { isDirty, type Documents } from '../editor/documents'
import { replaceMatches } from './apply'

export interface SearchState {
  query: SearchQuery
  /** Whether the field for what to replace with is there. */
  replacing: boolean
  replacement: string
  status: 'idle' | 'running' | 'done' | 'failed'
  files: readonly SearchFile[]
  /** There was more than is listed. */
  limited: boolean
  failure: Failure | undefined
  /** Files whose places are folded away. */
  folded: ReadonlySet<string>
}

interface Options {
  connection: Connection
  documents: Documents
  onError(error: unknown): void
}

const TYPING_MS = 250
/** Results are shown in bunches: each costs a look at the whole list. */
const SHOW_MS = 80
/** What the contract takes. */
const MAX_UNSAVED = 64

const idle = { status: 'idle', files: [], limited: false, failure: undefined } as const

export type Search = ReturnType<typeof createSearch>

export const countMatches = (files: readonly SearchFile[]): number => files.reduce((sum, { matches }) => sum + matches.length, 0)

export function createSearch({ connection, documents, onError }: Options) {
  const store: StoreApi<SearchState> = createStore<SearchState>(() => ({
    query: { text: '', regex: false, caseSensitive: false, wholeWord: false, include: '', exclude: '' },
    replacing: false,
    replacement: '',
    folded: new Set(),
    ...idle,
  }))
  let controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  documents.store.subscribe((state, previous) => {
    if (state.directory === previous.directory) return
    stop()
    store.setState({ ...idle, folded: new Set() })
  })

  function setQuery(change: Partial<SearchQuery>): void {
    store.setState(({ query }) => ({ query: { ...query, ...change } }))
    later()
  }

  function setReplacing(change: Partial<Pick<SearchState, 'replacing' | 'replacement'>>): void {
    store.setState(change)
    later()
  }

  function later(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void run(), TYPING_MS)
  }

  function stop(): void {
    clearTimeout(timer)
    controller.abort()
  }

  async function run(): Promise<void> {
    stop()
    const { query, replacing, replacement } = store.getState()
    const { directory, documents: texts } = documents.store.getState()
    if (directory === undefined || query.text === '') return store.setState(idle)
    const mine = (controller = new AbortController())
    const unsaved = Object.values(texts).filter(isDirty).slice(0, MAX_UNSAVED).map(({ path, text }) => ({ path, text }))
    let found: SearchFile[] = []
    let shown = 0
    const show = (): void => {
      if (mine !== controller) return
      shown = Date.now()
      store.setState({ files: found })
    }
    store.setState({ status: 'running', failure: undefined, limited: false })
    try {
      const args = { directory, query: replacing ? { ...query, replacement } : query, unsaved }
      const { limited } = await connection.listen(
        'search.run',
        args,
        (file) => {
          found = [...found, file]
          if (Date.now() - shown > SHOW_MS) show()
        },
        { signal: mine.signal },
      )
      show()
      if (mine === controller) store.setState({ status: 'done', limited })
    } catch (error) {
      const failure = toFailure(error)
      if (mine !== controller) return
      if (failure.code === 'cancelled') {
        show()
        store.setState({ status: 'done' })
      } else store.setState({ status: 'failed', failure, files: [] })
    }
  }

  function setFolded(path: string, folded: boolean): void {
    store.setState((state) => {
      const next = new Set(state.folded)
      if (folded) next.add(path)
      else next.delete(path)
      return { folded: next }
    })
  }

  /**
   * Replaces places through the editor's texts: they are unsaved then, and each file's own undo takes it back.
   * @returns paths of files whose text is another one by now, so that nothing was replaced there
   */
  async function replace(files: readonly { path: string; matches: readonly SearchMatch[] }[]): Promise<string[]> {
    const { active } = documents.store.getState()
    const stale: string[] = []
    for (const { path, matches } of files) {
      try {
        await documents.openFile(path)
        const text = documents.store.getState().documents[path]?.text
        const replaced = text === undefined ? undefined : replaceMatches(text, matches)
        if (replaced === undefined) stale.push(path)
        else documents.edit(path, replaced)
      } catch (error) {
        stale.push(path)
        onError(error)
      }
    }
    if (active !== undefined) documents.activate(active)
    await run()
    return stale
  }

  return { store, setQuery, setReplacing, run, stop, setFolded, replace }
}
