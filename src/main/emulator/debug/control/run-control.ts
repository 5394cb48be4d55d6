/**
 * Pausing, steps and breakpoints of one machine. All of it happens between two instructions: what the guest does and when is the same with it
 * and without. `Machine.run` asks for the budget before it executes, and returns when `stop` is set.
 */
import { LabError } from '../../../../shared/failure'
import type { BreakpointHit, Paused, PauseReason } from '../../../../shared/run-state'
import type { Cpu } from '../../cpu/cpu'
import type { Processors } from '../../machine/processors'
import type { Delivered, PortAccess } from '../../cpu/observer'
import type { MemoryMap } from '../../machine/memory-map'
import { vectorName } from '../../../../shared/vectors'
import { MemoryReader } from '../look/memory'
import { hex } from '../registers'
import { Breakpoints } from './breakpoints'
import { ModeWatch, type CpuMode } from './modes'
import { Places } from './places'
import { endOfStepOver, endsOfStepOut, type StepEnd } from './steps'
import { Watches } from './watches'

export type Step = 'into' | 'over' | 'out'

/** Linear addresses, both included. */
export interface CodeRange {
  readonly first: bigint
  readonly last: bigint
}

const RSP = 4

/** Somebody else who wants to hear of the same events: the timeline, a log. */
export interface RunListener {
  /** Whether exceptions that are delivered matter now; absent: they do. */
  readonly awaitsFault?: boolean
  delivered?(event: Delivered): void
  modeChanged?(from: CpuMode, to: CpuMode): void
}

/** A step, or a run to an address. */
interface Plan {
  /** Of this processor; the others go on meanwhile. */
  readonly cpu: Cpu
  readonly reason: PauseReason
  /** Handlers of interrupts that come first run unseen. */
  readonly overHandlers: boolean
  /** Where it begins, and where such handlers come back to. */
  readonly start: { readonly linear: bigint; readonly stackPointer: bigint }
  /** A step that ends in here goes on with another: a source line as a whole. */
  readonly again: { readonly step: Step; readonly within: readonly CodeRange[] } | undefined
  /** Instruction count at which it is done. */
  limit: number
  /** Takes back its places. */
  readonly places: (() => void)[]
}

export class RunControl {
  readonly places: Places
  readonly watches: Watches
  readonly breakpoints: Breakpoints
  readonly listeners: RunListener[] = []
  readonly #processors: Processors
  readonly #memory: MemoryMap
  readonly #modes: ModeWatch
  #paused: Paused | undefined
  /** Hits of the running instruction, or of one that is about to run. */
  #hits: BreakpointHit[] = []
  #planned: PauseReason | undefined
  #plan: Plan | undefined
  #toldTripleFault = false
  #onPort: ((access: PortAccess) => void) | undefined

