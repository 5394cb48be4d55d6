/**
 * The server's side of TCP (RFC 9293): takes connections on one port, hands what arrives to a service, sends its answer within the peer's window and
 * closes. What is lost is sent again from there on, after a second that doubles (RFC 6298). Without congestion control: the wire is the machine's own,
 * and loses only what a guest's ring has no room for.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../machine/clock'
import { MOST_FILE_BYTES } from './files'
import { distance, makeTcp, TCP, type TcpSegment } from './tcp-segment'
import type { Ipv4Packet } from './ipv4'
import type { Stateful, StateFields } from '../state/fields'

/** What does the talking. */
export interface TcpService {
  readonly port: number
  /** A new connection. Its answer to what came so far; undefined: it waits for more. After the answer the connection is closed. */
  open(): Stateful & { received(bytes: Uint8Array): readonly Uint8Array[] | undefined }
}

/** Data in one Ethernet frame: 1500 bytes less the headers of IP and TCP. */
const MSS = 1460
/** What a peer takes that does not say (RFC 9293, 3.7.1). */
const DEFAULT_MSS = 536
const LEAST_MSS = 64
const WINDOW = 16_384
const MOST_CONNECTIONS = 8
/** Segments sent at once; the next ones go with the acknowledgements. Two connections fill no network card's buffer of 48 KiB. */
const MOST_FLYING = 16
const FIRST_TIMEOUT = TICKS_PER_SECOND
const MOST_RETRIES = 7
/** Of an answer: a head, and a file. */
const MOST_PIECES = 4
/** Initial sequence numbers advance every 4 µs (RFC 9293, 3.4.1). */
const SEQUENCE_TICKS = TICKS_PER_MILLISECOND / 250

interface Connection {
  readonly peer: number
  readonly peerPort: number
  readonly mss: number
  readonly service: ReturnType<TcpService['open']>
  established: boolean
  /** Next sequence number expected from the peer. */
  receiveNext: number
  peerClosed: boolean
  /** Oldest sequence number that is not acknowledged, and the next one to be sent. */
  unacknowledged: number
  sendNext: number
  window: number
  /** The answer, as pieces that follow each other, and the sequence number of its first byte. */
  answer: readonly Uint8Array[] | undefined
  readonly first: number
  /** When what is unacknowledged is sent again; Infinity: nothing is. */
  due: number
  retries: number
}

const keyOf = (peer: number, port: number): string => `${peer}:${port}`

const lengthOf = ({ answer }: Connection): number => answer?.reduce((sum, { length }) => sum + length, 0) ?? 0

export class TcpServer {
  readonly #address: number
  readonly #service: TcpService
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #send: (packet: Ipv4Packet) => void
  /** By the peer's address and port, oldest first. */
  readonly #connections = new Map<string, Connection>()

  constructor(address: number, service: TcpService, clock: Clock, send: (packet: Ipv4Packet) => void) {
    this.#address = address
    this.#service = service
    this.#clock = clock
    this.#send = send
    this.#timer = clock.timer(() => this.#timedOut())
  }

  get connections(): number {
    return this.#connections.size
  }

