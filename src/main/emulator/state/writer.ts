import type { NumberArray, Stateful, StateFields } from './fields'

/** What fields are while they are on their way: as JSON has it. */
export type StateValue = number | string | boolean | null | StateValue[] | { [name: string]: StateValue }

/** Bytes that fields name by place, each object once. */
export class BlobWriter {
  readonly #places = new Map<Uint8Array, number>()
  #end = 0

  /** @returns where they begin */
  add(bytes: Uint8Array): number {
    const known = this.#places.get(bytes)
    if (known !== undefined) return known
    const at = this.#end
    this.#places.set(bytes, at)
    this.#end += bytes.length
    return at
  }

  whole(): Uint8Array {
    const all = new Uint8Array(this.#end)
    for (const [bytes, at] of this.#places) all.set(bytes, at)
    return all
  }
}

/** Writes the fields of a part. */
export class StateWriter implements StateFields {
  readonly loading = false
  readonly #blobs: BlobWriter
  readonly fields: { [name: string]: StateValue } = {}

  constructor(blobs: BlobWriter) {
    this.#blobs = blobs
  }

  #put<T>(name: string, kept: T, value: StateValue): T {
    if (Object.hasOwn(this.fields, name)) throw new Error(`The field ${name} is written twice.`)
    this.fields[name] = value
    return kept
  }

  /** Numbers that JSON has no word for are refused: a field that may be infinite is a `tick`. */
  int(name: string, value: number, most = Number.MAX_SAFE_INTEGER, least = 0): number {
    if (!Number.isInteger(value) || value < least || value > most) throw new RangeError(`The field ${name} holds ${value}, which is not from ${least} to ${most}.`)
    return this.#put(name, value, value)
  }

  byte(name: string, value: number): number {
    return this.int(name, value, 0xff)
  }

  word(name: string, value: number): number {
    return this.int(name, value, 0xffff)
  }

  dword(name: string, value: number): number {
    return this.int(name, value, 0xffff_ffff, -0x8000_0000)
  }

  tick(name: string, value: number): number {
    if (value !== Infinity) return this.int(name, value)
    return this.#put(name, value, 'never')
  }

  flag(name: string, value: boolean): boolean {
    return this.#put(name, value, value)
  }

  big(name: string, value: bigint, bits = 64): bigint {
    if (BigInt.asUintN(bits, value) !== value) throw new RangeError(`The field ${name} holds ${value}, which has more than ${bits} bits.`)
    return this.#put(name, value, `0x${value.toString(16)}`)
  }

  text(name: string, value: string, most: number): string {
    if (value.length > most) throw new RangeError(`The field ${name} has ${value.length} characters, more than ${most}.`)
    return this.#put(name, value, value)
  }

  choice<T extends string | number>(name: string, value: T, allowed: readonly T[]): T {
    if (!allowed.includes(value)) throw new RangeError(`The field ${name} holds ${value}, which is none of ${allowed.join(', ')}.`)
    return this.#put(name, value, value)
  }

  optional(name: string, value: number | undefined, most?: number): number | undefined {
    return value === undefined ? this.#put(name, value, null) : this.int(name, value, most)
  }

  maybe<T>(name: string, value: T | undefined, item: (state: StateFields, value: T | undefined) => T): T | undefined {
    return this.#put(name, value, value === undefined ? null : this.#item(value, item))
  }

  array(name: string, values: NumberArray): void {
    this.#put(name, undefined, values instanceof Uint8Array ? Buffer.from(values).toString('base64') : [...values].map((value) => this.#whole(name, value)))
  }

  numbers(name: string, values: readonly number[], count: number, most = 0xff): number[] {
    if (values.length > count || values.some((value) => value < 0 || value > most)) throw new RangeError(`The field ${name} has ${values.length} numbers, not up to ${count} from 0 to ${most}.`)
    return this.#put(name, [...values], values.map((value) => this.#whole(name, value)))
  }

  bytes(name: string, value: Uint8Array, most: number): Uint8Array {
    if (value.length > most) throw new RangeError(`The field ${name} has ${value.length} bytes, more than ${most}.`)
    return this.#put(name, value, [this.#blobs.add(value), value.length])
  }

  list<T>(name: string, values: readonly T[], count: number, item: (state: StateFields, value: T | undefined) => T): T[] {
    if (values.length > count) throw new RangeError(`The field ${name} has ${values.length} items, more than ${count}.`)
    return this.#put(name, [...values], values.map((value) => this.#item(value, item)))
  }

  map(name: string, values: Map<number, number>, count: number): void {
    if (values.size > count) throw new RangeError(`The field ${name} has ${values.size} entries, more than ${count}.`)
    this.#put(name, undefined, [...values].map(([key, value]) => [this.#whole(name, key), this.#whole(name, value)]))
  }

  part(name: string, part: Stateful | ((state: StateFields) => void)): void {
    const inner = new StateWriter(this.#blobs)
    if (typeof part === 'function') part(inner)
    else part.exchange(inner)
    this.#put(name, undefined, inner.fields)
  }

  wrong(why: string): Error {
    return new Error(why)
  }

  #item<T>(value: T, item: (state: StateFields, value: T | undefined) => T): StateValue {
    const inner = new StateWriter(this.#blobs)
    item(inner, value)
    return inner.fields
  }

  #whole(name: string, value: number): number {
    if (!Number.isSafeInteger(value)) throw new RangeError(`The field ${name} holds ${value}, which is no whole number.`)
    return value
  }
}
