/**
 * What comes before every instruction of the floating-point and vector units: is the unit there for the program, does it belong to the
 * running task (Intel SDM vol. 3A, 2.5; tables 13-1 and 12-1).
 */
import { Vector } from '../faults'
import type { Builder, RoutineBuilder } from '../semantics/builder'
import { defineRoutine } from '../semantics/routines'
import type { Unit } from './row'

const CR0_PE = 1 << 0
const CR0_EM = 1 << 2
const CR0_TS = 1 << 3
const CR4_OSFXSR = 1 << 9
const CR4_OSXSAVE = 1 << 18
const VM = 1 << 17
const XCR0_SSE_AVX = 6
/** Summary of unmasked pending exceptions. */
const FSW_ES = 1 << 7
const FSW_TOP = 7 << 11
const ALL_VALID = 0xff

function bits<V>(b: RoutineBuilder<V>, value: V, mask: number): V {
  return b.and(value, b.constant(mask))
}

/** What they look at changes only by instructions that are system helpers. */
export const checkSse = defineRoutine('checkSse', 0, 0, (b): readonly [] => {
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

/** #UD where there is no AVX: XCR0 says that the system saves XMM and YMM registers (SDM vol. 2A, 2.4). */
export const checkAvx = defineRoutine('checkAvx', 0, 0, (b): readonly [] => {
  const cr0 = b.special('cr0')
  const real = b.or(b.isZero(bits(b, cr0, CR0_PE)), b.ne(bits(b, b.special('eflags'), VM), b.constant(0)))
  const unsaved = b.or(b.isZero(bits(b, b.special('cr4'), CR4_OSXSAVE)), b.ne(bits(b, b.special('xcr0'), XCR0_SSE_AVX), b.constant(XCR0_SSE_AVX)))
  b.raiseIf(b.or(real, unsaved), Vector.UD)
  b.raiseIf(bits(b, cr0, CR0_TS), Vector.NM)
  return []
})

const makeStateMmx = defineRoutine('makeStateMmx', 0, 0, (b): readonly [] => {
  b.setSpecial('fsw', bits(b, b.special('fsw'), 0xffff & ~FSW_TOP))
  b.setSpecial('ftw', b.constant(ALL_VALID))
  return []
})

/** MMX: #UD with EM, #NM with TS, #MF where an x87 exception waits. */
export function requireMmx<V>(b: Builder<V>): void {
  b.routine(checkMmx)
}

/** Every MMX instruction but EMMS: TOP is 0 and no register is empty (SDM vol. 1, 9.6.2). */
export function enterMmx<V>(b: Builder<V>): void {
  b.routine(makeStateMmx)
}

/** What comes before, and after, the semantics of a unit's instructions. */
export interface UnitAccess {
  begin<V>(b: Builder<V>): void
  end?<V>(b: Builder<V>): void
}

export const UNITS: Readonly<Record<Unit, UnitAccess>> = {
  sse: { begin: (b) => b.routine(checkSse) },
  avx: { begin: (b) => b.routine(checkAvx) },
  // The state becomes MMX's once nothing can fault any more.
  mmx: { begin: requireMmx, end: enterMmx },
}
