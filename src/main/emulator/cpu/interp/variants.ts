import type { Decoded } from '../decode/decoded'
import { rows, unitGroups } from '../isa'
import { formsOf, operandSizes } from '../isa/operands'
import type { Row } from '../isa/row'
import type { Size } from '../semantics/builder'
import type { Repeat } from '../semantics/run-row'

/** One handler of the interpreter: a row at one operand size, with a register or a memory operand, under one repeat prefix. */
export interface Variant {
  readonly row: Row
  readonly operandSize: Size
  readonly isMemory: boolean
  readonly repeat: Repeat
}

const SIZES: readonly Size[] = [8, 16, 32, 64]
const REPEATS: readonly Repeat[] = ['none', 'f2', 'f3']
const FORMS = 2
const KEYS_PER_ROW = SIZES.length * FORMS * REPEATS.length
const NONE = 0xffff

function key(rowNumber: number, operandSize: Size, isMemory: boolean, repeat: Repeat): number {
  return ((rowNumber * SIZES.length + SIZES.indexOf(operandSize)) * FORMS + (isMemory ? 1 : 0)) * REPEATS.length + REPEATS.indexOf(repeat)
}

/**
 * What compiled 32- and 64-bit code consists of for the most part. The loop should stay small enough for the baseline
 * compiler, in whose code every machine starts: a rare form costs more there than it gains.
 */
const HOT_NAMES: ReadonlySet<string> = new Set([
  'add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp', 'test', 'inc', 'dec', 'not', 'neg', 'mov', 'movzx', 'movsx', 'movsxd', 'lea', 'push', 'pop', 'call', 'ret', 'jmp',
  'shl', 'shr', 'sar', 'rol', 'imul', 'nop',
])
const HOT_BYTE_NAMES: ReadonlySet<string> = new Set(['mov', 'cmp', 'test'])
/** Of these only the register form. */
const HOT_REGISTER_NAMES: ReadonlySet<string> = new Set(['adc', 'sbb', 'not', 'neg', 'shl', 'shr', 'sar', 'rol', 'pop', 'nop'])
/** Operands of hot rows that compilers do not use much. */
const COLD_OPERANDS: ReadonlySet<string> = new Set(['Sw:r', 'Sw:w', 'Mp:r', 'Ap:r', 'cl:r', '1:r', 'Ob:r', 'Ob:w'])

function isHot({ row, operandSize, isMemory, repeat }: Variant): boolean {
  if (operandSize === 16 || repeat !== 'none' || row.operands.some((spec) => COLD_OPERANDS.has(spec))) return false
  if (operandSize === 8 && !HOT_BYTE_NAMES.has(row.name)) return false
  if (isMemory && HOT_REGISTER_NAMES.has(row.name)) return false
  const conditionalJump = row.setsRip === true && row.flags?.reads !== undefined && row.operands.some((spec) => spec.startsWith('J'))
  return HOT_NAMES.has(row.name) || conditionalJump
}

const all: readonly Variant[] = rows.flatMap((row) =>
  operandSizes(row).flatMap((operandSize) =>
    formsOf(row).flatMap((form) =>
      (row.repeat === undefined ? (['none'] as const) : REPEATS).map((repeat) => ({ row, operandSize, isMemory: form === 'memory', repeat })),
    ),
  ),
)

/** The handlers that stand in the main loop. */
export const hotVariants: readonly Variant[] = all.filter(isHot)

/** Handlers that are functions of a module of their own. */
export interface LateGroup {
  /** Number of the first one; the others follow. */
  readonly first: number
  readonly variants: readonly Variant[]
}

const groupOf = new Map(unitGroups.flatMap((group) => group.map((row) => [row, group] as const)))
const cold = all.filter((variant) => !isHot(variant))

/** The handlers that are functions of their own, called through the table. */
export const coldVariants: readonly Variant[] = cold.filter(({ row }) => !groupOf.has(row))

/** The same of the floating-point and vector units, by groups, whose modules are made when their first instruction is wanted. */
export const lateGroups: readonly LateGroup[] = lateGroupsFrom(hotVariants.length + coldVariants.length)

function lateGroupsFrom(start: number): LateGroup[] {
  const groups: LateGroup[] = []
  let first = start
  for (const group of unitGroups) {
    const own = cold.filter(({ row }) => groupOf.get(row) === group)
    groups.push({ first, variants: own })
    first += own.length
  }
  return groups
}

/** Handler numbers follow the order of this list. */
export const variants: readonly Variant[] = [...hotVariants, ...coldVariants, ...lateGroups.flatMap((group) => group.variants)]

const numbers = new Uint16Array(rows.length * KEYS_PER_ROW).fill(NONE)
const rowNumbers = new Map(rows.map((row, number) => [row, number]))
for (const [number, { row, operandSize, isMemory, repeat }] of variants.entries()) {
  numbers[key(rowNumbers.get(row) ?? 0, operandSize, isMemory, repeat)] = number
}

/** The handler of a decoded instruction: index into `variants`. */
export function handlerNumber(decoded: Decoded): number {
  const { row, rowNumber, operandSize, isMemory } = decoded
  const number = numbers[key(rowNumber, operandSize, isMemory, row.repeat === undefined ? 'none' : decoded.repeat)]
  if (number === undefined || number === NONE) {
    throw new Error(`The interpreter has no handler for ${row.name} (opcode ${row.map} ${row.opcode.toString(16)}, ${operandSize} bits, ${isMemory ? 'memory' : 'register'}).`)
  }
  return number
}
