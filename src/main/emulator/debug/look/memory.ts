/** The guest's memory as a person looks at it: nothing of the guest changes by it, and nothing faults. */
import type { MemoryView, PageState, Survey } from '../../../../shared/debug'
import { LabError } from '../../../../shared/failure'
import type { Cpu } from '../../cpu/cpu'
import { LOW_RAM_END, type MemoryMap, SHADOW_START } from '../../machine/memory-map'
import { hex } from '../registers'
import { PageTables } from './page-tables'

const PAGE = 4096
const VGA_WINDOW_END = 0xb0000
const HIGHEST = 0xffff_ffff_ffff_ffffn

export type Space = 'linear' | 'physical'

interface Piece {
  readonly address: bigint
  readonly bytes: number
  readonly physical: number | undefined
  readonly state: PageState
  /** In place; undefined where nothing can be read. */
  readonly data: Uint8Array | undefined
}

export class MemoryReader {
  readonly #cpu: Cpu
  readonly #memory: MemoryMap
  /** As the control registers stand when the reader is made. */
  readonly tables: PageTables

  constructor(cpu: Cpu, memory: MemoryMap) {
    this.#cpu = cpu
    this.#memory = memory
    this.tables = new PageTables(cpu, memory)
  }

  /** Pieces of one page each; ends at the highest address. */
  *pieces(space: Space, address: bigint, bytes: number): Generator<Piece> {
    for (let done = 0; done < bytes && address + BigInt(done) <= HIGHEST; ) {
      const at = address + BigInt(done)
      const count = Math.min(bytes - done, PAGE - Number(at & 0xfffn))
      const physical = space === 'linear' ? this.tables.translate(at) : at < 1n << 52n ? Number(at) : undefined
      const data = physical === undefined ? undefined : this.#memory.readable(physical, count)
      yield { address: at, bytes: count, physical, data, state: physical === undefined ? (space === 'linear' ? 'unmapped' : 'nothing') : this.#stateOf(physical, data) }
      done += count
    }
  }

  view(space: Space, address: bigint, bytes: number): MemoryView {
    const data = new Uint8Array(bytes)
    const pages: MemoryView['pages'] = []
    for (const piece of this.pieces(space, address, bytes)) {
      if (piece.data) data.set(piece.data, Number(piece.address - address))
      pages.push({ address: hex(piece.address), bytes: piece.bytes, state: piece.state, ...(piece.physical === undefined ? {} : { physical: hex(piece.physical) }) })
    }
    return { address: hex(address), data: Buffer.from(data).toString('base64'), pages }
  }

  survey(space: Space, address: bigint, bytes: number): Survey {
    const ranges: Survey = []
    for (const piece of this.pieces(space, address, bytes)) {
      const last = ranges.at(-1)
      if (last?.state === piece.state) last.bytes += piece.bytes
      else ranges.push({ address: hex(piece.address), bytes: piece.bytes, state: piece.state })
    }
    return ranges
  }

  /** Bytes at a linear address, up to the first that cannot be read. */
  read(linear: bigint, bytes: number): Uint8Array {
    const found = new Uint8Array(bytes)
    let done = 0
    for (const { data } of this.pieces('linear', linear, bytes)) {
      if (!data) break
      found.set(data, done)
      done += data.length
    }
    return found.subarray(0, done)
  }

  /** A little-endian value at a linear address; undefined where it cannot be read. */
  value(linear: bigint, bytes: number): bigint | undefined {
    const found = this.read(linear, bytes)
    return found.length < bytes ? undefined : found.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
  }

  /**
   * Whatever the page rights say; decoded instructions there are forgotten.
   * @throws LabError when not all of it is RAM; nothing is written then
   */
  write(space: Space, address: bigint, bytes: Uint8Array): void {
    const targets = [...this.pieces(space, address, bytes.length)].map((piece) => ({ ...piece, target: piece.physical === undefined ? undefined : this.#memory.writable(piece.physical, piece.bytes) }))
    const bad = targets.find(({ target }) => !target)
    const reached = targets.reduce((sum, piece) => sum + piece.bytes, 0)
    if (bad || reached < bytes.length) {
      throw new LabError({ code: 'bad-input', what: `There is no memory that can be written at ${hex(bad?.address ?? HIGHEST)}.`, why: `It is ${bad?.state ?? 'beyond the last address'}.`, next: 'Choose another address. Nothing was written.' })
    }
    for (const { target, address: at } of targets) {
      if (!target) continue
      const from = Number(at - address)
      target.bytes.set(bytes.subarray(from, from + target.bytes.length))
      this.#cpu.codeChanged(target.host, target.bytes.length)
    }
  }

  #stateOf(physical: number, data: Uint8Array | undefined): PageState {
    if (!data) return physical >= LOW_RAM_END && physical < VGA_WINDOW_END ? 'device' : 'nothing'
    const { framebuffer, videoMemory } = this.#memory
    if (framebuffer !== undefined && physical >= framebuffer && physical < framebuffer + videoMemory.length) return 'video'
    if (physical >= LOW_RAM_END && physical < SHADOW_START) return 'video'
    return this.#memory.writable(physical, 1) ? 'ram' : 'rom'
  }
}
