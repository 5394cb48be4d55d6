import { describe, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../machine/clock'
import { TestClock } from '../devices/test-clock'
import { GATEWAY, GUEST } from './addresses'
import { TcpServer } from './tcp'
import { makeTcp, parseTcp, TCP, type TcpSegment } from './tcp-segment'

const ANSWER = Uint8Array.from({ length: 10_000 }, (_, i) => i % 253)
const NOTHING = new Uint8Array()

/** A server that answers "?" with ten thousand bytes in two pieces, and the wire to it, on which segments can be lost. */
function wire(): { clock: TestClock; server: TcpServer; sent: TcpSegment[]; take: () => TcpSegment[]; send: (segment: Partial<TcpSegment>) => void } {
  const clock = new TestClock()
  const sent: TcpSegment[] = []
  const service = { port: 80, open: () => ({ received: (bytes: Uint8Array) => (bytes.includes(0x3f) ? [ANSWER.subarray(0, 777), ANSWER.subarray(777)] : undefined), exchange: () => undefined }) }
  const server = new TcpServer(GATEWAY, service, clock, (packet) => {
    const segment = parseTcp(packet)
    if (segment) sent.push(segment)
  })
  const send = (segment: Partial<TcpSegment>): void => {
    const parsed = parseTcp(makeTcp(GUEST, GATEWAY, { sourcePort: 1024, destinationPort: 80, sequence: 0, acknowledgement: 0, flags: TCP.ack, window: 65_535, payload: NOTHING, ...segment }))
    if (parsed) server.receive(GUEST, parsed)
  }
  return { clock, server, sent, take: () => sent.splice(0), send }
}

interface Client {
  readonly got: number[]
  readonly closed: () => boolean
  run: (keep: () => boolean) => void
}

/** A client that connects, asks, and acknowledges what comes in order. Segments from the server that `keep` does not want are lost. */
function client({ clock, take, send }: ReturnType<typeof wire>, window = 65_535): Client {
  let [next, sequence, closed] = [0, 101, false]
  const got: number[] = []
  send({ flags: TCP.syn, sequence: 100, mss: 1000 })
  const [synAck] = take()
  next = ((synAck?.sequence ?? 0) + 1) >>> 0
  expect(synAck).toMatchObject({ flags: TCP.syn | TCP.ack, acknowledgement: 101, mss: 1460 })
  const run: Client['run'] = (keep) => {
    for (let round = 0; round < 2000 && !closed; round++) {
      const segments = take()
      if (segments.length === 0) clock.advance(TICKS_PER_SECOND)
      for (const { sequence: at, payload, flags } of segments) {
        if (!keep()) continue
        expect(payload.length).toBeLessThanOrEqual(Math.min(1000, Math.max(window, 1)))
        if (at === next) {
          got.push(...payload)
          closed = (flags & TCP.fin) !== 0
          next = (next + payload.length + Number(closed)) >>> 0
        }
        if (payload.length > 0 || flags & TCP.fin) send({ flags: TCP.ack | (closed ? TCP.fin : 0), sequence, acknowledgement: next, window })
      }
    }
    if (closed) sequence++
  }
  send({ sequence, acknowledgement: next, window })
  send({ flags: TCP.ack | TCP.psh, sequence, acknowledgement: next, window, payload: Uint8Array.of(0x3f) })
  sequence = 102
  return { got, closed: () => closed, run }
}

describe('TCP server', () => {
  test('connects, gives its answer in segments as large as the peer takes, and closes', () => {
    const net = wire()
    const peer = client(net)
    peer.run(() => true)
    expect([peer.got.length, peer.closed()]).toEqual([10_000, true])
    expect(peer.got).toEqual([...ANSWER])
    expect(net.server.connections).toBe(0)
  })

  test.each([2, 3, 5])('sends again what is lost: one of %d segments', (nth) => {
    const net = wire()
    const peer = client(net)
    let seed = nth
    peer.run(() => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 16) % nth !== 0
    })
    expect(peer.got).toEqual([...ANSWER])
  })

  test('sends no more than the window, and asks a shut one', () => {
    const net = wire()
    const peer = client(net, 300)
    peer.run(() => true)
    expect(peer.got).toEqual([...ANSWER])
    const shut = wire()
    const { sent, clock, send, take } = shut
    send({ flags: TCP.syn, sequence: 0, window: 0 })
    const start = (take()[0]?.sequence ?? 0) + 1
    send({ sequence: 1, acknowledgement: start, window: 0, payload: Uint8Array.of(0x3f) })
    expect(sent.every(({ payload }) => payload.length === 0)).toBe(true)
    take()
    clock.advance(TICKS_PER_SECOND)
    expect(take().map(({ payload }) => payload.length)).toEqual([1])
    send({ sequence: 2, acknowledgement: start, window: 65_535 })
    expect(take()[0]?.payload.length).toBeGreaterThan(1)
  })

  test('a client that says nothing any more is given up', () => {
    const net = wire()
    client(net)
    for (let i = 0; i < 300; i++) net.clock.advance(TICKS_PER_SECOND)
    expect(net.server.connections).toBe(0)
    // The first time and seven more.
    const [first] = net.sent.filter(({ payload }) => payload.length > 0)
    expect(net.sent.filter(({ sequence, payload }) => payload.length > 0 && sequence === first?.sequence)).toHaveLength(8)
  })

  test('refuses other ports, and what belongs to no connection', () => {
    const { send, take } = wire()
    send({ flags: TCP.syn, sequence: 5, destinationPort: 81 })
    expect(take()).toMatchObject([{ flags: TCP.rst | TCP.ack, sequence: 0, acknowledgement: 6, sourcePort: 81 }])
    send({ flags: TCP.ack, sequence: 5, acknowledgement: 77 })
    expect(take()).toMatchObject([{ flags: TCP.rst, sequence: 77 }])
    send({ flags: TCP.rst, sequence: 5 })
    expect(take()).toEqual([])
  })

  test('out of order, again, or never sent: what is expected is said again', () => {
    const { send, take } = wire()
    send({ flags: TCP.syn, sequence: 0 })
    const start = (take()[0]?.sequence ?? 0) + 1
    send({ sequence: 1, acknowledgement: start, payload: Uint8Array.of(1, 2) })
    expect(take()).toMatchObject([{ flags: TCP.ack, acknowledgement: 3 }])
    for (const segment of [{ sequence: 10, payload: Uint8Array.of(9) }, { sequence: 1, payload: Uint8Array.of(1, 2) }, { sequence: 3, acknowledgement: start + 5000 }]) {
      send({ acknowledgement: start, ...segment })
      expect(take()).toMatchObject([{ flags: TCP.ack, acknowledgement: 3 }])
    }
    // Two bytes known, one new.
    send({ sequence: 1, acknowledgement: start, payload: Uint8Array.of(1, 2, 3) })
    expect(take()).toMatchObject([{ acknowledgement: 4 }])
  })

  test('a client that closes without a request gets nothing', () => {
    const { send, take, server } = wire()
    send({ flags: TCP.syn, sequence: 0 })
    const start = (take()[0]?.sequence ?? 0) + 1
    send({ flags: TCP.ack | TCP.fin, sequence: 1, acknowledgement: start })
    expect(take().at(-1)).toMatchObject({ flags: TCP.ack | TCP.fin, acknowledgement: 2 })
    send({ sequence: 2, acknowledgement: start + 1 })
    expect(server.connections).toBe(0)
  })

  test('whatever comes, few connections are kept', () => {
    const { send, take, server } = wire()
    let seed = 7
    const random = (): number => (seed = (seed * 1103515245 + 12345) >>> 0)
    for (let i = 0; i < 5000; i++) {
      send({ sourcePort: random() % 100, flags: (random() >>> 8) & 0x1f, sequence: random(), acknowledgement: random(), window: random() & 0xffff, payload: new Uint8Array(random() % 20) })
      expect(take().length).toBeLessThan(100)
    }
    expect(server.connections).toBeLessThanOrEqual(8)
  })
})
