import { expect, test, vi } from 'vitest'
import { createByteCache } from './byte-cache'

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))
const fetchAll = () => vi.fn(async (offset: number, length: number) => Uint8Array.from({ length }, (_, index) => (offset + index) >> 8))

test('bytes are fetched once, in pieces, and not beyond the end', async () => {
  const fetch = fetchAll()
  const cache = createByteCache(20_000, fetch, () => expect.unreachable())
  expect(cache.byte(17_000)).toBeUndefined()
  cache.want(16_000, 30_000)
  cache.want(16_000, 17_000)
  await settle()
  expect(fetch.mock.calls).toEqual([[0, 16_384], [16_384, 3_616]])
  expect([cache.byte(0), cache.byte(17_000), cache.byte(19_999), cache.byte(20_000)]).toEqual([0, 66, 78, undefined])
  expect(cache.store.getState()).toBe(2)
})

test('what was not looked at for long is let go', async () => {
  const fetch = fetchAll()
  const cache = createByteCache(2 ** 30, fetch, () => expect.unreachable())
  for (let chunk = 0; chunk < 70; chunk++) {
    cache.want(chunk * 16_384, chunk * 16_384 + 1)
    cache.want(0, 1)
  }
  await settle()
  expect(cache.byte(0)).toBe(0)
  expect(cache.byte(16_384)).toBeUndefined()
  expect(cache.byte(69 * 16_384)).toBe((69 * 64) & 0xff)
})

test('a failure is told once, and not tried again by itself', async () => {
  const errors: unknown[] = []
  const fetch = vi.fn(async () => Promise.reject(new Error('gone')))
  const cache = createByteCache(100, fetch, (error) => errors.push(error))
  cache.want(0, 10)
  await settle()
  cache.want(0, 10)
  await settle()
  expect(errors).toHaveLength(1)
  expect(fetch).toHaveBeenCalledTimes(1)
})
