/** What addresses are in the kernel that was booted: asked for in bundles, and remembered while the machine is the same. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { KnownAddress } from '../../../shared/debug'
import { toFailure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import type { Machine } from '../machine/machine'

const BUNDLE_MS = 20
const MOST_AT_ONCE = 1024
/** Names that are remembered; then all are asked for anew. */
const MOST_NAMES = 50_000
/** A machine that is long gone has no kernel any more. */
const PASSING: ReadonlySet<string> = new Set(['not-found', 'ended', 'disconnected', 'cancelled'])

export interface Names {
  readonly store: StoreApi<ReadonlyMap<string, KnownAddress>>
  want(addresses: readonly string[]): void
}

export function createNames(connection: Connection, machine: Machine, onError: (error: unknown) => void): Names {
  const store = createStore<ReadonlyMap<string, KnownAddress>>(() => new Map())
  const asked = new Set<string>()
  let waiting: string[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  /** The machine that runs, or that ran last: its kernel is still known. */
  let id = machine.store.getState().machine

  machine.store.subscribe(({ machine: next }) => {
    if (next === undefined || next === id) return
    id = next
    forget()
  })

  function forget(): void {
    asked.clear()
    waiting = []
    store.setState(new Map(), true)
  }

  async function ask(): Promise<void> {
    timer = undefined
    const mine = id
    const addresses = waiting.splice(0, MOST_AT_ONCE)
    if (waiting.length > 0) timer = setTimeout(() => void ask(), BUNDLE_MS)
    if (mine === undefined || addresses.length === 0) return
    try {
      const found = await connection.call('debug.whatIs', { machine: mine, addresses })
      if (mine === id) store.setState(new Map([...store.getState(), ...found.map((known, index): [string, KnownAddress] => [addresses[index] ?? known.address, known])]), true)
    } catch (error) {
      if (!PASSING.has(toFailure(error).code)) onError(error)
    }
  }

  function want(addresses: readonly string[]): void {
    if (asked.size > MOST_NAMES) forget()
    const fresh = addresses.filter((address) => !asked.has(address))
    if (fresh.length === 0) return
    for (const address of fresh) asked.add(address)
    waiting.push(...fresh)
    timer ??= setTimeout(() => void ask(), BUNDLE_MS)
  }

  return { store, want }
}
