import type { SimdOpName } from '../../wasm/simd'
import { splat, type Half, type Lane, type Signedness, type VectorBuilder } from './vector-builder'
import type { WasmValue } from './wasm-values'
import { WasmFlags } from './wasm-flags'

/** A vector of a row while code for it is emitted: a constant, or a local that is set once. */
export type WasmVector = { readonly kind: 'constant'; readonly value: bigint } | { readonly kind: 'local'; readonly local: number }

const VECTOR_BITS = 128
const ALL_ONES = (1n << 128n) - 1n
const SHAPES = { 8: 'i8x16', 16: 'i16x8', 32: 'i32x4', 64: 'i64x2' } as const
const DOUBLE = { 8: 'i16x8', 16: 'i32x4', 32: 'i64x2' } as const
const NARROWED = { 16: 'i8x16_narrow_i16x8', 32: 'i16x8_narrow_i32x4' } as const
const PAIRED = { 8: 'i16x8_extadd_pairwise_i8x16', 16: 'i32x4_extadd_pairwise_i16x8' } as const

/** The vector part of a `Builder` over emitted WebAssembly: nearly every operation is one instruction. */
export class WasmVectors extends WasmFlags implements VectorBuilder<WasmValue, WasmVector> {
  pushVector(a: WasmVector): void {
    if (a.kind === 'constant') this.code.v128(a.value)
    else this.code.get(a.local)
  }

  /** Takes a vector from the stack into a new local. */
  popVector(): WasmVector {
    const local = this.code.local('v128')
    this.code.set(local)
    return { kind: 'local', local }
  }

  vConstant(value: bigint): WasmVector {
    return { kind: 'constant', value: BigInt.asUintN(VECTOR_BITS, value) }
  }

  vSplat(lane: Lane, value: WasmValue): WasmVector {
    if (value.kind === 'constant') return this.vConstant(splat(lane, value.value))
    this.#pushLane(lane, value)
    return this.#simd(`${SHAPES[lane]}_splat`)
  }

  vExtract(lane: Lane, a: WasmVector, index: number): WasmValue {
    this.pushVector(a)
    switch (lane) {
      case 8: this.code.simdLane('i8x16_extract_lane_u', index); break
      case 16: this.code.simdLane('i16x8_extract_lane_u', index); break
      case 32: this.code.simdLane('i32x4_extract_lane', index); break
      case 64: this.code.simdLane('i64x2_extract_lane', index); break
    }
    if (lane !== 64) this.code.op('i64_extend_i32_u')
    return this.pop('i64', lane)
  }

  vInsert(lane: Lane, a: WasmVector, index: number, value: WasmValue): WasmVector {
    this.pushVector(a)
    this.#pushLane(lane, value)
    this.code.simdLane(`${SHAPES[lane]}_replace_lane`, index)
    return this.popVector()
  }

  vChoose(condition: WasmValue, whenTrue: WasmVector, whenFalse: WasmVector): WasmVector {
    if (condition.kind === 'constant') return condition.value !== 0n ? whenTrue : whenFalse
    this.pushVector(whenTrue)
    this.pushVector(whenFalse)
    this.pushCondition(condition)
    this.code.op('select')
    return this.popVector()
  }

  vAnd(a: WasmVector, b: WasmVector): WasmVector {
    if (isConstant(a, 0n) || isConstant(b, ALL_ONES)) return a
    if (isConstant(b, 0n) || isConstant(a, ALL_ONES)) return b
    return this.#binary('v128_and', a, b)
  }

  vOr(a: WasmVector, b: WasmVector): WasmVector {
    if (isConstant(a, 0n)) return b
    if (isConstant(b, 0n)) return a
    return this.#binary('v128_or', a, b)
  }

  vXor(a: WasmVector, b: WasmVector): WasmVector {
    if (isConstant(a, 0n)) return b
    if (isConstant(b, 0n)) return a
    return this.#binary('v128_xor', a, b)
  }

  vAndNot(a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary('v128_andnot', a, b)
  }

  vBlend(mask: WasmVector, a: WasmVector, b: WasmVector): WasmVector {
    this.pushVector(a)
    this.pushVector(b)
    this.pushVector(mask)
    return this.#simd('v128_bitselect')
  }

