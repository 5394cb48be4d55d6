/** Which BIOS calls and port accesses are wanted, as a person writes it. Numbers are hexadecimal. */
import type { LogEntry, LogFilter } from '../../../shared/debug'
import { describeLogEntry } from '../../../shared/log-text'

export interface TraceFilter {
  readonly bios: boolean
  readonly ports: boolean
  /** `10 13`: these only; `-8`: all but this; empty: all. */
  readonly vectors: string
  /** `3f8-3ff, 60`; empty: all. */
  readonly ranges: string
  readonly text: string
}

/** What `LogFilter` takes at most. */
const MOST = 64
const HIGHEST_VECTOR = 0xff
const HIGHEST_PORT = 0xffff

const parts = (text: string): string[] => text.split(/[\s,;]+/).filter((part) => part !== '')

function number(text: string, highest: number): number | undefined {
  const digits = /^(?:0x)?([0-9a-f]{1,4})h?$/i.exec(text)?.[1]
  const value = digits === undefined ? undefined : parseInt(digits, 16)
  return value !== undefined && value <= highest ? value : undefined
}

export interface Vectors {
  /** Empty: all. */
  readonly only: readonly number[]
  readonly not: readonly number[]
}

/** Undefined: something in it is no vector. */
export function parseVectors(text: string): Vectors | undefined {
  const found = parts(text).map((part) => ({ not: part.startsWith('-'), vector: number(part.replace(/^-/, ''), HIGHEST_VECTOR) }))
  const of = (wanted: boolean): number[] => found.flatMap(({ not, vector }) => (not === wanted && vector !== undefined ? [vector] : []))
  const [only, not] = [of(false), of(true)]
  return only.length + not.length === found.length && found.length <= MOST ? { only, not } : undefined
}

export interface PortRange {
  readonly first: number
  readonly last: number
}

/** Undefined: something in it is no range of ports. */
export function parseRanges(text: string): readonly PortRange[] | undefined {
  const found = parts(text.replaceAll(/\s*[-–]\s*/g, '-')).map((part): PortRange | undefined => {
    const [one, other, ...more] = part.split('-')
    const first = one === undefined ? undefined : number(one, HIGHEST_PORT)
    const last = other === undefined ? first : number(other, HIGHEST_PORT)
    return first !== undefined && last !== undefined && first <= last && more.length === 0 ? { first, last } : undefined
  })
  const ranges = found.filter((range) => range !== undefined)
  return ranges.length === found.length && ranges.length <= MOST ? ranges : undefined
}

/** What the machine is asked to log; undefined: nothing. A part that is malformed narrows nothing. */
export function logFilter({ bios, ports, vectors, ranges }: TraceFilter): LogFilter | undefined {
  if (!bios && !ports) return undefined
  const some = parseVectors(vectors)?.only ?? []
  const of = parseRanges(ranges) ?? []
  return {
    ...(bios ? { bios: some.length > 0 ? { vectors: [...some] } : {} } : {}),
    ...(ports ? { ports: of.length > 0 ? { ranges: of.map((range) => ({ ...range })) } : {} } : {}),
  }
}

/** Whether an entry that was kept is to be shown. */
export function matcher(filter: TraceFilter): (entry: LogEntry) => boolean {
  const wanted = logFilter(filter)
  const unwanted = parseVectors(filter.vectors)?.not ?? []
  const text = filter.text.trim().toLowerCase()
  return (entry) => {
    const kind = entry.kind === 'bios' ? wanted?.bios && !unwanted.includes(entry.vector) && (wanted.bios.vectors?.includes(entry.vector) ?? true) : wanted?.ports && (wanted.ports.ranges?.some(({ first, last }) => entry.port <= last && entry.port + entry.bytes > first) ?? true)
    return kind === true && (text === '' || describeLogEntry(entry).toLowerCase().includes(text))
  }
}
