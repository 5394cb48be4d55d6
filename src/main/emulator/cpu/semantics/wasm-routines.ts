import type { FunctionBuilder } from '../../wasm/function-builder'
import type { FunctionType, ModuleBuilder } from '../../wasm/module-builder'
import * as at from '../state/layout'
import type { RoutineBuilder } from './builder'
import { isTuple, type AnyRoutine, type Routine, type Tuple } from './routines'
import { SPECIAL_REGISTERS, type SpecialRegister, type WritableSpecial } from './special'
import { constantValue, WasmValues, type WasmValue } from './wasm-values'

/** Error code argument of `raise` for vectors that have none. */
const NO_ERROR_CODE = -1
const LAST_X87_REGISTER = 7
const LAST_YMM_PART = 63

/** Functions of the module that routines, and all who call them, need. */
export interface RoutineFunctions {
  /** (vector, error code or -1): throws */
  readonly raise: number
  /** Index of a routine's function. */
  readonly routine: (routine: AnyRoutine) => number
}

/** The part of a `Builder` that routines see, over emitted WebAssembly. */
export class WasmRoutines extends WasmValues implements RoutineBuilder<WasmValue> {
  readonly #functions: RoutineFunctions

  constructor(code: FunctionBuilder, functions: RoutineFunctions) {
    super(code)
    this.#functions = functions
  }

  routine<P extends number, R extends number>(routine: Routine<P, R>, ...args: Tuple<P, WasmValue>): Tuple<R, WasmValue> {
    const values: readonly WasmValue[] = args
    for (const value of values) this.push(value)
    this.code.call(this.#functions.routine(routine))
    // The last result is on top of the stack.
    const results = Array.from({ length: routine.results }, () => this.pop('i64', 64)).toReversed()
    if (!isTuple(results, routine.results)) throw new Error(`Routine ${routine.name} gives ${routine.results} values.`)
    return results
  }

  special(name: SpecialRegister): WasmValue {
    const { offset, bits } = SPECIAL_REGISTERS[name]
    return this.load(bits === 32 ? 'i64_load32_u' : 'i64_load', undefined, offset, bits)
  }

  setSpecial(name: WritableSpecial, value: WasmValue): void {
    const { offset, bits } = SPECIAL_REGISTERS[name]
    this.code.i32(0)
    this.push(value)
    this.code.memory(bits === 32 ? 'i64_store32' : 'i64_store', offset)
  }

  x87Significand(register: WasmValue): WasmValue {
    this.#pushX87(register)
    this.code.memory('i64_load', at.X87)
    return this.pop('i64', 64)
  }

  x87Exponent(register: WasmValue): WasmValue {
    this.#pushX87(register)
    this.code.memory('i64_load16_u', at.X87 + at.X87_EXPONENT)
    return this.pop('i64', 16)
  }

  setX87(register: WasmValue, exponent: WasmValue, significand: WasmValue): void {
    this.#pushX87(register)
    this.push(significand)
    this.code.memory('i64_store', at.X87)
    this.#pushX87(register)
    this.push(exponent)
    this.code.memory('i64_store16', at.X87 + at.X87_EXPONENT)
  }

  ymmPart(part: WasmValue): WasmValue {
    this.#pushYmmPart(part)
    this.code.memory('i64_load', at.XMM)
    return this.pop('i64', 64)
  }

  setYmmPart(part: WasmValue, value: WasmValue): void {
    this.#pushYmmPart(part)
    this.push(value)
    this.code.memory('i64_store', at.XMM)
  }

  raise(vector: number, errorCode?: WasmValue): void {
    this.code.i32(vector)
    if (errorCode === undefined) this.code.i32(NO_ERROR_CODE)
    else this.push32(errorCode)
    this.code.call(this.#functions.raise)
  }

  raiseIf(condition: WasmValue, vector: number, errorCode?: WasmValue): void {
    this.if(condition, () => this.raise(vector, errorCode))
  }

  #pushYmmPart(part: WasmValue): void {
    this.push32(this.mul(this.and(part, constantValue(LAST_YMM_PART)), constantValue(8)))
  }

  #pushX87(register: WasmValue): void {
    this.push32(this.mul(this.and(register, constantValue(LAST_X87_REGISTER)), constantValue(at.X87_STRIDE)))
  }
}

/** Routines of a module, each added when the first of its functions calls it. @returns index of a routine's function */
export function addRoutines(module: ModuleBuilder, raise: number): (routine: AnyRoutine) => number {
  const indices = new Map<AnyRoutine, number>()
  const indexOf = (routine: AnyRoutine): number => {
    let index = indices.get(routine)
    if (index === undefined) {
      index = addRoutine(module, { raise, routine: indexOf }, routine)
      indices.set(routine, index)
    }
    return index
  }
  return indexOf
}

function addRoutine(module: ModuleBuilder, functions: RoutineFunctions, routine: AnyRoutine): number {
  const type: FunctionType = {
    parameters: Array.from({ length: routine.parameters }, () => 'i64'),
    results: Array.from({ length: routine.results }, () => 'i64'),
  }
  return module.function(type, (body) => {
    const b = new WasmRoutines(body, functions)
    const args = Array.from({ length: routine.parameters }, (_, local): WasmValue => ({ kind: 'local', local, type: 'i64', bits: 64 }))
    for (const result of routine.invoke<WasmValue>(b, args)) b.push(result)
  })
}
