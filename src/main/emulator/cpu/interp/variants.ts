import type { Decoded } from '../decode/decoded'
import { integerRows, unitGroups } from '../isa'
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
const NO_REPEAT: readonly Repeat[] = ['none']
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

function variantsOf(rows: readonly Row[]): Variant[] {
  const found: Variant[] = []
  for (const row of rows) {
    const forms = formsOf(row)
    const repeats = row.repeat === undefined ? NO_REPEAT : REPEATS
    for (const operandSize of operandSizes(row)) {
      for (const form of forms) for (const repeat of repeats) found.push({ row, operandSize, isMemory: form === 'memory', repeat })
    }
  }
  return found
}

/** The handlers of some rows, which follow each other in the instruction table. */
export interface HandlerGroup {
  /** Number of the first handler; the others follow. */
  readonly first: number
  readonly variants: readonly Variant[]
  /** Index of the first row in `rows`. */
  readonly firstRow: number
  /** Handler numbers by `key` of row (counted from the first one), operand size, form and repeat prefix. */
  readonly numbers: Uint16Array
}

function groupOf(rows: readonly Row[], firstRow: number, variants: readonly Variant[], numberOf: (index: number) => number): HandlerGroup {
  const numbers = new Uint16Array(rows.length * KEYS_PER_ROW).fill(NONE)
  const places = new Map(rows.map((row, place) => [row, place]))
  for (const [index, variant] of variants.entries()) {
    const { row, operandSize, isMemory, repeat } = variant
    numbers[key(places.get(row) ?? 0, operandSize, isMemory, repeat)] = numberOf(index)
  }
  return { first: numberOf(0), variants, firstRow, numbers }
}

const integerVariants = variantsOf(integerRows)

/** The handlers that stand in the main loop. */
export const hotVariants: readonly Variant[] = integerVariants.filter(isHot)

/** The handlers of the main module that are functions of their own, called through the table. */
export const coldVariants: readonly Variant[] = integerVariants.filter((variant) => !isHot(variant))

/** The handler of a place where translated code goes on; its number lies between those of hot and cold handlers. */
export const REGION_HANDLER = hotVariants.length

/** The handler of an instruction that crosses a page: looks whether the second page is what it was, then its own handler follows. */
export const CROSSING_HANDLER = REGION_HANDLER + 1

/** Number of the first handler that is called through the table; it is entry 0. */
export const FIRST_COLD = CROSSING_HANDLER + 1

const integerGroup = groupOf(integerRows, 0, [...hotVariants, ...coldVariants], (index) => (index < hotVariants.length ? index : index - hotVariants.length + FIRST_COLD))

/** Groups of the floating-point and vector units, each numbered when an instruction of it is first met, as its module is made then. */
const unitHandlers: (HandlerGroup | undefined)[] = unitGroups.map(() => undefined)
let handlers = FIRST_COLD + coldVariants.length

/** The handlers of one of `unitGroups`. */
export function unitGroup(index: number): HandlerGroup {
  let group = unitHandlers[index]
  if (group === undefined) {
    const rows = unitGroups[index] ?? []
    const firstRow = unitGroups.slice(0, index).reduce((sum, before) => sum + before.length, integerRows.length)
    const first = handlers
    group = groupOf(rows, firstRow, variantsOf(rows), (place) => first + place)
    handlers += group.variants.length
    unitHandlers[index] = group
  }
  return group
}

/** Index in `unitGroups` by row number. */
const unitOfRow = Uint8Array.from(unitGroups.flatMap((group, index) => group.map(() => index)))

/** The group of a decoded instruction's handler; undefined: the main module has it. */
export function unitGroupOf({ rowNumber }: Decoded): HandlerGroup | undefined {
  const unit = unitOfRow[rowNumber - integerRows.length]
  return unit === undefined ? undefined : unitGroup(unit)
}

/** The handler of a decoded instruction: in the main loop, or in the table behind those. */
export function handlerNumber(decoded: Decoded): number {
  const { row, rowNumber, operandSize, isMemory } = decoded
  const { numbers, firstRow } = unitGroupOf(decoded) ?? integerGroup
  const number = numbers[key(rowNumber - firstRow, operandSize, isMemory, row.repeat === undefined ? 'none' : decoded.repeat)]
  if (number === undefined || number === NONE) {
    throw new Error(`The interpreter has no handler for ${row.name} (opcode ${row.map} ${row.opcode.toString(16)}, ${operandSize} bits, ${isMemory ? 'memory' : 'register'}).`)
  }
  return number
}
