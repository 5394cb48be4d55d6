/**
 * What the processors of one computer have in common: the place of the state in memory, of which one after the other is the owner, and the backend, whose
 * decoded instructions are good for all of them.
 */
import { CodeProbes } from './code-probes'
import { DataProbes } from './mmu/data-probes'
import type { Mmu } from './mmu/mmu'
import type { CpuObserver } from './observer'
import type { ApicPort, InterruptController, IoPorts } from './ports'
import type { Backend, BackendContext } from './semantics/backend'
import { CpuState } from './state/cpu-state'
import type { SystemContext } from './system/context'
import { createHelpers } from './system/helpers'
import type { CpuModel } from './system/models'
import type { ModelSpecificRegisters } from './system/msr'

/** A processor as the backend knows it. */
export interface PartsOwner extends SystemContext {
  readonly context: Omit<BackendContext, 'helpers'>
}

export class SharedParts {
  readonly state: CpuState
  readonly codeProbes = new CodeProbes()
  readonly dataProbes = new DataProbes()
  readonly observer: CpuObserver = {}
  /** Where the area of each processor starts (`memoryLayout`). */
  readonly areas: readonly number[]
  #owner: PartsOwner | undefined
  #backend: Backend | undefined

  constructor(memory: WebAssembly.Memory, areas: readonly number[]) {
    this.state = new CpuState(memory)
    this.areas = areas
  }

  /** The processor whose state is in place. */
  get owner(): PartsOwner {
    if (!this.#owner) throw new Error('No processor has its state in place.')
    return this.#owner
  }

  set owner(owner: PartsOwner) {
    this.#owner = owner
  }

  /** The one backend, made for the first who asks. */
  backend(make: (context: BackendContext) => Backend): Backend {
    this.#backend ??= make(this.#context())
    return this.#backend
  }

  /** Whatever a backend asks, the processor answers whose state is in place. */
  #context(): BackendContext {
    const shared = (): PartsOwner['context'] => this.owner.context
    return {
      state: this.state,
      helpers: createHelpers(new OwnersSystem(this)),
      opcodes: shared().opcodes,
      mmu: {
        translate: (linear, access, user) => shared().mmu.translate(linear, access, user),
        get watchpoints() { return shared().mmu.watchpoints },
        probes: this.dataProbes,
        fetchPage: (low, high) => shared().mmu.fetchPage(low, high),
        readCode: (physical) => shared().mmu.readCode(physical),
        slowRead: (segment, bytes, low, high) => shared().mmu.slowRead(segment, bytes, low, high),
        slowWrite: (segment, bytes, low, high, load) => shared().mmu.slowWrite(segment, bytes, low, high, load),
        afterStore: (host, bytes) => shared().mmu.afterStore(host, bytes),
      },
      physical: {
        readableFrame: (physical) => shared().physical.readableFrame(physical),
        writableFrame: (physical) => shared().physical.writableFrame(physical),
        read8: (physical) => shared().physical.read8(physical),
        write8: (physical, value) => shared().physical.write8(physical, value),
        read16: (physical) => shared().physical.read16(physical),
        write16: (physical, value) => shared().physical.write16(physical, value),
        read32: (physical) => shared().physical.read32(physical),
        write32: (physical, value) => shared().physical.write32(physical, value),
      },
      code: {
        get armed() { return shared().code?.armed ?? false },
        atOffset: (physical) => shared().code?.atOffset(physical) ?? false,
        reach: () => shared().code?.reach(),
      },
      attention: () => shared().attention(),
      detour: () => shared().detour(),
    }
  }
}

/** What helpers work on, whoever executes. */
class OwnersSystem implements SystemContext {
  readonly #parts: SharedParts

  constructor(parts: SharedParts) {
    this.#parts = parts
  }

  get state(): CpuState { return this.#parts.state }
  get mmu(): Mmu { return this.#parts.owner.mmu }
  get ports(): IoPorts { return this.#parts.owner.ports }
  get interrupts(): InterruptController { return this.#parts.owner.interrupts }
  get apic(): ApicPort | undefined { return this.#parts.owner.apic }
  get msrs(): ModelSpecificRegisters { return this.#parts.owner.msrs }
  get model(): CpuModel { return this.#parts.owner.model }
  get observer(): CpuObserver { return this.#parts.observer }
  get processors(): number { return this.#parts.areas.length }
  endSlice(): void { this.#parts.owner.endSlice() }
  timestamp(): bigint { return this.#parts.owner.timestamp() }
  suppressTrap(): void { this.#parts.owner.suppressTrap() }
  resumeOnce(): void { this.#parts.owner.resumeOnce() }
  debugTrap(bits: bigint): void { this.#parts.owner.debugTrap(bits) }
  mergeTraps(): void { this.#parts.owner.mergeTraps() }
  unblockNmi(): void { this.#parts.owner.unblockNmi() }
  nextRip(): bigint { return this.#parts.owner.nextRip() }
  pause(): void { this.#parts.owner.pause() }
}
