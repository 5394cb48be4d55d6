/** A client that outlives its port: when the port drops it reconnects, and tells who has to pick up where they were. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { createClient, type Client } from '../../shared/channel'
import { LabError } from '../../shared/failure'
import { currentStrings } from '../strings'
import type { OpenPort } from './transport'

export interface ConnectionState {
  status: 'connecting' | 'connected' | 'lost'
  /** Failed attempts since the connection was last up. */
  attempts: number
}

export interface Connection extends Pick<Client, 'call' | 'listen'> {
  readonly store: StoreApi<ConnectionState>
  /** Called each time a connection is up, the first included. */
  onConnected(listener: (first: boolean) => void): void
  start(): void
  retryNow(): void
}

const RETRY_DELAYS_MS = [250, 500, 1000, 2000, 4000]

export function createConnection(openPort: OpenPort): Connection {
  const store = createStore<ConnectionState>(() => ({ status: 'connecting', attempts: 0 }))
  const listeners = new Set<(first: boolean) => void>()
  let client: Client | undefined
  let everConnected = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let opening = false

  async function connect(): Promise<void> {
    if (opening) return
    opening = true
    clearTimeout(timer)
    try {
      const next = createClient(await openPort())
      client = next
      next.onDisconnect(() => {
        if (client !== next) return
        client = undefined
        store.setState({ status: 'lost', attempts: 0 })
        scheduleRetry()
      })
      const first = !everConnected
      everConnected = true
      store.setState({ status: 'connected', attempts: 0 })
      for (const listener of listeners) listener(first)
    } catch (error) {
      // A port that does not open is the normal course while the lab is away; anything else is a defect and must show.
      if (!(error instanceof LabError)) throw error
      store.setState(({ attempts }) => ({ status: everConnected ? 'lost' : 'connecting', attempts: attempts + 1 }))
      scheduleRetry()
    } finally {
      opening = false
    }
  }

  function scheduleRetry(): void {
    const delay = RETRY_DELAYS_MS[Math.min(store.getState().attempts, RETRY_DELAYS_MS.length - 1)]
    timer = setTimeout(() => void connect(), delay)
  }

  const current = (): Client => {
    if (client) return client
    throw new LabError({ code: 'disconnected', what: currentStrings().connection.cannotConnect })
  }

  return {
    store,
    call: async (name, args, options) => current().call(name, args, options),
    listen: async (name, args, onEvent, options) => current().listen(name, args, onEvent, options),
    onConnected: (listener) => void listeners.add(listener),
    start: () => void connect(),
    retryNow: () => void connect(),
  }
}
