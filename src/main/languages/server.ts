/**
 * The language server of one project and language: started, started again when it ends by itself, and given the texts of its open files
 * each time. It reads the project; nothing of it is ever written there.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { InitializeParams } from 'vscode-languageserver-protocol'
import type * as z from 'zod'
import { LabError } from '../../shared/failure'
import { servedLanguage, type CompletionList, type Definition, type LanguageHover, type LanguageServerId, type LanguageServerState, type Signatures } from '../../shared/language-servers'
import { MOST_COMPLETIONS, toCompletion, toHover, toRange, toSignatures } from './answers'
import { CAPABILITIES } from './capabilities'
import { connect, DEFAULT_LIMITS, unavailable, type Limits, type ServerConnection } from './connection'
import { findServer, type FoundServer } from './find'
import { installCommand, SERVER_PROGRAMS } from './programs'
import { completionAnswer, completionItemAnswer, definitionAnswer, hoverAnswer, initializeAnswer, serverStatus, signatureAnswer, type CompletionItem, type Location } from './protocol'

/** What a project has to say to its server. */
export interface ServerSetup {
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  /** The server's own options. */
  initializationOptions: Readonly<Record<string, unknown>>
  /** Changes when the server must start anew to notice. */
  fingerprint: string
}

export interface ServerOptions {
  id: LanguageServerId
  /** The project's folder, absolute. */
  directory: string
  /** Longest text of a file outside the project that is shown, in UTF-16 units. */
  mostText: number
  prepare(): Promise<ServerSetup>
  find?: (id: LanguageServerId) => Promise<FoundServer | undefined>
  limits?: Limits
  /** Waits before it is started again: as many times as there are. */
  restartDelaysMs?: readonly number[]
}

/** A place in a file of the project; line and column count from 1. */
export interface Place {
  path: string
  line: number
  column: number
}

const RESTART_DELAYS_MS = [500, 2000, 8000]
/** After so long without an end, earlier ones are forgotten. */
const FORGIVE_MS = 10 * 60_000
/** A server that misses so many answers in a row hangs. */
const MOST_TIMEOUTS = 3
/** Definitions of one name that are passed on. */
const MOST_DEFINITIONS = 50
/** Longest remark of a server about itself. */
const MOST_REMARK = 1000
/** CompletionTriggerKind and SignatureHelpTriggerKind of the protocol. */
const INVOKED = 1
const BY_CHARACTER = 2

interface OpenText {
  language: string
  text: string
  /** The protocol's version: counts the changes. */
  version: number
}

/** A completion list as the server sent it, to ask more about one of it. */
export interface RawList {
  items: readonly CompletionItem[]
  connection: ServerConnection
}

export class LanguageServer {
  readonly #options: ServerOptions
  readonly #limits: Limits
  readonly #texts = new Map<string, OpenText>()
  readonly #listeners = new Set<(state: LanguageServerState) => void>()
  readonly #closing = new AbortController()
  #state: LanguageServerState = { status: 'starting' }
  /** Of the run that is ready. */
  #connection: ServerConnection | undefined
  /** All runs, until it is missing, fails or is closed. */
  #life: Promise<void>
  #running: ServerConnection | undefined
  #restartAsked = false
  #fingerprint = ''
  #timeouts = 0
  #resolvable = false
  /** The project's folder with its links resolved: servers resolve them, too. */
  #root = ''

  constructor(options: ServerOptions) {
    this.#options = options
    this.#limits = options.limits ?? DEFAULT_LIMITS
    this.#life = this.#live()
  }

  get state(): LanguageServerState {
    return this.#state
  }

