/** Routines of the rows (floating point, for the most part) as translated code calls them: compiled once, outside of regions. */
import { ByteWriter } from '../../wasm/byte-writer'
import { FunctionBuilder } from '../../wasm/function-builder'
import { ModuleBuilder, type FunctionType } from '../../wasm/module-builder'
import { HOST } from '../interp/support'
import { addFill, addMove, FILL_TYPE, MOVE_TYPE } from '../semantics/bulk-code'
import type { AnyRoutine, Routine, Tuple } from '../semantics/routines'
import type { SpecialRegister } from '../semantics/special'
import { addRoutines, WasmRoutines } from '../semantics/wasm-routines'
import type { WasmValue } from '../semantics/wasm-values'
import { addSettle, SETTLE_TYPE } from './settle'

/** Namespace of the imports. */
export const ROUTINES = 'routines'
const EXPORT = 'routine'
/** A routine with a larger body is never put into a region. */
const LARGEST_INLINE = 400

export interface RoutineFacts {
  /** It may raise an exception, itself or by another. */
  readonly raises: boolean
  /** It asks for RIP, which regions do not keep in memory. */
  readonly readsRip: boolean
  /** Bytes of its code, with all that it calls. */
  readonly bytes: number
}

const facts = new Map<AnyRoutine, RoutineFacts>()

/** Emits a routine, and what it calls, in place. */
class InlineRoutines extends WasmRoutines {
  raises = false
  readsRip = false

  override routine<P extends number, R extends number>(routine: Routine<P, R>, ...args: Tuple<P, WasmValue>): Tuple<R, WasmValue> {
    return routine.body<WasmValue>(this, args)
  }

  override special(name: SpecialRegister): WasmValue {
    if (name === 'rip') this.readsRip = true
    return super.special(name)
  }

  override raise(): void {
    this.raises = true
  }
}

/** Emits a routine that may raise something: `raised` (i32 local) says afterwards whether it would have. */
export function emitCheck(code: FunctionBuilder, routine: AnyRoutine, raised: number): void {
  code.i32(0)
  code.set(raised)
  routine.invoke<WasmValue>(new Check(code, raised), [])
}

class Check extends InlineRoutines {
  readonly #raised: number

  constructor(code: FunctionBuilder, raised: number) {
    super(code, { raise: 0, routine: () => 0 })
    this.#raised = raised
  }

  override raise(): void {
    this.code.i32(1)
    this.code.set(this.#raised)
  }
}

export function factsOf(routine: AnyRoutine): RoutineFacts {
  let known = facts.get(routine)
  if (known === undefined) {
    const code = new FunctionBuilder(parametersOf(routine), new ByteWriter())
    const b = new InlineRoutines(code, { raise: 0, routine: () => 0 })
    routine.invoke<WasmValue>(b, parametersOf(routine).map((type, local): WasmValue => ({ kind: 'local', local, type, bits: 64 })))
    known = { raises: b.raises, readsRip: b.readsRip, bytes: code.length }
    facts.set(routine, known)
  }
  return known
}

/** Small enough to stand in a region. One that raises must: an exception leaves the region before anything is lost. */
export function isInline(routine: AnyRoutine): boolean {
  return factsOf(routine).bytes <= LARGEST_INLINE
}

function parametersOf(routine: AnyRoutine): 'i64'[] {
  return Array.from({ length: routine.parameters }, () => 'i64')
}

export function routineType(routine: AnyRoutine): FunctionType {
  return { parameters: parametersOf(routine), results: Array.from({ length: routine.results }, () => 'i64') }
}

/** Functions that many regions call: they stand in no region. */
export const SHARED = {
  settle: { type: SETTLE_TYPE, add: addSettle },
  move: { type: MOVE_TYPE, add: addMove },
  fill: { type: FILL_TYPE, add: addFill },
} as const
export type SharedName = keyof typeof SHARED

const modules = new Map<AnyRoutine | SharedName, WebAssembly.Module>()

/** The compiled routines of one machine, and what its regions share. */
export class RoutineLibrary {
  readonly #memory: WebAssembly.Memory
  readonly #functions = new Map<AnyRoutine | SharedName, WebAssembly.ImportValue>()

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory
  }

  /** @param wanted a routine that raises nothing, or what regions share */
  functionOf(wanted: AnyRoutine | SharedName): WebAssembly.ImportValue {
    let found = this.#functions.get(wanted)
    if (found === undefined) {
      let module = modules.get(wanted)
      if (module === undefined) modules.set(wanted, (module = new WebAssembly.Module(assemble(wanted))))
      const exported = new WebAssembly.Instance(module, { [HOST]: { memory: this.#memory } }).exports[EXPORT]
      if (!isFunction(exported)) throw new Error(`${typeof wanted === 'string' ? wanted : wanted.name} was not compiled.`)
      found = exported
      this.#functions.set(wanted, found)
    }
    return found
  }
}

function assemble(wanted: AnyRoutine | SharedName): Uint8Array {
  const module = new ModuleBuilder()
  module.importMemory(HOST, 'memory', 1)
  module.exportFunction(EXPORT, typeof wanted === 'string' ? SHARED[wanted].add(module) : addRoutines(module, 0)(wanted))
  return module.finish()
}

function isFunction(value: unknown): value is (...args: never[]) => unknown {
  return typeof value === 'function'
}
