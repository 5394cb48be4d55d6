/** Times of a boot: from a microsecond to seconds, in three digits. */
const UNITS = [
  [1e6, 's'],
  [1e3, 'ms'],
  [0, 'µs'],
] as const

export function shortTime(microseconds: number): string {
  const [size, unit] = UNITS.find(([least]) => microseconds >= least) ?? [0, 'µs']
  const value = size === 0 ? microseconds : microseconds / size
  return `${value >= 100 || size === 0 ? Math.round(value) : value.toFixed(value >= 10 ? 1 : 2)} ${unit}`
}
