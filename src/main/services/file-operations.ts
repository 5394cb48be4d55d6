/** Making, renaming and deleting a project's files. Nothing is written over, and nothing outside of the project is touched. */
import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, sep } from 'node:path'
import { LabError } from '../../shared/failure'
import { KeyedQueue } from '../files/keyed-queue'
import { MANIFEST_FILE } from '../project'
import { entryOf, isMissing, notFound } from './project-places'
import type { SystemShell } from './system-shell'

export class FileOperations {
  /** One after the other in a project: whether a place is free is asked before it is taken. */
  readonly #queue = new KeyedQueue()
  readonly #shell: SystemShell

  constructor(shell: SystemShell) {
    this.#shell = shell
  }

  createFile(directory: string, path: string): Promise<void> {
    return this.#queue.run(directory, async () => {
      const place = await entryOf(directory, path)
      await requireFree(place, path)
      await changing(path, async () => {
        await mkdir(dirname(place), { recursive: true })
        await writeFile(place, '', { flag: 'wx' })
      })
    })
  }

  createFolder(directory: string, path: string): Promise<void> {
    return this.#queue.run(directory, async () => {
      const place = await entryOf(directory, path)
      await requireFree(place, path)
      await changing(path, () => mkdir(place, { recursive: true }))
    })
  }

  /** @throws LabError `exists`, `not-found`, `outside`, `bad-input` */
  rename(directory: string, from: string, to: string): Promise<void> {
    return this.#queue.run(directory, async () => {
      const [source, target] = await Promise.all([entryOf(directory, from), entryOf(directory, to)])
      requireOther(from)
      const found = await lstat(source).catch((error: unknown) => Promise.reject(notFound(error, from)))
      if (target.startsWith(source + sep)) throw new LabError({ code: 'bad-input', what: 'A folder cannot be moved into itself.', where: to, next: 'Choose another folder.' })
      const there = await findEntry(target)
      // Where names differ by case alone, a file system may hold them for one.
      if (there && !(there.ino === found.ino && there.dev === found.dev)) throw exists(to)
      await changing(from, async () => {
        await mkdir(dirname(target), { recursive: true })
        await rename(source, target)
      })
    })
  }

  /** @throws LabError `no-trash` when the system has no trash for this file: it is still there then */
  delete(directory: string, path: string, forGood: boolean): Promise<void> {
    return this.#queue.run(directory, async () => {
      const place = await entryOf(directory, path)
      requireOther(path)
      await lstat(place).catch((error: unknown) => Promise.reject(notFound(error, path)))
      if (forGood) return changing(path, () => rm(place, { recursive: true }))
      try {
        await this.#shell.trash(place)
        if (await findEntry(place)) throw new Error('It is still there.')
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        throw new LabError({ code: 'no-trash', what: 'This cannot be put into the trash.', where: path, why, next: 'Delete it for good, or leave it.' }, { cause: error })
      }
    })
  }

  async reveal(directory: string, path: string): Promise<void> {
    const place = await entryOf(directory, path)
    await lstat(place).catch((error: unknown) => Promise.reject(notFound(error, path)))
    await this.#shell.reveal(place)
  }
}

/** The manifest makes the folder a project: without it nothing in it could be opened any more. */
function requireOther(path: string): void {
  if (path.split('/').filter((part) => part !== '' && part !== '.').join('/') !== MANIFEST_FILE) return
  throw new LabError({ code: 'bad-input', what: 'This file makes the folder a project: it keeps its name and place.', where: path, next: 'Change what is in it instead.' })
}

async function requireFree(place: string, path: string): Promise<void> {
  if (await findEntry(place)) throw exists(path)
}

async function findEntry(place: string) {
  return lstat(place).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
}

const exists = (path: string): LabError => new LabError({ code: 'exists', what: 'There is something of this name already.', where: path, next: 'Choose another name.' })

/** What the system refuses, as a failure that names the file. */
async function changing(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw exists(path)
    throw new LabError({ code: 'unwritable', what: `It cannot be changed: ${error instanceof Error ? error.message : String(error)}`, where: path, next: 'Check the permissions of the folder.' }, { cause: error })
  }
}
