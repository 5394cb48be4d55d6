import { type Arrival, CodeProbes, STOPPED_BEFORE } from './code-probes'
import type { Translation } from '../../../shared/machine-schemas'
import { CpuFault, Vector } from './faults'
import { ALL_OPCODES, opcodesWith, type Opcodes } from './decode/tables'
import { createInterpreter } from './interp/interp'
import { createBlock } from './jit/block'
import { Mmu } from './mmu/mmu'
import type { ApicPort, InterruptController, IoPorts, PhysicalMemory } from './ports'
import type { Backend, BackendContext, BackendFactory } from './semantics/backend'
import { CodeFetcher } from './semantics/code-fetch'
import { createOracle } from './semantics/oracle'
import { bytesAtRip, readRegisters, type CpuRegisters, type TripleFaultReport } from './shutdown'
import { hashState } from './state/hash'
import { exchangeRegisters } from './state/exchange'
import { CS, IF, TF } from './state/bits'
import { CpuState } from './state/cpu-state'
import type { SharedParts } from './shared-parts'
import { CONTROL, EFLAGS, FETCH_PAGE, GDTR, HALTED, IDTR, PLAIN, QUICK, QUICK_RULES, STATE_BYTES } from './state/layout'
import { modesChanged, type SystemContext } from './system/context'
import type { CpuObserver } from './observer'
import { deliverInterrupt, raiseException, type FaultRecord } from './system/exceptions'
import { createHelpers } from './system/helpers'
import { CPU_MODELS, DEFAULT_MODEL, type CpuModel, type CpuModelName } from './system/models'
import { ModelSpecificRegisters, readMsr } from './system/msr'
import { initRegisters, resetRegisters } from './system/reset'
import type { StateFields } from '../state/fields'

export type BackendName = Backend['name']

const opcodesByModel = new Map<CpuModelName, Opcodes>([[DEFAULT_MODEL.name, ALL_OPCODES]])

/** Tables of a model's instructions, made once. */
function opcodesOf(model: CpuModel): Opcodes {
  let opcodes = opcodesByModel.get(model.name)
  if (opcodes === undefined) {
    opcodes = opcodesWith((feature) => model.has(feature), model.has32Bit)
    opcodesByModel.set(model.name, opcodes)
  }
  return opcodes
}

const FACTORIES: Readonly<Record<BackendName, BackendFactory>> = { interp: createInterpreter, oracle: createOracle, block: createBlock }

/** `REMAINING` is a signed 32-bit count. */
const LONGEST_SLICE = 0x4000_0000
/** The slowest instructions of compiled code (square roots of vectors) take a microsecond: so many are a few milliseconds of a host's time. */
const WATCHED_SLICE = 1 << 15
/** Detours take some microseconds each. */
const DETOURS_PER_LOOK = 64
/** The number of a page of the first megabyte. */
const LAST_START_UP_PAGE = 0xff
const DR6_SINGLE_STEP = 1n << 14n
/** B0–B3: the only bits of DR6 that a debug exception clears (SDM vol. 3B, 18.2.3). */
const DR6_BREAKPOINTS = 0xfn
/** Clock cycles of the time-stamp counter per instruction (and per tick of idle time): 10 ns at 1 GHz. */
const CYCLES_PER_TICK = 10
const RCX = 1

export interface CpuOptions {
  /** Sized by `memoryLayout`. */
  readonly memory: WebAssembly.Memory
  readonly physical: PhysicalMemory
  readonly ports: IoPorts
  readonly interrupts: InterruptController
  /** Its local APIC; the model must know one. */
  readonly apic?: ApicPort | undefined
  readonly backend: BackendName | BackendFactory
  /** Default: all that the emulator knows. */
  readonly model?: CpuModelName
  /** One of several processors; the first one, number 0, boots. */
  readonly of?: { readonly parts: SharedParts; readonly number: number; readonly hadItsTurn: () => void } | undefined
}

/**
 * One x86 processor. Its clock counts instructions: every run with the same input is the same, whichever backend
 * executes.
 */
