/** The MC146818A's ten time bytes' arithmetic: how it writes times in its registers, and what they are some seconds later (data sheet MC146818A/D, "Time, calendar, and alarm locations"). */

/** How times are written: bits DM and 24/12 of register B. */
export interface ClockForm {
  readonly binary: boolean
  readonly hours24: boolean
}

/** What the clock's registers hold; hours 0–23, Sunday is weekday 1, years within their century. Software can have put any numbers there. */
export interface ClockTime {
  readonly seconds: number
  readonly minutes: number
  readonly hours: number
  readonly weekday: number
  readonly day: number
  readonly month: number
  readonly year: number
  readonly century: number
}

const AFTERNOON = 0x80
export const SECONDS_PER_DAY = 86_400

export const encodeNumber = (value: number, { binary }: ClockForm): number => (binary ? value : Math.floor(value / 10) * 16 + (value % 10)) & 0xff

export const decodeNumber = (byte: number, { binary }: ClockForm): number => (binary ? byte : (byte >> 4) * 10 + (byte & 15))

/** With 12 hours, midnight is 12 in the morning, and noon 12 with bit 7. */
export function encodeHours(hours: number, form: ClockForm): number {
  if (form.hours24) return encodeNumber(hours, form)
  return encodeNumber(hours % 12 === 0 ? 12 : hours % 12, form) | (hours >= 12 ? AFTERNOON : 0)
}

export function decodeHours(byte: number, form: ClockForm): number {
  if (form.hours24) return decodeNumber(byte, form)
  return (decodeNumber(byte & ~AFTERNOON, form) % 12) + (byte & AFTERNOON ? 12 : 0)
}

export const timeOfDay = ({ hours, minutes, seconds }: ClockTime): number => hours * 3600 + minutes * 60 + seconds

/** The day that it is, as a Date at 0:00 UTC; days and months that do not exist are counted on from the last one that does. */
export function dateOf({ century, year, month, day }: ClockTime): Date {
  const date = new Date(0)
  date.setUTCFullYear(century * 100 + year, month - 1, day)
  return date
}

export function timeFrom(date: Date): ClockTime {
  const year = date.getUTCFullYear()
  return {
    seconds: date.getUTCSeconds(), minutes: date.getUTCMinutes(), hours: date.getUTCHours(),
    weekday: date.getUTCDay() + 1, day: date.getUTCDate(), month: date.getUTCMonth() + 1, year: year % 100, century: Math.floor(year / 100),
  }
}

/** The day of the week goes on by itself, whatever the date is; the date is looked at when a day is over, not before. */
export function later(time: ClockTime, seconds: number): ClockTime {
  const total = timeOfDay(time) + seconds
  const days = Math.floor(total / SECONDS_PER_DAY)
  const rest = total % SECONDS_PER_DAY
  const clock = { seconds: rest % 60, minutes: Math.floor(rest / 60) % 60, hours: Math.floor(rest / 3600) }
  if (days === 0) return { ...time, ...clock }
  const date = dateOf(time)
  date.setUTCDate(date.getUTCDate() + days)
  return { ...timeFrom(date), weekday: ((time.weekday + 6 + days) % 7) + 1, ...clock }
}
