/**
 * Runs random programs on the oracle and another backend and prints what differs.
 *   npm run fuzz -- [INSTRUCTIONS] [--seed N] [--mode 16|32|64] [--backend NAME]
 */
import { Argument, Command, Option } from 'commander'
import { FUZZ_MODES, FUZZ_SUBJECTS, fuzz, type Difference } from '../tests/conformance/fuzz/fuzzer'

interface Options {
  readonly seed: number
  readonly mode?: string
  readonly keepGoing: number
  readonly backend: string
}

const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`"${text}" is not a whole number.`)
  return value
}

function print({ seed, mode, listing, differences }: Difference): void {
  console.log(`seed ${seed}, mode ${mode}:`)
  for (const line of differences) console.log(`  ${line}`)
  for (const line of listing) console.log(`    ${line}`)
}

const program = new Command('fuzz')
  .description('Random valid instructions in three modes, oracle against another backend.')
  .addArgument(new Argument('[instructions]', 'instructions to execute, over all modes').argParser(whole).default(300_000))
  .option('--seed <number>', 'first seed', whole, 1)
  .addOption(new Option('--mode <bits>', 'only this mode').choices(['16', '32', '64']))
  .addOption(new Option('--backend <name>', 'the other backend').choices(Object.keys(FUZZ_SUBJECTS)).default('interp'))
  .option('--keep-going <number>', 'differences to print per mode before it stops', whole, 1)

function main(): number {
  program.parse()
  const options = program.opts<Options>()
  const [instructions = 0] = program.processedArgs.map(Number)
  const modes = FUZZ_MODES.filter((mode) => options.mode === undefined || options.mode === String(mode))
  let failed = 0
  for (const mode of modes) {
    let seed = options.seed
    let executed = 0
    let programs = 0
    for (let found = 0; found < options.keepGoing && executed < instructions / modes.length; ) {
      const result = fuzz(mode, FUZZ_SUBJECTS[options.backend] ?? 'interp', seed, instructions / modes.length - executed)
      seed += result.programs
      programs += result.programs
      executed += result.instructions
      if (result.difference === undefined) break
      print(result.difference)
      found++
      failed++
    }
    console.log(`${mode}-bit: ${executed} instructions in ${programs} programs, seeds ${options.seed} to ${seed - 1}`)
  }
  console.log(failed === 0 ? 'No difference.' : `${failed} programs differ.`)
  return failed === 0 ? 0 : 1
}

process.exitCode = main()
