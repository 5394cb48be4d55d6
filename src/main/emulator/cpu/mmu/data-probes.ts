/**
 * Memory that somebody outside the guest watches (a debugger). Pages with watched bytes have hidden entries in the TLBs: inline lookups miss, so
 * every access comes to the MMU, which finds the translation there all the same. So a watched guest sees what an unwatched one sees, even where
 * it relies on translations that are out of date.
 */
const PAGE_BYTES = 4096
const PAGE_SHIFT = 12n

export interface DataAccess {
  readonly linear: bigint
  /** Of the first byte, and of the first one on the next page where the access crosses into it. */
  readonly physical: number
  readonly bytes: number
  readonly writes: boolean
}

/** Bytes from `first` to `last`, both included. */
export interface WatchedRange {
  readonly space: 'linear' | 'physical'
  readonly first: bigint
  readonly last: bigint
}

export class DataProbes {
  /** Some range is watched. */
  armed = false
  /** Hears of accesses that touch a watched range, before they happen and after all that could fault. */
  onAccess: (range: WatchedRange, access: DataAccess) => void = () => undefined
  /** Who hears that other pages are watched. */
  readonly onChange: (() => void)[] = []
  #ranges: readonly WatchedRange[] = []

  set(ranges: readonly WatchedRange[]): void {
    this.#ranges = ranges
    this.armed = ranges.length > 0
    for (const listener of this.onChange) listener()
  }

  /** Whether a page holds watched bytes; `linear` and `frame` are its first bytes' addresses. */
  watchesPage(linear: bigint, frame: number): boolean {
    return this.#ranges.some(({ space, first, last }) => {
      const page = (space === 'linear' ? linear : BigInt(frame)) >> PAGE_SHIFT
      return page >= first >> PAGE_SHIFT && page <= last >> PAGE_SHIFT
    })
  }

  /** An access whose first byte is at `first`, and whose first one on a second page at `second`. */
  note(linear: bigint, bytes: number, writes: boolean, first: number, second: number): void {
    const inPage = Math.min(bytes, PAGE_BYTES - (first % PAGE_BYTES))
    for (const range of this.#ranges) {
      const hit =
        range.space === 'linear'
          ? overlaps(range, linear, bytes)
          : overlaps(range, BigInt(first), inPage) || (inPage < bytes && overlaps(range, BigInt(second), bytes - inPage))
      if (hit) this.onAccess(range, { linear, physical: first, bytes, writes })
    }
  }
}

function overlaps({ first, last }: WatchedRange, start: bigint, bytes: number): boolean {
  return start <= last && first < start + BigInt(bytes)
}
