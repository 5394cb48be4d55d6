/** The breakpoints that a person has set: each arms what notices it, counts, and says what the machine stopped at. */
import type { Breakpoint, MachineBreakpoint, QuestionArgs } from '../../../../shared/debug'
import { MAX_BREAKPOINTS } from '../../../../shared/debug'
import { LabError } from '../../../../shared/failure'
import type { BreakpointHit } from '../../../../shared/run-state'
import type { Cpu } from '../../cpu/cpu'
import type { Processors } from '../../machine/processors'
import type { DataAccess } from '../../cpu/mmu/data-probes'
import type { Delivered, PortAccess } from '../../cpu/observer'
import { interruptName } from '../explain'
import { hex } from '../registers'
import type { CpuMode } from './modes'
import type { Places } from './places'
import type { Watches } from './watches'

type Kind = MachineBreakpoint['kind']
type SpecOf<K extends Kind> = Extract<MachineBreakpoint, { kind: K }>

interface Entry extends Breakpoint {
  disarm: () => void
}

const PAGE_FAULT = 14

export interface BreakpointListener {
  /** A hit that shall stop the machine. */
  hit(hit: BreakpointHit): void
  /** Others are enabled now. */
  changed(): void
}

export class Breakpoints {
  readonly #processors: Processors
  readonly #places: Places
  readonly #watches: Watches
  readonly #listener: BreakpointListener
  readonly #byId = new Map<number, Entry>()
  /** Data breakpoints that the running instruction has hit: one instruction can touch the same bytes more than once. */
  readonly #touched = new Map<number, number>()
  #nextId = 1

  constructor(processors: Processors, places: Places, watches: Watches, listener: BreakpointListener) {
    this.#processors = processors
    this.#places = places
    this.#watches = watches
    this.#listener = listener
  }

