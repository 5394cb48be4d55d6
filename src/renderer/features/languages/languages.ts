/**
 * Language servers of the open project: started when a file of their language is first opened, told of its text, asked about it. What is
 * shown of their answers is in `providers.ts`.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { MAX_TEXT_LENGTH } from '../../../shared/contract'
import { toFailure } from '../../../shared/failure'
import { LANGUAGE_SERVERS, servedLanguage, type Completion, type CompletionList, type Definition, type LanguageHover, type LanguageServerId, type LanguageServerState, type Signatures } from '../../../shared/language-servers'
import type { Connection } from '../../app/connection'
import type { Settings } from '../../app/settings'
import type { Documents } from '../editor/documents'

/** The states of servers that are in use. */
export type LanguagesState = Readonly<Partial<Record<LanguageServerId, LanguageServerState>>>

export interface LanguagesOptions {
  connection: Connection
  documents: Documents
  settings: Settings
  onError(error: unknown): void
  /** Milliseconds from the opening of a project to the start of its servers. */
  openedDelay?: number | undefined
}

/** A place in an open file; line and column count from 1. */
export interface Place {
  path: string
  line: number
  column: number
}

interface Session {
  /** Its name in the contract. */
  name: string
  directory: string
  controller: AbortController
  /** The services know it: calls may name it. */
  known: boolean
  /** What the server was told, by path. */
  told: Map<string, string>
}

/** How long typing pauses before a server hears of it. A question tells at once. */
const DELAY_MS = 300
/** A project that opens shows its text first: a server takes a whole processor when it starts. */
const OPENED_DELAY_MS = 1000
/** Ends of a question that the status bar tells more about, or the person wanted. */
const QUIET: ReadonlySet<string> = new Set(['cancelled', 'unavailable', 'timeout', 'disconnected', 'not-found'])

export type Languages = ReturnType<typeof createLanguages>

export function createLanguages({ connection, documents, settings, onError, openedDelay = OPENED_DELAY_MS }: LanguagesOptions) {
  const store: StoreApi<LanguagesState> = createStore<LanguagesState>(() => ({}))
  const sessions = new Map<LanguageServerId, Session>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let starting: ReturnType<typeof setTimeout> | undefined

  /** Starts and ends servers as the project, its files and the setting ask for it. */
  function sync(): void {
    clearTimeout(starting)
    endUnused()
    startUsed()
    clearTimeout(timer)
    timer = setTimeout(() => sessions.forEach(tell), DELAY_MS)
  }

  function endUnused(): void {
    const { directory } = documents.store.getState()
    const { languageServers } = settings.store.getState()
    for (const [id, session] of sessions) if (!languageServers || session.directory !== directory) end(id, session)
  }

  function startUsed(): void {
    const { directory, documents: texts } = documents.store.getState()
    const { languageServers } = settings.store.getState()
    const used = new Set(Object.keys(texts).map((path) => servedLanguage(path)?.server))
    if (!languageServers || directory === undefined) return
    for (const id of LANGUAGE_SERVERS) if (used.has(id) && !sessions.has(id)) start(id, directory)
  }

  function start(id: LanguageServerId, directory: string): void {
    if (connection.store.getState().status !== 'connected') return
    const session: Session = { name: crypto.randomUUID(), directory, controller: new AbortController(), known: false, told: new Map() }
    sessions.set(id, session)
    const hear = (state: LanguageServerState): void => {
      if (sessions.get(id) !== session) return
      store.setState({ [id]: state })
      if (session.known) return
      session.known = true
      tell(session, id)
    }
    connection.listen('languages.watch', { directory, server: id, session: session.name }, hear, { signal: session.controller.signal }).catch((error: unknown) => {
      // With a new connection it starts again.
      if (sessions.get(id) === session) end(id, session)
      onError(error)
    })
  }

  function end(id: LanguageServerId, session: Session): void {
    sessions.delete(id)
    session.controller.abort()
    store.setState({ [id]: undefined })
  }

  /** Tells a server what changed in its files since it was told. The services take calls in order: a question after it is about these texts. */
  function tell(session: Session, id: LanguageServerId): void {
    const { directory, documents: texts } = documents.store.getState()
    if (!session.known || session.directory !== directory) return
    const failed = (error: unknown): void => {
      if (!QUIET.has(toFailure(error).code)) onError(error)
    }
    for (const { path, text } of Object.values(texts)) {
      if (servedLanguage(path)?.server !== id || session.told.get(path) === text || text.length > MAX_TEXT_LENGTH) continue
      session.told.set(path, text)
      connection.call('languages.update', { session: session.name, path, text }).catch(failed)
    }
    for (const path of session.told.keys()) {
      if (texts[path] !== undefined) continue
      session.told.delete(path)
      connection.call('languages.close', { session: session.name, path }).catch(failed)
    }
  }

  /** Asks the server of a file. Undefined when it has no answer. */
  async function ask<T>(path: string, question: (session: string) => Promise<T>): Promise<T | undefined> {
    const id = servedLanguage(path)?.server
    const session = id === undefined ? undefined : sessions.get(id)
    if (id === undefined || session?.known !== true) return undefined
    tell(session, id)
    if (!session.told.has(path)) return undefined
    try {
      return await question(session.name)
    } catch (error) {
      if (!QUIET.has(toFailure(error).code)) onError(error)
      return undefined
    }
  }

  connection.onConnected(sync)
  documents.store.subscribe((state, previous) => {
    if (state.directory !== previous.directory) {
      endUnused()
      clearTimeout(starting)
      starting = setTimeout(sync, openedDelay)
    } else if (state.documents !== previous.documents) sync()
  })
  settings.store.subscribe((state, previous) => {
    if (state.languageServers !== previous.languageServers) sync()
  })

  return {
    store,
    /** Looks again for a server that is missing, and starts one that failed. */
    retry(id: LanguageServerId): void {
      const session = sessions.get(id)
      if (session) end(id, session)
      sync()
    },
    complete: (place: Place, trigger: string | undefined, signal: AbortSignal): Promise<CompletionList | undefined> =>
      ask(place.path, (session) => connection.call('languages.complete', { session, ...place, ...(trigger === undefined ? {} : { trigger }) }, { signal })),
    resolve: async (path: string, list: number, index: number, signal: AbortSignal): Promise<Completion | undefined> =>
      (await ask(path, (session) => connection.call('languages.resolve', { session, list, index }, { signal }))) ?? undefined,
    hover: async (place: Place, signal: AbortSignal): Promise<LanguageHover | undefined> =>
      (await ask(place.path, (session) => connection.call('languages.hover', { session, ...place }, { signal }))) ?? undefined,
    definition: async (place: Place, signal: AbortSignal): Promise<Definition[]> => (await ask(place.path, (session) => connection.call('languages.definition', { session, ...place }, { signal }))) ?? [],
    signatures: async (place: Place, trigger: string | undefined, retrigger: boolean, signal: AbortSignal): Promise<Signatures | undefined> =>
      (await ask(place.path, (session) => connection.call('languages.signatures', { session, ...place, retrigger, ...(trigger === undefined ? {} : { trigger }) }, { signal }))) ?? undefined,
    /** Text of a project's file that is not open; undefined when it cannot be read. */
    async textOf(path: string): Promise<string | undefined> {
      const { directory } = documents.store.getState()
      if (directory === undefined) return undefined
      try {
        return (await connection.call('projects.readFile', { directory, path })).text
      } catch (error) {
        if (!QUIET.has(toFailure(error).code)) onError(error)
        return undefined
      }
    },
    openFile: documents.openFile,
  }
}
