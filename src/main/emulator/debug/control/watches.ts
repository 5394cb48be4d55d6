/** Watched memory, for more than one who watches. */
import type { DataAccess, DataProbes, WatchedRange } from '../../cpu/mmu/data-probes'
import type { MemoryMap } from '../../machine/memory-map'
import { hex } from '../registers'

const PAGE = 4096
const LARGEST_VALUE = 8

export class Watches {
  readonly #probes: DataProbes
  readonly #memory: MemoryMap
  readonly #listeners = new Map<WatchedRange, (access: DataAccess) => void>()

  constructor(probes: DataProbes, memory: MemoryMap) {
    this.#probes = probes
    this.#memory = memory
    probes.onAccess = (range, access) => this.#listeners.get(range)?.(access)
  }

  /** @returns what takes it back */
  add(range: WatchedRange, listener: (access: DataAccess) => void): () => void {
    this.#listeners.set(range, listener)
    this.#probes.set([...this.#listeners.keys()])
    return () => {
      if (this.#listeners.delete(range)) this.#probes.set([...this.#listeners.keys()])
    }
  }

  /** What stands there now, for up to 8 bytes of plain memory in one page. */
  valueAt({ physical, bytes }: Pick<DataAccess, 'physical' | 'bytes'>): string | undefined {
    if (bytes > LARGEST_VALUE || (physical % PAGE) + bytes > PAGE) return undefined
    const found = this.#memory.readable(physical, bytes)
    return found && hex(found.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n))
  }
}
