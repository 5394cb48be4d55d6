/** What is known of an instruction form before code is emitted for it: found by translating one into nothing. */
import { ByteWriter } from '../../wasm/byte-writer'
import { FunctionBuilder } from '../../wasm/function-builder'
import type { CodeMode, Decoded } from '../decode/decoded'
import type { AnyRoutine } from '../semantics/routines'
import { rowOperand } from '../isa/operands'
import type { Row } from '../isa/row'
import { BlockBuilder } from './builder'
import type { Transfer } from './builder-control'
import { Untranslatable } from './builder-state'
import { Frame } from './frame'
import { emitInstruction } from './instruction'

export interface Profile {
  /** Why there is no translation; undefined: there is one. */
  readonly obstacle: string | undefined
  /** Some path leaves it to the interpreter, as far as the target of a relative branch is on the page. */
  readonly leaves: boolean
  readonly overwritesFlags: boolean
  /** What it does, but for the flags that it leaves, depends on flags. */
  readonly readsFlags: boolean
  readonly transfer: Transfer['kind']
  /** Routines that it calls as functions. */
  readonly routines: readonly AnyRoutine[]
}

/** By `keyOf`. */
const profiles = new Map<Row, (Profile | undefined)[]>()
const SIZES = { 8: 0, 16: 1, 32: 2, 64: 3 } as const
const MODES = { 16: 0, 32: 1, 64: 2 } as const
const REPEATS = { none: 0, f2: 1, f3: 2 } as const
const scratch = new ByteWriter()

export function profileOf(decoded: Decoded, codeMode: CodeMode): Profile {
  const key = keyOf(decoded, codeMode)
  let ofRow = profiles.get(decoded.row)
  if (ofRow === undefined) profiles.set(decoded.row, (ofRow = []))
  return (ofRow[key] ??= examine(decoded, codeMode))
}

function keyOf({ row, operandSize, isMemory, repeat, immediate }: Decoded, codeMode: CodeMode): number {
  // A shift by an immediate of 0 leaves all flags alone.
  const noCount = (immediate & (operandSize === 64 ? 63n : 31n)) === 0n
  return (((SIZES[operandSize] * 3 + MODES[codeMode]) * 3 + (row.repeat === undefined ? 0 : REPEATS[repeat])) * 2 + (isMemory ? 1 : 0)) * 2 + (noCount ? 1 : 0)
}

function examine(decoded: Decoded, codeMode: CodeMode): Profile {
  const routines = new Set<AnyRoutine>()
  const frame = new Frame(new FunctionBuilder([], scratch), 0)
  const b = new BlockBuilder(frame, codeMode, {
    settle: 0,
    bulk: () => ({ move: 0, fill: 0 }),
    routine: (routine) => {
      routines.add(routine)
      return 0
    },
  })
  const onPage = decoded.row.operands.some((operand) => rowOperand(operand).place === 'relative') ? { ...decoded, immediate: 0n } : decoded
  try {
    b.begin(onPage, 0, 0, false)
    emitInstruction(b)
    const { leaves, overwritesFlags, transfer } = b
    // What keeps some flags as they were reads them then: whether it does so for itself is seen where nobody wants them.
    if (b.readsFlags) {
      b.begin(onPage, 0, 0, true)
      emitInstruction(b)
    }
    return { obstacle: undefined, leaves, overwritesFlags, readsFlags: b.readsFlags, transfer: transfer.kind, routines: [...routines] }
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    return { obstacle: error.message, leaves: true, overwritesFlags: false, readsFlags: true, transfer: 'next', routines: [] }
  }
}
