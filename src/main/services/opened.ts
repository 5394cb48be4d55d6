/** What the system opens with Bootlab: a folder's "Open in Bootlab", a double click, an argument of its command. */
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Opened } from '../../shared/contract'
import { MANIFEST_FILE } from '../project'

/** Paths kept while no page listens; more is no person's doing. */
const MAX_WAITING = 16

export class OpenedPaths {
  readonly #waiting: Opened[] = []
  #hear: ((opened: Opened) => void) | undefined

  /** @param path absolute */
  async open(path: string): Promise<void> {
    const opened = await describeOpened(path)
    if (this.#hear) this.#hear(opened)
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(opened)
  }

  /** Tells what waits, and then everything, until `signal` aborts or another listens. */
  listen(hear: (opened: Opened) => void, signal: AbortSignal): Promise<null> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(null)
      this.#hear = hear
      signal.addEventListener('abort', () => {
        if (this.#hear === hear) this.#hear = undefined
        resolve(null)
      }, { once: true })
      for (const opened of this.#waiting.splice(0)) hear(opened)
    })
  }
}

/** A folder, or its manifest, is a project; any other file is booted, where an unfit or missing one gets its error. */
async function describeOpened(path: string): Promise<Opened> {
  if (basename(path) === MANIFEST_FILE) return { kind: 'project', path: dirname(path) }
  const found = await stat(path).catch(() => undefined)
  return { kind: found?.isDirectory() ? 'project' : 'image', path }
}
