/** Control, status and tag words as instructions load and store them (SDM vol. 1, 8.1.3–8.1.10). */
import type { RoutineBuilder } from '../semantics/builder'
import { defineRoutine } from '../semantics/routines'
import { ERROR_SUMMARY, EXCEPTIONS, no, SPECIAL_80, TOP_BIT, any, when } from './bits'

/** Control word: the bits that exist; bit 6 is always one. */
const FCW_BITS = 0x1f3f
const FCW_ONES = 0x40
export const FCW_RESET = 0x37f
const Tag = { valid: 0, zero: 1, special: 2, empty: 3 } as const
const REGISTERS = 8

/** (FCW, FSW) → (): loads both; error summary and busy follow from them. */
export const loadControlAndStatus = defineRoutine('loadControlAndStatus', 2, 0, (b, [fcw, fsw]) => {
  const control = b.or(b.and(fcw, b.constant(FCW_BITS)), b.constant(FCW_ONES))
  const unmasked = b.and(b.and(fsw, b.not(control)), b.constant(EXCEPTIONS))
  b.setSpecial('fcw', control)
  b.setSpecial('fsw', b.or(b.and(fsw, b.constant(0xffff & ~ERROR_SUMMARY)), when(b, b.ne(unmasked, b.constant(0)), ERROR_SUMMARY)))
  return [] as const
})

/** () → (tag word with two bits for each register). */
export const fullTagWord = defineRoutine('fullTagWord', 0, 1, (b) => {
  const tags = b.variable(b.constant(0))
  const register = b.variable(b.constant(REGISTERS))
  b.while(() => b.ne(register.get(), b.constant(0)), () => {
    register.set(b.sub(register.get(), b.constant(1)))
    const number = register.get()
    const exponent = b.and(b.x87Exponent(number), b.constant(SPECIAL_80))
    const significand = b.x87Significand(number)
    const zero = b.and(b.isZero(exponent), b.isZero(significand))
    const ordinary = b.and(b.and(b.ne(exponent, b.constant(0)), b.ne(exponent, b.constant(SPECIAL_80))), any(b, significand, TOP_BIT))
    const filled = b.select(zero, b.constant(Tag.zero), b.select(ordinary, b.constant(Tag.valid), b.constant(Tag.special)))
    const empty = b.isZero(b.and(b.shrU(b.special('ftw'), number), b.constant(1)))
    tags.set(b.or(b.shl(tags.get(), b.constant(2)), b.select(empty, b.constant(Tag.empty), filled)))
  })
  return [tags.get()] as const
})

/** (tag word with two bits for each register) → (): only whether a register is empty is kept. */
export const loadFullTagWord = defineRoutine('loadFullTagWord', 1, 0, (b, [tags]) => {
  const valid = b.variable(b.constant(0))
  const register = b.variable(b.constant(REGISTERS))
  b.while(() => b.ne(register.get(), b.constant(0)), () => {
    register.set(b.sub(register.get(), b.constant(1)))
    const tag = b.and(b.shrU(tags, b.shl(register.get(), b.constant(1))), b.constant(3))
    valid.set(b.or(b.shl(valid.get(), b.constant(1)), no(b, b.eq(tag, b.constant(Tag.empty)))))
  })
  b.setSpecial('ftw', valid.get())
  return [] as const
})

/** FNINIT. */
export function initializeX87<V>(b: RoutineBuilder<V>): void {
  b.setSpecial('fcw', b.constant(FCW_RESET))
  for (const register of ['fsw', 'ftw', 'fop', 'fip', 'fdp', 'fpuSelectors'] as const) b.setSpecial(register, b.constant(0))
}
