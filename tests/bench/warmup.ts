/** What a person feels of translation: how long a large program takes to its final speed, and whether boots are slower with it than without. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { BackendName } from '../../src/main/emulator/machine/machine'
import { createProject, listTemplates, type Template } from '../../src/main/project'
import type { Builder } from '../../src/main/services/builder'
import { locate } from '../../src/main/services/locations'
import { FIRST_REHEARSAL, prepareWorker, startInWorker } from '../../src/main/services/machine-host'
import { type Bits, buildWorkloads, temporaryFolder, workloadsOf } from './workload-images'

/** More often than a run of `warmup-run.ts` can. */
const MOST_UNITS = 60_000
/** The pace of so many units is looked at. */
const WINDOW_MS = 10
const WARM = 0.8
const MEMORY_BYTES = 128 << 20
/** A worker is ready after this, its rehearsals included. */
const REHEARSED_MS = 800

export interface WarmUp {
  readonly bits: Bits
  /** From its start until it has run for 10 ms at 80 % of its final speed. */
  readonly milliseconds: number
  /** Of its final speed: units of 4096 calls a second. */
  readonly unitsPerSecond: number
}

/** Time of 80 % of the final speed, which is that of the last third. @param ends when each unit ended, in milliseconds */
export function warmAt(ends: readonly number[]): { milliseconds: number; unitsPerSecond: number } {
  const last = ends.at(-1) ?? Number.NaN
  const late = ends.filter((end) => end > (last * 2) / 3)
  const final = late.length / (last / 3)
  for (let first = 0, behind = 0; first < ends.length; first++) {
    const start = ends[first] ?? 0
    while ((ends[behind] ?? Infinity) <= start + WINDOW_MS) behind++
    if ((behind - first - 1) / WINDOW_MS >= WARM * final) return { milliseconds: start + WINDOW_MS, unitsPerSecond: final * 1000 }
  }
  return { milliseconds: Number.NaN, unitsPerSecond: final * 1000 }
}

/** The program of 4096 functions, each time in a process of its own. */
export async function measureWarmUp(builder: Builder, rounds: number): Promise<WarmUp[]> {
  const figures: WarmUp[] = []
  for (const bits of [32, 64] as const) {
    const once = workloadsOf(bits).filter(({ name }) => name === 'functions').map((workload) => ({ ...workload, units: 1 }))
    const { path } = await buildWorkloads(builder, bits, once, MOST_UNITS)
    const runs = Array.from({ length: rounds }, () => {
      const printed = execFileSync(process.execPath, [join(locate().root, 'scripts', 'run.mjs'), join('tests', 'bench', 'warmup-run.ts'), path, 'block'], { cwd: locate().root, encoding: 'utf8' })
      return warmAt(z.array(z.number()).parse(JSON.parse(printed)))
    }).toSorted((a, b) => a.milliseconds - b.milliseconds)
    const middle = runs[runs.length >> 1]
    if (middle !== undefined) figures.push({ bits, ...middle })
  }
  return figures
}

export interface TemplateBoot {
  readonly id: string
  /** From the start to the text or the end, with translation and without, of each round. */
  readonly times: Readonly<Record<'block' | 'interp', number[]>>
}

/** Boots of the templates as the lab makes them, in turns. */
export async function measureTemplateBoots(builder: Builder, rounds: number, tell: (boot: TemplateBoot) => void): Promise<void> {
  const templatesDir = join(locate().resources, 'templates')
  for (const template of await listTemplates(templatesDir)) {
    if (template.language === 'Rust') continue
    const dir = join(temporaryFolder(), template.id)
    await createProject({ templatesDir, template: template.id, dir })
    const { result } = await builder.build(dir)
    if (result.imagePath === undefined) throw new Error(`${template.id} does not build: ${result.problems.map(({ message }) => message).join('; ')}`)
    const image = new Uint8Array(readFileSync(result.imagePath))
    const times: Record<'block' | 'interp', number[]> = { block: [], interp: [] }
    for (let round = 0; round < rounds; round++) for (const backend of ['block', 'interp'] as const) times[backend].push(await bootTime(image, template, backend))
    tell({ id: template.id, times })
  }
}

async function bootTime(image: Uint8Array, { prints }: Template, backend: BackendName): Promise<number> {
  prepareWorker({ ...FIRST_REHEARSAL, backend })
  await new Promise((resolve) => setTimeout(resolve, REHEARSED_MS))
  const started = performance.now()
  return new Promise((resolve, reject) => {
    startInWorker(
      { image: image.slice(), memoryBytes: MEMORY_BYTES, backend, pace: 'fast', untilText: prints, timeoutMilliseconds: 30_000 },
      {
        screen: () => undefined,
        serial: () => undefined,
        state: () => undefined,
        end: ({ reason, summary }) => (reason === 'until-text' || reason === 'debug-exit' ? resolve(performance.now() - started) : reject(new Error(`The machine ended otherwise: ${summary}`))),
      },
    )
  })
}
