/** What a picture of the VGA is made of, remembered: whether something of it changed costs no more than comparing bytes. */
import type { Vga } from '../devices/vga'

/** `text`: only the text memory; a look at it as characters changes in nothing else. */
export type SourceChange = 'none' | 'text' | 'all'

export class VgaSources {
  readonly #vga: Vga
  #settings: Uint8Array | undefined
  #memory = new Uint8Array()
  #text = new Uint8Array()

  constructor(vga: Vga) {
    this.#vga = vga
  }

  /** What changed since the last call. */
  take(): SourceChange {
    const { memory, plainText } = this.#vga
    const settings = this.#vga.settings()
    const sameText = Buffer.compare(this.#text, plainText) === 0
    if (!sameText) this.#text = plainText.slice()
    const sameMemory = Buffer.compare(this.#memory, memory) === 0
    if (!sameMemory) this.#memory = memory.slice()
    const sameSettings = this.#settings !== undefined && Buffer.compare(this.#settings, settings) === 0
    this.#settings = settings
    if (!sameMemory || !sameSettings) return 'all'
    return sameText ? 'none' : 'text'
  }

  /** The next call answers `all`. Lets go of the memory that it takes. */
  forget(): void {
    this.#settings = undefined
    this.#memory = new Uint8Array()
    this.#text = new Uint8Array()
  }
}
