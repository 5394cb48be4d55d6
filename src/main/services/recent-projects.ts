/** The projects opened last. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { RecentProject } from '../../shared/contract'
import { MANIFEST_FILE } from '../project/manifest'
import { JsonStore } from './json-store'

const MAX_RECENT = 20

const recentList = z.array(z.object({ directory: z.string(), name: z.string(), openedAt: z.number() }))

export class RecentProjects {
  readonly #store: JsonStore<z.infer<typeof recentList>>

  constructor(dataDirectory: string) {
    this.#store = new JsonStore(join(dataDirectory, 'recent.json'), recentList, [])
  }

  /** Latest first. */
  async list(): Promise<RecentProject[]> {
    return (await this.#store.read()).map((entry) => ({ ...entry, present: existsSync(join(entry.directory, MANIFEST_FILE)) }))
  }

  async add(directory: string, name: string): Promise<void> {
    await this.#store.update((list) => {
      const others = list.filter((entry) => entry.directory !== directory)
      return [{ directory, name, openedAt: Date.now() }, ...others].slice(0, MAX_RECENT)
    })
  }

  async forget(directory: string): Promise<void> {
    await this.#store.update((list) => list.filter((entry) => entry.directory !== directory))
  }
}
