import type { Builder, Size } from '../semantics/builder'
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
    const offset = register * (file === 'xmm' ? at.XMM_STRIDE : at.X87_STRIDE)
    return vectorRegisterOperand(this, file, { push: () => this.code.i32(0), offset }, vectorBits, size, clearsUpper)
  }

  /** Memory of a vector operand. `aligned`: 16 or 32 bytes must be aligned. */
  vectorMemory(segment: number, offset: () => WasmValue, vectorBits: number, size: Size, access: OperandAccess, aligned: boolean): WasmOperand {
    const operand = this.memoryOperand(segment, offset, ADDRESS_MASKS[this.decoded.addressSize], size, access)
    return vectorMemoryOperand(this, operand, vectorBits, (kind) => this.hostOf(segment, operand.address(), vectorBits / 8, kind, aligned), () => undefined)
  }
}
