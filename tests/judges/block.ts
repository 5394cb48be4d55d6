/**
 * The translating backend against the interpreter: the benchmark's workloads, the templates and the rungs of the ladder, on machines that are compared again
 * and again in all registers and memory: with the default threshold, one at which everything is translated at once, and room for hardly any code.
 *   node scripts/run.mjs tests/judges/block.ts [--seconds N (of the guest)] [--only NAME] [--variant NAME] [--speed [--backend interp|block]]
 */
import { parseArgs } from 'node:util'
import { blockWith } from '../../src/main/emulator/cpu/jit/block'
import { JitStatistics } from '../../src/main/emulator/cpu/jit/statistics'
import type { BackendFactory } from '../../src/main/emulator/cpu/semantics/backend'
import { differences, type Difference } from '../../src/main/emulator/debug/difference'
import { DEFAULT_START_DATE } from '../../src/main/emulator/host/options'
import { Typist } from '../../src/main/emulator/host/typist'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine, type BackendName } from '../../src/main/emulator/machine/machine'
import { Builder } from '../../src/main/services/builder'
import { screenLines } from '../../src/shared/screen-text'
import { buildWorkload, workloadsOf } from '../bench/workload-images'
import type { Chained } from '../boot/state-chain'
import { RUNGS } from './rungs'

const MIB = 1 << 20
/** Guest's milliseconds between two comparisons of registers and time; how many of them pass between two looks at the screen, and between two comparisons of memory. */
const SLICE_MS = 2
const SLICES_PER_LOOK = 10
const SLICES_PER_MEMORY = 20
const SHORT_SECONDS = 0.3
const VARIANTS = [['default', {}], ['at once', { threshold: 0 }], ['no room', { threshold: 50, codeBytes: 0 }]] as const

const { values } = parseArgs({ options: { seconds: { type: 'string' }, only: { type: 'string' }, variant: { type: 'string' }, speed: { type: 'boolean', default: false }, backend: { type: 'string' } } })
const wanted = (name: string): boolean => values.only === undefined || name.includes(values.only)
let failed = 0

/** A machine, what it said, and who types into it. */
class Run {
  readonly machine: Machine
  readonly typist: Typist
  said = ''

  constructor({ options }: Chained, backend: BackendName | BackendFactory) {
    const keep = (byte: number): void => void (this.said += String.fromCharCode(byte))
    this.machine = new Machine({ ...options, backend, startDate: DEFAULT_START_DATE, onSerial: keep, onDebugConsole: keep })
    this.typist = new Typist(this.machine)
  }

  get shown(): string {
    return `${screenLines(this.machine.textScreen).join('\n')}\n${this.said}`
  }
}

/** Runs one beside the other to the end of the rung, or to the first difference. */
function beside(rung: Chained, a: Run, b: Run): { found: Difference[]; reached: boolean } {
  const end = Number(values.seconds ?? rung.seconds) * TICKS_PER_SECOND
  const left = [...(rung.steps ?? [])]
  for (let slice = 1; a.machine.now < end; slice++) {
    for (const { machine } of [a, b]) machine.run(SLICE_MS * TICKS_PER_MILLISECOND)
    const ended = a.machine.outcome !== undefined
    const found = differences(a.machine, b.machine, ended || slice % SLICES_PER_MEMORY === 0)
    if (found.length > 0) return { found, reached: false }
    if (!ended && slice % SLICES_PER_LOOK !== 0) continue
    const { shown } = a
    if (ended || (rung.untilText !== undefined && left.length === 0 && shown.includes(rung.untilText))) {
      const rest = differences(a.machine, b.machine)
      return { found: rest.length === 0 && a.machine.stateHash() !== b.machine.stateHash() ? [{ what: 'state of a device', values: ['', ''] }] : rest, reached: true }
    }
    const [step] = left
    if (step === undefined || a.typist.pending || !shown.includes(step.afterText)) continue
    left.shift()
    for (const { typist } of [a, b]) typist.type(step.keys)
  }
  return { found: differences(a.machine, b.machine), reached: rung.untilText === undefined }
}

function compare(name: string, rung: Chained): void {
  for (const [variant, options] of VARIANTS) {
    if (values.variant !== undefined && values.variant !== variant) continue
    const statistics = new JitStatistics()
    const [a, b] = [new Run(rung, 'interp'), new Run(rung, blockWith(options, statistics))]
    const started = performance.now()
    const { found, reached } = beside(rung, a, b)
    const { regions, instructions, overwritten, evicted, milliseconds } = statistics
    const verdict = found.length > 0 ? 'DIFFERENT' : reached ? 'same' : 'same, but its end was not reached'
    console.log(`${name.padEnd(34)} ${variant.padEnd(8)} ${verdict}  ${a.machine.instructions} instructions, ${regions} regions of ${instructions}, ${overwritten} overwritten, ${evicted} evicted, ${milliseconds.toFixed(0)} of ${(performance.now() - started).toFixed(0)} ms`)
    for (const { what, values: [x, y] } of found.slice(0, 8)) console.log(`    ${what}: interp ${x}, block ${y}`)
    if (found.length > 0 || !reached) failed++
  }
}

function time(name: string, rung: Chained): void {
  const ticks = Number(values.seconds ?? '60') * TICKS_PER_SECOND
  const shown: string[] = []
  for (const backend of ['interp', 'block'] as const) {
    if (values.backend !== undefined && values.backend !== backend) continue
    const statistics = new JitStatistics()
    const { machine } = new Run(rung, backend === 'interp' ? 'interp' : blockWith({}, statistics))
    const start = performance.now()
    const rates: number[] = []
    while (machine.outcome === undefined && machine.now < ticks && performance.now() - start < 20_000) {
      const [from, at] = [machine.instructions, performance.now()]
      machine.run(2_000_000)
      rates.push((machine.instructions - from) / (performance.now() - at) / 1000)
    }
    const spent = performance.now() - start
    const best = rates.toSorted((a, b) => b - a)[Math.floor(rates.length / 4)] ?? 0
    shown.push(`${backend} ${spent.toFixed(0)} ms (${(machine.instructions / spent / 1000).toFixed(0)} million/s, a quarter of the time above ${best.toFixed(0)})`)
    if (backend === 'block') shown.push(`${statistics.regions} regions in ${statistics.milliseconds.toFixed(0)} ms, kept out: ${[...statistics.obstacles].toSorted((x, y) => y[1] - x[1]).slice(0, 5).map(([why, count]) => `${why} ${count}`).join(', ')}`)
  }
  console.log(`${name.padEnd(26)} ${shown.join('  ')}`)
}

const judge = values.speed ? time : compare
const builder = new Builder()
for (const bits of [16, 32, 64] as const) {
  for (const { name } of workloadsOf(bits)) {
    if (!wanted(`${name}-${bits}`)) continue
    const { image } = await buildWorkload(builder, name, bits)
    judge(`${name}-${bits}`, { options: { image, memoryBytes: 16 * MIB }, seconds: SHORT_SECONDS, every: 0 })
  }
}
for (const [name, make] of RUNGS) {
  if (!wanted(name)) continue
  const rung = await make()
  judge(name, name.startsWith('template') ? { ...rung, seconds: SHORT_SECONDS, steps: [{ afterText: '', keys: 'abc\n' }] } : rung)
}
console.log(failed === 0 ? 'No difference.' : `${failed} runs differ.`)
process.exit(failed === 0 ? 0 : 1)