  /** Calls `listener` at each change. Returns a function that stops it. */
  onState(listener: (state: LanguageServerState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Looks again for a server that is missing, and starts one that failed. */
  retry(): void {
    if (this.#state.status !== 'missing' && this.#state.status !== 'failed') return
    this.#set({ status: 'starting' })
    this.#life = this.#life.then(() => this.#live())
  }

  /** The project changed: starts anew when the server would not notice by itself. */
  async refresh(): Promise<void> {
    if (this.#running === undefined) return
    const { fingerprint } = await this.#options.prepare()
    if (fingerprint === this.#fingerprint) return
    this.#restartAsked = true
    await this.#running.stop()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    // One that is still starting would not hear of it until it is done.
    if (this.#state.status === 'starting') this.#running?.kill('It was stopped.')
    else await this.#running?.stop()
    await this.#life
  }

  /** Opens a file, or changes its text. */
  update(path: string, text: string): void {
    const language = servedLanguage(path)?.language
    if (language === undefined) throw new LabError({ code: 'bad-request', what: 'No language server reads this file.', where: path })
    const open = this.#texts.get(path)
    if (open?.text === text) return
    const next: OpenText = { language, text, version: (open?.version ?? 0) + 1 }
    this.#texts.set(path, next)
    if (this.#connection === undefined) return
    if (open === undefined) this.#open(this.#connection, path, next)
    // A change without a range is the whole text.
    else this.#connection.notify('textDocument/didChange', { textDocument: { uri: this.#uri(path), version: next.version }, contentChanges: [{ text }] })
  }

  closeFile(path: string): void {
    if (this.#texts.delete(path)) this.#connection?.notify('textDocument/didClose', { textDocument: { uri: this.#uri(path) } })
  }

  async complete(place: Place, trigger: string | undefined, signal: AbortSignal): Promise<{ list: Omit<CompletionList, 'list'>; raw: RawList }> {
    const context = trigger === undefined ? { triggerKind: INVOKED } : { triggerKind: BY_CHARACTER, triggerCharacter: trigger }
    const { answer, connection } = await this.#ask('textDocument/completion', place, completionAnswer, signal, { context })
    const items = answer.items.slice(0, MOST_COMPLETIONS)
    // clangd offers the words of a file that it has not read yet.
    const words = items.length > 0 && items.every(({ kind }) => kind === 1)
    return {
      list: { incomplete: answer.isIncomplete || words || items.length < answer.items.length, resolvable: this.#resolvable, items: items.map(toCompletion) },
      raw: { items, connection },
    }
  }

  /** More about one of a list; as it was when the server ended since. */
  async resolve({ items, connection }: RawList, index: number, signal: AbortSignal): Promise<CompletionItem | undefined> {
    const item = items[index]
    if (item === undefined || !this.#resolvable || connection !== this.#connection) return item
    return connection.request('completionItem/resolve', item, completionItemAnswer, { signal })
  }

  async hover(place: Place, signal: AbortSignal): Promise<LanguageHover | null> {
    const { answer } = await this.#ask('textDocument/hover', place, hoverAnswer, signal)
    return answer && toHover(answer)
  }

  async definition(place: Place, signal: AbortSignal): Promise<Definition[]> {
    const { answer } = await this.#ask('textDocument/definition', place, definitionAnswer, signal)
    const found = await Promise.all(answer.slice(0, MOST_DEFINITIONS).map((location) => this.#definitionOf(location)))
    return found.filter((definition) => definition !== undefined)
  }

  async signatures(place: Place, trigger: string | undefined, isRetrigger: boolean, signal: AbortSignal): Promise<Signatures | null> {
    const context = { isRetrigger, ...(trigger === undefined ? { triggerKind: INVOKED } : { triggerKind: BY_CHARACTER, triggerCharacter: trigger }) }
    const { answer } = await this.#ask('textDocument/signatureHelp', place, signatureAnswer, signal, { context })
    return answer && toSignatures(answer)
  }

  #set(state: LanguageServerState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }

  async #live(): Promise<void> {
    const { id, find = findServer, restartDelaysMs = RESTART_DELAYS_MS } = this.#options
    const closing = this.#closing.signal
    let restarts = 0
    while (!closing.aborted) {
      // One run after the other is the matter here.
      // eslint-disable-next-line no-await-in-loop
      const found = await find(id)
      if (closing.aborted) return
      if (found === undefined) return this.#set({ status: 'missing', install: installCommand(id) })
      const started = Date.now()
      // eslint-disable-next-line no-await-in-loop
      const reason = await this.#run(found)
      if (closing.aborted) return
      if (!this.#restartAsked) {
        if (Date.now() - started > FORGIVE_MS) restarts = 0
        const delay = restartDelaysMs[restarts++]
        if (delay === undefined) return this.#set({ status: 'failed', reason })
        // eslint-disable-next-line no-await-in-loop
        await pause(delay, closing)
      }
      this.#restartAsked = false
      this.#set({ status: 'starting' })
    }
  }

  /** One run, from its start to its end. @returns why it ended */
  async #run({ command, version }: FoundServer): Promise<string> {
    const { id, directory, prepare } = this.#options
    try {
      const setup = await prepare()
      this.#root = await realpath(directory)
      if (this.#closing.signal.aborted) return 'It was stopped.'
      const connection = await connect({ command, args: [...SERVER_PROGRAMS[id].args, ...setup.args], cwd: this.#root, env: { ...process.env, ...setup.env } }, this.#limits)
      this.#running = connection
      // Closed while it was being started.
      if (this.#closing.signal.aborted) connection.kill('It was stopped.')
      this.#fingerprint = setup.fingerprint
      this.#timeouts = 0
      connection.onNotification('experimental/serverStatus', (params) => this.#hearStatus(version, params))
      const initialized = this.#initialize(connection, setup, version).catch((error: unknown) => connection.kill(error instanceof Error ? error.message : String(error)))
      const reason = await connection.ended
      await initialized
      return reason
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      this.#running = undefined
      this.#connection = undefined
    }
  }

  async #initialize(connection: ServerConnection, { initializationOptions }: ServerSetup, version: string): Promise<void> {
    const uri = pathToFileURL(this.#root).href
    const params: InitializeParams = { processId: process.pid, clientInfo: { name: 'Bootlab' }, rootUri: uri, workspaceFolders: [{ uri, name: 'project' }], capabilities: CAPABILITIES, initializationOptions }
    const { capabilities } = await connection.request('initialize', params, initializeAnswer, { milliseconds: this.#limits.startMs })
    connection.notify('initialized', {})
    this.#resolvable = capabilities.completionProvider?.resolveProvider ?? false
    this.#connection = connection
    for (const [path, open] of this.#texts) this.#open(connection, path, open)
    this.#set({ status: 'ready', version })
  }

  #hearStatus(version: string, params: unknown): void {
    const status = serverStatus.safeParse(params)
    if (!status.success || this.#state.status !== 'ready') return
    const { health, message } = status.data
    this.#set({ status: 'ready', version, ...(health === 'ok' || message === undefined ? {} : { remark: message.slice(0, MOST_REMARK) }) })
  }

  #open(connection: ServerConnection, path: string, { language, text, version }: OpenText): void {
    connection.notify('textDocument/didOpen', { textDocument: { uri: this.#uri(path), languageId: language, version, text } })
  }

  #uri(path: string): string {
    return pathToFileURL(join(this.#root, ...path.split('/'))).href
  }

  /** A question about a place in an open file. */
  async #ask<T>(method: string, { path, line, column }: Place, schema: z.ZodType<T>, signal: AbortSignal, more: object = {}): Promise<{ answer: T; connection: ServerConnection }> {
    const connection = await this.#whenReady(signal)
    if (!this.#texts.has(path)) throw new LabError({ code: 'bad-request', what: 'The file is not open in the language server.', where: path })
    try {
      const params = { textDocument: { uri: this.#uri(path) }, position: { line: line - 1, character: column - 1 }, ...more }
      const answer = await connection.request(method, params, schema, { signal })
      this.#timeouts = 0
      return { answer, connection }
    } catch (error) {
      if (error instanceof LabError && error.failure.code === 'timeout' && ++this.#timeouts >= MOST_TIMEOUTS) connection.kill(`It did not answer ${MOST_TIMEOUTS} questions in a row.`)
      throw error
    }
  }

  /** While a server starts, questions wait for it. */
  #whenReady(signal: AbortSignal): Promise<ServerConnection> {
    return new Promise((resolve, reject) => {
      const look = (): boolean => {
        if (this.#connection !== undefined) resolve(this.#connection)
        else if (signal.aborted) reject(signal.reason)
        else if (this.#state.status !== 'starting') reject(unavailable('The language server does not run.'))
        else return false
        return true
      }
      if (look()) return
      const end = (): void => {
        if (!look()) return
        stop()
        signal.removeEventListener('abort', end)
      }
      const stop = this.onState(end)
      signal.addEventListener('abort', end)
    })
  }

  async #definitionOf({ uri, range }: Location): Promise<Definition | undefined> {
    if (!uri.startsWith('file:')) return undefined
    const path = fileURLToPath(uri)
    const way = relative(this.#root, path)
    if (way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return { file: way.split(sep).join('/'), range: toRange(range) }
    const text = await textOf(path, this.#options.mostText)
    return text === undefined ? undefined : { file: path, range: toRange(range), text }
  }
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> => sleep(milliseconds, undefined, { signal }).catch(() => undefined)

/** A text file; undefined for anything else, and for one that is longer than `most`. */
async function textOf(path: string, most: number): Promise<string | undefined> {
  try {
    const found = await stat(path)
    if (!found.isFile() || found.size > most) return undefined
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    // Gone since the server read it, or not UTF-8.
    if (error instanceof TypeError || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
}
