/** User Datagram Protocol (RFC 768). */
import { get16, put16 } from './bytes'
import { transportChecksum } from './checksum'
import { type Ipv4Packet, PROTOCOL } from './ipv4'

const HEADER = 8

export interface UdpDatagram {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly payload: Uint8Array
}

/** Undefined: malformed. */
export function parseUdp(packet: Ipv4Packet): UdpDatagram | undefined {
  const { payload } = packet
  const length = get16(payload, 4)
  if (length < HEADER || length > payload.length) return undefined
  const datagram = payload.subarray(0, length)
  // Zero says that the sender made none.
  if (get16(datagram, 6) !== 0 && transportChecksum(packet, datagram) !== 0) return undefined
  return { sourcePort: get16(datagram, 0), destinationPort: get16(datagram, 2), payload: datagram.subarray(HEADER) }
}

export function makeUdp(source: number, destination: number, { sourcePort, destinationPort, payload }: UdpDatagram): Ipv4Packet {
  const datagram = new Uint8Array(HEADER + payload.length)
  put16(datagram, 0, sourcePort)
  put16(datagram, 2, destinationPort)
  put16(datagram, 4, datagram.length)
  datagram.set(payload, HEADER)
  const packet = { source, destination, protocol: PROTOCOL.udp, payload: datagram }
  // A sum of zero is sent as all ones.
  put16(datagram, 6, transportChecksum(packet, datagram) || 0xffff)
  return packet
}
