/**
 * The part of the WebAssembly JavaScript interface (W3C, 2019) that the emulator uses. TypeScript declares it only together with
 * the DOM, which the main process does not have.
 */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
    private readonly brand: 'WebAssembly.Module'
  }

  type ImportValue = ((...args: never[]) => unknown) | Memory | Table

  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, ImportValue>>)
    readonly exports: Record<string, unknown>
  }

  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean })
    readonly buffer: ArrayBuffer
  }

  class Table {
    constructor(descriptor: { initial: number; maximum?: number; element: 'anyfunc' })
    readonly length: number
    get(index: number): unknown
    /** Null: nothing. */
    set(index: number, value: unknown): void
    grow(delta: number): number
  }

  class CompileError extends Error {}
  class RuntimeError extends Error {}

  function validate(bytes: Uint8Array): boolean
}
