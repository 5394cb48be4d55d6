/**
 * The open project's texts: what is stored, what is typed, and what of it is unsaved.
 *
 * Text is never lost: typed text goes to the services as a draft after a short pause, and at once when the page is about
 * to go; what could not be handed over by then is put into the browser's own storage and handed over at the next start.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { FileEntry, FileText } from '../../../shared/contract'
import { toFailure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import { createEditorTabs } from './editor-tabs'
import { closeIn, groupIds, groupOf, oneGroup, openIn, openPaths, renameTabs, restoreGroups, splitGroup, type EditorGroups, type Side, type StoredGroups } from './groups'
import { mergeTexts } from './merge'
import { createStranded } from './stranded-drafts'

export interface Document {
  path: string
  text: string
  /** What was typed over; undefined when that is not known: of an unsaved text of an earlier run, whose file changed or went. */
  savedText: string | undefined
  /** The stored file that the text was typed over. */
  version: string
  /** What another program made of the file since, while there was unsaved text. */
  theirs?: FileText | 'gone'
}

/** A place to show. `nonce` tells two requests for the same place apart. */
export interface Reveal {
  path: string
  line: number
  column: number
  /** Leaves the keyboard where it is. */
  quiet?: boolean
  nonce: number
}

export interface DocumentsState {
  directory: string | undefined
  files: FileEntry[]
  documents: Readonly<Record<string, Document>>
  /** Editors side by side, and their tabs. */
  groups: EditorGroups
  /** Of all groups: paths that have a tab, each once. */
  open: readonly string[]
  /** The tab in front, of the group that has the focus. */
  active: string | undefined
  reveal: Reveal | undefined
  /** The group whose editor shall take the keyboard; `nonce` tells two wishes apart. */
  attention: { group: string; nonce: number } | undefined
}

/** What to do when a file that is to be saved was changed by another program. */
export type ConflictChoice = 'overwrite' | 'reload' | undefined

export interface DocumentsOptions {
  connection: Connection
  onError(error: unknown): void
  resolveConflict(path: string): Promise<ConflictChoice>
  /** May still change a text that is about to be saved; undefined when it does not. */
  beforeSave?(path: string): Promise<void> | undefined
  /** The browser's storage, for text that could not be handed over before the page went. */
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}

export const isDirty = (document: Document | undefined): boolean => document !== undefined && document.text !== document.savedText

const DRAFT_DELAY_MS = 250
/** Some programs save by deleting a file and writing it anew. */
const GONE_DELAY_MS = 300

const closed: DocumentsState = { directory: undefined, files: [], documents: {}, groups: oneGroup(), open: [], active: undefined, reveal: undefined, attention: undefined }

export type Documents = ReturnType<typeof createDocuments>

