import { createHash } from 'node:crypto'
import { mkdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import envPaths from 'env-paths'
import { systemErrorCode, ToolError } from './errors'

/** The folder for what can be made again: `BOOTLAB_CACHE_DIR`, or the operating system's place for caches. */
export function cacheDirectory(): string {
  return process.env['BOOTLAB_CACHE_DIR'] || envPaths('bootlab', { suffix: '' }).cache
}

/**
 * The full path of a part of the cache; the folder is created.
 * @throws ToolError when it cannot be
 */
export async function cacheFolder(...parts: string[]): Promise<string> {
  const path = join(cacheDirectory(), ...parts)
  try {
    await mkdir(path, { recursive: true })
    // A folder below that of its kind is one entry.
    if (parts.length > 1) await markUsed(path)
  } catch (cause) {
    throw new ToolError({
      what: 'The folder for what can be made again cannot be used',
      where: path,
      why: `The compiler works in it: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: 'Make it a folder that you may write to, or name another one in BOOTLAB_CACHE_DIR.',
      cause,
    })
  }
  return path
}

/**
 * Note that something in the cache is used now: what was not used for long goes first when room is made.
 * @returns whether it is there
 */
export async function markUsed(path: string): Promise<boolean> {
  const now = new Date()
  try {
    await utimes(path, now, now)
    return true
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** A key that changes when any of the parts changes; parts are kept apart, so that moving a byte between two also counts. */
export function contentKey(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${typeof part === 'string' ? Buffer.byteLength(part) : part.length}:`).update(part)
  return hash.digest('hex')
}
