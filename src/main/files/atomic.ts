/** Writes that are either whole or not there. */
import { randomBytes } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
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
  if (await hasContent(path, bytes)) return false
  await writeThroughTemporary(path, bytes)
  return true
}

const CHUNK_BYTES = 1 << 20
/** From here on, empty blocks are left out: disk images are mostly zeros. */
const SPARSE_FROM_BYTES = 4 << 20
const BLOCK = Buffer.alloc(64 * 1024)

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

/** The same bytes as writeFile; blocks of zeros take no room where the file system can do that. */
async function writeSparsely(file: FileHandle, bytes: Buffer): Promise<void> {
  await file.truncate(bytes.length)
  const isEmpty = (at: number): boolean => {
    const block = bytes.subarray(at, at + BLOCK.length)
    return block.equals(BLOCK.subarray(0, block.length))
  }
  for (let at = 0; at < bytes.length; ) {
    if (isEmpty(at)) {
      at += BLOCK.length
      continue
    }
    let end = at + BLOCK.length
    while (end < bytes.length && !isEmpty(end)) end += BLOCK.length
    end = Math.min(end, bytes.length)
    while (at < end) at += (await file.write(bytes, at, end - at, at)).bytesWritten
  }
}

async function writeThroughTemporary(file: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    if (typeof content === 'string' || content.length < SPARSE_FROM_BYTES) await writeFile(temporary, content, { flag: 'wx' })
    else await writeLarge(temporary, Buffer.from(content.buffer, content.byteOffset, content.byteLength))
    if (mode !== undefined) await chmod(temporary, mode)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeLarge(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await writeSparsely(file, bytes)
  } finally {
    await file.close()
  }
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