export function createDocuments({ connection, onError, resolveConflict, beforeSave, storage }: DocumentsOptions) {
  const store: StoreApi<DocumentsState> = createStore<DocumentsState>(() => closed)
  /** Typed text that the services do not hold yet, by path. */
  const undrafted = new Map<string, ReturnType<typeof setTimeout>>()
  /** Work on one file happens in order: a draft may not arrive after the save that replaces it. */
  const queues = new Map<string, Promise<unknown>>()
  const stranded = createStranded(storage)
  let nonce = 0
  /** Files are being renamed: what their old paths hold is no news. */
  let renaming = 0
  let refreshing: Promise<void> | undefined
  let refreshAgain = false

  /** Tabs and groups change only here: what is derived from them goes along. */
  function arrange(change: (groups: EditorGroups) => EditorGroups, more: Partial<DocumentsState> = {}): void {
    store.setState((state) => {
      const groups = change(state.groups)
      return { ...more, groups, open: openPaths(groups), active: groupOf(groups, groups.focused).active }
    })
  }

  const editorTabs = createEditorTabs(store, arrange)

  function inOrder<T>(path: string, work: () => Promise<T>): Promise<T> {
    const next = (queues.get(path) ?? Promise.resolve()).then(work)
    queues.set(
      path,
      next.then(
        () => undefined,
        () => undefined,
      ),
    )
    return next
  }

  function update(path: string, change: (document: Document) => Document): void {
    store.setState(({ documents }) => {
      const document = documents[path]
      return document ? { documents: { ...documents, [path]: change(document) } } : {}
    })
  }

  async function fetchText(directory: string, path: string): Promise<Document> {
    const { text, version } = await connection.call('projects.readFile', { directory, path })
    return { path, text, savedText: text, version }
  }

  /**
   * Opens a project: its unsaved texts, and the given tabs as far as they exist.
   * @param groups how the tabs lay side by side
   * @returns paths of files whose unsaved text was restored
   */
  async function openProject(directory: string, tabs: readonly string[], active?: string, groups?: StoredGroups): Promise<string[]> {
    await closeProject()
    await stranded.handOver((draft) => connection.call('drafts.save', draft), onError)
    const [files, drafts] = await Promise.all([
      connection.call('projects.listFiles', { directory }),
      connection.call('drafts.list', { directory }),
    ])
    const paths = [...new Set([...tabs, ...drafts.map((draft) => draft.path)])]
    const documents: Record<string, Document> = {}
    const restored: string[] = []
    await Promise.all(
      paths.map(async (path) => {
        const draft = drafts.find((candidate) => candidate.path === path)
        const stored = await findText(directory, path)
        if (draft && draft.text !== stored?.text) {
          documents[path] = documentOfDraft(draft, stored)
          restored.push(path)
        } else if (stored) {
          documents[path] = { path, text: stored.text, savedText: stored.text, version: stored.version }
        }
      }),
    )
    const open = paths.filter((path) => documents[path])
    const remembered = groups && restoreGroups(groups, (path) => documents[path] !== undefined)
    const shown = active !== undefined && open.includes(active) ? active : open[0]
    // Unsaved text shows itself, whatever tabs there were.
    const arranged = remembered ? open.reduce((all, path) => (openPaths(all).includes(path) ? all : openIn(all, path)), remembered) : oneGroup(open, shown)
    arrange(() => arranged, { directory, files, documents, reveal: undefined })
    return restored
  }

  /** @returns undefined when the file is gone, or no text any more */
  async function findText(directory: string, path: string): Promise<FileText | undefined> {
    try {
      return await connection.call('projects.readFile', { directory, path })
    } catch (error) {
      if (['not-found', 'not-text', 'too-large'].includes(toFailure(error).code)) return undefined
      throw error
    }
  }

  async function closeProject(): Promise<void> {
    await flushDrafts()
    queues.clear()
    store.setState(closed)
  }

  /** @returns false when another project was opened meanwhile */
  async function load(path: string): Promise<boolean> {
    const { directory, documents } = store.getState()
    if (directory === undefined) return false
    if (documents[path]) return true
    const document = await fetchText(directory, path)
    if (store.getState().directory !== directory) return false
    store.setState((state) => ({ documents: { [path]: document, ...state.documents } }))
    return true
  }

  /** @param where the group, and the side of it where a new one is made; else the one that has the focus */
  async function openFile(path: string, at?: { line: number; column: number; quiet?: boolean }, { group, side }: { group?: string; side?: Side } = {}): Promise<void> {
    if (!(await load(path))) return
    arrange((groups) => (side ? splitGroup(groups, group ?? groups.focused, side, path) : openIn(groups, path, group)), at ? { reveal: { path, ...at, nonce: ++nonce } } : {})
  }

  /**
   * Closes a tab. Unsaved text of a file that has no other tab is discarded: ask before.
   * @param group that it is closed in; all when absent
   */
  async function closeFile(path: string, group?: string): Promise<void> {
    const { directory, documents, open } = store.getState()
    if (!open.includes(path) || directory === undefined) return
    arrange((groups) => closeIn(groups, path, group))
    if (store.getState().open.includes(path)) return
    const dirty = isDirty(documents[path])
    forgetUndrafted(path)
    dropDocument(path)
    if (dirty) await inOrder(path, () => connection.call('drafts.discard', { directory, path }))
  }

  /** Whether closing a tab closes the file. */
  function isLastTab(path: string, group?: string): boolean {
    const { groups } = store.getState()
    return group === undefined || groupIds(groups).every((id) => id === group || !groupOf(groups, id).open.includes(path))
  }

  function dropDocument(path: string): void {
    store.setState(({ documents }) => {
      const { [path]: _closed, ...others } = documents
      return { documents: others }
    })
  }

  function edit(path: string, text: string): void {
    const document = store.getState().documents[path]
    if (!document || document.text === text) return
    update(path, (current) => ({ ...current, text }))
    scheduleDraft(path)
  }

  function scheduleDraft(path: string): void {
    clearTimeout(undrafted.get(path))
    undrafted.set(
      path,
      setTimeout(() => void sendDraft(path), DRAFT_DELAY_MS),
    )
  }

  function forgetUndrafted(path: string): void {
    clearTimeout(undrafted.get(path))
    undrafted.delete(path)
  }

  async function sendDraft(path: string): Promise<void> {
    const { directory, documents } = store.getState()
    const document = documents[path]
    if (!document || directory === undefined) return
    const sent = document.text
    try {
      await inOrder(path, () =>
        isDirty(document)
          ? connection.call('drafts.save', { directory, path, text: sent, baseVersion: document.version })
          : connection.call('drafts.discard', { directory, path }),
      )
      if (store.getState().documents[path]?.text === sent) forgetUndrafted(path)
    } catch (error) {
      // Without a connection the text stays marked as not handed over, and goes out when the connection is back.
      onError(error)
    }
  }

  async function flushDrafts(): Promise<void> {
    await Promise.all([...undrafted.keys()].map(sendDraft))
  }

  /** Saves one file. @returns false when the file was changed by another program and the person did not decide */
  async function save(path: string): Promise<boolean> {
    const change = isDirty(store.getState().documents[path]) ? beforeSave?.(path) : undefined
    // Without one, the text that is saved is the one of this very moment.
    if (change) await change
    const { directory, documents } = store.getState()
    const document = documents[path]
    if (!document || directory === undefined || !isDirty(document)) return true
    forgetUndrafted(path)
    try {
      const { version } = await inOrder(path, () =>
        connection.call('projects.writeFile', { directory, path, text: document.text, baseVersion: document.version }),
      )
      noteSaved(path, document.text, version)
      return true
    } catch (error) {
      if (toFailure(error).code !== 'file-changed') {
        scheduleDraft(path)
        throw error
      }
      return await settleConflict(directory, document)
    }
  }

  async function settleConflict(directory: string, document: Document): Promise<boolean> {
    const { path, text } = document
    const choice = await resolveConflict(path)
    if (choice === 'overwrite') {
      const { version } = await inOrder(path, () => connection.call('projects.writeFile', { directory, path, text }))
      noteSaved(path, text, version)
      return true
    }
    if (choice === 'reload') {
      const fresh = await fetchText(directory, path)
      await inOrder(path, () => connection.call('drafts.discard', { directory, path }))
      update(path, () => fresh)
      return true
    }
    await sendDraft(path)
    return false
  }

  function noteSaved(path: string, savedText: string, version: string): void {
    update(path, ({ theirs: _settled, ...current }) => ({ ...current, savedText, version }))
    // Typed on while the file was being written: that text needs a draft over the new version.
    if (isDirty(store.getState().documents[path])) void sendDraft(path)
  }

  /** @returns false when one of the files was not saved */
  async function saveAll(): Promise<boolean> {
    for (const document of Object.values(store.getState().documents)) {
      // One after the other: each may ask a question.
      // eslint-disable-next-line no-await-in-loop
      if (isDirty(document) && !(await save(document.path))) return false
    }
    return true
  }

  /** The page is about to go: sends drafts, and keeps a copy of what may not arrive in the browser's storage. */
  function strand(): void {
    const { directory, documents } = store.getState()
    if (directory === undefined || undrafted.size === 0) return
    const texts = [...undrafted.keys()].flatMap((path) => {
      const document = documents[path]
      return document && isDirty(document) ? [{ directory, path, text: document.text, baseVersion: document.version }] : []
    })
    // When the page stays after all and the drafts arrive, the copy would be stale by the next start.
    void flushDrafts().then(() => undrafted.size === 0 && stranded.clear())
    if (texts.length > 0) stranded.keep(texts)
  }

  /**
   * Looks what other programs did: lists the files again, and takes over stored texts that changed. Text that is not saved
   * stays, and it is noted that the file is another one by now.
   */
  function refresh(): Promise<void> {
    if (refreshing) {
      refreshAgain = true
      return refreshing
    }
    refreshing = lookAround().finally(() => {
      refreshing = undefined
      if (!refreshAgain) return
      refreshAgain = false
      refresh().catch(onError)
    })
    return refreshing
  }

  async function lookAround(): Promise<void> {
    const { directory, documents } = store.getState()
    if (directory === undefined) return
    const files = await connection.call('projects.listFiles', { directory })
    if (store.getState().directory !== directory) return
    store.setState({ files })
    await Promise.all(Object.keys(documents).map((path) => inOrder(path, () => lookAt(directory, path))))
  }

  async function lookAt(directory: string, path: string): Promise<void> {
    const found = await findText(directory, path)
    const state = store.getState()
    const document = state.documents[path]
    if (state.directory !== directory || !document || renaming > 0) return
    if (!isDirty(document)) {
      if (found === undefined) await closeWhenGone(directory, path)
      else if (document.version !== found.version) update(path, () => ({ path, text: found.text, savedText: found.text, version: found.version }))
    } else if (found === undefined) {
      update(path, (current) => ({ ...current, theirs: 'gone' }))
    } else if (found.text === document.text) {
      update(path, () => ({ path, text: found.text, savedText: found.text, version: found.version }))
      await connection.call('drafts.discard', { directory, path })
    } else {
      const { theirs, ...mine } = document
      const known = theirs !== undefined && theirs !== 'gone' && theirs.version === found.version
      if (found.version === document.version) update(path, () => mine)
      else if (!known) update(path, (current) => ({ ...current, theirs: found }))
    }
  }

  /** A file without unsaved text that does not come back takes its tab along. */
  async function closeWhenGone(directory: string, path: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GONE_DELAY_MS))
    const found = await findText(directory, path)
    const { directory: now, documents } = store.getState()
    if (found === undefined && now === directory && renaming === 0 && !isDirty(documents[path])) await closeFile(path)
  }

  /** The unsaved text stays, and saving it may replace what is stored now. */
  async function keepMine(path: string): Promise<void> {
    const { directory, documents } = store.getState()
    const document = documents[path]
    if (!document?.theirs || directory === undefined) return
    if (document.theirs === 'gone') {
      const { text } = document
      const { version } = await inOrder(path, () => connection.call('projects.writeFile', { directory, path, text }))
      return noteSaved(path, text, version)
    }
    rebase(path, document.theirs, document.text)
  }

  async function takeTheirs(path: string): Promise<void> {
    const { directory, documents } = store.getState()
    const theirs = documents[path]?.theirs
    if (directory === undefined || theirs === undefined) return
    if (theirs === 'gone') return closeFile(path)
    forgetUndrafted(path)
    update(path, () => ({ path, text: theirs.text, savedText: theirs.text, version: theirs.version }))
    await inOrder(path, () => connection.call('drafts.discard', { directory, path }))
  }

  /** Brings both texts together. @returns how many places could not be decided and are marked; undefined when there is nothing to merge from */
  function merge(path: string, names: { mine: string; theirs: string }): number | undefined {
    const document = store.getState().documents[path]
    if (!document?.theirs || document.theirs === 'gone' || document.savedText === undefined) return undefined
    const { text, conflicts } = mergeTexts({ base: document.savedText, mine: document.text, theirs: document.theirs.text }, names)
    rebase(path, document.theirs, text)
    return conflicts
  }

  /** The text counts as typed over what is stored now. */
  function rebase(path: string, stored: FileText, text: string): void {
    update(path, () => ({ path, text, savedText: stored.text, version: stored.version }))
    scheduleDraft(path)
  }

  /** Renames a file or folder, whose tabs and unsaved texts go along. */
  async function rename(from: string, to: string): Promise<void> {
    const { directory } = store.getState()
    if (directory === undefined) return
    await flushDrafts()
    renaming++
    try {
      await connection.call('projects.rename', { directory, from, to })
      noteRenamed((path) => (path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path))
    } finally {
      renaming--
    }
    await refresh()
  }

  function noteRenamed(pathNow: (path: string) => string): void {
    const { documents } = store.getState()
    const moved = Object.values(documents).filter(({ path }) => pathNow(path) !== path)
    arrange((groups) => renameTabs(groups, pathNow), {
      documents: Object.fromEntries(Object.values(documents).map((document) => [pathNow(document.path), { ...document, path: pathNow(document.path) }])),
    })
    for (const { path } of moved) {
      const typed = undrafted.has(path)
      forgetUndrafted(path)
      if (typed) scheduleDraft(pathNow(path))
    }
  }

  return {
    store,
    openProject,
    closeProject,
    openFile,
    closeFile,
    isLastTab,
    ...editorTabs,
    edit,
    save,
    saveAll,
    flushDrafts,
    strand,
    refresh,
    keepMine,
    takeTheirs,
    merge,
    rename,
  }
}

/**
 * A draft keeps the version it was typed over: when the file has changed since, what was typed over is not known any more, and
 * saving asks.
 */
function documentOfDraft({ path, text, baseVersion }: { path: string; text: string; baseVersion: string }, stored: FileText | undefined): Document {
  if (stored === undefined) return { path, text, savedText: undefined, version: baseVersion, theirs: 'gone' }
  if (stored.version === baseVersion) return { path, text, savedText: stored.text, version: baseVersion }
  return { path, text, savedText: undefined, version: baseVersion, theirs: stored }
}
