/**
 * What the 82540EM makes of transmit descriptors (order number 317453, 3.3 to 3.5): frames out of pieces, checksums put in, and large TCP or UDP data cut
 * into segments.
 */
import { TX } from './e1000-registers'
import type { StateFields } from '../state/fields'

/** Data of one packet that is kept; a guest that describes more gets nothing sent. PAYLEN has 20 bits. */
const MOST_BYTES = 256 * 1024
/** Longest frame that goes out, without FCS. */
const MOST_FRAME = 16_288
/** Segments of one packet: 256 KiB in pieces that no driver makes smaller. */
const MOST_SEGMENTS = 2048
const CONTEXT = 0
const TUCMD = { tcp: 0x01, ipv4: 0x02 } as const
const POPTS = { ip: 0x01, transport: 0x02 } as const
const TCP_FIN_PSH = 0x09

/** Where checksums begin, go to and end (0: with the packet). */
interface Sum {
  readonly start: number
  readonly at: number
  readonly end: number
}

interface Context {
  readonly ip: Sum
  readonly transport: Sum
  readonly headerBytes: number
  readonly segmentBytes: number
  readonly command: number
}

const NO_SUM: Sum = { start: 0, at: 0, end: 0 }
const NO_CONTEXT: Context = { ip: NO_SUM, transport: NO_SUM, headerBytes: 0, segmentBytes: 0, command: 0 }

export class TransmitAssembler {
  readonly #read: (address: DataView, bytes: number) => Uint8Array
  #context = NO_CONTEXT
  #pieces: Uint8Array[] = []
  #bytes = 0
  /** Of the packet's first data descriptor. */
  #options = 0
  #segmented = false

  /** @param read fetches data from the address in a descriptor */
  constructor(read: (address: DataView, bytes: number) => Uint8Array) {
    this.#read = read
  }

  reset(): void {
    this.#context = NO_CONTEXT
    this.#drop()
  }

