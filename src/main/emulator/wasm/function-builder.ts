import { ByteWriter } from './byte-writer'
import { EMPTY_BLOCK, Misc, MISC_PREFIX, MemoryOp, Op, Structured, ValueType, type MemoryOpName, type OpName, type ValueTypeName } from './opcodes'
import { I8X16_SHUFFLE, SIMD_PREFIX, SimdLaneOp, SimdMemoryOp, SimdOp, V128_CONST, type SimdLaneOpName, type SimdMemoryOpName, type SimdOpName } from './simd'

/** Enough for the runs of locals of most functions. */
const HEAD_BYTES = 64

/** A label to branch to: where its block stands in the nesting. */
export interface Label {
  readonly depth: number
}

/** Constants come again and again; taking them apart is slow. */
const knownVectors = new Map<bigint, Uint8Array>()

function vectorBytes(value: bigint): Uint8Array {
  let bytes = knownVectors.get(value)
  if (bytes === undefined) {
    bytes = new Uint8Array(BigUint64Array.of(value, value >> 64n).buffer)
    knownVectors.set(value, bytes)
  }
  return bytes
}

/** Emits the body of one function. Instructions are appended in order; nothing is checked before the module is compiled. */
export class FunctionBuilder {
  readonly #code: ByteWriter
  readonly #parameterCount: number
  readonly #locals: ValueTypeName[] = []
  #free: Record<ValueTypeName, number[]> = { i32: [], i64: [], v128: [] }
  readonly #lasting = new Set<number>()
  #depth = 0
  /** The last `local.set`: where it starts, where it ends, which local. */
  #setStart = -1
  #setEnd = -1
  #setLocal = -1

  /** @param code where the instructions go; cleared first */
  constructor(parameters: readonly ValueTypeName[], code: ByteWriter) {
    code.clear()
    this.#code = code
    this.#parameterCount = parameters.length
  }

  /** A local variable that nothing else uses; its value is undefined until it is set. */
  local(type: ValueTypeName): number {
    const free = this.#free[type].pop()
    if (free !== undefined) return free
    this.#locals.push(type)
    return this.#parameterCount + this.#locals.length - 1
  }

  /** The same, but nothing takes it over when `withOwnLocals` ends. */
  lastingLocal(type: ValueTypeName): number {
    this.#locals.push(type)
    const local = this.#parameterCount + this.#locals.length - 1
    this.#lasting.add(local)
    return local
  }

  /** Emits a part of the function whose new locals are free again after it. */
  withOwnLocals(emit: () => void): void {
    const free = this.#free
    const own = this.#locals.length
    const lent = { i32: [...free.i32], i64: [...free.i64], v128: [...free.v128] }
    emit()
    this.#free = lent
    for (let index = own; index < this.#locals.length; index++) {
      const local = this.#parameterCount + index
      if (!this.#lasting.has(local)) this.#free[this.#locals[index] ?? 'i32'].push(local)
    }
  }

  op(name: OpName): void {
    this.#code.byte(Op[name])
  }

  i32(value: number): void {
    this.#code.byte(Structured.i32_const)
    this.#code.signed(value)
  }

  i64(value: bigint): void {
    this.#code.byte(Structured.i64_const)
    this.#code.signed64(value)
  }

  get(local: number): void {
    // "set x, get x" is "tee x".
    if (this.#setEnd === this.#code.length && this.#setLocal === local) {
      this.#code.patch(this.#setStart, Structured.local_tee)
      this.#setEnd = -1
      return
    }
    this.#code.byte(Structured.local_get)
    this.#code.unsigned(local)
  }

  set(local: number): void {
    this.#setStart = this.#code.length
    this.#code.byte(Structured.local_set)
    this.#code.unsigned(local)
    this.#setEnd = this.#code.length
    this.#setLocal = local
  }

  /** A load or store at (address on the stack) + offset. */
  memory(name: MemoryOpName, offset: number): void {
    const [opcode, alignment] = MemoryOp[name]
    this.#code.byte(opcode)
    this.#code.unsigned(alignment)
    this.#code.unsigned(offset)
  }

  /** A vector constant of this 128-bit pattern. */
  v128(value: bigint): void {
    this.#simd(V128_CONST)
    for (const byte of vectorBytes(value)) this.#code.byte(byte)
  }

  simd(name: SimdOpName): void {
    this.#simd(SimdOp[name])
  }

  simdLane(name: SimdLaneOpName, lane: number): void {
    this.#simd(SimdLaneOp[name])
    this.#code.byte(lane)
  }

  /** Sixteen bytes of two vectors, by index 0–31. */
  simdShuffle(indices: readonly number[]): void {
    this.#simd(I8X16_SHUFFLE)
    for (const index of indices) this.#code.byte(index)
  }

  /** A vector load or store at (address on the stack) + offset. */
  simdMemory(name: SimdMemoryOpName, offset: number): void {
    const [opcode, alignment] = SimdMemoryOp[name]
    this.#simd(opcode)
    this.#code.unsigned(alignment)
    this.#code.unsigned(offset)
  }

  /** (target, source, bytes): as memmove. */
  memoryCopy(): void {
    for (const byte of [MISC_PREFIX, Misc.memory_copy, 0, 0]) this.#code.byte(byte)
  }

  /** (target, byte, bytes) */
  memoryFill(): void {
    for (const byte of [MISC_PREFIX, Misc.memory_fill, 0]) this.#code.byte(byte)
  }

  #simd(number: number): void {
    this.#code.byte(SIMD_PREFIX)
    this.#code.unsigned(number)
  }

