import { damaged, type StateError } from './error'
import type { NumberArray, Stateful, StateFields } from './fields'

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const UNSIGNED_32 = 0xffff_ffff

/** Reads the fields of a part from what JSON made of outside data: nothing about it is believed. */
export class StateReader implements StateFields {
  readonly loading = true
  readonly #path: string
  readonly #fields: ReadonlyMap<string, unknown>
  readonly #blobs: BlobReader
  readonly #left: Set<string>

  constructor(fields: unknown, blobs: BlobReader, path = '') {
    this.#path = path
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw this.wrong('it is no group of fields')
    this.#fields = new Map(Object.entries(fields))
    this.#left = new Set(this.#fields.keys())
    this.#blobs = blobs
  }

  has(name: string): boolean {
    return this.#fields.has(name)
  }

  /** Throws for fields that nobody asked for: another version wrote them. @param ignored names that do not matter */
  finish(ignored: readonly string[] = []): void {
    const other = [...this.#left].find((name) => !ignored.includes(name))
    if (other !== undefined) throw this.wrong('nothing in this version has such a field', other)
  }

  int(name: string, _value: number, most = Number.MAX_SAFE_INTEGER, least = 0): number {
    return this.#whole(name, this.#take(name), most, least)
  }

  byte(name: string, value: number): number {
    return this.int(name, value, 0xff)
  }

  word(name: string, value: number): number {
    return this.int(name, value, 0xffff)
  }

  dword(name: string, value: number): number {
    return this.int(name, value, UNSIGNED_32, -0x8000_0000)
  }

  tick(name: string, _value: number): number {
    const read = this.#take(name)
    return read === 'never' ? Infinity : this.#whole(name, read, Number.MAX_SAFE_INTEGER)
  }

  flag(name: string, _value: boolean): boolean {
    const read = this.#take(name)
    if (typeof read !== 'boolean') throw this.wrong('it is neither true nor false', name)
    return read
  }

  big(name: string, _value: bigint, bits = 64): bigint {
    const read = this.#take(name)
    if (typeof read !== 'string' || !/^0x[0-9a-f]{1,32}$/.test(read)) throw this.wrong('it is no number', name)
    const value = BigInt(read)
    if (BigInt.asUintN(bits, value) !== value) throw this.wrong(`it has more than ${bits} bits`, name)
    return value
  }

  text(name: string, _value: string, most: number): string {
    const read = this.#take(name)
    if (typeof read !== 'string' || read.length > most) throw this.wrong(`it is no text of up to ${most} characters`, name)
    return read
  }

  choice<T extends string | number>(name: string, _value: T, allowed: readonly T[]): T {
    const read = this.#take(name)
    const chosen = allowed.find((one) => one === read)
    if (chosen === undefined) throw this.wrong(`it is none of ${allowed.join(', ')}`, name)
    return chosen
  }

  optional(name: string, _value: number | undefined, most = Number.MAX_SAFE_INTEGER): number | undefined {
    const read = this.#take(name)
    return read === null ? undefined : this.#whole(name, read, most)
  }

  maybe<T>(name: string, _value: T | undefined, item: (state: StateFields, value: T | undefined) => T): T | undefined {
    const read = this.#take(name)
    return read === null ? undefined : this.#item(name, read, item)
  }

  array(name: string, values: NumberArray): void {
    const read = this.#take(name)
    if (values instanceof Uint8Array) {
      const bytes = typeof read === 'string' && BASE64.test(read) ? Buffer.from(read, 'base64') : undefined
      if (bytes?.length !== values.length) throw this.wrong(`it has not ${values.length} bytes`, name)
      values.set(bytes)
      return
    }
    const numbers = this.#array(name, read, values.length)
    if (numbers.length !== values.length) throw this.wrong(`it has ${numbers.length} numbers instead of ${values.length}`, name)
    const [least, most] = values instanceof Int32Array ? [-0x8000_0000, 0x7fff_ffff] : [0, values instanceof Uint16Array ? 0xffff : UNSIGNED_32]
    numbers.forEach((number, index) => {
      values[index] = this.#whole(name, number, most, least)
    })
  }

  numbers(name: string, _values: readonly number[], count: number, most = 0xff): number[] {
    return this.#array(name, this.#take(name), count).map((number) => this.#whole(name, number, most))
  }

  bytes(name: string, _value: Uint8Array, most: number): Uint8Array {
    const [at, length] = this.#array(name, this.#take(name), 2)
    const bytes = this.#blobs.at(this.#whole(name, at, Number.MAX_SAFE_INTEGER), this.#whole(name, length, most))
    if (!bytes) throw this.wrong('its bytes are not there', name)
    return bytes
  }

  list<T>(name: string, _values: readonly T[], count: number, item: (state: StateFields, value: T | undefined) => T): T[] {
    return this.#array(name, this.#take(name), count).map((read, index) => this.#item(`${name}/${index}`, read, item))
  }

  map(name: string, values: Map<number, number>, count: number, most = UNSIGNED_32): void {
    values.clear()
    for (const entry of this.#array(name, this.#take(name), count)) {
      const [key, value] = this.#array(name, entry, 2)
      values.set(this.#whole(name, key, UNSIGNED_32), this.#whole(name, value, most))
    }
  }

  part(name: string, part: Stateful | ((state: StateFields) => void)): void {
    const inner = this.#inner(name, this.#take(name))
    if (typeof part === 'function') part(inner)
    else part.exchange(inner)
    inner.finish()
  }

  wrong(why: string, name?: string): StateError {
    const path = name === undefined ? this.#path : this.#pathOf(name)
    return damaged(`at ${path === '' ? 'the machine' : path}, ${why}`)
  }

  #pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}/${name}`
  }

  #take(name: string): unknown {
    if (!this.#left.delete(name)) throw this.wrong('the field is missing', name)
    return this.#fields.get(name)
  }

  #inner(name: string, read: unknown): StateReader {
    return new StateReader(read, this.#blobs, this.#pathOf(name))
  }

  #item<T>(name: string, read: unknown, item: (state: StateFields, value: T | undefined) => T): T {
    const inner = this.#inner(name, read)
    const value = item(inner, undefined)
    inner.finish()
    return value
  }

  #array(name: string, read: unknown, most: number): unknown[] {
    if (!Array.isArray(read) || read.length > most) throw this.wrong(`it is no list of up to ${most}`, name)
    return read
  }

  #whole(name: string, read: unknown, most: number, least = 0): number {
    if (typeof read !== 'number' || !Number.isInteger(read) || read < least || read > most) throw this.wrong(`it is no whole number from ${least} to ${most}`, name)
    return read
  }
}

/** The bytes that fields name by place. The same place gives the same object. */
export class BlobReader {
  readonly #bytes: Uint8Array
  readonly #known = new Map<string, Uint8Array>()

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Undefined: there are no such bytes. */
  at(start: number, length: number): Uint8Array | undefined {
    if (start + length > this.#bytes.length) return undefined
    const key = `${start} ${length}`
    const known = this.#known.get(key)
    if (known) return known
    const bytes = this.#bytes.slice(start, start + length)
    this.#known.set(key, bytes)
    return bytes
  }
}
