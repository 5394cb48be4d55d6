import { MASKED_STORE, operandBits, rowOperand, vectorBits, type RowOperand } from '../isa/operands'
import type { Row } from '../isa/row'
import * as at from '../state/layout'
import { Reg, Seg, type Operand } from './builder'
import type { HandlerBuilder } from './handler'
import { constantValue, type WasmValue } from './wasm-values'
import type { WasmVector } from './wasm-vectors'

const { RECORD } = at

/** The operands of a row as a handler finds them in its record. */
export function handlerOperands(b: HandlerBuilder, row: Row, isMemory: boolean): Operand<WasmValue, WasmVector>[] {
  let immediates = 0
  return row.operands.map((spec) => {
    const operand = rowOperand(spec)
    if (operand.file !== 'general') return vectorOperand(b, row, operand, operand.file, isMemory)
    return handlerOperand(b, operand, isMemory, operand.place === 'immediate' ? immediates++ : 0)
  })
}

function vectorOperand(b: HandlerBuilder, row: Row, operand: RowOperand, file: 'xmm' | 'mm', isMemory: boolean): Operand<WasmValue, WasmVector> {
  const bits = vectorBits(operand)
  const size = operandBits(operand.width, b.operandSize)
  switch (operand.place) {
    case 'fixed': return b.vectorOperand(file, undefined, bits, size)
    case 'reg': return b.vectorOperand(file, RECORD.reg, bits, size)
    case 'vvvv': return b.vectorOperand(file, RECORD.vvvv, bits, size)
    case 'is4': return b.vectorOperand(file, RECORD.immediate, bits, size)
    case 'index': return b.vectorOperand(file, RECORD.rm, bits, size)
    default:
      if (!isMemory) return b.vectorOperand(file, RECORD.rm, bits, size)
      return b.vectorMemory(() => b.effectiveAddress(), bits, size, operand.access, row.unaligned !== true)
  }
}

function handlerOperand(b: HandlerBuilder, operand: RowOperand, isMemory: boolean, immediate: number): Operand<WasmValue, WasmVector> {
  const size = operandBits(operand.width, b.operandSize)
  const mask = (): WasmValue => b.addressMask()
  const recordSegment = () => b.recordSegment()
  switch (operand.place) {
    case 'rm':
      if (!isMemory) return b.registerOperand(RECORD.rm, size)
      return b.memoryOperand(recordSegment, () => b.effectiveAddress(), mask, size, operand.access)
    case 'scale': return b.constantOperand(size, () => b.load('i64_load8_u', b.recordLocal, RECORD.scale, 2))
    case 'memory': case 'vsib': return b.memoryOperand(recordSegment, () => b.effectiveAddress(), mask, size, operand.access)
    case 'offset': return b.memoryOperand(recordSegment, () => b.and(b.recordImmediate(), mask()), mask, size, operand.access)
    case 'string': {
      const segment = operand.fixed === Reg.rdi && operand.code !== MASKED_STORE ? () => ({ index: Seg.es }) : recordSegment
      return b.memoryOperand(segment, () => b.addressReg(operand.fixed), mask, size, operand.access)
    }
    case 'register': case 'opcode': case 'index': return b.registerOperand(RECORD.rm, size)
    case 'is4': return b.registerOperand(RECORD.immediate, size)
    case 'reg': return b.registerOperand(RECORD.reg, size)
    case 'vvvv': return b.registerOperand(RECORD.vvvv, size)
    case 'fixed': return b.fixedOperand(operand.fixed, size)
    case 'segment': case 'control': case 'debug':
      return b.constantOperand(size, () => b.load('i64_load8_u', b.recordLocal, RECORD.reg, 8))
    case 'immediate':
      return b.constantOperand(size, () => (immediate === 0 ? b.zext(size, b.recordImmediate()) : b.zext(size, b.recordDisplacement())))
    case 'far': return b.constantOperand(64, () => b.recordImmediate())
    case 'relative': return b.constantOperand(64, () => b.add(b.nextRip(), b.recordImmediate()))
    case 'one': return b.constantOperand(size, () => constantValue(1))
    case 'x87': return b.constantOperand(size, () => b.shrU(b.load('i64_load8_u', b.recordLocal, RECORD.rm, 8), constantValue(3)))
    case 'x87top': return b.constantOperand(size, () => constantValue(0))
  }
}
