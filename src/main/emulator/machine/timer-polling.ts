/**
 * A program that reads a free-running timer again and again, with next to nothing in between, waits for time to pass (as firmware does, which delays by
 * the ACPI timer). Such a wait costs the host little here: from some reads on, each lets a part of the time pass that the wait has taken already. So a wait
 * ends later than it should by no more than that part, and takes a few dozen reads more for each tenfold time.
 */
import type { StateFields } from '../state/fields'
import { TICKS_PER_MICROSECOND } from './clock'

/** So many reads one after the other are a wait. */
const WAIT_READS = 32
/** More instructions than this from one read to the next are work of another kind. */
const MOST_INSTRUCTIONS = 64
/** What passes at a read: a sixteenth of the wait until now, and no more than this. */
const PART = 16
const LONGEST_PAUSE = 50 * TICKS_PER_MICROSECOND

export interface PollingHost {
  /** Present tick. */
  now(): number
  /** Instructions until now. */
  instructions(): number
  /** Lets time pass until a tick, or until the next event of a device, if that comes first. */
  skipTo(tick: number): void
}

export class TimerPolling {
  readonly #host: PollingHost
  #reads = 0
  #begin = 0
  #lastAt = 0

  constructor(host: PollingHost) {
    this.#host = host
  }

  exchange(state: StateFields): void {
    this.#reads = state.int('reads', this.#reads)
    this.#begin = state.tick('begin', this.#begin)
    this.#lastAt = state.int('last at', this.#lastAt)
  }

  /** The timer was read. */
  read(): void {
    const at = this.#host.instructions()
    const goesOn = at - this.#lastAt <= MOST_INSTRUCTIONS
    this.#lastAt = at
    if (!goesOn) {
      this.#reads = 0
      this.#begin = this.#host.now()
    } else if (++this.#reads > WAIT_READS) {
      const now = this.#host.now()
      this.#host.skipTo(now + Math.min(Math.floor((now - this.#begin) / PART), LONGEST_PAUSE))
    }
  }
}
