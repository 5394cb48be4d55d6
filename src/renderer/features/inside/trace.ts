/** What the guest asks of the BIOS and of the ports, while somebody wants to know it. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { LogEntry, LogEvent, LogFilter } from '../../../shared/debug'
import { toFailure } from '../../../shared/failure'
import type { Connection } from '../../app/connection'
import type { Dock } from '../../app/dock'
import type { MachineView } from '../machine/machine'
import { logFilter, type TraceFilter } from './trace-filter'

/** Entries kept; the oldest go first. */
export const MOST_KEPT = 20_000
/** Eighteen times a second. */
const NOT_THE_TIMER = '-8'
const PASSING: ReadonlySet<string> = new Set(['not-found', 'ended', 'cancelled', 'disconnected'])

export type TraceRow = { readonly key: number; readonly entry: LogEntry } | { readonly key: number; /** Entries that are missing here. */ readonly lost: number }

export interface TraceState {
  readonly filter: TraceFilter
  readonly recording: boolean
  readonly rows: readonly TraceRow[]
  /** Entries that the machine dropped, since the last clearing. */
  readonly lost: number
  /** Rows that had to make room for later ones. */
  readonly dropped: number
}

export type Trace = ReturnType<typeof createTrace>

interface Parts {
  connection: Pick<Connection, 'listen' | 'onConnected'>
  /** While the panel is open, in front or not, there is recording. */
  dock: Pick<Dock, 'store'>
  onError(error: unknown): void
  /** Resolves when what was set is shown: so much later the next entries come. */
  paint?: () => Promise<void>
}

export function createTrace({ connection, dock, onError, paint = nextFrame }: Parts) {
  const store: StoreApi<TraceState> = createStore<TraceState>(() => ({
    filter: { bios: true, ports: false, vectors: NOT_THE_TIMER, ranges: '', text: '' },
    recording: true,
    rows: [],
    lost: 0,
    dropped: 0,
  }))
  let machine: string | undefined
  let current: { machine: string; filter: string; controller: AbortController } | undefined
  let nextKey = 0

  /** What a machine that is switched on now has to log from its first instruction on. */
  function wanted(): LogFilter | undefined {
    const { filter, recording } = store.getState()
    return dock.store.getState().open.includes('trace') && recording ? logFilter(filter) : undefined
  }

  /** Begins, ends or changes the recording, as it is wanted now. */
  function sync(): void {
    const filter = wanted()
    // The stream of a machine that ended ends by itself, after its last entries.
    if (machine === undefined && filter) return
    const text = JSON.stringify(filter)
    if (current?.machine === machine && current?.filter === text) return
    current?.controller.abort()
    current = undefined
    if (machine === undefined || !filter) return
    const controller = new AbortController()
    current = { machine, filter: text, controller }
    const mine = current
    connection.listen('debug.log', { machine, filter }, receive, { signal: controller.signal }).catch((error: unknown) => {
      // A connection that comes back finds nothing that runs, and begins anew.
      if (current === mine) current = undefined
      if (!PASSING.has(toFailure(error).code)) onError(error)
    })
  }
  connection.onConnected(sync)
  dock.store.subscribe(sync)

  function receive({ entries, lost }: LogEvent): Promise<void> {
    const rows: TraceRow[] = [...(lost > 0 ? [{ key: nextKey++, lost }] : []), ...entries.map((entry) => ({ key: nextKey++, entry }))]
    store.setState((state) => {
      const all = [...state.rows, ...rows]
      const tooMany = Math.max(0, all.length - MOST_KEPT)
      return { rows: tooMany > 0 ? all.slice(tooMany) : all, lost: state.lost + lost, dropped: state.dropped + tooMany }
    })
    return paint()
  }

  const clear = (): void => store.setState({ rows: [], lost: 0, dropped: 0 })

  function follow({ store: machines }: { store: Pick<StoreApi<Pick<MachineView, 'machine'>>, 'subscribe'> }): void {
    machines.subscribe((view) => {
      if (view.machine === machine) return
      // Another run tells its own story; the one that ended can be read on.
      if (view.machine !== undefined) clear()
      machine = view.machine
      sync()
    })
  }

  function change(filter: Partial<TraceFilter>): void {
    store.setState((state) => ({ filter: { ...state.filter, ...filter } }))
    sync()
  }

  function record(recording: boolean): void {
    store.setState({ recording })
    sync()
  }

  return { store, wanted, follow, change, record, clear }
}

/** In a window that is hidden no frame ever comes. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 250)
    requestAnimationFrame(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
