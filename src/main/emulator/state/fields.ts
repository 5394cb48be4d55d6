/**
 * How the parts of a machine say what they hold, so that it can be saved and loaded. Each part has one method, `exchange`, which names every field
 * that its next step depends on. The same lines write a state and read one: saving, a field's value goes out and comes back as it is; loading, what
 * the state has comes back instead, checked.
 *
 *   exchange(state: StateFields): void {
 *     this.#mask = state.byte('mask', this.#mask)
 *     state.array('ram', this.#ram)
 *     state.part('mouse', this.mouse)
 *   }
 *
 * A new device joins by its `exchange` (`Device` asks for one), and by being in the machine's list of devices. Its timers are saved by the clock,
 * guest memory by the machine. What follows from other fields (a cache, what is mapped where) is made anew at the end of `exchange`, when
 * `state.loading`. Closures cannot be saved: work that goes on later is a name with numbers (`ata-drive.ts` shows how). Nothing may be told to other
 * parts meanwhile, such as the level of a line: they have their own fields. `tests/boot/state-is-whole.test.ts` finds what was forgotten.
 */

/** A part of the machine that holds something. */
export interface Stateful {
  /** Names all that the part holds. Called between two instructions. Throws a `StateError` for a value that the part cannot hold. */
  exchange(state: StateFields): void
}

export type NumberArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | number[]

/** Fields of one part. Every name is used once. Methods throw a `StateError` for a field that is not there, or is not what it must be. */
export interface StateFields {
  /** Values come from a state; else they go to one. */
  readonly loading: boolean
  /** A whole number from `least` (default 0) to `most` (default 2^53 - 1). */
  int(name: string, value: number, most?: number, least?: number): number
  /** 8 and 16 bits, unsigned; 32 bits, with or without a sign. */
  byte(name: string, value: number): number
  word(name: string, value: number): number
  dword(name: string, value: number): number
  /** A tick of virtual time, from 0 on, or Infinity. */
  tick(name: string, value: number): number
  flag(name: string, value: boolean): boolean
  /** Unsigned, of so many bits. */
  big(name: string, value: bigint, bits?: number): bigint
  /** Text of at most so many characters. */
  text(name: string, value: string, most: number): string
  /** One of a few values. */
  choice<T extends string | number>(name: string, value: T, allowed: readonly T[]): T
  /** A whole number from 0 to `most` (default 2^53 - 1) that may be absent. */
  optional(name: string, value: number | undefined, most?: number): number | undefined
  /** Something that may be absent. */
  maybe<T>(name: string, value: T | undefined, item: (state: StateFields, value: T | undefined) => T): T | undefined
  /** Numbers that are there in this count, in place. Each is as its array takes it; in a plain array 32 bits, unsigned. */
  array(name: string, values: NumberArray): void
  /** Up to `count` numbers from 0 to `most`. */
  numbers(name: string, values: readonly number[], count: number, most?: number): number[]
  /** Up to `most` bytes. What is the same object in several places is so again after loading. */
  bytes(name: string, value: Uint8Array, most: number): Uint8Array
  /** Up to `count` items in order. `item` gets undefined when it is to be made. */
  list<T>(name: string, values: readonly T[], count: number, item: (state: StateFields, value: T | undefined) => T): T[]
  /** Numbers by number, in place: up to `count` of them. */
  map(name: string, values: Map<number, number>, count: number, most?: number): void
  /** A part of the part, or a group of fields. */
  part(name: string, part: Stateful | ((state: StateFields) => void)): void
  /** Loading: says why what was read cannot be. Returns an error for the caller to throw. */
  wrong(why: string): Error
}
