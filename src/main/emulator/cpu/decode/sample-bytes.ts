/** Byte strings that begin like instructions, for comparisons with another decoder. */
import { rows } from '../isa'
import type { Row } from '../isa/row'
import { Random } from '../semantics/random'
import type { CodeMode } from './decoded'
import { encodeRow } from './encode-row'

/** Deterministic pseudo-random numbers (mulberry32). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

const PREFIXES = [0x66, 0x67, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf2, 0xf3, 0xf0, 0x26]

const MAP_BYTES: Readonly<Record<Row['map'], readonly number[]>> = { '': [], '0f': [0x0f], '0f38': [0x0f, 0x38], '0f3a': [0x0f, 0x3a] }
const MANDATORY: Readonly<Record<string, readonly number[]>> = { '66': [0x66], f2: [0xf2], f3: [0xf3] }

/** 15 bytes that start with the opcode of one of the rows, perhaps after prefixes. */
export function sample(next: () => number, mode: CodeMode): Uint8Array {
  const bytes: number[] = []
  while (next() % 3 === 0 && bytes.length < 3) bytes.push(PREFIXES[next() % PREFIXES.length] ?? 0x66)
  const row = rows[next() % rows.length]
  if (row === undefined) throw new Error('There are no rows.')
  if (next() % 4 !== 0) bytes.push(...(MANDATORY[row.prefix ?? 'none'] ?? []))
  if (mode === 64 && next() % 2 === 0) bytes.push(0x40 | (next() & 15))
  if (row.vex !== undefined) return vexSample(row, next, mode)
  bytes.push(...MAP_BYTES[row.map])
  bytes.push(row.opcode + (row.operands.some((operand) => operand.startsWith('Z')) ? next() % 8 : 0))
  const modRm = next() & 0xff
  bytes.push(row.reg === undefined ? modRm : (modRm & 0xc7) | (row.reg << 3))
  while (bytes.length < 15) bytes.push(next() & 0xff)
  return Uint8Array.from(bytes)
}

/** The same behind a VEX prefix of which any bit may be wrong. */
function vexSample(row: Row, next: () => number, mode: CodeMode): Uint8Array {
  const noise = next() % 4 === 0 ? next() & 0xff : 0
  const bytes = encodeRow(row, mode, new Random(next())).map((byte, index) => (index === 2 ? byte ^ noise : byte))
  if (next() % 4 === 0) bytes.unshift(next() % 2 === 0 ? 0x65 : 0x67)
  while (bytes.length < 15) bytes.push(next() & 0xff)
  return Uint8Array.from(bytes)
}
