import { UNITS } from '../isa/fpu-access'
import type { Row } from '../isa/row'
import { Reg, type Builder, type Operand } from './builder'

/** Which repeat prefix an instruction has; means something only to rows with `repeat`. */
export type Repeat = 'none' | 'f2' | 'f3'

const CONDITION_Z = 4
const CONDITION_NZ = 5

/**
 * One instruction: its row's semantics and what is around every one of them. A REP prefix executes one iteration and leaves RIP
 * where it is until the last, so that interrupts and slices can come between iterations.
 * @param advance commits the step to the next instruction
 */
export function runRow<V, X>(b: Builder<V, X>, row: Row, repeat: Repeat, operands: Operand<V, X>[], advance: () => void): void {
  if (row.protectedOnly === true) b.call('requireProtectedMode')
  if (row.repeat === undefined || repeat === 'none') {
    const unit = row.unit === undefined ? undefined : UNITS[row.unit]
    unit?.begin(b)
    row.semantics(b, ...operands)
    unit?.end?.(b)
    if (row.setsRip !== true) advance()
    return
  }
  b.if(b.isZero(b.addressReg(Reg.rcx)), advance, () => {
    row.semantics(b, ...operands)
    const left = b.and(b.sub(b.addressReg(Reg.rcx), b.constant(1)), b.addressMask())
    b.setAddressReg(Reg.rcx, left)
    const exhausted = b.isZero(left)
    const done = row.repeat === 'zf' ? b.or(exhausted, b.condition(repeat === 'f3' ? CONDITION_NZ : CONDITION_Z)) : exhausted
    b.if(done, advance)
  })
}
