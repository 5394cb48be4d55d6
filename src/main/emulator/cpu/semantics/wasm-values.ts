import type { FunctionBuilder, Label } from '../../wasm/function-builder'
import type { MemoryOpName, OpName, ValueTypeName } from '../../wasm/opcodes'
import type { Constant, Size, Variable } from './builder'
import type { Condition } from './float-builder'

/**
 * A value of a row while code for it is emitted: a constant, or a local that is set once. `bits` bounds it: the value is below
 * 2^bits. Truth values stay i32 until they are needed as numbers.
 */
export type WasmValue =
  | { readonly kind: 'constant'; readonly value: bigint; readonly bits: number }
  | { readonly kind: 'local'; readonly local: number; readonly type: ValueTypeName; readonly bits: number }

const ALL_BITS = 64
/** Operations whose low half depends on the low halves of their operands alone. */
const LOW_HALVES: Partial<Readonly<Record<OpName, OpName>>> = { i64_add: 'i32_add', i64_sub: 'i32_sub', i64_mul: 'i32_mul', i64_xor: 'i32_xor', i64_or: 'i32_or', i64_and: 'i32_and' }

interface Origin {
  readonly op: OpName
  readonly a: WasmValue
  readonly b: WasmValue
  readonly result: WasmValue
}

type Fold = (a: bigint, b: bigint) => bigint

type ConstantValue = WasmValue & { readonly kind: 'constant' }

/** Constants that rows use again and again. */
const known = new Map<Constant, ConstantValue>()

/** Constant with the 64-bit pattern of `value`. */
export function constantValue(value: Constant): ConstantValue {
  let constant = known.get(value)
  if (constant === undefined) {
    const pattern = BigInt.asUintN(64, BigInt(value))
    constant = { kind: 'constant', value: pattern, bits: pattern === 0n ? 0 : pattern.toString(2).length }
    known.set(value, constant)
  }
  return constant
}

const ZERO = constantValue(0)

/** The arithmetic part of a `Builder` over emitted WebAssembly: 64-bit values in locals, constants folded. */
export class WasmValues {
  readonly code: FunctionBuilder
  /** Identities of the open branches, innermost last: what was computed in one is valid while it is open. */
  readonly #scopes: number[] = [0]
  #lastScope = 0
  /** What the sums and the like were computed from, by the local that they are in. */
  readonly #origins = new Map<number, Origin>()

  constructor(code: FunctionBuilder) {
    this.code = code
  }

  // — for the other parts of the backend —

  /** Pushes a value as i64. */
  push(value: WasmValue): void {
    if (value.kind === 'constant') {
      this.code.i64(value.value)
      return
    }
    this.code.get(value.local)
    if (value.type === 'i32') this.code.op('i64_extend_i32_u')
  }

  /** Pushes the low 32 bits as i32. */
  push32(value: WasmValue): void {
    if (value.kind === 'constant') {
      this.code.i32(Number(BigInt.asIntN(32, value.value)))
      return
    }
    this.code.get(value.local)
    if (value.type === 'i64') this.code.op('i32_wrap_i64')
  }

  /** Pushes 0 or non-zero as i32. */
  pushCondition(value: WasmValue): void {
    if (value.kind === 'local' && value.type === 'i64' && value.bits > 32) {
      this.code.get(value.local)
      this.code.i64(0n)
      this.code.op('i64_ne')
      return
    }
    if (value.kind === 'constant') this.code.i32(value.value === 0n ? 0 : 1)
    else this.push32(value)
  }

  /** Takes what is on the stack into a new local. */
  pop(type: ValueTypeName, bits: number): WasmValue {
    const local = this.code.local(type)
    this.code.set(local)
    return { kind: 'local', local, type, bits }
  }

  /** Loads from (i32 local or 0) + offset into a new i64. */
  load(name: MemoryOpName, base: number | undefined, offset: number, bits: number): WasmValue {
    if (base === undefined) this.code.i32(0)
    else this.code.get(base)
    this.code.memory(name, offset)
    return this.pop('i64', bits)
  }

