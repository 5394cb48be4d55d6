/** String comparison of SSE4.2 (SDM vol. 2B, 4.1; PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM). */
import type { Builder, Operand, RoutineBuilder } from '../semantics/builder'
import { Reg } from '../semantics/builder'
import { defineRoutine, type Tuple } from '../semantics/routines'
import { ALL_FLAGS } from './flags'
import { maskFromBits } from './packed'
import type { Row, Semantics } from './row'

/** Bits of the control byte. */
const WORDS = 0
const SIGNED = 1
const AGGREGATION = 2
const NEGATIVE = 4
const MASKED = 5
/** Index: the most significant one; mask: whole lanes. */
const OUTPUT = 6

const Aggregation = { any: 0, ranges: 1, each: 2, ordered: 3 } as const

/**
 * (a, x as two halves each, their lengths, control) → one bit per element of x, polarity applied. Elements beyond a length
 * are invalid; what they count for stands in table 4-7 of the manual.
 */
const compareStrings = defineRoutine('compareStrings', 7, 1, <V>(b: RoutineBuilder<V>, [aLow, aHigh, xLow, xHigh, aLength, xLength, control]: Tuple<7, V>): Tuple<1, V> => {
  const one = b.constant(1)
  const bit = (position: number): V => b.and(b.shrU(control, b.constant(position)), one)
  const words = bit(WORDS)
  const isSigned = bit(SIGNED)
  const aggregation = b.and(b.shrU(control, b.constant(AGGREGATION)), b.constant(3))
  const any = b.eq(aggregation, b.constant(Aggregation.any))
  const ranges = b.eq(aggregation, b.constant(Aggregation.ranges))
  const each = b.eq(aggregation, b.constant(Aggregation.each))
  const ordered = b.eq(aggregation, b.constant(Aggregation.ordered))
  const elements = b.select(words, b.constant(8), b.constant(16))
  const element = (low: V, high: V, index: V): V => {
    const position = b.shl(index, b.select(words, b.constant(4), b.constant(3)))
    const value = b.shrU(b.select(b.ltU(position, b.constant(64)), low, high), position)
    const byte = b.select(isSigned, b.sext(8, value), b.zext(8, value))
    const word = b.select(isSigned, b.sext(16, value), b.zext(16, value))
    return b.select(words, word, byte)
  }

  const result = b.variable(b.constant(0))
  const j = b.variable(b.constant(0))
  const i = b.variable(b.constant(0))
  const holds = b.variable(b.constant(0))
  const aboveLower = b.variable(b.constant(0))
  b.while(() => b.ltU(j.get(), elements), () => {
    holds.set(ordered)
    i.set(b.constant(0))
    b.while(() => b.ltU(i.get(), elements), () => {
      const [aIndex, first] = [i.get(), j.get()]
      const xIndex = b.add(first, b.select(ordered, aIndex, b.constant(0)))
      const [a, x] = [element(aLow, aHigh, aIndex), element(xLow, xHigh, xIndex)]
      const [aValid, xValid] = [b.ltU(aIndex, aLength), b.ltU(xIndex, xLength)]
      const equal = b.eq(a, x)
      const bothValid = b.and(aValid, xValid)
      const inRange = b.and(b.and(b.and(aIndex, one), aboveLower.get()), b.and(bothValid, b.leS(x, a)))
      const samePlace = b.and(b.eq(aIndex, first), b.select(bothValid, equal, b.isZero(b.or(aValid, xValid))))
      const found = b.or(b.or(b.and(any, b.and(bothValid, equal)), b.and(ranges, inRange)), b.and(each, samePlace))
      const continues = b.or(b.or(b.leU(elements, xIndex), b.isZero(aValid)), b.and(xValid, equal))
      holds.set(b.select(ordered, b.and(holds.get(), continues), b.or(holds.get(), found)))
      aboveLower.set(b.leS(a, x))
      i.set(b.add(aIndex, one))
    })
    const position = j.get()
    // Masked: only valid elements are inverted.
    const inverted = b.and(bit(NEGATIVE), b.or(b.isZero(bit(MASKED)), b.ltU(position, xLength)))
    result.set(b.or(result.get(), b.shl(b.xor(holds.get(), inverted), position)))
    j.set(b.add(position, one))
  })
  return [result.get()]
})

