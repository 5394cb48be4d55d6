/** What the panels that look into the machine share, and remember while they are closed. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Connection } from '../../app/connection'
import type { Dock } from '../../app/dock'
import type { Machine } from '../machine/machine'
import { rowOf, ROW_BYTES, type Group, type Space } from './memory-rows'
import { createNames } from './names'
import type { Trace } from './trace'

/** Rows of memory above the one that somebody goes to. */
const ROWS_ABOVE = 2n

export interface MemoryPlace {
  readonly space: Space
  readonly group: Group
  /** Address of the first row. */
  readonly top: bigint
  /** The selection reaches from one to the other, both inclusive. */
  readonly anchor: bigint
  readonly cursor: bigint
}

export type Inside = ReturnType<typeof createInside>

interface Parts {
  connection: Connection
  machine: Machine
  dock: Dock
  trace: Trace
  onError(error: unknown): void
}

export function createInside({ connection, machine, dock, trace, onError }: Parts) {
  const memory: StoreApi<MemoryPlace> = createStore<MemoryPlace>(() => ({ space: 'linear', group: 1, top: 0x7c00n, anchor: 0x7c00n, cursor: 0x7c00n }))
  /** The address whose way through the page tables is shown, as a person wrote it. */
  const walk = createStore<{ address: string }>(() => ({ address: '' }))

  /** Selects bytes, and scrolls to them. */
  function goTo(address: bigint, space = memory.getState().space, bytes = 1n): void {
    const row = rowOf(address)
    const above = ROWS_ABOVE * BigInt(ROW_BYTES)
    memory.setState({ space, top: row < above ? 0n : row - above, anchor: address, cursor: address + bytes - 1n })
  }

  return {
    names: createNames(connection, machine, onError),
    trace,
    memory,
    walk,
    goTo,
    showMemory(address: bigint, space: Space): void {
      goTo(address, space)
      dock.focus('memory')
    },
    showWalk(address: string): void {
      walk.setState({ address })
      dock.reveal('paging')
    },
  }
}
