/**
 * Local APIC of a processor (Intel SDM vol. 3A, chapter 10), as registers in memory (xAPIC) or as MSRs (x2APIC). Version 14h without the
 * thermal and performance sources, whose local vectors are there all the same. What comes in at LINT0 is the 8259A pair.
 */
import type { ApicPort, InterruptController } from '../cpu/ports'
import type { Clock } from '../machine/clock'
import { type ApicBus, type ApicTarget, BROADCAST, Delivery, destination8 } from './apic-bus'
import { ApicTimer, TimerMode, type TimestampClock } from './apic-timer'
import type { Device, DeviceFacts, MemoryDevice } from './device'
import { fact } from './facts'
import {
  Apic, APIC_BASE, BASE_BSP, BASE_X2APIC, BASE_ENABLE, BASE_MODE, BASE_RESERVED, VERSION, SPURIOUS_RESET, SOFTWARE_ENABLE, SPURIOUS_WRITABLE,
  LVT_MASKED, LVT_MODE_SHIFT, LOCAL_VECTORS, type LocalVector, LVT_OFFSETS, TIMER_MODE_SHIFT, LOWEST_VECTOR, ERROR, COMMAND_WRITABLE, COMMAND_LOGICAL,
  COMMAND_ASSERT, COMMAND_LEVEL, Shorthand, FLAT_MODEL, FIRST_MSR, LAST_MSR,
} from './local-apic-registers'
import { VectorSet } from './vector-set'
import type { StateFields } from '../state/fields'

/** What an APIC does to its processor. */
export interface ApicProcessor extends TimestampClock {
  /** There may be something for the next instruction boundary. */
  requested(): void
  /** CR8 has changed: bits 7–4 of the task priority. */
  taskPriorityChanged(cr8: number): void
  /** The registers in memory are elsewhere, or nowhere. */
  moved(): void
  nmi(): void
  init(): void
  startUp(page: number): void
}

export interface LocalApicWiring {
  /** APIC identifier after reset, 0–254. */
  readonly id: number
  /** It belongs to the processor that boots. */
  readonly bootstrap: boolean
  readonly hasX2Apic: boolean
  readonly clock: Clock
  readonly bus: ApicBus
  readonly processor: ApicProcessor
  /** What drives LINT0. */
  readonly external: InterruptController
  /** LINT0 and LINT1 go to the processor itself, past the APIC: PIC mode (Intel MultiProcessor Specification 1.4, 3.6.2.1). */
  readonly bypassed: () => boolean
}

export class LocalApic implements Device, InterruptController, ApicPort, ApicTarget, MemoryDevice {
  readonly name: string
  readonly ports = []
  readonly timer: ApicTimer
  readonly #wiring: LocalApicWiring
  readonly #requested = new VectorSet()
  readonly #inService = new VectorSet()
  readonly #levels = new VectorSet()
  readonly #local = new Map<LocalVector, number>()
  #base = 0n
  #id = 0
  #taskPriority = 0
  #logicalDestination = 0
  #destinationModel = FLAT_MODEL
  #spurious = SPURIOUS_RESET
  #errors = 0
  #shownErrors = 0
  #command = 0
  #commandHigh = 0
  #divide = 0
  /** A message of the I/O APIC asks for an acknowledge cycle of the 8259A. */
  #externalRequest = false

  constructor(wiring: LocalApicWiring) {
    this.name = `local APIC ${wiring.id}`
    this.#wiring = wiring
    this.timer = new ApicTimer(wiring.clock, wiring.processor, () => this.#signal(Apic.timer))
    this.#powerOn()
  }

  reset(): void {
    this.#powerOn()
    this.#wiring.processor.moved()
  }

  #powerOn(): void {
    this.#base = BigInt(APIC_BASE) | BASE_ENABLE | (this.#wiring.bootstrap ? BASE_BSP : 0n)
    this.#id = this.#wiring.id
    this.init()
  }