  /** A result that may be used again as long as the branch it was computed in is open. */
  cached<T>(compute: () => T): () => T {
    let result: { value: T; scope: number } | undefined
    return () => {
      if (result === undefined || !this.#scopes.includes(result.scope)) result = { value: compute(), scope: this.scope }
      return result.value
    }
  }

  get scope(): number {
    return this.#scopes.at(-1) ?? 0
  }

  isOpen(scope: number): boolean {
    return this.#scopes.includes(scope)
  }

  inScope(body: () => void): void {
    this.#scopes.push(++this.#lastScope)
    body()
    this.#scopes.pop()
  }

  // — Builder —

  constant(value: Constant): WasmValue {
    return constantValue(value)
  }

  add(a: WasmValue, b: WasmValue): WasmValue {
    return this.#binary('i64_add', a, b, (x, y) => x + y, Math.max(a.bits, b.bits) + 1, 0n)
  }

  sub(a: WasmValue, b: WasmValue): WasmValue {
    return this.#binary('i64_sub', a, b, (x, y) => x - y, ALL_BITS, 0n)
  }

  mul(a: WasmValue, b: WasmValue): WasmValue {
    return this.#binary('i64_mul', a, b, (x, y) => x * y, a.bits + b.bits)
  }

  /** From four 32-bit products (Hacker's Delight 8-2). */
  mulHighU(a: WasmValue, b: WasmValue): WasmValue {
    const [aLow, aHigh, bLow, bHigh] = [this.zext(32, a), this.shrU(a, constantValue(32)), this.zext(32, b), this.shrU(b, constantValue(32))]
    const first = this.add(this.mul(aHigh, bLow), this.shrU(this.mul(aLow, bLow), constantValue(32)))
    const second = this.add(this.mul(aLow, bHigh), this.zext(32, first))
    return this.add(this.add(this.mul(aHigh, bHigh), this.shrU(first, constantValue(32))), this.shrU(second, constantValue(32)))
  }

  mulHighS(a: WasmValue, b: WasmValue): WasmValue {
    const unsigned = this.mulHighU(a, b)
    const correctA = this.and(this.shrS(a, constantValue(63)), b)
    const correctB = this.and(this.shrS(b, constantValue(63)), a)
    return this.sub(this.sub(unsigned, correctA), correctB)
  }

  divU(a: WasmValue, b: WasmValue): WasmValue {
    return this.#emitBinary('i64_div_u', a, b, a.bits)
  }

  remU(a: WasmValue, b: WasmValue): WasmValue {
    return this.#emitBinary('i64_rem_u', a, b, b.bits)
  }

  divS(a: WasmValue, b: WasmValue): WasmValue {
    return this.#emitBinary('i64_div_s', a, b, ALL_BITS)
  }

  remS(a: WasmValue, b: WasmValue): WasmValue {
    return this.#emitBinary('i64_rem_s', a, b, ALL_BITS)
  }

  and(a: WasmValue, b: WasmValue): WasmValue {
    if (isZeroConstant(a) || isZeroConstant(b)) return ZERO
    return this.#logic('and', a, b, (x, y) => x & y, Math.min(a.bits, b.bits))
  }

  or(a: WasmValue, b: WasmValue): WasmValue {
    return this.#logic('or', a, b, (x, y) => x | y, Math.max(a.bits, b.bits))
  }

  xor(a: WasmValue, b: WasmValue): WasmValue {
    return this.#logic('xor', a, b, (x, y) => x ^ y, Math.max(a.bits, b.bits))
  }

  not(a: WasmValue): WasmValue {
    return this.#binary('i64_xor', a, constantValue(-1), (x, y) => x ^ y, ALL_BITS)
  }

  neg(a: WasmValue): WasmValue {
    return this.sub(ZERO, a)
  }

  shl(a: WasmValue, count: WasmValue): WasmValue {
    const bits = count.kind === 'constant' ? a.bits + Number(count.value & 63n) : ALL_BITS
    return this.#binary('i64_shl', a, count, (x, y) => x << (y & 63n), bits, 0n)
  }

  shrU(a: WasmValue, count: WasmValue): WasmValue {
    const bits = count.kind === 'constant' ? Math.max(a.bits - Number(count.value & 63n), 0) : a.bits
    return this.#binary('i64_shr_u', a, count, (x, y) => x >> (y & 63n), bits, 0n)
  }

  shrS(a: WasmValue, count: WasmValue): WasmValue {
    if (a.bits < 64) return this.shrU(a, count)
    return this.#binary('i64_shr_s', a, count, (x, y) => BigInt.asIntN(64, x) >> (y & 63n), ALL_BITS, 0n)
  }

  rotl(size: Size, a: WasmValue, count: WasmValue): WasmValue {
    if (size < 32) return this.zext(size, this.or(this.shl(a, count), this.shrU(a, this.sub(constantValue(size), count))))
    if (size === 64) return this.#emitBinary('i64_rotl', a, count, ALL_BITS)
    this.push32(a)
    this.push32(count)
    this.code.op('i32_rotl')
    return this.pop('i32', 32)
  }

  clz(a: WasmValue): WasmValue {
    return this.#unary('i64_clz', a, 7)
  }

  ctz(a: WasmValue): WasmValue {
    return this.#unary('i64_ctz', a, 7)
  }

  popcnt(a: WasmValue): WasmValue {
    return this.#unary('i64_popcnt', a, 7)
  }

  eq(a: WasmValue, b: WasmValue): WasmValue {
    return this.#compare('i64_eq', a, b, (x, y) => x === y)
  }

  ne(a: WasmValue, b: WasmValue): WasmValue {
    return this.#compare('i64_ne', a, b, (x, y) => x !== y)
  }

  ltU(a: WasmValue, b: WasmValue): WasmValue {
    return this.#compare('i64_lt_u', a, b, (x, y) => x < y)
  }

  ltS(a: WasmValue, b: WasmValue): WasmValue {
    return this.#compare('i64_lt_s', a, b, (x, y) => BigInt.asIntN(64, x) < BigInt.asIntN(64, y))
  }

  leU(a: WasmValue, b: WasmValue): WasmValue {
    return this.#compare('i64_le_u', a, b, (x, y) => x <= y)
  }

  leS(a: WasmValue, b: WasmValue): WasmValue {
    return this.#compare('i64_le_s', a, b, (x, y) => BigInt.asIntN(64, x) <= BigInt.asIntN(64, y))
  }

  isZero(a: WasmValue): WasmValue {
    if (a.kind === 'constant') return constantValue(a.value === 0n ? 1 : 0)
    this.code.get(a.local)
    this.code.op(a.type === 'i32' ? 'i32_eqz' : 'i64_eqz')
    return this.pop('i32', 1)
  }

  zext(size: Size, a: WasmValue): WasmValue {
    if (a.bits <= size) return a
    if (a.kind === 'constant') return constantValue(BigInt.asUintN(size, a.value))
    const origin = size === 32 ? this.#origins.get(a.local) : undefined
    if (origin !== undefined && origin.result === a) {
      // Low halves suffice, and what an i32 operation leaves needs no mask.
      this.push32(origin.a)
      this.push32(origin.b)
      this.code.op(origin.op)
      return this.pop('i32', 32)
    }
    this.push(a)
    if (size === 32) {
      this.code.op('i32_wrap_i64')
      this.code.op('i64_extend_i32_u')
    } else {
      this.code.i64((1n << BigInt(size)) - 1n)
      this.code.op('i64_and')
    }
    return this.pop('i64', size)
  }

  sext(size: Size, a: WasmValue): WasmValue {
    if (size === 64 || a.bits < size) return a
    if (a.kind === 'constant') return constantValue(BigInt.asIntN(size, a.value))
    this.push(a)
    this.code.op(size === 8 ? 'i64_extend8_s' : size === 16 ? 'i64_extend16_s' : 'i64_extend32_s')
    return this.pop('i64', ALL_BITS)
  }

  select(condition: WasmValue, whenTrue: WasmValue, whenFalse: WasmValue): WasmValue {
    if (condition.kind === 'constant') return condition.value !== 0n ? whenTrue : whenFalse
    const small = isTruth(whenTrue) && isTruth(whenFalse)
    if (small) {
      this.push32(whenTrue)
      this.push32(whenFalse)
    } else {
      this.push(whenTrue)
      this.push(whenFalse)
    }
    this.pushCondition(condition)
    this.code.op('select')
    return this.pop(small ? 'i32' : 'i64', Math.max(whenTrue.bits, whenFalse.bits))
  }

  variable(initial: WasmValue): Variable<WasmValue> {
    const local = this.code.local('i64')
    const { scope } = this
    // While no branch has set it, it is what it was set to last.
    let last: WasmValue | undefined
    const set = (value: WasmValue): void => {
      last = scope === this.scope ? value : undefined
      this.push(value)
      this.code.set(local)
    }
    set(initial)
    return {
      get: () => {
        if (last !== undefined && scope === this.scope) return last
        this.code.get(local)
        return this.pop('i64', ALL_BITS)
      },
      set,
    }
  }

  if(condition: WasmValue, then: () => void, otherwise?: () => void): void {
    if (condition.kind === 'constant') {
      if (condition.value !== 0n) then()
      else otherwise?.()
      return
    }
    this.pushCondition(condition)
    this.code.if()
    this.inScope(then)
    if (otherwise) {
      this.code.else()
      this.inScope(otherwise)
    }
    this.code.end()
  }

  while(condition: () => WasmValue, body: () => void): void {
    const done = this.code.block()
    const again = this.code.loop()
    this.inScope(() => {
      this.pushCondition(condition())
      this.code.op('i32_eqz')
      this.code.brIf(done)
      body()
      this.code.br(again)
    })
    this.code.end()
    this.code.end()
  }

  /** Goes to a label unless all conditions hold. */
  protected branchUnless(conditions: readonly Condition<WasmValue>[], label: Label): void {
    const { code } = this
    for (const { usually, otherwise } of conditions) {
      const holds = usually()
      if (holds.kind === 'constant' && holds.value !== 0n) continue
      if (otherwise === undefined) {
        this.#branchUnless(holds, label)
        continue
      }
      const fine = code.block()
      this.pushCondition(holds)
      code.brIf(fine)
      this.inScope(() => this.#branchUnless(otherwise(), label))
      code.end()
    }
  }

  #branchUnless(holds: WasmValue, label: Label): void {
    this.pushCondition(holds)
    this.code.op('i32_eqz')
    this.code.brIf(label)
  }

  /** @param neutral right operand that leaves the left one as it is */
  #binary(op: OpName, a: WasmValue, b: WasmValue, fold: Fold, bits: number, neutral?: bigint): WasmValue {
    if (a.kind === 'constant' && b.kind === 'constant') return constantValue(fold(a.value, b.value))
    if (neutral !== undefined && b.kind === 'constant' && b.value === neutral) return a
    return this.#emitBinary(op, a, b, bits)
  }

