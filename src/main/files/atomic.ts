/** Writes that are either whole or not there. */
import { randomBytes } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LabError } from '../../shared/failure'
import { writeSparsely } from './sparse'

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
  if (await hasContent(path, bytes)) return false
  await writeThroughTemporary(path, bytes)
  return true
}

const CHUNK_BYTES = 1 << 20
/** From here on, empty blocks are left out: disk images are mostly zeros. */
const SPARSE_FROM_BYTES = 4 << 20

/** Compares piece by piece: what changed differs early, as a rule. */
async function hasContent(path: string, bytes: Buffer): Promise<boolean> {
  const file = await orUndefined(open(path))
  if (!file) return false
  try {
    if ((await file.stat()).size !== bytes.length) return false
    const piece = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, bytes.length))
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(piece, 0, piece.length, at)
      if (bytesRead === 0 || !piece.subarray(0, bytesRead).equals(bytes.subarray(at, at + bytesRead))) return false
      at += bytesRead
    }
    return true
  } finally {
    await file.close()
  }
}

/**
 * A file gets the content that `fill` writes when that is whole, and on the disk; before, and when it fails, it is as it was.
 * @param fill gets the temporary file beside it, open for writing and reading
 * @param mode permission bits
 * @throws what `fill` throws; the system's error
 */
export async function fillFile<T>(path: string, fill: (file: FileHandle) => Promise<T>, mode?: number): Promise<T> {
  return throughTemporary(path, mode, async (file) => {
    const result = await fill(file)
    await file.sync()
    return result
  })
}

async function throughTemporary<T>(path: string, mode: number | undefined, fill: (file: FileHandle) => Promise<T>): Promise<T> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx+')
    let result: T
    try {
      result = await fill(file)
    } finally {
      await file.close()
    }
    if (mode !== undefined) await chmod(temporary, mode)
    await rename(temporary, path)
    return result
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeThroughTemporary(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
  await throughTemporary(path, mode, async (file) => {
    if (typeof content === 'string' || content.length < SPARSE_FROM_BYTES) return file.writeFile(content)
    await writeSparsely(file, content, 0)
    // Empty blocks at the end count as well.
    await file.truncate(content.length)
  })
}

/** What was found; undefined when there is no such file. */
async function orUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
