/** The rows, arranged for decoding: one entry per opcode, which selects a row by ModRM, prefixes and mode. */
import { rows } from '../isa'
import type { Place, RowOperand } from '../isa/operands'
import { hasModRm, hasOpcodeRegister, operandSizes, rowOperand } from '../isa/operands'
import type { Feature, OpcodeMap, Row } from '../isa/row'

export interface CompiledRow {
  readonly row: Row
  /** Index in `rows`. */
  readonly number: number
  /** 8 or 32 where the operand size is fixed, 0 where prefixes and mode choose it. */
  readonly fixedSize: 0 | 8 | 32
  /** What the slots of ModRM.reg and ModRM.rm (or the opcode's register) hold. */
  readonly reg: RowOperand | undefined
  readonly rm: RowOperand | undefined
  /** Operands whose bytes follow the ModRM part, in order. */
  readonly trailing: readonly RowOperand[]
  /** An operand is named by VEX.vvvv. */
  readonly usesVvvv: boolean
  /** Control and debug register moves take ModRM.rm as a register whatever mod says. */
  readonly ignoresMod: boolean
}

/** The prefixes that can select a row; `repeat`: 0 none, 1 F3, 2 F2. */
export interface Selection {
  readonly mode64: boolean
  readonly rexB: boolean
  readonly operandPrefix: boolean
  readonly repeat: number
  /** VEX.L and VEX.W; false without VEX. */
  readonly vexL: boolean
  readonly vexW: boolean
}

const REG_PLACES: ReadonlySet<Place> = new Set<Place>(['reg', 'segment', 'control', 'debug'])
const RM_PLACES: ReadonlySet<Place> = new Set<Place>(['rm', 'memory', 'register', 'opcode', 'vsib', 'x87'])
const TRAILING_PLACES: ReadonlySet<Place> = new Set<Place>(['immediate', 'is4', 'relative', 'far', 'offset'])

function compile(row: Row, number: number): CompiledRow {
  const operands = row.operands.map(rowOperand)
  const sizes = operandSizes(row)
  const at = (places: ReadonlySet<Place>): RowOperand | undefined => operands.find((operand) => places.has(operand.place))
  return {
    row,
    number,
    fixedSize: sizes.length > 1 ? 0 : sizes[0] === 8 ? 8 : 32,
    reg: at(REG_PLACES),
    rm: at(RM_PLACES),
    trailing: operands.filter((operand) => TRAILING_PLACES.has(operand.place)),
    usesVvvv: operands.some(({ place }) => place === 'vvvv'),
    ignoresMod: operands.some(({ place }) => place === 'control' || place === 'debug'),
  }
}

const UNKNOWN = -2
const NONE = -1
/** Combinations of prefixes and mode: 7 bits, see `select`. */
const KEYS = 128

/** All rows of one opcode. */
export class OpcodeEntry {
  readonly hasModRm: boolean
  readonly #candidates: readonly CompiledRow[]
  /** Selected candidate by (ModRM, prefixes, mode), filled as they occur. */
  #selected: Int16Array | undefined

  constructor(candidates: readonly CompiledRow[]) {
    this.hasModRm = candidates.some(({ row }) => hasModRm(row))
    this.#candidates = candidates.toSorted((a, b) => specificity(b.row) - specificity(a.row))
  }

