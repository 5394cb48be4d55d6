/** Text typed but not saved, kept outside the project until it is saved or discarded. */
import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { draftSchema, type Draft } from '../../shared/contract'
import { writeFileAtomically } from '../files/atomic'
import { KeyedQueue } from '../files/keyed-queue'

const fileName = (text: string): string => createHash('sha256').update(text).digest('hex')

export class Drafts {
  readonly #folder: string
  readonly #queue = new KeyedQueue()
  readonly #onDefect: (message: string) => void

  constructor(dataDirectory: string, onDefect: (message: string) => void) {
    this.#folder = join(dataDirectory, 'drafts')
    this.#onDefect = onDefect
  }

  async list(directory: string): Promise<Draft[]> {
    const folder = this.#of(directory)
    const names = await readdir(folder).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    })
    const drafts: Draft[] = []
    for (const name of names.filter((one) => one.endsWith('.json'))) {
      const text = await readFile(join(folder, name), 'utf8')
      const parsed = draftSchema.safeParse(parseJson(text))
      if (parsed.success) drafts.push(parsed.data)
      else this.#onDefect(`The draft ${join(folder, name)} cannot be read; it stays where it is.`)
    }
    return drafts.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  save(directory: string, draft: Omit<Draft, 'savedAt'>): Promise<void> {
    const file = this.#file(directory, draft.path)
    return this.#queue.run(file, () => writeFileAtomically(file, JSON.stringify({ ...draft, savedAt: Date.now() } satisfies Draft)))
  }

  discard(directory: string, path: string): Promise<void> {
    const file = this.#file(directory, path)
    return this.#queue.run(file, () => rm(file, { force: true }))
  }

  /** A file, or all files of a folder, have another path by now. */
  async move(directory: string, from: string, to: string): Promise<void> {
    for (const draft of await this.list(directory)) {
      if (draft.path !== from && !draft.path.startsWith(`${from}/`)) continue
      const { path, text, baseVersion } = draft
      await this.save(directory, { path: to + path.slice(from.length), text, baseVersion })
      await this.discard(directory, path)
    }
  }

  #of(directory: string): string {
    return join(this.#folder, fileName(directory))
  }

  #file(directory: string, path: string): string {
    return join(this.#of(directory), `${fileName(path)}.json`)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
