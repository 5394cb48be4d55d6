/**
 * The processors of the machine, which take turns: each executes some instructions, then the next one that has something to do, in the order of their
 * APIC identifiers. Whose turn it is depends on the guest alone, so that every run is the same.
 *
 * Virtual time counts the instructions of all: it never goes back, whichever processor looks at the clock, and devices' moments are exact for each. So
 * processors that compute at the same time share the speed that a single one has, as they share the host's thread.
 *
 * A turn ends early when the processor waits: in HLT, or with PAUSE while another one could go on (locks are taken with PAUSE in the loop); and when an
 * interrupt comes to another processor, which so has it after as few instructions as possible. Only between instructions turns change: what LOCK and
 * XCHG do is never torn.
 */
import { createHash } from 'node:crypto'
import type { Cpu } from '../cpu/cpu'
import type { StateFields } from '../state/fields'
import { OTHERS_READY } from '../cpu/state/layout'

/** Instructions of a turn: ten microseconds. */
export const TURN_TICKS = 1000
/** What PAUSE takes: 140 cycles, as on processors since Skylake (Intel 64 and IA-32 Architectures Optimization Reference Manual, 2.5.4). */
export const PAUSE_TICKS = 14

export class Processors {
  readonly all: readonly [Cpu, ...Cpu[]]
  #current: Cpu
  /** Whose turn it is: another one may be in place, because somebody looks at it. */
  #turn: Cpu
  /** Tick at which the turn ends. */
  #turnEnd = 0
  #turnOver = false

  /** @param all in the order of their numbers; the last one has its state in place, the others are parked */
  constructor(all: readonly [Cpu, ...Cpu[]]) {
    this.all = all
    this.#turn = all[0]
    this.#current = all.at(-1) ?? all[0]
    this.select(this.#turn)
  }

  /** The one whose state is in place. */
  get current(): Cpu {
    return this.#current
  }

  /** Instructions that all have executed. */
  get instructions(): number {
    return this.all.length === 1 ? this.#current.now() : this.all.reduce((sum, cpu) => sum + cpu.now(), 0)
  }

  /** Present tick. */
  get now(): number {
    return this.#current.now() + this.#current.idle
  }

  /** All wait for an interrupt. */
  get halted(): boolean {
    return this.all.every(({ halted }) => halted)
  }

  /** Ticks until the turn ends. */
  get turnLeft(): number {
    return this.all.length === 1 ? Infinity : this.#turnEnd - this.now
  }

  /** No other processor has anything to do. */
  get isAlone(): boolean {
    return !this.all.some((cpu) => cpu !== this.#current && isReady(cpu))
  }

  /** Starts all anew, with the first one. */
  reset(): void {
    for (const cpu of this.all) {
      this.select(cpu)
      cpu.reset()
    }
    this.#turn = this.all[0]
    this.#turnEnd = 0
    this.#turnOver = false
    this.select(this.#turn)
  }

  /** Puts the state of a processor into place. The guest does not notice. */
  select(cpu: Cpu): void {
    if (cpu === this.#current) return
    const { now } = this
    this.#current.park()
    cpu.unpark()
    cpu.idle = now - cpu.now()
    this.#current = cpu
  }

  /** Puts the processor into place that executes next. False: all wait. */
  choose(): boolean {
    if (this.all.length === 1) return isReady(this.#current)
    if (this.#turnOver || this.turnLeft <= 0 || !isReady(this.#turn)) {
      const next = this.#next()
      if (!next) return false
      this.#turnOver = false
      this.#turn = next
      this.#turnEnd = this.now + TURN_TICKS
      this.select(next)
      next.state.i32[OTHERS_READY >> 2] = this.isAlone ? 0 : 1
    } else this.select(this.#turn)
    return true
  }

  /** Something came for a processor: if it is another one than the one that executes, that has had its turn. */
  came(cpu: Cpu): void {
    if (cpu === this.#turn) cpu.endSlice()
    else this.endTurn()
  }

  /** The processor that executes has had its turn. */
  endTurn(): void {
    this.#turnOver = true
    this.#current.attention()
  }

  /** How far each is, and whose turn it is. Loaded before all else: devices ask what time it is. */
  exchangeTime(state: StateFields): void {
    if (this.all.length === 1) return this.#current.exchangeTime(state)
    this.#each(state, (cpu, fields) => cpu.exchangeTime(fields))
    const turn = this.all[state.int('turn', this.#turn.number, this.all.length - 1)]
    if (turn) this.#turn = turn
    this.#turnEnd = state.tick('turn end', this.#turnEnd)
    this.#turnOver = state.flag('turn over', this.#turnOver)
    if (state.loading) this.select(this.#turn)
  }

  /** @see Cpu.exchange */
  exchange(state: StateFields): void {
    if (this.all.length === 1) return this.#current.exchange(state)
    this.#each(state, (cpu, fields) => {
      cpu.exchange(fields)
      cpu.state.i32[OTHERS_READY >> 2] = fields.flag('others ready', cpu.state.i32[OTHERS_READY >> 2] !== 0) ? 1 : 0
    })
  }

  #each(state: StateFields, exchange: (cpu: Cpu, fields: StateFields) => void): void {
    const before = this.#current
    for (const cpu of this.all) {
      this.select(cpu)
      state.part(`processor ${cpu.number}`, (fields) => exchange(cpu, fields))
    }
    this.select(before)
  }

  /** @see Cpu.snapshotHash */
  snapshotHash(): string {
    if (this.all.length === 1) return this.#current.snapshotHash()
    const before = this.#current
    const hash = createHash('sha256')
    for (const cpu of this.all) {
      this.select(cpu)
      hash.update(cpu.snapshotHash())
    }
    this.select(before)
    return hash.digest('hex')
  }

  /** The next one that has something to do, at last the one whose turn it was. */
  #next(): Cpu | undefined {
    const first = this.#turn.number + 1
    for (let step = 0; step < this.all.length; step++) {
      const cpu = this.all[(first + step) % this.all.length]
      if (cpu && isReady(cpu)) return cpu
    }
    return undefined
  }
}

function isReady(cpu: Cpu): boolean {
  return !cpu.halted || cpu.wakes
}
