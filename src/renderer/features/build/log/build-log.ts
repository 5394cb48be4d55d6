/**
 * What a build says, line by line, in sections: one for each of its steps, and between them what belongs to none. It grows in place, since a copy of
 * 200,000 lines for each new one would take more time than the build; who shows it is told that it changed by its version.
 */
import type { LogEvent, Problem, StepEvent } from '../../../../shared/problems'
import { AnsiReader, type StyledRange } from './ansi'

/** Lines kept; the oldest go, a tenth at a time. */
export const MAX_LINES = 250_000
const SLACK = MAX_LINES / 10

export interface LogLine {
  readonly level: LogEvent['level']
  readonly text: string
  readonly styles: readonly StyledRange[]
  readonly problem: Problem | undefined
  /** Of a command: what does the very same. */
  readonly exact: string | undefined
}

export interface LogSection {
  readonly key: number
  /** How the step stands; undefined for what belongs to none. */
  step: Omit<StepEvent, 'step'> | undefined
  readonly lines: LogLine[]
  /** Whether a warning or an error is among the lines. */
  remarkable: boolean
}

const NO_STYLES: readonly StyledRange[] = []

export class BuildLog {
  readonly sections: LogSection[] = []
  readonly #bySteps = new Map<number, LogSection>()
  readonly #reader = new AnsiReader()
  #nextKey = 0
  #lines = 0
  #dropped = 0
  #lost = 0

  /** Lines that are kept. */
  get lines(): number {
    return this.#lines
  }

  /** Lines that went at the beginning, to make room. */
  get dropped(): number {
    return this.#dropped
  }

  /** Lines that never came: the build was faster than its way here. */
  get lost(): number {
    return this.#lost
  }

  get empty(): boolean {
    return this.sections.length === 0
  }

  step({ step, ...state }: StepEvent): void {
    this.#sectionOf(step).step = state
  }

  add(event: LogEvent): void {
    const section = event.step === undefined ? this.#loose() : this.#sectionOf(event.step)
    if (event.level === 'warning' || event.level === 'error' || event.problem !== undefined) section.remarkable = true
    const ended = event.text.endsWith('\n') ? event.text.slice(0, -1) : event.text
    for (const line of ended.split('\n')) {
      const { text, styles } = this.#reader.read(line)
      section.lines.push({ level: event.level, text, styles: styles.length === 0 ? NO_STYLES : styles, problem: event.problem, exact: event.exact })
      this.#lines++
    }
    if (this.#lines > MAX_LINES + SLACK) this.#drop(this.#lines - MAX_LINES)
  }

  lose(count: number): void {
    this.#lost += count
  }

  /** All of it as text, without what went. */
  text(): string {
    return this.sections.flatMap(({ lines }) => lines.map(({ text }) => text)).join('\n')
  }

  #sectionOf(step: number): LogSection {
    const known = this.#bySteps.get(step)
    if (known) return known
    const section = this.#begin({ name: '', state: 'running', milliseconds: 0 })
    this.#bySteps.set(step, section)
    return section
  }

  #loose(): LogSection {
    const last = this.sections.at(-1)
    return last && last.step === undefined ? last : this.#begin(undefined)
  }

  #begin(step: LogSection['step']): LogSection {
    const section: LogSection = { key: this.#nextKey++, step, lines: [], remarkable: false }
    this.sections.push(section)
    return section
  }

  #drop(count: number): void {
    let left = count
    for (const { lines } of this.sections) {
      const gone = Math.min(left, lines.length)
      if (gone > 0) lines.splice(0, gone)
      left -= gone
      if (left === 0) break
    }
    this.#dropped += count
    this.#lines -= count
  }
}

/** What was run in a section, as it can be run again. */
export const commandsOf = ({ lines }: LogSection): string[] => lines.flatMap(({ level, text, exact }) => (level === 'command' ? [exact ?? text] : []))

/** The command that a person most likely wants: of the step that failed, else of the last one that ran. */
export function commandToCopy(log: BuildLog): string | undefined {
  const ran = log.sections.filter((section) => section.lines.some(({ level }) => level === 'command'))
  const section = ran.find(({ step }) => step?.state === 'failed') ?? ran.at(-1)
  return section && commandsOf(section).join('\n')
}
