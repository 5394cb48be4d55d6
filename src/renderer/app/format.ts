/** Numbers for people. */

/** Bytes as on a drive's label, in thousands: `512 bytes`, `1.5 MB`, `16 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1).replace(/\.0$/, '')} ${units[unit]}`
}

/** Seconds, rounded so that they do not jump about: `a few seconds`, `40 s`, `3 min`, `1 h 20 min`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 8) return 'a few seconds'
  if (seconds < 100) return `${Math.round(seconds / 5) * 5} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** @param milliseconds since 1970 */
export function formatDay(milliseconds: number): string {
  return new Date(milliseconds).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' })
}
