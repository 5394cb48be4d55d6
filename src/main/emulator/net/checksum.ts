/** The Internet checksum (RFC 1071): the complement of the ones' complement sum of 16-bit words. */
import { get16, put16, put32 } from './bytes'

/** Of several pieces as if they followed each other; all but the last have an even length. Over bytes with their own checksum it is 0. */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0
  for (const part of parts) for (let at = 0; at < part.length; at += 2) sum += get16(part, at)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

/** Of a UDP datagram or TCP segment with the pseudo header in front (RFC 768; RFC 9293, 3.1). */
export function transportChecksum({ source, destination, protocol }: { source: number; destination: number; protocol: number }, segment: Uint8Array): number {
  const pseudo = new Uint8Array(12)
  put32(pseudo, 0, source)
  put32(pseudo, 4, destination)
  pseudo[9] = protocol
  put16(pseudo, 10, segment.length)
  return checksum(pseudo, segment)
}
