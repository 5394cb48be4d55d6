import type { BootloaderCrate } from '../../shared/boot'
import type { BuildStep, LogEvent, Problem, StepEvent } from '../../shared/problems'

export interface BuildOptions {
  /** Called for each line of the log, in order. */
  onLog?: ((event: LogEvent) => void) | undefined
  /** Called when a step begins and when it ends. */
  onStep?: ((event: StepEvent) => void) | undefined
  signal?: AbortSignal | undefined
}

/** A piece of a raw disk. */
export interface DiskPiece {
  name: string
  /** Its first sector of 512 bytes. */
  sector: number
  bytes: Uint8Array
  /** Absolute path of the file with these bytes. */
  path: string
}

/** What a build made, to be made bootable. `path` is the absolute path of the file that holds `bytes`. */
export type BuildOutput =
  /** A kernel for the boot loader: an ELF file, or a flat one whose Multiboot header brings its addresses. */
  | { form: 'kernel'; bytes: Uint8Array; path: string }
  /** 512 bytes, the signature included. */
  | { form: 'boot-sector'; bytes: Uint8Array; path: string }
  | { form: 'disk'; pieces: readonly DiskPiece[]; givenBytes?: number }
  /** A kernel or an image, as its content says: somebody else made it. */
  | { form: 'file'; bytes: Uint8Array; path: string }

export interface BuildSuccess {
  ok: true
  output: BuildOutput
  /** Absolute path of the linked ELF file, with its symbols; absent when there is none. */
  elfPath?: string
  /** Kernels in Rust that are written for the bootloader crate: how it starts them. */
  bootloader?: BootloaderCrate
  /** Warnings and remarks. */
  problems: Problem[]
  steps: BuildStep[]
}

export interface BuildFailure {
  ok: false
  /** At least one is an error. */
  problems: Problem[]
  steps: BuildStep[]
}

export type BuildResult = BuildSuccess | BuildFailure

/** How a step's result tells what became of the step. */
export interface StepOutcome<T> {
  cached?: (result: T) => boolean
  failed?: (result: T) => boolean
}

const no = (): boolean => false

/** What a build has gathered so far. */
export class BuildRecord {
  readonly problems: Problem[] = []
  readonly steps: BuildStep[] = []
  readonly options: BuildOptions
  /** Compilers say the same for each file that meets the same mistake; once is enough. */
  private readonly known = new Set<string>()
  private begun = 0

  constructor(options: BuildOptions) {
    this.options = options
  }

  /** @param step the one that says it */
  log(event: LogEvent, step?: number): void {
    this.options.onLog?.(step === undefined ? event : { ...event, step })
  }

  /** Says that a tool's output was cut, where it was. */
  cut(bytes: number, step: number): void {
    if (bytes > 0) this.log({ level: 'warning', text: `The rest of the output, ${Math.ceil(bytes / 2 ** 20)} MiB, was left out: there was too much of it.` }, step)
  }

  info(text: string): void {
    this.log({ level: 'info', text })
  }

  /** Note a problem, and log it unless a tool's own output already shows it. */
  report(problem: Problem, shown = false, step?: number): void {
    if (!this.note(problem)) return
    if (!shown) this.log({ level: problem.severity, text: sentence(problem), problem }, step)
    else if (problem.next !== undefined) this.log({ level: 'info', text: problem.next, problem }, step)
  }

  /** Note a problem without logging it. Returns whether it is new. */
  note(problem: Problem): boolean {
    const key = JSON.stringify(problem)
    if (this.known.has(key)) return false
    this.known.add(key)
    this.problems.push(problem)
    return true
  }

  fail(): BuildFailure {
    return { ok: false, problems: this.problems, steps: this.steps }
  }

  succeed(output: BuildOutput, elfPath?: string): BuildSuccess {
    return { ok: true, output, ...(elfPath === undefined ? {} : { elfPath }), problems: this.problems, steps: this.steps }
  }

  get failed(): boolean {
    return this.problems.some(({ severity }) => severity === 'error')
  }

  /** Runs a step of the build. `work` gets its number, for what it logs; one that throws has failed. */
  async time<T>(name: string, work: (step: number) => Promise<T>, { cached = no, failed = no }: StepOutcome<T> = {}): Promise<T> {
    const step = ++this.begun
    const start = performance.now()
    const { onStep } = this.options
    const passed = (): number => Math.round((performance.now() - start) * 10) / 10
    onStep?.({ step, name, state: 'running', milliseconds: 0 })
    try {
      const result = await work(step)
      const milliseconds = passed()
      this.steps.push({ name, milliseconds, cached: cached(result) })
      onStep?.({ step, name, state: failed(result) ? 'failed' : cached(result) ? 'cached' : 'ok', milliseconds })
      return result
    } catch (error) {
      onStep?.({ step, name, state: 'failed', milliseconds: passed() })
      throw error
    }
  }
}

function sentence(problem: Problem): string {
  const place = problem.file === undefined ? '' : `${problem.file}${problem.line === undefined ? '' : `:${problem.line}${problem.column === undefined ? '' : `:${problem.column}`}`}: `
  return `${place}${problem.severity}: ${problem.message}${problem.next === undefined ? '' : ` ${problem.next}`}`
}
