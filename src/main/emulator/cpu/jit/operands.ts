import { MASKED_STORE, operandBits, rowOperand, vectorBits, type RowOperand } from '../isa/operands'
import { Reg, Seg, type Operand } from '../semantics/builder'
import { constantValue, type WasmValue } from '../semantics/wasm-values'
import type { WasmVector } from '../semantics/wasm-vectors'
import type { BlockBuilder } from './builder'
import { ADDRESS_MASKS, Untranslatable } from './builder-state'

const SLOT_SHIFT = 3

/** The operands of the instruction that the builder began: constants, registers, memory. */
export function blockOperands(b: BlockBuilder): Operand<WasmValue, WasmVector>[] {
  let immediates = 0
  return b.decoded.row.operands.map((spec) => {
    const operand = rowOperand(spec)
    if (operand.file !== 'general') return vectorOperand(b, operand, operand.file)
    return blockOperand(b, operand, operand.place === 'immediate' ? immediates++ : 0)
  })
}

function vectorOperand(b: BlockBuilder, operand: RowOperand, file: 'xmm' | 'mm'): Operand<WasmValue, WasmVector> {
  const { decoded } = b
  const bits = vectorBits(operand)
  const size = operandBits(operand.width, b.operandSize)
  const clearsUpper = decoded.row.vex !== undefined
  const register = (slot: number): Operand<WasmValue, WasmVector> => b.vectorOperand(file, slot >> SLOT_SHIFT, bits, size, clearsUpper)
  switch (operand.place) {
    case 'fixed': return register(0)
    case 'reg': return register(decoded.reg)
    case 'vvvv': return register(decoded.vvvv)
    case 'is4': return register(Number(decoded.immediate))
    case 'index': return register(decoded.rm)
    default:
      if (!decoded.isMemory) return register(decoded.rm)
      return b.vectorMemory(decoded.segment, () => b.effectiveAddress(), bits, size, operand.access, decoded.row.unaligned !== true)
  }
}

function blockOperand(b: BlockBuilder, operand: RowOperand, immediate: number): Operand<WasmValue, WasmVector> {
  const { decoded } = b
  const size = operandBits(operand.width, b.operandSize)
  const mask = ADDRESS_MASKS[decoded.addressSize]
  const memory = (): Operand<WasmValue, WasmVector> => b.memoryOperand(decoded.segment, () => b.effectiveAddress(), mask, size, operand.access)
  switch (operand.place) {
    case 'rm': return decoded.isMemory ? memory() : b.registerOperand(decoded.rm, size)
    case 'memory': return memory()
    case 'offset': return b.memoryOperand(decoded.segment, () => constantValue(decoded.immediate & mask), mask, size, operand.access)
    case 'string': {
      const segment = operand.fixed === Reg.rdi && operand.code !== MASKED_STORE ? Seg.es : decoded.segment
      return b.memoryOperand(segment, () => b.addressReg(operand.fixed), mask, size, operand.access)
    }
    case 'register': case 'opcode': case 'index': return b.registerOperand(decoded.rm, size)
    case 'is4': return b.registerOperand(Number(decoded.immediate), size)
    case 'reg': return b.registerOperand(decoded.reg, size)
    case 'vvvv': return b.registerOperand(decoded.vvvv, size)
    case 'fixed': return b.registerOperand(operand.fixed << SLOT_SHIFT, size)
    case 'immediate':
      return b.constantOperand(size, () => b.zext(size, constantValue(immediate === 0 ? decoded.immediate : decoded.immediate2)))
    case 'far': return b.constantOperand(64, () => constantValue(decoded.immediate))
    case 'relative': return b.relativeOperand()
    case 'one': return b.constantOperand(size, () => constantValue(1))
    case 'x87': return b.constantOperand(size, () => constantValue(decoded.rm >> SLOT_SHIFT))
    case 'x87top': return b.constantOperand(size, () => constantValue(0))
    case 'segment': case 'control': case 'debug': case 'scale': case 'vsib': throw new Untranslatable(`has an operand ${operand.code}`)
  }
}
