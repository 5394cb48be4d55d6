/** Damaged and invented states, as long as you like: `node scripts/run.mjs tests/judges/state-fuzz.ts [rounds] [seed]`. Exits with 1 when anything but a refusal came of one. */
import { fuzzStates } from '../boot/state-fuzz'

const [rounds = '20000', seed = '1'] = process.argv.slice(2)
const { refused, taken, failures } = fuzzStates(Number(seed), Number(rounds))
console.log(`${rounds} states: ${refused} were refused, ${taken} taken, ${failures.length} failed; ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB resident`)
for (const failure of failures.slice(0, 20)) console.log(failure)
process.exitCode = failures.length > 0 ? 1 : 0
