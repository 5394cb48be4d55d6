/**
 * Calls and streams over any transport that carries strings.
 *
 * Below: a `Port`, which sends and receives text messages (Electron IPC, WebSocket, a pair in a test).
 * Above: `createClient` gives `call` and `listen` with cancellation; `serveChannel` answers them.
 *
 * Messages are JSON, at most `MAX_MESSAGE_LENGTH` long, and checked on arrival. What the client sends is not trusted:
 * a malformed message is refused and closes the port, an argument that does not fit its schema fails that request only.
 */
import * as z from 'zod'
import {
  callTable,
  isCallName,
  isStreamName,
  streamTable,
  type CallArgs,
  type CallName,
  type CallResults,
  type StreamArgs,
  type StreamEnds,
  type StreamEvents,
  type StreamName,
} from './contract'
import { failureSchema, LabError, toFailure, type Failure } from './failure'

/** Longest message either side takes, in UTF-16 units: a text file of the largest size, each character escaped. */
export const MAX_MESSAGE_LENGTH = 8 * 1024 * 1024
/** Requests one client may have open at once. */
export const MAX_OPEN_REQUESTS = 256

/** A transport: delivers whole text messages in order. Every `on…` returns a function that removes the listener. */
export interface Port {
  send(message: string): void
  onMessage(listener: (message: string) => void): () => void
  onClose(listener: () => void): () => void
  close(): void
}

const id = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

const clientMessage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('call'), id, name: z.string().max(64), args: z.unknown() }),
  z.strictObject({ kind: z.literal('listen'), id, name: z.string().max(64), args: z.unknown() }),
  z.strictObject({ kind: z.literal('cancel'), id }),
  /** One event of a stream was dealt with. */
  z.strictObject({ kind: z.literal('read'), id }),
])
type ClientMessage = z.infer<typeof clientMessage>

const serverMessage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('event'), id, value: z.unknown() }),
  z.strictObject({ kind: z.literal('end'), id, value: z.unknown() }),
  z.strictObject({ kind: z.literal('failure'), id, failure: failureSchema }),
])
type ServerMessage = z.infer<typeof serverMessage>

