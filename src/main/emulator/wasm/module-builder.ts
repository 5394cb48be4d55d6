import { ByteWriter } from './byte-writer'
import { FunctionBuilder } from './function-builder'
import { Structured, ValueType, type ValueTypeName } from './opcodes'

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const Section = { type: 1, import: 2, function: 3, export: 7, element: 9, code: 10 } as const
const FUNCTION_TYPE = 0x60
const FUNCTION_REFERENCE = 0x70
const ExternalKind = { function: 0, table: 1, memory: 2 } as const

export interface FunctionType {
  readonly parameters: readonly ValueTypeName[]
  readonly results: readonly ValueTypeName[]
}

/** Builds one WebAssembly module (core specification 1.0, section 5.5): imports first, then functions, an optional table, exports. */
export class ModuleBuilder {
  readonly #types = new Map<string, { index: number; type: FunctionType }>()
  readonly #typeIndices = new Map<FunctionType, number>()
  readonly #imports: { module: string; name: string; type: number }[] = []
  readonly #memories: { module: string; name: string; pages: number }[] = []
  readonly #functions: { type: number }[] = []
  readonly #bodies = new ByteWriter()
  /** Room that functions are written into, one for each that is being written. */
  readonly #scratch: ByteWriter[] = []
  #depth = 0
  readonly #exports: { name: string; index: number }[] = []
  readonly #tables: { module: string; name: string; size: number }[] = []
  #elements: { offset: number; functions: readonly number[] } | undefined

  /** Index of a function type; equal types share one. */
  type(type: FunctionType): number {
    const same = this.#typeIndices.get(type)
    if (same !== undefined) return same
    const index = this.#typeByShape(type)
    this.#typeIndices.set(type, index)
    return index
  }

  #typeByShape(type: FunctionType): number {
    const key = `${type.parameters.join()}>${type.results.join()}`
    const known = this.#types.get(key)
    if (known) return known.index
    const index = this.#types.size
    this.#types.set(key, { index, type })
    return index
  }

  importFunction(module: string, name: string, type: FunctionType): number {
    if (this.#functions.length > 0) throw new Error(`Import "${name}" comes after the first function: indices would shift.`)
    this.#imports.push({ module, name, type: this.type(type) })
    return this.#imports.length - 1
  }

  /** The memory; `pages` (64 KiB each) is the least it must have. */
  importMemory(module: string, name: string, pages: number): void {
    this.#memories.push({ module, name, pages })
  }

  /** Adds a function whose body `emit` writes; answers its index. `emit` may add functions that this one calls. */
  function(type: FunctionType, emit: (body: FunctionBuilder) => void): number {
    const scratch = (this.#scratch[this.#depth] ??= new ByteWriter())
    this.#depth++
    const body = new FunctionBuilder(type.parameters, scratch)
    emit(body)
    this.#depth--
    body.writeTo(this.#bodies)
    this.#functions.push({ type: this.type(type) })
    return this.#imports.length + this.#functions.length - 1
  }

  exportFunction(name: string, index: number): void {
    this.#exports.push({ name, index })
  }

  /** A table for `call_indirect`, numbered from 0; `size` is the least it must have. */
  importTable(module: string, name: string, size: number): void {
    this.#tables.push({ module, name, size })
  }

  /** Function indices that the table gets from `offset` on when the module is instantiated. */
  elements(offset: number, functions: readonly number[]): void {
    this.#elements = { offset, functions }
  }

  /** The module's bytes. */
  finish(): Uint8Array {
    const module = new ByteWriter()
    for (const byte of MAGIC_AND_VERSION) module.byte(byte)
    const types = [...this.#types.values()]
    section(module, Section.type, types.length, (writer) => {
      for (const { type } of types) {
        writer.byte(FUNCTION_TYPE)
        valueTypes(writer, type.parameters)
        valueTypes(writer, type.results)
      }
    })
    section(module, Section.import, this.#imports.length + this.#memories.length + this.#tables.length, (writer) => {
      for (const { module: from, name, type } of this.#imports) {
        writer.name(from)
        writer.name(name)
        writer.byte(ExternalKind.function)
        writer.unsigned(type)
      }
      for (const { module: from, name, pages } of this.#memories) {
        writer.name(from)
        writer.name(name)
        writer.byte(ExternalKind.memory)
        writer.byte(0)
        writer.unsigned(pages)
      }
      for (const table of this.#tables) {
        writer.name(table.module)
        writer.name(table.name)
        writer.byte(ExternalKind.table)
        writer.byte(FUNCTION_REFERENCE)
        writer.byte(0)
        writer.unsigned(table.size)
      }
    })
    section(module, Section.function, this.#functions.length, (writer) => {
      for (const { type } of this.#functions) writer.unsigned(type)
    })
    section(module, Section.export, this.#exports.length, (writer) => {
      for (const { name, index } of this.#exports) {
        writer.name(name)
        writer.byte(ExternalKind.function)
        writer.unsigned(index)
      }
    })
    const elements = this.#elements
    if (elements) {
      section(module, Section.element, 1, (writer) => {
        writer.byte(0)
        writer.byte(Structured.i32_const)
        writer.signed(elements.offset)
        writer.byte(Structured.end)
        writer.unsigned(elements.functions.length)
        for (const index of elements.functions) writer.unsigned(index)
      })
    }
    section(module, Section.code, this.#functions.length, (writer) => {
      writer.append(this.#bodies)
    })
    return module.finish()
  }
}

function section(module: ByteWriter, id: number, count: number, write: (writer: ByteWriter) => void): void {
  if (count === 0) return
  const writer = new ByteWriter()
  writer.unsigned(count)
  write(writer)
  module.byte(id)
  module.unsigned(writer.length)
  module.append(writer)
}

function valueTypes(writer: ByteWriter, types: readonly ValueTypeName[]): void {
  writer.unsigned(types.length)
  for (const type of types) writer.byte(ValueType[type])
}
