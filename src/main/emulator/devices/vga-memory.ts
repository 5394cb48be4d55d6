/**
 * The VGA's 256 KiB as the processor sees them (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem": graphics controller,
 * sequencer memory mode). A byte of each plane stands beside the others: plane p of address a is byte 4a + p of the video memory. As in QEMU and on SVGA
 * chips, chained bytes lie without gaps: byte n of chain 4 is in plane n & 3 at address n >> 2, of odd/even in plane n & 1 at n >> 1.
 */
import { GRAPHICS, GRAPHICS_MISC, GRAPHICS_MODE, MEMORY_MODE, MISCELLANEOUS, SEQUENCER, valueOf, type VgaRegisters } from './vga-registers'
import type { StateFields } from '../state/fields'

const PLANES = 4
export const VGA_BYTES = 256 * 1024
export const TEXT_MEMORY = 0xb8000
export const TEXT_MEMORY_BYTES = 0x8000
const ALL_PLANES = 0x0f
const TEXT_PLANES = 0x03

/** Parts of the address space by bits 3–2 of the graphics controller's miscellaneous register. */
const PLACES = [{ first: 0xa0000, bytes: 0x20000 }, { first: 0xa0000, bytes: 0x10000 }, { first: 0xb0000, bytes: 0x8000 }, { first: 0xb8000, bytes: 0x8000 }] as const
/** From this one on they are the places of text; and the planes from this number on hold fonts, not text. */
const TEXT_PLACES = 2
const FONT_PLANES = 2
/** Addresses in a plane. */
const PLANE_MASK = 0xffff

/**
 * What programs find there. `text`: pairs of character and attribute, which are plain memory; `bytes`: the video memory, byte by byte, plain as well;
 * `planes`: what the graphics controller makes of an access.
 */
export type WindowKind = 'none' | 'text' | 'bytes' | 'planes'

export interface VgaWindowPlace {
  readonly kind: WindowKind
  readonly first: number
  readonly bytes: number
}

/** Whether what is written arrives unchanged, and what is read is what is there. */
function isPlain(graphics: Uint8Array): boolean {
  return (
    valueOf(graphics, GRAPHICS.enableSetReset) === 0 && valueOf(graphics, GRAPHICS.rotate) === 0 && valueOf(graphics, GRAPHICS.bitMask) === 0xff &&
    (valueOf(graphics, GRAPHICS.mode) & (GRAPHICS_MODE.readCompare | 3)) === 0
  )
}

/** Where the registers have the processor see the video memory. */
export function windowOf({ sequencer, graphics, miscellaneous }: VgaRegisters): VgaWindowPlace {
  const place = (valueOf(graphics, GRAPHICS.miscellaneous) >> 2) & 3
  const { first, bytes } = PLACES[place] ?? PLACES[0]
  return { kind: kindOf(), first, bytes }

  function kindOf(): WindowKind {
    if (!(miscellaneous & MISCELLANEOUS.memory)) return 'none'
    const mapMask = valueOf(sequencer, SEQUENCER.mapMask)
    const mode = valueOf(sequencer, SEQUENCER.memoryMode)
    if (!isPlain(graphics)) return 'planes'
    if (mode & MEMORY_MODE.chain4) return mapMask === ALL_PLANES ? 'bytes' : 'planes'
    const oddEven = !(mode & MEMORY_MODE.sequential) && valueOf(graphics, GRAPHICS.mode) & GRAPHICS_MODE.oddEvenReads && valueOf(graphics, GRAPHICS.miscellaneous) & GRAPHICS_MISC.chainOddEven
    return oddEven && mapMask === TEXT_PLANES && valueOf(graphics, GRAPHICS.readPlane) < FONT_PLANES && place >= TEXT_PLACES ? 'text' : 'planes'
  }
}

