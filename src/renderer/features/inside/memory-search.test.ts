import { expect, test } from 'vitest'
import { toBase64 } from '../machine/base64'
import { findAll, parsePattern, searchMemory } from './memory-search'

test.each([
  ['55 aa', [0x55, 0xaa]],
  ['0x55AA', [0x55, 0xaa]],
  ['0x55, 0xaa', [0x55, 0xaa]],
  ['55aa', [0x55, 0xaa]],
  ['abc', [0x61, 0x62, 0x63]],
  ['Hello', [0x48, 0x65, 0x6c, 0x6c, 0x6f]],
  ['"cafe"', [0x63, 0x61, 0x66, 0x65]],
  ['cafe', [0xca, 0xfe]],
])('%s', (text, bytes) => {
  expect([...(parsePattern(text) ?? [])]).toEqual(bytes)
})

test('nothing is no pattern', () => {
  expect(parsePattern('  ')).toBeUndefined()
})

test('all places in a piece, those that overlap too', () => {
  expect(findAll(Uint8Array.of(1, 1, 1, 2, 1, 1), Uint8Array.of(1, 1))).toEqual([0, 1, 4])
  expect(findAll(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3))).toEqual([])
})

/** 256 KiB of zeros with "mark" at some places; the page at 20000h is not mapped. */
function memory(places: readonly number[]) {
  const all = new Uint8Array(0x40000)
  for (const place of places) all.set(new TextEncoder().encode('mark'), place)
  const reads: number[] = []
  return {
    reads,
    read: async (address: bigint, bytes: number) => {
      const start = Number(address)
      reads.push(start)
      const pages = []
      for (let at = start; at < start + bytes; at = (Math.floor(at / 4096) + 1) * 4096) {
        const end = Math.min((Math.floor(at / 4096) + 1) * 4096, start + bytes)
        pages.push({ address: `0x${at.toString(16)}`, bytes: end - at, state: Math.floor(at / 4096) === 0x20 ? ('unmapped' as const) : ('ram' as const) })
      }
      return { address: `0x${address.toString(16)}`, data: toBase64(all.subarray(start, start + bytes)), pages }
    },
  }
}

const mark = new TextEncoder().encode('mark')

test('a search finds matches that reach over two pieces, once each, and none that cannot be read', async () => {
  const { read, reads } = memory([0x100, 0xeffe, 0xf000 + 8, 0x20010, 0x3fffc])
  const shares: number[] = []
  const found = await searchMemory({ space: 'linear', first: 0n, last: 0x3ffffn, pattern: mark, read, onProgress: (share) => shares.push(share), signal: new AbortController().signal })
  expect(found).toEqual({ addresses: [0x100n, 0xeffen, 0xf008n, 0x3fffcn], more: false })
  expect(reads.length).toBeGreaterThan(4)
  expect(shares.at(-1)).toBe(1)
})

test('a search keeps to its range', async () => {
  const { read } = memory([0x100, 0x200, 0x300])
  const range = { space: 'linear' as const, pattern: mark, read, onProgress: () => undefined, signal: new AbortController().signal }
  expect((await searchMemory({ ...range, first: 0x101n, last: 0x302n })).addresses).toEqual([0x200n])
  expect((await searchMemory({ ...range, first: 0x101n, last: 0x303n })).addresses).toEqual([0x200n, 0x300n])
})

test('a search can be stopped', async () => {
  const { read, reads } = memory([])
  const controller = new AbortController()
  const search = searchMemory({ space: 'linear', first: 0n, last: 0x3ffffn, pattern: mark, read, onProgress: () => controller.abort(), signal: controller.signal })
  await expect(search).rejects.toMatchObject({ name: 'AbortError' })
  expect(reads).toHaveLength(1)
})
