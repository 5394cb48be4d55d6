/** A DHCP server with one address to give (RFC 2131; options: RFC 2132), which serves BOOTP clients, too (RFC 951, RFC 1534). */
import { GATEWAY, GUEST, NETMASK, showIp } from './addresses'
import { ascii, get16, get32, joined, put16, put32 } from './bytes'

export const DHCP_SERVER_PORT = 67
export const DHCP_CLIENT_PORT = 68

const BOOT_REQUEST = 1
const BOOT_REPLY = 2
const ETHERNET = 1
const MAC_BYTES = 6
/** Fixed fields, to the magic cookie. */
const FIXED = 236
const COOKIE = 0x63825363
const BROADCAST_FLAG = 0x8000
/** Where the BOOTP fields are. */
const AT = { transaction: 4, flags: 10, client: 12, yours: 16, next: 20, gateway: 24, hardware: 28, file: 108 } as const
const FILE_BYTES = 128
/** A BOOTP message has at least so many bytes; some clients insist. */
const LEAST_BYTES = 300

const OPTION = { pad: 0, mask: 1, router: 3, requestedAddress: 50, leaseTime: 51, messageType: 53, server: 54, serverName: 66, bootFile: 67, end: 255 } as const
const TYPE = { discover: 1, offer: 2, request: 3, ack: 5, nak: 6, inform: 8 } as const
/** A day. */
const LEASE_SECONDS = 86_400

export interface DhcpReply {
  readonly payload: Uint8Array
  /** Whether all have to hear it; else it goes to `client` at `mac`. */
  readonly broadcast: boolean
  readonly client: number
  readonly mac: Uint8Array
}

/** @param bootFile what a client that boots from the network is to load by TFTP */
export function answerDhcp(message: Uint8Array, bootFile: string | undefined): DhcpReply | undefined {
  if (message.length < FIXED || message[0] !== BOOT_REQUEST || message[1] !== ETHERNET || message[2] !== MAC_BYTES) return undefined
  const options = get32(message, FIXED) === COOKIE ? parseOptions(message.subarray(FIXED + 4)) : new Map<number, Uint8Array>()
  const type = options.get(OPTION.messageType)?.[0]
  const answer = answerTo(type, message, options)
  if (answer === undefined) return undefined
  const current = get32(message, AT.client)
  const isNak = answer === TYPE.nak
  const gives = !isNak && type !== TYPE.inform
  const reply = new Uint8Array(FIXED)
  reply.set(message.subarray(0, AT.flags))
  reply[0] = BOOT_REPLY
  // Hops and seconds are the client's own.
  reply[3] = 0
  put16(reply, 8, 0)
  put16(reply, AT.flags, get16(message, AT.flags))
  reply.set(message.subarray(AT.gateway, AT.hardware + 16), AT.gateway)
  if (!isNak) put32(reply, AT.client, current)
  if (gives) put32(reply, AT.yours, GUEST)
  if (!isNak) put32(reply, AT.next, GATEWAY)
  if (!isNak && bootFile !== undefined) reply.set(ascii(bootFile).subarray(0, FILE_BYTES - 1), AT.file)
  const payload = joined(reply, makeOptions(answer, gives, bootFile))
  const padded = new Uint8Array(Math.max(payload.length, LEAST_BYTES))
  padded.set(payload)
  const broadcast = isNak || (current === 0 && (get16(message, AT.flags) & BROADCAST_FLAG) !== 0)
  return { payload: padded, broadcast, client: current === 0 ? GUEST : current, mac: message.slice(AT.hardware, AT.hardware + MAC_BYTES) }
}

/** The type of the answer; 0: a BOOTP reply, which has none; undefined: silence. */
function answerTo(type: number | undefined, message: Uint8Array, options: ReadonlyMap<number, Uint8Array>): number | undefined {
  const server = options.get(OPTION.server)
  const isOther = server !== undefined && get32(server, 0) !== GATEWAY
  switch (type) {
    case undefined:
      return 0
    case TYPE.discover:
      return TYPE.offer
    case TYPE.request: {
      if (isOther) return undefined
      const requested = options.get(OPTION.requestedAddress)
      const wanted = requested ? get32(requested, 0) : get32(message, AT.client)
      return wanted === GUEST ? TYPE.ack : TYPE.nak
    }
    case TYPE.inform:
      return TYPE.ack
    default:
      return undefined
  }
}

function parseOptions(bytes: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>()
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at] ?? OPTION.end
    if (code === OPTION.end) break
    if (code === OPTION.pad) {
      at++
      continue
    }
    const length = bytes[at + 1] ?? 0
    const value = bytes.subarray(at + 2, at + 2 + length)
    if (value.length === length) options.set(code, value)
    at += 2 + length
  }
  return options
}

function makeOptions(type: number, gives: boolean, bootFile: string | undefined): Uint8Array {
  const number = (value: number): Uint8Array => {
    const bytes = new Uint8Array(4)
    put32(bytes, 0, value)
    return bytes
  }
  const option = (code: number, value: Uint8Array): Uint8Array => joined(Uint8Array.of(code, value.length), value)
  const parts = [number(COOKIE)]
  if (type !== 0) parts.push(option(OPTION.messageType, Uint8Array.of(type)), option(OPTION.server, number(GATEWAY)))
  if (type !== TYPE.nak) {
    parts.push(option(OPTION.mask, number(NETMASK)), option(OPTION.router, number(GATEWAY)))
    if (gives && type !== 0) parts.push(option(OPTION.leaseTime, number(LEASE_SECONDS)))
    if (bootFile !== undefined) parts.push(option(OPTION.serverName, ascii(showIp(GATEWAY))), option(OPTION.bootFile, ascii(bootFile).subarray(0, 255)))
  }
  return joined(...parts, Uint8Array.of(OPTION.end))
}
