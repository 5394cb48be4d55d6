/** What became of one test vector. */
export type Outcome =
  | { readonly status: 'passed' }
  | { readonly status: 'failed'; readonly differences: readonly string[] }
  /** Not judged, and why: the row does not exist, the outcome is not architectural, processors differ by design. */
  | { readonly status: 'skipped'; readonly reason: string }

export const PASSED: Outcome = { status: 'passed' }

export const hex = (value: number | bigint): string => value.toString(16)

/** At most so many differences are worth reading for one vector. */
export const MOST_DIFFERENCES = 12
