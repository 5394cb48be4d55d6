/**
 * The open project's texts: what is stored, what is typed, and what of it is unsaved.
 *
 * Text is never lost: typed text goes to the services as a draft after a short pause, and at once when the page is about
 * to go; what could not be handed over by then is put into the browser's own storage and handed over at the next start.
 */
import * as z from 'zod'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { draftSchema, type FileEntry } from '../../../shared/contract'
import { toFailure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'

export interface Document {
  path: string
  text: string
  /** Text of the stored file; undefined when the file is gone and only its unsaved text is left. */
  savedText: string | undefined
  /** The stored file that the text was typed over. */
  version: string
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
  /** Paths of the tabs, in order. */
  open: readonly string[]
  active: string | undefined
  reveal: Reveal | undefined
}

/** What to do when a file that is to be saved was changed by another program. */
export type ConflictChoice = 'overwrite' | 'reload' | undefined

export interface DocumentsOptions {
  connection: Connection
  onError(error: unknown): void
  resolveConflict(path: string): Promise<ConflictChoice>
  /** The browser's storage, for text that could not be handed over before the page went. */
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}

export const isDirty = (document: Document | undefined): boolean => document !== undefined && document.text !== document.savedText

const DRAFT_DELAY_MS = 250
const STRANDED_KEY = 'bootlab.stranded-drafts'
const strandedSchema = z.array(draftSchema.omit({ savedAt: true }).extend({ directory: z.string() }))

const closed: DocumentsState = { directory: undefined, files: [], documents: {}, open: [], active: undefined, reveal: undefined }

export type Documents = ReturnType<typeof createDocuments>

export function createDocuments({ connection, onError, resolveConflict, storage }: DocumentsOptions) {
  const store: StoreApi<DocumentsState> = createStore<DocumentsState>(() => closed)
  /** Typed text that the services do not hold yet, by path. */
  const undrafted = new Map<string, ReturnType<typeof setTimeout>>()
  /** Work on one file happens in order: a draft may not arrive after the save that replaces it. */
  const queues = new Map<string, Promise<unknown>>()
  let nonce = 0

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
   * @returns paths of files whose unsaved text was restored
   */
  async function openProject(directory: string, tabs: readonly string[], active?: string): Promise<string[]> {
    await closeProject()
    await handOverStranded()
    const [files, drafts] = await Promise.all([
      connection.call('projects.listFiles', { directory }),
      connection.call('drafts.list', { directory }),
    ])
    const known = new Set(files.filter((file) => file.kind === 'file').map((file) => file.path))
    const drafted = new Set(drafts.map((draft) => draft.path))
    const paths = [...new Set([...tabs, ...drafted])].filter((path) => known.has(path) || drafted.has(path))
    const documents: Record<string, Document> = {}
    const restored: string[] = []
    await Promise.all(
      paths.map(async (path) => {
        const draft = drafts.find((candidate) => candidate.path === path)
        const stored = known.has(path) ? await fetchText(directory, path) : undefined
        if (draft && draft.text !== stored?.text) {
          // The draft keeps the version it was typed over: saving then notices when the file has changed since.
          documents[path] = { path, text: draft.text, savedText: stored?.savedText, version: draft.baseVersion }
          restored.push(path)
        } else if (stored) {
          documents[path] = stored
        }
      }),
    )
    const open = paths.filter((path) => documents[path])
    store.setState({ directory, files, documents, open, active: active !== undefined && open.includes(active) ? active : open[0], reveal: undefined })
    return restored
  }

  async function closeProject(): Promise<void> {
    await flushDrafts()
    queues.clear()
    store.setState(closed)
  }

  async function openFile(path: string, at?: { line: number; column: number; quiet?: boolean }): Promise<void> {
    const { directory, documents } = store.getState()
    if (directory === undefined) return
    if (!documents[path]) {
      const document = await fetchText(directory, path)
      if (store.getState().directory !== directory) return
      store.setState((state) => ({ documents: { [path]: document, ...state.documents } }))
    }
    store.setState(({ open }) => ({
      open: open.includes(path) ? open : [...open, path],
      active: path,
      ...(at ? { reveal: { path, ...at, nonce: ++nonce } } : {}),
    }))
  }

  /** Closes a tab. Unsaved text of the file is discarded: ask before. */
  async function closeFile(path: string): Promise<void> {
    const { directory, documents, open, active } = store.getState()
    const index = open.indexOf(path)
    if (index < 0 || directory === undefined) return
    const dirty = isDirty(documents[path])
    forgetUndrafted(path)
    const rest = open.filter((other) => other !== path)
    const { [path]: _closed, ...others } = documents
    store.setState({ open: rest, documents: others, active: active === path ? rest[Math.min(index, rest.length - 1)] : active })
    if (dirty) await inOrder(path, () => connection.call('drafts.discard', { directory, path }))
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
    update(path, (current) => ({ ...current, savedText, version }))
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
    void flushDrafts().then(() => undrafted.size === 0 && storage.removeItem(STRANDED_KEY))
    if (texts.length > 0) storage.setItem(STRANDED_KEY, JSON.stringify(texts))
  }

  async function handOverStranded(): Promise<void> {
    const left: unknown[] = []
    for (const draft of parseStranded(storage.getItem(STRANDED_KEY))) {
      try {
        // In order: two texts of one file would otherwise race.
        // eslint-disable-next-line no-await-in-loop
        await connection.call('drafts.save', draft)
      } catch (error) {
        left.push(draft)
        onError(error)
      }
    }
    if (left.length > 0) storage.setItem(STRANDED_KEY, JSON.stringify(left))
    else storage.removeItem(STRANDED_KEY)
  }

  /**
   * Looks what other programs did: lists the files again, and takes over stored texts that changed. Text that is not saved
   * stays; saving it then asks.
   */
  async function refresh(): Promise<void> {
    const { directory, documents } = store.getState()
    if (directory === undefined) return
    const files = await connection.call('projects.listFiles', { directory })
    if (store.getState().directory !== directory) return
    store.setState({ files })
    const stored = new Set(files.map((file) => file.path))
    const clean = Object.values(documents).filter((document) => !isDirty(document) && stored.has(document.path))
    await Promise.all(
      clean.map(({ path }) =>
        inOrder(path, async () => {
          const fresh = await fetchText(directory, path)
          if (store.getState().directory !== directory) return
          update(path, (current) => (isDirty(current) || current.version === fresh.version ? current : fresh))
        }),
      ),
    )
  }

  const activate = (path: string): void => store.setState(({ open }) => (open.includes(path) ? { active: path } : {}))

  return { store, openProject, closeProject, openFile, closeFile, activate, edit, save, saveAll, flushDrafts, strand, refresh }
}

function parseStranded(kept: string | null): z.infer<typeof strandedSchema> {
  if (kept === null) return []
  try {
    const parsed = strandedSchema.safeParse(JSON.parse(kept))
    return parsed.success ? parsed.data : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
