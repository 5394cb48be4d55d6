/** Network byte order: numbers with the highest byte first. What lies beyond the end reads as zero, so that parsers check lengths once. */

export const get16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
export const get32 = (bytes: Uint8Array, at: number): number => get16(bytes, at) * 0x10000 + get16(bytes, at + 2)

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16)
  put16(bytes, at + 2, value & 0xffff)
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const decoder = new TextDecoder('latin1')
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
export const asText = (bytes: Uint8Array): string => decoder.decode(bytes)

/** A string that ends with a zero byte, from `at` on; undefined: there is no zero byte. */
export function zeroEnded(bytes: Uint8Array, at: number): string | undefined {
  const end = bytes.indexOf(0, at)
  return end < 0 ? undefined : asText(bytes.subarray(at, end))
}
