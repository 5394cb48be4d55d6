/** Entries of a log as lines of text, for a terminal, a file, the clipboard. */
import type { BiosCall, LogEntry, PortEntry } from './debug'

const PORT_DIGITS = 4

/** `12,345  INT 13h AX=4200 Extended read  DL=0x80 DS:SI=0000:7b00 → AH=0x00  from 0000:7c4a` */
export function describeLogEntry(entry: LogEntry): string {
  const count = entry.instructions.toLocaleString('en-US').padStart(13)
  return `${count}  ${entry.kind === 'bios' ? biosCall(entry) : portAccess(entry)}`
}

/** Services that say by the carry flag whether they failed; for others it means nothing. */
const TELL_BY_CARRY: ReadonlySet<number> = new Set([0x13, 0x15, 0x1a])

/** Whether the service said that it failed. */
export const callFailed = ({ vector, carry }: Pick<BiosCall, 'vector' | 'carry'>): boolean => carry && TELL_BY_CARRY.has(vector)

function biosCall(call: BiosCall): string {
  const { vector, ax, name, arguments: given, results, caller } = call
  const list = (facts: BiosCall['results']): string => facts.map((fact) => `${fact.name}=${fact.value}`).join(' ')
  const answer = [list(results), callFailed(call) ? 'CF' : ''].filter((part) => part !== '').join(' ')
  const parts = [`INT ${digits(vector, 2).toUpperCase()}h AX=${digits(ax, 4)} ${name}`, list(given), answer === '' ? '' : `→ ${answer}`, `from ${digits(caller.cs, 4)}:${digits(caller.ip, 4)}`]
  return parts.filter((part) => part !== '').join('  ')
}

function portAccess({ direction, port, bytes, value, by, device }: PortEntry): string {
  const arrow = direction === 'in' ? '→' : '←'
  return `${direction.padEnd(3)} ${digits(port, PORT_DIGITS)} ${arrow} ${digits(value, bytes * 2)}  at ${by}${device === undefined ? '' : `  ${device}`}`
}

function digits(value: number, count: number): string {
  return value.toString(16).padStart(count, '0')
}
