/**
 * A program that asks the BIOS the same question again and again, and does the same in between each time, waits for the answer to change. The BIOS
 * of a real PC takes its time over a call; here, where a call takes no instructions to speak of, time is let pass instead: such a wait then costs the
 * host little, as a HLT does. A program that draws and looks for a key now and then is slowed no more than by a BIOS of its days.
 */
import { TICKS_PER_MICROSECOND } from '../machine/clock'
import type { FirmwareHost } from './context'
import type { Stateful, StateFields } from '../state/fields'

/** So many times round the same loop are a wait. */
const WAIT = 64
/** A round that is not the same takes this many away: timer ticks come in between. */
const DOUBT = 8
/** Whoever does this many instructions in between has work to do. */
const BUSY_INSTRUCTIONS = 10_000
/** Ticks that pass for each instruction of the loop, and at least and at most for a round. */
const PAUSE_PER_INSTRUCTION = 64
const SHORTEST_PAUSE = 50 * TICKS_PER_MICROSECOND
const LONGEST_PAUSE = 500 * TICKS_PER_MICROSECOND
/** After so many times round nobody is in a hurry: a prompt that waits for a person. */
const LONG_WAIT = 2048
const PATIENT_PAUSE = 5000 * TICKS_PER_MICROSECOND

export class BusyWait implements Stateful {
  readonly #host: Pick<FirmwareHost, 'now' | 'instructions' | 'skipTo'>
  #rounds = 0
  /** Rounds of the present wait, without a doubt in between that ended it. */
  #waited = 0
  #lastAt = 0
  /** Lengths of the last two rounds: a loop may ask twice. */
  #lengths: readonly [number, number] = [0, 0]

  constructor(host: Pick<FirmwareHost, 'now' | 'instructions' | 'skipTo'>) {
    this.#host = host
  }

  exchange(state: StateFields): void {
    this.#rounds = state.int('rounds', this.#rounds, 2 * WAIT)
    this.#lastAt = state.int('last at', this.#lastAt)
    const [last, before] = this.#lengths
    this.#lengths = [state.int('last length', last), state.int('length before', before)]
  }

  /** A question was asked whose answer is the same as before. */
  asked(): void {
    const at = this.#host.instructions()
    const length = at - this.#lastAt
    const same = length <= BUSY_INSTRUCTIONS && this.#lengths.includes(length)
    this.#rounds = same ? Math.min(this.#rounds + 1, 2 * WAIT) : Math.max(0, this.#rounds - DOUBT)
    this.#lastAt = at
    this.#lengths = [length, this.#lengths[0]]
    if (this.#rounds <= WAIT) this.#waited = 0
    if (!same || this.#rounds <= WAIT) return
    const pause = Math.min(Math.max(length * PAUSE_PER_INSTRUCTION, SHORTEST_PAUSE), LONGEST_PAUSE)
    this.#host.skipTo(this.#host.now() + (++this.#waited > LONG_WAIT ? PATIENT_PAUSE : pause))
  }
}
