import type { Processors } from '../../machine/processors'
import { cpuMode } from '../registers'

export type CpuMode = ReturnType<typeof cpuMode>

/** Tells when a processor's mode became another one. */
export class ModeWatch {
  readonly #processors: Processors
  readonly #changed: (from: CpuMode, to: CpuMode) => void
  readonly #modes: CpuMode[]

  constructor(processors: Processors, changed: (from: CpuMode, to: CpuMode) => void) {
    this.#processors = processors
    this.#changed = changed
    this.#modes = processors.all.map(() => 'real')
  }

  /** The processors' state was loaded: nobody hears of it. */
  restored(): void {
    for (const { number, state } of this.#processors.all) this.#modes[number] = cpuMode(state)
  }

  /** At the processor that executes. */
  look(): void {
    const { number, state } = this.#processors.current
    const [from, to] = [this.#modes[number] ?? 'real', cpuMode(state)]
    this.#modes[number] = to
    if (from !== to) this.#changed(from, to)
  }
}
