import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rows } from '../../src/main/emulator/cpu/isa'
import { locate } from '../../src/main/services/locations'
import { coverage, encodingOf, KEPT_VECTORS, names, occursIn } from './coverage'
import { UNIT_TESTED } from './unit-tested'

const { root } = locate()

describe('every row of the instruction table', () => {
  it('is judged by kept vectors or by a unit test that is named', () => {
    const unjudged = coverage([KEPT_VECTORS]).filter(({ row, vectors, unitTest }) => unitTest === undefined && !([16, 32, 64] as const).some((mode) => occursIn(row, mode) && vectors[mode] > 0))
    expect(unjudged.map(({ row }) => `${row.name} ${encodingOf(row)}`)).toEqual([])
  })

  it.each(Object.entries(UNIT_TESTED))('%s names the instructions that it judges', (file, entries) => {
    expect(existsSync(join(root, file))).toBe(true)
    const text = readFileSync(join(root, file), 'utf8').toLowerCase()
    expect(entries.filter((entry) => !new RegExp(`\\b${entry.split(' ')[0]}\\b`).test(text))).toEqual([])
    expect(entries.filter((entry) => !rows.some((row) => names(entry, row)))).toEqual([])
  })
})
