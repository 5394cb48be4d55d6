/** Looks for a text in a log that grows: what was searched is not searched again. */
import type { BuildLog, LogSection } from './build-log'

export interface Match {
  readonly section: LogSection
  /** Index of the line in its section. */
  readonly line: number
}

export class LogSearch {
  readonly #pattern: RegExp
  readonly #log: BuildLog
  #found = new Map<LogSection, { searched: number; lines: number[] }>()
  #dropped: number

  /** Letters of both cases are the same. */
  constructor(log: BuildLog, query: string) {
    this.#log = log
    this.#dropped = log.dropped
    this.#pattern = patternOf(query)
  }

  /** All lines that hold the text, as they stand in the log. */
  matches(): Match[] {
    if (this.#dropped !== this.#log.dropped) this.#found = new Map()
    this.#dropped = this.#log.dropped
    return this.#log.sections.flatMap((section) => this.#in(section).map((line) => ({ section, line })))
  }

  #in(section: LogSection): readonly number[] {
    const known = this.#found.get(section) ?? { searched: 0, lines: [] }
    this.#found.set(section, known)
    for (; known.searched < section.lines.length; known.searched++) {
      this.#pattern.lastIndex = 0
      if (this.#pattern.test(section.lines[known.searched]?.text ?? '')) known.lines.push(known.searched)
    }
    return known.lines
  }
}

const patternOf = (query: string): RegExp => new RegExp(query.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`), 'gi')

/** Where the text stands in a line. */
export function rangesOf(text: string, query: string): { start: number; end: number }[] {
  if (query === '') return []
  return [...text.matchAll(patternOf(query))].map(({ index, 0: { length } }) => ({ start: index, end: index + length }))
}
