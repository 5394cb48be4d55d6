/** Which pages use which language server. A server lives as long as somebody watches it. */
import { LabError } from '../../shared/failure'
import type { Completion, CompletionList, Definition, LanguageHover, LanguageServerId, LanguageServerState, Signatures } from '../../shared/language-servers'
import { toCompletion } from './answers'
import { LanguageServer, type Place, type RawList, type ServerOptions, type ServerSetup } from './server'

/** Servers that run at one time: each may take a processor and some hundred MiB. */
const MOST_SERVERS = 8

interface Session {
  server: LanguageServer
  /** Files that this page has open. */
  paths: Set<string>
  /** The last completion list. */
  list: number
  raw: RawList | undefined
}

export interface SessionsOptions extends Pick<ServerOptions, 'find' | 'limits' | 'restartDelaysMs' | 'mostText'> {
  /** What a server is told of a project. */
  prepare(directory: string, server: LanguageServerId): Promise<ServerSetup>
}

export class LanguageSessions {
  readonly #options: SessionsOptions
  readonly #servers = new Map<string, { server: LanguageServer; directory: string }>()
  readonly #sessions = new Map<string, Session>()
  readonly #ending = new Set<Promise<void>>()

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /**
   * Takes part in a server, which is started if it does not run, until `signal` aborts. The first state is told at once; from then on the
   * session may be used.
   */
  watch(directory: string, id: LanguageServerId, name: string, emit: (state: LanguageServerState) => void, signal: AbortSignal): Promise<null> {
    if (this.#sessions.has(name)) throw new LabError({ code: 'bad-request', what: 'This session is in use.', where: name })
    const server = this.#serverOf(directory, id)
    const session: Session = { server, paths: new Set(), list: 0, raw: undefined }
    this.#sessions.set(name, session)
    emit(server.state)
    const stop = server.onState(emit)
    server.retry()
    return new Promise((resolve) => {
      const end = (): void => {
        stop()
        this.#sessions.delete(name)
        this.#leave(session)
        resolve(null)
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
    })
  }

  update(name: string, path: string, text: string): void {
    const { server, paths } = this.#session(name)
    server.update(path, text)
    paths.add(path)
  }

  closeFile(name: string, path: string): void {
    const session = this.#session(name)
    if (session.paths.delete(path)) this.#closeUnused(session.server, path)
  }

  async complete(name: string, place: Place, trigger: string | undefined, signal: AbortSignal): Promise<CompletionList> {
    const session = this.#session(name)
    const { list, raw } = await session.server.complete(place, trigger, signal)
    session.raw = raw
    return { ...list, list: ++session.list }
  }

  async resolve(name: string, list: number, index: number, signal: AbortSignal): Promise<Completion | null> {
    const session = this.#session(name)
    if (list !== session.list || session.raw === undefined) return null
    const item = await session.server.resolve(session.raw, index, signal)
    return item === undefined ? null : toCompletion(item)
  }

  async hover(name: string, place: Place, signal: AbortSignal): Promise<LanguageHover | null> {
    return this.#session(name).server.hover(place, signal)
  }

  async definition(name: string, place: Place, signal: AbortSignal): Promise<Definition[]> {
    return this.#session(name).server.definition(place, signal)
  }

  async signatures(name: string, place: Place, trigger: string | undefined, retrigger: boolean, signal: AbortSignal): Promise<Signatures | null> {
    return this.#session(name).server.signatures(place, trigger, retrigger, signal)
  }

  /** Files of a project changed: its servers may have to know. */
  async refresh(directory: string): Promise<void> {
    await Promise.all([...this.#servers.values()].filter((one) => one.directory === directory).map(({ server }) => server.refresh()))
  }

  /** Ends all servers. */
  async close(): Promise<void> {
    for (const { server } of this.#servers.values()) this.#end(server)
    this.#servers.clear()
    this.#sessions.clear()
    await Promise.all(this.#ending)
  }

  #session(name: string): Session {
    const session = this.#sessions.get(name)
    if (session) return session
    throw new LabError({ code: 'not-found', what: 'There is no such session of a language server.', where: name, next: 'Watch a language server first.' })
  }

  #serverOf(directory: string, id: LanguageServerId): LanguageServer {
    const key = `${id}:${directory}`
    const known = this.#servers.get(key)
    if (known) return known.server
    if (this.#servers.size >= MOST_SERVERS) throw new LabError({ code: 'busy', what: `More than ${MOST_SERVERS} language servers would run.`, next: 'Close some windows of the lab.' })
    const { prepare, ...options } = this.#options
    const server = new LanguageServer({ ...options, id, directory, prepare: () => prepare(directory, id) })
    this.#servers.set(key, { server, directory })
    return server
  }

  #leave({ server, paths }: Session): void {
    if ([...this.#sessions.values()].some((other) => other.server === server)) {
      for (const path of paths) this.#closeUnused(server, path)
      return
    }
    for (const [key, one] of this.#servers) if (one.server === server) this.#servers.delete(key)
    this.#end(server)
  }

  #closeUnused(server: LanguageServer, path: string): void {
    if (![...this.#sessions.values()].some((other) => other.server === server && other.paths.has(path))) server.closeFile(path)
  }

  #end(server: LanguageServer): void {
    const ending = server.close().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}