/** Copies text, pairs of a character and an attribute, to planes 0 and 1. */
export function textToPlanes(text: Uint8Array, memory: Uint8Array): void {
  for (let from = 0, to = 0; from < text.length; from += 2, to += PLANES) {
    memory[to] = text[from] ?? 0
    memory[to + 1] = text[from + 1] ?? 0
  }
}

/** Copies planes 0 and 1 to text. */
export function planesToText(memory: Uint8Array, text: Uint8Array): void {
  for (let to = 0, from = 0; to < text.length; to += 2, from += PLANES) {
    text[to] = memory[from] ?? 0
    text[to + 1] = memory[from + 1] ?? 0
  }
}

export class VgaMemory {
  readonly #memory: Uint8Array
  readonly #registers: VgaRegisters
  readonly #latches = new Uint8Array(PLANES)
  /** Added to addresses in the planes: the bank of an SVGA mode with planes. */
  bank = 0

  /** @param memory all that the planes can have, a multiple of four bytes */
  constructor(memory: Uint8Array, registers: VgaRegisters) {
    this.#memory = memory
    this.#registers = registers
  }

  reset(): void {
    this.#latches.fill(0)
    this.bank = 0
  }

  /** The memory itself is saved with the machine's, the bank by who sets it. */
  exchange(state: StateFields): void {
    state.array('latches', this.#latches)
  }

  #graphics(index: number): number {
    return valueOf(this.#registers.graphics, index)
  }

  #latch(plane: number): number {
    return this.#latches[plane] ?? 0
  }

  get #chain4(): boolean {
    return (valueOf(this.#registers.sequencer, SEQUENCER.memoryMode) & MEMORY_MODE.chain4) !== 0
  }

  /** Byte offset of the four planes' bytes that an offset in the window reaches. */
  #place(offset: number): number {
    const chained = this.#graphics(GRAPHICS.miscellaneous) & GRAPHICS_MISC.chainOddEven
    return (((this.#chain4 ? offset >> 2 : chained ? offset >> 1 : offset) & PLANE_MASK) + this.bank) * PLANES
  }

  read(offset: number): number {
    const at = this.#place(offset)
    for (let plane = 0; plane < PLANES; plane++) this.#latches[plane] = this.#memory[at + plane] ?? 0
    const mode = this.#graphics(GRAPHICS.mode)
    if (!(mode & GRAPHICS_MODE.readCompare)) {
      const selected = this.#graphics(GRAPHICS.readPlane)
      return this.#latch(this.#chain4 ? offset & 3 : mode & GRAPHICS_MODE.oddEvenReads ? (selected & 2) | (offset & 1) : selected & 3)
    }
    // Colour compare: bits whose planes have the colour asked for; planes that are not cared about always have it.
    let differs = 0
    for (let plane = 0; plane < PLANES; plane++) {
      if (!((this.#graphics(GRAPHICS.ignore) >> plane) & 1)) continue
      differs |= this.#latch(plane) ^ ((this.#graphics(GRAPHICS.compare) >> plane) & 1 ? 0xff : 0)
    }
    return ~differs & 0xff
  }

  write(offset: number, value: number): void {
    const at = this.#place(offset)
    const mask = this.#writtenPlanes(offset)
    // Past the end of the memory there is nothing to be written to: typed arrays ignore it.
    for (let plane = 0; plane < PLANES; plane++) if ((mask >> plane) & 1) this.#memory[at + plane] = this.#toWrite(plane, value)
  }

  /** Planes that the map mask lets a write at this offset reach, a bit each. */
  #writtenPlanes(offset: number): number {
    const { sequencer } = this.#registers
    const mapMask = valueOf(sequencer, SEQUENCER.mapMask)
    if (this.#chain4) return mapMask & (1 << (offset & 3))
    return valueOf(sequencer, SEQUENCER.memoryMode) & MEMORY_MODE.sequential ? mapMask : mapMask & (offset & 1 ? 0b1010 : 0b0101)
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
