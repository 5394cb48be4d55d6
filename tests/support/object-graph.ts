/**
 * All that an object holds, as the debugger sees it: private fields and the variables of closures, too. So a test can compare two objects that should be
 * the same, whatever their classes show of themselves.
 */
import { Session } from 'node:inspector'

/** A value, and how it is reached. */
interface Held {
  readonly name: string
  readonly value: unknown
}

interface Remote {
  readonly objectId?: string | undefined
  readonly value?: unknown
  readonly unserializableValue?: string | undefined
  readonly type: string
  readonly description?: string | undefined
}

interface Property {
  readonly name: string
  readonly value?: Remote
}

/** The answer of `Runtime.getProperties`. */
interface Properties {
  readonly result: readonly Property[]
  readonly privateProperties?: readonly Property[]
  readonly internalProperties?: readonly Property[]
}

/** Where the debugger and the test meet. */
const meeting: { value: unknown } = { value: undefined }
const MEETING = '__bootlabMeeting'

/** Scopes of the test runner's modules, which it wraps in functions: what modules hold is shared by all machines. */
const isModule = (names: readonly string[]): boolean => names.some((name) => name.startsWith('__vi'))

export class ObjectGraph {
  readonly #session = new Session()

  constructor() {
    Object.assign(globalThis, { [MEETING]: meeting })
    this.#session.connect()
  }

  close(): void {
    this.#session.disconnect()
    Reflect.deleteProperty(globalThis, MEETING)
  }

  /** What an object or a function holds: fields, private fields, entries, captured variables. Not what its getters compute. */
  inside(object: object): Held[] {
    const held: Held[] = []
    if (object instanceof Map) [...object].forEach(([key, value], index) => held.push({ name: `key ${index}`, value: key }, { name: `value of ${typeof key === 'object' ? index : String(key)}`, value }))
    else if (object instanceof Set) [...object].forEach((value, index) => held.push({ name: `member ${index}`, value }))
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key)
      if (descriptor && 'value' in descriptor && !(typeof object === 'function' && key === 'prototype')) held.push({ name: String(key), value: descriptor.value })
    }
    if (Array.isArray(object)) return held
    meeting.value = object
    const remote = this.#post('Runtime.evaluate', { expression: `globalThis.${MEETING}.value` }) as { result: Remote }
    const id = remote.result.objectId
    if (id === undefined) return held
    const { privateProperties = [], internalProperties = [] } = this.#properties(id)
    for (const { name, value } of privateProperties) if (value) held.push({ name, value: this.#take(value) })
    const scopes = internalProperties.find(({ name }) => name === '[[Scopes]]')?.value?.objectId
    if (scopes !== undefined) held.push(...this.#captured(scopes))
    return held
  }

  /** Variables of the closures that a function sees. */
  #captured(scopesId: string): Held[] {
    const held: Held[] = []
    for (const { value } of this.#properties(scopesId).result) {
      if (!value?.objectId || !/^(Closure|Block|Catch|With)/.test(value.description ?? '')) continue
      const variables = this.#properties(value.objectId).result
      if (isModule(variables.map(({ name }) => name))) break
      for (const variable of variables) if (variable.value) held.push({ name: `(${variable.name})`, value: this.#take(variable.value) })
    }
    return held
  }

  #properties(objectId: string): Properties {
    return this.#post('Runtime.getProperties', { objectId, ownProperties: true }) as Properties
  }

  #take(remote: Remote): unknown {
    if (remote.objectId === undefined) return remote.unserializableValue ?? remote.value
    this.#post('Runtime.callFunctionOn', { objectId: remote.objectId, functionDeclaration: `function () { globalThis.${MEETING}.value = this }` })
    return meeting.value
  }

  #post(method: string, parameters: object): unknown {
    const answer: { error: Error | null; result: unknown } = { error: new Error('The debugger has not answered.'), result: undefined }
    // In the same thread it answers at once.
    this.#session.post(method, parameters, (error: Error | null, result: unknown) => Object.assign(answer, { error, result }))
    if (answer.error) throw answer.error
    return answer.result
  }
}

export interface Comparison {
  /** Whether a path is none of the comparison's business; nothing behind it is looked at. */
  readonly ignores: (path: string) => boolean
  /** Whether two views are the same, where bytes alone do not say; undefined: they do. */
  readonly views?: (a: ArrayBufferView, b: ArrayBufferView) => boolean | undefined
  /** Another order for lists whose order means nothing. */
  readonly ordered?: (path: string, values: readonly unknown[]) => readonly unknown[]
}

/** Every place in which two objects differ, by its path, the shortest one. Both are followed at once, so that what they share costs nothing. */
export function differences(a: object, b: object, { ignores, views = () => undefined, ordered = (_path, values) => values }: Comparison): string[] {
  const graph = new ObjectGraph()
  const found: string[] = []
  const seen = new Map<object, object>()
  const waiting: (readonly [path: string, a: unknown, b: unknown])[] = [['machine', a, b]]
  const inside = (path: string, object: object): Held[] => graph.inside(Array.isArray(object) ? [...ordered(path, object)] : object)
  try {
    for (const [path, one, other] of waiting) {
      if (Object.is(one, other) || ignores(path)) continue
      if (!isObject(one) || !isObject(other)) {
        found.push(`${path}: ${show(one)} is ${show(other)}`)
        continue
      }
      if (seen.has(one)) continue
      seen.set(one, other)
      if (ArrayBuffer.isView(one) && ArrayBuffer.isView(other)) {
        if (!(views(one, other) ?? Buffer.compare(bytesOf(one), bytesOf(other)) === 0)) found.push(`${path}: other bytes`)
        continue
      }
      const others = new Map(inside(path, other).map(({ name, value }) => [name, value]))
      for (const { name, value } of inside(path, one)) {
        if (others.has(name)) waiting.push([`${path}.${name}`, value, others.get(name)])
        else if (!ignores(`${path}.${name}`)) found.push(`${path}.${name}: is missing`)
        others.delete(name)
      }
      for (const name of others.keys()) if (!ignores(`${path}.${name}`)) found.push(`${path}.${name}: was not there`)
    }
  } finally {
    graph.close()
  }
  return found
}

const isObject = (value: unknown): value is object => (typeof value === 'object' && value !== null) || typeof value === 'function'

const bytesOf = (view: ArrayBufferView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)

function show(value: unknown): string {
  return isObject(value) ? Object.prototype.toString.call(value) : String(value)
}
