/** Writes that are either whole or not there. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LabError } from '../../shared/failure'

/**
 * Writes a file through a temporary one beside it, so that a reader sees the old bytes or the new ones. Makes missing
 * folders. An existing file keeps its permission bits; a symbolic link stays, and what it leads to is written.
 * @param mode permission bits instead
 * @throws LabError `bad-input` where a folder, a device or the like has the name: renaming would put a file in its place;
 * the system's error when the file cannot be written
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = (await orUndefined(realpath(path))) ?? path
  const found = await orUndefined(stat(file))
  if (found?.isFile() === false) {
    const what = found.isDirectory() ? 'This is a folder.' : 'This is not a regular file.'
    throw new LabError({ code: 'bad-input', what, where: path, why: 'A file would take its place.', next: 'Name a file.' })
  }
  await writeThroughTemporary(file, content, mode ?? (found && found.mode & 0o777))
}

/**
 * Gives a file its new content at once, in a folder that is there. One that has this content already is left alone.
 * @returns whether it was written
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<boolean> {
  // A view: images have megabytes.
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  const before = await orUndefined(readFile(path))
  if (before?.equals(bytes) === true) return false
  await writeThroughTemporary(path, bytes)
  return true
}

async function writeThroughTemporary(file: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await writeFile(temporary, content, { flag: 'wx' })
    if (mode !== undefined) await chmod(temporary, mode)
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
