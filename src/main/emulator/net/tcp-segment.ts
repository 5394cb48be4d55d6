/** Segments of the Transmission Control Protocol (RFC 9293, 3.1). */
import { get16, get32, put16, put32 } from './bytes'
import { transportChecksum } from './checksum'
import { type Ipv4Packet, PROTOCOL } from './ipv4'

export const TCP = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const

const HEADER = 20
const OPTION_END = 0
const OPTION_NOTHING = 1
const OPTION_MSS = 2

export interface TcpSegment {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: number
  readonly window: number
  /** Largest segment that the sender takes; only beside SYN. */
  readonly mss?: number | undefined
  readonly payload: Uint8Array
}

/** Undefined: malformed. */
export function parseTcp(packet: Ipv4Packet): TcpSegment | undefined {
  const bytes = packet.payload
  const headerBytes = ((bytes[12] ?? 0) >> 4) * 4
  if (bytes.length < HEADER || headerBytes < HEADER || headerBytes > bytes.length || transportChecksum(packet, bytes) !== 0) return undefined
  return {
    sourcePort: get16(bytes, 0), destinationPort: get16(bytes, 2), sequence: get32(bytes, 4), acknowledgement: get32(bytes, 8),
    flags: bytes[13] ?? 0, window: get16(bytes, 14), mss: mssOf(bytes.subarray(HEADER, headerBytes)), payload: bytes.subarray(headerBytes),
  }
}

export function makeTcp(source: number, destination: number, { sourcePort, destinationPort, sequence, acknowledgement, flags, window, mss, payload }: TcpSegment): Ipv4Packet {
  const headerBytes = mss === undefined ? HEADER : HEADER + 4
  const bytes = new Uint8Array(headerBytes + payload.length)
  put16(bytes, 0, sourcePort)
  put16(bytes, 2, destinationPort)
  put32(bytes, 4, sequence)
  put32(bytes, 8, acknowledgement)
  bytes[12] = (headerBytes / 4) << 4
  bytes[13] = flags
  put16(bytes, 14, window)
  if (mss !== undefined) {
    bytes[HEADER] = OPTION_MSS
    bytes[HEADER + 1] = 4
    put16(bytes, HEADER + 2, mss)
  }
  bytes.set(payload, headerBytes)
  const packet = { source, destination, protocol: PROTOCOL.tcp, payload: bytes }
  put16(bytes, 16, transportChecksum(packet, bytes))
  return packet
}

function mssOf(options: Uint8Array): number | undefined {
  for (let at = 0; at < options.length && options[at] !== OPTION_END; ) {
    if (options[at] === OPTION_NOTHING) {
      at++
      continue
    }
    const length = options[at + 1] ?? 0
    if (options[at] === OPTION_MSS && length === 4 && at + 4 <= options.length) return get16(options, at + 2)
    at += Math.max(2, length)
  }
  return undefined
}

/** Distance from sequence number `from` to `to`, which may have gone around: -2^31 to 2^31-1. */
export const distance = (from: number, to: number): number => (to - from) | 0
