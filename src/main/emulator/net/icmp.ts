/** Internet Control Message Protocol (RFC 792): echo, and what tells a sender that nobody is there. */
import { put16 } from './bytes'
import { checksum } from './checksum'

const ECHO_REPLY = 0
const UNREACHABLE = 3
const ECHO = 8
const HEADER = 8

/** Codes of "destination unreachable"; the last one from RFC 1812, 5.2.7.1. */
export const UNREACHABLE_CODE = { port: 3, prohibited: 13 } as const

export const isEcho = (message: Uint8Array): boolean => message[0] === ECHO

/** The reply to an echo request; undefined for anything else. */
export function answerEcho(message: Uint8Array): Uint8Array | undefined {
  if (message.length < HEADER || !isEcho(message) || checksum(message) !== 0) return undefined
  const reply = message.slice()
  reply[0] = ECHO_REPLY
  return summed(reply)
}

/** @param header of the packet that cannot be delivered @param payload of it; the first 64 bits are told */
export function unreachable(code: number, header: Uint8Array, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(HEADER + header.length + Math.min(payload.length, 8))
  message[0] = UNREACHABLE
  message[1] = code
  message.set(header, HEADER)
  message.set(payload.subarray(0, 8), HEADER + header.length)
  return summed(message)
}

function summed(message: Uint8Array): Uint8Array {
  put16(message, 2, 0)
  put16(message, 2, checksum(message))
  return message
}
