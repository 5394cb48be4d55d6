/** Finds bytes or text in memory. */
import { MAX_MEMORY_BYTES_READ, type MemoryView } from '../../../shared/debug'
import { byteAt, partOf, type Space } from './memory-rows'

/** Found places that are kept. */
const MOST_FOUND = 1000
const PAGE = 4096n
/** In which a pattern of bytes may begin and end. */
const QUOTED = /^"(.+)"$/s

/** `55 aa`, `0x55aa` or `55aa` are bytes as they stand in memory; anything else is text, and so is what has quotes. */
export function parsePattern(text: string): Uint8Array | undefined {
  const quoted = QUOTED.exec(text)?.[1]
  if (quoted !== undefined) return new TextEncoder().encode(quoted)
  const digits = text.trim().replace(/^0x/i, '').replaceAll(/[\s,]+(?:0x)?/gi, '')
  if (digits === '') return undefined
  if (/^(?:[0-9a-f]{2})+$/i.test(digits)) return Uint8Array.from(digits.match(/../g) ?? [], (byte) => parseInt(byte, 16))
  return new TextEncoder().encode(text)
}

/** Offsets at which the pattern stands. */
export function findAll(bytes: Uint8Array, pattern: Uint8Array): number[] {
  const [first] = pattern
  const found: number[] = []
  if (first === undefined) return found
  for (let at = bytes.indexOf(first); at >= 0 && at + pattern.length <= bytes.length; at = bytes.indexOf(first, at + 1)) {
    if (pattern.every((byte, index) => bytes[at + index] === byte)) found.push(at)
  }
  return found
}

export interface SearchOptions {
  readonly space: Space
  readonly first: bigint
  /** The last address that a match may cover. */
  readonly last: bigint
  readonly pattern: Uint8Array
  read(address: bigint, bytes: number): Promise<MemoryView>
  /** Told after each piece: how much of the whole is done, 0 to 1. */
  onProgress(share: number): void
  readonly signal: AbortSignal
}

export interface Found {
  readonly addresses: readonly bigint[]
  /** There are more. */
  readonly more: boolean
}

/** Reads piece by piece; matches that reach over two pieces are found, too, and none over what cannot be read. */
export async function searchMemory({ space, first, last, pattern, read, onProgress, signal }: SearchOptions): Promise<Found> {
  const addresses: bigint[] = []
  const overlap = pattern.length - 1
  const step = BigInt(MAX_MEMORY_BYTES_READ) - PAGE
  for (let at = first; at <= last; at += step) {
    signal.throwIfAborted()
    const left = last - at + 1n
    const length = Number(left < step + BigInt(overlap) ? left : step + BigInt(overlap))
    const view = await read(at, length)
    const part = partOf(space, view)
    for (const offset of findAll(part.bytes, pattern)) {
      const address = at + BigInt(offset)
      // What begins behind the step is found by the next piece.
      if (BigInt(offset) >= step) break
      if (byteAt(part, address) === undefined || byteAt(part, address + BigInt(overlap)) === undefined) continue
      addresses.push(address)
      if (addresses.length >= MOST_FOUND) return { addresses, more: true }
    }
    onProgress(Math.min(1, Number(at + step - first) / Number(last - first + 1n)))
  }
  return { addresses, more: false }
}