  exchange(state: StateFields): void {
    state.part('context', (fields) => (this.#context = exchangeContext(fields, this.#context)))
    this.#pieces = state.list('pieces', this.#pieces, MOST_BYTES, (fields, piece) => fields.bytes('bytes', piece ?? new Uint8Array(), MOST_BYTES))
    this.#bytes = state.int('gathered', this.#bytes)
    this.#options = state.byte('options', this.#options)
    this.#segmented = state.flag('segmented', this.#segmented)
    if (state.loading && this.#bytes <= MOST_BYTES && this.#bytes !== this.#pieces.reduce((sum, { length }) => sum + length, 0)) throw state.wrong('its pieces are not as long as they are said to be')
  }

  /** @returns frames that are whole with this descriptor, and whether software wants to hear of it */
  take(descriptor: DataView): { frames: Uint8Array[]; reports: boolean } {
    const command = descriptor.getUint8(11)
    const reports = (command & TX.reportStatus) !== 0
    if (!(command & TX.extended)) return { frames: this.#legacy(descriptor, command), reports }
    if (((descriptor.getUint8(10) >> 4) & 0xf) === CONTEXT) {
      this.#context = contextOf(descriptor)
      return { frames: [], reports }
    }
    return { frames: this.#data(descriptor, command), reports }
  }

  #legacy(descriptor: DataView, command: number): Uint8Array[] {
    this.#add(descriptor, descriptor.getUint16(8, true))
    if (!(command & TX.endOfPacket)) return []
    const packet = this.#packet()
    if (!packet) return []
    if (command & TX.insertChecksum) insertSum(packet, { start: descriptor.getUint8(13), at: descriptor.getUint8(10), end: 0 })
    return sendable([packet])
  }

  #data(descriptor: DataView, command: number): Uint8Array[] {
    if (this.#pieces.length === 0) {
      this.#options = descriptor.getUint8(13)
      this.#segmented = (command & TX.segmentation) !== 0
    }
    this.#add(descriptor, descriptor.getUint32(8, true) & 0xf_ffff)
    if (!(command & TX.endOfPacket)) return []
    const [options, segmented] = [this.#options, this.#segmented]
    const packet = this.#packet()
    if (!packet) return []
    const packets = segmented ? segments(packet, this.#context) : [packet]
    for (const one of packets) {
      if (options & POPTS.transport) insertSum(one, this.#context.transport)
      if (options & POPTS.ip) insertSum(one, this.#context.ip)
    }
    return sendable(packets)
  }

  #add(descriptor: DataView, bytes: number): void {
    this.#bytes += bytes
    if (bytes > 0 && this.#bytes <= MOST_BYTES) this.#pieces.push(this.#read(descriptor, bytes))
  }

  /** What was gathered; undefined: nothing, or too much. */
  #packet(): Uint8Array | undefined {
    const whole = this.#bytes > 0 && this.#bytes <= MOST_BYTES ? new Uint8Array(this.#bytes) : undefined
    let at = 0
    if (whole) {
      for (const piece of this.#pieces) {
        whole.set(piece, at)
        at += piece.length
      }
    }
    this.#drop()
    return whole
  }

  #drop(): void {
    this.#pieces = []
    this.#bytes = 0
  }
}

function exchangeContext(state: StateFields, { ip, transport, headerBytes, segmentBytes, command }: Context): Context {
  return {
    ip: exchangeSum(state, 'ip', ip),
    transport: exchangeSum(state, 'transport', transport),
    headerBytes: state.byte('header bytes', headerBytes),
    segmentBytes: state.word('segment bytes', segmentBytes),
    command: state.byte('command', command),
  }
}

function exchangeSum(state: StateFields, name: string, { start, at, end }: Sum): Sum {
  return { start: state.byte(`${name} start`, start), at: state.byte(`${name} at`, at), end: state.word(`${name} end`, end) }
}

const sendable = (frames: readonly Uint8Array[]): Uint8Array[] => frames.filter(({ length }) => length <= MOST_FRAME)

function contextOf(descriptor: DataView): Context {
  const sum = (first: number): Sum => ({ start: descriptor.getUint8(first), at: descriptor.getUint8(first + 1), end: descriptor.getUint16(first + 2, true) })
  return { ip: sum(0), transport: sum(4), command: descriptor.getUint8(11), headerBytes: descriptor.getUint8(13), segmentBytes: descriptor.getUint16(14, true) }
}

/** The ones' complement sum from `start` to `end`, put in at `at`; what stood there counts, as the pseudo header's sum. */
function insertSum(packet: Uint8Array, { start, at, end }: Sum): void {
  const last = end === 0 ? packet.length : Math.min(end + 1, packet.length)
  if (at + 2 > packet.length || start >= last) return
  let sum = 0
  for (let i = start; i < last; i += 2) sum += ((packet[i] ?? 0) << 8) | (i + 1 < last ? (packet[i + 1] ?? 0) : 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  put16(packet, at, ~sum & 0xffff)
}

/** A large packet as several, each with the header, its numbers counted on (3.5). */
function segments(packet: Uint8Array, { headerBytes, segmentBytes, command, ip, transport }: Context): Uint8Array[] {
  const payload = packet.length - headerBytes
  if (headerBytes === 0 || segmentBytes === 0 || payload <= 0) return [packet]
  const made: Uint8Array[] = []
  if (payload > segmentBytes * MOST_SEGMENTS) return made
  for (let offset = 0, index = 0; offset < payload; offset += segmentBytes, index++) {
    const bytes = Math.min(segmentBytes, payload - offset)
    const segment = new Uint8Array(headerBytes + bytes)
    segment.set(packet.subarray(0, headerBytes))
    segment.set(packet.subarray(headerBytes + offset, headerBytes + offset + bytes), headerBytes)
    countOn(segment, { isIpv4: (command & TUCMD.ipv4) !== 0, isTcp: (command & TUCMD.tcp) !== 0, ip: ip.start, transport: transport.start, sumAt: transport.at }, { offset, index, isLast: offset + bytes === payload })
    made.push(segment)
  }
  return made
}

interface Headers {
  readonly isIpv4: boolean
  readonly isTcp: boolean
  /** Where the headers of IP and TCP or UDP begin. */
  readonly ip: number
  readonly transport: number
  readonly sumAt: number
}

function countOn(segment: Uint8Array, { isIpv4, isTcp, ip, transport, sumAt }: Headers, { offset, index, isLast }: { offset: number; index: number; isLast: boolean }): void {
  const length = segment.length - transport
  if (isIpv4) {
    put16(segment, ip + 2, segment.length - ip)
    put16(segment, ip + 4, get16(segment, ip + 4) + index)
  } else put16(segment, ip + 4, segment.length - ip - 40)
  if (isTcp) {
    const sequence = get16(segment, transport + 4) * 0x10000 + get16(segment, transport + 6) + offset
    put16(segment, transport + 4, (sequence >>> 16) & 0xffff)
    put16(segment, transport + 6, sequence & 0xffff)
    if (!isLast) segment[transport + 13] = (segment[transport + 13] ?? 0) & ~TCP_FIN_PSH
  } else put16(segment, transport + 4, length)
  // Software leaves the pseudo header's sum without the length.
  const sum = get16(segment, sumAt) + length
  put16(segment, sumAt, (sum & 0xffff) + (sum >>> 16))
}

const get16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

/** Beyond the end nothing is written. */
function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}
