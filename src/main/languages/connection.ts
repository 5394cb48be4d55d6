/** One run of a language server: its process, and requests over its standard streams. */
import { spawn } from 'node:child_process'
import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node'
import type * as z from 'zod'
import { LabError } from '../../shared/failure'
import { FrameGuard } from './frames'

export interface ServerCommand {
  command: string
  args: readonly string[]
  cwd: string
  env: Readonly<Record<string, string | undefined>>
}

export interface Limits {
  /** Longest message of the server, in bytes. */
  messageBytes: number
  /** Longest wait for an answer. */
  requestMs: number
  /** Longest wait for the first answer. */
  startMs: number
}

export const DEFAULT_LIMITS: Limits = { messageBytes: 16 << 20, requestMs: 10_000, startMs: 30_000 }

interface RequestOptions {
  signal?: AbortSignal | undefined
  /** Longest wait; that of the limits when absent. */
  milliseconds?: number
}

export interface ServerConnection {
  /**
   * @param schema what the answer must be
   * @throws LabError `unavailable` when there is no such answer in time; the signal's reason when cancelled
   */
  request<T>(method: string, params: object | undefined, schema: z.ZodType<T>, options?: RequestOptions): Promise<T>
  notify(method: string, params: object): void
  onNotification(method: string, listener: (params: unknown) => void): void
  /** Resolves when the process has ended, with why. */
  readonly ended: Promise<string>
  /** Ends the process, in order if it can. */
  stop(): Promise<void>
  /** Ends the process at once. */
  kill(reason: string): void
}

/** How long a server may take to end when it is asked. */
const END_MS = 1000
/** The last of what it printed as errors, for saying why it ended. */
const MAX_STDERR = 2000

export const unavailable = (what: string, cause?: unknown): LabError => new LabError({ code: 'unavailable', what }, { cause })

export async function connect({ command, args, cwd, env }: ServerCommand, limits: Limits): Promise<ServerConnection> {
  // Only who uses a language server waits for the library.
  const { CancellationTokenSource, createMessageConnection, StreamMessageReader, StreamMessageWriter } = await import('vscode-jsonrpc/node')
  const child = spawn(command, args, { cwd, env: { ...env }, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  const guard = new FrameGuard(limits.messageBytes)
  let stderr = ''
  let reason: string | undefined
  const kill = (why: string): void => {
    reason ??= why
    child.kill('SIGKILL')
  }
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr = (stderr + text).slice(-MAX_STDERR)))
  guard.on('error', (error) => kill(error.message))
  // What is written after the end has nobody to read it; the end itself tells why.
  child.stdin.on('error', () => undefined)
  child.stdout.pipe(guard)

  const connection: MessageConnection = createMessageConnection(new StreamMessageReader(guard), new StreamMessageWriter(child.stdin))
  connection.onError(([error]) => kill(`Its message cannot be read: ${error.message}`))
  // What a server asks of an editor, and what one without such settings answers.
  connection.onRequest('workspace/configuration', ({ items }: { items?: unknown }) => (Array.isArray(items) ? items.map(() => null) : []))
  for (const method of ['client/registerCapability', 'client/unregisterCapability', 'window/workDoneProgress/create']) connection.onRequest(method, () => null)
  connection.listen()

  const ended = new Promise<string>((resolve) => {
    const end = (why: string): void => {
      connection.dispose()
      resolve(reason ?? why)
    }
    child.once('error', (error) => end(`It cannot be started: ${error.message}`))
    child.once('close', (code, signal) => end([`It ended with ${signal ?? `code ${code}`}.`, stderr.trim()].filter(Boolean).join('\n')))
  })

  // The library throws at once when the connection is gone: as a rejection it is dealt with like any other.
  const ask = async (method: string, params?: object, token?: CancellationToken): Promise<unknown> => (params === undefined ? connection.sendRequest(method, token) : connection.sendRequest(method, params, token))
  const tell = async (method: string, params?: object): Promise<void> => (params === undefined ? connection.sendNotification(method) : connection.sendNotification(method, params))

  async function request<T>(method: string, params: object | undefined, schema: z.ZodType<T>, { signal, milliseconds = limits.requestMs }: RequestOptions = {}): Promise<T> {
    signal?.throwIfAborted()
    const token = new CancellationTokenSource()
    let timer: ReturnType<typeof setTimeout> | undefined
    let abort: (() => void) | undefined
    try {
      const given = await Promise.race([
        // Requests that are open when the process ends are rejected by the library.
        ask(method, params, token.token).catch((error: unknown) => Promise.reject(unavailable(`The language server did not answer ${method}: ${error instanceof Error ? error.message : String(error)}`, error))),
        new Promise<never>((_resolve, reject) => {
          timer = setTimeout(() => reject(new LabError({ code: 'timeout', what: `The language server did not answer ${method} within ${milliseconds / 1000} s.` })), milliseconds)
          abort = () => reject(signal?.reason)
          signal?.addEventListener('abort', abort, { once: true })
        }),
      ])
      const parsed = schema.safeParse(given)
      if (parsed.success) return parsed.data
      throw unavailable(`The language server’s answer to ${method} is malformed.`, parsed.error)
    } catch (error) {
      token.cancel()
      throw error
    } finally {
      clearTimeout(timer)
      if (abort) signal?.removeEventListener('abort', abort)
      token.dispose()
    }
  }

  // A message that cannot be written has lost its reader: `ended` says so.
  const notify = (method: string, params?: object): void => void tell(method, params).catch(() => undefined)

  async function stop(): Promise<void> {
    reason ??= 'It was stopped.'
    const timer = setTimeout(() => kill('It was stopped.'), END_MS)
    ask('shutdown').then(
      () => notify('exit'),
      () => kill('It was stopped.'),
    )
    await ended
    clearTimeout(timer)
  }

  return { request, notify, onNotification: (method, listener) => void connection.onNotification(method, listener), ended, stop, kill }
}