export class Cpu implements SystemContext {
  readonly state: CpuState
  readonly mmu: Mmu
  readonly ports: IoPorts
  readonly interrupts: InterruptController
  readonly apic: ApicPort | undefined
  readonly msrs: ModelSpecificRegisters
  readonly model: CpuModel
  /** Places in code that somebody outside wants to stop before. */
  readonly codeProbes: CodeProbes
  readonly observer: CpuObserver
  /** Its number; 0 boots. */
  readonly number: number
  /** How many there are. */
  readonly processors: number
  /** For the backend. */
  readonly context: BackendContext
  /** Ticks that passed while HLT waited, or other processors had their turn; the machine adds to it. Part of the time-stamp counter. */
  idle = 0
  readonly #parts: SharedParts | undefined
  /** Where its area starts (`memoryLayout`). */
  readonly #area: number
  readonly #hadItsTurn: () => void
  /** Its state is in its area; that of another processor is in place. */
  #parked = false
  /** `now()` while it is parked. */
  #parkedNow = 0
  readonly #physical: PhysicalMemory
  readonly #backend: Backend
  readonly #fetcher: CodeFetcher
  /** Value of `now()` when the slice is used up. */
  #sliceEnd = 0
  #returnWanted = false
  #stopWanted = false
  /** Asked now and then whether the host's time is over; undefined: it does not matter. */
  #enough: (() => boolean) | undefined
  #detours = DETOURS_PER_LOOK
  #suppressTrap = false
  /** The next instruction raises no instruction breakpoint. */
  #resume = false
  /** Bits of DR6 that wait for the end of an instruction. */
  #traps = 0n
  #initPending = false
  /** After an INIT, a processor that does not boot waits for a start-up interrupt; its state is that of HLT. */
  #waitsForStartUp = false
  /** Page of a start-up interrupt that has come. */
  #startUpPage: number | undefined
  #nmiPending = false
  /** From the delivery of an NMI to the next IRET. */
  #nmiBlocked = false
  #shutdown: TripleFaultReport | undefined

