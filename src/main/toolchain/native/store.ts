import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { logEventSchema, problemSchema } from '../../../shared/problems'
import { replaceFile } from '../../files/atomic'
import { contentKey } from '../cache'
import { systemErrorCode } from '../errors'
import type { ToolOutcome } from '../outcome'
import type { FileHashes } from './file-hashes'

/** The folder, inside the build folder, of what builds keep for the next one. */
const STORE_DIR = '.objects'

/** Results that the last build did not use go after this time; another build of the project may be at work with them. */
const KEPT_MILLISECONDS = 10 * 60_000

/** What is noted about a result, in a file of its own beside it. A log line names its problem by its index. */
const recordSchema = z.object({
  result: z.string().regex(/^[\w.-]+$/),
  bytes: z.number(),
  /** Path and SHA-256 of everything that was read; an empty hash for a file that must not be there, since it would be read instead. */
  inputs: z.array(z.tuple([z.string(), z.string()])),
  log: z.array(logEventSchema.omit({ problem: true }).extend({ problem: z.number().optional() })),
  problems: z.array(problemSchema),
})
type StoredRecord = z.infer<typeof recordSchema>

export interface StepInputs {
  /** What was read. Relative to the project, or absolute. */
  read: readonly string[]
  /** Files that do not exist, and would have been read instead of others. */
  absent?: readonly string[]
}

export interface Made {
  /** Absolute path of the result. Its name changes with its content's inputs, so it can stand for them. */
  path: string
  outcome: ToolOutcome
}

/**
 * Results of compilers and linkers that need not be made again. A step has a name (of its command), and a record of the
 * inputs that it read; while these hash the same, its result is as good as new. Every file gets its name only when it is
 * whole, and results of other inputs have other names: builds of one project at a time do not meet.
 */
export class Store {
  private readonly folder: string
  private readonly hashes: FileHashes
  private readonly used = new Set<string>()

  private constructor(folder: string, hashes: FileHashes) {
    this.folder = folder
    this.hashes = hashes
  }

  /** @param buildDir that is there: a project that was deleted meanwhile must not come back as an empty folder */
  static async open(buildDir: string, hashes: FileHashes): Promise<Store> {
    const folder = join(buildDir, STORE_DIR)
    await makeFolder(folder)
    return new Store(folder, hashes)
  }

  /** The name of a step: readable, and different for every command. */
  step(label: string, command: readonly string[]): string {
    return `${label.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(-80)}-${contentKey(command).slice(0, 20)}`
  }

  /** The step's earlier result, when everything that it read is as it was. */
  async find(step: string): Promise<Made | undefined> {
    const record = await this.read(step)
    if (record === undefined) return undefined
    const path = join(this.folder, record.result)
    const found = await stat(path).catch(absent)
    if (found?.size !== record.bytes) return undefined
    const hashes = await Promise.all(record.inputs.map(([input]) => this.hashes.of(input)))
    if (record.inputs.some(([, hash], index) => hash !== (hashes[index] ?? ''))) return undefined
    this.used.add(record.result).add(`${step}.json`)
    return { path, outcome: { ok: true, problems: record.problems, log: record.log.map(({ problem, ...event }) => withProblem(event, record.problems[problem ?? -1])) } }
  }

  /** A folder for what a tool writes, and for the temporary files that it makes of its own beside that. `discard` it. */
  async workFolder(step: string): Promise<string> {
    const folder = join(this.folder, `${step}.${randomBytes(4).toString('hex')}.tmp`)
    await mkdir(folder)
    return folder
  }

  /**
   * Take a file that a tool wrote as the step's result.
   * @param inputs everything that was read, and what would have been, were it there; undefined when that is not known, and then the
   * next build makes it again
   * @param started when the tool began (milliseconds since 1970): a file that changed since may have been read in either state
   */
  async keep(step: string, written: string, extension: string, inputs: StepInputs | undefined, outcome: ToolOutcome, started: number): Promise<Made> {
    const hashed = inputs === undefined ? undefined : await this.hashInputs(inputs, started)
    const key = hashed === undefined ? randomBytes(10).toString('hex') : contentKey(hashed.flat()).slice(0, 20)
    const result = `${step}-${key}.${extension}`
    const path = join(this.folder, result)
    await rename(written, path)
    this.used.add(result)
    if (hashed !== undefined) {
      const { size } = await stat(path)
      const log = outcome.log.map(({ problem, ...event }) => (problem === undefined ? event : { ...event, problem: outcome.problems.indexOf(problem) }))
      await this.write(step, { result, bytes: size, inputs: hashed, log, problems: outcome.problems })
      this.used.add(`${step}.json`)
    }
    return { path, outcome }
  }

  /** A text as a file, named by what it says. Returns its absolute path. */
  async text(label: string, text: string, extension: string): Promise<string> {
    const name = `${label}-${contentKey([text]).slice(0, 20)}.${extension}`
    this.used.add(name)
    await replaceFile(join(this.folder, name), text)
    return join(this.folder, name)
  }

  async discard(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true })
  }

  /** Remove results that this build did not use, once they are old. */
  async sweep(): Promise<void> {
    const before = Date.now() - KEPT_MILLISECONDS
    for (const name of await readdir(this.folder)) {
      if (this.used.has(name)) continue
      const path = join(this.folder, name)
      const found = await stat(path).catch(absent)
      if (found !== undefined && found.mtimeMs < before) await rm(path, { recursive: true, force: true })
    }
  }

  private async hashInputs({ read, absent: missing = [] }: StepInputs, started: number): Promise<[string, string][] | undefined> {
    const hashed = await Promise.all(read.map(async (input): Promise<[string, string | undefined]> => [input, await this.hashes.read(input, started)]))
    const known = hashed.flatMap(([input, hash]): [string, string][] => (hash === undefined ? [] : [[input, hash]]))
    const without = missing.map((path): [string, string] => [path, ''])
    return known.length === hashed.length ? [...known, ...without] : undefined
  }

  private async read(step: string): Promise<StoredRecord | undefined> {
    const text = await readFile(join(this.folder, `${step}.json`), 'utf8').catch(absent)
    if (text === undefined) return undefined
    const parsed = recordSchema.safeParse(jsonOf(text))
    return parsed.success ? parsed.data : undefined
  }

  private async write(step: string, record: StoredRecord): Promise<void> {
    await replaceFile(join(this.folder, `${step}.json`), JSON.stringify(record))
  }
}

function withProblem(event: Omit<ToolOutcome['log'][number], 'problem'>, problem: ToolOutcome['problems'][number] | undefined): ToolOutcome['log'][number] {
  return problem === undefined ? event : { ...event, problem }
}

/** A record that was damaged is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function absent(error: unknown): undefined {
  if (systemErrorCode(error) === 'ENOENT') return undefined
  throw error
}

/** Make a folder that may be there already; the one above it must be. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error
  }
}
