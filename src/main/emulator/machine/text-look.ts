/** How a text screen looks, where that is not what the BIOS sets: told to those who draw it. */
import type { TextLook } from '../../../shared/machine-schemas'
import { PALETTE } from '../../../shared/screen-pixels'
import type { Vga } from '../devices/vga'
import type { VgaGeometry } from '../devices/vga-geometry'
import { textFont } from './font'

const GLYPHS = 256
/** Lines that a glyph has in the font memory, whether they are shown or not; its plane is the third of four. */
const GLYPH_ROOM = 32
const PLANES = 4
const FONT_PLANE = 2
const NO_UNDERLINE = 31
const STANDARD_DOTS = 9

/** The glyphs of a font in the VGA's memory, `height` bytes each. */
function fontAt(memory: Uint8Array, address: number, height: number): Uint8Array {
  const font = new Uint8Array(GLYPHS * height)
  for (let glyph = 0, to = 0; glyph < GLYPHS; glyph++) {
    let from = (address + glyph * GLYPH_ROOM) * PLANES + FONT_PLANE
    for (let line = 0; line < height; line++, from += PLANES) font[to++] = memory[from] ?? 0
  }
  return font
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** Remembers the last look, so that one that stays is the same object. */
export class TextLooks {
  #last: { look: TextLook; shape: string; glyphs: Uint8Array } | undefined

  /** Undefined: it looks as the BIOS's mode 3 does. */
  take(vga: Vga, geometry: VgaGeometry): TextLook | undefined {
    const { rowLines, dots, halfClock, lineGraphics, underline, fonts } = geometry
    const { memory } = vga
    const first = fontAt(memory, fonts[0], rowLines)
    const glyphs = fonts[0] === fonts[1] ? first : Buffer.concat([first, fontAt(memory, fonts[1], rowLines)])
    const colours = Array.from({ length: 16 }, (_, index) => vga.colour(index).reduce((colour, gun) => (colour << 8) | gun, 0))
    const standard = dots === STANDARD_DOTS && !halfClock && lineGraphics && underline >= rowLines && colours.every((colour, index) => colour === PALETTE[index]) && equal(glyphs, textFont.bitmap)
    if (standard) return undefined
    const rest = { height: rowLines, dots, lineGraphics, wide: halfClock, colours, underline: Math.min(underline, NO_UNDERLINE) }
    const shape = JSON.stringify(rest)
    if (this.#last?.shape !== shape || !equal(this.#last.glyphs, glyphs)) {
      this.#last = { shape, glyphs, look: { ...rest, glyphs: Buffer.from(glyphs).toString('base64') } }
    }
    return this.#last.look
  }
}
