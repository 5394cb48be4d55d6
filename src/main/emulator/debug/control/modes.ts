import type { CpuState } from '../../cpu/state/cpu-state'
import { cpuMode } from '../registers'

export type CpuMode = ReturnType<typeof cpuMode>

/** Tells when the processor's mode became another one. */
export class ModeWatch {
  readonly #state: CpuState
  readonly #changed: (from: CpuMode, to: CpuMode) => void
  #mode: CpuMode = 'real'

  constructor(state: CpuState, changed: (from: CpuMode, to: CpuMode) => void) {
    this.#state = state
    this.#changed = changed
  }

  /** The processor's state was loaded: nobody hears of it. */
  restored(): void {
    this.#mode = cpuMode(this.#state)
  }

  look(): void {
    const [from, to] = [this.#mode, cpuMode(this.#state)]
    this.#mode = to
    if (from !== to) this.#changed(from, to)
  }
}
