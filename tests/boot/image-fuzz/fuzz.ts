/** Inputs by number: the same number is the same input. */
import { damage, damageText } from './mutate'
import { Random } from './random'
import type { Seeds } from './seeds'
import { build, examine, examineConfig, examineManifest, examineTwice } from './targets'

export interface Defect {
  /** Number of the input. */
  input: number
  /** Name of what was damaged. */
  seed: string
  what: string
  /** The input itself. */
  content: Uint8Array | string
}

/** Of so many inputs one is examined between two surroundings. */
const TWICE = 16
/** Texts are quick, and there is less to find in them. */
const TEXTS = 8
/** Large seeds come seldom: of so many inputs one. */
const LARGE = 64
const LARGE_BYTES = 512 * 1024
/** Of so many inputs one goes through the builder, which writes whole disks. */
const BUILT = 32

export interface Input {
  /** What was damaged. */
  seed: string
  /** Examines it; what it throws is a defect. */
  run: () => void | Promise<void>
  /** The input, for keeping. */
  content: () => Uint8Array | string
  /** Mends the seed, which inputs are damaged in place. */
  restore: () => void
}

export function inputOf(number: number, seeds: Seeds): Input {
  const random = new Random(number)
  if (random.chance(TEXTS)) {
    const { kind, text } = random.pick(seeds.texts, { kind: 'configuration', text: '' })
    const damaged = damageText(text, random)
    return { seed: kind, content: () => damaged, run: () => (kind === 'manifest' ? examineManifest(damaged) : examineConfig(damaged)), restore: () => {} }
  }
  const large = random.chance(LARGE)
  const candidates = seeds.bytes.filter(({ bytes }) => bytes.length >= LARGE_BYTES === large)
  const seed = random.pick(candidates, { name: 'nothing', bytes: new Uint8Array(1), hot: [] })
  const { length, restore } = damage(seed, random)
  const bytes = seed.bytes.subarray(0, length)
  const [twice, built] = [random.chance(TWICE), random.chance(BUILT)]
  const run = async (): Promise<void> => {
    if (twice) examineTwice(bytes)
    else examine(bytes, number)
    if (built) await build(bytes, seeds.loader, random.u32())
  }
  return { seed: seed.name, content: () => bytes.slice(), run, restore }
}

/** Most inputs end in errors that are meant, and a trace of calls for each costs more than all the rest: only a defect gets one. */
const TRACE = 30

/** Runs an input. @returns the defect, if there is one */
export async function tryInput(number: number, seeds: Seeds): Promise<Defect | undefined> {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    if ((await attempt(number, seeds)) === undefined) return undefined
    Error.stackTraceLimit = TRACE
    return (await attempt(number, seeds)) ?? { input: number, seed: 'any', what: 'The second attempt went well: the answer depends on more than the input.', content: '' }
  } finally {
    Error.stackTraceLimit = limit
  }
}

async function attempt(number: number, seeds: Seeds): Promise<Defect | undefined> {
  const input = inputOf(number, seeds)
  try {
    await input.run()
    return undefined
  } catch (error) {
    return { input: number, seed: input.seed, what: error instanceof Error ? (error.stack ?? error.message) : String(error), content: input.content() }
  } finally {
    input.restore()
  }
}
