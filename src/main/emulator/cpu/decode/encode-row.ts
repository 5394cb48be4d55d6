/** Bytes that should decode as a given row, with what the row leaves open chosen at random: for tests, fuzzing, and rehearsals of the translator. */
import { hasModRm, hasOpcodeRegister, rowOperand, type Place } from '../isa/operands'
import type { Row } from '../isa/row'
import type { Random } from '../semantics/random'
import type { CodeMode } from './decoded'

const ADDRESS_SIZE = 0x67
/** ModRM.rm before a SIB byte. */
const SIB_FOLLOWS = 4
const MAP_BYTES: Readonly<Record<Row['map'], readonly number[]>> = { '': [], '0f': [0x0f], '0f38': [0x0f, 0x38], '0f3a': [0x0f, 0x3a] }
const VEX_MAPS: Readonly<Record<Row['map'], number>> = { '': 0, '0f': 1, '0f38': 2, '0f3a': 3 }
const PREFIX_BYTES: Readonly<Record<NonNullable<Row['prefix']>, readonly number[]>> = { none: [], 'no-repeat': [], '66': [0x66], f2: [0xf2], f3: [0xf3] }
const VEX_PP: Readonly<Record<NonNullable<Row['prefix']>, number>> = { none: 0, 'no-repeat': 0, '66': 1, f3: 2, f2: 3 }

/** From the first prefix that it needs to the ModRM byte; SIB, displacement and immediates may be any bytes. */
export function encodeRow(row: Row, mode: CodeMode, random: Random): number[] {
  const bytes = row.vex === undefined ? legacyStart(row, mode, random) : vexStart(row, mode, random)
  // 16-bit addresses have no SIB byte.
  if (mode === 16 && hasPlace(row, 'vsib')) bytes.unshift(ADDRESS_SIZE)
  bytes.push(row.opcode + (hasOpcodeRegister(row) ? random.below(8) : 0))
  if (hasModRm(row)) bytes.push((modOf(row, random) << 6) | ((row.reg ?? random.below(8)) << 3) | (row.rm ?? (hasPlace(row, 'vsib') ? SIB_FOLLOWS : random.below(8))))
  return bytes
}

function legacyStart(row: Row, mode: CodeMode, random: Random): number[] {
  const bytes = [...PREFIX_BYTES[row.prefix ?? 'none']]
  if (mode === 64 && random.chance(2)) bytes.push(0x40 | (random.below(16) & (row.noRexB === true ? 14 : 15)))
  bytes.push(...MAP_BYTES[row.map])
  return bytes
}

function vexStart(row: Row, mode: CodeMode, random: Random): number[] {
  const usesVvvv = hasPlace(row, 'vvvv')
  const vvvv = usesVvvv ? random.below(16) : 15
  const l = row.vex?.l ?? random.below(2)
  const w = row.vex?.w ?? random.below(2)
  const low = (vvvv << 3) | (l << 2) | VEX_PP[row.prefix ?? 'none']
  const first = mode === 64 ? random.below(8) : 7
  if (row.map === '0f' && w === 0 && random.chance(2)) return [0xc5, (mode === 64 ? random.below(2) << 7 : 0x80 | (low & 0x40) | 0x40) | low]
  return [0xc4, (first << 5) | VEX_MAPS[row.map], (w << 7) | low]
}

function hasPlace(row: Row, place: Place): boolean {
  return row.operands.some((spec) => rowOperand(spec).place === place)
}

function modOf(row: Row, random: Random): number {
  if (row.form === 'register' || row.rm !== undefined) return 3
  const memory = row.form === 'memory' || hasPlace(row, 'memory') || hasPlace(row, 'vsib')
  return memory ? random.below(3) : random.below(4)
}