  exchange(state: StateFields): void {
    const connections = state.list('connections', [...this.#connections.values()], MOST_CONNECTIONS, (fields, connection) => this.#exchangeConnection(fields, connection))
    if (!state.loading) return
    this.#connections.clear()
    for (const connection of connections) this.#connections.set(keyOf(connection.peer, connection.peerPort), connection)
  }

  #exchangeConnection(state: StateFields, value: Connection | undefined): Connection {
    const service = value?.service ?? this.#service.open()
    state.part('service', service)
    return {
      peer: state.dword('peer', value?.peer ?? 0),
      peerPort: state.word('peer port', value?.peerPort ?? 0),
      mss: state.int('segment', value?.mss ?? MSS, MSS, LEAST_MSS),
      service,
      established: state.flag('established', value?.established ?? false),
      receiveNext: state.dword('receive next', value?.receiveNext ?? 0),
      peerClosed: state.flag('peer closed', value?.peerClosed ?? false),
      unacknowledged: state.dword('unacknowledged', value?.unacknowledged ?? 0),
      sendNext: state.dword('send next', value?.sendNext ?? 0),
      window: state.word('window', value?.window ?? 0),
      answer: state.maybe('answer', value?.answer, (fields, pieces) => fields.list('pieces', pieces ?? [], MOST_PIECES, (inner, piece) => inner.bytes('bytes', piece ?? new Uint8Array(), MOST_FILE_BYTES))),
      first: state.dword('first', value?.first ?? 0),
      due: state.tick('due', value?.due ?? Infinity),
      retries: state.int('retries', value?.retries ?? 0, MOST_RETRIES),
    }
  }

  receive(peer: number, segment: TcpSegment): void {
    const key = keyOf(peer, segment.sourcePort)
    const connection = this.#connections.get(key)
    if (connection) this.#received(key, connection, segment)
    else if (segment.destinationPort === this.#service.port && (segment.flags & (TCP.syn | TCP.ack | TCP.rst)) === TCP.syn) this.#open(key, peer, segment)
    else this.#refuse(peer, segment)
    this.#arm()
  }

  /** RST for a segment that belongs to no connection (RFC 9293, 3.10.7.1). */
  #refuse(peer: number, { sourcePort, destinationPort, flags, acknowledgement, sequence, payload }: TcpSegment): void {
    if (flags & TCP.rst) return
    const answer = { sourcePort: destinationPort, destinationPort: sourcePort, window: 0, payload: new Uint8Array() }
    const length = payload.length + (flags & TCP.syn ? 1 : 0) + (flags & TCP.fin ? 1 : 0)
    if (flags & TCP.ack) this.#send(makeTcp(this.#address, peer, { ...answer, sequence: acknowledgement, acknowledgement: 0, flags: TCP.rst }))
    else this.#send(makeTcp(this.#address, peer, { ...answer, sequence: 0, acknowledgement: (sequence + length) >>> 0, flags: TCP.rst | TCP.ack }))
  }

  #open(key: string, peer: number, { sourcePort, sequence, mss, window }: TcpSegment): void {
    for (const oldest of [...this.#connections.keys()].slice(0, Math.max(0, this.#connections.size - MOST_CONNECTIONS + 1))) this.#connections.delete(oldest)
    const start = Math.floor(this.#clock.now() / SEQUENCE_TICKS) >>> 0
    const connection: Connection = {
      peer, peerPort: sourcePort, mss: Math.min(MSS, Math.max(LEAST_MSS, mss ?? DEFAULT_MSS)), service: this.#service.open(), established: false,
      receiveNext: (sequence + 1) >>> 0, peerClosed: false, unacknowledged: start, sendNext: start, window, answer: undefined, first: (start + 1) >>> 0, due: Infinity, retries: 0,
    }
    this.#connections.set(key, connection)
    this.#pump(connection)
  }

  #received(key: string, connection: Connection, segment: TcpSegment): void {
    const { flags, sequence, payload } = segment
    const ahead = distance(connection.receiveNext, sequence)
    if (flags & TCP.rst) {
      if (ahead >= 0 && ahead < WINDOW) this.#connections.delete(key)
      return
    }
    if (flags & TCP.syn) {
      // The same request again: the answer was lost. Another one is answered by what is going on here.
      connection.sendNext = connection.unacknowledged
      if (connection.established) this.#emit(connection, TCP.ack, connection.sendNext)
      else this.#pump(connection)
      return
    }
    if (!(flags & TCP.ack) || !this.#acknowledge(key, connection, segment)) return
    const fresh = payload.subarray(Math.max(0, -ahead))
    const closes = (flags & TCP.fin) !== 0 && ahead + payload.length >= 0
    if (ahead > 0 || (ahead < 0 && fresh.length === 0 && !closes && payload.length > 0)) {
      // Out of order, or known already: what is expected is said again.
      this.#emit(connection, TCP.ack, connection.sendNext)
      return
    }
    if (!connection.peerClosed) this.#take(connection, fresh, closes)
    else if (payload.length > 0 || flags & TCP.fin) this.#emit(connection, TCP.ack, connection.sendNext)
    this.#pump(connection)
    this.#finish(key, connection)
  }

  /** @returns false when the connection is gone, or the acknowledgement is of something never sent */
  #acknowledge(key: string, connection: Connection, { acknowledgement, window }: TcpSegment): boolean {
    const advance = distance(connection.unacknowledged, acknowledgement)
    const flying = distance(connection.unacknowledged, this.#end(connection))
    if (advance > flying) {
      this.#emit(connection, TCP.ack, connection.sendNext)
      return false
    }
    connection.window = window
    if (advance <= 0) return true
    connection.established = true
    connection.unacknowledged = acknowledgement
    if (distance(connection.sendNext, acknowledgement) > 0) connection.sendNext = acknowledgement
    connection.retries = 0
    connection.due = Infinity
    this.#finish(key, connection)
    return this.#connections.has(key)
  }

  #take(connection: Connection, bytes: Uint8Array, closes: boolean): void {
    if (bytes.length === 0 && !closes) return
    connection.receiveNext = (connection.receiveNext + bytes.length + (closes ? 1 : 0)) >>> 0
    connection.peerClosed = closes
    if (bytes.length > 0) connection.answer ??= connection.service.received(bytes)
    // Who closes without a request gets nothing.
    if (closes) connection.answer ??= []
    this.#emit(connection, TCP.ack, connection.sendNext)
  }

  /** Sequence number behind all that there is to send: SYN, the answer, FIN. */
  #end(connection: Connection): number {
    return (connection.first + (connection.answer ? lengthOf(connection) + 1 : 0)) >>> 0
  }

  /** Sends what the window has room for. */
  #pump(connection: Connection): void {
    if (distance(connection.sendNext, connection.first) === 1) {
      this.#emit(connection, TCP.syn | TCP.ack, connection.sendNext)
      connection.sendNext = connection.first
    }
    if (connection.established && connection.answer) {
      const most = Math.min(connection.window, MOST_FLYING * connection.mss)
      const limit = (connection.unacknowledged + most) >>> 0
      const end = this.#end(connection)
      while (distance(connection.sendNext, end) > 0 && distance(connection.sendNext, limit) > 0) this.#sendData(connection, Math.min(connection.mss, distance(connection.sendNext, limit)))
    }
    const waits = distance(connection.unacknowledged, connection.answer && connection.established ? this.#end(connection) : connection.sendNext) > 0
    if (waits && connection.due === Infinity) connection.due = this.#clock.now() + FIRST_TIMEOUT * 2 ** connection.retries
  }

  #sendData(connection: Connection, most: number): void {
    const offset = distance(connection.first, connection.sendNext)
    const length = lengthOf(connection)
    const data = cut(connection.answer ?? [], offset, Math.min(most, length - offset))
    const closes = offset + data.length === length
    this.#emit(connection, TCP.ack | (data.length > 0 ? TCP.psh : 0) | (closes ? TCP.fin : 0), connection.sendNext, data)
    connection.sendNext = (connection.sendNext + data.length + (closes ? 1 : 0)) >>> 0
  }

