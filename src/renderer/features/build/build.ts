/** Builds of the open project: the running one's log, and what the last one found. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import type { BuildResult } from '../../../shared/contract'
import { toFailure } from '../../../shared/failure'
import type { BuildProgress, Problem } from '../../../shared/problems'
import type { Connection } from '../../app/connection'
import { BuildLog } from './log/build-log'

export interface BuildState {
  status: 'none' | 'running' | 'succeeded' | 'failed' | 'cancelled'
  /** Of this build; it grows in place. */
  log: BuildLog
  /** Changes when the log does. */
  version: number
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

const nothing = (): BuildState => ({ status: 'none', log: new BuildLog(), version: 0, problems: [], result: undefined })
/** The window is told of new lines no more often, however many come. */
const SHOW_MS = 30

export function createBuild(connection: Connection): Build {
  const store = createStore<BuildState>(nothing)
  let running: AbortController | undefined

  async function run(directory: string): Promise<BuildResult | undefined> {
    running?.abort()
    const controller = new AbortController()
    running = controller
    store.setState({ ...nothing(), status: 'running' })
    const { log } = store.getState()
    let found: Problem[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const show = (): void => {
      clearTimeout(timer)
      timer = undefined
      if (running !== controller) return
      const problems = found
      found = []
      store.setState((state) => ({ version: state.version + 1, ...(problems.length > 0 ? { problems: [...state.problems, ...problems] } : {}) }))
    }
    const take = ({ steps, lines, lost = 0 }: BuildProgress): void => {
      log.lose(lost)
      // A step that has begun stands before its lines.
      for (const event of steps) log.step(event)
      for (const event of lines) {
        log.add(event)
        if (event.problem) found.push(event.problem)
      }
      timer ??= setTimeout(show, SHOW_MS)
    }
    try {
      const result = await connection.listen('builds.run', { directory }, take, { signal: controller.signal })
      show()
      if (running === controller) store.setState({ status: result.ok ? 'succeeded' : 'failed', result, problems: result.problems })
      return running === controller ? result : undefined
    } catch (error) {
      show()
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
      store.setState({ ...nothing(), problems })
    },
    forget: (paths) => store.setState(({ problems }) => ({ problems: problems.filter(({ file }) => file === undefined || !paths.includes(file)) })),
  }
}
