/** Messages that stand in a corner until they are read: failures with what, where, why and what to do; and short good news. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { toFailure, type Failure } from '../../shared/failure'

export interface Notification {
  id: number
  tone: 'error' | 'info'
  failure: Failure
}

export interface Notifications {
  readonly store: StoreApi<{ items: Notification[] }>
  /** Shows any thrown value. Cancellations are what the person asked for, and a lost connection has its own banner. */
  report(error: unknown): void
  info(what: string, next?: string): void
  dismiss(id: number): void
}

const MAX_SHOWN = 4
const INFO_LIFETIME_MS = 6000

export function createNotifications(): Notifications {
  const store = createStore<{ items: Notification[] }>(() => ({ items: [] }))
  let nextId = 1

  function add(tone: Notification['tone'], failure: Failure): number {
    const id = nextId++
    store.setState(({ items }) => {
      const others = items.filter((item) => item.failure.what !== failure.what || item.failure.where !== failure.where)
      return { items: [...others, { id, tone, failure }].slice(-MAX_SHOWN) }
    })
    return id
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
  }
}
