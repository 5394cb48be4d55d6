/**
 * A guest that makes and drops code all the time: what the translator keeps stays within its bound, and the process ends with the memory it had early on.
 *   node --expose-gc scripts/run.mjs tests/judges/code-churn.ts [seconds] [MiB for code]
 */
import { blockWith } from '../../src/main/emulator/cpu/jit/block'
import { JitStatistics } from '../../src/main/emulator/cpu/jit/statistics'
import { Machine } from '../../src/main/emulator/machine/machine'
import { Builder } from '../../src/main/services/builder'
import { buildWorkloads } from '../bench/workload-images'

const MIB = 1 << 20
const SAMPLES = 10
/** Of the memory early on; V8 frees machine code in its own time. */
const MOST_GROWTH = 1.15

const [seconds = 600, codeMib = 8] = process.argv.slice(2).map(Number)
const { image } = await buildWorkloads(new Builder(), 32, [{ name: 'churn', bits: [32], units: 1e9, what: '' }])
const statistics = new JitStatistics()
const machine = new Machine({
  image, memoryBytes: 64 * MIB, backend: blockWith({ threshold: 64, codeBytes: codeMib * MIB }, statistics), startDate: 0, onSerial: () => undefined, onDebugConsole: () => undefined,
})
const sizes: number[] = []
console.log('seconds | regions made | overwritten | evicted | resident MiB')
for (let sample = 1; sample <= SAMPLES; sample++) {
  const end = performance.now() + (seconds * 1000) / SAMPLES
  while (performance.now() < end) {
    if (machine.run(1_000_000) !== undefined) throw new Error('The guest ended.')
    // Modules are freed between turns.
    await new Promise(setImmediate)
  }
  globalThis.gc?.()
  sizes.push(process.memoryUsage.rss() / MIB)
  const { regions, overwritten, evicted } = statistics
  console.log([((seconds * sample) / SAMPLES).toFixed(0), regions, overwritten, evicted, sizes.at(-1)?.toFixed(0)].join(' | '))
}
const [early = 0, late = 0] = [sizes[1], sizes.at(-1)]
const bounded = late <= early * MOST_GROWTH
console.log(bounded ? 'Memory ends where it was.' : `Memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MiB.`)
process.exit(bounded && statistics.evicted > 0 ? 0 : 1)
