/** `bootlab boot --trace`. */
import type { LogEntry, LogFilter } from '../shared/debug'
import { describeLogEntry } from '../shared/log-text'
import type { Trace } from './arguments'

export function traceFilter(traces: readonly Trace[]): LogFilter {
  return Object.fromEntries(traces.map((trace) => [trace, {}]))
}

/** A line for each entry. */
export function traceLines(entries: readonly LogEntry[]): Uint8Array {
  return new TextEncoder().encode(entries.map((entry) => `${describeLogEntry(entry)}\n`).join(''))
}
