/** What is wrong with a kernel, a sector or an image: four sentences' worth, so that a person can act on it. */
export interface ImageErrorParts {
  /** What happened. */
  what: string
  /** Where: a file, with an offset or address when one is known. */
  where: string
  /** Why it matters. */
  why: string
  /** What to do next. */
  next: string
}

/** A kernel or image that cannot be used as it is. */
export class ImageError extends Error {
  override readonly name = 'ImageError'
  readonly what: string
  readonly where: string
  readonly why: string
  readonly next: string

  constructor(parts: ImageErrorParts, options?: ErrorOptions) {
    super(`${parts.where}: ${parts.what} ${parts.why} ${parts.next}`, options)
    this.what = parts.what
    this.where = parts.where
    this.why = parts.why
    this.next = parts.next
  }
}

/** A number as sources and tools write addresses: `0x100000`. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`
}