  vAdd(lane: Lane, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_add`, a, b)
  }

  vSub(lane: Lane, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_sub`, a, b)
  }

  vMul(lane: 16 | 32 | 64, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_mul`, a, b)
  }

  vAddSaturated(lane: 8 | 16, sign: Signedness, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_add_sat_${sign}`, a, b)
  }

  vSubSaturated(lane: 8 | 16, sign: Signedness, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_sub_sat_${sign}`, a, b)
  }

  vMin(lane: 8 | 16 | 32, sign: Signedness, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_min_${sign}`, a, b)
  }

  vMax(lane: 8 | 16 | 32, sign: Signedness, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_max_${sign}`, a, b)
  }

  vAverage(lane: 8 | 16, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_avgr_u`, a, b)
  }

  vAbs(lane: 8 | 16 | 32, a: WasmVector): WasmVector {
    return this.#unary(`${SHAPES[lane]}_abs`, a)
  }

  vEq(lane: Lane, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_eq`, a, b)
  }

  vGtS(lane: Lane, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${SHAPES[lane]}_gt_s`, a, b)
  }

  vShl(lane: Lane, a: WasmVector, count: WasmValue): WasmVector {
    return this.#shift(`${SHAPES[lane]}_shl`, a, count)
  }

  vShrU(lane: Lane, a: WasmVector, count: WasmValue): WasmVector {
    return this.#shift(`${SHAPES[lane]}_shr_u`, a, count)
  }

  vShrS(lane: Lane, a: WasmVector, count: WasmValue): WasmVector {
    return this.#shift(`${SHAPES[lane]}_shr_s`, a, count)
  }

  vNarrow(from: 16 | 32, sign: Signedness, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(`${NARROWED[from]}_${sign}`, a, b)
  }

  vExtend(from: 8 | 16 | 32, sign: Signedness, half: Half, a: WasmVector): WasmVector {
    return this.#unary(extendName(from, sign, half), a)
  }

  vMulWide(from: 8 | 16 | 32, sign: Signedness, half: Half, a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary(multiplyName(from, sign, half), a, b)
  }

  vDot16(a: WasmVector, b: WasmVector): WasmVector {
    return this.#binary('i32x4_dot_i16x8_s', a, b)
  }

  vAddPairs(from: 8 | 16, sign: Signedness, a: WasmVector): WasmVector {
    return this.#unary(`${PAIRED[from]}_${sign}`, a)
  }

  vSwizzle(a: WasmVector, indices: WasmVector): WasmVector {
    return this.#binary('i8x16_swizzle', a, indices)
  }

  vShuffle(a: WasmVector, b: WasmVector, indices: readonly number[]): WasmVector {
    this.pushVector(a)
    this.pushVector(b)
    this.code.simdShuffle(indices)
    return this.popVector()
  }

  vSignBits(lane: Lane, a: WasmVector): WasmValue {
    this.pushVector(a)
    this.code.simd(`${SHAPES[lane]}_bitmask`)
    this.code.op('i64_extend_i32_u')
    return this.pop('i64', VECTOR_BITS / lane)
  }

  #pushLane(lane: Lane, value: WasmValue): void {
    if (lane === 64) this.push(value)
    else this.push32(value)
  }

  #unary(name: SimdOpName, a: WasmVector): WasmVector {
    this.pushVector(a)
    return this.#simd(name)
  }

  #binary(name: SimdOpName, a: WasmVector, b: WasmVector): WasmVector {
    this.pushVector(a)
    this.pushVector(b)
    return this.#simd(name)
  }

  #shift(name: SimdOpName, a: WasmVector, count: WasmValue): WasmVector {
    this.pushVector(a)
    this.push32(count)
    return this.#simd(name)
  }

  #simd(name: SimdOpName): WasmVector {
    this.code.simd(name)
    return this.popVector()
  }
}

function isConstant(a: WasmVector, value: bigint): boolean {
  return a.kind === 'constant' && a.value === value
}

function extendName(from: 8 | 16 | 32, sign: Signedness, half: Half): SimdOpName {
  switch (from) {
    case 8: return `${DOUBLE[8]}_extend_${half}_i8x16_${sign}`
    case 16: return `${DOUBLE[16]}_extend_${half}_i16x8_${sign}`
    case 32: return `${DOUBLE[32]}_extend_${half}_i32x4_${sign}`
  }
}

function multiplyName(from: 8 | 16 | 32, sign: Signedness, half: Half): SimdOpName {
  switch (from) {
    case 8: return `${DOUBLE[8]}_extmul_${half}_i8x16_${sign}`
    case 16: return `${DOUBLE[16]}_extmul_${half}_i16x8_${sign}`
    case 32: return `${DOUBLE[32]}_extmul_${half}_i32x4_${sign}`
  }
}