  #emit({ peer, peerPort, receiveNext }: Connection, flags: number, sequence: number, payload: Uint8Array = new Uint8Array()): void {
    const mss = flags & TCP.syn ? MSS : undefined
    this.#send(makeTcp(this.#address, peer, { sourcePort: this.#service.port, destinationPort: peerPort, sequence, acknowledgement: receiveNext, flags, window: WINDOW, mss, payload }))
  }

  /** Both sides have closed, and know it. */
  #finish(key: string, connection: Connection): void {
    if (connection.peerClosed && connection.answer && connection.unacknowledged === this.#end(connection)) this.#connections.delete(key)
  }

  #arm(): void {
    let due = Infinity
    for (const connection of this.#connections.values()) due = Math.min(due, connection.due)
    if (due === Infinity) this.#timer.cancel()
    else this.#timer.set(due)
  }

  #timedOut(): void {
    const now = this.#clock.now()
    for (const [key, connection] of this.#connections) {
      if (connection.due > now) continue
      connection.due = Infinity
      if (++connection.retries > MOST_RETRIES) {
        this.#connections.delete(key)
        continue
      }
      connection.sendNext = connection.unacknowledged
      // A shut window is asked with one byte (RFC 9293, 3.8.6.1).
      if (connection.established && connection.answer && connection.window === 0) this.#sendData(connection, 1)
      this.#pump(connection)
    }
    this.#arm()
  }
}

/** `length` bytes from `offset` on of pieces that follow each other. */
function cut(pieces: readonly Uint8Array[], offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let start = 0
  for (const piece of pieces) {
    const from = Math.max(0, offset - start)
    const to = Math.min(piece.length, offset + length - start)
    if (from < to) bytes.set(piece.subarray(from, to), start + from - offset)
    start += piece.length
  }
  return bytes
}
