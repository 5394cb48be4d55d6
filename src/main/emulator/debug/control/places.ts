/** Addresses in code at which somebody looks before the instruction is executed: breakpoints, ends of steps, marks of the boot. */
import type { CodeProbes } from '../../cpu/code-probes'

/** Called when the place is reached. True: the machine shall stop. */
export type Visit = () => boolean

export class Places {
  readonly #probes: CodeProbes
  readonly #visits = new Map<bigint, Set<Visit>>()

  constructor(probes: CodeProbes) {
    this.#probes = probes
    probes.onReach = (linear) => this.#reach(linear)
  }

  /** @returns what takes it back, once */
  add(linear: bigint, visit: Visit): () => void {
    const visits = this.#visits.get(linear) ?? new Set()
    visits.add(visit)
    this.#visits.set(linear, visits)
    this.#probes.add(linear)
    return () => {
      if (!visits.delete(visit)) return
      if (visits.size === 0) this.#visits.delete(linear)
      this.#probes.remove(linear)
    }
  }

  #reach(linear: bigint): boolean {
    // A visit may take itself back, and set others.
    const visits = Array.from(this.#visits.get(linear) ?? [])
    return visits.map((visit) => visit()).includes(true)
  }
}
