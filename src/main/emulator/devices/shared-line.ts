import type { StateFields, Stateful } from '../state/fields'
import type { Line } from './device'

/** Wires of several chips on one interrupt line, as COM1 and COM3 have it: the line is up while one of them is. */
export class SharedLine implements Stateful {
  readonly #line: Line
  readonly #levels: boolean[] = []

  constructor(line: Line) {
    this.#line = line
  }

  /** One more wire. */
  wire(): Line {
    const index = this.#levels.push(false) - 1
    return (level) => {
      if (level === this.#levels[index]) return
      this.#levels[index] = level
      this.#line(this.#levels.includes(true))
    }
  }

  exchange(state: StateFields): void {
    this.#levels.forEach((level, index) => (this.#levels[index] = state.flag(`wire ${index}`, level)))
  }
}
