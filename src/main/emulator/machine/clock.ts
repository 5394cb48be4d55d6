/**
 * Virtual time. One tick is 10 ns, and one instruction takes one tick: devices see the clock of a PC that retires 100
 * million instructions a second, whatever the host does. While the guest waits in HLT, ticks pass without instructions.
 */
import type { Stateful, StateFields } from '../state/fields'
export const TICK_NANOSECONDS = 10
export const TICKS_PER_SECOND = 1e9 / TICK_NANOSECONDS
export const TICKS_PER_MILLISECOND = TICKS_PER_SECOND / 1000
export const TICKS_PER_MICROSECOND = TICKS_PER_MILLISECOND / 1000
/**
 * A timer that runs by itself is not heard more often than once in so many ticks: periods that end in between count as one, as where a request still waits.
 * Counts and comparators go on exactly. So a guest that asks for an interrupt at every tick cannot have the host do nothing else. (The 8254's shortest is 1.7 µs by itself.)
 */
export const SHORTEST_PERIOD = 2 * TICKS_PER_MICROSECOND

/** A moment of a device: at most one due time, set and cleared by its owner. */
export interface Timer {
  /** Due tick, or Infinity. */
  readonly due: number
  /** Calls back at tick `at` (at once, with the next look at the queue, when that has passed). Replaces an earlier due time. */
  set(at: number): void
  cancel(): void
}

export interface Clock {
  /** Present tick; exact also while an instruction reads a port. */
  now(): number
  /** Makes a timer. `onDue` gets the tick it was due at, which can lie a little before `now()`. */
  timer(onDue: (due: number) => void): Timer
}

/** The queue of device moments. A PC has about a dozen timers, so the next one is found by looking at all. */
export class EventClock implements Clock, Stateful {
  readonly #timers: QueuedTimer[] = []
  readonly #now: () => number
  readonly #onEarlier: (due: number) => void
  #next = Infinity
  /** Timers that belong to the machine: those made before `seal`. */
  #own = Infinity

  /** `onEarlier` hears of a due time before all others, so that a running slice can be cut short. */
  constructor(now: () => number, onEarlier: (due: number) => void) {
    this.#now = now
    this.#onEarlier = onEarlier
  }

  now(): number {
    return this.#now()
  }

  timer(onDue: (due: number) => void): Timer {
    const timer = new QueuedTimer(onDue, (due) => this.#changed(due))
    this.#timers.push(timer)
    return timer
  }

  /** Timers that are made from now on belong to somebody outside the machine, who sees to them when it is saved. */
  seal(): void {
    this.#own = this.#timers.length
  }

  /** When each timer is due, in the order of their making. The last part to be loaded: others set timers on their way. */
  exchange(state: StateFields): void {
    this.#timers.slice(0, this.#own).forEach((timer, index) => (timer.due = state.tick(`timer ${index}`, timer.due)))
    if (state.loading) this.#changed(Infinity)
  }

  /** Tick of the earliest timer, or Infinity. */
  get nextDue(): number {
    return this.#next
  }

  /** Runs everything due at or before the present tick, earliest first; ties in order of creation. */
  runDue(): void {
    while (this.#next <= this.now()) {
      const due = this.#next
      const timer = this.#timers.find((candidate) => candidate.due === due)
      if (!timer) throw new Error(`No timer is due at tick ${due}, although the queue says so.`)
      timer.fire()
    }
  }

  #changed(due: number): void {
    const before = this.#next
    let next = Infinity
    for (const timer of this.#timers) if (timer.due < next) next = timer.due
    this.#next = next
    if (due < before) this.#onEarlier(due)
  }
}

class QueuedTimer implements Timer {
  due = Infinity
  readonly #onDue: (due: number) => void
  readonly #changed: (due: number) => void

  constructor(onDue: (due: number) => void, changed: (due: number) => void) {
    this.#onDue = onDue
    this.#changed = changed
  }

  set(at: number): void {
    this.due = at
    this.#changed(at)
  }

  cancel(): void {
    this.set(Infinity)
  }

  fire(): void {
    const due = this.due
    this.cancel()
    this.#onDue(due)
  }
}
