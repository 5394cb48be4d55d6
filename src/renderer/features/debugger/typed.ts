/** What a person types into the debugger's fields. Each answers undefined for what it does not understand. */
import type { Place } from '../../../shared/debug'
import { exceptionVector } from './exceptions'

const HEX_ADDRESS = /^(?:0x)?([0-9a-f]{1,16})h?$/i
const MAX_PORT = 0xffff

/** Hexadecimal with or without `0x`; `_` and spaces group digits. */
export function readHex(typed: string, digits = 16): string | undefined {
  const plain = typed.replaceAll(/[\s_]/g, '').replace(/^0x/i, '').toLowerCase()
  if (!/^[0-9a-f]+$/.test(plain)) return undefined
  const short = plain.replace(/^0+(?=.)/, '')
  return short.length <= digits ? `0x${short}` : undefined
}

/** A whole number, hexadecimal with `0x`. */
export function readNumber(typed: string, least: number, most: number): number | undefined {
  const text = typed.trim()
  if (!/^(?:0x[0-9a-f]+|\d+)$/i.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most ? value : undefined
}

/** An address, `file:line`, or else the name of a symbol. Digits without `0x` count as an address when they begin with one. */
export function readPlace(typed: string): Place | undefined {
  const text = typed.trim()
  const [, file, line] = /^(.+):(\d+)$/.exec(text) ?? []
  if (file !== undefined && Number(line) >= 1 && !file.endsWith(':')) return { file, line: Number(line) }
  if (/^(?:0x|\d)/i.test(text)) {
    const [, digits] = HEX_ADDRESS.exec(text) ?? []
    const address = digits === undefined ? undefined : readHex(digits)
    return address === undefined ? undefined : { address }
  }
  return text !== '' && text.length <= 300 && !/\s/.test(text) ? { symbol: text } : undefined
}

/** One port, or `first-last`. */
export function readPorts(typed: string): { first: number; last: number } | undefined {
  const [from = '', to = from, ...rest] = typed.split(/[-–]/)
  const first = readNumber(from, 0, MAX_PORT)
  const last = readNumber(to, 0, MAX_PORT)
  return first === undefined || last === undefined || last < first || rest.length > 0 ? undefined : { first, last }
}

/** A number, or the name of an exception. */
export function readVector(typed: string): number | undefined {
  return readNumber(typed, 0, 255) ?? exceptionVector(typed.trim())
}
