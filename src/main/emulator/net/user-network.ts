/**
 * The network at the other end of the guest's cable, as QEMU's user network has it, inside this process: a gateway that answers ARP and echo requests,
 * gives an address by DHCP, and serves files of one folder by TFTP and HTTP. There is no way to the host's network: all else is unreachable. Without
 * DNS: there are no names to look up. IPv6 hosts are told that there is no router.
 */
import type { Clock } from '../machine/clock'
import { BROADCAST, BROADCAST_MAC, GATEWAY, GATEWAY_MAC, NETWORK_BROADCAST, NETMASK, NETWORK, sameMac } from './addresses'
import { answerArp, makeArp, parseArp } from './arp'
import { answerDhcp, DHCP_CLIENT_PORT, DHCP_SERVER_PORT } from './dhcp'
import { ETHERTYPE, makeEthernet, parseEthernet } from './ethernet'
import { type FileSource, NO_FILES } from './files'
import { httpService } from './http'
import { answerEcho, isEcho, unreachable, UNREACHABLE_CODE } from './icmp'
import { type Ipv4Packet, makeIpv4, parseIpv4, PROTOCOL } from './ipv4'
import { ALL_ROUTERS_MAC, answerSolicitation } from './router-discovery'
import { TcpServer } from './tcp'
import { parseTcp } from './tcp-segment'
import { TftpServer } from './tftp'
import { makeUdp, parseUdp, type UdpDatagram } from './udp'
import type { StateFields } from '../state/fields'

export interface NetworkOptions {
  /** What TFTP and HTTP give; default: nothing. */
  readonly files?: FileSource | undefined
  /** What a guest that boots from the network is told to load. */
  readonly bootFile?: string | undefined
}

const MAC_BYTES = 6
/** Hardware addresses that the gateway answers to. */
const HEARD: readonly Uint8Array[] = [GATEWAY_MAC, BROADCAST_MAC, ALL_ROUTERS_MAC]

type ReceivedIpv4 = NonNullable<ReturnType<typeof parseIpv4>>

export class UserNetwork {
  readonly #bootFile: string | undefined
  readonly #toGuest: (frame: Uint8Array) => void
  readonly #tftp: TftpServer
  readonly #http: TcpServer
  /** Hardware address of the guest, as its last frame had it. */
  #guestMac: Uint8Array = BROADCAST_MAC

  constructor({ files = NO_FILES, bootFile }: NetworkOptions, clock: Clock, toGuest: (frame: Uint8Array) => void) {
    this.#bootFile = bootFile
    this.#toGuest = toGuest
    this.#tftp = new TftpServer(files)
    this.#http = new TcpServer(GATEWAY, httpService(files), clock, (packet) => this.#sendIp(packet))
  }

  exchange(state: StateFields): void {
    this.#guestMac = state.bytes('guest', this.#guestMac, MAC_BYTES)
    if (this.#guestMac.length !== MAC_BYTES) throw state.wrong("the guest's address has not six bytes")
    state.part('tftp', this.#tftp)
    state.part('http', this.#http)
  }

  /** TCP connections that are open. */
  get connections(): number {
    return this.#http.connections
  }

  /** A frame of the guest's, without FCS. Malformed ones are dropped, as by every network. */
  fromGuest(bytes: Uint8Array): void {
    const frame = parseEthernet(bytes)
    if (!frame || !HEARD.some((mac) => sameMac(frame.destination, mac))) return
    this.#guestMac = frame.source.slice()
    if (frame.type === ETHERTYPE.arp) this.#arp(frame.payload)
    else if (frame.type === ETHERTYPE.ipv4) this.#ip(frame.payload)
    else if (frame.type === ETHERTYPE.ipv6) this.#ip6(frame.payload)
  }

  #arp(payload: Uint8Array): void {
    const packet = parseArp(payload)
    const answer = packet && answerArp(packet, GATEWAY_MAC, GATEWAY)
    if (answer) this.#send(this.#guestMac, ETHERTYPE.arp, makeArp(answer))
  }

  #ip6(payload: Uint8Array): void {
    const answer = answerSolicitation(payload)
    if (answer) this.#send(answer.destination ?? this.#guestMac, ETHERTYPE.ipv6, answer.packet)
  }

  #ip(payload: Uint8Array): void {
    const packet = parseIpv4(payload)
    if (!packet) return
    const isDhcp = packet.protocol === PROTOCOL.udp && this.#dhcp(packet)
    if (isDhcp || packet.destination === BROADCAST || packet.destination === NETWORK_BROADCAST) return
    if (packet.destination === GATEWAY) this.#local(packet)
    // A neighbour that is not there answers no ARP either; the rest of the world is shut off.
    else if (((packet.destination & NETMASK) >>> 0) !== NETWORK) this.#refuse(packet, UNREACHABLE_CODE.prohibited)
  }

