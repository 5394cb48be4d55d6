/** Numbers, counts, sizes, durations and times for people, as a language writes them. */

export interface Format {
  /** All digits, grouped: `12,345`. */
  number(value: number): string
  /** `7 ms`, `840 ms`, `2.4 s`. */
  duration(milliseconds: number): string
  /** Rounded to three digits: `950`, `12.3 k`, `4.56 M`. */
  count(value: number): string
  /** `3 hours ago`. @param now milliseconds since 1970 */
  ago(then: number, now: number): string
  /** As on a drive's label, in thousands: `512 bytes`, `1.5 MB`, `16 GB`. */
  bytes(value: number): string
  /** Rounded so that it does not jump about: `a few seconds`, `40 s`, `3 min`, `1 h 20 min`. */
  timeLeft(seconds: number): string
  /** `Jan 2, 2026`. @param milliseconds since 1970 */
  day(milliseconds: number): string
}

interface Units {
  millisecond: string
  second: string
  /** Shorter than a millisecond. */
  instant: string
  minute: string
  hour: string
  /** Time left that is not worth a number. */
  soon: string
  byte: string
}

const AGES: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, milliseconds: number])[] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['week', 7 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

const SIZES = ['KB', 'MB', 'GB', 'TB'] as const

/** Made when it is first used: each reads its language's data, and a start would wait for those of all languages. */
function onFirstUse<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

export function numberFormat(locale: string, options?: Intl.NumberFormatOptions): (value: number) => string {
  const format = onFirstUse(() => new Intl.NumberFormat(locale, options))
  return (value) => format().format(value)
}

export function createFormat(locale: string, units: Units, count: Format['count']): Format {
  const whole = numberFormat(locale, { maximumFractionDigits: 0 })
  const tenths = numberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const short = numberFormat(locale, { maximumFractionDigits: 1 })
  const days = onFirstUse(() => new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' }))
  const relative = onFirstUse(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))
  return {
    number: whole,
    duration(milliseconds) {
      if (milliseconds < 1) return units.instant
      if (milliseconds < 1000) return `${whole(milliseconds)} ${units.millisecond}`
      return `${(milliseconds < 10_000 ? tenths : whole)(milliseconds / 1000)} ${units.second}`
    },
    count,
    ago(then, now) {
      const [unit, size] = AGES.find(([, milliseconds]) => now - then >= milliseconds) ?? ['minute', Infinity]
      return relative().format(-Math.floor((now - then) / size), unit)
    },
    bytes(value) {
      const steps = [units.byte, ...SIZES]
      let scaled = value
      let step = 0
      for (; scaled >= 999.5 && step < SIZES.length; step++) scaled /= 1000
      return `${(scaled < 100 ? short : whole)(scaled)} ${steps[step]}`
    },
    timeLeft(seconds) {
      if (seconds < 8) return units.soon
      if (seconds < 100) return `${Math.round(seconds / 5) * 5} ${units.second}`
      const minutes = Math.round(seconds / 60)
      return minutes < 60 ? `${minutes} ${units.minute}` : `${Math.floor(minutes / 60)} ${units.hour} ${minutes % 60} ${units.minute}`
    },
    day: (milliseconds) => days().format(milliseconds),
  }
}

/** Picks the form of a word that a language uses with a count, by the rules of Unicode's CLDR. */
export function pluralOf(locale: string): (count: number, one: string, other: string) => string {
  const rules = onFirstUse(() => new Intl.PluralRules(locale))
  const number = numberFormat(locale)
  return (count, one, other) => `${number(count)} ${rules().select(count) === 'one' ? one : other}`
}
