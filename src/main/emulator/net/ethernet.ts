/** Ethernet frames without preamble and FCS (IEEE 802.3; RFC 894). */
import { get16, put16 } from './bytes'

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const

const HEADER = 14
/** Shorter ones are padded. */
const LEAST_FRAME = 60

export interface EthernetFrame {
  readonly destination: Uint8Array
  readonly source: Uint8Array
  readonly type: number
  /** May have padding at its end. */
  readonly payload: Uint8Array
}

/** Undefined: too short to be a frame. */
export function parseEthernet(bytes: Uint8Array): EthernetFrame | undefined {
  if (bytes.length < HEADER) return undefined
  return { destination: bytes.subarray(0, 6), source: bytes.subarray(6, 12), type: get16(bytes, 12), payload: bytes.subarray(HEADER) }
}

export function makeEthernet({ destination, source, type, payload }: EthernetFrame): Uint8Array {
  const bytes = new Uint8Array(Math.max(HEADER + payload.length, LEAST_FRAME))
  bytes.set(destination, 0)
  bytes.set(source, 6)
  put16(bytes, 12, type)
  bytes.set(payload, HEADER)
  return bytes
}
