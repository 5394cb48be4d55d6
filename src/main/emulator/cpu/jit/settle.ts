/** Flags as translated code keeps them, brought into the form that all others know. */
import type { FunctionBuilder } from '../../wasm/function-builder'
import type { FunctionType, ModuleBuilder } from '../../wasm/module-builder'
import * as at from '../state/layout'
import { FlagKind, KIND_KEEPS_CARRY, KIND_SHIFT, SIZE_MASK } from './flag-kind'

const KIND_MASK = 7
/** (kind, first, second, carry); see `FlagLocals` */
export const SETTLE_TYPE: FunctionType = { parameters: ['i32', 'i64', 'i64', 'i64'], results: [] }
const [KIND, FIRST, SECOND, CARRY] = [0, 1, 2, 3]

/** Adds the function that stores `FLAGS_RESULT` and `FLAGS_AUX`. */
export function addSettle(module: ModuleBuilder): number {
  return module.function(SETTLE_TYPE, (body) => {
    const kind = body.local('i32')
    const carries = body.local('i64')
    const aux = body.local('i64')
    body.get(KIND)
    body.i32(KIND_SHIFT)
    body.op('i32_shr_u')
    body.i32(KIND_MASK)
    body.op('i32_and')
    body.set(kind)
    body.get(kind)
    body.op('i32_eqz')
    body.if()
    body.i32(0)
    body.get(FIRST)
    body.memory('i64_store', at.FLAGS_RESULT)
    storeAux(body, SECOND)
    body.op('return')
    body.end()
    emitCarries(body, kind, carries)
    emitResult(body)
    emitAux(body, carries, aux)
    body.get(KIND)
    body.i32(KIND_KEEPS_CARRY)
    body.op('i32_and')
    body.if()
    emitKeptCarry(body, aux)
    body.end()
    storeAux(body, aux)
  })
}

function storeAux(body: FunctionBuilder, local: number): void {
  body.i32(0)
  body.get(local)
  body.memory('i64_store32', at.FLAGS_AUX)
}

/** 64 less the size of the operands, as i64. */
function pushUnused(body: FunctionBuilder): void {
  body.i64(64n)
  body.get(KIND)
  body.i32(SIZE_MASK)
  body.op('i32_and')
  body.op('i64_extend_i32_u')
  body.op('i64_sub')
}

/** The result is in FIRST. */
function emitResult(body: FunctionBuilder): void {
  const unused = body.local('i64')
  pushUnused(body)
  body.set(unused)
  body.i32(0)
  body.get(FIRST)
  body.get(unused)
  body.op('i64_shl')
  body.get(unused)
  body.op('i64_shr_s')
  body.memory('i64_store', at.FLAGS_RESULT)
}

/** The vector of carries: (a & x) | ((a | x) & ~r), or (~a & x) | (~(a ^ x) & r). Leaves the result in FIRST. */
function emitCarries(body: FunctionBuilder, kind: number, carries: number): void {
  const a = body.local('i64')
  body.get(kind)
  body.i32(FlagKind.carries)
  body.op('i32_eq')
  body.if()
  body.get(SECOND)
  body.set(carries)
  body.else()
  body.get(kind)
  body.i32(FlagKind.sum)
  body.op('i32_eq')
  body.if()
  body.get(FIRST)
  body.get(SECOND)
  body.op('i64_sub')
  body.set(a)
  pushCarriesOfSum(body, a, FIRST)
  body.set(carries)
  body.else()
  body.get(kind)
  body.i32(FlagKind.comparison)
  body.op('i32_eq')
  body.if()
  body.get(FIRST)
  body.set(a)
  body.get(FIRST)
  body.get(SECOND)
  body.op('i64_sub')
  body.set(FIRST)
  body.else()
  body.get(FIRST)
  body.get(SECOND)
  body.op('i64_add')
  body.set(a)
  body.end()
  // A difference a − x has the borrows that the sum of ~a and x has carries, with the same result inverted twice.
  const result = body.local('i64')
  invert(body, a, a)
  invert(body, FIRST, result)
  pushCarriesOfSum(body, a, result)
  body.set(carries)
  body.end()
  body.end()
}

function invert(body: FunctionBuilder, from: number, to: number): void {
  body.get(from)
  body.i64(-1n)
  body.op('i64_xor')
  body.set(to)
}

function pushCarriesOfSum(body: FunctionBuilder, a: number, result: number): void {
  body.get(a)
  body.get(SECOND)
  body.op('i64_and')
  body.get(a)
  body.get(SECOND)
  body.op('i64_or')
  body.get(result)
  body.i64(-1n)
  body.op('i64_xor')
  body.op('i64_and')
  body.op('i64_or')
}

/** The two top carries at their places, and the one out of bit 3. */
function emitAux(body: FunctionBuilder, carries: number, aux: number): void {
  body.get(carries)
  body.get(KIND)
  body.i32(SIZE_MASK)
  body.op('i32_and')
  body.op('i64_extend_i32_u')
  body.i64(8n)
  body.op('i64_sub')
  body.op('i64_shr_u')
  body.i64(BigInt(at.AUX_CARRY | at.AUX_CARRY_BELOW_TOP))
  body.op('i64_and')
  body.get(carries)
  body.i64(BigInt(at.AUX_ADJUST))
  body.op('i64_and')
  body.op('i64_or')
  body.set(aux)
}

/** CF as it was, and OF of the new carries: both top carries flip where CF would change. */
function emitKeptCarry(body: FunctionBuilder, aux: number): void {
  body.get(aux)
  body.get(aux)
  body.i64(7n)
  body.op('i64_shr_u')
  body.i64(1n)
  body.op('i64_and')
  body.get(CARRY)
  body.op('i64_xor')
  body.i64(BigInt(at.AUX_CARRY | at.AUX_CARRY_BELOW_TOP))
  body.op('i64_mul')
  body.op('i64_xor')
  body.set(aux)
}
