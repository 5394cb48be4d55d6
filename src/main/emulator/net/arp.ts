/** Address Resolution Protocol for IPv4 over Ethernet (RFC 826): answers for one address. */
import { get16, get32, put16, put32 } from './bytes'

const ETHERNET = 1
const IPV4 = 0x0800
const REQUEST = 1
const REPLY = 2
const BYTES = 28

export interface ArpPacket {
  readonly operation: number
  readonly senderMac: Uint8Array
  readonly senderIp: number
  readonly targetMac: Uint8Array
  readonly targetIp: number
}

export function parseArp(bytes: Uint8Array): ArpPacket | undefined {
  if (bytes.length < BYTES || get16(bytes, 0) !== ETHERNET || get16(bytes, 2) !== IPV4 || get16(bytes, 4) !== 0x0604) return undefined
  return { operation: get16(bytes, 6), senderMac: bytes.slice(8, 14), senderIp: get32(bytes, 14), targetMac: bytes.slice(18, 24), targetIp: get32(bytes, 24) }
}

export function makeArp({ operation, senderMac, senderIp, targetMac, targetIp }: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(BYTES)
  put16(bytes, 0, ETHERNET)
  put16(bytes, 2, IPV4)
  put16(bytes, 4, 0x0604)
  put16(bytes, 6, operation)
  bytes.set(senderMac, 8)
  put32(bytes, 14, senderIp)
  bytes.set(targetMac, 18)
  put32(bytes, 24, targetIp)
  return bytes
}

/** What the owner of `mac` and `address` answers; undefined: it is not asked. */
export function answerArp(packet: ArpPacket, mac: Uint8Array, address: number): ArpPacket | undefined {
  if (packet.operation !== REQUEST || packet.targetIp !== address) return undefined
  return { operation: REPLY, senderMac: mac, senderIp: address, targetMac: packet.senderMac, targetIp: packet.senderIp }
}
