/** Writes that are either whole or not there. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LabError } from '../../shared/failure'

/**
 * Writes a file through a temporary one beside it, so that a reader sees the old bytes or the new ones. Makes missing
 * folders. An existing file keeps its permission bits; a symbolic link stays, and what it leads to is written.
 * @throws LabError `bad-input` where a folder, a device or the like has the name: renaming would put a file in its place;
 * the system's error when the file cannot be written
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = (await orUndefined(realpath(path))) ?? path
  const found = await orUndefined(stat(file))
  if (found?.isFile() === false) {
    const what = found.isDirectory() ? 'This is a folder.' : 'This is not a regular file.'
    throw new LabError({ code: 'bad-input', what, where: path, why: 'A file would take its place.', next: 'Name a file.' })
  }
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(temporary, content, { flag: 'wx' })
    if (found !== undefined) await chmod(temporary, found.mode & 0o777)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** What is known about a file; undefined when there is none. */
async function orUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Runs pieces of work that share a key one after the other. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>()

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    // The one before failing is its caller's matter.
    const result = before.then(work, work)
    const settled = result.then(
      () => undefined,
      () => undefined,
    )
    this.#last.set(key, settled)
    void settled.then(() => {
      if (this.#last.get(key) === settled) this.#last.delete(key)
    })
    return result
  }
}
