/** For tests: packets written as RFCs show them, byte by byte, and sums made the slow way. */

/** Bytes from hex, with blanks where one likes. */
export const hex = (text: string): Uint8Array => Uint8Array.from(text.replaceAll(/\s+/g, '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

export const showHex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')

/** Adds up words in ones' complement, as RFC 1071 defines it. */
export function slowSum(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}