  /** How many bytes were emitted. */
  get length(): number {
    return this.#code.length
  }

  /** Moves what was emitted from `position` on to the beginning, for what is only known at the end. Blocks are closed at both places. */
  moveToStart(position: number): void {
    this.#code.moveToStart(position)
    this.#setEnd = -1
  }

  call(functionIndex: number): void {
    this.#code.byte(Structured.call)
    this.#code.unsigned(functionIndex)
  }

  /** Calls through a table; the index is on top of the stack. */
  callIndirect(typeIndex: number, table = 0): void {
    this.#code.byte(Structured.call_indirect)
    this.#code.unsigned(typeIndex)
    this.#code.unsigned(table)
  }

  block(result?: ValueTypeName): Label {
    return this.#open(Structured.block, result)
  }

  loop(): Label {
    return this.#open(Structured.loop, undefined)
  }

  /** Condition (i32) on the stack. */
  if(result?: ValueTypeName): Label {
    return this.#open(Structured.if, result)
  }

  else(): void {
    this.#code.byte(Structured.else)
  }

  end(): void {
    this.#depth--
    this.#code.byte(Structured.end)
  }

  br(label: Label): void {
    this.#code.byte(Structured.br)
    this.#code.unsigned(this.#depth - label.depth)
  }

  brIf(label: Label): void {
    this.#code.byte(Structured.br_if)
    this.#code.unsigned(this.#depth - label.depth)
  }

  /** Jumps by the index on the stack. */
  brTable(labels: readonly Label[], otherwise: Label): void {
    this.#code.byte(Structured.br_table)
    this.#code.unsigned(labels.length)
    for (const label of labels) this.#code.unsigned(this.#depth - label.depth)
    this.#code.unsigned(this.#depth - otherwise.depth)
  }

  /** Writes the finished body as an entry of the code section: size, locals, instructions, end. */
  writeTo(section: ByteWriter): void {
    if (this.#depth !== 0) throw new Error(`A function has ${this.#depth} blocks that were not ended.`)
    const head = new ByteWriter(HEAD_BYTES)
    const runs: { type: ValueTypeName; count: number }[] = []
    for (const type of this.#locals) {
      const last = runs.at(-1)
      if (last?.type === type) last.count++
      else runs.push({ type, count: 1 })
    }
    head.unsigned(runs.length)
    for (const run of runs) {
      head.unsigned(run.count)
      head.byte(ValueType[run.type])
    }
    section.unsigned(head.length + this.#code.length + 1)
    section.append(head)
    section.append(this.#code)
    section.byte(Structured.end)
  }

  #open(opcode: number, result: ValueTypeName | undefined): Label {
    this.#code.byte(opcode)
    this.#code.byte(result === undefined ? EMPTY_BLOCK : ValueType[result])
    this.#depth++
    return { depth: this.#depth }
  }
}
