import { describe, expect, it } from 'vitest'
import { FunctionBuilder } from '../../wasm/function-builder'
import { ModuleBuilder } from '../../wasm/module-builder'
import { CpuState } from '../state/cpu-state'
import { memoryLayout, XMM } from '../state/layout'
import { OracleVectors } from './oracle-vectors'
import { Random } from './random'
import type { VectorBuilder } from './vector-builder'
import type { WasmValue } from './wasm-values'
import { WasmVectors, type WasmVector } from './wasm-vectors'

type Operation = <V, X>(v: VectorBuilder<V, X>, a: X, b: X, count: V) => X

const LANES = [8, 16, 32, 64] as const
const SMALL = [8, 16] as const
const UP_TO_32 = [8, 16, 32] as const
const SIGNS = ['s', 'u'] as const
const HALVES = ['low', 'high'] as const
const SHUFFLE = [31, 0, 15, 16, 7, 24, 8, 23, 1, 30, 2, 29, 3, 28, 4, 27]

/** Every operation of the interface, with each of its shapes. */
const OPERATIONS: Readonly<Record<string, Operation>> = Object.fromEntries<Operation>([
  ['constant', (v) => v.vConstant(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210n)],
  ['choose', (v, a, b, count) => v.vChoose(count, a, b)],
  ['and', (v, a, b) => v.vAnd(a, b)], ['or', (v, a, b) => v.vOr(a, b)], ['xor', (v, a, b) => v.vXor(a, b)], ['andNot', (v, a, b) => v.vAndNot(a, b)],
  ['blend', (v, a, b) => v.vBlend(v.vGtS(8, a, b), a, b)],
  ['dot16', (v, a, b) => v.vDot16(a, b)],
  ['swizzle', (v, a, b) => v.vSwizzle(a, v.vAnd(b, v.vConstant(0x1f0f_1f0f_1f0f_1f0f_ff0f_1f0f_1f0f_1f0fn)))],
  ['shuffle', (v, a, b) => v.vShuffle(a, b, SHUFFLE)],
  ...LANES.flatMap((lane): [string, Operation][] => [
    [`add${lane}`, (v, a, b) => v.vAdd(lane, a, b)], [`sub${lane}`, (v, a, b) => v.vSub(lane, a, b)],
    [`eq${lane}`, (v, a, b) => v.vEq(lane, a, v.vBlend(v.vConstant(0xffffn << 32n), a, b))], [`gtS${lane}`, (v, a, b) => v.vGtS(lane, a, b)],
    [`shl${lane}`, (v, a, _, count) => v.vShl(lane, a, count)], [`shrU${lane}`, (v, a, _, count) => v.vShrU(lane, a, count)],
    [`shrS${lane}`, (v, a, _, count) => v.vShrS(lane, a, count)],
    [`splat${lane}`, (v, a) => v.vSplat(lane, v.vExtract(lane, a, 1))], [`insert${lane}`, (v, a, b) => v.vInsert(lane, a, 128 / lane - 1, v.vExtract(lane, b, 0))],
    [`signBits${lane}`, (v, a) => v.vSplat(64, v.vSignBits(lane, a))],
  ]),
  ...([16, 32, 64] as const).map((lane): [string, Operation] => [`mul${lane}`, (v, a, b) => v.vMul(lane, a, b)]),
  ...UP_TO_32.map((lane): [string, Operation] => [`abs${lane}`, (v, a) => v.vAbs(lane, a)]),
  ...SMALL.map((lane): [string, Operation] => [`average${lane}`, (v, a, b) => v.vAverage(lane, a, b)]),
  ...SIGNS.flatMap((sign): [string, Operation][] => [
    ...SMALL.flatMap((lane): [string, Operation][] => [
      [`addSaturated${lane}${sign}`, (v, a, b) => v.vAddSaturated(lane, sign, a, b)], [`subSaturated${lane}${sign}`, (v, a, b) => v.vSubSaturated(lane, sign, a, b)],
      [`addPairs${lane}${sign}`, (v, a) => v.vAddPairs(lane, sign, a)],
    ]),
    ...UP_TO_32.flatMap((lane): [string, Operation][] => [
      [`min${lane}${sign}`, (v, a, b) => v.vMin(lane, sign, a, b)], [`max${lane}${sign}`, (v, a, b) => v.vMax(lane, sign, a, b)],
      ...HALVES.flatMap((half): [string, Operation][] => [
        [`extend${lane}${sign}${half}`, (v, a) => v.vExtend(lane, sign, half, a)], [`mulWide${lane}${sign}${half}`, (v, a, b) => v.vMulWide(lane, sign, half, a, b)],
      ]),
    ]),
    ...([16, 32] as const).map((lane): [string, Operation] => [`narrow${lane}${sign}`, (v, a, b) => v.vNarrow(lane, sign, a, b)]),
  ]),
])

