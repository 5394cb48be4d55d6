/** A set of interrupt vectors, 0–255, as the 256-bit registers of a local APIC hold it. */
import type { StateFields } from '../state/fields'
export class VectorSet {
  readonly #words = new Uint32Array(8)
  #highest: number | undefined

  exchange(state: StateFields): void {
    state.array('words', this.#words)
    this.#highest = this.#find()
  }

  /** The greatest vector in the set. */
  get highest(): number | undefined {
    return this.#highest
  }

  get vectors(): number[] {
    return Array.from({ length: 256 }, (_, vector) => vector).filter((vector) => this.has(vector))
  }

  /** Vectors 32 × index and up, the first one in bit 0. */
  word(index: number): number {
    return this.#words[index] ?? 0
  }

  has(vector: number): boolean {
    return ((this.word(vector >> 5) >>> (vector & 31)) & 1) !== 0
  }

  add(vector: number): void {
    this.#words[vector >> 5] = this.word(vector >> 5) | (1 << (vector & 31))
    if (this.#highest === undefined || vector > this.#highest) this.#highest = vector
  }

  remove(vector: number): void {
    this.#words[vector >> 5] = this.word(vector >> 5) & ~(1 << (vector & 31))
    if (vector === this.#highest) this.#highest = this.#find()
  }

  set(vector: number, present: boolean): void {
    if (present) this.add(vector)
    else this.remove(vector)
  }

  clear(): void {
    this.#words.fill(0)
    this.#highest = undefined
  }

  #find(): number | undefined {
    for (let index = 7; index >= 0; index--) {
      const word = this.word(index)
      if (word !== 0) return index * 32 + 31 - Math.clz32(word)
    }
    return undefined
  }
}
