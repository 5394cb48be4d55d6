/** When a machine's real-time clock begins, as manifest and command line have it. */

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/

export const CLOCK_HINT = 'a clock begins "now", or at a time (UTC) such as "2026-01-01T12:00:00Z".'

/** @returns milliseconds since 1970 (UTC) for `now` and for a time; undefined for any other text */
export function clockStart(text: string): number | undefined {
  if (text === 'now') return Date.now()
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
