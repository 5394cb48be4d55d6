import type { PhysicalMemory } from '../ports'
import type { CpuState } from '../state/cpu-state'

export const PAGE_SIZE = 4096
const OFFSET_MASK = PAGE_SIZE - 1
const A20_BIT = 0x10_0000

/**
 * Physical memory behind the A20 gate, for accesses that have no TLB entry: page tables, devices, ROM, and pieces of
 * accesses that cross a page. Addresses are plain numbers (below 2^52).
 */
export class PhysicalAccess {
  a20 = true
  readonly #state: CpuState
  readonly #physical: PhysicalMemory
  /** Told after bytes of plain memory changed, so that decoded code over them is dropped. */
  readonly #written: (host: number, bytes: number) => void

  constructor(state: CpuState, physical: PhysicalMemory, written: (host: number, bytes: number) => void) {
    this.#state = state
    this.#physical = physical
    this.#written = written
  }

  /** The address on the bus: bit 20 is held low while the gate is closed. */
  gate(physical: number): number {
    if (this.a20) return physical
    return Math.floor(physical / A20_BIT) % 2 === 1 ? physical - A20_BIT : physical
  }

  /** Host address of the frame for reading, or 0 (device, hole). `physical` is behind the gate already. */
  readableFrame(physical: number): number {
    return this.#physical.readableFrame(physical - (physical % PAGE_SIZE))
  }

  writableFrame(physical: number): number {
    return this.#physical.writableFrame(physical - (physical % PAGE_SIZE))
  }

  /** A doubleword of a page table (aligned). */
  read32(address: number): number {
    const physical = this.gate(address)
    const frame = this.readableFrame(physical)
    if (frame !== 0) return this.#state.u32[(frame + (physical % PAGE_SIZE)) >>> 2] ?? 0
    return this.#physical.read32(physical) >>> 0
  }

  write32(address: number, value: number): void {
    const physical = this.gate(address)
    const frame = this.writableFrame(physical)
    if (frame === 0) {
      this.#physical.write32(physical, value >>> 0)
      return
    }
    const host = frame + (physical % PAGE_SIZE)
    this.#state.u32[host >>> 2] = value
    this.#written(host, 4)
  }

  /** Copies `bytes` bytes inside one page from `physical` to host address `to`. */
  load(physical: number, to: number, bytes: number): void {
    const { u8, view } = this.#state
    const frame = this.readableFrame(physical)
    if (frame !== 0) {
      const from = frame + (physical & OFFSET_MASK)
      u8.copyWithin(to, from, from + bytes)
      return
    }
    for (let done = 0; done < bytes; ) {
      const step = naturalStep(physical + done, bytes - done)
      if (step === 4) view.setUint32(to + done, this.#physical.read32(physical + done), true)
      else if (step === 2) view.setUint16(to + done, this.#physical.read16(physical + done), true)
      else u8[to + done] = this.#physical.read8(physical + done)
      done += step
    }
  }

  /** Copies `bytes` bytes inside one page from host address `from` to `physical`. ROM and holes swallow them. */
  store(physical: number, from: number, bytes: number): void {
    const { u8, view } = this.#state
    const frame = this.writableFrame(physical)
    if (frame !== 0) {
      const to = frame + (physical & OFFSET_MASK)
      u8.copyWithin(to, from, from + bytes)
      this.#written(to, bytes)
      return
    }
    for (let done = 0; done < bytes; ) {
      const step = naturalStep(physical + done, bytes - done)
      if (step === 4) this.#physical.write32(physical + done, view.getUint32(from + done, true))
      else if (step === 2) this.#physical.write16(physical + done, view.getUint16(from + done, true))
      else this.#physical.write8(physical + done, u8[from + done] ?? 0)
      done += step
    }
  }
}

/** Largest aligned piece a device access is cut into: 4, 2 or 1 bytes. */
function naturalStep(address: number, left: number): 1 | 2 | 4 {
  if (left >= 4 && (address & 3) === 0) return 4
  if (left >= 2 && (address & 1) === 0) return 2
  return 1
}
