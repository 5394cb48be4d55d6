/** How virtual time follows the host's. */
import type { Speed } from '../../../shared/debug'
import { TICKS_PER_MILLISECOND } from '../machine/clock'
import type { Machine } from '../machine/machine'

/** No slice is longer than 10 ms of virtual time. */
const MAX_SLICE = 10 * TICKS_PER_MILLISECOND
/** How far virtual time may be ahead of the host's: `fast` lets a guest sleep five seconds in no time, and then paces it too. */
const AHEAD_MS = { realtime: 2, fast: 5_000 } as const
/** A guest that fell behind by more than this is not hurried to catch up. */
const BEHIND_MS = 100
/**
 * A guest that only waits, in HLT or for a key, is let fall behind this far, so that the host wakes up seldom; further while no device is due, and when
 * nothing of it was seen for long (`still`). What wakes it from outside is dealt with at once.
 */
const QUIET_BEHIND_MS = { least: 15, still: 60, most: 90 } as const
/** It waits when so much of its time passes without instructions, looked at over so many ticks. */
const QUIET_SHARE = 0.9
const QUIET_TICKS = 10 * TICKS_PER_MILLISECOND
/** At a slow pace a guest in HLT is looked at so often. */
const HALTED_LOOK_MS = 10

export class Pace {
  readonly #machine: Machine
  #speed: Speed
  /** Host time that corresponds to tick 0; at a slow pace, from which on instructions are due. */
  #base = performance.now()
  /** Instructions executed then. */
  #start = 0
  /** Tick, and idle ticks, at the last look at whether the guest only waits. */
  #looked = { tick: 0, idle: 0 }
  #quiet = false

  constructor(machine: Machine, speed: Speed) {
    this.#machine = machine
    this.#speed = speed
  }

  set(speed: Speed): void {
    this.#speed = speed
    this.restart()
  }

  /** The machine stood, or went at another pace: what it did not do meanwhile is not caught up. */
  restart(): void {
    this.#base = performance.now() - (this.#speed.pace === 'slow' ? 0 : this.#pacedMs())
    this.#start = this.#machine.instructions
  }

  get isRealtime(): boolean {
    return this.#speed.pace === 'realtime'
  }

  /** Ticks that may pass at once. */
  ticks(now: number): number {
    if (this.#speed.pace !== 'slow') return MAX_SLICE
    if (this.#machine.halted) {
      const ticks = Math.floor((now - this.#base) * TICKS_PER_MILLISECOND)
      this.#base = now
      this.#start = this.#machine.instructions
      return Math.min(ticks, MAX_SLICE)
    }
    const owed = (now - this.#base - BEHIND_MS) * (this.#speed.instructionsPerSecond / 1000) - this.#done
    if (owed > 1) this.#base += (owed * 1000) / this.#speed.instructionsPerSecond
    return Math.max(0, Math.min(Math.floor(((now - this.#base) * this.#speed.instructionsPerSecond) / 1000) - this.#done, MAX_SLICE))
  }

  /** Milliseconds until something may be executed again. @param still the guest has shown nothing new for long */
  wait(now: number, still: boolean): number {
    const speed = this.#speed
    if (speed.pace === 'slow') {
      if (this.#machine.halted) return HALTED_LOOK_MS
      return Math.max(0, ((this.#done + 1) * 1000) / speed.instructionsPerSecond - (now - this.#base))
    }
    const ahead = this.#pacedMs() - (now - this.#base)
    if (ahead < -BEHIND_MS) this.#base = now - this.#pacedMs()
    const allowed = AHEAD_MS[speed.pace]
    if (ahead <= allowed) return 0
    return speed.pace === 'realtime' && this.#isQuiet() ? ahead + this.#quietBehind(ahead, still) : ahead - allowed / 2
  }

  #isQuiet(): boolean {
    const { now: tick, cpu: { idle } } = this.#machine
    const { tick: tickBefore, idle: idleBefore } = this.#looked
    if (tick - tickBefore < QUIET_TICKS) return this.#quiet
    this.#quiet = idle - idleBefore > QUIET_SHARE * (tick - tickBefore)
    this.#looked = { tick, idle }
    return this.#quiet
  }

  /** Milliseconds; until the next event of a device, if that is not too far. @param ahead of the host's time */
  #quietBehind(ahead: number, still: boolean): number {
    const { most } = QUIET_BEHIND_MS
    const least = still ? QUIET_BEHIND_MS.still : QUIET_BEHIND_MS.least
    if (!this.#machine.halted) return least
    const untilDue = (this.#machine.clock.nextDue - this.#machine.now) / TICKS_PER_MILLISECOND
    return Math.min(Math.max(untilDue - ahead, least), most)
  }

  get #done(): number {
    return this.#machine.instructions - this.#start
  }

  /** At pace `fast` only the time that passes in HLT is held against the guest: one that computes or sends is never slowed down. */
  #pacedMs(): number {
    const ticks = this.#speed.pace === 'fast' ? this.#machine.idle : this.#machine.now
    return ticks / TICKS_PER_MILLISECOND
  }
}
