/** What is known of an instruction form before code is emitted for it: found by translating one into nothing. */
import { ByteWriter } from '../../wasm/byte-writer'
import { FunctionBuilder } from '../../wasm/function-builder'
import type { CodeMode, Decoded } from '../decode/decoded'
import type { Flag } from '../semantics/builder'
import type { AnyRoutine } from '../semantics/routines'
import type { Row } from '../isa/row'
import { BlockBuilder } from './builder'
import type { Transfer } from './builder-control'
import { Untranslatable } from './builder-state'
import { Frame } from './frame'
import { emitInstruction } from './instruction'

export interface Profile {
  /** Why there is no translation; undefined: there is one. */
  readonly obstacle: string | undefined
  /** Some path leaves it to the interpreter. */
  readonly leaves: boolean
  readonly overwritesFlags: boolean
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

function keyOf({ row, operandSize, isMemory, repeat }: Decoded, codeMode: CodeMode): number {
  return ((SIZES[operandSize] * 3 + MODES[codeMode]) * 3 + (row.repeat === undefined ? 0 : REPEATS[repeat])) * 2 + (isMemory ? 1 : 0)
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
  try {
    b.begin(decoded, 0, 0, false)
    emitInstruction(b)
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error
    return { obstacle: error.message, leaves: true, overwritesFlags: false, transfer: 'next', routines: [] }
  }
  return { obstacle: undefined, leaves: b.leaves, overwritesFlags: b.overwritesFlags, transfer: b.transfer.kind, routines: [...routines] }
}

const NO_FLAGS: readonly Flag[] = []

/** Whether the instruction looks at arithmetic flags, or keeps some of those before it. */
export function readsFlags({ row }: Decoded): boolean {
  return (row.flags?.reads ?? NO_FLAGS).length > 0
}
