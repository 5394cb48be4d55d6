/** Finds vector files, runs them on a backend, and counts. */
import { readdirSync, statSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import type { BackendName } from '../../src/main/emulator/cpu/cpu'
import { readMooFile } from './moo/format'
import { flagsMask, MooRunner } from './moo/run'
import type { Outcome } from './outcome'
import { SingleStepEnvironment } from './single-step/environment'
import { readSingleStepFile } from './single-step/format'
import { SingleStepRunner } from './single-step/run'

const SINGLE_STEP = '.jsonl.gz'
const MOO = '.MOO.gz'

export interface VectorFile {
  readonly path: string
  /** Path below the folder that was named, without suffix: `64/0FAF`, `F6.6`. */
  readonly name: string
}

export interface Failure {
  /** Number of the test in its file, from 0. */
  readonly index: number
  readonly name: string
  /** Instruction bytes in hex. */
  readonly bytes: string
  readonly differences: readonly string[]
}

export interface FileResult {
  readonly file: string
  readonly backend: BackendName
  readonly passed: number
  readonly failed: number
  readonly skipped: ReadonlyMap<string, number>
  /** The first failures. */
  readonly failures: readonly Failure[]
}

/**
 * Vector files below the named folders and files, sorted.
 * @throws when a path does not exist
 */
export function findVectors(paths: readonly string[]): VectorFile[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [vectorFile(path, basename(path))]
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(SINGLE_STEP) || name.endsWith(MOO))
      .toSorted()
      .map((name) => vectorFile(join(path, name), relative('.', name)))
  })
}

function vectorFile(path: string, name: string): VectorFile {
  return { path, name: name.replace(SINGLE_STEP, '').replace(MOO, '') }
}

/** Runs vectors on one backend; CPU and memory are reused from file to file. */
export class Suite {
  readonly backend: BackendName
  readonly #mostFailures: number
  #singleStep: SingleStepRunner | undefined
  #moo: MooRunner | undefined

  /** @param mostFailures how many failures per file are described */
  constructor(backend: BackendName, mostFailures: number) {
    this.backend = backend
    this.#mostFailures = mostFailures
  }

  /**
   * @param only number of the one test to run, or undefined for all
   * @returns one result per opcode
   * @throws when the file cannot be read
   */
  run(vectors: VectorFile, only?: number): FileResult[] {
    const wanted = (index: number): boolean => only === undefined || only === index
    if (vectors.path.endsWith(MOO)) {
      const tally = new Tally(vectors.name, this.backend, this.#mostFailures)
      const file = readMooFile(vectors.path)
      const mask = flagsMask(vectors.path)
      const runner = (this.#moo ??= new MooRunner(this.backend))
      file.tests.forEach((test, index) => {
        if (wanted(index)) tally.add(index, test.name, Buffer.from(test.bytes).toString('hex'), runner.run(file, test, mask))
      })
      return [tally]
    }
    const runner = (this.#singleStep ??= new SingleStepRunner(new SingleStepEnvironment(this.backend)))
    return readSingleStepFile(vectors.path).map((file) => {
      const tally = new Tally(`${file.mode}/${file.file}`, this.backend, this.#mostFailures)
      file.tests.forEach((test, index) => {
        if (wanted(index)) tally.add(index, test.n, test.b, runner.run(file, test))
      })
      return tally
    })
  }
}

class Tally implements FileResult {
  readonly file: string
  readonly backend: BackendName
  passed = 0
  failed = 0
  readonly skipped = new Map<string, number>()
  readonly failures: Failure[] = []
  readonly #mostFailures: number

  constructor(file: string, backend: BackendName, mostFailures: number) {
    this.file = file
    this.backend = backend
    this.#mostFailures = mostFailures
  }

  add(index: number, name: string, bytes: string, outcome: Outcome): void {
    switch (outcome.status) {
      case 'passed':
        this.passed++
        break
      case 'skipped':
        this.skipped.set(outcome.reason, (this.skipped.get(outcome.reason) ?? 0) + 1)
        break
      case 'failed':
        this.failed++
        if (this.failures.length < this.#mostFailures) this.failures.push({ index, name, bytes, differences: outcome.differences })
    }
  }
}
