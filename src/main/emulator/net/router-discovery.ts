/**
 * The answer to who looks for an IPv6 router (RFC 4861, 4.1 and 4.2; packets: RFC 8200): there is a gateway here, which is no router and has neither prefixes nor DHCPv6
 * to offer. Without it systems ask again and again before they are content with IPv4, iPXE for half a minute.
 */
import { GATEWAY_MAC } from './addresses'
import { get16, joined, put16, put32 } from './bytes'
import { checksum } from './checksum'

const HEADER = 40
const VERSION_6 = 6
const ICMP6 = 58
/** Of neighbour discovery: a packet that a router has passed on has fewer. */
const HOP_LIMIT = 255
const SOLICITATION = 133
const LEAST_SOLICITATION = 8
const ADVERTISEMENT = 134
/** What hosts are to put into their packets. */
const HOSTS_HOP_LIMIT = 64
const SOURCE_LINK_ADDRESS = Uint8Array.of(1, 1)
/** FE80::2. */
const GATEWAY_IP6 = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)
const ADDRESS_BYTES = 16
/** FF02::1, and where Ethernet has it (RFC 2464, 7). */
const ALL_NODES = Uint8Array.of(0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
const ALL_NODES_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)
/** Where FF02::2, all routers, is. */
export const ALL_ROUTERS_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 2)

export interface Advertisement {
  /** Hardware address; undefined: of whoever asked. */
  readonly destination: Uint8Array | undefined
  /** An IPv6 packet. */
  readonly packet: Uint8Array
}

/** @param packet IPv6, with padding or not @returns undefined for anything but a router solicitation */
export function answerSolicitation(packet: Uint8Array): Advertisement | undefined {
  const length = get16(packet, 4)
  if (packet.length < HEADER + length || (packet[0] ?? 0) >> 4 !== VERSION_6 || packet[6] !== ICMP6 || packet[7] !== HOP_LIMIT || length < LEAST_SOLICITATION) return undefined
  const [source, to, message] = [packet.subarray(8, 24), packet.subarray(24, 40), packet.subarray(HEADER, HEADER + length)]
  if (message[0] !== SOLICITATION || message[1] !== 0 || sum(source, to, message) !== 0) return undefined
  // Who has no address yet is answered where all hear it.
  const isAnonymous = source.every((byte) => byte === 0)
  return { destination: isAnonymous ? ALL_NODES_MAC : undefined, packet: advertisement(isAnonymous ? ALL_NODES : source) }
}

function advertisement(to: Uint8Array): Uint8Array {
  // No flags; no lifetime as a router; no times.
  const message = new Uint8Array(16)
  message[0] = ADVERTISEMENT
  message[4] = HOSTS_HOP_LIMIT
  const whole = joined(message, SOURCE_LINK_ADDRESS, GATEWAY_MAC)
  put16(whole, 2, sum(GATEWAY_IP6, to, whole))
  const header = new Uint8Array(HEADER)
  header[0] = VERSION_6 << 4
  put16(header, 4, whole.length)
  header[6] = ICMP6
  header[7] = HOP_LIMIT
  header.set(GATEWAY_IP6, 8)
  header.set(to, 24)
  return joined(header, whole)
}

/** With the pseudo header (RFC 8200, 8.1). */
function sum(source: Uint8Array, destination: Uint8Array, message: Uint8Array): number {
  const pseudo = new Uint8Array(2 * ADDRESS_BYTES + 8)
  pseudo.set(source, 0)
  pseudo.set(destination, ADDRESS_BYTES)
  put32(pseudo, 2 * ADDRESS_BYTES, message.length)
  pseudo[2 * ADDRESS_BYTES + 7] = ICMP6
  return checksum(pseudo, message)
}
