/** Where a 32-bit word stands in a file, little endian, at multiples of `alignment`; searched by the runtime's own fast search. */
export function* wordOffsets(bytes: Uint8Array, word: number, alignment: number, end: number): Generator<number> {
  const searched = Buffer.from(bytes.buffer, bytes.byteOffset, Math.max(0, Math.min(bytes.length, end)))
  const wanted = Buffer.from(Uint32Array.of(word).buffer)
  for (let at = searched.indexOf(wanted); at !== -1; at = searched.indexOf(wanted, at + 1)) if (at % alignment === 0) yield at
}
