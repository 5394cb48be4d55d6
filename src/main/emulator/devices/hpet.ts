/**
 * High precision event timers (IA-PC HPET Specification 1.0a): a main counter of 64 bits, which counts ticks of virtual time (10 ns), and three
 * timers. Each can interrupt at inputs 20–23 of the I/O APIC; with legacy replacement, timers 0 and 1 take the lines of 8254 and clock.
 */
import { type Clock, SHORTEST_PERIOD, TICK_NANOSECONDS, type Timer } from '../machine/clock'
import type { Device, DeviceFacts, Line, MemoryDevice } from './device'
import { fact } from './facts'
import type { StateFields } from '../state/fields'

export const HPET_BASE = 0xfed0_0000
export const HPET_BYTES = 0x400
const TIMERS = 3
const FIRST_TIMER = 0x100
const TIMER_STRIDE = 0x20
const FEMTOSECONDS_PER_NANOSECOND = 1_000_000
/** Low half of the capabilities, as ACPI's table repeats it: Intel, legacy replacement, 64 bits, three timers, revision 1. */
export const HPET_BLOCK_ID = 0x8086_a001 + ((TIMERS - 1) << 8)
const PERIOD = TICK_NANOSECONDS * FEMTOSECONDS_PER_NANOSECOND
const CAPABILITIES = (BigInt(PERIOD) << 32n) | BigInt(HPET_BLOCK_ID)

const Register = { capabilities: 0x00, configuration: 0x10, status: 0x20, counter: 0xf0 } as const
const ENABLE = 1n
const LEGACY = 2n
/** Configuration of a timer. */
const LEVEL = 0x02n
const INTERRUPT = 0x04n
const PERIODIC = 0x08n
const SET_VALUE = 0x40n
const NARROW = 0x100n
const ROUTE = 0x3e00n
const TIMER_WRITABLE = LEVEL | INTERRUPT | PERIODIC | SET_VALUE | NARROW | ROUTE
export const FIRST_ROUTE = 20
export const LAST_ROUTE = 23
/** Inputs 20–23; 64 bits; periodic. */
const TIMER_CAPABILITIES = (0x00f0_0000n << 32n) | 0x30n
const MASK_32 = 0xffff_ffffn
const MASK_64 = 0xffff_ffff_ffff_ffffn

export interface HpetWiring {
  readonly clock: Clock
  /** Input 20–23 of the I/O APIC. */
  readonly input: (index: number, level: boolean) => void
  /** Lines that legacy replacement takes over. */
  readonly irq0: Line
  readonly irq8: Line
}

/** A line of the board that the HPET takes over while legacy replacement is on. */
class SharedLine {
  readonly #line: Line
  #original = false
  #hpet = false
  #taken = false

  constructor(line: Line) {
    this.#line = line
  }