  constructor(processors: Processors, memory: MemoryMap) {
    this.#processors = processors
    this.#memory = memory
    const cpu = this.#cpu
    // Places, watched memory and the observer are common to all processors.
    this.places = new Places(cpu.codeProbes)
    this.watches = new Watches(cpu.mmu.probes, memory)
    this.breakpoints = new Breakpoints(processors, this.places, this.watches, {
      hit: (hit) => {
        this.#hits.push(hit)
        this.#cpu.stop()
      },
      changed: () => this.#listenToPorts(),
    })
    this.#modes = new ModeWatch(processors, (from, to) => {
      this.breakpoints.modeChanged(from, to)
      for (const listener of this.listeners) listener.modeChanged?.(from, to)
    })
    cpu.observer.modes = () => this.#modes.look()
    cpu.observer.delivered = (event) => this.#delivered(event)
    cpu.observer.hears = (source) => source === 'hardware' || this.breakpoints.watchesVectors || (source === 'exception' && this.listeners.some(({ awaitsFault }) => awaitsFault !== false))
  }

  /** The processor that executes, or that somebody looks at. */
  get #cpu(): Cpu {
    return this.#processors.current
  }

  /** Hears of the guest's port accesses, beside the breakpoints. */
  set onPort(listener: ((access: PortAccess) => void) | undefined) {
    this.#onPort = listener
    this.#listenToPorts()
  }

  /** Why the machine stands; undefined: it goes on. */
  get paused(): Paused | undefined {
    return this.#paused
  }

  /** Instructions that may be executed at once. */
  get budget(): number {
    return this.#plan?.cpu === this.#cpu ? this.#plan.limit - this.#cpu.now() : Infinity
  }

  /** After every run of the processor: whether it brought something to stop at. */
  executed(): void {
    this.#finishHits()
    const done = this.#plan && this.#plan.cpu.now() >= this.#plan.limit ? this.#plan.reason : undefined
    const reason = this.#planned ?? done
    if (reason !== undefined && reason === this.#plan?.reason && this.#hits.length === 0 && this.#stepsOn(this.#plan)) return
    if (reason !== undefined || this.#hits.length > 0) this.#pause(reason ?? { type: 'user' })
  }

  /** A triple fault stopped the processor. @returns whether the machine shall stand there once, before it ends */
  holdsTripleFault(): boolean {
    if (this.#toldTripleFault) return false
    this.#toldTripleFault = true
    this.breakpoints.tripleFault(this.#cpu.shutdown?.chain.map(({ vector }) => vectorName(vector)) ?? [])
    this.executed()
    return this.#paused !== undefined
  }

  /** Asked for from outside, between two runs of the processor. */
  pause(reason: PauseReason): void {
    if (!this.#paused) this.#pause(reason)
  }

  /** Stops the machine for this reason as soon as the running instruction is done, or before it when asked in a visit of a place. */
  stopFor(reason: PauseReason): void {
    this.#planned ??= reason
    this.#cpu.stop()
  }

  /**
   * Puts the state of a processor into place, to be looked at and stepped.
   * @throws LabError when the machine is not paused, or has no such processor
   */
  lookAt(number: number): void {
    this.#requirePaused()
    const cpu = this.#processors.all[number]
    if (!cpu) throw new LabError({ code: 'not-found', what: `There is no processor ${number}.`, next: `Choose one of 0 to ${this.#processors.all.length - 1}.` })
    this.#processors.select(cpu)
    if (this.#paused) this.#paused = { ...this.#paused, address: hex(cpu.codeAddress), ...this.#which }
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = undefined
    this.#cpu.passPlace()
  }

  /**
   * @param within a step into or over that ends in one of these is followed by another one, until it leads out of them
   * @throws LabError when the machine is not paused
   */
  step(step: Step, within: readonly CodeRange[] = []): void {
    this.#requirePaused()
    this.#beginStep(step, step === 'out' ? [] : within)
    this.resume()
  }

  #beginStep(step: Step, within: readonly CodeRange[]): void {
    const reader = new MemoryReader(this.#cpu, this.#memory)
    const over = step === 'over' ? endOfStepOver(this.#cpu, reader) : undefined
    const ends = step === 'out' ? endsOfStepOut(this.#cpu, reader) : over ? [over] : []
    if (step === 'out' && ends.length === 0) {
      throw new LabError({ code: 'bad-input', what: 'No return address was found on the stack.', why: 'The present function may be the outermost one.', next: 'Set a breakpoint, or step over instructions.' })
    }
    const again = within.length === 0 ? undefined : { step, within }
    // Who steps by source lines does not mean the handler of an interrupt.
    this.#begin({ reason: { type: 'step' }, overHandlers: step !== 'into' || again !== undefined, again, limit: ends.length === 0 ? this.#cpu.now() + 1 : Infinity }, ends)
  }

  /** A step is done. @returns whether another one follows at once */
  #stepsOn({ again }: Plan): boolean {
    const address = this.#cpu.codeAddress
    if (!again?.within.some(({ first, last }) => address >= first && address <= last)) return false
    // It stopped in a visit of this place, whose other visitors have been asked.
    if (this.#planned) this.#cpu.passPlace()
    this.#planned = undefined
    this.#beginStep(again.step, again.within)
    return true
  }

  /** Resumes until an address is reached. @throws LabError when the machine is not paused */
  runTo(addresses: readonly bigint[]): void {
    this.#requirePaused()
    this.#begin({ reason: { type: 'reached' }, overHandlers: true, again: undefined, limit: Infinity }, addresses.map((linear) => ({ linear, done: () => true })))
    this.resume()
  }

  /** The machine was reset: what was begun before is off. Breakpoints stay. */
  reset(): void {
    this.#dropPlan()
    this.#hits = []
    this.#planned = undefined
    this.#toldTripleFault = false
    this.#modes.look()
    if (this.#paused) this.#paused = { ...this.#paused, address: hex(this.#cpu.codeAddress), ...this.#which }
  }

  /** The machine's state was loaded: its mode is no change of mode. */
  restored(): void {
    this.#modes.restored()
    if (this.#paused) this.#paused = { ...this.#paused, address: hex(this.#cpu.codeAddress), ...this.#which }
  }

  #begin(plan: Omit<Plan, 'places' | 'start' | 'cpu'>, ends: readonly StepEnd[]): void {
    this.#dropPlan()
    const cpu = this.#cpu
    const places = ends.map(({ linear, done }) =>
      this.places.add(linear, () => {
        if (this.#cpu !== cpu || !done()) return false
        this.stopFor(plan.reason)
        return true
      }),
    )
    this.#plan = { ...plan, cpu, places, start: { linear: this.#cpu.codeAddress, stackPointer: this.#cpu.state.gpr(RSP) } }
  }

  /** Only while somebody wants it: some guests do little else than read and write ports. */
  #listenToPorts(): void {
    const wanted = this.#onPort !== undefined || this.breakpoints.watchesPorts
    this.#cpu.observer.port = wanted ? (access) => (this.breakpoints.port(access), this.#onPort?.(access)) : undefined
  }

  #delivered(event: Delivered): void {
    this.breakpoints.delivered(event)
    for (const listener of this.listeners) listener.delivered?.(event)
    const plan = this.#plan
    if (event.source !== 'hardware' || plan?.cpu !== this.#cpu || plan.limit === Infinity) return
    if (plan.overHandlers) this.#passHandler(plan)
    else this.stopFor({ type: 'step', interrupted: event.vector })
  }

  /** Lets the handler of an interrupt that came before the instruction run, and makes the step then. */
  #passHandler(plan: Plan): void {
    const { linear, stackPointer } = plan.start
    plan.limit = Infinity
    const take = this.places.add(linear, () => {
      if (this.#cpu !== plan.cpu || this.#cpu.state.gpr(RSP) !== stackPointer) return false
      take()
      plan.limit = plan.cpu.now() + 1
      // The processor returns, and is given the new budget.
      return true
    })
    plan.places.push(take)
  }

  #finishHits(): void {
    for (const hit of this.#hits) {
      if (hit.kind !== 'data' || hit.after !== undefined) continue
      const after = this.watches.valueAt({ physical: Number(BigInt(hit.physical)), bytes: hit.bytes })
      if (after !== undefined) hit.after = after
    }
  }

  #pause(reason: PauseReason): void {
    this.#dropPlan()
    // A breakpoint where the machine stands by chance counts as reached.
    this.#cpu.visitPlace()
    const hits = this.#hits.splice(0)
    this.#planned = undefined
    this.#paused = { reason: hits.length > 0 ? { type: 'breakpoint', hits } : reason, address: hex(this.#cpu.codeAddress), ...this.#which }
  }

  /** Of several processors. */
  get #which(): { cpu?: number } {
    return this.#processors.all.length > 1 ? { cpu: this.#cpu.number } : {}
  }

  #dropPlan(): void {
    for (const take of this.#plan?.places ?? []) take()
    this.#plan = undefined
  }

  #requirePaused(): void {
    if (this.#paused) return
    throw new LabError({ code: 'running', what: 'The machine is not paused.', next: 'Pause it first.' })
  }
}
