/**
 * Sends what a build says to its reader: many lines in one event, and no faster than the reader reads. A build never waits for its reader; lines
 * that come faster than they can be sent are left out, the oldest first, and the reader is told how many.
 */
import type { EventReader } from '../../shared/channel'
import type { BuildProgress, LogEvent, StepEvent } from '../../shared/problems'

/** So long lines are gathered. */
const GATHER_MS = 25
/** In one event: lines, and characters of them. */
const MOST_LINES = 2_000
const MOST_CHARACTERS = 512 * 1024
/** Events on their way to the reader. */
const MOST_UNREAD = 4
/** Lines that wait for a slow reader: as many as a window keeps. */
const MOST_WAITING = 200_000
/** A longer line says nothing more to a person. */
const LONGEST_LINE = 20_000

export class ProgressSender {
  readonly #reader: EventReader<BuildProgress>
  #steps: StepEvent[] = []
  /** Those before `#sent` are gone. */
  #lines: LogEvent[] = []
  #sent = 0
  #lost = 0
  #timer: NodeJS.Timeout | undefined

  constructor(reader: EventReader<BuildProgress>) {
    this.#reader = reader
    reader.onRead(() => this.#send())
  }

  readonly line = (event: LogEvent): void => {
    this.#lines.push(withinLimit(event))
    if (this.#waiting > MOST_WAITING) {
      this.#sent++
      this.#lost++
    }
    // Now and then, so that a flood costs no more than its lines.
    if (this.#sent > MOST_WAITING) this.#forgetSent()
    this.#gather()
  }

  readonly step = (event: StepEvent): void => {
    this.#steps.push(event)
    this.#gather()
  }

  /** Sends all that is left: the build has ended. */
  finish(): void {
    clearTimeout(this.#timer)
    while (this.#waiting > 0 || this.#steps.length > 0) this.#reader.emit(this.#next())
  }

  get #waiting(): number {
    return this.#lines.length - this.#sent
  }

  #gather(): void {
    if (this.#waiting >= MOST_LINES) this.#send()
    if (this.#waiting > 0 || this.#steps.length > 0) this.#timer ??= setTimeout(() => this.#send(), GATHER_MS)
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    while ((this.#waiting > 0 || this.#steps.length > 0) && this.#reader.unread() < MOST_UNREAD) this.#reader.emit(this.#next())
  }

  #next(): BuildProgress {
    const lines: LogEvent[] = []
    for (let characters = 0; lines.length < MOST_LINES && characters < MOST_CHARACTERS && this.#waiting > 0; this.#sent++) {
      const line = this.#lines[this.#sent]
      if (line === undefined) break
      characters += line.text.length
      lines.push(line)
    }
    if (this.#waiting === 0 || this.#sent > MOST_WAITING) this.#forgetSent()
    const lost = this.#lost
    this.#lost = 0
    return { steps: this.#steps.splice(0), lines, ...(lost > 0 ? { lost } : {}) }
  }

  #forgetSent(): void {
    this.#lines.splice(0, this.#sent)
    this.#sent = 0
  }
}

function withinLimit(event: LogEvent): LogEvent {
  const { text } = event
  if (text.length <= LONGEST_LINE) return event
  return { ...event, text: `${text.slice(0, LONGEST_LINE)}… (${text.length - LONGEST_LINE} more characters)` }
}