  #emitBinary(op: OpName, a: WasmValue, b: WasmValue, bits: number): WasmValue {
    this.push(a)
    this.push(b)
    this.code.op(op)
    const result = this.pop('i64', Math.min(bits, ALL_BITS))
    const low = LOW_HALVES[op]
    if (low !== undefined && result.kind === 'local') this.#origins.set(result.local, { op: low, a, b, result })
    return result
  }

  #logic(op: 'and' | 'or' | 'xor', a: WasmValue, b: WasmValue, fold: Fold, bits: number): WasmValue {
    if (a.kind === 'constant' && b.kind === 'constant') return constantValue(fold(a.value, b.value))
    if (op !== 'and' && isZeroConstant(a)) return b
    if (op !== 'and' && isZeroConstant(b)) return a
    if (!isTruth(a) || !isTruth(b)) return this.#emitBinary(`i64_${op}`, a, b, bits)
    this.push32(a)
    this.push32(b)
    this.code.op(`i32_${op}`)
    return this.pop('i32', 1)
  }

  #unary(op: OpName, a: WasmValue, bits: number): WasmValue {
    this.push(a)
    this.code.op(op)
    return this.pop('i64', bits)
  }

  #compare(op: OpName, a: WasmValue, b: WasmValue, fold: (x: bigint, y: bigint) => boolean): WasmValue {
    if (a.kind === 'constant' && b.kind === 'constant') return constantValue(fold(a.value, b.value) ? 1 : 0)
    this.push(a)
    this.push(b)
    this.code.op(op)
    return this.pop('i32', 1)
  }
}

function isZeroConstant(value: WasmValue): boolean {
  return value.kind === 'constant' && value.value === 0n
}

/** 0 or 1, and so as good as i32. */
function isTruth(value: WasmValue): boolean {
  return value.bits <= 1
}
