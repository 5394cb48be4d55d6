import { runRow } from '../semantics/run-row'
import type { BlockBuilder } from './builder'
import { Untranslatable } from './builder-state'
import { blockOperands } from './operands'

/** Emits the instruction that the builder began. Where it goes stands in the builder's `transfer`. */
export function emitInstruction(b: BlockBuilder): void {
  const { row, repeat } = b.decoded
  if (row.repeat !== undefined && repeat !== 'none') throw new Untranslatable('repeats')
  if (row.endsBlock === true) throw new Untranslatable('changes more than registers and memory')
  runRow(b, row, 'none', blockOperands(b), () => undefined)
}
