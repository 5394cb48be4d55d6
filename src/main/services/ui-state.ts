/** What the renderer remembers between runs. */
import { join } from 'node:path'
import { uiStateSchema, type UiState } from '../../shared/contract'
import { LabError } from '../../shared/failure'
import { JsonStore } from './json-store'

/** Longest stored state, in UTF-16 units of JSON. */
const MAX_LENGTH = 256 * 1024

export class UiStateStore {
  readonly #store: JsonStore<UiState>

  constructor(dataDirectory: string) {
    this.#store = new JsonStore(join(dataDirectory, 'ui.json'), uiStateSchema, {})
  }

  get(): Promise<UiState> {
    return this.#store.read()
  }

  /** Sets the given keys and leaves the others; null removes a key. */
  async set(values: UiState): Promise<void> {
    await this.#store.update((before) => {
      const after = Object.fromEntries(Object.entries({ ...before, ...values }).filter(([, value]) => value !== null))
      if (JSON.stringify(after).length > MAX_LENGTH) {
        throw new LabError({ code: 'too-large', what: 'The remembered state of the window is too large to store.' })
      }
      return after
    })
  }
}
