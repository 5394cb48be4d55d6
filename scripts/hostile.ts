/**
 * Runs hostile guests for a while in each mode and says what came of it.
 *   node scripts/run.mjs scripts/hostile.ts [SECONDS] [--seed N]
 */
import { Argument, Command } from 'commander'
import { attack, HOSTILE_MODES } from '../tests/boot/hostile-guest'
import { buildEmulatorWorker } from '../tests/support/emulator-worker'
import { blamed } from '../tests/support/stopwatch'

const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`"${text}" is not a whole number.`)
  return value
}
const LIFE = 10_000
const STOP_WITHIN = 100
const MEBIBYTE = 1 << 20

const program = new Command('hostile')
  .description('Guests that do their worst, in 16-, 32- and 64-bit code.')
  .addArgument(new Argument('[seconds]', 'per mode').argParser(whole).default(60))
  .option('--seed <number>', 'of the first machine', whole, 0)

async function main(): Promise<number> {
  program.parse()
  const { seed } = program.opts<{ readonly seed: number }>()
  const [seconds = 0] = program.processedArgs.map(Number)
  const worker = await buildEmulatorWorker()
  let good = true
  try {
    for (const mode of HOSTILE_MODES) {
      const { machines, instructions, ends, defects, slowestStop, forced, memoryGrowth } = await attack(mode, seconds * 1000, LIFE, worker.url, seed)
      const reasons = [...ends].map(([reason, count]) => `${count} ${reason}`).join(', ')
      const stop = `slowest stop ${slowestStop.wall.toFixed(0)} ms (${slowestStop.processor.toFixed(0)} ms of processor time), ${forced} by force`
      console.log(`${mode}-bit: ${machines} machines (${reasons}), ${instructions.toLocaleString('en-US')} instructions, ${stop}, memory +${Math.round(memoryGrowth / MEBIBYTE)} MiB`)
      for (const defect of defects) console.log(defect)
      good &&= defects.length === 0 && blamed(slowestStop) < STOP_WITHIN
    }
  } finally {
    await worker.remove()
  }
  console.log(good ? 'No defect.' : 'Something went wrong.')
  return good ? 0 : 1
}

process.exitCode = await main()
