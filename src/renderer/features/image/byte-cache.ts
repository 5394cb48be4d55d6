/** Bytes of something large, fetched piece by piece as they are looked at. */
import { createStore, type StoreApi } from 'zustand/vanilla'

const CHUNK_BYTES = 16 * 1024
const MOST_CHUNKS = 64

export interface ByteCache {
  /** Counts up whenever bytes have arrived. */
  readonly store: StoreApi<number>
  /** A byte, if it is there already. */
  byte(offset: number): number | undefined
  /** Has the bytes of a range fetched. */
  want(from: number, to: number): void
}

/**
 * @param fetch gives the bytes from an offset on, as many as there are
 * @param onError hears why a fetch failed; that piece is not asked for again
 */
export function createByteCache(length: number, fetch: (offset: number, length: number) => Promise<Uint8Array>, onError: (error: unknown) => void): ByteCache {
  const store = createStore<number>(() => 0)
  /** The last wanted last; without bytes while they are on their way. */
  const chunks = new Map<number, Uint8Array | undefined>()

  function load(chunk: number): void {
    const offset = chunk * CHUNK_BYTES
    chunks.set(chunk, undefined)
    fetch(offset, Math.min(CHUNK_BYTES, length - offset)).then((bytes) => {
      if (chunks.has(chunk)) chunks.set(chunk, bytes)
      store.setState((count) => count + 1, true)
    }, onError)
  }

  return {
    store,
    byte: (offset) => chunks.get(Math.floor(offset / CHUNK_BYTES))?.[offset % CHUNK_BYTES],
    want(from, to) {
      for (let chunk = Math.floor(Math.max(0, from) / CHUNK_BYTES); chunk * CHUNK_BYTES < Math.min(to, length); chunk++) {
        if (chunks.has(chunk)) {
          const bytes = chunks.get(chunk)
          chunks.delete(chunk)
          chunks.set(chunk, bytes)
        } else load(chunk)
      }
      for (const oldest of [...chunks.keys()].slice(0, -MOST_CHUNKS)) chunks.delete(oldest)
    },
  }
}
