/**
 * Intel 8254 Programmable Interval Timer (data sheet order number 231164), clocked at 1.193182 MHz as in the PC.
 * A counter is a function of time: nothing is counted down, the count is worked out when somebody looks.
 */
import type { Clock, Timer } from '../machine/clock'
import { TICKS_PER_SECOND } from '../machine/clock'
import type { Device, DeviceFact, DeviceFacts, Line, PortRange } from './device'
import { fact } from './facts'
import { FLOATING } from './device'
import type { StateFields } from '../state/fields'

/** Input frequency in hertz: 14.318180 MHz / 12. */
export const PIT_HERTZ = 1_193_182

/** Whole PIT periods passed at a tick of virtual time, and the first tick at which so many have passed. */
export const periodsAt = (tick: number): number => Math.floor((tick * PIT_HERTZ) / TICKS_PER_SECOND)
export function tickOf(periods: number): number {
  let tick = Math.ceil((periods * TICKS_PER_SECOND) / PIT_HERTZ)
  while (periodsAt(tick) < periods) tick++
  return tick
}

/** A count of 0 stands for it. */
const MOST_COUNT = 0x10000
const MODES = ['interrupt on terminal count', 'one-shot', 'rate generator', 'square wave', 'software strobe', 'hardware strobe'] as const

type Access = 'low' | 'high' | 'both'

/** One of the three counters. Times are in PIT periods. */
export class PitCounter {
  #mode = 0
  #bcd = false
  #access: Access = 'both'
  /** Initial count, 1–65536 (10000 in BCD); undefined until one was written after a control word. */
  #initial: number | undefined
  /** Period in which the count was loaded. */
  #loadedAt = 0
  /** A count written during operation, for the next cycle of modes 2 and 3. */
  #next: { count: number; at: number } | undefined
  #writeLow: number | undefined
  #readHigh = false
  #latchedCount: number[] = []
  #latchedStatus: number | undefined
  #gate: boolean
  /** Elapsed periods at which a low gate froze the counter (modes 0, 2, 3, 4). */
  #frozen: number | undefined

  constructor(gate: boolean) {
    this.#gate = gate
  }

  get mode(): number {
    return this.#mode
  }

  /** How often OUT rises per second in modes 2 and 3, with the count written last and the gate up; 0: it does not go on and on. */
  get hertz(): number {
    const count = this.#next?.count ?? this.#initial
    return count !== undefined && this.#gate && (this.#mode === 2 || this.#mode === 3) ? PIT_HERTZ / count : 0
  }

  exchange(state: StateFields): void {
    this.#mode = state.int('mode', this.#mode, 7)
    this.#bcd = state.flag('bcd', this.#bcd)
    this.#access = state.choice('access', this.#access, ['low', 'high', 'both'])
    this.#initial = state.optional('initial', this.#initial, MOST_COUNT)
    this.#loadedAt = state.int('loaded at', this.#loadedAt)
    this.#next = state.maybe('next', this.#next, (next, value) => ({ count: next.int('count', value?.count ?? 0, MOST_COUNT), at: next.int('at', value?.at ?? 0) }))
    this.#writeLow = state.optional('low byte', this.#writeLow, 0xff)
    this.#readHigh = state.flag('reads high', this.#readHigh)
    this.#latchedCount = state.numbers('latched count', this.#latchedCount, 2)
    this.#latchedStatus = state.optional('latched status', this.#latchedStatus, 0xff)
    this.#gate = state.flag('gate', this.#gate)
    this.#frozen = state.optional('frozen', this.#frozen)
  }

