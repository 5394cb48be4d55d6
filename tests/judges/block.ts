/**
 * The translating backend against the interpreter: runs of templates and of the benchmark's workloads, compared again and again in all registers and
 * memory, with a low threshold, the default one, and room for hardly any code; then the time of each.
 *   node scripts/run.mjs tests/judges/block.ts [--seconds N (of the guest)] [--only NAME] [--speed [--backend interp|block]]
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { blockWith } from '../../src/main/emulator/cpu/jit/block'
import { JitStatistics } from '../../src/main/emulator/cpu/jit/statistics'
import type { BackendFactory } from '../../src/main/emulator/cpu/semantics/backend'
import { differences } from '../../src/main/emulator/debug/difference'
import { DEFAULT_START_DATE } from '../../src/main/emulator/host/options'
import { Typist } from '../../src/main/emulator/host/typist'
import { TICKS_PER_SECOND } from '../../src/main/emulator/machine/clock'
import { Machine, type BackendName } from '../../src/main/emulator/machine/machine'
import { createProject, listTemplates } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { buildWorkload, temporaryFolder, WORKLOADS } from '../bench/workload-images'

const MEMORY = 16 << 20
const SLICE = 1 << 17
const VARIANTS = [['threshold 1', { threshold: 1 }], ['default', {}], ['no room', { threshold: 50, codeBytes: 0 }]] as const

const { values } = parseArgs({ options: { seconds: { type: 'string' }, only: { type: 'string' }, speed: { type: 'boolean', default: false }, backend: { type: 'string' } } })
const ticks = Number(values.seconds ?? (values.speed ? '60' : '0.2')) * TICKS_PER_SECOND
const wanted = (name: string): boolean => values.only === undefined || name.includes(values.only)
let failed = 0

function machineOf(image: Uint8Array, backend: BackendName | BackendFactory): Machine {
  const machine = new Machine({ image, memoryBytes: MEMORY, backend, startDate: DEFAULT_START_DATE, onSerial: () => undefined, onDebugConsole: () => undefined })
  new Typist(machine).type('abc\n')
  return machine
}

function compare(name: string, image: Uint8Array): void {
  for (const [variant, options] of VARIANTS) {
    const statistics = new JitStatistics()
    const a = machineOf(image, 'interp')
    const b = machineOf(image, blockWith(options, statistics))
    let difference: ReturnType<typeof differences> = []
    while (a.now < ticks && a.outcome === undefined && difference.length === 0) {
      for (const machine of [a, b]) machine.run(SLICE)
      difference = differences(a, b)
    }
    const { regions, instructions, overwritten, evicted, milliseconds } = statistics
    console.log(`${name.padEnd(26)} ${variant.padEnd(12)} ${difference.length === 0 ? 'same' : 'DIFFERENT'}  ${a.instructions} instructions, ${regions} regions of ${instructions}, ${overwritten} overwritten, ${evicted} evicted, ${milliseconds.toFixed(0)} ms`)
    for (const { what, values: [x, y] } of difference.slice(0, 8)) console.log(`    ${what}: interp ${x}, block ${y}`)
    if (difference.length > 0) failed++
  }
}

function time(name: string, image: Uint8Array): void {
  const shown: string[] = []
  for (const backend of ['interp', 'block'] as const) {
    if (values.backend !== undefined && values.backend !== backend) continue
    const statistics = new JitStatistics()
    const machine = machineOf(image, backend === 'interp' ? 'interp' : blockWith({}, statistics))
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

const builder = new Builder()
const judge = values.speed ? time : compare
for (const bits of [32, 64] as const) {
  for (const workload of WORKLOADS) if (wanted(`${workload}-${bits}`)) judge(`${workload}-${bits}`, (await buildWorkload(builder, workload, bits)).image)
}
const templatesDir = join(locate().resources, 'templates')
for (const { id, language } of await listTemplates(templatesDir)) {
  if (!wanted(id) || language === 'Rust') continue
  const dir = join(temporaryFolder(), id)
  await createProject({ templatesDir, template: id, dir })
  const { result } = await builder.build(dir)
  if (result.imagePath !== undefined) judge(id, readFileSync(result.imagePath))
}
console.log(failed === 0 ? 'No difference.' : `${failed} runs differ.`)
process.exit(failed === 0 ? 0 : 1)
