import type { RoutineBuilder } from './builder'

type Build<N extends number, T, Built extends readonly T[]> = Built['length'] extends N ? Built : Build<N, T, readonly [...Built, T]>

/** `N` values of one type. */
export type Tuple<N extends number, T> = Build<N, T, readonly []> extends infer Values extends readonly T[] ? Values : never

/** A routine, whatever it takes and gives. */
export interface AnyRoutine {
  readonly name: string
  /** How many values go in and come out. */
  readonly parameters: number
  readonly results: number
  /** @throws when there are not as many arguments as `parameters` says */
  readonly invoke: <V>(b: RoutineBuilder<V>, args: readonly V[]) => readonly V[]
}

/**
 * A computation that many rows share, written against the builder and kept once: the oracle evaluates its body, the interpreter
 * emits it as one WebAssembly function with several results. It knows nothing of the instruction that calls it.
 */
export interface Routine<P extends number, R extends number> extends AnyRoutine {
  readonly parameters: P
  readonly results: R
  readonly body: <V>(b: RoutineBuilder<V>, args: Tuple<P, V>) => Tuple<R, V>
}

/** Whether an array has the length that a tuple type says. */
export function isTuple<N extends number, T>(values: readonly T[], length: N): values is Tuple<N, T> {
  return values.length === length
}

/** Makes a routine. One that calls another is defined after it: there is no recursion. */
export function defineRoutine<P extends number, R extends number>(
  name: string, parameters: P, results: R, body: <V>(b: RoutineBuilder<V>, args: Tuple<P, V>) => Tuple<R, V>,
): Routine<P, R> {
  const invoke = <V>(b: RoutineBuilder<V>, args: readonly V[]): readonly V[] => {
    if (!isTuple(args, parameters)) throw new Error(`Routine ${name} takes ${parameters} values, not ${args.length}.`)
    return body<V>(b, args)
  }
  return { name, parameters, results, body, invoke }
}
