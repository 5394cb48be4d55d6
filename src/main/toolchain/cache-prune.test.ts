import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cacheFolder, markUsed } from './cache'
import { pruneCache, pruneCacheDaily } from './cache-prune'
import { ownCache } from './testing'

const HOUR = 3_600_000
const NOW = Date.parse('2026-06-01T12:00:00Z')

/** An entry of so many bytes, used so many hours ago. */
async function entry(kind: string, name: string, bytes: number, hoursAgo: number): Promise<string> {
  const path = join(await cacheFolder(kind), name)
  await mkdir(join(path, 'inside'), { recursive: true })
  await writeFile(join(path, 'inside', 'file'), Buffer.alloc(bytes))
  const used = new Date(NOW - hoursAgo * HOUR)
  await utimes(path, used, used)
  return path
}

it('what was used longest ago goes first, until the rest fits', async () => {
  const cache = await ownCache()
  await entry('cargo-core', 'old', 400_000, 300)
  await entry('cargo-core', 'middle', 400_000, 200)
  await entry('flat', 'young', 400_000, 100)
  const pruned = await pruneCache({ limit: 900_000, now: NOW })
  expect(pruned.entries).toBe(1)
  expect(pruned.bytes).toBeGreaterThanOrEqual(400_000)
  expect(await readdir(join(cache, 'cargo-core'))).toEqual(['middle'])
  expect(await readdir(join(cache, 'flat'))).toEqual(['young'])
})

it('what was not used for two months goes although there is room, and what is at work stays although there is none', async () => {
  const cache = await ownCache()
  await entry('runtime', 'forgotten', 10, 61 * 24)
  await entry('runtime', 'known', 10, 59 * 24)
  expect(await pruneCache({ now: NOW })).toMatchObject({ entries: 1 })
  expect(await readdir(join(cache, 'runtime'))).toEqual(['known'])
  await entry('tools', 'at work', 400_000, 0.5)
  await pruneCache({ limit: 1, now: NOW })
  expect(await readdir(join(cache, 'runtime'))).toEqual([])
  expect(await readdir(join(cache, 'tools'))).toEqual(['at work'])
})

it('sources of crates, which refer to each other, stay or go together', async () => {
  const cache = await ownCache()
  await entry('crates', 'a', 400_000, 300)
  await entry('crates', 'b', 400_000, 100)
  await entry('flat', 'c', 400_000, 200)
  await pruneCache({ limit: 900_000, now: NOW })
  expect(await readdir(join(cache, 'crates'))).toEqual(['a', 'b'])
  expect(await readdir(join(cache, 'flat'))).toEqual([])
})

it('use is noted', async () => {
  await ownCache()
  const path = await entry('cargo-core', 'used', 10, 61 * 24)
  expect(await markUsed(path)).toBe(true)
  expect(await markUsed(`${path}-not`)).toBe(false)
  expect(await pruneCache({ now: Date.now() })).toEqual({ entries: 0, bytes: 0 })
})

it('is done once a day', async () => {
  await ownCache()
  await cacheFolder('flat')
  expect(await pruneCacheDaily()).toEqual({ entries: 0, bytes: 0 })
  expect(await pruneCacheDaily()).toBeUndefined()
  expect(await pruneCacheDaily({ now: Date.now() + 25 * HOUR })).toEqual({ entries: 0, bytes: 0 })
})
