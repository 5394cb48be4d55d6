/** The file tree: what is open and chosen in it, and what is done to files. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { FileEntry } from '../../../shared/contract'
import { toFailure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import type { Dialogs } from '../../app/dialogs'
import { currentStrings } from '../../strings'
import { isDirty, type Documents } from '../editor/documents'
import { ancestorsOf, isUnder, joinPath, nameOf, parentOf } from './rows'

/** The row whose name is being typed: of something new in a folder, or of something that is there. */
export type Naming = { kind: 'file' | 'folder'; folder: string } | { kind: 'rename'; path: string }

export interface FilesState {
  expanded: ReadonlySet<string>
  selected: string | undefined
  naming: Naming | undefined
  /** Whether what builds leave is shown, and the files with it. */
  showResults: boolean
  withResults: readonly FileEntry[]
}

interface Options {
  connection: Connection
  documents: Documents
  dialogs: Dialogs
  attempt(work: Promise<unknown>): void
}

export type Files = ReturnType<typeof createFiles>

const fresh: FilesState = { expanded: new Set(), selected: undefined, naming: undefined, showResults: false, withResults: [] }

export function createFiles({ connection, documents, dialogs, attempt }: Options) {
  const store: StoreApi<FilesState> = createStore<FilesState>(() => fresh)

  documents.store.subscribe((state, previous) => {
    if (state.directory !== previous.directory) store.setState(fresh)
    if (state.active !== undefined && state.active !== previous.active) reveal(state.active)
    if (state.files !== previous.files && store.getState().showResults) attempt(loadResults())
  })

  const listed = (): readonly FileEntry[] => (store.getState().showResults ? store.getState().withResults : documents.store.getState().files)
  const directory = (): string => {
    const open = documents.store.getState().directory
    if (open === undefined) throw new Error('No project is open.')
    return open
  }

  /** Opens the folders on the way to a path, and chooses it. */
  function reveal(path: string): void {
    store.setState(({ expanded }) => ({ expanded: new Set([...expanded, ...ancestorsOf(path)]), selected: path }))
  }

  const select = (selected: string | undefined): void => store.setState({ selected })

  function setExpanded(path: string, open: boolean): void {
    store.setState(({ expanded }) => {
      const next = new Set(expanded)
      if (open) next.add(path)
      else next.delete(path)
      return { expanded: next }
    })
  }

  const collapseAll = (): void => store.setState({ expanded: new Set() })

  async function loadResults(): Promise<void> {
    const from = directory()
    const withResults = await connection.call('projects.listFiles', { directory: from, results: true })
    if (documents.store.getState().directory === from) store.setState({ withResults })
  }

  async function toggleResults(): Promise<void> {
    if (store.getState().showResults) return store.setState({ showResults: false })
    await loadResults()
    store.setState({ showResults: true })
  }

  /** The folder in which something new is made: the chosen one, or that of the chosen file. */
  function folderFor(path: string | undefined): string {
    if (path === undefined) return ''
    return listed().find((file) => file.path === path)?.kind === 'directory' ? path : parentOf(path)
  }

  function startNew(kind: 'file' | 'folder', at = store.getState().selected): void {
    const folder = folderFor(at)
    if (folder !== '') {
      reveal(folder)
      setExpanded(folder, true)
    }
    store.setState({ naming: { kind, folder } })
  }

  const startRename = (path: string): void => store.setState({ selected: path, naming: { kind: 'rename', path } })
  const stopNaming = (): void => store.setState({ naming: undefined })

  /** The name was typed. */
  async function name(typed: string): Promise<void> {
    const { naming } = store.getState()
    stopNaming()
    if (!naming) return
    if (naming.kind === 'rename') return move(naming.path, joinPath(parentOf(naming.path), typed))
    const path = joinPath(naming.folder, typed)
    await connection.call(naming.kind === 'file' ? 'projects.createFile' : 'projects.createFolder', { directory: directory(), path })
    await look()
    reveal(path)
    if (naming.kind === 'file') await documents.openFile(path)
  }

  /** Lists anew what the tree shows. */
  async function look(): Promise<void> {
    await documents.refresh()
    if (store.getState().showResults) await loadResults()
  }

  /** Renames or moves; open folders stay open, and tabs follow. */
  async function move(from: string, to: string): Promise<void> {
    if (from === to) return
    await documents.rename(from, to)
    const moved = (path: string): string => (path === from || isUnder(path, from) ? to + path.slice(from.length) : path)
    store.setState(({ expanded }) => ({ expanded: new Set([...expanded].map(moved)) }))
    await look()
    reveal(to)
  }

  const moveInto = (path: string, folder: string): Promise<void> => move(path, joinPath(folder, nameOf(path)))

  /** Asks, and deletes into the trash; where there is none, asks again and deletes for good. */
  async function remove(path: string): Promise<void> {
    const text = currentStrings().files
    const affected = Object.values(documents.store.getState().documents).filter((document) => document.path === path || isUnder(document.path, path))
    const unsaved = affected.some(isDirty) ? ` ${text.deleteUnsaved}` : ''
    const sure = await dialogs.ask({ title: text.deleteTitle(nameOf(path)), body: text.deleteBody + unsaved, choices: [{ id: 'trash', label: text.toTrash, tone: 'primary' }] })
    if (sure === undefined) return
    try {
      await connection.call('projects.delete', { directory: directory(), path, forGood: false })
    } catch (error) {
      const failure = toFailure(error)
      if (failure.code !== 'no-trash') throw error
      const body = [text.noTrash, failure.why].filter(Boolean).join(' ')
      const forGood = await dialogs.ask({ title: text.deleteTitle(nameOf(path)), body, choices: [{ id: 'for-good', label: text.deleteForGood, tone: 'danger' }] })
      if (forGood === undefined) return
      await connection.call('projects.delete', { directory: directory(), path, forGood: true })
    }
    for (const document of affected) await documents.closeFile(document.path)
    if (store.getState().selected === path) select(parentOf(path) || undefined)
    await look()
  }

  async function copyPath(path: string, absolute: boolean): Promise<void> {
    const folder = directory()
    const separator = folder.includes('\\') ? '\\' : '/'
    await navigator.clipboard.writeText(absolute ? [folder, ...path.split('/')].join(separator) : path)
  }

  const showInFileManager = (path: string): Promise<null> => connection.call('projects.reveal', { directory: directory(), path })

  return {
    store,
    reveal,
    select,
    setExpanded,
    collapseAll,
    toggleResults,
    startNew,
    startRename,
    stopNaming,
    name,
    moveInto,
    remove,
    copyPath,
    showInFileManager,
  }
}