const NO_FUNCTIONS = {
  raise: 0,
  routine: (): never => {
    throw new Error('No vector operation calls a routine.')
  },
}
const OPERAND_A = XMM
const OPERAND_B = XMM + 16
const RESULT = XMM + 32

function load(v: WasmVectors, address: number): WasmVector {
  v.code.i32(0)
  v.code.simdMemory('v128_load', address)
  return v.popVector()
}

/** All operations as functions (count) → result at RESULT, in one module. */
function compile(memory: WebAssembly.Memory): WebAssembly.Instance['exports'] {
  const module = new ModuleBuilder()
  module.importMemory('host', 'memory', 1)
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const index = module.function({ parameters: ['i64'], results: [] }, (body: FunctionBuilder) => {
      const v = new WasmVectors(body, NO_FUNCTIONS)
      const count: WasmValue = { kind: 'local', local: 0, type: 'i64', bits: 64 }
      const result = operation<WasmValue, WasmVector>(v, load(v, OPERAND_A), load(v, OPERAND_B), count)
      body.i32(0)
      v.pushVector(result)
      body.simdMemory('v128_store', RESULT)
    })
    module.exportFunction(name, index)
  }
  return new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module.finish())), { host: { memory } }).exports
}

describe('vector operations', () => {
  const { wasmPages } = memoryLayout(0x1_0000)
  const state = new CpuState(new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages }))
  const functions = compile(state.memory)
  const oracle = new OracleVectors(state)
  const random = new Random(5)
  const vector = (): bigint => {
    let value = 0n
    for (let byte = 0; byte < 16; byte++) value = (value << 8n) | (random.chance(3) ? random.pick([0n, 0x7fn, 0x80n, 0xffn]) : BigInt(random.below(256)))
    return value
  }
  const read = (address: number): bigint => ((state.u64[(address >> 3) + 1] ?? 0n) << 64n) | (state.u64[address >> 3] ?? 0n)
  const write = (address: number, value: bigint): void => {
    state.u64[address >> 3] = value
    state.u64[(address >> 3) + 1] = value >> 64n
  }

  it.each(Object.entries(OPERATIONS))('%s: WebAssembly agrees with the oracle', (name, operation) => {
    const run = functions[name]
    if (typeof run !== 'function') throw new Error(`No function ${name} was exported.`)
    for (let attempt = 0; attempt < 40; attempt++) {
      const [a, b, count] = [vector(), vector(), BigInt(random.below(130))]
      write(OPERAND_A, a)
      write(OPERAND_B, b)
      run(count)
      const where = `${a.toString(16)} ${b.toString(16)} ${count}`
      expect(read(RESULT).toString(16), where).toBe(operation<bigint, bigint>(oracle, a, b, count).toString(16))
    }
  })

  it('extracts lanes zero-extended', () => {
    expect(oracle.vExtract(16, 0xffff_8000n << 16n, 1)).toBe(0x8000n)
    expect(oracle.vExtract(64, 1n << 127n, 1)).toBe(1n << 63n)
  })

  it('knows numbers that the manual works out', () => {
    // PACKSSWB of 0x1234 and −0x1234; PMADDWD of (−1, 2) and (3, 4).
    expect(oracle.vNarrow(16, 's', 0xedcc_1234n, 0n)).toBe(0x807fn)
    expect(oracle.vDot16(0x0002_ffffn, 0x0004_0003n)).toBe(5n)
    expect(oracle.vAverage(8, 0x01n, 0x02n)).toBe(2n)
  })
})
