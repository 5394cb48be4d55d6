/** Operands over emitted WebAssembly, for all who emit it. */
import * as at from '../state/layout'
import { NO_VECTOR, type Operand, type Size } from './builder'
import { loadOf, storeOf } from './memory-code'
import type { WasmValue } from './wasm-values'
import type { WasmVector, WasmVectors } from './wasm-vectors'

export type WasmOperand = Operand<WasmValue, WasmVector>
/** As rows declare it. */
export type OperandAccess = 'r' | 'w' | 'rw' | 'a'
export type VectorFile = 'xmm' | 'mm'

/** Sign and exponent of an x87 register after an MMX instruction wrote it (SDM vol. 1, 9.2.1 and 9.6.2). */
const MMX_EXPONENT = 0xffff

/** A register, or something like one. */
export function valueOperand(size: Size, read: () => WasmValue, write: (value: WasmValue) => void): WasmOperand {
  const noAddress = (): never => {
    throw new Error('Only a memory operand has an address.')
  }
  return { size, isMemory: false, ...NO_VECTOR, read, write, address: noAddress, linear: noAddress, selector: noAddress, at: noAddress }
}

export function constantOperand(size: Size, value: () => WasmValue): WasmOperand {
  return valueOperand(size, value, () => {
    throw new Error('An immediate operand is not written.')
  })
}

/** Where a vector register lies in the state: an i32 that `push` brings on the stack, and a constant, both from register 0 of its file on. */
export interface VectorPlace {
  readonly push: () => void
  readonly offset: number
}

/** An XMM or MMX register in memory. `clearsUpper`: writes clear what lies above (VEX). */
export function vectorRegisterOperand(v: WasmVectors, file: VectorFile, place: VectorPlace, vectorBits: number, size: Size, clearsUpper: boolean): WasmOperand {
  const offset = (file === 'xmm' ? at.XMM : at.X87) + place.offset
  const readSmall = (): WasmValue => {
    place.push()
    v.code.memory(loadOf(size), offset)
    return v.pop('i64', size)
  }
  const store = (value: WasmValue, bits: Size): void => {
    place.push()
    v.push(value)
    v.code.memory(storeOf(bits), offset)
  }
  if (file === 'mm') {
    const write = (value: WasmValue, bits: Size): void => {
      store(value, bits)
      place.push()
      v.code.i32(MMX_EXPONENT)
      v.code.memory('i32_store16', offset + at.X87_EXPONENT)
    }
    return {
      ...valueOperand(size, readSmall, (value) => write(value, size)),
      vectorBits,
      readVector: () => {
        place.push()
        v.code.simdMemory('v128_load64_zero', offset)
        return v.popVector()
      },
      writeVector: (value) => write(v.vExtract(64, value, 0), 64),
    }
  }
  const read = (part: number): WasmVector => {
    place.push()
    v.code.simdMemory('v128_load', offset + part)
    return v.popVector()
  }
  const write = (value: WasmVector, part: number): void => {
    place.push()
    v.pushVector(value)
    v.code.simdMemory('v128_store', offset + part)
  }
  const writeVector = (value: WasmVector): void => {
    write(value, 0)
    if (clearsUpper) write(v.vConstant(0n), at.YMM_UPPER)
  }
  return {
    ...valueOperand(size, readSmall, (value) => {
      if (clearsUpper) writeVector(v.vInsert(64, v.vConstant(0n), 0, v.zext(size, value)))
      else store(value, size)
    }),
    vectorBits,
    readVector: () => read(0),
    writeVector,
    readWide: () => [read(0), read(at.YMM_UPPER)],
    writeWide: (low, high) => {
      write(low, 0)
      write(high, at.YMM_UPPER)
    },
  }
}

/**
 * Memory of a vector operand.
 * @param operand the same memory as a scalar operand, which vectors of 64 bits and less use
 * @param hostOf host address (i32 local) of an access to all of it
 * @param stored comes after a store there
 */
export function vectorMemoryOperand(
  v: WasmVectors, operand: WasmOperand, vectorBits: number, hostOf: (access: 'r' | 'w') => number, stored: (host: number) => void,
): WasmOperand {
  if (vectorBits < 128) {
    return {
      ...operand,
      vectorBits,
      readVector: () => v.vInsert(64, v.vConstant(0n), 0, operand.read()),
      writeVector: (value) => operand.write(v.vExtract(64, value, 0)),
    }
  }
  const read = (host: number, part: number): WasmVector => {
    v.code.get(host)
    v.code.simdMemory('v128_load', part)
    return v.popVector()
  }
  const write = (host: number, value: WasmVector, part: number): void => {
    v.code.get(host)
    v.pushVector(value)
    v.code.simdMemory('v128_store', part)
  }
  return {
    ...operand,
    vectorBits,
    readVector: () => read(hostOf('r'), 0),
    writeVector: (value) => {
      const host = hostOf('w')
      write(host, value, 0)
      stored(host)
    },
    readWide: () => {
      const host = hostOf('r')
      return [read(host, 0), read(host, at.YMM_UPPER)]
    },
    writeWide: (low, high) => {
      const host = hostOf('w')
      write(host, low, 0)
      write(host, high, at.YMM_UPPER)
      stored(host)
    },
  }
}
