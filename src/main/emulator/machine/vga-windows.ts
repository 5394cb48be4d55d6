/** Where the VGA's memory, or a part of it, is seen at A0000–BFFFF. */
export const VGA_START = 0xa0000
export const VGA_END = 0xc0000

export interface VgaWindow {
  readonly first: number
  readonly bytes: number
  /** Plain memory from this host address on, or what answers to offsets from the window's start. */
  readonly memory: number | { read(offset: number): number; write(offset: number, value: number): void }
}

/** The windows there are now: one, or none, and while an SVGA mode is on, its own before that. */
export class VgaWindows {
  #windows: readonly VgaWindow[]

  constructor(windows: readonly VgaWindow[]) {
    this.#windows = windows
  }

  set(windows: readonly VgaWindow[]): void {
    this.#windows = windows
  }

  /** Host address of plain memory; 0: there is none. */
  frame(physical: number): number {
    const window = this.#at(physical)
    return typeof window?.memory === 'number' ? window.memory + physical - window.first : 0
  }

  /** Undefined where no device answers. */
  read(physical: number): number | undefined {
    const window = this.#at(physical)
    return typeof window?.memory === 'object' ? window.memory.read(physical - window.first) : undefined
  }

  write(physical: number, value: number): void {
    const window = this.#at(physical)
    if (typeof window?.memory === 'object') window.memory.write(physical - window.first, value)
  }

  #at(physical: number): VgaWindow | undefined {
    if (physical < VGA_START || physical >= VGA_END) return undefined
    for (const window of this.#windows) if (physical >= window.first && physical < window.first + window.bytes) return window
    return undefined
  }
}