  /** The row, or undefined: no such instruction. `modRm` is 0 where the opcode has none. */
  select(selection: Selection, modRm: number): CompiledRow | undefined {
    const selected = (this.#selected ??= new Int16Array(this.hasModRm ? KEYS * 256 : KEYS).fill(UNKNOWN))
    const prefixes = (selection.repeat << 5) | (selection.operandPrefix ? 16 : 0)
    const key = (modRm << 7) | prefixes | (selection.vexW ? 8 : 0) | (selection.vexL ? 4 : 0) | (selection.rexB ? 2 : 0) | (selection.mode64 ? 1 : 0)
    let index = selected[key] ?? UNKNOWN
    if (index === UNKNOWN) {
      index = this.#candidates.findIndex((candidate) => matches(candidate, selection, modRm))
      selected[key] = index
    }
    return index === NONE ? undefined : this.#candidates[index]
  }
}

/** A row that asks for more goes before one that asks for less. */
function specificity(row: Row): number {
  return (row.rm === undefined ? 0 : 8) + (row.prefix === undefined ? 0 : 4) + (row.noRexB === true ? 2 : 0) + (row.reg === undefined ? 0 : 2) + (row.form === undefined ? 0 : 1)
}

const PREFIX_MATCHES: Readonly<Record<NonNullable<Row['prefix']>, (selection: Selection) => boolean>> = {
  none: ({ operandPrefix, repeat }) => !operandPrefix && repeat === 0,
  'no-repeat': ({ repeat }) => repeat === 0,
  '66': ({ operandPrefix, repeat }) => operandPrefix && repeat === 0,
  f3: ({ repeat }) => repeat === 1,
  f2: ({ repeat }) => repeat === 2,
}

function matches(compiled: CompiledRow, selection: Selection, modRm: number): boolean {
  const { row, rm } = compiled
  if (row.modes !== undefined && (row.modes === 'only64') !== selection.mode64) return false
  if (row.vex?.l !== undefined && (row.vex.l === 1) !== selection.vexL) return false
  if (row.vex?.w !== undefined && (row.vex.w === 1) !== selection.vexW) return false
  if (row.noRexB === true && selection.rexB) return false
  if (row.prefix !== undefined && !PREFIX_MATCHES[row.prefix](selection)) return false
  if (row.reg !== undefined && row.reg !== ((modRm >> 3) & 7)) return false
  const isRegister = modRm >> 6 === 3
  if (row.rm !== undefined && (!isRegister || row.rm !== (modRm & 7))) return false
  if (compiled.ignoresMod) return true
  if (row.form !== undefined && (row.form === 'register') !== isRegister) return false
  if (rm?.place === 'memory' || rm?.place === 'vsib') return !isRegister
  return rm?.place !== 'register' || isRegister
}

/** One map of opcodes. Entries are made when their opcode is first met. */
export class OpcodeTable {
  /** Indices in `rows`, by opcode. */
  readonly #rows: readonly (readonly number[])[]
  readonly #entries: (OpcodeEntry | undefined)[] = []

  constructor(rowsByOpcode: readonly (readonly number[])[]) {
    this.#rows = rowsByOpcode
  }

  /** What begins with an opcode; undefined: nothing. */
  entry(opcode: number): OpcodeEntry | undefined {
    let entry = this.#entries[opcode]
    const candidates = this.#rows[opcode] ?? []
    if (entry === undefined && candidates.length > 0) {
      entry = new OpcodeEntry(candidates.map(compiledRow))
      this.#entries[opcode] = entry
    }
    return entry
  }
}

/** The instructions of one processor. */
export interface Opcodes {
  readonly legacy: Readonly<Record<OpcodeMap, OpcodeTable>>
  /** Behind a VEX prefix, by VEX.mmmmm (1: 0F, 2: 0F 38, 3: 0F 3A). */
  readonly vex: readonly (OpcodeTable | undefined)[]
  /** Prefixes 66, 67, 64 and 65 exist (80386). */
  readonly has32Bit: boolean
}

const compiledRows: (CompiledRow | undefined)[] = []

function compiledRow(number: number): CompiledRow {
  let found = compiledRows[number]
  if (found === undefined) {
    const row = rows[number]
    if (row === undefined) throw new Error(`There is no row ${number}.`)
    found = compile(row, number)
    compiledRows[number] = found
  }
  return found
}

const MAPS: readonly OpcodeMap[] = ['', '0f', '0f38', '0f3a']

/** @param has which features the processor has; rows without a feature are in every one */
export function opcodesWith(has: (feature: Feature) => boolean, has32Bit: boolean): Opcodes {
  const byOpcode = (): number[][] => Array.from({ length: 256 }, () => [])
  const [legacy, vex] = [MAPS.map(byOpcode), MAPS.map(byOpcode)]
  for (const [number, row] of rows.entries()) {
    if (row.feature !== undefined && !has(row.feature)) continue
    const opcodes = (row.vex === undefined ? legacy : vex)[MAPS.indexOf(row.map)]
    const count = row.vex === undefined && hasOpcodeRegister(row) ? 8 : 1
    for (let opcode = row.opcode; opcode < row.opcode + count; opcode++) opcodes?.[opcode]?.push(number)
  }
  const [oneByte, twoBytes, map38, map3a] = legacy.map((opcodes) => new OpcodeTable(opcodes))
  if (oneByte === undefined || twoBytes === undefined || map38 === undefined || map3a === undefined) throw new Error('There are four opcode maps.')
  return {
    legacy: { '': oneByte, '0f': twoBytes, '0f38': map38, '0f3a': map3a },
    // There is no VEX form of the one-byte map.
    vex: vex.map((opcodes, map) => (map === 0 ? undefined : new OpcodeTable(opcodes))),
    has32Bit,
  }
}

export const ALL_OPCODES = opcodesWith(() => true, true)