/** Length in a register: its absolute value, at most all elements. */
function explicitLength<V>(b: Builder<V>, register: number, elements: V): V {
  const size = b.operandSize === 64 ? 64 : 32
  const value = b.sext(size, b.reg(register, size))
  const absolute = b.select(b.ltS(value, b.constant(0)), b.neg(value), value)
  return b.select(b.ltU(absolute, elements), absolute, elements)
}

/** Elements before the first zero. */
function implicitLength<V, X>(b: Builder<V, X>, a: X, words: V): V {
  const zero = b.vConstant(0n)
  const zeros = (lane: 8 | 16): V => b.or(b.vSignBits(lane, b.vEq(lane, a, zero)), b.constant(1 << (128 / lane)))
  return b.ctz(b.select(words, zeros(16), zeros(8)))
}

const FLAG_BITS = { CF: 0, ZF: 6, SF: 7, OF: 11, all: 0x8d5 } as const

/** With a fourth operand the result is a mask in it, else an index in ECX. */
function comparing(lengths: 'explicit' | 'implicit'): Semantics {
  return <V, X>(b: Builder<V, X>, first: Operand<V, X>, second: Operand<V, X>, immediate: Operand<V, X>, mask?: Operand<V, X>) => {
    const a = first.readVector()
    const x = second.readVector()
    const control = immediate.read()
    const words = b.and(control, b.constant(1))
    const elements = b.select(words, b.constant(8), b.constant(16))
    const [aLength, xLength] =
      lengths === 'explicit'
        ? [explicitLength(b, Reg.rax, elements), explicitLength(b, Reg.rdx, elements)]
        : [implicitLength(b, a, words), implicitLength(b, x, words)]
    const [result] = b.routine(
      compareStrings, b.vExtract(64, a, 0), b.vExtract(64, a, 1), b.vExtract(64, x, 0), b.vExtract(64, x, 1), aLength, xLength, control,
    )
    const outputBit = b.and(b.shrU(control, b.constant(OUTPUT)), b.constant(1))
    if (mask === undefined) {
      const lowest = b.ctz(b.or(result, b.shl(b.constant(1), elements)))
      const highest = b.select(b.isZero(result), elements, b.sub(b.constant(63), b.clz(result)))
      b.setReg(Reg.rcx, 32, b.select(outputBit, highest, lowest))
    } else {
      const bits = b.vInsert(64, b.vConstant(0n), 0, result)
      const lanes = b.vChoose(words, maskFromBits(b, 16, result), maskFromBits(b, 8, result))
      mask.writeVector(b.vChoose(outputBit, lanes, bits))
    }
    const flag = (truth: V, position: number): V => b.shl(truth, b.constant(position))
    const image = [
      flag(b.ne(result, b.constant(0)), FLAG_BITS.CF), flag(b.ltU(xLength, elements), FLAG_BITS.ZF), flag(b.ltU(aLength, elements), FLAG_BITS.SF),
      flag(b.and(result, b.constant(1)), FLAG_BITS.OF),
    ].reduce((all, one) => b.or(all, one))
    b.setFlagsImage(image, FLAG_BITS.all)
  }
}

function row(name: string, opcode: number, lengths: 'explicit' | 'implicit'): Row {
  return {
    name, map: '0f3a', opcode, prefix: '66', operands: name.endsWith('m') ? ['Vdq:r', 'Wdq:r', 'Ib:r', 'xmm0:w'] : ['Vdq:r', 'Wdq:r', 'Ib:r'],
    sized: lengths === 'explicit', unaligned: true, feature: 'sse4.2', faults: ['#UD', '#NM'], flags: { writes: ALL_FLAGS }, unit: 'sse', semantics: comparing(lengths),
  }
}

export const stringCompareRows: readonly Row[] = [
  row('pcmpestrm', 0x60, 'explicit'), row('pcmpestri', 0x61, 'explicit'), row('pcmpistrm', 0x62, 'implicit'), row('pcmpistri', 0x63, 'implicit'),
]
