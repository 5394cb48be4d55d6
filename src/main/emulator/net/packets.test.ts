import { describe, expect, test } from 'vitest'
import { ip, showIp } from './addresses'
import { answerArp, makeArp, parseArp } from './arp'
import { checksum, transportChecksum } from './checksum'
import { makeEthernet, parseEthernet } from './ethernet'
import { answerEcho, unreachable } from './icmp'
import { makeIpv4, parseIpv4 } from './ipv4'
import { makeTcp, parseTcp } from './tcp-segment'
import { hex, showHex, slowSum } from './test-packets'
import { makeUdp, parseUdp } from './udp'

/** The header that RFC 1071's readers know: 10.10.10.2 to 10.10.10.1, written out by hand. */
const PACKET = hex('45 00 00 1c 74 68 00 00 80 11 00 00 0a 0a 0a 02 0a 0a 0a 01  10 00 00 07 00 08 00 00')

function withSums(bytes: Uint8Array): Uint8Array {
  const whole = bytes.slice()
  const sum = ~slowSum(whole.subarray(0, 20)) & 0xffff
  whole[10] = sum >> 8
  whole[11] = sum & 0xff
  return whole
}

describe('checksum', () => {
  test('of the example in RFC 1071: 00 01 f2 03 f4 f5 f6 f7 adds up to ddf2', () => {
    expect(checksum(hex('0001 f203 f4f5 f6f7'))).toBe(~0xddf2 & 0xffff)
    expect(checksum(hex('0001 f203'), hex('f4f5 f6f7'))).toBe(~0xddf2 & 0xffff)
  })

  test('of an odd number of bytes, as if a zero followed', () => {
    expect(checksum(hex('0102 03'))).toBe(checksum(hex('0102 0300')))
  })
})

describe('Ethernet', () => {
  test('reads addresses and type, and pads short frames', () => {
    const frame = parseEthernet(hex('ff ff ff ff ff ff 52 54 00 12 34 56 08 06 01 02'))
    expect(frame && [showHex(frame.source), frame.type, showHex(frame.payload)]).toEqual(['52 54 00 12 34 56', 0x0806, '01 02'])
    expect(parseEthernet(new Uint8Array(13))).toBeUndefined()
    if (frame) expect(makeEthernet(frame)).toHaveLength(60)
  })
})

describe('ARP', () => {
  const request = hex('00 01 08 00 06 04 00 01  52 54 00 12 34 56  0a 00 02 0f  00 00 00 00 00 00  0a 00 02 02')

  test('answers for its own address, as RFC 826 swaps the fields', () => {
    const packet = parseArp(request)
    const answer = packet && answerArp(packet, hex('52 55 0a 00 02 02'), ip('10.0.2.2'))
    expect(answer && showHex(makeArp(answer))).toBe('00 01 08 00 06 04 00 02 52 55 0a 00 02 02 0a 00 02 02 52 54 00 12 34 56 0a 00 02 0f')
    expect(packet && answerArp(packet, hex('52 55 0a 00 02 02'), ip('10.0.2.3'))).toBeUndefined()
  })

  test('takes no other hardware, protocol or length', () => {
    for (const [at, byte] of [[1, 6], [2, 0x86], [4, 8]] as const) expect(parseArp(request.with(at, byte))).toBeUndefined()
    expect(parseArp(request.subarray(0, 27))).toBeUndefined()
  })
})

describe('IPv4', () => {
  test('reads a packet, and not one that is cut off, changed, a fragment, or of another version', () => {
    const good = withSums(PACKET)
    const packet = parseIpv4(good)
    expect(packet && [showIp(packet.source), showIp(packet.destination), packet.protocol, packet.payload.length]).toEqual(['10.10.10.2', '10.10.10.1', 17, 8])
    expect(parseIpv4(good.subarray(0, 27))).toBeUndefined()
    expect(parseIpv4(good.with(8, 0x40))).toBeUndefined()
    for (const [at, byte] of [[0, 0x65], [0, 0x44], [6, 0x20], [7, 0x01], [3, 0x10]] as const) expect(parseIpv4(withSums(PACKET.with(at, byte)))).toBeUndefined()
  })

  test('makes headers whose sum is right', () => {
    const bytes = makeIpv4({ source: ip('10.0.2.2'), destination: ip('10.0.2.15'), protocol: 1, payload: hex('0102 03') })
    expect(slowSum(bytes.subarray(0, 20))).toBe(0xffff)
    expect(showHex(bytes.with(10, 0).with(11, 0))).toBe('45 00 00 17 00 00 40 00 40 01 00 00 0a 00 02 02 0a 00 02 0f 01 02 03')
  })
})