  get #cpu(): Cpu {
    return this.#processors.current
  }

  list(): Breakpoint[] {
    return [...this.#byId.values()].map(withoutArms)
  }

  /** @throws LabError when there are too many */
  set({ spec, enabled = true, condition }: QuestionArgs['setBreakpoint']): Breakpoint {
    if (this.#byId.size >= MAX_BREAKPOINTS) {
      throw new LabError({ code: 'busy', what: `There are ${MAX_BREAKPOINTS} breakpoints already.`, next: 'Remove one first.' })
    }
    const entry: Entry = { id: this.#nextId++, spec, enabled, ...(condition ? { condition } : {}), hits: 0, disarm: () => undefined }
    this.#byId.set(entry.id, entry)
    if (enabled) this.#arm(entry)
    return withoutArms(entry)
  }

  /** @throws LabError for an unknown id */
  change({ id, enabled, condition, hits }: QuestionArgs['changeBreakpoint']): Breakpoint {
    const entry = this.#find(id)
    if (condition === null) delete entry.condition
    else if (condition) entry.condition = condition
    if (hits !== undefined) entry.hits = hits
    if (enabled !== undefined && enabled !== entry.enabled) {
      entry.enabled = enabled
      if (enabled) this.#arm(entry)
      else this.#disarm(entry)
    }
    return withoutArms(entry)
  }

  /** @throws LabError for an unknown id */
  remove(id: number): void {
    const entry = this.#find(id)
    entry.enabled = false
    this.#disarm(entry)
    this.#byId.delete(id)
  }

  delivered(event: Delivered): void {
    for (const { entry, spec } of this.#enabled('vector')) {
      if (spec.vector !== event.vector || (spec.source !== 'any' && spec.source !== event.source)) continue
      const { vector, source, errorCode, returnTo } = event
      const address = vector === PAGE_FAULT && source === 'exception' ? { address: hex(this.#cpu.state.control(2)) } : {}
      this.#hit(entry, { kind: 'vector', vector, source, name: interruptName(vector, source), ...(errorCode === undefined ? {} : { errorCode }), ...address, returnTo: hex(returnTo) })
    }
  }

  modeChanged(from: CpuMode, to: CpuMode): void {
    for (const { entry, spec } of this.#enabled('mode')) if (spec.mode === 'any' || spec.mode === to) this.#hit(entry, { kind: 'mode', from, to })
  }

  port({ direction, port, bytes, value }: PortAccess): void {
    for (const { entry, spec } of this.#enabled('port')) {
      if (port + bytes - 1 < spec.first || port > spec.last || (spec.direction !== 'any' && spec.direction !== direction)) continue
      this.#hit(entry, { kind: 'port', direction, port, bytes, value, by: hex(this.#cpu.codeAddress) })
    }
  }

  /** @param faults names of what led to it */
  tripleFault(faults: string[]): void {
    for (const { entry } of this.#enabled('triple-fault')) this.#hit(entry, { kind: 'triple-fault', faults })
  }

  /** Some port is watched. */
  get watchesPorts(): boolean {
    return [...this.#enabled('port')].length > 0
  }

  /** Some vector is watched. */
  get watchesVectors(): boolean {
    for (const { enabled, spec } of this.#byId.values()) if (enabled && spec.kind === 'vector') return true
    return false
  }

  *#enabled<K extends Kind>(kind: K): Generator<{ entry: Entry; spec: SpecOf<K> }> {
    for (const entry of this.#byId.values()) if (entry.enabled && isKind(entry.spec, kind)) yield { entry, spec: entry.spec }
  }

  #arm(entry: Entry): void {
    const { spec } = entry
    this.#listener.changed()
    if (spec.kind === 'code') {
      const places = [...new Set(spec.addresses)].map((address) => this.#places.add(BigInt(address), () => this.#hit(entry, { kind: 'code' })))
      entry.disarm = () => places.forEach((remove) => remove())
    } else if (spec.kind === 'data') {
      const first = BigInt(spec.address)
      const last = BigInt.asUintN(64, first + BigInt(spec.bytes) - 1n)
      entry.disarm = this.#watches.add({ space: spec.space, first, last: last < first ? 0xffff_ffff_ffff_ffffn : last }, (access) => this.#touch(entry, spec, access))
    }
  }

  #disarm(entry: Entry): void {
    entry.disarm()
    entry.disarm = () => undefined
    this.#listener.changed()
  }

  #touch(entry: Entry, spec: SpecOf<'data'>, access: DataAccess): void {
    if (spec.access !== 'any' && (spec.access === 'write') !== access.writes) return
    const { now } = this.#processors
    if (this.#touched.get(entry.id) === now) return
    this.#touched.set(entry.id, now)
    const before = this.#watches.valueAt(access)
    const hit: Omit<Extract<BreakpointHit, { kind: 'data' }>, 'id'> = {
      kind: 'data',
      access: access.writes ? 'write' : 'read',
      address: hex(access.linear),
      physical: hex(access.physical),
      bytes: access.bytes,
      ...(before === undefined ? {} : { before }),
      by: hex(this.#cpu.codeAddress),
    }
    this.#hit(entry, hit)
  }

  /** Counts. @returns whether it stops */
  #hit(entry: Entry, hit: HitOf): boolean {
    entry.hits++
    const { condition, hits } = entry
    const stops = !condition || (condition.when === 'from' ? hits >= condition.count : condition.when === 'only' ? hits === condition.count : hits % condition.count === 0)
    if (stops) this.#listener.hit({ id: entry.id, ...hit })
    return stops
  }

  #find(id: number): Entry {
    const entry = this.#byId.get(id)
    if (entry) return entry
    throw new LabError({ code: 'not-found', what: `There is no breakpoint ${id}.`, next: 'List the breakpoints again.' })
  }
}

/** A hit without its id. */
type HitOf = BreakpointHit extends infer H ? (H extends BreakpointHit ? Omit<H, 'id'> : never) : never

function isKind<K extends Kind>(spec: MachineBreakpoint, kind: K): spec is SpecOf<K> {
  return spec.kind === kind
}

function withoutArms({ id, spec, enabled, condition, hits }: Entry): Breakpoint {
  return { id, spec, enabled, hits, ...(condition ? { condition } : {}) }
}
