import { describe, expect, it } from 'vitest'
import { assembleFlat } from '../toolchain/assemble-flat'
import { BLOB_ADDRESSES, blobSource, findFixups } from './uefi-blob'

/** Words and unaligned words that hold addresses, among bytes that do not; one word whose addition carries into its highest byte. */
const SOURCE = `
start: .long start, 0x12345678
  .byte 0x90
  .long end, start + 0xef0000
  .byte 1, 2, 3
end:`
const linked = async (address: number): Promise<Uint8Array> =>
  assembleFlat({ sources: [{ name: 'a.S', text: SOURCE }], defines: {}, linkerScript: `SECTIONS { . = ${address}; .text : { *(.text) } }` })

describe('fixups of a program that is linked at two addresses', () => {
  it('are the words that hold addresses', async () => {
    const [first, second] = [await linked(BLOB_ADDRESSES[0]), await linked(BLOB_ADDRESSES[1])]
    expect(findFixups(first, second)).toEqual([0, 9, 13])
    expect(blobSource(first, second).text).toContain('blob_fixups[] = {0,9,13}')
  })

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['the length', (bytes) => bytes.subarray(1)],
    ['a byte outside any address', (bytes) => bytes.with(8, 0x91)],
    ['part of an address', (bytes) => bytes.with(3, 0x77)],
    ['the last byte', (bytes) => bytes.with(bytes.length - 1, 0x77)],
  ])('are refused when %s differs in another way', async (_name, change) => {
    const [first, second] = [await linked(BLOB_ADDRESSES[0]), await linked(BLOB_ADDRESSES[1])]
    expect(() => findFixups(first, change(second))).toThrow(/cannot be moved/)
  })
})
