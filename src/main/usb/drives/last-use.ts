/** When the files of a drive were last changed: it tells a forgotten stick from the one with this week's work. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Drive, Volume } from '../../../shared/drives'

/** Of a folder with more entries, the first so many are looked at. */
const MOST_ENTRIES = 500
/** A file system whose medium does not answer is left alone. */
const PATIENCE_MS = 1500

/**
 * The drives with `lastUsed` of their mounted volumes: the newest change of the root folder or of anything in it. On macOS programs that look into a
 * removable volume make the system ask the person for permission; there nothing is looked at.
 */
export async function withLastUse(drives: readonly Drive[], platform: NodeJS.Platform = process.platform): Promise<Drive[]> {
  if (platform === 'darwin') return [...drives]
  return Promise.all(drives.map(async (drive) => ({ ...drive, volumes: await dated(drive.volumes) })))
}

async function dated(volumes: readonly Volume[]): Promise<Volume[]> {
  return Promise.all(
    volumes.map(async (volume) => {
      const [point] = volume.mountPoints
      const lastUsed = point === undefined ? undefined : await within(PATIENCE_MS, newestChange(point))
      return { ...volume, ...(lastUsed !== undefined && { lastUsed }), volumes: await dated(volume.volumes) }
    }),
  )
}

/** Milliseconds since 1970; undefined where this user may not look. */
async function newestChange(folder: string): Promise<number | undefined> {
  try {
    const entries = await readdir(folder)
    const times = await Promise.all([folder, ...entries.slice(0, MOST_ENTRIES).map((name) => join(folder, name))].map((path) => changeOf(path)))
    return Math.max(...times.filter((time) => time !== undefined))
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

async function changeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    // A link that leads nowhere, or a file that is gone by now.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, milliseconds, undefined)))
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