  describe(now: number): DeviceFact[] {
    const initial = this.#initial
    return [
      fact('mode', `${this.#mode}`, MODES[this.#mode]),
      fact('reload value', initial === undefined ? 'not written yet' : `${initial}`, initial === undefined ? undefined : `${(PIT_HERTZ / initial).toFixed(2)} Hz`),
      fact('count', `${this.count(now)}`, this.#bcd ? 'BCD' : 'binary'),
      fact('access', { low: 'low byte', high: 'high byte', both: 'low byte, then high byte' }[this.#access]),
      fact('output', this.output(now)),
      fact('gate', this.#gate),
    ]
  }

  /** Control word of this counter: bits 5–4 access, 3–1 mode, 0 BCD. */
  control(word: number, now: number): void {
    const access = (word >> 4) & 3
    if (access === 0) {
      this.latch(now)
      return
    }
    const mode = (word >> 1) & 7
    this.#mode = mode > 5 ? mode - 4 : mode
    this.#bcd = (word & 1) !== 0
    this.#access = access === 1 ? 'low' : access === 2 ? 'high' : 'both'
    this.#initial = undefined
    this.#next = undefined
    this.#writeLow = undefined
    this.#readHigh = false
    this.#latchedCount = []
    this.#latchedStatus = undefined
    this.#frozen = undefined
  }

  latch(now: number): void {
    if (this.#latchedCount.length > 0) return
    const count = this.count(now)
    const low = count & 0xff
    const high = count >> 8
    this.#latchedCount = this.#access === 'low' ? [low] : this.#access === 'high' ? [high] : [low, high]
  }

  latchStatus(now: number): void {
    if (this.#latchedStatus !== undefined) return
    const access = { low: 1, high: 2, both: 3 }[this.#access]
    const nullCount = this.#initial === undefined || this.#next !== undefined
    this.#latchedStatus = (Number(this.output(now)) << 7) | (Number(nullCount) << 6) | (access << 4) | (this.#mode << 1) | Number(this.#bcd)
  }

  read(now: number): number {
    if (this.#latchedStatus !== undefined) {
      const status = this.#latchedStatus
      this.#latchedStatus = undefined
      return status
    }
    const latched = this.#latchedCount.shift()
    if (latched !== undefined) return latched
    const count = this.count(now)
    if (this.#access === 'low') return count & 0xff
    if (this.#access === 'high') return count >> 8
    this.#readHigh = !this.#readHigh
    return this.#readHigh ? count & 0xff : count >> 8
  }

  write(value: number, now: number): void {
    if (this.#access === 'low') this.#load(value, now)
    else if (this.#access === 'high') this.#load(value << 8, now)
    else if (this.#writeLow === undefined) this.#writeLow = value
    else {
      const low = this.#writeLow
      this.#writeLow = undefined
      this.#load(low | (value << 8), now)
    }
  }

  setGate(level: boolean, now: number): void {
    if (level === this.#gate) return
    this.#settle(now)
    const pauses = this.#mode === 0 || this.#mode === 4
    if (!level) {
      if (this.#mode !== 1 && this.#mode !== 5) this.#frozen = now - this.#loadedAt
    } else if (pauses) {
      if (this.#frozen !== undefined) this.#loadedAt = now - this.#frozen
      this.#frozen = undefined
    } else {
      // A rising gate starts modes 1, 2, 3 and 5 from the top.
      this.#loadedAt = now
      this.#frozen = undefined
    }
    this.#gate = level
  }

  /** The counting element as the guest reads it: 16 bits, BCD when so programmed. */
  count(now: number): number {
    if (this.#initial === undefined) return 0
    this.#settle(now)
    const initial = this.#initial
    const elapsed = this.#elapsed(now)
    const modulus = this.#bcd ? 10000 : 65536
    let count: number
    if (this.#mode === 2) count = initial - (elapsed % initial)
    else if (this.#mode === 3) count = initial - ((2 * elapsed) % initial) - (initial & 1)
    else count = (((initial - elapsed) % modulus) + modulus) % modulus
    count %= modulus
    return this.#bcd ? toBcd(count) : count & 0xffff
  }

  /** Level of OUT. */
  output(now: number): boolean {
    if (this.#initial === undefined) return this.#mode !== 0
    this.#settle(now)
    const initial = this.#initial
    const elapsed = this.#elapsed(now)
    switch (this.#mode) {
      case 0:
      case 1:
        return elapsed >= initial
      case 2:
        return !this.#gate || elapsed % initial !== initial - 1
      case 3:
        return !this.#gate || elapsed % initial < (initial + 1) >> 1
      default:
        return elapsed !== initial
    }
  }

  /** The first period after `now` at which OUT rises, or Infinity. */
  nextRise(now: number): number {
    if (this.#initial === undefined || this.#frozen !== undefined || (!this.#gate && this.#mode !== 1 && this.#mode !== 5)) return Infinity
    this.#settle(now)
    const initial = this.#initial
    if (this.#mode === 2 || this.#mode === 3) return this.#loadedAt + initial * (Math.floor((now - this.#loadedAt) / initial) + 1)
    const at = this.#loadedAt + initial + (this.#mode >= 4 ? 1 : 0)
    return at > now ? at : Infinity
  }

  #load(raw: number, now: number): void {
    const value = this.#bcd ? fromBcd(raw) : raw
    const count = value === 0 ? (this.#bcd ? 10000 : 65536) : value
    if ((this.#mode === 2 || this.#mode === 3) && this.#initial !== undefined) {
      this.#settle(now)
      const initial = this.#initial
      const at = this.#loadedAt + initial * (Math.floor((now - this.#loadedAt) / initial) + 1)
      this.#next = { count, at }
      return
    }
    this.#initial = count
    this.#loadedAt = now
    this.#frozen = this.#gate || this.#mode === 1 || this.#mode === 5 ? undefined : 0
  }

  /** A count written meanwhile takes effect where the running cycle ends. */
  #settle(now: number): void {
    if (this.#next && now >= this.#next.at) {
      this.#initial = this.#next.count
      this.#loadedAt = this.#next.at
      this.#next = undefined
    }
  }

  #elapsed(now: number): number {
    return this.#frozen ?? now - this.#loadedAt
  }
}

/** The chip with the PC's wiring: counter 0 is IRQ 0, counter 2's gate and output are in port 61h. */
export class Pit8254 implements Device {
  readonly name = '8254 timer'
  readonly ports: readonly PortRange[]
  readonly #clock: Clock
  readonly #irq0: Line
  readonly #timer: Timer
  #counters: [PitCounter, PitCounter, PitCounter]
  #port61 = 0
  readonly #onTone: (hertz: number) => void
  #hertz = 0

  /** @param onTone hears when the speaker's tone changes; 0: it is silent */
  constructor(clock: Clock, irq0: Line, onTone: (hertz: number) => void = () => undefined) {
    this.#clock = clock
    this.#onTone = onTone
    this.#irq0 = irq0
    this.#counters = freshCounters()
    this.#timer = clock.timer((due) => {
      this.#irq0(false)
      this.#irq0(true)
      this.#schedule(periodsAt(due))
    })
    this.ports = [
      { first: 0x40, last: 0x43, read: (port) => this.#read(port & 3), write: (port, value) => this.#write(port & 3, value) },
      { first: 0x61, last: 0x61, read: () => this.#readControl(), write: (_port, value) => this.#writeControl(value) },
    ]
  }

  reset(): void {
    this.#counters = freshCounters()
    this.#port61 = 0
    this.#timer.cancel()
    // OUT rests high, so that programming modes 2 and 3 makes no edge.
    this.#irq0(true)
    this.#updateTone()
  }

  exchange(state: StateFields): void {
    this.#counters.forEach((counter, index) => state.part(`counter ${index}`, counter))
    this.#port61 = state.byte('port 61h', this.#port61)
    if (state.loading) this.#updateTone()
  }

  describe(): DeviceFacts {
    const now = this.#periods()
    const uses = ['IRQ 0', 'memory refresh', 'speaker'] as const
    return [
      ...this.#counters.map((counter, index) => ({ title: `Counter ${index}: ${uses[index] ?? ''}`, facts: counter.describe(now) })),
      { title: 'Port 61h', facts: [fact('speaker', (this.#port61 & 2) !== 0, this.#hertz === 0 ? 'silent' : `${this.#hertz.toFixed(1)} Hz`), fact('gate of counter 2', (this.#port61 & 1) !== 0)] },
    ]
  }

  #periods(): number {
    return periodsAt(this.#clock.now())
  }

  #counter(index: number): PitCounter {
    const counter = this.#counters[index]
    if (!counter) throw new RangeError(`The 8254 has no counter ${index}.`)
    return counter
  }

  #read(register: number): number {
    return register === 3 ? FLOATING : this.#counter(register).read(this.#periods())
  }

  #write(register: number, value: number): void {
    const now = this.#periods()
    if (register < 3) {
      this.#counter(register).write(value, now)
    } else if (value >> 6 === 3) {
      this.#readBack(value, now)
      return
    } else {
      this.#counter(value >> 6).control(value & 0x3f, now)
      if (value >> 6 === 0 && (value & 0x30) !== 0) this.#irq0(this.#counter(0).output(now))
    }
    if (register === 0 || (register === 3 && value >> 6 === 0)) this.#schedule(now)
    this.#updateTone()
  }

  /** Read-back command: bits 1–3 choose counters, bit 5 = 0 latches counts, bit 4 = 0 latches status. */
  #readBack(command: number, now: number): void {
    for (let index = 0; index < 3; index++) {
      if (!(command & (2 << index))) continue
      if (!(command & 0x20)) this.#counter(index).latch(now)
      if (!(command & 0x10)) this.#counter(index).latchStatus(now)
    }
  }

  /** Port 61h: bits 0–1 gate of counter 2 and speaker, bit 4 refresh toggle (every 15 µs), bit 5 OUT of counter 2. */
  #readControl(): number {
    const refresh = Math.floor(this.#clock.now() / 1500) & 1
    return this.#port61 | (refresh << 4) | (Number(this.#counter(2).output(this.#periods())) << 5)
  }

  #writeControl(value: number): void {
    this.#port61 = value & 0x0f
    this.#counter(2).setGate((value & 1) !== 0, this.#periods())
    this.#updateTone()
  }

  /** The speaker follows counter 2 while port 61h lets it. What a guest plays by switching that bit itself is not heard. */
  #updateTone(): void {
    const hertz = this.#port61 & 2 ? this.#counter(2).hertz : 0
    if (hertz === this.#hertz) return
    this.#hertz = hertz
    this.#onTone(hertz)
  }

  #schedule(now: number): void {
    const rise = this.#counter(0).nextRise(now)
    if (rise === Infinity) this.#timer.cancel()
    else this.#timer.set(tickOf(rise))
  }
}

function freshCounters(): [PitCounter, PitCounter, PitCounter] {
  return [new PitCounter(true), new PitCounter(true), new PitCounter(false)]
}

function toBcd(value: number): number {
  return (value % 10) | ((Math.floor(value / 10) % 10) << 4) | ((Math.floor(value / 100) % 10) << 8) | ((Math.floor(value / 1000) % 10) << 12)
}

function fromBcd(value: number): number {
  return (value & 15) + 10 * ((value >> 4) & 15) + 100 * ((value >> 8) & 15) + 1000 * ((value >> 12) & 15)
}
