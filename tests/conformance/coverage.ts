/** What judges each row of the instruction table: kept vectors by code mode, or a unit test that is named. */
import { join } from 'node:path'
import { decode } from '../../src/main/emulator/cpu/decode/decode'
import { rows } from '../../src/main/emulator/cpu/isa'
import type { Row } from '../../src/main/emulator/cpu/isa/row'
import { locate } from '../../src/main/services/locations'
import { bytes, readSingleStepFile, type Mode } from './single-step/format'
import { findVectors } from './suite'
import { UNIT_TESTED } from './unit-tested'

export const KEPT_VECTORS = join(locate().root, 'tests/conformance/vectors')
export const MODES: readonly Mode[] = [16, 32, 64]

export interface RowCoverage {
  readonly row: Row
  /** Vectors whose instruction is this row, by mode. */
  readonly vectors: Readonly<Record<Mode, number>>
  /** Test file in which the row's mnemonic is judged by itself. */
  readonly unitTest: string | undefined
}

/**
 * @param folders of single-step vectors
 * @throws when a folder does not exist
 */
export function coverage(folders: readonly string[]): RowCoverage[] {
  const counts = rows.map((): Record<Mode, number> => ({ 16: 0, 32: 0, 64: 0 }))
  for (const vectors of findVectors(folders)) {
    if (!vectors.path.endsWith('.jsonl.gz')) continue
    for (const { mode, tests } of readSingleStepFile(vectors.path)) {
      for (const test of tests) {
        const decoded = decode(bytes(test.b), mode)
        const count = decoded.outcome === 'instruction' ? counts[decoded.rowNumber] : undefined
        if (count) count[mode]++
      }
    }
  }
  return rows.map((row, index) => ({ row, vectors: counts[index] ?? { 16: 0, 32: 0, 64: 0 }, unitTest: unitTestOf(row) }))
}

function unitTestOf(row: Row): string | undefined {
  return Object.entries(UNIT_TESTED).find(([, entries]) => entries.some((entry) => names(entry, row)))?.[0]
}

/** Whether an entry of the list means a row: by its mnemonic, or by mnemonic and encoding where others share the mnemonic. */
export function names(entry: string, row: Row): boolean {
  return entry === row.name || entry === `${row.name} ${encodingOf(row)}`
}

/** Whether the row exists in code of a mode. */
export function occursIn({ modes }: Row, mode: Mode): boolean {
  return modes === undefined || (modes === 'only64') === (mode === 64)
}

/** The row's encoding as the manuals write it: `66 0F 38 F1 /r`, `VEX.L0.W1 F2 0F 38 F5`, `D9 /5 mod 3 rm 0`. */
export function encodingOf({ map, opcode, reg, rm, form, prefix, vex }: Row): string {
  const parts: string[] = []
  if (vex) parts.push(['VEX', ...(vex.l === undefined ? [] : [`L${vex.l}`]), ...(vex.w === undefined ? [] : [`W${vex.w}`])].join('.'))
  if (prefix === '66' || prefix === 'f2' || prefix === 'f3') parts.push(prefix.toUpperCase())
  parts.push(...(map.match(/../g) ?? []).map((byte) => byte.toUpperCase()), opcode.toString(16).toUpperCase().padStart(2, '0'))
  if (reg !== undefined) parts.push(`/${reg}`)
  if (rm !== undefined) parts.push(`mod 3 rm ${rm}`)
  else if (form !== undefined) parts.push(form)
  return parts.join(' ')
}
