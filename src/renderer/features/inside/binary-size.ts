const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** `4 KiB`, `1.5 MiB`: sizes of memory come in powers of two. */
export function binarySize(bytes: bigint): string {
  let unit = 0
  let rest = bytes
  while (rest >= 1024n && unit < UNITS.length - 1) {
    rest /= 1024n
    unit++
  }
  const value = Number(bytes) / 1024 ** unit
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${UNITS[unit] ?? ''}`
}
