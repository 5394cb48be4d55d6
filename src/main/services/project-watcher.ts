/** Tells what happens to a project's files. */
import { relative, sep } from 'node:path'
import { LabError } from '../../shared/failure'
import { isHiddenFolder } from './project-files'

/** A program that writes many files is told of once. */
const GATHER_MS = 120
/** Paths in one event; whoever listens looks at the project anew anyway. */
const MAX_PATHS = 200

/**
 * Watches until the signal.
 * @param onReady when changes are noticed from now on
 */
export async function watchProject(directory: string, emit: (event: { paths: string[] }) => void, signal: AbortSignal, onReady?: () => void): Promise<null> {
  // Read when the first project is open.
  const { watch } = await import('chokidar')
  const changed = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const tell = (): void => {
    timer = undefined
    emit({ paths: [...changed].slice(0, MAX_PATHS) })
    changed.clear()
  }
  const pathOf = (file: string): string => relative(directory, file).split(sep).join('/')
  const watcher = watch(directory, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (file) => pathOf(file).split('/').some((name) => isHiddenFolder(name)),
  })
  watcher.on('all', (_event, file) => {
    changed.add(pathOf(file))
    timer ??= setTimeout(tell, GATHER_MS)
  })
  if (onReady) watcher.on('ready', onReady)
  try {
    await new Promise<void>((resolve, reject) => {
      // Such as the system's limit of watches: who listens has to know that nothing comes any more.
      watcher.on('error', (error) => reject(unwatchable(directory, error)))
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  } finally {
    clearTimeout(timer)
    await watcher.close()
  }
  return null
}

function unwatchable(directory: string, error: unknown): LabError {
  return new LabError(
    {
      code: 'unwatchable',
      what: 'Changes by other programs are not noticed at once.',
      where: directory,
      why: error instanceof Error ? error.message : String(error),
      next: 'They are noticed when you come back to the window.',
    },
    { cause: error },
  )
}
