/**
 * What comes before every instruction of the floating-point and vector units: is the unit there for the program, does it belong to the
 * running task (Intel SDM vol. 3A, 2.5; tables 13-1 and 12-1).
 */
import { Vector } from '../faults'
import type { Builder, RoutineBuilder } from '../semantics/builder'
import { defineRoutine } from '../semantics/routines'
import type { Semantics } from './row'

const CR0_EM = 1 << 2
const CR0_TS = 1 << 3
const CR4_OSFXSR = 1 << 9
/** Summary of unmasked pending exceptions. */
const FSW_ES = 1 << 7
const FSW_TOP = 7 << 11
const ALL_VALID = 0xff

function bits<V>(b: RoutineBuilder<V>, value: V, mask: number): V {
  return b.and(value, b.constant(mask))
}

const checkSse = defineRoutine('checkSse', 0, 0, (b): readonly [] => {
  const cr0 = b.special('cr0')
  const disabled = b.or(b.isZero(bits(b, b.special('cr4'), CR4_OSFXSR)), b.ne(bits(b, cr0, CR0_EM), b.constant(0)))
  b.raiseIf(disabled, Vector.UD)
  b.raiseIf(bits(b, cr0, CR0_TS), Vector.NM)
  return []
})

const checkMmx = defineRoutine('checkMmx', 0, 0, (b): readonly [] => {
  const cr0 = b.special('cr0')
  b.raiseIf(bits(b, cr0, CR0_EM), Vector.UD)
  b.raiseIf(bits(b, cr0, CR0_TS), Vector.NM)
  b.raiseIf(bits(b, b.special('fsw'), FSW_ES), Vector.MF)
  return []
})

const makeStateMmx = defineRoutine('makeStateMmx', 0, 0, (b): readonly [] => {
  b.setSpecial('fsw', bits(b, b.special('fsw'), 0xffff & ~FSW_TOP))
  b.setSpecial('ftw', b.constant(ALL_VALID))
  return []
})

/** SSE: #UD without OSFXSR or with EM, #NM with TS. */
export function requireSse<V>(b: Builder<V>): void {
  b.routine(checkSse)
}

/** MMX: #UD with EM, #NM with TS, #MF where an x87 exception waits. */
export function requireMmx<V>(b: Builder<V>): void {
  b.routine(checkMmx)
}

/** Every MMX instruction but EMMS: TOP is 0 and no register is empty (SDM vol. 1, 9.6.2). */
export function enterMmx<V>(b: Builder<V>): void {
  b.routine(makeStateMmx)
}

/** Semantics of an instruction of SSE registers. */
export function sse(semantics: Semantics): Semantics {
  return (b, ...operands) => {
    requireSse(b)
    semantics(b, ...operands)
  }
}

/** Semantics of an instruction of MMX registers. The state becomes MMX's once nothing can fault any more. */
export function mmx(semantics: Semantics): Semantics {
  return (b, ...operands) => {
    requireMmx(b)
    semantics(b, ...operands)
    enterMmx(b)
  }
}
