import type { Builder, Size } from '../semantics/builder'
import type { HostFloat, Shortcut } from '../semantics/float-builder'
import { WasmFloats } from '../semantics/wasm-floats'
import { constantOperand, valueOperand, vectorMemoryOperand, vectorRegisterOperand, type OperandAccess, type VectorFile, type WasmOperand } from '../semantics/wasm-operands'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import type { WasmVector } from '../semantics/wasm-vectors'
import * as at from '../state/layout'
import { BlockMemory } from './builder-memory'
import { ADDRESS_MASKS } from './builder-state'

/**
 * Emits translated code: operands are constants, registers and flags are in locals. What cannot be done in place (an access that misses the
 * TLB, a fault, a store over code) leaves the region *before* the instruction, which the interpreter then executes: nothing of an instruction
 * is committed before its last access, as `Builder` demands.
 */
export class BlockBuilder extends BlockMemory implements Builder<WasmValue, WasmVector> {
  /** The whole way is the interpreter's. */
  shortcut(quick: (host: HostFloat<WasmValue, WasmVector>) => Shortcut<WasmValue>): void {
    const { conditions, take } = quick(new WasmFloats(this))
    this.leaveUnless(conditions)
    take()
  }

  /** A general register by its slot (number × 8, or one more for AH…BH). */
  registerOperand(slot: number, size: Size): WasmOperand {
    const index = slot >> 3
    if ((slot & 1) === 0) return valueOperand(size, () => this.reg(index, size), (value) => this.setReg(index, size, value))
    return valueOperand(size, () => this.zext(8, this.shrU(this.reg(index, 64), constantValue(8))), (value) => {
      const local = this.locals.writtenRegister(index)
      this.pushMerged(local, 8, 8, value)
      this.code.set(local)
    })
  }

  constantOperand(size: Size, value: () => WasmValue): WasmOperand {
    return constantOperand(size, value)
  }

  vectorOperand(file: VectorFile, register: number, vectorBits: number, size: Size, clearsUpper: boolean): WasmOperand {
    if (file === 'xmm') return this.#xmmOperand(register, vectorBits, size, clearsUpper)
    return vectorRegisterOperand(this, file, { push: () => this.code.i32(0), offset: register * at.X87_STRIDE }, vectorBits, size, clearsUpper)
  }

  /** The low half is in a local, the upper one in memory. */
  #xmmOperand(register: number, vectorBits: number, size: Size, clearsUpper: boolean): WasmOperand {
    const readVector = (): WasmVector => {
      this.code.get(this.locals.vector(register))
      return this.popVector()
    }
    const writeLow = (value: WasmVector): void => {
      this.pushVector(value)
      this.code.set(this.locals.writtenVector(register))
    }
    const writeUpper = (value: WasmVector): void => {
      this.code.i32(0)
      this.pushVector(value)
      this.code.simdMemory('v128_store', at.XMM + register * at.XMM_STRIDE + at.YMM_UPPER)
    }
    const writeVector = (value: WasmVector): void => {
      writeLow(value)
      if (clearsUpper) writeUpper(this.vConstant(0n))
    }
    return {
      ...valueOperand(size, () => this.vExtract(size, readVector(), 0), (value) => writeVector(this.vInsert(size, clearsUpper ? this.vConstant(0n) : readVector(), 0, value))),
      vectorBits,
      readVector,
      writeVector,
      readWide: () => {
        this.code.i32(0)
        this.code.simdMemory('v128_load', at.XMM + register * at.XMM_STRIDE + at.YMM_UPPER)
        return [readVector(), this.popVector()]
      },
      writeWide: (low, high) => {
        writeLow(low)
        writeUpper(high)
      },
    }
  }

  /** Memory of a vector operand. `aligned`: 16 or 32 bytes must be aligned. */
  vectorMemory(segment: number, offset: () => WasmValue, vectorBits: number, size: Size, access: OperandAccess, aligned: boolean): WasmOperand {
    const operand = this.memoryOperand(segment, offset, ADDRESS_MASKS[this.decoded.addressSize], size, access)
    return vectorMemoryOperand(this, operand, vectorBits, (kind) => this.hostOf(segment, operand.address(), vectorBits / 8, kind, aligned), () => undefined)
  }
}
