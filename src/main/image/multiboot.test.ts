import { describe, expect, test } from 'vitest'
import { ImageError } from './errors'
import { checkMultibootFeatures, findMultibootHeader } from './multiboot'

/** A file with a header at an offset. */
function fileWith(offset: number, words: number[], length = 20_000): Uint8Array {
  const file = new Uint8Array(length)
  const view = new DataView(file.buffer)
  for (const [index, word] of words.entries()) view.setUint32(offset + 4 * index, word, true)
  return file
}

const header = (flags: number, ...rest: number[]): number[] => [0x1badb002, flags, -(0x1badb002 + flags) >>> 0, ...rest]

describe('the search', () => {
  test.each([0, 4, 4096, 8192 - 12])('finds a header at %i', (offset) => {
    expect(findMultibootHeader(fileWith(offset, header(3)))).toEqual({ header: { offset, flags: 3 } })
  })

  test('reads the addresses that bit 16 announces', () => {
    const addresses = { header: 0x100000, load: 0x100000, loadEnd: 0x101000, bssEnd: 0x102000, entry: 0x100020 }
    expect(findMultibootHeader(fileWith(0, header(0x10000, ...Object.values(addresses)))).header?.addresses).toEqual(addresses)
  })

  test('wants it wholly inside the first 8192 bytes', () => {
    expect(findMultibootHeader(fileWith(8192 - 8, header(3)))).toMatchObject({ nearly: { offset: 8184, reason: 'too-far' } })
    expect(findMultibootHeader(fileWith(8192 - 12, header(0x10000, 1, 2, 3, 4, 5)))).toMatchObject({ nearly: { offset: 8180, reason: 'too-far' } })
  })

  test('wants it aligned to 4', () => expect(findMultibootHeader(fileWith(6, header(3)))).toEqual({}))

  test('says when only the checksum is wrong, and goes on', () => {
    const wrong = fileWith(16, [0x1badb002, 3, 0])
    expect(findMultibootHeader(wrong)).toMatchObject({ nearly: { offset: 16, reason: 'checksum' } })
    wrong.set(fileWith(0, header(0), 12), 64)
    expect(findMultibootHeader(wrong)).toEqual({ header: { offset: 64, flags: 0 } })
  })

  test.each([0, 3, 11])('finds nothing in %i bytes', (length) => expect(findMultibootHeader(new Uint8Array(length))).toEqual({}))

  test('a header cut off by the end of the file is none', () => {
    expect(findMultibootHeader(fileWith(88, header(0x10000), 100))).toMatchObject({ nearly: { offset: 88, reason: 'too-far' } })
  })
})

describe('required features', () => {
  test.each([0, 1, 2, 4, 7, 0x10007, 0x20000])('flags %i are understood', (flags) => {
    expect(() => checkMultibootFeatures({ offset: 0, flags }, 'kernel')).not.toThrow()
  })
  test.each([8, 0x8000])('flags %i are not', (flags) => {
    expect(() => checkMultibootFeatures({ offset: 64, flags }, 'kernel')).toThrow(ImageError)
  })
})