/** Parses one message; undefined when it is too long, not JSON or not of the given shape. */
function parseMessage<T>(schema: z.ZodType<T>, message: unknown): T | undefined {
  if (typeof message !== 'string' || message.length > MAX_MESSAGE_LENGTH) return undefined
  let json: unknown
  try {
    json = JSON.parse(message)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  const parsed = schema.safeParse(json)
  return parsed.success ? parsed.data : undefined
}

// --- client -----------------------------------------------------------------------------------------------------------

export interface Client {
  /** Rejects with a `LabError`; its failure has code `cancelled` when `signal` aborted, `disconnected` when the port closed. */
  call<K extends CallName>(name: K, args: CallArgs[K], options?: { signal?: AbortSignal | undefined }): Promise<CallResults[K]>
  /**
   * Calls `onEvent` for each event, in order, and resolves with the end value. Rejects like `call`. When `onEvent` returns a promise, the
   * event counts as read when that resolves: how streams learn that their reader is slow.
   */
  listen<K extends StreamName>(
    name: K,
    args: StreamArgs[K],
    onEvent: (event: StreamEvents[K]) => void | Promise<void>,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<StreamEnds[K]>
  /** True until the port closed. */
  readonly connected: boolean
  onDisconnect(listener: () => void): () => void
  close(): void
}

interface OpenRequest {
  event(value: unknown): void
  end(value: unknown): void
  fail(failure: Failure): void
}

const disconnected: Failure = {
  code: 'disconnected',
  what: 'The connection to the lab was lost.',
  next: 'Reload the page. If that fails, start the lab again; unsaved text is kept.',
}

/** Wraps a port into a client. One client per port. */
export function createClient(port: Port): Client {
  const open = new Map<number, OpenRequest>()
  const disconnectListeners = new Set<() => void>()
  let nextId = 1
  let connected = true

  port.onMessage((raw) => {
    const message = parseMessage<ServerMessage>(serverMessage, raw)
    if (!message) {
      // The other end speaks another protocol: nothing it says can be relied on.
      port.close()
      disconnect()
      return
    }
    const waiting = open.get(message.id)
    // An answer may cross a cancellation on its way: then nobody waits for it any more.
    if (!waiting) return
    if (message.kind === 'event') waiting.event(message.value)
    else if (message.kind === 'end') waiting.end(message.value)
    else waiting.fail(message.failure)
  })
  port.onClose(disconnect)

  function disconnect(): void {
    if (!connected) return
    connected = false
    for (const waiting of open.values()) waiting.fail(disconnected)
    for (const listener of disconnectListeners) listener()
  }

  function request<Event, End>(
    head: { kind: 'call' | 'listen'; name: string; args: unknown },
    schemas: { event?: z.ZodType<Event>; end: z.ZodType<End> },
    onEvent: (event: Event) => void | Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<End> {
    return new Promise<End>((resolve, reject) => {
      const cancelled: Failure = { code: 'cancelled', what: `${head.name} was cancelled.` }
      if (!connected) return reject(new LabError(disconnected))
      if (signal?.aborted) return reject(new LabError(cancelled))
      const requestId = nextId++
      const encoded = JSON.stringify({ ...head, id: requestId })
      if (encoded.length > MAX_MESSAGE_LENGTH) {
        return reject(new LabError({ code: 'too-large', what: `The arguments of ${head.name} are too large to send.` }))
      }

      const finish = (settle: () => void): void => {
        open.delete(requestId)
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const misfit = (part: string, error: z.ZodError): void => {
        finish(() => reject(new LabError({ code: 'internal', what: `The ${part} of ${head.name} is malformed: ${z.prettifyError(error)}` })))
      }
      const send = (kind: 'cancel' | 'read'): void => port.send(JSON.stringify({ kind, id: requestId } satisfies ClientMessage))
      const sendRead = (): void => {
        if (open.has(requestId)) send('read')
      }
      const onAbort = (): void => {
        send('cancel')
        finish(() => reject(new LabError(cancelled)))
      }
      open.set(requestId, {
        event(value) {
          const parsed = schemas.event?.safeParse(value)
          if (parsed?.success) {
            const dealing = onEvent(parsed.data)
            if (dealing) void dealing.then(sendRead)
            else sendRead()
          } else if (parsed) {
            send('cancel')
            misfit('event', parsed.error)
          }
        },
        end(value) {
          const parsed = schemas.end.safeParse(value)
          if (parsed.success) finish(() => resolve(parsed.data))
          else misfit('result', parsed.error)
        },
        fail(failure) {
          finish(() => reject(new LabError(failure)))
        },
      })
      signal?.addEventListener('abort', onAbort, { once: true })
      port.send(encoded)
    })
  }

  return {
    call: (name, args, options) =>
      request({ kind: 'call', name, args }, { end: callTable[name].result }, () => undefined, options?.signal),
    listen: (name, args, onEvent, options) =>
      request({ kind: 'listen', name, args }, streamTable[name], onEvent, options?.signal),
    get connected() {
      return connected
    },
    onDisconnect(listener) {
      disconnectListeners.add(listener)
      return () => disconnectListeners.delete(listener)
    },
    close() {
      port.close()
      disconnect()
    },
  }
}

// --- server -----------------------------------------------------------------------------------------------------------

/** Where a stream's events go. */
export interface EventReader<Event> {
  emit(event: Event): void
  /** Events that the client has not dealt with yet. A stream that can leave something out does so when they become many. */
  unread(): number
  /** Calls `listener` each time the client has dealt with one. */
  onRead(listener: () => void): void
}

/** One function per call and per stream. `signal` aborts when the client cancels or goes away. */
export interface Handlers {
  calls: { [K in CallName]: (args: CallArgs[K], context: { signal: AbortSignal }) => Promise<CallResults[K]> }
  streams: {
    [K in StreamName]: (
      args: StreamArgs[K],
      context: EventReader<StreamEvents[K]> & { readonly signal: AbortSignal },
    ) => Promise<StreamEnds[K]>
  }
}

export interface ServeOptions {
  /** Hears of failures that are defects of the lab (code `internal`), and of refused messages. */
  onDefect?: (message: string, error?: unknown) => void
}

/** A request that is being answered. */
class Running {
  readonly controller = new AbortController()
  unread = 0
  #onRead: (() => void) | undefined

  onRead(listener: () => void): void {
    this.#onRead = listener
  }

  read(): void {
    // A client that says more than it was told gains nothing.
    if (this.unread === 0) return
    this.unread--
    this.#onRead?.()
  }
}

/** Answers a port's requests until it closes; then aborts what is still running. */
export function serveChannel(port: Port, handlers: Handlers, options: ServeOptions = {}): void {
  const running = new Map<number, Running>()
  let closed = false

  const send = (message: ServerMessage): void => {
    if (closed) return
    const encoded = JSON.stringify(message)
    if (encoded.length <= MAX_MESSAGE_LENGTH) port.send(encoded)
    else fail(message.id, { code: 'too-large', what: 'The answer is too large to send.' })
  }
  const fail = (requestId: number, failure: Failure): void => send({ kind: 'failure', id: requestId, failure })
  const refuse = (why: string): void => {
    options.onDefect?.(`Refused a message: ${why}`)
    port.close()
    shutDown()
  }
  function shutDown(): void {
    closed = true
    for (const { controller } of running.values()) controller.abort()
    running.clear()
  }

  function runCall<K extends CallName>(name: K, rawArgs: unknown, signal: AbortSignal): Promise<unknown> {
    return handlers.calls[name](parseArgs(name, callTable[name].args, rawArgs), { signal })
  }
  function runStream<K extends StreamName>(name: K, rawArgs: unknown, requestId: number, request: Running): Promise<unknown> {
    const { signal } = request.controller
    const emit = (event: StreamEvents[K]): void => {
      if (signal.aborted) return
      request.unread++
      send({ kind: 'event', id: requestId, value: event })
    }
    const context = { signal, emit, unread: () => request.unread, onRead: (listener: () => void) => request.onRead(listener) }
    return handlers.streams[name](parseArgs(name, streamTable[name].args, rawArgs), context)
  }
  async function run(message: Extract<ClientMessage, { name: string }>, request: Running): Promise<unknown> {
    const { kind, name, args } = message
    if (kind === 'call' && isCallName(name)) return runCall(name, args, request.controller.signal)
    if (kind === 'listen' && isStreamName(name)) return runStream(name, args, message.id, request)
    throw new LabError({ code: 'bad-request', what: `There is no ${kind === 'call' ? 'call' : 'stream'} named ${JSON.stringify(name)}.` })
  }

  port.onClose(shutDown)
  port.onMessage((raw) => {
    if (closed) return
    const message = parseMessage<ClientMessage>(clientMessage, raw)
    if (!message) return refuse('it is malformed or too long')
    if (message.kind === 'cancel') {
      running.get(message.id)?.controller.abort()
      return
    }
    if (message.kind === 'read') {
      running.get(message.id)?.read()
      return
    }
    if (running.has(message.id)) return refuse(`request id ${message.id} is in use`)
    if (running.size >= MAX_OPEN_REQUESTS) {
      return fail(message.id, { code: 'busy', what: `More than ${MAX_OPEN_REQUESTS} requests are open.`, next: 'Wait for some to end.' })
    }
    const request = new Running()
    running.set(message.id, request)
    run(message, request)
      .then(
        (value) => send({ kind: 'end', id: message.id, value }),
        (error: unknown) => {
          const failure = toFailure(error)
          if (failure.code === 'internal') options.onDefect?.(`${message.name} failed`, error)
          fail(message.id, failure)
        },
      )
      .finally(() => running.delete(message.id))
  })
}

function parseArgs<T>(name: string, schema: z.ZodType<T>, raw: unknown): T {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  throw new LabError({ code: 'bad-request', what: `The arguments of ${name} are malformed: ${z.prettifyError(parsed.error)}` })
}
