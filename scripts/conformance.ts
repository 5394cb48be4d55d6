/**
 * Runs processor test vectors against the emulator's backends.
 *   npm run conformance -- --vectors DIR|FILE… [--backend oracle|interp|block|all] [--filter TEXT] [--test N] [--failures N] [--json]
 */
import { Command, Option } from 'commander'
import type { BackendName } from '../src/main/emulator/cpu/cpu'
import { findVectors, Suite, type FileResult } from '../tests/conformance/suite'

interface Options {
  readonly vectors: readonly string[]
  readonly backend: BackendName | 'all'
  readonly filter: string | undefined
  readonly test: number | undefined
  readonly failures: number
  readonly json: boolean
}

const count = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`"${text}" is not a number of tests.`)
  return value
}

const program = new Command('conformance')
  .description('Runs processor test vectors (single-step JSON lines, MOO) and prints a table per opcode.')
  .requiredOption('--vectors <path...>', 'folders or files of vectors')
  .addOption(new Option('--backend <name>', 'which backend').choices(['oracle', 'interp', 'block', 'all']).default('all'))
  .option('--filter <regex>', 'only files whose name (64/0FAF) matches')
  .option('--test <number>', 'only the test with this number in each file', count)
  .option('--failures <number>', 'failures shown per file', count, 2)
  .option('--json', 'one JSON object per file instead of the table', false)

function print(result: FileResult, asJson: boolean): void {
  if (asJson) {
    console.log(JSON.stringify({ ...result, skipped: Object.fromEntries(result.skipped) }))
    return
  }
  const skipped = [...result.skipped].map(([reason, number]) => `${number} ${reason}`).join('; ')
  console.log(`${result.file.padEnd(14)} ${result.backend.padEnd(7)} ${String(result.passed).padStart(6)} passed ${String(result.failed).padStart(6)} failed  ${skipped}`)
  for (const failure of result.failures) {
    console.log(`    #${failure.index} ${failure.name} [${failure.bytes}]`)
    for (const difference of failure.differences) console.log(`        ${difference}`)
  }
}

function main(): number {
  program.parse()
  const options = program.opts<Options>()
  const pattern = options.filter === undefined ? undefined : new RegExp(options.filter)
  const files = findVectors(options.vectors).filter((file) => pattern?.test(file.name) ?? true)
  const backends: readonly BackendName[] = options.backend === 'all' ? ['oracle', 'interp'] : [options.backend]
  let passed = 0
  let failed = 0
  const skipped = new Map<string, number>()
  const withoutRow: string[] = []
  for (const backend of backends) {
    const suite = new Suite(backend, options.failures)
    for (const file of files) {
      for (const result of suite.run(file, options.test)) {
        passed += result.passed
        failed += result.failed
        for (const [reason, number] of result.skipped) skipped.set(reason, (skipped.get(reason) ?? 0) + number)
        if (options.json || result.failed > 0 || result.passed > 0) print(result, options.json)
        else if (backend === backends[0]) withoutRow.push(result.file)
      }
    }
  }
  if (withoutRow.length > 0 && !options.json) console.log(`no test judged: ${withoutRow.join(' ')}`)
  if (!options.json) for (const [reason, number] of skipped) console.log(`${number} skipped: ${reason}`)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = main()
