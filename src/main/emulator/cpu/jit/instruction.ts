import { EFLAGS_DF } from '../isa/eflags'
import type { Row } from '../isa/row'
import { Reg } from '../semantics/builder'
import { emitBulk, lesser } from '../semantics/bulk-code'
import { runRow } from '../semantics/run-row'
import * as at from '../state/layout'
import type { BlockBuilder } from './builder'
import { Untranslatable } from './builder-state'
import { blockOperands } from './operands'

/** At the end of a slice, iterations are left to the interpreter: so many instructions behind the block may rely on there being time for them. */
export const RESERVED = 128

/** Emits the instruction that the builder began. Where it goes stands in the builder's `transfer`. */
export function emitInstruction(b: BlockBuilder): void {
  const { row, repeat } = b.decoded
  if (row.endsBlock === true) throw new Untranslatable('changes more than registers and memory')
  if (row.repeat === undefined || repeat === 'none') runRow(b, row, 'none', blockOperands(b), () => undefined)
  else if (row.bulk === undefined) throw new Untranslatable('repeats')
  else emitRepeated(b, row.bulk)
}

/** All iterations, page by page. Each counts as an instruction, and the block has counted one. What cannot be done at once is the interpreter's. */
function emitRepeated(b: BlockBuilder, bulk: NonNullable<Row['bulk']>): void {
  b.raiseIf(b.eflag(EFLAGS_DF), 0)
  const left = (): ReturnType<typeof b.reg> => b.addressReg(Reg.rcx)
  b.if(b.ne(left(), b.constant(0)), () => {
    b.while(() => b.ne(left(), b.constant(0)), () => {
      const spare = b.sub(b.sext(32, b.remaining()), b.constant(RESERVED))
      b.raiseIf(b.ltS(spare, b.constant(0)), 0)
      const done = emitBulk(b, b.bulk, bulk, () => b.code.i32(b.decoded.segment * at.SEGMENT_STRIDE), lesser(b, left(), b.add(spare, b.constant(1))))
      b.raiseIf(b.isZero(done), 0)
      b.spend(done)
    })
    b.spend(b.constant(-1))
  })
}
