/** WebAssembly's text format (core specification, section 6) of the modules that `ModuleBuilder` makes: for whoever looks at what was made. */
import { EMPTY_BLOCK, MemoryOp, Op, Structured, ValueType } from './opcodes'
import { I8X16_SHUFFLE, SIMD_PREFIX, SimdLaneOp, SimdMemoryOp, SimdOp, V128_CONST } from './simd'

const HEADER_BYTES = 8
const Section = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const
const External = { function: 0, table: 1, memory: 2 } as const
const SHUFFLE_LANES = 16

/** `i64_shr_u` is written `i64.shr_u`. */
const written = (name: string): string => name.replace('_', '.')
const byNumber = (table: Readonly<Record<string, number | readonly [number, number]>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(table).map(([name, value]) => [typeof value === 'number' ? value : value[0], written(name)]))

const PLAIN = byNumber(Op)
const MEMORY = byNumber(MemoryOp)
const SIMD = byNumber(SimdOp)
const SIMD_LANE = byNumber(SimdLaneOp)
const SIMD_MEMORY = byNumber(SimdMemoryOp)
const TYPES = new Map(Object.entries(ValueType).map(([name, code]) => [code as number, name]))
/** What ends a line: it leaves nothing on the stack, or the flow of control goes elsewhere. */
const ENDS_LINE = /^(local\.set|.*\.store|br|return|unreachable|drop|call)/

class Reader {
  position: number
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes
    this.position = position
  }

  byte(): number {
    const byte = this.#bytes[this.position++]
    if (byte === undefined) throw new Error('The module ends too early.')
    return byte
  }

  /** LEB128 of any width. */
  integer(signed: boolean): bigint {
    let value = 0n
    let shift = 0n
    for (;;) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      shift += 7n
      if (byte < 0x80) return signed && (byte & 0x40) !== 0 ? value - (1n << shift) : value
    }
  }

  count(): number {
    return Number(this.integer(false))
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.count() }, read)
  }

  bytes(count: number): Uint8Array {
    this.position += count
    return this.#bytes.subarray(this.position - count, this.position)
  }

  name(): string {
    return Buffer.from(this.bytes(this.count())).toString('utf8')
  }

  type(): string {
    const code = this.byte()
    return TYPES.get(code) ?? unknown('value type', code)
  }
}

function unknown(what: string, code: number): never {
  throw new Error(`There is no ${what} 0x${code.toString(16)} in the tables.`)
}

/** @throws when the module has something in it that `ModuleBuilder` cannot make */
export function moduleText(bytes: Uint8Array): string {
  const sections = new Map<number, Reader>()
  const whole = new Reader(bytes, HEADER_BYTES)
  while (whole.position < bytes.length) {
    const id = whole.byte()
    const size = whole.count()
    sections.set(id, new Reader(bytes, whole.position))
    whole.position += size
  }
  const inSection = <T>(id: number, read: (reader: Reader) => T): T[] => {
    const reader = sections.get(id)
    return reader === undefined ? [] : reader.list(() => read(reader))
  }
  const types = inSection(Section.type, signature)
  const imports = inSection(Section.import, (reader) => importText(reader, types))
  const functions = inSection(Section.function, (reader) => types[reader.count()])
  const exported = new Map(inSection(Section.export, (reader) => {
    const name = reader.name()
    reader.byte()
    return [reader.count(), name] as const
  }))
  const imported = imports.filter(({ isFunction }) => isFunction).length
  let index = imported
  const bodies = inSection(Section.code, (reader) => {
    const end = reader.count() + reader.position
    const name = exported.get(index)
    const type = functions[index - imported]
    return functionText(reader, end, `(func $${index++}${name === undefined ? '' : ` (export "${name}")`}${type ?? ''}`)
  })
  return `${['(module', ...imports.map(({ text }) => `  ${text}`), ...bodies.map((body) => body.replaceAll(/^/gm, '  '))].join('\n')})\n`
}

/** A function type, as it stands behind a function's name. */
function signature(reader: Reader): string {
  reader.byte()
  const part = (kind: string): string => {
    const types = reader.list(() => reader.type())
    return types.length === 0 ? '' : ` (${kind} ${types.join(' ')})`
  }
  return part('param') + part('result')
}

