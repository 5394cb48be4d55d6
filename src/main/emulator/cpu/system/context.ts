import type { Mmu } from '../mmu/mmu'
import type { ApicPort, InterruptController, IoPorts } from '../ports'
import type { CpuState } from '../state/cpu-state'
import type { CpuModel } from './models'
import type { CpuObserver } from '../observer'
import type { ModelSpecificRegisters } from './msr'

/** What system helpers work on. `Cpu` is the implementation; tests may give a smaller one. */
export interface SystemContext {
  readonly state: CpuState
  readonly mmu: Mmu
  readonly ports: IoPorts
  readonly interrupts: InterruptController
  /** Undefined: the processor stands alone, as in tests, or is too old to have one. */
  readonly apic?: ApicPort | undefined
  readonly msrs: ModelSpecificRegisters
  readonly model: CpuModel
  readonly observer: CpuObserver
  /** How many processors the computer has. */
  readonly processors: number
  /** Ends the running slice after the current instruction, so that interrupts and TF are looked at anew. */
  endSlice(): void
  /** Time-stamp counter. */
  timestamp(): bigint
  /** The current instruction takes no single-step trap when it is done (INT n and its kind). */
  suppressTrap(): void
  /** The next instruction raises no instruction breakpoint (RF was set in the flags that IRET or a task switch loaded). */
  resumeOnce(): void
  /** #DB after the current instruction, with these bits of DR6. */
  debugTrap(bits: bigint): void
  /** Debug traps that wait are reported by the #DB that the current instruction raises itself (INT1). */
  mergeTraps(): void
  /** IRET: the next NMI may come. */
  unblockNmi(): void
  /** RIP after the current instruction, for the rare helper that is not told (task switches). */
  nextRip(): bigint
  /** PAUSE while others could go on: the processor has had its turn. */
  pause(): void
}

/** To be called after CR0, CR4, EFER, CPL, EFLAGS.VM, EFLAGS.AC, CS or SS changed: brings masks, segments and the MMU in line. */
export function modesChanged(cx: SystemContext): void {
  cx.state.updateModes()
  cx.mmu.refresh()
  cx.observer.modes?.()
}
