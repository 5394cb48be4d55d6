/**
 * The VGA's video memory as four planes behind the window at A0000h (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem":
 * graphics controller). A byte of each plane stands beside the others: plane p of address a is byte 4a + p of the video memory.
 */
const PLANES = 4

const GRAPHICS = { setReset: 0, enableSetReset: 1, compare: 2, rotate: 3, readPlane: 4, mode: 5, ignore: 7, bitMask: 8 } as const
const MAP_MASK = 2
const READ_MODE = 0x08

/** The registers that decide, as they are now. */
export interface PlaneRegisters {
  readonly sequencer: Uint8Array
  readonly graphics: Uint8Array
}

export class VgaPlanes {
  readonly #memory: Uint8Array
  readonly #registers: PlaneRegisters
  readonly #latches = new Uint8Array(PLANES)

  constructor(memory: Uint8Array, registers: PlaneRegisters) {
    this.#memory = memory
    this.#registers = registers
  }

  reset(): void {
    this.#latches.fill(0)
  }

  #graphics(index: number): number {
    return this.#registers.graphics[index] ?? 0
  }

  #latch(plane: number): number {
    return this.#latches[plane] ?? 0
  }

  read(offset: number): number {
    for (let plane = 0; plane < PLANES; plane++) this.#latches[plane] = this.#memory[offset * PLANES + plane] ?? 0
    if (!(this.#graphics(GRAPHICS.mode) & READ_MODE)) return this.#latch(this.#graphics(GRAPHICS.readPlane) & 3)
    // Colour compare: bits whose planes have the colour asked for; planes that are not cared about always have it.
    let differs = 0
    for (let plane = 0; plane < PLANES; plane++) {
      if (!((this.#graphics(GRAPHICS.ignore) >> plane) & 1)) continue
      differs |= this.#latch(plane) ^ ((this.#graphics(GRAPHICS.compare) >> plane) & 1 ? 0xff : 0)
    }
    return ~differs & 0xff
  }

  write(offset: number, value: number): void {
    const mapMask = this.#registers.sequencer[MAP_MASK] ?? 0
    for (let plane = 0; plane < PLANES; plane++) {
      if ((mapMask >> plane) & 1) this.#memory[offset * PLANES + plane] = this.#toWrite(plane, value)
    }
  }

  #toWrite(plane: number, value: number): number {
    const mode = this.#graphics(GRAPHICS.mode) & 3
    if (mode === 1) return this.#latch(plane)
    const count = this.#graphics(GRAPHICS.rotate) & 7
    const rotated = ((value >> count) | (value << (8 - count))) & 0xff
    const setReset = (this.#graphics(GRAPHICS.setReset) >> plane) & 1 ? 0xff : 0
    const bitMask = this.#graphics(GRAPHICS.bitMask)
    if (mode === 3) return this.#merge(plane, setReset, bitMask & rotated)
    if (mode === 2) return this.#merge(plane, (value >> plane) & 1 ? 0xff : 0, bitMask)
    return this.#merge(plane, (this.#graphics(GRAPHICS.enableSetReset) >> plane) & 1 ? setReset : rotated, bitMask)
  }

  /** Bits in the mask go through the logic unit; the others stay as the latch has them. */
  #merge(plane: number, data: number, mask: number): number {
    const latch = this.#latch(plane)
    const operation = (this.#graphics(GRAPHICS.rotate) >> 3) & 3
    const result = [data, data & latch, data | latch, data ^ latch][operation] ?? data
    return (result & mask) | (latch & ~mask)
  }
}