  readonly original: Line = (level) => {
    this.#original = level
    if (!this.#taken) this.#line(level)
  }

  readonly hpet: Line = (level) => {
    this.#hpet = level
    if (this.#taken) this.#line(level)
  }

  exchange(state: StateFields): void {
    this.#original = state.flag('original', this.#original)
    this.#hpet = state.flag('hpet', this.#hpet)
    this.#taken = state.flag('taken', this.#taken)
  }

  set taken(taken: boolean) {
    if (taken === this.#taken) return
    this.#taken = taken
    this.#line(taken ? this.#hpet : this.#original)
  }
}

class HpetTimer {
  configuration = 0n
  comparator = MASK_64
  period = 0n
  /** Tick at which a write to the comparator used SET_VALUE up: the other half of a 64-bit write belongs to it. */
  setAt = -1
  readonly moment: Timer

  constructor(clock: Clock, due: () => void) {
    this.moment = clock.timer(due)
  }

  reset(): void {
    this.configuration = this.period = 0n
    this.comparator = MASK_64
    this.setAt = -1
    this.moment.cancel()
  }

  exchange(state: StateFields): void {
    this.configuration = state.big('configuration', this.configuration)
    this.comparator = state.big('comparator', this.comparator)
    this.period = state.big('period', this.period)
    this.setAt = state.int('set at', this.setAt, Number.MAX_SAFE_INTEGER, -1)
  }

  has(bit: bigint): boolean {
    return (this.configuration & bit) !== 0n
  }

  get mask(): bigint {
    return this.has(NARROW) ? MASK_32 : MASK_64
  }

  get route(): number {
    return Number((this.configuration & ROUTE) >> 9n)
  }
}

export class Hpet implements Device, MemoryDevice {
  readonly name = 'HPET'
  readonly ports = []
  /** Where 8254 and clock put their requests. */
  readonly timerLine: Line
  readonly clockLine: Line
  readonly #wiring: HpetWiring
  readonly #shared: readonly [SharedLine, SharedLine]
  readonly #timers: readonly HpetTimer[]
  #configuration = 0n
  #status = 0
  /** The counter was `#startCount` at `#startTick`, and has gone on if it is enabled. */
  #startTick = 0
  #startCount = 0n

  constructor(wiring: HpetWiring) {
    this.#wiring = wiring
    this.#shared = [new SharedLine(wiring.irq0), new SharedLine(wiring.irq8)]
    this.timerLine = this.#shared[0].original
    this.clockLine = this.#shared[1].original
    this.#timers = Array.from({ length: TIMERS }, (_, index) => new HpetTimer(wiring.clock, () => this.#match(index)))
  }

  reset(): void {
    for (let index = 0; index < TIMERS; index++) this.#drive(index, false)
    for (const timer of this.#timers) timer.reset()
    this.#configuration = this.#startCount = 0n
    this.#status = 0
    for (const line of this.#shared) line.taken = false
  }

  exchange(state: StateFields): void {
    this.#shared.forEach((line, index) => state.part(`line ${index}`, line))
    this.#timers.forEach((timer, index) => state.part(`timer ${index}`, timer))
    this.#configuration = state.big('configuration', this.#configuration)
    this.#status = state.dword('status', this.#status)
    this.#startTick = state.int('start tick', this.#startTick)
    this.#startCount = state.big('start count', this.#startCount)
  }

  /** Some timer is going to interrupt at an input of its own. */
  get armedInputs(): readonly number[] {
    return this.#timers.filter((timer, index) => timer.moment.due !== Infinity && !(this.#legacy && index < 2)).map(({ route }) => route)
  }

  describe(): DeviceFacts {
    return [
      { title: 'Main counter', facts: [fact('runs', this.#enabled), fact('count', `${this.#count}`), fact('takes the lines of 8254 and clock', this.#legacy)] },
      ...this.#timers.map((timer, index) => ({
        title: `Timer ${index}`,
        facts: [
          fact('interrupts', timer.has(INTERRUPT), timer.has(LEVEL) ? 'level' : 'edge'), fact('comparator', `${timer.comparator}`), fact('period', timer.has(PERIODIC) ? `${timer.period}` : 'none'),
          fact('goes to', this.#legacy && index < 2 ? `IRQ ${index * 8}` : `input ${timer.route}`),
        ],
      })),
    ]
  }

  /** Registers have 64 bits and are read in any part; written as 32 bits (one of 64 arrives as two). */
  read(offset: number, size: 1 | 2 | 4): number {
    const value = this.#readRegister(offset & ~7) >> BigInt(8 * (offset & 7))
    return Number(BigInt.asUintN(8 * size, value))
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4 || (offset & 3) !== 0) return
    const upper = (offset & 4) !== 0
    const [written, mask] = upper ? [BigInt(value >>> 0) << 32n, MASK_32 << 32n] : [BigInt(value >>> 0), MASK_32]
    const merged = (old: bigint): bigint => (old & ~mask) | written
    const at = offset & ~7
    if (at === Register.configuration) this.#configure(merged(this.#configuration))
    else if (at === Register.status) this.#clearStatus(Number(written & 7n))
    else if (at === Register.counter) this.#setCounter(merged(this.#count))
    else {
      const index = Math.floor((at - FIRST_TIMER) / TIMER_STRIDE)
      const timer = this.#timers[index]
      if (timer && at >= FIRST_TIMER) this.#writeTimer(index, timer, at % TIMER_STRIDE, merged)
    }
  }

  get #enabled(): boolean {
    return (this.#configuration & ENABLE) !== 0n
  }

  get #legacy(): boolean {
    return (this.#configuration & LEGACY) !== 0n
  }

  get #count(): bigint {
    if (!this.#enabled) return this.#startCount
    return BigInt.asUintN(64, this.#startCount + BigInt(this.#wiring.clock.now() - this.#startTick))
  }

  #readRegister(at: number): bigint {
    if (at === Register.capabilities) return CAPABILITIES
    if (at === Register.configuration) return this.#configuration
    if (at === Register.status) return BigInt(this.#status)
    if (at === Register.counter) return this.#count
    const timer = at >= FIRST_TIMER ? this.#timers[Math.floor((at - FIRST_TIMER) / TIMER_STRIDE)] : undefined
    if (!timer) return 0n
    return at % TIMER_STRIDE === 0 ? timer.configuration | TIMER_CAPABILITIES : at % TIMER_STRIDE === 8 ? timer.comparator & timer.mask : 0n
  }

  #configure(value: bigint): void {
    this.#setCounter(this.#count)
    this.#configuration = value & (ENABLE | LEGACY)
    for (const line of this.#shared) line.taken = this.#legacy
    for (const timer of this.#timers) this.#schedule(timer)
  }

  #setCounter(count: bigint): void {
    this.#startCount = count
    this.#startTick = this.#wiring.clock.now()
    for (const timer of this.#timers) this.#schedule(timer)
  }

  #writeTimer(index: number, timer: HpetTimer, register: number, merged: (old: bigint) => bigint): void {
    if (register === 0) {
      this.#drive(index, false)
      timer.configuration = merged(timer.configuration) & TIMER_WRITABLE
      if (timer.has(LEVEL)) this.#drive(index, timer.has(INTERRUPT) && ((this.#status >> index) & 1) !== 0)
    } else if (register === 8) {
      const now = this.#wiring.clock.now()
      const sets = timer.has(SET_VALUE) || timer.setAt === now
      if (timer.has(SET_VALUE)) timer.setAt = now
      timer.configuration &= ~SET_VALUE
      if (!timer.has(PERIODIC) || sets) timer.comparator = merged(timer.comparator) & timer.mask
      if (timer.has(PERIODIC)) timer.period = merged(timer.period) & timer.mask
    }
    this.#schedule(timer)
  }

  #clearStatus(bits: number): void {
    for (let index = 0; index < TIMERS; index++) if ((bits >> index) & (this.#status >> index) & 1) this.#drive(index, false)
    this.#status &= ~bits
  }

  /** When the counter comes to the comparator next. @param passed it has just been there */
  #schedule(timer: HpetTimer, passed = false): void {
    if (!this.#enabled || !timer.has(INTERRUPT)) {
      timer.moment.cancel()
      return
    }
    const left = (timer.comparator - this.#count) & timer.mask
    const ahead = Number(left === 0n && passed ? timer.mask + 1n : left)
    const due = this.#wiring.clock.now() + (passed ? Math.max(ahead, SHORTEST_PERIOD) : ahead)
    if (due > Number.MAX_SAFE_INTEGER) timer.moment.cancel()
    else timer.moment.set(due)
  }

  #match(index: number): void {
    const timer = this.#timers[index]
    if (!timer) return
    if (timer.has(PERIODIC) && timer.period !== 0n) {
      // The comparator goes to the next multiple ahead.
      const behind = (this.#count - timer.comparator) & timer.mask
      timer.comparator = (timer.comparator + (behind / timer.period + 1n) * timer.period) & timer.mask
    }
    this.#schedule(timer, true)
    if (timer.has(LEVEL)) this.#status |= 1 << index
    // An edge; the line stays up, as the 8259A wants to see it until it is acknowledged.
    else this.#drive(index, false)
    this.#drive(index, true)
  }

  /** The interrupt output of a timer. */
  #drive(index: number, level: boolean): void {
    const route = this.#timers[index]?.route ?? 0
    if (index < 2) this.#shared[index]?.hpet(level)
    if (!(this.#legacy && index < 2) && route >= FIRST_ROUTE && route <= LAST_ROUTE) this.#wiring.input(route, level)
  }
}
