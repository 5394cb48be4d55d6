/**
 * GUIDs as partition tables store them. Source: UEFI specification 2.10, appendix A; RFC 9562, 5.8 (version 8).
 */
import { createHash } from 'node:crypto'

export const GUID_BYTES = 16

/** Stored little endian: the first three fields, of 4, 2 and 2 bytes. */
const SWAPPED = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

/**
 * @param text `C12A7328-F81F-11D2-BA4B-00A0C93EC93B`, in any case
 * @returns its 16 bytes as UEFI stores them
 */
export function guidBytes(text: string): Uint8Array {
  const digits = text.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(digits)) throw new RangeError(`${JSON.stringify(text)} is not a GUID.`)
  return swapped(Buffer.from(digits, 'hex'))
}

/** @param stored 16 bytes as UEFI stores them */
export function guidText(stored: Uint8Array): string {
  const digits = Buffer.from(swapped(stored)).toString('hex').toUpperCase()
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')
}

/**
 * A GUID made of what it names, so that the same content has the same: version 8, whose bits RFC 9562 leaves to us; here the first
 * of SHA-256.
 * @param parts what is named; their order counts
 */
export function guidOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(createHash('sha256').update(part).digest())
  const bytes = hash.digest().subarray(0, GUID_BYTES)
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return guidText(swapped(bytes))
}

function swapped(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(SWAPPED, (from) => bytes[from] ?? 0)
}
