/** The x87 register stack, status word and what instructions share (SDM vol. 1, 8.1, 8.5–8.7). */
import type { RoutineBuilder } from '../semantics/builder'
import { Vector } from '../faults'
import { defineRoutine } from '../semantics/routines'
import {
  any, C0, C1, C2, C3, DE, DEFAULT_NAN_80, DEFAULT_NAN_SIGNIFICAND, ERROR_SUMMARY, EXCEPTIONS, IE, no, SF, TOP_SHIFT, when, ZE,
} from './bits'

const CR0_EM = 1 << 2
const CR0_TS = 1 << 3
const TOP_MASK = 7 << TOP_SHIFT
const ALL_STATUS = 0xffff
/** Exceptions that, unmasked, leave the destination as it was. */
const BEFORE_RESULT = IE | DE | ZE

/** () → (): #NM where the unit is not the task's, or not there. */
export const requireX87 = defineRoutine('requireX87', 0, 0, (b) => {
  b.raiseIf(any(b, b.special('cr0'), CR0_EM | CR0_TS), Vector.NM)
  return [] as const
})

/** () → (): before every waiting instruction: #NM, and #MF for an unmasked exception that waits. */
export const beginX87 = defineRoutine('beginX87', 0, 0, (b) => {
  b.routine(requireX87)
  b.raiseIf(any(b, b.special('fsw'), ERROR_SUMMARY & 0xff), Vector.MF)
  return [] as const
})

function topOf<V>(b: RoutineBuilder<V>, fsw: V): V {
  return b.and(b.shrU(fsw, b.constant(TOP_SHIFT)), b.constant(7))
}

/** Physical number of ST(i). */
export function physical<V>(b: RoutineBuilder<V>, i: V): V {
  return b.and(b.add(topOf(b, b.special('fsw')), i), b.constant(7))
}

function tagBit<V>(b: RoutineBuilder<V>, register: V): V {
  return b.shl(b.constant(1), register)
}

/** (i) → (sign and exponent, significand, empty) of ST(i). */
export const readStack = defineRoutine('readStack', 1, 3, (b, [i]) => {
  const register = physical(b, i)
  const empty = b.isZero(b.and(b.special('ftw'), tagBit(b, register)))
  return [b.x87Exponent(register), b.x87Significand(register), empty] as const
})

/** (flags, condition codes, mask of codes that change) → (unmasked flags): what an instruction says about itself goes into the status word. C1 is always written. */
export const setStatus = defineRoutine('setStatus', 3, 1, (b, [flags, codes, mask]) => {
  const unmasked = b.and(b.and(flags, b.constant(EXCEPTIONS)), b.not(b.special('fcw')))
  const kept = b.and(b.special('fsw'), b.not(b.or(mask, b.constant(C1))))
  const sticky = b.or(b.and(flags, b.constant(EXCEPTIONS | SF | C1)), codes)
  b.setSpecial('fsw', b.or(b.or(kept, sticky), when(b, b.ne(unmasked, b.constant(0)), ERROR_SUMMARY)))
  return [unmasked] as const
})

/** (registers) → (): removes registers from the top of the stack. */
export const popStack = defineRoutine('popStack', 1, 0, (b, [count]) => {
  const top = physical(b, b.constant(0))
  const next = physical(b, b.constant(1))
  const first = when(b, b.ne(count, b.constant(0)), tagBit(b, top))
  const second = when(b, b.eq(count, b.constant(2)), tagBit(b, next))
  b.setSpecial('ftw', b.and(b.special('ftw'), b.not(b.or(first, second))))
  moveTop(b, count)
  return [] as const
})

/** TOP += delta. */
export function moveTop<V>(b: RoutineBuilder<V>, delta: V): void {
  const fsw = b.special('fsw')
  const top = b.and(b.add(topOf(b, fsw), delta), b.constant(7))
  b.setSpecial('fsw', b.or(b.and(fsw, b.constant(ALL_STATUS & ~TOP_MASK)), b.shl(top, b.constant(TOP_SHIFT))))
}

/** ST(i) = value, not empty. */
export function writeStack<V>(b: RoutineBuilder<V>, i: V, se: V, significand: V): void {
  const register = physical(b, i)
  b.setX87(register, se, significand)
  b.setSpecial('ftw', b.or(b.special('ftw'), tagBit(b, register)))
}

/** (i, sign and exponent, significand, flags, registers to pop) → (): the end of an instruction with a result in ST(i). */
export const finishX87 = defineRoutine('finishX87', 5, 0, (b, [i, se, significand, flags, pops]) => {
  const [unmasked] = b.routine(setStatus, flags, b.constant(0), b.constant(0))
  b.if(no(b, any(b, unmasked, BEFORE_RESULT)), () => {
    writeStack(b, i, se, significand)
    b.routine(popStack, pops)
  })
  return [] as const
})

/** (flags, registers to pop) → (): the end of a store or comparison, whose unmasked exceptions of `stops` keep the stack. */
export const finishWithoutResult = defineRoutine('finishWithoutResult', 5, 0, (b, [flags, codes, mask, stops, pops]) => {
  const [unmasked] = b.routine(setStatus, flags, codes, mask)
  b.if(b.isZero(b.and(unmasked, stops)), () => {
    b.routine(popStack, pops)
  })
  return [] as const
})

/** (sign and exponent, significand, flags) → (): pushes a value; onto a register in use, the default NaN. */
export const pushX87 = defineRoutine('pushX87', 3, 0, (b, [se, significand, flags]) => {
  const register = physical(b, b.constant(7))
  const full = b.ne(b.and(b.special('ftw'), tagBit(b, register)), b.constant(0))
  const all = b.select(full, b.constant(IE | SF | C1), flags)
  const [unmasked] = b.routine(setStatus, all, b.constant(0), b.constant(0))
  b.if(no(b, any(b, unmasked, BEFORE_RESULT)), () => {
    moveTop(b, b.constant(7))
    writeStack(b, b.constant(0), b.select(full, b.constant(DEFAULT_NAN_80), se), b.select(full, b.constant(DEFAULT_NAN_SIGNIFICAND), significand))
  })
  return [] as const
})

export const ALL_CODES = C0 | C1 | C2 | C3
