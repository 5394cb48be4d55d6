/** Internet Protocol, version 4 (RFC 791), without options and fragments of its own. */
import { get16, get32, put16, put32 } from './bytes'
import { checksum } from './checksum'

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const

const HEADER = 20
const DONT_FRAGMENT = 0x4000
/** More fragments, or an offset. */
const FRAGMENT = 0x3fff
const TTL = 64

export interface Ipv4Packet {
  readonly source: number
  readonly destination: number
  readonly protocol: number
  readonly payload: Uint8Array
}

/** A packet with its header as it came. Undefined: malformed, or a fragment, which nobody here puts together. */
export function parseIpv4(bytes: Uint8Array): (Ipv4Packet & { readonly header: Uint8Array }) | undefined {
  const headerBytes = ((bytes[0] ?? 0) & 0x0f) * 4
  const total = get16(bytes, 2)
  if (bytes.length < HEADER || (bytes[0] ?? 0) >> 4 !== 4 || headerBytes < HEADER || total < headerBytes || total > bytes.length) return undefined
  const header = bytes.subarray(0, headerBytes)
  if (checksum(header) !== 0 || (get16(bytes, 6) & FRAGMENT) !== 0) return undefined
  return { source: get32(bytes, 12), destination: get32(bytes, 16), protocol: bytes[9] ?? 0, payload: bytes.subarray(headerBytes, total), header }
}

export function makeIpv4({ source, destination, protocol, payload }: Ipv4Packet): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length)
  bytes[0] = 0x45
  put16(bytes, 2, bytes.length)
  put16(bytes, 6, DONT_FRAGMENT)
  bytes[8] = TTL
  bytes[9] = protocol
  put32(bytes, 12, source)
  put32(bytes, 16, destination)
  put16(bytes, 10, checksum(bytes.subarray(0, HEADER)))
  bytes.set(payload, HEADER)
  return bytes
}
