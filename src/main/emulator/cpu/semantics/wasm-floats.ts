import type { OpName } from '../../wasm/opcodes'
import type { SimdLaneOpName, SimdOpName } from '../../wasm/simd'
import type { FloatLanes, FloatOperation, HostFloat } from './float-builder'
import type { FloatBits } from './vector-builder'
import type { WasmValue } from './wasm-values'
import type { WasmVector, WasmVectors } from './wasm-vectors'

const SHAPES = { 32: 'f32x4', 64: 'f64x2' } as const
const TYPES = { 32: 'f32', 64: 'f64' } as const

/** The host's floating point over emitted WebAssembly. */
export class WasmFloats implements HostFloat<WasmValue, WasmVector> {
  readonly #v: WasmVectors

  constructor(v: WasmVectors) {
    this.#v = v
  }

  arithmetic(operation: FloatOperation, bits: FloatBits, lanes: FloatLanes, a: WasmVector, b: WasmVector): WasmVector {
    if (lanes === 'all') return this.#packed(`${SHAPES[bits]}_${operation}`, a, b)
    return this.#first(bits, a, () => {
      this.#pushFirst(bits, a)
      this.#pushFirst(bits, b)
      this.#v.code.op(`${TYPES[bits]}_${operation}`)
    })
  }

  root(bits: FloatBits, lanes: FloatLanes, above: WasmVector, a: WasmVector): WasmVector {
    if (lanes === 'all') return this.#packed(`${SHAPES[bits]}_sqrt`, a)
    return this.#first(bits, above, () => {
      this.#pushFirst(bits, a)
      this.#v.code.op(`${TYPES[bits]}_sqrt`)
    })
  }

  /** "pmin" of (x, y) is y < x ? y : x. */
  lesser(bits: FloatBits, lanes: FloatLanes, a: WasmVector, b: WasmVector): WasmVector {
    return this.#choose(`${SHAPES[bits]}_pmin`, bits, lanes, a, b)
  }

  /** "pmax" of (x, y) is x < y ? y : x. */
  greater(bits: FloatBits, lanes: FloatLanes, a: WasmVector, b: WasmVector): WasmVector {
    return this.#choose(`${SHAPES[bits]}_pmax`, bits, lanes, a, b)
  }

  abs(bits: FloatBits, a: WasmVector): WasmVector {
    return this.#packed(`${SHAPES[bits]}_abs`, a)
  }

  equal(bits: FloatBits, a: WasmVector, b: WasmVector): WasmVector {
    return this.#packed(`${SHAPES[bits]}_eq`, a, b)
  }

  less(bits: FloatBits, a: WasmVector, b: WasmVector): WasmVector {
    return this.#packed(`${SHAPES[bits]}_lt`, a, b)
  }

  firstEqual(bits: FloatBits, a: WasmVector, b: WasmVector): WasmValue {
    return this.#compareFirst(`${TYPES[bits]}_eq`, bits, a, b)
  }

  firstLess(bits: FloatBits, a: WasmVector, b: WasmVector): WasmValue {
    return this.#compareFirst(`${TYPES[bits]}_lt`, bits, a, b)
  }

  firstIntegral(bits: FloatBits, a: WasmVector): WasmValue {
    this.#pushFirst(bits, a)
    this.#v.code.op(`${TYPES[bits]}_nearest`)
    this.#pushFirst(bits, a)
    this.#v.code.op(`${TYPES[bits]}_eq`)
    return this.#v.pop('i32', 1)
  }

  anySet(a: WasmVector): WasmValue {
    this.#v.pushVector(a)
    this.#v.code.simd('v128_any_true')
    return this.#v.pop('i32', 1)
  }

  fromInteger(bits: FloatBits, above: WasmVector, value: WasmValue): WasmVector {
    return this.#first(bits, above, () => {
      this.#v.push(value)
      this.#v.code.op(`${TYPES[bits]}_convert_i64_s`)
    })
  }

  toInteger(bits: FloatBits, chop: boolean, a: WasmVector): WasmValue {
    const { code } = this.#v
    this.#pushFirst(bits, a)
    if (!chop) code.op(`${TYPES[bits]}_nearest`)
    code.op(`i64_trunc_${TYPES[bits]}_s`)
    return this.#v.pop('i64', 64)
  }

  convert(to: FloatBits, above: WasmVector, a: WasmVector): WasmVector {
    return this.#first(to, above, () => {
      this.#pushFirst(to === 32 ? 64 : 32, a)
      this.#v.code.op(to === 32 ? 'f32_demote_f64' : 'f64_promote_f32')
    })
  }

  #choose(name: SimdOpName, bits: FloatBits, lanes: FloatLanes, a: WasmVector, b: WasmVector): WasmVector {
    const chosen = this.#packed(name, b, a)
    return lanes === 'all' ? chosen : this.#first(bits, a, () => this.#pushFirst(bits, chosen))
  }

  #compareFirst(name: OpName, bits: FloatBits, a: WasmVector, b: WasmVector): WasmValue {
    this.#pushFirst(bits, a)
    this.#pushFirst(bits, b)
    this.#v.code.op(name)
    return this.#v.pop('i32', 1)
  }

  #packed(name: SimdOpName, ...operands: readonly WasmVector[]): WasmVector {
    for (const operand of operands) this.#v.pushVector(operand)
    this.#v.code.simd(name)
    return this.#v.popVector()
  }

  #pushFirst(bits: FloatBits, a: WasmVector): void {
    this.#v.pushVector(a)
    this.#v.code.simdLane(extractOf(bits), 0)
  }

  /** `above`, with what `push` brings as lane 0. */
  #first(bits: FloatBits, above: WasmVector, push: () => void): WasmVector {
    this.#v.pushVector(above)
    push()
    this.#v.code.simdLane(`${SHAPES[bits]}_replace_lane`, 0)
    return this.#v.popVector()
  }
}

function extractOf(bits: FloatBits): SimdLaneOpName {
  return `${SHAPES[bits]}_extract_lane`
}
