import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { systemErrorCode } from '../errors'

/** File systems note times in steps of up to this many milliseconds. */
const TIME_STEP = 10

/** Contents of files as hashes, each file read once in a build: a header that fifty sources include is one read. */
export class FileHashes {
  private readonly known = new Map<string, { hash: Promise<string | undefined>; at: number }>()
  private readonly folder: string

  /** @param folder that relative paths start from */
  constructor(folder: string) {
    this.folder = folder
  }

  /** SHA-256 in hex; undefined for a file that cannot be read. */
  of(path: string): Promise<string | undefined> {
    const full = resolve(this.folder, path)
    const entry = this.known.get(full) ?? { hash: hashFile(full), at: Date.now() }
    this.known.set(full, entry)
    return entry.hash
  }

  /**
   * The hash of what a tool read that began at `started` (milliseconds since 1970); undefined when the file was changed since
   * then, so that nobody knows what the tool saw.
   */
  async read(path: string, started: number): Promise<string | undefined> {
    const full = resolve(this.folder, path)
    const entry = this.known.get(full)
    if (entry !== undefined && entry.at <= started) return (await hashFile(full)) === (await entry.hash) ? entry.hash : undefined
    const hash = await this.of(path)
    const changed = await stat(full).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    )
    return changed < started - TIME_STEP ? hash : undefined
  }
}

/** @returns SHA-256 in hex; undefined for a file that cannot be read */
async function hashFile(path: string): Promise<string | undefined> {
  try {
    return createHash('sha256').update(await readFile(path)).digest('hex')
  } catch (error) {
    if (systemErrorCode(error) !== undefined) return undefined
    throw error
  }
}
