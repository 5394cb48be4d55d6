/**
 * Chooses the single-step vectors that are kept in the repository: of every opcode file for which there are rows, some tests of each
 * form and of each exception.
 *   node scripts/run.mjs scripts/select-vectors.ts DIR [tests per form] [prefix of the files' names]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SingleStepEnvironment } from '../tests/conformance/single-step/environment'
import { decode } from '../src/main/emulator/cpu/decode/decode'
import { bytes, parsePiece, readPieces, type Mode } from '../tests/conformance/single-step/format'
import { SingleStepRunner } from '../tests/conformance/single-step/run'
import { findVectors } from '../tests/conformance/suite'

const TARGET = 'tests/conformance/vectors'

function main(source: string | undefined, perForm: number, prefix: string): number {
  if (source === undefined || !Number.isInteger(perForm) || perForm < 1) {
    console.error('usage: select-vectors DIR [tests per form, default 6] [prefix]')
    return 64
  }
  const runner = new SingleStepRunner(new SingleStepEnvironment('oracle'))
  const lines = new Map<Mode, string[]>()
  for (const vectors of findVectors([source])) {
    for (const piece of readPieces(vectors.path)) {
      const file = parsePiece(piece)
      const taken = new Map<string, number>()
      const chosen = piece.tests.filter((_, index) => {
        const test = file.tests[index]
        if (test === undefined) return false
        // Register and memory forms may be rows of their own.
        const decoded = decode(bytes(test.b), file.mode)
        const row = decoded.outcome === 'instruction' ? decoded.rowNumber : ''
        const key = `${test.n} ${row} ${test.e?.[0] ?? ''} ${test.e?.[1] ?? ''}`
        const before = taken.get(key) ?? 0
        // What is not judged (no row, not architectural) is not kept.
        if (before >= perForm || runner.run(file, test).status === 'skipped') return false
        taken.set(key, before + 1)
        return true
      })
      if (chosen.length === 0) continue
      const header = piece.header.replace(/"count":\d+/, `"count":${chosen.length}`)
      const all = lines.get(file.mode) ?? []
      all.push(header, ...chosen)
      lines.set(file.mode, all)
    }
  }
  mkdirSync(TARGET, { recursive: true })
  for (const [mode, all] of lines) {
    const packed = gzipSync(`${all.join('\n')}\n`, { level: 9 })
    writeFileSync(join(TARGET, `${prefix}${mode}.jsonl.gz`), packed)
    console.log(`${prefix}${mode}: ${all.length} lines, ${Math.round(packed.length / 1024)} KiB`)
  }
  return 0
}

process.exitCode = main(process.argv[2], Number(process.argv[3] ?? 6), process.argv[4] ?? '')
