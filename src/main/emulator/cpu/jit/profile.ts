/** What is known of an instruction form before code is emitted for it: found by translating one into nothing. */
import { ByteWriter } from '../../wasm/byte-writer'
import { FunctionBuilder } from '../../wasm/function-builder'
import type { CodeMode, Decoded } from '../decode/decoded'
import type { Flag, Size } from '../semantics/builder'
import type { AnyRoutine } from '../semantics/routines'
import type { Row } from '../isa/row'
import { BlockBuilder, Untranslatable, type Transfer } from './builder'
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

const profiles = new Map<Row, Map<string, Profile>>()
const scratch = new ByteWriter()

export function profileOf(decoded: Decoded, codeMode: CodeMode): Profile {
  const key = keyOf(decoded, codeMode)
  let ofRow = profiles.get(decoded.row)
  if (ofRow === undefined) profiles.set(decoded.row, (ofRow = new Map<string, Profile>()))
  let profile = ofRow.get(key)
  if (profile === undefined) ofRow.set(key, (profile = examine(decoded, codeMode)))
  return profile
}

function keyOf({ row, operandSize, isMemory, repeat }: Decoded, codeMode: CodeMode): string {
  const size: Size = operandSize
  return `${size} ${codeMode} ${isMemory ? 'm' : 'r'} ${row.repeat === undefined ? '' : repeat}`
}

function examine(decoded: Decoded, codeMode: CodeMode): Profile {
  const routines = new Set<AnyRoutine>()
  const frame = new Frame(new FunctionBuilder([], scratch), 0)
  const b = new BlockBuilder(frame, codeMode, {
    settle: 0,
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
