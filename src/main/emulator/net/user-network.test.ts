import { describe, expect, test } from 'vitest'
import { TestClock } from '../devices/test-clock'
import { BROADCAST, BROADCAST_MAC, GATEWAY, GATEWAY_MAC, GUEST, ip, showIp } from './addresses'
import { parseArp } from './arp'
import { ascii, asText } from './bytes'
import { checksum } from './checksum'
import { makeEthernet, parseEthernet } from './ethernet'
import { makeIpv4, parseIpv4, PROTOCOL } from './ipv4'
import { makeTcp, parseTcp, TCP } from './tcp-segment'
import { hex, slowSum } from './test-packets'
import { makeUdp, parseUdp } from './udp'
import { UserNetwork } from './user-network'

const MAC = hex('52 54 00 12 34 56')

function network(): { send: (packet: Parameters<typeof makeIpv4>[0], destination?: Uint8Array) => void; raw: (frame: Uint8Array) => void; take: () => Uint8Array[]; ip: () => NonNullable<ReturnType<typeof parseIpv4>>[] } {
  const out: Uint8Array[] = []
  const net = new UserNetwork({ files: { read: (path) => (path.endsWith('hello') ? ascii('hello') : undefined) } }, new TestClock(), (frame) => out.push(frame))
  const take = (): Uint8Array[] => out.splice(0)
  return {
    raw: (frame) => net.fromGuest(frame),
    send: (packet, destination = GATEWAY_MAC) => net.fromGuest(makeEthernet({ destination, source: MAC, type: 0x0800, payload: makeIpv4(packet) })),
    take,
    ip: () => take().map((frame) => parseEthernet(frame)).map((frame) => frame && parseIpv4(frame.payload)).filter((packet) => packet !== undefined),
  }
}

const udp = (destination: number, destinationPort: number, payload: Uint8Array) => makeUdp(GUEST, destination, { sourcePort: 3000, destinationPort, payload })

