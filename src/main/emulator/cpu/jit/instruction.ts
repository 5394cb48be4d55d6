import { EFLAGS_DF } from '../isa/eflags'
import type { Row } from '../isa/row'
import { Reg } from '../semantics/builder'
import { emitBulk, lesser } from '../semantics/bulk-code'
import { runRow } from '../semantics/run-row'
import * as at from '../state/layout'
import type { BlockBuilder } from './builder'
import { Untranslatable } from './builder-state'
import { blockOperands } from './operands'

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
      const budget = b.sext(32, b.remaining())
      const done = emitBulk(b, b.bulk, bulk, () => b.code.i32(b.decoded.segment * at.SEGMENT_STRIDE), lesser(b, left(), b.add(budget, b.constant(1))))
      b.raiseIf(b.isZero(done), 0)
      b.spend(done)
    })
    b.spend(b.constant(-1))
  })
}
