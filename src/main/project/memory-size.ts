const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }
const MIN_BYTES = 2 ** 20
const MAX_BYTES = 3 * 2 ** 30

/**
 * The bytes that a memory size such as "128M" or "1G" stands for. A bare number counts MiB, as QEMU's -m does.
 * The PC's low hole below 4 GiB bounds it at 3G.
 */
export function memorySize(text: string): { ok: true; bytes: number } | { ok: false; why: string } {
  const match = /^([0-9]{1,10})([KMG]?)$/i.exec(text.trim())
  const unit = match?.[2]?.toUpperCase() || 'M'
  if (match?.[1] === undefined) return { ok: false, why: `${JSON.stringify(text)} is not a memory size: write a number with K, M or G, such as "128M".` }
  const bytes = Number(match[1]) * (UNITS[unit] ?? 1)
  if (bytes < MIN_BYTES || bytes > MAX_BYTES) return { ok: false, why: `${text} is out of range: the machine has 1M to 3G of memory.` }
  return { ok: true, bytes }
}
