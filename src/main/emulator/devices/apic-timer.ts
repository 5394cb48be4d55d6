/** Timer of a local APIC (Intel SDM vol. 3A, 10.5.4). Its clock is that of QEMU's, 1 GHz, which OVMF knows without measuring; ends of counts come at whole ticks of virtual time. */
import { type Clock, SHORTEST_PERIOD, TICK_NANOSECONDS, type Timer } from '../machine/clock'
import type { StateFields } from '../state/fields'

/** Bits 18–17 of the timer's local vector. */
export const TimerMode = { oneShot: 0, periodic: 1, deadline: 2 } as const

/** The processor's time-stamp counter. */
export interface TimestampClock {
  /** First tick at which the counter is at or beyond a value; Infinity when that is further than virtual time can go. */
  tickOfTimestamp(value: bigint): number
}

export class ApicTimer {
  readonly #clock: Clock
  readonly #timestamps: TimestampClock
  readonly #expired: () => void
  readonly #timer: Timer
  #mode: number = TimerMode.oneShot
  #masked = true
  #initial = 0
  /** Nanoseconds per count: a power of two, 1–128. */
  #divide = 2
  /** The count was `#startCount` at this nanosecond of virtual time. A count of 0: the timer stands. */
  #start = 0
  #startCount = 0
  #deadline = 0n

  /** `expired` hears of the end of a count, or of a deadline, when the local vector is not masked. */
  constructor(clock: Clock, timestamps: TimestampClock, expired: () => void) {
    this.#clock = clock
    this.#timestamps = timestamps
    this.#expired = expired
    this.#timer = clock.timer(() => this.#due())
  }

  reset(): void {
    this.#mode = TimerMode.oneShot
    this.#masked = true
    this.#divide = 2
    this.#initial = this.#startCount = 0
    this.#deadline = 0n
    this.#timer.cancel()
  }

  exchange(state: StateFields): void {
    this.#mode = state.choice('mode', this.#mode, Object.values(TimerMode))
    this.#masked = state.flag('masked', this.#masked)
    this.#initial = state.dword('initial', this.#initial)
    this.#divide = state.choice('divide', this.#divide, [1, 2, 4, 8, 16, 32, 64, 128])
    this.#start = state.int('start', this.#start)
    this.#startCount = state.dword('start count', this.#startCount)
    this.#deadline = state.big('deadline', this.#deadline)
  }

  /** An interrupt is on its way. */
  get armed(): boolean {
    return this.#timer.due !== Infinity
  }

  /** From the local vector. Between deadline and counting the timer is disarmed. */
  configure(mode: number, masked: boolean): void {
    this.#settle()
    if ((mode === TimerMode.deadline) !== (this.#mode === TimerMode.deadline)) {
      this.#initial = this.#startCount = 0
      this.#deadline = 0n
    }
    this.#mode = mode
    this.#masked = masked
    this.#schedule()
  }

  get initialCount(): number {
    return this.#initial
  }

  /** Starts the count; 0 stops it. Without effect in deadline mode. */
  set initialCount(count: number) {
    if (this.#mode === TimerMode.deadline) return
    this.#initial = this.#startCount = count
    this.#start = this.#now
    this.#schedule()
  }

  get currentCount(): number {
    this.#settle()
    return this.#startCount
  }

  /** Divide configuration register: bits 3, 1, 0 are the power of two, counted from 2; 111b is 1. */
  set divideConfiguration(value: number) {
    this.#settle()
    const power = ((value >> 1) & 4) | (value & 3)
    this.#divide = 1 << ((power + 1) & 7)
    this.#schedule()
  }

  /** IA32_TSC_DEADLINE; 0: disarmed. */
  get deadline(): bigint {
    this.#settle()
    return this.#deadline
  }

  set deadline(value: bigint) {
    if (this.#mode !== TimerMode.deadline) return
    this.#deadline = value
    this.#schedule()
  }

  /** The time-stamp counter was set. */
  timestampMoved(): void {
    if (this.#mode === TimerMode.deadline) this.#schedule()
  }

  get #now(): number {
    return this.#clock.now() * TICK_NANOSECONDS
  }

  /** Brings the start of the count to the last whole count before now. A deadline that passed while masked is over. */
  #settle(): void {
    if (this.#mode === TimerMode.deadline) {
      if (this.#masked && this.#deadline !== 0n && this.#timestamps.tickOfTimestamp(this.#deadline) <= this.#clock.now()) this.#deadline = 0n
      return
    }
    if (this.#startCount === 0) return
    const counts = Math.floor((this.#now - this.#start) / this.#divide)
    this.#start += counts * this.#divide
    if (counts < this.#startCount) this.#startCount -= counts
    else if (this.#mode === TimerMode.oneShot || this.#initial === 0) this.#startCount = 0
    else this.#startCount = this.#initial - ((counts - this.#startCount) % this.#initial)
  }

  /** @param earliest tick */
  #schedule(earliest = 0): void {
    const due = this.#nextDue()
    if (due === Infinity) this.#timer.cancel()
    else this.#timer.set(Math.max(due, earliest))
  }

  #nextDue(): number {
    if (this.#masked) return Infinity
    if (this.#mode !== TimerMode.deadline) return this.#startCount === 0 ? Infinity : Math.ceil((this.#start + this.#startCount * this.#divide) / TICK_NANOSECONDS)
    return this.#deadline === 0n ? Infinity : this.#timestamps.tickOfTimestamp(this.#deadline)
  }

  #due(): void {
    if (this.#mode === TimerMode.deadline) this.#deadline = 0n
    else {
      this.#settle()
      this.#schedule(this.#clock.now() + SHORTEST_PERIOD)
    }
    this.#expired()
  }
}
