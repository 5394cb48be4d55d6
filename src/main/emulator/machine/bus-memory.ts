import type { BusMemory } from '../devices/bus-memory'
import type { MemoryMap } from './memory-map'

const PAGE = 0x1000
const UNMAPPED = 0xff

/** Plain memory only; registers are not reached. The processor hears what was changed, for it may have decoded code there. */
export class PhysicalBusMemory implements BusMemory {
  readonly #map: MemoryMap
  readonly #written: (host: number, bytes: number) => void

  constructor(map: MemoryMap, written: (host: number, bytes: number) => void) {
    this.#map = map
    this.#written = written
  }

  read(physical: number, bytes: number): Uint8Array {
    const result = new Uint8Array(bytes).fill(UNMAPPED)
    for (let done = 0; done < bytes; ) {
      const part = this.#map.readable(physical + done, bytes - done)
      if (part) result.set(part, done)
      done += part?.length ?? PAGE - ((physical + done) % PAGE)
    }
    return result
  }

  write(physical: number, bytes: Uint8Array): void {
    const from = physical >>> 0
    for (let done = 0; done < bytes.length; ) {
      const part = this.#map.writable(from + done, bytes.length - done)
      if (part) {
        part.bytes.set(bytes.subarray(done, done + part.bytes.length))
        this.#written(part.host, part.bytes.length)
      }
      done += part?.bytes.length ?? PAGE - ((from + done) % PAGE)
    }
  }
}