  #local(packet: ReceivedIpv4): void {
    switch (packet.protocol) {
      case PROTOCOL.icmp: {
        const payload = answerEcho(packet.payload)
        if (payload) this.#sendIp({ source: GATEWAY, destination: packet.source, protocol: PROTOCOL.icmp, payload })
        return
      }
      case PROTOCOL.udp: {
        const datagram = parseUdp(packet)
        if (datagram) this.#udp(packet, datagram)
        return
      }
      case PROTOCOL.tcp: {
        const segment = parseTcp(packet)
        if (segment) this.#http.receive(packet.source, segment)
        return
      }
      default:
        this.#refuse(packet, UNREACHABLE_CODE.prohibited)
    }
  }

  #udp(packet: ReceivedIpv4, { sourcePort, destinationPort, payload }: UdpDatagram): void {
    if (!this.#tftp.listens(destinationPort)) {
      this.#refuse(packet, UNREACHABLE_CODE.port)
      return
    }
    const answer = this.#tftp.answer(destinationPort, packet.source, sourcePort, payload)
    if (answer) this.#sendIp(makeUdp(GATEWAY, packet.source, { sourcePort: answer.port, destinationPort: sourcePort, payload: answer.payload }))
  }

  /** @returns whether the packet was for the DHCP server, which is asked by broadcasts, too */
  #dhcp(packet: ReceivedIpv4): boolean {
    if (packet.destination !== GATEWAY && packet.destination !== BROADCAST && packet.destination !== NETWORK_BROADCAST) return false
    const datagram = parseUdp(packet)
    if (datagram?.destinationPort !== DHCP_SERVER_PORT) return false
    const reply = answerDhcp(datagram.payload, this.#bootFile)
    if (!reply) return true
    const answer = makeUdp(GATEWAY, reply.broadcast ? BROADCAST : reply.client, { sourcePort: DHCP_SERVER_PORT, destinationPort: DHCP_CLIENT_PORT, payload: reply.payload })
    this.#send(reply.broadcast ? BROADCAST_MAC : reply.mac, ETHERTYPE.ipv4, makeIpv4(answer))
    return true
  }

  #refuse({ source, protocol, header, payload }: ReceivedIpv4, code: number): void {
    // No errors about errors (RFC 1122, 3.2.2), and none to nobody.
    if (protocol === PROTOCOL.icmp && !isEcho(payload)) return
    if (source !== 0 && source !== BROADCAST) this.#sendIp({ source: GATEWAY, destination: source, protocol: PROTOCOL.icmp, payload: unreachable(code, header, payload) })
  }

  #sendIp(packet: Ipv4Packet): void {
    this.#send(this.#guestMac, ETHERTYPE.ipv4, makeIpv4(packet))
  }

  #send(destination: Uint8Array, type: number, payload: Uint8Array): void {
    this.#toGuest(makeEthernet({ destination, source: GATEWAY_MAC, type, payload }))
  }
}
