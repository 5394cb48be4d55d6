import { describe, expect, test } from 'vitest'
import { ImageError } from './errors'
import { checkMultiboot2Features, findMultiboot2Header } from './multiboot2'

const MAGIC = 0xe85250d6

/** A file with a header of these tags at an offset: type, flags, words. */
function fileWith(offset: number, tags: [type: number, flags: number, ...words: number[]][], length = 40_000, architecture = 0): Uint8Array {
  const words: number[] = []
  for (const [type, flags, ...rest] of [...tags, [0, 0] as const]) {
    words.push(type | (flags << 16), 8 + 4 * rest.length, ...rest)
    if (words.length % 2) words.push(0)
  }
  const bytes = 16 + 4 * words.length
  const file = new Uint8Array(length)
  const view = new DataView(file.buffer)
  for (const [index, word] of [MAGIC, architecture, bytes, -(MAGIC + architecture + bytes) >>> 0, ...words].entries()) view.setUint32(offset + 4 * index, word, true)
  return file
}

describe('the search', () => {
  test.each([0, 8, 0x1000, 32_768 - 24])('finds a header at %i', (offset) => {
    expect(findMultiboot2Header(fileWith(offset, []))).toEqual({ header: { offset, tags: [] } })
  })
  test('wants it aligned to 8', () => expect(findMultiboot2Header(fileWith(12, []))).toEqual({}))
  test('wants it wholly inside the first 32768 bytes', () => {
    expect(findMultiboot2Header(fileWith(32_768 - 16, []))).toMatchObject({ nearly: { offset: 32_752, reason: 'too-far' } })
  })
  test('tells a wrong checksum and another processor', () => {
    const wrong = fileWith(16, [])
    wrong[28] = 1
    expect(findMultiboot2Header(wrong)).toMatchObject({ nearly: { offset: 16, reason: 'checksum' } })
    expect(findMultiboot2Header(fileWith(16, [], 4096, 4))).toMatchObject({ nearly: { offset: 16, reason: 'architecture' } })
  })
  test('reads the tags, 8-aligned', () => {
    const { header } = findMultiboot2Header(fileWith(64, [[3, 0, 0x100000], [1, 1, 4, 6, 8]]))
    expect(header?.tags).toEqual([{ type: 3, flags: 0, words: [0x100000] }, { type: 1, flags: 1, words: [4, 6, 8] }])
  })
  test.each([0, 15])('finds nothing in %i bytes', (length) => expect(findMultiboot2Header(new Uint8Array(length))).toEqual({}))
  test('damaged tags end the list', () => {
    const file = fileWith(0, [[3, 0, 0x100000]])
    new DataView(file.buffer).setUint32(20, 0, true)
    expect(findMultiboot2Header(file).header?.tags).toEqual([])
  })
})

describe('required features', () => {
  const check = (...tags: Parameters<typeof fileWith>[1]): void => {
    const { header } = findMultiboot2Header(fileWith(0, tags))
    if (header) checkMultiboot2Features(header, 'kernel')
  }
  test.each<[string, [number, number, ...number[]]]>([
    ['information that is there', [1, 0, 1, 2, 3, 4, 5, 6, 8, 9, 13, 14, 15, 21]],
    ['optional information that is not', [1, 1, 7, 10, 16, 99]],
    ['an entry address', [3, 0, 0x100000]],
    ['page-aligned modules', [6, 0]],
    ['tags for EFI', [9, 0, 0x100000]],
    ['a graphics mode', [5, 0, 800, 600, 32]],
    ['an unknown optional tag', [77, 1]],
  ])('%s is accepted', (_name, tag) => expect(() => check(tag)).not.toThrow())
  test.each<[string, [number, number, ...number[]], RegExp]>([
    ['information that is not there', [1, 0, 6, 16], /information of type 16 \(network information\)/],
    ['information nobody knows', [1, 0, 99], /information of type 99 \(unknown\)/],
    ['an unknown tag', [77, 0], /tag 77/],
  ])('%s is refused', (_name, tag, says) => {
    expect(() => check(tag)).toThrow(ImageError)
    expect(() => check(tag)).toThrow(says)
  })
})
