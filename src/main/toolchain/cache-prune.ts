import { randomBytes } from 'node:crypto'
import { lstat, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from './cache'
import { systemErrorCode } from './errors'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What was not used for this long goes in any case. */
const UNUSED_MILLISECONDS = 60 * DAY
/** What was used just now may be at work in another process. */
const AT_WORK_MILLISECONDS = HOUR
/** Larger than this, the cache loses what was used longest ago. A compiled core takes some 60 MiB. */
const DEFAULT_LIMIT_BYTES = 4 * 2 ** 30

/** Kinds whose entries refer to each other: they stay or go together. */
const TOGETHER: ReadonlySet<string> = new Set(['crates', 'crate-sources', 'zig'])

const STAMP = 'last-tidied'

export interface PruneOptions {
  /** Bytes. */
  limit?: number
  /** Milliseconds since 1970. */
  now?: number
}

export interface Pruned {
  entries: number
  bytes: number
}

interface Entry {
  paths: string[]
  bytes: number
  /** Milliseconds since 1970. */
  used: number
}

/** Tidy the cache when that was not done for a day. Returns undefined when it was. */
export async function pruneCacheDaily(options: PruneOptions = {}): Promise<Pruned | undefined> {
  const now = options.now ?? Date.now()
  const stamp = join(cacheDirectory(), STAMP)
  const last = await stat(stamp).catch(absent)
  if (last !== undefined && now - last.mtimeMs < DAY) return undefined
  await writeFile(stamp, `${new Date(now).toISOString()}\n`)
  return pruneCache(options)
}

/**
 * Remove from the cache what was not used for long, and of the rest what was used longest ago until it is no larger than the limit.
 * An entry gets another name before its files go, so that nobody takes half of it for the whole.
 */
export async function pruneCache({ limit = DEFAULT_LIMIT_BYTES, now = Date.now() }: PruneOptions = {}): Promise<Pruned> {
  const entries = (await cacheEntries(cacheDirectory())).toSorted((a, b) => a.used - b.used)
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0)
  const pruned: Pruned = { entries: 0, bytes: 0 }
  for (const { paths, bytes, used } of entries) {
    const age = now - used
    if (age < AT_WORK_MILLISECONDS || (age < UNUSED_MILLISECONDS && total <= limit)) continue
    for (const path of paths) await removeWhole(path)
    total -= bytes
    pruned.entries += 1
    pruned.bytes += bytes
  }
  return pruned
}

/** The cache's folders by kind hold one entry for each thing that can be made again. */
async function cacheEntries(directory: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const kind of await namesIn(directory)) {
    const folder = join(directory, kind)
    const single: Entry[] = []
    for (const name of await namesIn(folder)) single.push(await measure(join(folder, name)))
    if (TOGETHER.has(kind)) entries.push({ paths: single.flatMap(({ paths }) => paths), bytes: single.reduce((sum, { bytes }) => sum + bytes, 0), used: Math.max(0, ...single.map(({ used }) => used)) })
    else entries.push(...single)
  }
  return entries.filter(({ paths }) => paths.length > 0)
}

async function measure(path: string): Promise<Entry> {
  const found = await lstat(path)
  let bytes = found.size
  if (found.isDirectory()) for (const name of await namesIn(path)) bytes += (await measure(join(path, name))).bytes
  return { paths: [path], bytes, used: found.mtimeMs }
}

async function removeWhole(path: string): Promise<void> {
  const going = `${path}.${randomBytes(4).toString('hex')}.tmp`
  await rename(path, going)
  await rm(going, { recursive: true, force: true })
}

/** None when the folder is a file, or was removed meanwhile. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return []
    throw error
  }
}

function absent(error: unknown): undefined {
  if (systemErrorCode(error) === 'ENOENT') return undefined
  throw error
}