  /** The state after an INIT, which keeps base and identifier. */
  init(): void {
    for (const set of [this.#requested, this.#inService, this.#levels]) set.clear()
    for (const offset of LVT_OFFSETS) this.#local.set(offset, LVT_MASKED)
    this.#setTaskPriority(0)
    this.#logicalDestination = 0
    this.#destinationModel = FLAT_MODEL
    this.#spurious = SPURIOUS_RESET
    this.#errors = this.#shownErrors = this.#command = this.#commandHigh = this.#divide = 0
    this.#externalRequest = false
    this.timer.reset()
  }

  exchange(state: StateFields): void {
    state.part('timer', this.timer)
    state.part('requested', this.#requested)
    state.part('in service', this.#inService)
    state.part('levels', this.#levels)
    for (const offset of LVT_OFFSETS) this.#local.set(offset, state.dword(`local vector ${offset}`, this.#vector(offset)))
    this.#base = state.big('base', this.#base)
    this.#id = state.dword('id', this.#id)
    this.#taskPriority = state.byte('task priority', this.#taskPriority)
    this.#logicalDestination = state.dword('logical destination', this.#logicalDestination)
    this.#destinationModel = state.int('destination model', this.#destinationModel, 0xf)
    this.#spurious = state.dword('spurious', this.#spurious)
    this.#errors = state.byte('errors', this.#errors)
    this.#shownErrors = state.byte('shown errors', this.#shownErrors)
    this.#command = state.dword('command', this.#command)
    this.#commandHigh = state.dword('command high', this.#commandHigh)
    this.#divide = state.int('divide', this.#divide, 0xb)
    this.#externalRequest = state.flag('external request', this.#externalRequest)
    if (state.loading) this.#wiring.processor.moved()
  }

  // — The processor's side —

  get base(): bigint {
    return this.#base
  }

  /** WRMSR to IA32_APIC_BASE. False: #GP(0) (SDM vol. 3A, 10.12.5 for the ways between the modes). */
  writeBase(value: bigint): boolean {
    const [old, mode] = [this.#base & BASE_MODE, value & BASE_MODE]
    if ((value & BASE_RESERVED) !== 0n || mode === BASE_X2APIC) return false
    if (mode === BASE_MODE && (!this.#wiring.hasX2Apic || old === 0n)) return false
    if (old === BASE_MODE && mode === BASE_ENABLE) return false
    this.#base = value
    // An identifier that was written is lost (SDM vol. 3A, 10.12.5.1).
    if (mode === BASE_MODE) this.#id = this.#wiring.id
    if (old !== mode && mode === 0n) {
      const priority = this.#taskPriority
      this.init()
      this.#setTaskPriority(priority)
      this.#id = this.#wiring.id
    }
    this.#wiring.processor.moved()
    return true
  }

  /** Physical address of the registers; undefined: they are not in memory. */
  get address(): number | undefined {
    return (this.#base & BASE_MODE) === BASE_ENABLE ? Number(this.#base & ~0xfffn) : undefined
  }

  /** IA32_APIC_BASE has it on. */
  get present(): boolean {
    return (this.#base & BASE_ENABLE) !== 0n
  }

  get initialId(): number {
    return this.#wiring.id
  }

  get #x2(): boolean {
    return (this.#base & BASE_MODE) === BASE_MODE
  }

  set cr8(value: number) {
    this.#setTaskPriority(value << 4)
  }

  get deadline(): bigint {
    return this.timer.deadline
  }

  set deadline(value: bigint) {
    this.timer.deadline = value
  }

  timestampMoved(): void {
    this.timer.timestampMoved()
  }

  get pending(): boolean {
    return this.#deliverable() !== undefined || (this.#wiring.external.pending && (this.externalPasses || this.#externalRequest))
  }

  acknowledge(): number {
    const vector = this.#deliverable()
    if (vector === undefined) {
      this.#externalRequest = false
      return this.#wiring.external.pending ? this.#wiring.external.acknowledge() : this.#spurious & 0xff
    }
    this.#requested.remove(vector)
    this.#inService.add(vector)
    return vector
  }

  /** Requests of the 8259A pair reach the processor through LINT0. */
  get externalPasses(): boolean {
    if (!this.present || this.#wiring.bypassed()) return this.#wiring.bootstrap
    const lint0 = this.#vector(Apic.lint0)
    return (lint0 & LVT_MASKED) === 0 && ((lint0 >> LVT_MODE_SHIFT) & 7) === Delivery.extInt
  }

  /** INTR of the 8259A pair rises. */
  externalRequested(): void {
    if (!this.present || this.#wiring.bypassed()) this.#wiring.processor.requested()
    else this.#signal(Apic.lint0)
  }

  // — The bus's side —

  get enabled(): boolean {
    return this.present && (this.#spurious & SOFTWARE_ENABLE) !== 0
  }

  get processorPriority(): number {
    const service = (this.#inService.highest ?? 0) & 0xf0
    return this.#taskPriority >> 4 >= service >> 4 ? this.#taskPriority : service
  }

  answers(destination: number, logical: boolean): boolean {
    if (!this.present) return false
    if (destination === BROADCAST) return true
    if (!logical) return destination === this.#id
    if (this.#x2) return destination >>> 16 === this.#logicalId >>> 16 && (destination & this.#logicalId & 0xffff) !== 0
    const mine = this.#logicalDestination >>> 24
    if (this.#destinationModel === FLAT_MODEL) return (destination & mine) !== 0
    const cluster = destination >> 4
    return (cluster === 15 || cluster === mine >> 4) && (destination & mine & 15) !== 0
  }

  receive(mode: number, vector: number, levelTriggered: boolean): boolean {
    const { processor } = this.#wiring
    switch (mode) {
      case Delivery.fixed:
      case Delivery.lowestPriority:
        return this.#accept(vector, levelTriggered)
      case Delivery.nmi:
        processor.nmi()
        return true
      case Delivery.init:
        processor.init()
        return true
      case Delivery.startUp:
        processor.startUp(vector)
        return true
      case Delivery.extInt:
        this.#externalRequest = true
        processor.requested()
        return true
      default:
        // There is no system management mode.
        return false
    }
  }

  #accept(vector: number, levelTriggered: boolean): boolean {
    if (!this.enabled) return false
    if (vector < LOWEST_VECTOR) {
      this.#fail(ERROR.receivedIllegalVector)
      return false
    }
    this.#requested.add(vector)
    this.#levels.set(vector, levelTriggered)
    this.#wiring.processor.requested()
    return true
  }

  #deliverable(): number | undefined {
    const vector = this.#requested.highest
    return vector !== undefined && vector >> 4 > this.processorPriority >> 4 && this.present ? vector : undefined
  }

  // — Local sources —

  #vector(offset: LocalVector): number {
    return this.#local.get(offset) ?? LVT_MASKED
  }

  /** Something happened at a local source. */
  #signal(offset: LocalVector): void {
    const vector = this.#vector(offset)
    if ((vector & LVT_MASKED) !== 0) return
    // Timer and errors are fixed.
    const mode = offset === Apic.timer || offset === Apic.error ? Delivery.fixed : (vector >> LVT_MODE_SHIFT) & 7
    if (mode === Delivery.extInt) this.#wiring.processor.requested()
    else this.receive(mode, vector & 0xff, false)
  }

  #fail(error: number): void {
    const before = this.#errors
    this.#errors |= error
    if (before !== this.#errors) this.#signal(Apic.error)
  }

  // — Registers —

  #setTaskPriority(value: number): void {
    this.#taskPriority = value & 0xff
    this.#wiring.processor.taskPriorityChanged(this.#taskPriority >> 4)
    this.#wiring.processor.requested()
  }

  /** LDR of an x2APIC: cluster and a bit in it, from the identifier. */
  get #logicalId(): number {
    return (((this.#id >> 4) << 16) | (1 << (this.#id & 15))) >>> 0
  }

  /** Registers are read and written as 32 bits; parts of them can be read. Values are unsigned. */
  read(offset: number, size: 1 | 2 | 4): number {
    const inRegister = offset & 15
    if (inRegister > 3) return 0
    const value = this.#readRegister(offset - inRegister) >>> (8 * inRegister)
    return size === 4 ? value >>> 0 : value & (2 ** (8 * size) - 1)
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size === 4 && (offset & 15) === 0) this.#writeRegister(offset, value >>> 0)
  }

  #readRegister(offset: number): number {
    if (offset >= Apic.inService && offset < Apic.errors) {
      const set = [this.#inService, this.#levels, this.#requested][(offset - Apic.inService) >> 7]
      return set?.word((offset >> 4) & 7) ?? 0
    }
    const read = READERS[offset]
    if (read) return read(this)
    this.#fail(ERROR.illegalRegister)
    return 0
  }

  #writeRegister(offset: number, value: number): void {
    const write = WRITERS[offset]
    if (write) write(this, value)
    else if (READERS[offset] === undefined) this.#fail(ERROR.illegalRegister)
  }

  /** RDMSR of 800h–8FFh; undefined: #GP(0). */
  readMsr(index: number): bigint | undefined {
    if (!this.#x2 || index < FIRST_MSR || index > LAST_MSR) return undefined
    const offset = (index - FIRST_MSR) * 16
    if (offset === Apic.command) return (BigInt(this.#commandHigh) << 32n) | BigInt(this.#command)
    if (offset === Apic.id) return BigInt(this.#id)
    if (offset === Apic.logicalDestination) return BigInt(this.#logicalId)
    const inSets = offset >= Apic.inService && offset < Apic.errors
    if ((READERS[offset] === undefined && !inSets) || ONLY_IN_MEMORY.has(offset) || ONLY_WRITTEN.has(offset)) return undefined
    return BigInt(this.#readRegister(offset))
  }

  /** False: #GP(0). */
  writeMsr(index: number, value: bigint): boolean {
    if (!this.#x2 || index < FIRST_MSR || index > LAST_MSR) return false
    const offset = (index - FIRST_MSR) * 16
    const allowed = MSR_BITS[offset]
    if (allowed === undefined || (value & ~allowed) !== 0n) return false
    const low = Number(value & 0xffff_ffffn)
    if (offset === Apic.command) {
      this.#commandHigh = Number(value >> 32n)
      this.#writeRegister(offset, low)
    } else if (offset === Apic.selfInterrupt) this.#accept(low, false)
    else this.#writeRegister(offset, low)
    return true
  }

  describe(): DeviceFacts {
    const mode = this.#x2 ? 'x2APIC' : this.present ? 'xAPIC' : 'off'
    const vectors = (set: VectorSet): string => set.vectors.map((vector) => `0x${vector.toString(16)}`).join(', ') || 'none'
    const names = ['timer', 'thermal sensor', 'performance counters', 'LINT0', 'LINT1', 'error']
    return [
      {
        title: 'State',
        facts: [
          fact('mode', mode), fact('software enable', (this.#spurious & SOFTWARE_ENABLE) !== 0), fact('TPR', this.#taskPriority), fact('PPR', this.processorPriority),
          fact('requested (IRR)', vectors(this.#requested)), fact('in service (ISR)', vectors(this.#inService)), fact('8259A requests reach the processor', this.externalPasses),
          fact('timer count', `${this.timer.currentCount} of ${this.timer.initialCount}`),
        ],
      },
      { title: 'Local vectors', facts: LVT_OFFSETS.map((offset, index) => fact(names[index] ?? '', `0x${this.#vector(offset).toString(16)}`, (this.#vector(offset) & LVT_MASKED) !== 0 ? 'masked' : 'on')) },
    ]
  }

  // — What the tables below call —

  get idRegister(): number { return this.#x2 ? this.#id : (this.#id << 24) >>> 0 }
  get taskPriority(): number { return this.#taskPriority }
  get logicalDestination(): number { return this.#logicalDestination }
  get destinationFormat(): number { return ((this.#destinationModel << 28) | 0x0fff_ffff) >>> 0 }
  get spuriousVector(): number { return this.#spurious }
  get shownErrors(): number { return this.#shownErrors }
  get command(): number { return this.#command }
  get commandHigh(): number { return this.#commandHigh }
  get divide(): number { return this.#divide }
  localVector(offset: LocalVector): number { return this.#vector(offset) }

  set idRegister(value: number) { this.#id = value >>> 24 }
  set taskPriority(value: number) { this.#setTaskPriority(value) }
  set logicalDestination(value: number) { this.#logicalDestination = (value & 0xff00_0000) >>> 0 }
  set destinationFormat(value: number) { this.#destinationModel = value >>> 28 }
  set commandHigh(value: number) { this.#commandHigh = (value & 0xff00_0000) >>> 0 }

  set divide(value: number) {
    this.#divide = value & 0xb
    this.timer.divideConfiguration = this.#divide
  }

  /** The errors since the last write are shown now. */
  showErrors(): void {
    this.#shownErrors = this.#errors
    this.#errors = 0
  }

  set spuriousVector(value: number) {
    this.#spurious = value & SPURIOUS_WRITABLE
    // While it is off by software all local vectors are masked.
    if (!this.enabled) for (const offset of LVT_OFFSETS) this.setLocalVector(offset, this.#vector(offset))
  }

  setLocalVector(offset: LocalVector, value: number): void {
    const vector = (value & LOCAL_VECTORS[offset]) | (this.enabled ? 0 : LVT_MASKED)
    this.#local.set(offset, vector)
    if (offset === Apic.timer) {
      const mode = (vector >> TIMER_MODE_SHIFT) & 3
      this.timer.configure(mode > TimerMode.deadline ? TimerMode.oneShot : mode, (vector & LVT_MASKED) !== 0)
    } else this.#wiring.processor.requested()
  }

  endOfInterrupt(): void {
    const vector = this.#inService.highest
    if (vector === undefined) return
    this.#inService.remove(vector)
    if (this.#levels.has(vector)) this.#wiring.bus.onEndOfInterrupt(vector)
    this.#wiring.processor.requested()
  }

  /** A write to the low half of the interrupt command register sends it. */
  sendCommand(value: number): void {
    this.#command = value & COMMAND_WRITABLE
    const { bus } = this.#wiring
    const [vector, mode, shorthand] = [value & 0xff, (value >> 8) & 7, (value >> 18) & 3]
    const named = mode === Delivery.fixed || mode === Delivery.lowestPriority
    // INIT level de-assert: a command of old systems, which changes nothing here.
    if (mode === Delivery.init && (value & COMMAND_LEVEL) !== 0 && (value & COMMAND_ASSERT) === 0) return
    if (named && vector < LOWEST_VECTOR) {
      this.#fail(ERROR.sendIllegalVector)
      return
    }
    if (shorthand === Shorthand.self) {
      if (named) this.#accept(vector, false)
    } else if (shorthand !== Shorthand.none) bus.sendToAll(mode, vector, shorthand === Shorthand.others ? this : undefined)
    else {
      const destination = this.#x2 ? this.#commandHigh : destination8(this.#commandHigh >>> 24)
      bus.send({ destination, logical: (value & COMMAND_LOGICAL) !== 0, mode, vector, levelTriggered: false })
    }
  }
}

const READERS: Readonly<Record<number, (apic: LocalApic) => number>> = {
  [Apic.id]: (apic) => apic.idRegister,
  [Apic.version]: () => VERSION,
  [Apic.taskPriority]: (apic) => apic.taskPriority,
  // Of processors with an APIC bus; zero since.
  [Apic.arbitrationPriority]: () => 0,
  [Apic.processorPriority]: (apic) => apic.processorPriority,
  [Apic.endOfInterrupt]: () => 0,
  [Apic.logicalDestination]: (apic) => apic.logicalDestination,
  [Apic.destinationFormat]: (apic) => apic.destinationFormat,
  [Apic.spurious]: (apic) => apic.spuriousVector,
  [Apic.errors]: (apic) => apic.shownErrors,
  [Apic.command]: (apic) => apic.command,
  [Apic.commandHigh]: (apic) => apic.commandHigh,
  ...Object.fromEntries(LVT_OFFSETS.map((offset) => [offset, (apic: LocalApic): number => apic.localVector(offset)])),
  [Apic.initialCount]: (apic) => apic.timer.initialCount,
  [Apic.currentCount]: (apic) => apic.timer.currentCount,
  [Apic.divide]: (apic) => apic.divide,
}

const WRITERS: Readonly<Record<number, (apic: LocalApic, value: number) => void>> = {
  [Apic.id]: (apic, value) => void (apic.idRegister = value),
  [Apic.taskPriority]: (apic, value) => void (apic.taskPriority = value),
  [Apic.endOfInterrupt]: (apic) => apic.endOfInterrupt(),
  [Apic.logicalDestination]: (apic, value) => void (apic.logicalDestination = value),
  [Apic.destinationFormat]: (apic, value) => void (apic.destinationFormat = value),
  [Apic.spurious]: (apic, value) => void (apic.spuriousVector = value),
  [Apic.errors]: (apic) => apic.showErrors(),
  [Apic.command]: (apic, value) => apic.sendCommand(value),
  [Apic.commandHigh]: (apic, value) => void (apic.commandHigh = value),
  ...Object.fromEntries(LVT_OFFSETS.map((offset) => [offset, (apic: LocalApic, value: number): void => apic.setLocalVector(offset, value)])),
  [Apic.initialCount]: (apic, value) => void (apic.timer.initialCount = value),
  [Apic.divide]: (apic, value) => void (apic.divide = value),
}

/** Registers that are no MSRs (SDM vol. 3A, table 10-6). */
const ONLY_IN_MEMORY: ReadonlySet<number> = new Set([Apic.arbitrationPriority, Apic.destinationFormat, Apic.commandHigh])
const ONLY_WRITTEN: ReadonlySet<number> = new Set([Apic.endOfInterrupt, Apic.selfInterrupt])

/** MSRs that can be written, and which of their bits. */
const MSR_BITS: Readonly<Record<number, bigint>> = {
  [Apic.taskPriority]: 0xffn,
  [Apic.endOfInterrupt]: 0n,
  [Apic.spurious]: BigInt(SPURIOUS_WRITABLE),
  [Apic.errors]: 0n,
  [Apic.command]: (0xffff_ffffn << 32n) | BigInt(COMMAND_WRITABLE),
  ...Object.fromEntries(LVT_OFFSETS.map((offset) => [offset, BigInt(LOCAL_VECTORS[offset])])),
  [Apic.initialCount]: 0xffff_ffffn,
  [Apic.divide]: 0xbn,
  [Apic.selfInterrupt]: 0xffn,
}
