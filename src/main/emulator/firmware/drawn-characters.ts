/** Characters in graphics modes: drawn, read and scrolled as pixels (IBM BIOS Interface Technical Reference, INT 10h AH=06h–0Ah). */
import { BDA, VECTOR_GRAPHICS_FONT, VECTOR_UPPER_FONT } from './bda'
import type { GuestMemory } from '../machine/guest-memory'
import { GLYPH_ROOM } from './screen-modes'
import type { Surface } from './surfaces'

export const CELL_WIDTH = 8
const GLYPHS = 256
/** Fonts of this height have two vectors, for the lower and the upper half of the characters. */
const SPLIT_FONT_HEIGHT = 8
const UPPER_HALF = 128
/** Colour of characters: combine with what is there. */
const XOR = 0x80

export class DrawnCharacters {
  readonly #memory: GuestMemory

  constructor(memory: GuestMemory) {
    this.#memory = memory
  }

  get #height(): number {
    return this.#memory.read16(BDA.characterHeight) & 0xff
  }

  #glyph(code: number): Uint8Array {
    const memory = this.#memory
    const height = this.#height
    const upper = height === SPLIT_FONT_HEIGHT && code >= UPPER_HALF
    const vector = (upper ? VECTOR_UPPER_FONT : VECTOR_GRAPHICS_FONT) * 4
    const at = memory.read16(vector + 2) * 16 + memory.read16(vector) + (code - (upper ? UPPER_HALF : 0)) * height
    return memory.readBytes(at, Math.min(height, GLYPH_ROOM))
  }

  draw(surface: Surface, row: number, column: number, code: number, attribute: number): void {
    const top = row * this.#height
    if (column * CELL_WIDTH >= surface.width || top >= surface.height) return
    const combine = surface.bits < 8 && (attribute & XOR) !== 0
    const colour = combine ? attribute & ~XOR : attribute
    this.#glyph(code).forEach((bits, line) => {
      for (let x = 0; x < CELL_WIDTH; x++) {
        const [across, down] = [column * CELL_WIDTH + x, top + line]
        const ink = bits & (0x80 >> x) ? colour : 0
        surface.write(across, down, combine ? surface.read(across, down) ^ ink : ink)
      }
    })
  }

  /** The character whose glyph is there, on background 0; 0: none is. */
  read(surface: Surface, row: number, column: number): number {
    const height = Math.min(this.#height, GLYPH_ROOM)
    let colour = 0
    const drawn = Uint8Array.from({ length: height }, (_, line) => {
      let bits = 0
      for (let x = 0; x < CELL_WIDTH; x++) {
        const pixel = surface.read(column * CELL_WIDTH + x, row * height + line)
        if (pixel === 0) continue
        bits |= 0x80 >> x
        colour = pixel
      }
      return bits
    })
    for (let code = 0; code < GLYPHS; code++) if (Buffer.compare(this.#glyph(code), drawn) === 0) return (colour << 8) | code
    return 0
  }

  /** Copies a row of an area from another one, or fills it. */
  rows(surface: Surface, left: number, width: number, colour: number): (to: number, from: number | undefined) => void {
    const height = this.#height
    const [x, count] = [left * CELL_WIDTH, width * CELL_WIDTH]
    return (to, from) => {
      for (let line = 0; line < height; line++) {
        const y = to * height + line
        if (from !== undefined) surface.copyLine(x, from * height + line, y, count)
        else for (let pixel = x; pixel < x + count; pixel++) surface.write(pixel, y, colour)
      }
    }
  }
}