describe('the network behind the card', () => {
  test('the gateway answers ARP, to the guest alone', () => {
    const { raw, take } = network()
    const payload = hex('00 01 08 00 06 04 00 01 52 54 00 12 34 56 0a 00 02 0f 00 00 00 00 00 00 0a 00 02 02')
    raw(makeEthernet({ destination: BROADCAST_MAC, source: MAC, type: 0x0806, payload }))
    const [frame] = take().map((bytes) => parseEthernet(bytes))
    expect([frame?.destination, frame?.source, frame && parseArp(frame.payload)?.senderIp]).toEqual([MAC, GATEWAY_MAC, GATEWAY])
  })

  test('and echo requests', () => {
    const { send, ip: packets } = network()
    const echo = hex('08 00 00 00 00 01 00 02 41')
    const sum = checksum(echo)
    send({ source: GUEST, destination: GATEWAY, protocol: PROTOCOL.icmp, payload: echo.with(2, sum >> 8).with(3, sum & 0xff) })
    expect(packets()).toMatchObject([{ source: GATEWAY, destination: GUEST, protocol: 1 }])
  })

  test('who looks for an IPv6 router is told that there is none', () => {
    const { raw, take } = network()
    // iPXE's: from fe80::5054:ff:fe12:3456 to ff02::2, with its hardware address.
    const solicitation = hex('60 00 00 00 00 10 3a ff fe 80 00 00 00 00 00 00 50 54 00 ff fe 12 34 56 ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 02 85 00 71 b5 00 00 00 00 01 01 52 54 00 12 34 56')
    const ask = (payload: Uint8Array): void => raw(makeEthernet({ destination: hex('33 33 00 00 00 02'), source: MAC, type: 0x86dd, payload }))
    ask(solicitation)
    const [frame] = take().map((bytes) => parseEthernet(bytes))
    expect([frame?.destination, frame?.source, frame?.type]).toEqual([MAC, GATEWAY_MAC, 0x86dd])
    const packet = frame?.payload ?? new Uint8Array()
    expect(packet.slice(0, 40)).toEqual(hex('60 00 00 00 00 18 3a ff fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02 fe 80 00 00 00 00 00 00 50 54 00 ff fe 12 34 56'))
    const message = packet.slice(40)
    // Advertisement, hop limit 64, no flags, lifetime 0, no times; the gateway's hardware address.
    expect(message.with(2, 0).with(3, 0)).toEqual(hex('86 00 00 00 40 00 00 00 00 00 00 00 00 00 00 00 01 01 52 55 0a 00 02 02'))
    expect(slowSum(new Uint8Array([...packet.slice(8, 40), 0, 0, 0, 24, 0, 0, 0, 58, ...message]))).toBe(0xffff)
    // From no address: to all.
    const anonymous = solicitation.slice(0, 48).fill(0, 8, 24)
    anonymous.set([0, 8], 4)
    anonymous.set([0x7b, 0xb8], 42)
    ask(anonymous)
    expect(take().map((bytes) => [...bytes.slice(0, 6), ...bytes.slice(38, 54)])).toEqual([[...hex('33 33 00 00 00 01 ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01')]])
    // Passed on by a router, with a wrong sum, too short, something else.
    for (const [at, value] of [[7, 254], [43, 0], [5, 4], [40, 0x80]] as const) ask(solicitation.with(at, value))
    expect(take()).toEqual([])
  })

  test('the world beyond is told to be shut off, and a closed port to be closed', () => {
    const { send, ip: packets } = network()
    send(udp(ip('8.8.8.8'), 53, ascii('who?')))
    send(udp(GATEWAY, 53, ascii('who?')))
    expect(packets().map(({ source, payload }) => [showIp(source), payload[0], payload[1]])).toEqual([['10.0.2.2', 3, 13], ['10.0.2.2', 3, 3]])
    // Neighbours that are not there say nothing; neither is anybody told about errors or broadcasts.
    send(udp(ip('10.0.2.77'), 53, ascii('who?')))
    send(udp(BROADCAST, 1000, ascii('who?')), BROADCAST_MAC)
    send({ source: GUEST, destination: ip('8.8.8.8'), protocol: PROTOCOL.icmp, payload: hex('03 01 fc fe 00 00 00 00') })
    expect(packets()).toEqual([])
  })

  test('DHCP comes by broadcast from no address', () => {
    const { send, take } = network()
    const message = new Uint8Array(300)
    message.set(hex('01 01 06 00 01 02 03 04'))
    message.set(MAC, 28)
    message.set(hex('63 82 53 63 35 01 01 ff'), 236)
    send(makeUdp(0, BROADCAST, { sourcePort: 68, destinationPort: 67, payload: message }), BROADCAST_MAC)
    const [frame] = take().map((bytes) => parseEthernet(bytes))
    const packet = frame && parseIpv4(frame.payload)
    expect([frame?.destination, packet && showIp(packet.destination), packet && parseUdp(packet)?.destinationPort]).toEqual([MAC, '10.0.2.15', 68])
  })

  test('TFTP and HTTP give the same file', () => {
    const { send, ip: packets } = network()
    send(udp(GATEWAY, 69, Uint8Array.of(0, 1, ...ascii('hello\0octet\0'))))
    const [tftp] = packets()
    expect(tftp && asText(parseUdp(tftp)?.payload.subarray(4) ?? new Uint8Array())).toBe('hello')
    const segment = { sourcePort: 4000, destinationPort: 80, window: 4096, sequence: 0, acknowledgement: 0, payload: new Uint8Array() }
    send(makeTcp(GUEST, GATEWAY, { ...segment, flags: TCP.syn }))
    const [synAck] = packets().map((packet) => parseTcp(packet))
    send(makeTcp(GUEST, GATEWAY, { ...segment, flags: TCP.ack, sequence: 1, acknowledgement: (synAck?.sequence ?? 0) + 1, payload: ascii('GET /hello HTTP/1.0\r\n\r\n') }))
    const text = packets().map((packet) => asText(parseTcp(packet)?.payload ?? new Uint8Array())).join('')
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhello$/s)
  })

  test('frames to others, and garbage of any length, get no answer', () => {
    const { raw, take } = network()
    raw(makeEthernet({ destination: hex('01 02 03 04 05 06'), source: MAC, type: 0x0806, payload: new Uint8Array(46) }))
    let seed = 3
    const random = (): number => (seed = (seed * 1103515245 + 12345) >>> 0) >>> 8
    for (let length = 0; length < 400; length++) {
      const frame = Uint8Array.from({ length }, () => random() & 0xff)
      frame.set(GATEWAY_MAC.subarray(0, length), 0)
      if (length > 14) frame.set(length % 2 === 0 ? [8, 0, 0x45] : [8, 6, 0], 12)
      raw(frame)
    }
    expect(take()).toEqual([])
  })
})