describe('ICMP', () => {
  test('an echo comes back with its identifier, number and data', () => {
    const request = hex('08 00 00 00 12 34 00 01 61 62 63')
    const sum = ~slowSum(request) & 0xffff
    const reply = answerEcho(request.with(2, sum >> 8).with(3, sum & 0xff))
    expect(reply && [showHex(reply).slice(0, 5), showHex(reply.subarray(4)), slowSum(reply)]).toEqual(['00 00', '12 34 00 01 61 62 63', 0xffff])
    expect(answerEcho(request)).toBeUndefined()
    expect(answerEcho(hex('08 00 f7 ff'))).toBeUndefined()
  })

  test('tells of the header and the first 64 bits', () => {
    const message = unreachable(3, PACKET.subarray(0, 20), hex('01 02 03 04 05 06 07 08 09'))
    expect([message[0], message[1], message.length, slowSum(message)]).toEqual([3, 3, 36, 0xffff])
    expect(showHex(message.subarray(28))).toBe('01 02 03 04 05 06 07 08')
  })
})

describe('UDP', () => {
  const packet = { source: ip('10.0.2.15'), destination: ip('10.0.2.2'), protocol: 17 }

  test('reads datagrams with a right sum or none', () => {
    const plain = hex('30 39 00 45 00 0a 00 00 68 69')
    expect(parseUdp({ ...packet, payload: plain })).toEqual({ sourcePort: 12_345, destinationPort: 69, payload: hex('68 69') })
    const sum = transportChecksum(packet, plain)
    expect(parseUdp({ ...packet, payload: plain.with(6, sum >> 8).with(7, sum & 0xff) })?.destinationPort).toBe(69)
    expect(parseUdp({ ...packet, payload: plain.with(6, 1) })).toBeUndefined()
    expect(parseUdp({ ...packet, payload: plain.with(5, 7) })).toBeUndefined()
    expect(parseUdp({ ...packet, payload: plain.with(5, 11) })).toBeUndefined()
  })

  test('makes datagrams whose sum with the pseudo header is right', () => {
    const { payload } = makeUdp(packet.destination, packet.source, { sourcePort: 69, destinationPort: 12_345, payload: hex('01 02 03') })
    const pseudo = hex('0a 00 02 02 0a 00 02 0f 00 11 00 0b')
    expect(slowSum(Uint8Array.of(...pseudo, ...payload))).toBe(0xffff)
  })
})

describe('TCP', () => {
  const segment = { sourcePort: 80, destinationPort: 1024, sequence: 0xffff_fffe, acknowledgement: 7, flags: 0x12, window: 16_384, mss: 1460, payload: new Uint8Array() }

  test('makes and reads segments with their option', () => {
    const packet = makeTcp(ip('10.0.2.2'), ip('10.0.2.15'), segment)
    expect(showHex(packet.payload.with(16, 0).with(17, 0))).toBe('00 50 04 00 ff ff ff fe 00 00 00 07 60 12 40 00 00 00 00 00 02 04 05 b4')
    expect(slowSum(Uint8Array.of(...hex('0a 00 02 02 0a 00 02 0f 00 06 00 18'), ...packet.payload))).toBe(0xffff)
    expect(parseTcp(packet)).toEqual(segment)
  })

  test('options of any length end somewhere', () => {
    const { payload, ...packet } = makeTcp(1, 2, segment)
    for (let kind = 0; kind < 256; kind++) {
      for (const length of [0, 1, 4, 40, 255]) {
        const bytes = payload.with(20, kind).with(21, length).with(16, 0).with(17, 0)
        const sum = transportChecksum(packet, bytes)
        expect(parseTcp({ ...packet, payload: bytes.with(16, sum >> 8).with(17, sum & 0xff) })?.destinationPort).toBe(1024)
      }
    }
  })
})
