/**
 * Messages that stand in a corner until they are read: failures with what, where, why and what to do; and short good news. The
 * notification centre keeps them for later.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { toFailure, type Failure } from '../../shared/failure'

export interface Notification {
  id: number
  tone: 'error' | 'info'
  failure: Failure
  /** Milliseconds since 1970. */
  at: number
}

export interface NotificationState {
  /** In the corner. */
  items: Notification[]
  /** All of this session, the newest first. */
  history: Notification[]
  /** How many came since the centre was looked at. */
  unread: number
}

export interface Notifications {
  readonly store: StoreApi<NotificationState>
  /** Shows any thrown value. Cancellations are what the person asked for, and a lost connection has its own banner. */
  report(error: unknown): void
  info(what: string, next?: string): void
  /** Takes one out of the corner. */
  dismiss(id: number): void
  /** The centre was opened: nothing there is new any more, and the corner is free. */
  markRead(): void
  clear(): void
}

const MAX_SHOWN = 4
const MAX_KEPT = 100
const INFO_LIFETIME_MS = 6000

export function createNotifications(): Notifications {
  const store = createStore<NotificationState>(() => ({ items: [], history: [], unread: 0 }))
  let nextId = 1
  let lastRead = 0

  function add(tone: Notification['tone'], failure: Failure): number {
    const added: Notification = { id: nextId++, tone, failure, at: Date.now() }
    const isOther = (item: Notification): boolean => item.failure.what !== failure.what || item.failure.where !== failure.where
    store.setState(({ items, history }) => {
      const kept = [added, ...history.filter(isOther)].slice(0, MAX_KEPT)
      return { items: [...items.filter(isOther), added].slice(-MAX_SHOWN), history: kept, unread: kept.filter(({ id }) => id > lastRead).length }
    })
    return added.id
  }
  const dismiss = (id: number): void => store.setState(({ items }) => ({ items: items.filter((item) => item.id !== id) }))

  return {
    store,
    report(error) {
      const failure = toFailure(error)
      if (failure.code === 'cancelled' || failure.code === 'disconnected') return
      add('error', failure)
    },
    info(what, next) {
      const id = add('info', { code: 'info', what, ...(next ? { next } : {}) })
      setTimeout(() => dismiss(id), INFO_LIFETIME_MS)
    },
    dismiss,
    markRead() {
      lastRead = nextId - 1
      store.setState({ items: [], unread: 0 })
    },
    clear: () => store.setState({ items: [], history: [], unread: 0 }),
  }
}
