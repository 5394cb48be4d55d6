/** Builds of the open project: the running one's log, and what the last one found. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { BuildResult } from '../../../shared/contract'
import { toFailure } from '../../../shared/failure'
import type { LogEvent, Problem } from '../../../shared/problems'
import type { Connection } from '../../app/connection'

export interface BuildState {
  status: 'none' | 'running' | 'succeeded' | 'failed' | 'cancelled'
  log: readonly LogEvent[]
  problems: readonly Problem[]
  result: BuildResult | undefined
}

export interface Build {
  readonly store: StoreApi<BuildState>
  /** Builds; cancels a build that still runs. @returns the result, or undefined when it was cancelled */
  run(directory: string): Promise<BuildResult | undefined>
  cancel(): void
  /** Forgets the last build; shows what is wrong with a project from the start. */
  clear(problems?: readonly Problem[]): void
  /** Drops the problems of files that were mended since. */
  forget(paths: readonly string[]): void
}

const nothing: BuildState = { status: 'none', log: [], problems: [], result: undefined }
/** Log lines arrive one by one; showing them in batches keeps a chatty compiler from redrawing the window per line. */
const BATCH_MS = 30
const MAX_LOG_LINES = 100_000
/** Escape sequences of ECMA-48 that compilers print for terminals: CSI … final byte, and OSC … BEL or ST. */
// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\))/g

export function createBuild(connection: Connection): Build {
  const store = createStore<BuildState>(() => nothing)
  let running: AbortController | undefined

  async function run(directory: string): Promise<BuildResult | undefined> {
    running?.abort()
    const controller = new AbortController()
    running = controller
    store.setState({ ...nothing, status: 'running' })
    let batch: LogEvent[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = (): void => {
      clearTimeout(timer)
      timer = undefined
      if (batch.length === 0 || running !== controller) return
      const lines = batch
      batch = []
      store.setState(({ log, problems }) => ({
        log: [...log, ...lines].slice(-MAX_LOG_LINES),
        problems: [...problems, ...lines.flatMap((line) => line.problem ?? [])],
      }))
    }
    try {
      const result = await connection.listen(
        'builds.run',
        { directory },
        (event) => {
          for (const text of event.text.replace(ESCAPES, '').replace(/\n$/, '').split('\n')) batch.push({ ...event, text })
          timer ??= setTimeout(flush, BATCH_MS)
        },
        { signal: controller.signal },
      )
      flush()
      if (running === controller) store.setState({ status: result.ok ? 'succeeded' : 'failed', result, problems: result.problems })
      return running === controller ? result : undefined
    } catch (error) {
      flush()
      const cancelled = toFailure(error).code === 'cancelled'
      if (running === controller) store.setState({ status: cancelled ? 'cancelled' : 'failed' })
      if (cancelled) return undefined
      throw error
    } finally {
      if (running === controller) running = undefined
    }
  }

  return {
    store,
    run,
    cancel: () => running?.abort(),
    clear(problems = []) {
      running?.abort()
      running = undefined
      store.setState({ ...nothing, problems })
    },
    forget: (paths) => store.setState(({ problems }) => ({ problems: problems.filter(({ file }) => file === undefined || !paths.includes(file)) })),
  }
}