function importText(reader: Reader, types: readonly string[]): { text: string; isFunction: boolean } {
  const from = `(import "${reader.name()}" "${reader.name()}"`
  const kind = reader.byte()
  if (kind === External.function) return { text: `${from} (func${types[reader.count()] ?? ''}))`, isFunction: true }
  if (kind === External.table) reader.byte()
  reader.byte()
  return { text: `${from} (${kind === External.table ? `table ${reader.count()} funcref` : `memory ${reader.count()}`}))`, isFunction: false }
}

/** One line for each statement: as many instructions as it takes until nothing is left on the stack. */
function functionText(reader: Reader, end: number, head: string): string {
  const locals = reader.list(() => Array<string>(reader.count()).fill(reader.type())).flat()
  const lines = [head, ...(locals.length === 0 ? [] : [`  (local ${locals.join(' ')})`])]
  let line: string[] = []
  let depth = 1
  const finish = (indent: number): void => {
    if (line.length > 0) lines.push(`${'  '.repeat(indent)}${line.join(' ')}`)
    line = []
  }
  while (reader.position < end) {
    const text = instructionText(reader)
    const [name] = text.split(' ', 1)
    if (name === 'end' || name === 'else') {
      finish(depth)
      depth--
    }
    if (reader.position === end) break
    line.push(text)
    if (name === 'block' || name === 'loop' || name === 'if' || name === 'else') {
      finish(depth)
      depth++
    } else if (name === 'end' || ENDS_LINE.test(text)) finish(depth)
  }
  return `${lines.join('\n')})`
}

function instructionText(reader: Reader): string {
  const code = reader.byte()
  const plain = PLAIN.get(code)
  if (plain !== undefined) return plain
  const memory = MEMORY.get(code)
  if (memory !== undefined) return memory + offsetText(reader)
  switch (code) {
    case Structured.block: return `block${resultText(reader)}`
    case Structured.loop: return `loop${resultText(reader)}`
    case Structured.if: return `if${resultText(reader)}`
    case Structured.else: return 'else'
    case Structured.end: return 'end'
    case Structured.br: return `br ${reader.count()}`
    case Structured.br_if: return `br_if ${reader.count()}`
    case Structured.br_table: return `br_table ${[...reader.list(() => reader.count()), reader.count()].join(' ')}`
    case Structured.call: return `call $${reader.count()}`
    case Structured.call_indirect: {
      const type = reader.count()
      return `call_indirect ${reader.count()} (type ${type})`
    }
    case Structured.local_get: return `local.get ${reader.count()}`
    case Structured.local_set: return `local.set ${reader.count()}`
    case Structured.local_tee: return `local.tee ${reader.count()}`
    case Structured.i32_const: return `i32.const ${reader.integer(true)}`
    case Structured.i64_const: return `i64.const ${constantText(reader.integer(true))}`
    case SIMD_PREFIX: return simdText(reader)
    default: return unknown('instruction', code)
  }
}

function simdText(reader: Reader): string {
  const number = reader.count()
  const plain = SIMD.get(number)
  if (plain !== undefined) return plain
  const lane = SIMD_LANE.get(number)
  if (lane !== undefined) return `${lane} ${reader.byte()}`
  const memory = SIMD_MEMORY.get(number)
  if (memory !== undefined) return memory + offsetText(reader)
  if (number === I8X16_SHUFFLE) return `i8x16.shuffle ${[...reader.bytes(SHUFFLE_LANES)].join(' ')}`
  if (number === V128_CONST) return `v128.const i64x2 ${[0, 1].map(() => `0x${Buffer.from(reader.bytes(8).toReversed()).toString('hex')}`).join(' ')}`
  return unknown('vector instruction', number)
}

/** Small numbers as they are, addresses and masks in hex. */
function constantText(value: bigint): string {
  if (value > -0x1000n && value < 0x1000n) return String(value)
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`
}

/** The alignment is always the natural one. */
function offsetText(reader: Reader): string {
  reader.count()
  const offset = reader.count()
  return offset === 0 ? '' : ` offset=${offset}`
}

function resultText(reader: Reader): string {
  const code = reader.byte()
  return code === EMPTY_BLOCK ? '' : ` (result ${TYPES.get(code) ?? unknown('value type', code)})`
}