  constructor(options: CpuOptions) {
    this.model = options.model === undefined ? DEFAULT_MODEL : CPU_MODELS[options.model]
    const { of } = options
    this.#parts = of?.parts
    this.state = of?.parts.state ?? new CpuState(options.memory)
    this.number = of?.number ?? 0
    this.processors = of?.parts.areas.length ?? 1
    this.#area = of?.parts.areas[this.number] ?? 0
    this.#hadItsTurn = of?.hadItsTurn ?? (() => undefined)
    this.state.tlbBase = this.#area
    this.codeProbes = of?.parts.codeProbes ?? new CodeProbes()
    this.observer = of?.parts.observer ?? {}
    this.msrs = new ModelSpecificRegisters(this.number)
    this.mmu = new Mmu(this.state, options.physical, this.#area, of?.parts.dataProbes)
    this.ports = options.ports
    this.interrupts = options.interrupts
    this.apic = options.apic
    this.#physical = options.physical
    this.context = {
      state: this.state,
      mmu: this.mmu,
      physical: options.physical,
      helpers: createHelpers(this),
      opcodes: opcodesOf(this.model),
      code: this.#codePlaces(),
      attention: () => this.#lookAround(),
      detour: () => this.detour(),
    }
    this.#fetcher = new CodeFetcher(this.context)
    const factory = typeof options.backend === 'string' ? FACTORIES[options.backend] : options.backend
    if (of) of.parts.owner = this
    this.#backend = of?.parts.backend(factory) ?? factory(this.context)
    this.codeProbes.onChange = (offset) => this.#backend.codePlacesChanged(offset)
    this.mmu.onCodeWritten((host, bytes) => this.#backend.afterPhysicalWrite(host, bytes))
    this.reset()
  }

  get backend(): BackendName {
    return this.#backend.name
  }

  /** What the backend translated; undefined: it translates nothing. */
  get translation(): Translation | undefined {
    return this.#backend.translation?.()
  }

  /** Power-on state; only between runs (a port handler asks for `attention` and resets later). Instruction count, idle time and A20 stay. */
  reset(): void {
    resetRegisters(this)
    this.#forgetEvents()
    this.#waitForStartUp()
    this.#backend.flushDecoded()
  }

  /** Makes room for the state of another processor. Only between runs. */
  park(): void {
    this.#parkedNow = this.now()
    this.state.u8.copyWithin(this.#area, 0, STATE_BYTES)
    this.#parked = true
  }

  /** Puts the state into place, where no other one is. */
  unpark(): void {
    this.state.u8.copyWithin(0, this.#area, this.#area + STATE_BYTES)
    this.state.tlbBase = this.#area
    if (this.#parts) this.#parts.owner = this
    this.#parked = false
  }

  /** A field of the state, i32, wherever that is. */
  #field(offset: number): number {
    return this.state.i32[((this.#parked ? this.#area : 0) + offset) >> 2] ?? 0
  }

  #forgetEvents(): void {
    this.#resume = false
    this.#traps = 0n
    this.#initPending = this.#nmiPending = this.#nmiBlocked = false
    this.#startUpPage = undefined
    this.#shutdown = undefined
  }

  /** After a reset or an INIT. */
  #waitForStartUp(): void {
    this.#waitsForStartUp = this.number !== 0
    if (this.#waitsForStartUp) this.state.halted = true
  }

  /** The start-up interrupt: real-mode code at the start of a page of the first megabyte (Intel SDM vol. 3A, 9.4.4). */
  #startUp(page: number): void {
    const { state } = this
    this.#startUpPage = undefined
    this.#waitsForStartUp = false
    state.halted = false
    state.setSegment(CS, { ...state.segment(CS), selector: page << 8, base: BigInt(page << 12) })
    state.rip = 0n
    modesChanged(this)
  }

  /** INIT: taken at the next instruction boundary. The local APIC is reset by itself. */
  init(): void {
    this.#initPending = true
    this.#startUpPage = undefined
    this.endSlice()
  }

  /** A start-up interrupt, with the number of a page: without effect on a processor that does not wait for one. */
  startUp(page: number): void {
    if (this.number === 0 || !(this.#waitsForStartUp || this.#initPending)) return
    this.#startUpPage ??= page
    this.endSlice()
  }

  /**
   * Executes up to `instructions` instructions. Returns early when the CPU halts, shuts down, or `attention` or `stop` was called.
   * @param enough asked every few milliseconds of the host's time, whatever the guest does; true: `run` returns. The guest does not notice.
   * @returns instructions executed
   */
  run(instructions: number, enough?: () => boolean): number {
    const start = this.now()
    const goal = start + instructions
    this.#returnWanted = this.#stopWanted = false
    this.#enough = enough
    const longest = enough ? WATCHED_SLICE : LONGEST_SLICE
    if (this.state.halted && !this.#acceptInterrupt()) return 0
    while (this.now() < goal && !this.#stands) {
      // A gate that leaves interrupts on lets the next one in before the handler's first instruction.
      while (this.#acceptInterrupt() && !this.#stands);
      if (this.#stands) break
      this.#slice(Math.min(goal - this.now(), longest))
      if (this.#returnWanted || (this.state.halted && !this.#acceptInterrupt()) || enough?.() === true) break
    }
    return this.now() - start
  }

  /** Counts a step outside compiled code, and ends `run` after this instruction when the host's time is over. */
  detour(): void {
    if (--this.#detours > 0) return
    this.#detours = DETOURS_PER_LOOK
    if (this.#enough?.() === true) this.attention()
  }

  /** Instructions executed since the CPU was made; exact inside port handlers too (the current one counts). */
  now(): number {
    return this.#parked ? this.#parkedNow : this.#sliceEnd - this.state.remaining
  }

  /** Makes `run` return after the current instruction (a device needs the machine's attention). */
  attention(): void {
    this.#returnWanted = true
    this.endSlice()
  }

  /** Makes `run` return after the current instruction, or between an interrupt and its handler's first one. The guest does not notice. */
  stop(): void {
    this.#stopWanted = true
    this.endSlice()
  }

  /** Linear address of the instruction at CS:RIP. */
  get codeAddress(): bigint {
    const { state } = this
    return state.mode64 ? state.rip : BigInt.asUintN(32, state.base(CS) + state.rip)
  }

  /** Asks about the place of the next instruction, if that was not done yet: the processor stands there by chance. */
  visitPlace(): void {
    if (this.codeProbes.armed) this.#stopsHere()
  }

  /** The instruction at CS:RIP is executed next without asking whether to stop before it. */
  passPlace(): void {
    this.codeProbes.pass(this.#arrival)
  }

  endSlice(): void {
    const { state } = this
    const left = state.remaining
    if (left === 0 || this.#parked) return
    this.#sliceEnd -= left
    if (state.shadowAt === left) state.shadowAt = 0
    state.remaining = 0
  }

  /** An instruction did what may let something in: the slice ends if that is there. What comes later ends it by itself. */
  #lookAround(): void {
    if (this.interrupts.pending || this.hasUrgentEvent || this.#isSingle) this.endSlice()
  }

  /** Instructions are executed one by one. */
  get #isSingle(): boolean {
    return (this.state.systemFlags & TF) !== 0 || this.mmu.watchpoints.armed || this.#traps !== 0n
  }

  /** An edge on the NMI pin: taken at the next instruction boundary whatever IF says, once the handler of an earlier one is done. */
  nmi(): void {
    this.#nmiPending = true
    this.endSlice()
  }

  get halted(): boolean {
    return this.#field(HALTED) !== 0
  }

  /** IF, of a processor that waits for no start-up interrupt. */
  get interruptsEnabled(): boolean {
    return (this.#field(EFLAGS) & IF) !== 0 && !this.#waitsForStartUp
  }

  /** If it is halted, it goes on at once. */
  get wakes(): boolean {
    return this.hasUrgentEvent || (this.interruptsEnabled && this.interrupts.pending)
  }

  /** CR8, as the local APIC has it. */
  setTaskPriority(cr8: number): void {
    this.state.u64[((this.#parked ? this.#area : 0) + CONTROL >> 3) + 8] = BigInt(cr8)
  }

  /** Set when a triple fault stopped the CPU; until `reset`. */
  get shutdown(): TripleFaultReport | undefined {
    return this.#shutdown
  }

  /** Something that IF does not hold back waits for the next instruction boundary. */
  get hasUrgentEvent(): boolean {
    if (this.#initPending) return true
    return this.#waitsForStartUp ? this.#startUpPage !== undefined : this.#nmiPending && !this.#nmiBlocked
  }

  /** The next instruction boundary takes an interrupt. */
  get interruptible(): boolean {
    return (this.state.systemFlags & IF) !== 0 && !this.#inShadow
  }

  setA20(open: boolean): void {
    if (open === this.mmu.a20) return
    this.mmu.setA20(open)
    this.#closeWindow()
    this.#backend.flushDecoded()
  }

  /** Other memory answers at some physical addresses: translations and decoded code are forgotten. */
  memoryMapChanged(): void {
    this.state.i32[QUICK >> 2] = 0
    this.mmu.flush()
    this.#closeWindow()
    this.#backend.flushDecoded()
  }

  /** Of a processor that is parked: the MMU knows only what is in place. */
  #closeWindow(): void {
    if (this.#parked) this.state.i64[(this.#area + FETCH_PAGE) >> 3] = -1n
  }

  /** Bytes of memory at a host address were changed by the machine (firmware, DMA). */
  codeChanged(host: number, bytes: number): void {
    this.mmu.noteWrite(host, bytes)
  }

  registers(): CpuRegisters {
    return readRegisters(this.state, this.state.table(GDTR), this.state.table(IDTR))
  }

  /** Value of a model-specific register; undefined where there is none. Changes nothing. */
  modelSpecificRegister(index: number): bigint | undefined {
    return readMsr(this, index)
  }

  /** How far it is. Loaded before all else: devices ask what time it is. */
  exchangeTime(state: StateFields): void {
    const instructions = state.int('instructions', this.now())
    this.idle = state.int('idle', this.idle)
    if (!state.loading) return
    this.state.remaining = 0
    this.#sliceEnd = instructions
  }

  /** Everything else that it holds. Memory, and what is mapped where, are loaded before; the A20 gate is as it was. */
  exchange(state: StateFields): void {
    exchangeRegisters(this.state, state)
    const shadow = state.flag('interrupt shadow', this.#inShadow)
    if (state.loading) this.state.shadowAt = shadow ? this.state.remaining : -1
    this.state.shadowBySti = state.flag('shadow of sti', this.state.shadowBySti)
    this.#resume = state.flag('resume', this.#resume)
    this.#traps = state.big('traps', this.#traps)
    this.#initPending = state.flag('init pending', this.#initPending)
    this.#nmiPending = state.flag('nmi pending', this.#nmiPending)
    this.#nmiBlocked = state.flag('nmi blocked', this.#nmiBlocked)
    this.#waitsForStartUp = state.flag('waits for start-up', this.#waitsForStartUp)
    this.#startUpPage = state.optional('start-up page', this.#startUpPage, LAST_START_UP_PAGE)
    state.part('msrs', this.msrs)
    state.part('mmu', this.mmu)
    if (state.loading) this.#backend.flushDecoded()
  }

  /** Bytes at CS:RIP, as many as are mapped (0–15). */
  bytesAtRip(): Uint8Array {
    return bytesAtRip(this.state, this.mmu)
  }

  /** SHA-256 over registers and plain memory, in hex: equal for equal runs, whichever backend made them. */
  snapshotHash(): string {
    return hashState(this.state, this.#physical, this.msrs.entries())
  }

  // — SystemContext —

  timestamp(): bigint {
    return BigInt.asUintN(64, BigInt((this.now() + this.idle) * CYCLES_PER_TICK) + this.msrs.timestampOffset)
  }

  /** First tick at which the time-stamp counter is at or beyond a value; Infinity when numbers do not reach so far. */
  tickOfTimestamp(value: bigint): number {
    const cycles = BigInt.asIntN(64, value - this.msrs.timestampOffset)
    const tick = Math.ceil(Number(cycles) / CYCLES_PER_TICK)
    return tick > Number.MAX_SAFE_INTEGER ? Infinity : tick
  }

  suppressTrap(): void {
    this.#suppressTrap = true
  }

  nextRip(): bigint {
    const { decoded } = this.#fetcher.fetch(this.#fetcher.locate())
    return this.state.rip + BigInt(decoded.length)
  }

  resumeOnce(): void {
    // Without breakpoints the slice goes on, and the next one begins with some later instruction.
    if (this.mmu.watchpoints.armed) this.#resume = true
  }

  debugTrap(bits: bigint): void {
    this.#traps |= bits
    this.endSlice()
  }

  mergeTraps(): void {
    if (this.#traps !== 0n) this.#noteDebug(this.#traps)
  }

  pause(): void {
    this.#hadItsTurn()
    this.attention()
  }

  unblockNmi(): void {
    this.#nmiBlocked = false
    if (this.#nmiPending) this.endSlice()
  }

  /** Nothing more is to be executed now. */
  get #stands(): boolean {
    return this.#shutdown !== undefined || this.#stopWanted || this.#waitsForStartUp
  }

  /** For the backend. */
  #codePlaces(): BackendContext['code'] {
    const { codeProbes } = this
    return {
      get armed() {
        return codeProbes.armed
      },
      atOffset: (physical) => codeProbes.atOffset(physical),
      reach: () => {
        // As it was before the instruction was counted: whoever is asked may end the slice.
        this.state.remaining += 1
        if (this.#stopsHere()) throw STOPPED_BEFORE
        if (this.state.remaining > 0) this.state.remaining -= 1
        else this.#sliceEnd += 1
        this.#allowQuick()
      },
    }
  }

  #stopsHere(): boolean {
    return this.codeProbes.stopsBefore(this.#arrival, () => this.#isRepeated())
  }

  get #arrival(): Arrival {
    return { cpu: this.number, linear: this.codeAddress, count: this.now(), rcx: this.state.gpr(RCX) }
  }

  /** Lets compiled code do what nobody needs to see from here on. */
  #allowQuick(): void {
    const { state, observer } = this
    const { i32 } = state
    const { plain } = this.#physical
    const hears = (source: 'software' | 'exception'): boolean => observer.delivered !== undefined && observer.hears?.(source) !== false
    const isCalm = !this.#nmiBlocked && !this.mmu.watchpoints.armed
    const walk = plain !== undefined && this.mmu.isUnwatched ? QUICK_RULES.walk : 0
    const interrupt = isCalm && !hears('software') ? QUICK_RULES.interrupt : 0
    const fault = isCalm && !hears('exception') ? QUICK_RULES.fault : 0
    i32[QUICK >> 2] = walk | (isCalm ? QUICK_RULES.return : 0) | interrupt | fault
    i32[PLAIN.base >> 2] = plain?.base ?? 0
    i32[PLAIN.lowPages >> 2] = plain?.lowPages ?? 0
    i32[PLAIN.pages >> 2] = plain?.pages ?? 0
  }

  get #inShadow(): boolean {
    return this.state.shadowAt === this.state.remaining
  }

  /** Executes one slice and delivers the fault that ended it. */
  #slice(length: number): void {
    const { state } = this
    // Asked here for the first instruction: nothing that is kept for it is taken yet.
    if (this.codeProbes.armed && this.#stopsHere()) {
      this.#stopWanted = true
      return
    }
    const trap = (state.systemFlags & TF) !== 0
    const { watchpoints } = this.mmu
    const waiting = (this.interrupts.pending || this.#nmiPending) && this.#inShadow
    const count = waiting || this.#isSingle ? 1 : length
    const shadow = this.#inShadow
    // The shadow of STI holds back interrupts, that of MOV SS breakpoints too.
    const breakable = !shadow || state.shadowBySti
    this.#sliceEnd = this.now() + count
    state.shadowAt = shadow ? count : -1
    state.remaining = count
    this.#suppressTrap = false
    state.shadowBySti = false
    if (watchpoints.armed && breakable && this.#breaksHere()) return
    const repeated = this.#resume && this.#isRepeated()
    const start = state.rip
    this.#resume = false
    watchpoints.takeHits()
    this.#allowQuick()
    try {
      this.#backend.execute()
    } catch (error) {
      if (error === STOPPED_BEFORE) {
        this.stop()
        return
      }
      if (!(error instanceof CpuFault)) throw error
      this.endSlice()
      this.#finish(raiseException(this, error))
      return
    }
    const held = this.#inShadow && !state.shadowBySti
    // RF lasts over all iterations of a string instruction.
    if (repeated && state.rip === start) this.#resume = true
    this.#traps |= BigInt(watchpoints.takeHits())
    if (trap && !this.#suppressTrap && !held) this.#traps |= DR6_SINGLE_STEP
    if (this.#traps === 0n || held || this.#shutdown !== undefined) return
    state.halted = false
    this.#raiseDebug(this.#traps)
  }

  #raiseDebug(bits: bigint): void {
    this.#noteDebug(bits)
    this.#finish(raiseException(this, new CpuFault(Vector.DB)))
  }

  #noteDebug(bits: bigint): void {
    this.#traps = 0n
    this.state.setDebug(6, (this.state.debug(6) & ~DR6_BREAKPOINTS) | bits)
  }

  /** Whether a repeated string instruction stands at RIP; false where none can be fetched. */
  #isRepeated(): boolean {
    try {
      const { row, repeat } = this.#fetcher.fetch(this.#fetcher.locate()).decoded
      return row.repeat !== undefined && repeat !== 'none'
    } catch (error) {
      if (error instanceof CpuFault) return false
      throw error
    }
  }

  /** An instruction breakpoint: #DB before the instruction. It counts as one, so that time passes even when the handler has a breakpoint. */
  #breaksHere(): boolean {
    const { state, mmu } = this
    if (this.#resume) return false
    const bits = mmu.watchpoints.executes(state.mode64 ? state.rip : BigInt.asUintN(32, state.base(CS) + state.rip))
    if (bits === 0) return false
    state.remaining -= 1
    this.#raiseDebug(BigInt(bits))
    return true
  }

  /** Takes an INIT, an NMI, or an interrupt from the controller, when one is pending and allowed. */
  #acceptInterrupt(): boolean {
    if (this.#initPending) {
      const page = this.#startUpPage
      this.#forgetEvents()
      initRegisters(this)
      this.mmu.flush()
      this.#waitForStartUp()
      this.#startUpPage = page
      if (!this.#waitsForStartUp) return true
    }
    if (this.#waitsForStartUp) {
      if (this.#startUpPage === undefined) return false
      this.#startUp(this.#startUpPage)
      return true
    }
    if (this.#nmiPending && !this.#nmiBlocked && !this.#inShadow) {
      this.#nmiPending = false
      this.#nmiBlocked = true
      this.state.halted = false
      this.#finish(deliverInterrupt(this, { vector: Vector.NMI, source: 'external', pin: true, returnTo: this.state.rip }))
      return true
    }
    if (!this.interrupts.pending || !this.interruptible) return false
    const vector = this.interrupts.acknowledge()
    this.state.halted = false
    this.#finish(deliverInterrupt(this, { vector, source: 'external', pin: true, returnTo: this.state.rip }))
    return true
  }

  #finish(chain: readonly FaultRecord[] | undefined): void {
    if (chain === undefined) return
    this.#shutdown = { chain, registers: this.registers(), instruction: this.bytesAtRip() }
  }
}
