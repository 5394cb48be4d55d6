import type { Translation } from '../../../../shared/machine-schemas'
import type { PhysicalMemory } from '../ports'
import type { Opcodes } from '../decode/tables'
import type { CpuState } from '../state/cpu-state'
import type { Helpers } from './builder'

/** What a backend needs of the MMU. Linear addresses are passed as two 32-bit halves where WebAssembly calls. */
export interface BackendMmu {
  /** Physical address of a linear one, with all checks of paging; sets accessed and dirty bits. Throws `CpuFault`. */
  translate(linear: bigint, access: 'r' | 'w' | 'x', user: boolean): number
  /** Breakpoints on data: told of every access that does not come through `slowRead` and `slowWrite`. */
  readonly watchpoints: { readonly watchesData: boolean; noteAccess(linear: bigint, bytes: number, writes: boolean): void }
  /** Memory that somebody outside watches: told of the same accesses, with the physical addresses of their first byte and of the first one on a second page. */
  readonly probes: { readonly armed: boolean; note(linear: bigint, bytes: number, writes: boolean, first: number, second: number): void }
  /** Fills the fetch window for a linear address and returns the physical address of its page. Throws `CpuFault`. */
  fetchPage(low: number, high: number): number
  /** One byte of code at a physical address that is not plain memory. */
  readCode(physical: number): number
  /** Host address where `bytes` bytes at a linear address can be read: RAM, or the scratch line. Throws `CpuFault`. */
  slowRead(segment: number, bytes: number, low: number, high: number): number
  /** The same for writing; with `load` = 1 the present value is put there first (read-modify-write). */
  slowWrite(segment: number, bytes: number, low: number, high: number, load: number): number
  /** After a store whose code line is marked: completes slow stores, reports writes over decoded code. */
  afterStore(host: number, bytes: number): void
}

/** Where to ask before an instruction is executed. */
export interface CodePlaces {
  readonly armed: boolean
  /** Whether an instruction at this physical address must be asked about each time. */
  atOffset(physical: number): boolean
  /** Asks about the instruction at RIP. Throws `STOPPED_BEFORE` when it shall not be executed. */
  reach(): void
}

/** What a CPU gives to its backend. */
export interface BackendContext {
  readonly state: CpuState
  readonly mmu: BackendMmu
  readonly physical: PhysicalMemory
  readonly helpers: Helpers
  /** The instructions of the CPU's model; default: all. */
  readonly opcodes?: Opcodes
  /** Places in code that somebody outside wants to stop before; absent: nobody does. */
  readonly code?: CodePlaces
  /** Ends the running slice after the current instruction, without losing count. */
  attention(): void
  /** To be called for each step outside compiled code (helper, page walk, decoding): they are so slow that the host's time must be watched. */
  detour(): void
}

/** Executes instructions on the state of one CPU. */
export interface Backend {
  readonly name: 'oracle' | 'interp' | 'block'
  /**
   * Executes until REMAINING is 0. REMAINING is counted down before each instruction. A fault of the guest leaves as a
   * thrown `CpuFault`: RIP then stands on the instruction that caused it, nothing of which was committed.
   */
  execute(): void
  /** What was translated up to now; absent where nothing is. */
  translation?(): Translation
  /** Forgets everything decoded. */
  flushDecoded(): void
  /** Instructions at this offset of any page are asked about from now on, or no longer (`CodePlaces`). */
  codePlacesChanged(offset: number): void
  /** Memory at `host` changed by other means than the guest's own fast stores: forgets what was decoded from there. */
  afterPhysicalWrite(host: number, bytes: number): void
}

export type BackendFactory = (context: BackendContext) => Backend
