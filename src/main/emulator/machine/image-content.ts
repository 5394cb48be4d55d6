/** What is on a medium, to be had piece by piece: in memory, or in a file that is too large for that. */
import { createHash } from 'node:crypto'

export interface ImageContent {
  readonly bytes: number
  /** Copies what is from `at` on, as far as there is any, to the beginning of `to`. Throws a LabError when a file cannot give it any more. */
  read(at: number, to: Uint8Array): void
  /** Puts bytes into the file itself; absent: nothing is ever written there. Throws a LabError when they cannot be written. */
  readonly write?: (at: number, bytes: Uint8Array) => void
  /** A text that is the same for the same content only. */
  identity(): string
}

/** An image in memory, which is only read. */
export function contentOf(image: Uint8Array | ImageContent): ImageContent {
  if (!(image instanceof Uint8Array)) return image
  return {
    bytes: image.length,
    read: (at, to) => to.set(image.subarray(at, at + to.length)),
    identity: () => createHash('sha256').update(image).digest('hex'),
  }
}

/** A part of an image as if it were all; it is only read. */
export function partOf(image: ImageContent, first: number, most = Infinity): ImageContent {
  const bytes = Math.min(most, image.bytes - first)
  return {
    bytes,
    read: (at, to) => image.read(first + at, to.subarray(0, Math.max(0, bytes - at))),
    identity: () => `${first}+${bytes} of ${image.identity()}`,
  }
}

/** A copy of `count` bytes from `at` on; zeros where the image has none. */
export function copied(image: ImageContent, at: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  if (at < image.bytes) image.read(at, bytes)
  return bytes
}
