/**
 * The VGA's palette of 256 colours (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem": video digital-to-analog converter;
 * Inmos IMS G171 data sheet): ports 3C6h–3C9h. A colour is taken when its third part has been written.
 */
import { FLOATING } from './device'
import type { StateFields } from '../state/fields'

export const DAC_PORTS = { first: 0x3c6, last: 0x3c9 } as const
const [MASK, READ_INDEX, WRITE_INDEX, DATA] = [0x3c6, 0x3c7, 0x3c8, 0x3c9] as const
/** What the state register reads as: data are read, data are written. */
const READING = 3
const WRITING = 0
const GUNS = 3
const COLOURS = 256
/** Bytes of `copySettings`. */
export const DAC_SETTINGS = COLOURS * GUNS + 2

export class VgaDac {
  readonly #wide: () => boolean
  readonly #colours = new Uint8Array(COLOURS * GUNS)
  readonly #taken = new Uint8Array(GUNS)
  #readIndex = 0
  #writeIndex = 0
  #gun = 0
  #state: number = READING
  mask = 0xff

  /** @param wide whether a gun has 8 bits, instead of 6 */
  constructor(wide: () => boolean) {
    this.#wide = wide
  }

  reset(): void {
    this.mask = 0xff
    this.#readIndex = this.#writeIndex = this.#gun = 0
    this.#state = READING
  }

  exchange(state: StateFields): void {
    state.array('colours', this.#colours)
    state.array('taken', this.#taken)
    this.#readIndex = state.byte('read index', this.#readIndex)
    this.#writeIndex = state.byte('write index', this.#writeIndex)
    this.#gun = state.int('gun', this.#gun, GUNS - 1)
    this.#state = state.choice('state', this.#state, [READING, WRITING])
    this.mask = state.byte('mask', this.mask)
  }

  /** @param colours 6 bits each of red, green, blue, from entry 0 on */
  load(colours: readonly number[]): void {
    this.#colours.set(colours)
  }

  read(port: number): number {
    switch (port) {
      case MASK:
        return this.mask
      case READ_INDEX:
        return this.#state
      case WRITE_INDEX:
        return this.#writeIndex
      case DATA: {
        const value = this.#colours[this.#readIndex * GUNS + this.#gun] ?? FLOATING
        this.#gun = (this.#gun + 1) % GUNS
        if (this.#gun === 0) this.#readIndex = (this.#readIndex + 1) & 0xff
        return value
      }
      default:
        return FLOATING
    }
  }

  write(port: number, value: number): void {
    switch (port) {
      case MASK:
        this.mask = value
        return
      case READ_INDEX:
        this.#readIndex = value
        this.#gun = 0
        this.#state = READING
        return
      case WRITE_INDEX:
        this.#writeIndex = value
        this.#gun = 0
        this.#state = WRITING
        return
      case DATA:
        this.#taken[this.#gun] = value & (this.#wide() ? 0xff : 0x3f)
        this.#gun = (this.#gun + 1) % GUNS
        if (this.#gun !== 0) return
        this.#colours.set(this.#taken, this.#writeIndex * GUNS)
        this.#writeIndex = (this.#writeIndex + 1) & 0xff
        return
      default:
      // There is no other port.
    }
  }

  /** Writes all that colours depend on to `DAC_SETTINGS` bytes, to be compared. */
  copySettings(to: Uint8Array): void {
    to.set(this.#colours)
    to.set([this.mask, this.#wide() ? 1 : 0], this.#colours.length)
  }

  /** What an index shows, through the mask: red, green, blue, 8 bits each. */
  colour(index: number): [number, number, number] {
    const wide = this.#wide()
    const entry = (index & this.mask) * GUNS
    const gun = (at: number): number => {
      const value = this.#colours[at] ?? 0
      return wide ? value : (value << 2) | (value >> 4)
    }
    return [gun(entry), gun(entry + 1), gun(entry + 2)]
  }
}
