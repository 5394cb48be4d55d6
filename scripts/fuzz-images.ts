/**
 * Damaged kernels, disks, file systems, manifests and boot configurations, through inspection and what reads them for a build.
 *   npm run fuzz:images -- [INPUTS] [--seed N] [--keep FOLDER]
 * The inputs run in a thread of their own: the other one sees when an input does not come to an end.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Argument, Command } from 'commander'
import * as z from 'zod'
import { inputOf, tryInput } from '../tests/boot/image-fuzz/fuzz'
import { makeSeeds } from '../tests/boot/image-fuzz/seeds'

/** An input that takes longer is a hang, also on a busy computer. */
const HANG_MS = 20_000
const LOOK_EVERY_MS = 500
const HEAP_MIB = 1024
/** Of the whole process: seeds, the largest virtual disk that is opened (512 MiB), and what is made of it. */
const MOST_MEMORY = 2500 * 2 ** 20
const REPORT_EVERY = 100_000
const MOST_DEFECTS = 20

const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`"${text}" is not a whole number.`)
  return value
}

const jobSchema = z.object({ first: z.number(), count: z.number(), progress: z.instanceof(SharedArrayBuffer) })
type Job = z.infer<typeof jobSchema>
/** What the progress holds: the number of inputs done, and the number of the present one. */
const DONE = 0
const PRESENT = 1

const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), seeds: z.array(z.string()) }),
  z.object({ type: z.literal('defect'), input: z.number(), seed: z.string(), what: z.string(), content: z.union([z.string(), z.custom<Uint8Array>((value) => value instanceof Uint8Array)]) }),
  z.object({ type: z.literal('done'), slowest: z.number(), slowestInput: z.number(), memory: z.number(), bySeed: z.array(z.tuple([z.string(), z.number()])) }),
])
type Message = z.infer<typeof messageSchema>

async function work({ first, count, progress }: Job): Promise<void> {
  const say = (message: Message): void => parentPort?.postMessage(message)
  const counters = new Uint32Array(progress)
  const seeds = await makeSeeds()
  say({ type: 'ready', seeds: seeds.bytes.map(({ name, bytes }) => `${name} (${bytes.length} bytes)`) })
  const bySeed = new Map<string, number>()
  let [slowest, slowestInput, memory, defects] = [0, 0, 0, 0]
  for (let index = 0; index < count && defects < MOST_DEFECTS; index++) {
    counters[PRESENT] = first + index
    Atomics.store(counters, DONE, index)
    const before = performance.now()
    const defect = await tryInput(first + index, seeds)
    const took = performance.now() - before
    if (took > slowest) [slowest, slowestInput] = [took, first + index]
    if (defect) {
      say({ type: 'defect', ...defect })
      defects++
    }
    if (index % 1000 === 0) memory = Math.max(memory, process.memoryUsage.rss())
    if (index % 16 === 0) {
      const { seed, restore } = inputOf(first + index, seeds)
      restore()
      bySeed.set(seed, (bySeed.get(seed) ?? 0) + 1)
    }
  }
  say({ type: 'done', slowest, slowestInput, memory, bySeed: [...bySeed] })
}

async function main(): Promise<number> {
  const program = new Command('fuzz-images')
    .description('Damaged kernels, images, manifests and configurations: an answer or an error with a name must come of each.')
    .addArgument(new Argument('[inputs]', 'how many').argParser(whole).default(100_000))
    .option('--seed <number>', 'number of the first input', whole, 1)
    .option('--keep <folder>', 'where inputs that show a defect are kept', 'test-results/fuzz-images')
  program.parse()
  const { seed: first, keep } = program.opts<{ readonly seed: number; readonly keep: string }>()
  const [count = 0] = program.processedArgs.map(Number)
  const progress = new SharedArrayBuffer(8)
  const counters = new Uint32Array(progress)
  const worker = new Worker(new URL(import.meta.url), { workerData: { first, count, progress }, resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } })
  return new Promise((resolve) => {
    let defects = 0
    let seen = { done: 0, at: performance.now(), reported: 0 }
    let started = performance.now()
    let ready = false
    const end = (code: number): void => {
      clearInterval(watch)
      resolve(code)
    }
    const watch = setInterval(() => {
      const done = Atomics.load(counters, DONE)
      if (done !== seen.done || !ready) seen = { ...seen, done, at: performance.now() }
      if (done - seen.reported >= REPORT_EVERY) {
        seen.reported = done - (done % REPORT_EVERY)
        console.log(`${seen.reported} inputs, ${((performance.now() - started) / 1000).toFixed(0)} s`)
      }
      if (performance.now() - seen.at < HANG_MS) return
      console.log(`Input ${counters[PRESENT]} does not come to an end.`)
      void worker.terminate().then(() => end(1))
    }, LOOK_EVERY_MS)
    worker.on('message', (raw: unknown) => {
      const message = messageSchema.parse(raw)
      if (message.type === 'ready') {
        ready = true
        started = performance.now()
        console.log(`Seeds: ${message.seeds.join(', ')}`)
      } else if (message.type === 'defect') {
        defects++
        mkdirSync(keep, { recursive: true })
        const file = join(keep, `${message.input}.${typeof message.content === 'string' ? 'txt' : 'bin'}`)
        writeFileSync(file, message.content)
        console.log(`Input ${message.input} (${message.seed}), kept in ${file}: ${message.what}`)
      } else {
        const { slowest, slowestInput, memory, bySeed } = message
        console.log(`${count} inputs (numbers ${first} to ${first + count - 1}) in ${((performance.now() - started) / 1000).toFixed(1)} s; the slowest, ${slowestInput}, took ${slowest.toFixed(0)} ms; memory at most ${Math.round(memory / 2 ** 20)} MiB`)
        console.log(`One in 16 by what was damaged: ${bySeed.map(([seed, inputs]) => `${seed} ${inputs}`).join(', ')}`)
        const greedy = memory > MOST_MEMORY
        console.log(defects === 0 && !greedy ? 'No defect.' : `${defects} defects${greedy ? ', and too much memory' : ''}.`)
        end(defects === 0 && !greedy ? 0 : 1)
      }
    })
    worker.on('error', (error) => {
      console.log(`The thread ended at input ${counters[PRESENT]}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      end(1)
    })
  })
}

if (isMainThread) process.exitCode = await main()
else await work(jobSchema.parse(workerData))
