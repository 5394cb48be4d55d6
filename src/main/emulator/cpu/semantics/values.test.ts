import { describe, expect, it } from 'vitest'
import { ModuleBuilder } from '../../wasm/module-builder'
import type { Size } from './builder'
import { OracleValues } from './oracle-values'
import { Random } from './random'
import { WasmValues, type WasmValue } from './wasm-values'

/** What both value parts share, for one operation of two operands. */
interface Arithmetic<V> {
  add(a: V, b: V): V
  sub(a: V, b: V): V
  mul(a: V, b: V): V
  mulHighU(a: V, b: V): V
  mulHighS(a: V, b: V): V
  divU(a: V, b: V): V
  remU(a: V, b: V): V
  divS(a: V, b: V): V
  remS(a: V, b: V): V
  and(a: V, b: V): V
  or(a: V, b: V): V
  xor(a: V, b: V): V
  not(a: V): V
  neg(a: V): V
  shl(a: V, b: V): V
  shrU(a: V, b: V): V
  shrS(a: V, b: V): V
  rotl(size: Size, a: V, count: V): V
  clz(a: V): V
  ctz(a: V): V
  popcnt(a: V): V
  eq(a: V, b: V): V
  ne(a: V, b: V): V
  ltU(a: V, b: V): V
  ltS(a: V, b: V): V
  leU(a: V, b: V): V
  leS(a: V, b: V): V
  isZero(a: V): V
  zext(size: Size, a: V): V
  sext(size: Size, a: V): V
  select(condition: V, a: V, b: V): V
  constant(value: bigint | number): V
  variable(initial: V): { get(): V; set(value: V): void }
  if(condition: V, then: () => void, otherwise?: () => void): void
  while(condition: () => V, body: () => void): void
}

type Operation = <V>(v: Arithmetic<V>, a: V, b: V) => V
const SIZES: readonly Size[] = [8, 16, 32, 64]

const OPERATIONS: Readonly<Record<string, Operation>> = {
  add: (v, a, b) => v.add(a, b),
  sub: (v, a, b) => v.sub(a, b),
  mul: (v, a, b) => v.mul(a, b),
  mulHighU: (v, a, b) => v.mulHighU(a, b),
  mulHighS: (v, a, b) => v.mulHighS(a, b),
  divU: (v, a, b) => v.divU(a, v.or(b, v.constant(1))),
  remU: (v, a, b) => v.remU(a, v.or(b, v.constant(1))),
  divS: (v, a, b) => v.divS(v.shrU(a, v.constant(1)), v.or(b, v.constant(1))),
  remS: (v, a, b) => v.remS(a, v.or(b, v.constant(1))),
  and: (v, a, b) => v.and(a, b),
  or: (v, a, b) => v.or(a, b),
  xor: (v, a, b) => v.xor(a, b),
  not: (v, a) => v.not(a),
  neg: (v, a) => v.neg(a),
  shl: (v, a, b) => v.shl(a, b),
  shrU: (v, a, b) => v.shrU(a, b),
  shrS: (v, a, b) => v.shrS(a, b),
  clz: (v, a) => v.clz(a),
  ctz: (v, a) => v.ctz(a),
  popcnt: (v, a) => v.popcnt(a),
  eq: (v, a, b) => v.eq(a, b),
  ne: (v, a, b) => v.ne(a, b),
  ltU: (v, a, b) => v.ltU(a, b),
  ltS: (v, a, b) => v.ltS(a, b),
  leU: (v, a, b) => v.leU(a, b),
  leS: (v, a, b) => v.leS(a, b),
  isZero: (v, a) => v.isZero(a),
  ...Object.fromEntries(SIZES.flatMap((size): [string, Operation][] => [
    [`zext${size}`, (v, a) => v.zext(size, a)],
    [`sext${size}`, (v, a) => v.sext(size, a)],
    [`rotl${size}`, (v, a, b) => v.rotl(size, v.zext(size, a), v.and(b, v.constant(size - 1)))],
    [`low ${size} bits of a sum of products`, (v, a, b) => v.zext(size, v.sub(v.add(v.mul(a, b), a), v.xor(v.zext(32, v.mul(b, b)), v.not(a))))],
    // A value known to be narrow, widened again.
    [`zext${size} of a sum`, (v, a, b) => v.zext(size, v.add(v.zext(size, a), v.zext(size, b)))],
    [`sext${size} of a narrow value`, (v, a) => v.sext(size, v.and(a, v.constant((1n << BigInt(size)) - 1n)))],
    [`shrS of a narrow value, ${size}`, (v, a, b) => v.shrS(v.zext(size, a), b)],
  ])),
  'truth values together': (v, a, b) => v.xor(v.or(v.ltU(a, b), v.eq(a, b)), v.and(v.ltS(a, b), v.ne(a, b))),
  'truth and number': (v, a, b) => v.add(v.ltU(a, b), v.shl(v.isZero(a), v.constant(63))),
  select: (v, a, b) => v.select(v.ltU(a, b), a, b),
  'select by a number': (v, a, b) => v.select(v.shrU(a, v.constant(40)), a, b),
  'select of truths': (v, a, b) => v.select(v.ltS(a, b), v.isZero(a), v.constant(1)),
  'if and variable': (v, a, b) => {
    const result = v.variable(a)
    const before = result.get()
    v.if(v.ltU(a, b), () => result.set(v.sub(b, a)), () => result.set(v.sub(a, b)))
    return v.xor(result.get(), before)
  },
  while: (v, a, b) => {
    const left = v.variable(v.and(b, v.constant(15)))
    const sum = v.variable(v.constant(0))
    v.while(() => v.ne(left.get(), v.constant(0)), () => {
      sum.set(v.add(sum.get(), a))
      left.set(v.sub(left.get(), v.constant(1)))
    })
    return sum.get()
  },
}

/** How operands reach the operation: as locals, or as constants that may be folded. */
const SHAPES = ['locals', 'left constant', 'right constant', 'constants'] as const

function compile(operation: Operation, shape: (typeof SHAPES)[number], a: bigint, b: bigint): bigint {
  const module = new ModuleBuilder()
  const index = module.function({ parameters: ['i64', 'i64'], results: ['i64'] }, (body) => {
    const v = new WasmValues(body)
    const left: WasmValue = shape === 'left constant' || shape === 'constants' ? v.constant(a) : { kind: 'local', local: 0, type: 'i64', bits: 64 }
    const right: WasmValue = shape === 'right constant' || shape === 'constants' ? v.constant(b) : { kind: 'local', local: 1, type: 'i64', bits: 64 }
    v.push(operation<WasmValue>(v, left, right))
  })
  module.exportFunction('f', index)
  const f = new WebAssembly.Instance(new WebAssembly.Module(module.finish())).exports['f']
  if (typeof f !== 'function') throw new TypeError('No function came out.')
  const result: unknown = Reflect.apply(f, undefined, [a, b])
  if (typeof result !== 'bigint') throw new TypeError('No 64-bit value came out.')
  return BigInt.asUintN(64, result)
}

describe.each(Object.entries(OPERATIONS))('%s', (_, operation) => {
  it.each(SHAPES)('is the same on both backends: %s', (shape) => {
    const random = new Random(shape.length)
    const oracle = new OracleValues()
    for (let attempt = 0; attempt < 12; attempt++) {
      const [a, b] = attempt === 0 ? [0n, 0n] : [random.operand(), random.chance(3) ? BigInt(random.below(70)) : random.operand()]
      expect(compile(operation, shape, a, b), `${a.toString(16)}, ${b.toString(16)}`).toBe(operation<bigint>(oracle, a, b))
    }
  })
})
