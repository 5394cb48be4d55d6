/** The 32-bit part of the UEFI programs as data for them: relocatable, though it is linked for one address. */
import type { FlatSource } from './assembler'
import { ImageError } from './errors'

/** Where the part is linked. That address and the next one differ in one bit of a word's third byte. */
export const BLOB_ADDRESSES = [0x100000, 0x110000] as const

const DISTANCE = BLOB_ADDRESSES[1] - BLOB_ADDRESSES[0]
/** Adding the distance changes this byte of a word in any case, and none before it. */
const FIRST_CHANGED_BYTE = 2

/**
 * Finds the 32-bit words that depend on the place.
 * @param first, second the same program, linked at {@link BLOB_ADDRESSES}
 * @returns byte offsets of little-endian words, ascending
 * @throws ImageError when the two differ in any other way
 */
export function findFixups(first: Uint8Array, second: Uint8Array): number[] {
  if (first.length !== second.length) throw notRelocatable(`one has ${first.length} bytes, the other ${second.length}`)
  const at = new DataView(first.buffer, first.byteOffset, first.byteLength)
  const moved = new DataView(second.buffer, second.byteOffset, second.byteLength)
  const fixups: number[] = []
  for (let index = 0; index < first.length; index++) {
    if (first[index] === second[index]) continue
    const word = index - FIRST_CHANGED_BYTE
    const end = fixups.length === 0 ? 0 : (fixups.at(-1) ?? 0) + 4
    if (word < end || word + 4 > first.length || (at.getUint32(word, true) + DISTANCE) >>> 0 !== moved.getUint32(word, true))
      throw notRelocatable(`byte ${index} is ${first[index]} in one and ${second[index]} in the other`)
    fixups.push(word)
    index = word + 3
  }
  return fixups
}

function notRelocatable(why: string): ImageError {
  return new ImageError({
    what: 'The 32-bit part of the UEFI loader cannot be moved to where there is room for it.',
    where: 'resources/loader/uefi/blob.ld',
    why: `Linked at two addresses it must differ by their distance in whole 32-bit words, but ${why}.`,
    next: 'Check that none of its sources keeps part of an address.',
  })
}

const numbers = (values: Iterable<number>): string => Array.from(values).join(',')

/** A C file that defines the part's bytes and fixups. */
export function blobSource(first: Uint8Array, second: Uint8Array): FlatSource {
  const fixups = findFixups(first, second)
  const text = `#include "program.h"
const uint8_t blob[] = {${numbers(first)}};
const uint32_t blob_bytes = ${first.length};
const uint32_t blob_fixups[] = {${numbers(fixups)}};
const uint32_t blob_fixup_count = ${fixups.length};
`
  return { name: 'blob.c', text }
}
