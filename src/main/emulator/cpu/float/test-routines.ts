/** Runs routines on both backends for tests. */
import { ModuleBuilder } from '../../wasm/module-builder'
import { OracleRoutines } from '../semantics/oracle-routines'
import type { AnyRoutine } from '../semantics/routines'
import { addRoutines } from '../semantics/wasm-routines'
import { CpuState } from '../state/cpu-state'
import { memoryLayout } from '../state/layout'

export type Run = (routine: AnyRoutine, ...args: bigint[]) => bigint[]

const oracle = new OracleRoutines(new CpuState(new WebAssembly.Memory({ initial: memoryLayout(0x1000).wasmPages })))

export const runOnOracle: Run = (routine, ...args) => [...routine.invoke<bigint>(oracle, args.map((value) => BigInt.asUintN(64, value)))]

/** Each routine compiled, in a module of its own, when it is first run. */
export function compileRoutines(): Run {
  const compiled = new Map<AnyRoutine, (...args: bigint[]) => unknown>()
  return (routine, ...args) => {
    const run = compiled.get(routine) ?? compile(routine)
    compiled.set(routine, run)
    const result = run(...args)
    const values: readonly unknown[] = Array.isArray(result) ? result : [result]
    return values.map((value) => {
      if (typeof value !== 'bigint') throw new TypeError(`${routine.name} gave something that is no 64-bit value.`)
      return BigInt.asUintN(64, value)
    })
  }
}

function compile(routine: AnyRoutine): (...args: bigint[]) => unknown {
  const module = new ModuleBuilder()
  module.importMemory('host', 'memory', 1)
  const raise = module.importFunction('host', 'raise', { parameters: ['i32', 'i32'], results: [] })
  module.exportFunction('run', addRoutines(module, raise)(routine))
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), {
    host: {
      memory: new WebAssembly.Memory({ initial: 1 }),
      raise: (vector: number) => {
        throw new Error(`A routine raised ${vector}.`)
      },
    },
  })
  const run = instance.exports['run']
  if (typeof run !== 'function') throw new Error(`${routine.name} was not compiled.`)
  return (...args) => Reflect.apply(run, undefined, args)
}
