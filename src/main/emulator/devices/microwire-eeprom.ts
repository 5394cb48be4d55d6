/** A serial EEPROM of 64 words of 16 bits with three wires (National Semiconductor NM93C46, data sheet of 1999): reading only. */
import type { StateFields } from '../state/fields'

const WORDS = 64
const ADDRESS_BITS = 6
/** Start bit, two bits of operation, address. */
const COMMAND_BITS = 3 + ADDRESS_BITS
const READ = 0b110
const WORD_BITS = 16

export class MicrowireEeprom {
  readonly #words: Uint16Array
  #selected = false
  #clock = false
  /** Bits of a command so far; 0: no start bit yet. */
  #command = 0
  #bits = 0
  /** Bits of the present word that were given out; undefined: nothing is read. */
  #given: number | undefined
  #address = 0
  /** The output's level. */
  output = true

  /** @param words up to 64; the rest reads as FFFFh, as an empty memory does */
  constructor(words: ArrayLike<number>) {
    this.#words = new Uint16Array(WORDS).fill(0xffff)
    this.#words.set(Array.from(words).slice(0, WORDS))
  }

  exchange(state: StateFields): void {
    this.#selected = state.flag('selected', this.#selected)
    this.#clock = state.flag('clock', this.#clock)
    this.#command = state.int('command', this.#command, 2 ** COMMAND_BITS - 1)
    this.#bits = state.int('bits', this.#bits, COMMAND_BITS)
    this.#given = state.optional('given', this.#given, WORD_BITS - 1)
    this.#address = state.int('address', this.#address, WORDS - 1)
    this.output = state.flag('output', this.output)
  }

  /** A word as other ways of access give it. */
  word(address: number): number {
    return this.#words[address & (WORDS - 1)] ?? 0
  }

  /** The three inputs: chip select, clock, data. */
  drive(select: boolean, clock: boolean, data: boolean): void {
    const rises = clock && !this.#clock
    this.#clock = clock
    if (select !== this.#selected) this.#begin(select)
    if (select && rises) this.#shift(data)
  }

  #begin(select: boolean): void {
    this.#selected = select
    this.#command = this.#bits = 0
    this.#given = undefined
    this.output = true
  }

  #shift(data: boolean): void {
    if (this.#given !== undefined) {
      this.#giveBit(this.#given)
      return
    }
    if (this.#bits === 0 && !data) return
    if (this.#bits === COMMAND_BITS) return
    this.#command = (this.#command << 1) | Number(data)
    if (++this.#bits < COMMAND_BITS || this.#command >> ADDRESS_BITS !== READ) return
    // A zero goes before the word.
    this.#address = this.#command & (WORDS - 1)
    this.#given = 0
    this.output = false
  }

  /** The words follow each other for as long as the clock goes on. */
  #giveBit(given: number): void {
    this.output = ((this.word(this.#address) >> (WORD_BITS - 1 - given)) & 1) === 1
    this.#given = (given + 1) % WORD_BITS
    if (this.#given === 0) this.#address = (this.#address + 1) % WORDS
  }
}
