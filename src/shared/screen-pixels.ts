/**
 * Text cells to pixels, as the VGA's text mode draws them.
 * Source: IBM VGA Technical Reference, alphanumeric modes (attribute byte, cursor), and the default palette of the BIOS.
 */
import type { GraphicsScreen, TextScreen } from './machine-schemas'

/** The 16 default colours, as 0xRRGGBB: 6-bit DAC levels 0, 21, 42, 63 spread over 8 bits. */
export const PALETTE: readonly number[] = [
  0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa, 0x555555, 0x5555ff, 0x55ff55, 0x55ffff,
  0xff5555, 0xff55ff, 0xffff55, 0xffffff,
]

/** The palette as 32-bit words of an ImageData: red in the first byte, so lowest on a little-endian host. */
const WORDS = Uint32Array.from(PALETTE, (colour) => {
  const bytes = new Uint8Array([colour >> 16, (colour >> 8) & 0xff, colour & 0xff, 0xff])
  return new Uint32Array(bytes.buffer)[0] ?? 0
})

export interface Glyphs {
  height: number
  /** 256 × `height` bytes, most significant bit leftmost. */
  rows: Uint8Array
}

export const GLYPH_WIDTH = 8
/**
 * Dots of a cell: 8 as glyphs are drawn, or 9 as a VGA monitor shows them, whose ninth column repeats the eighth for the
 * box-drawing characters 0xc0–0xdf and is background for all others.
 */
export type CellWidth = 8 | 9
const LINE_GRAPHICS = { first: 0xc0, last: 0xdf } as const

/** Where the blinking is: characters and cursor blink at different rates. */
export interface BlinkPhase {
  characters: boolean
  cursor: boolean
}

/**
 * Draws the whole screen.
 * @param pixels columns·cellWidth × rows·height words of RGBA bytes, in reading order
 */
export function drawScreen(pixels: Uint32Array, screen: TextScreen, glyphs: Glyphs, shown: BlinkPhase, cellWidth: CellWidth = GLYPH_WIDTH): void {
  const { columns, rows, cells, cursor, blink } = screen
  const { height } = glyphs
  const stride = columns * cellWidth
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = cells[row * columns + column] ?? 0
      const character = cell & 0xff
      const attribute = cell >> 8
      const blinks = blink && (attribute & 0x80) !== 0
      const background = WORDS[(attribute >> 4) & (blink ? 0x7 : 0xf)] ?? 0
      const foreground = blinks && !shown.characters ? background : (WORDS[attribute & 0xf] ?? 0)
      const cursorHere = cursor.visible && shown.cursor && cursor.row === row && cursor.column === column
      const repeats = character >= LINE_GRAPHICS.first && character <= LINE_GRAPHICS.last
      let at = row * height * stride + column * cellWidth
      for (let line = 0; line < height; line++) {
        const solid = cursorHere && line >= cursor.start && line <= cursor.end
        const bits = solid ? 0xff : (glyphs.rows[character * height + line] ?? 0)
        // The cursor has the character's own colour, also while the character itself is blinked away.
        const ink = solid ? (WORDS[attribute & 0xf] ?? 0) : foreground
        for (let x = 0; x < GLYPH_WIDTH; x++) pixels[at + x] = bits & (0x80 >> x) ? ink : background
        if (cellWidth > GLYPH_WIDTH) pixels[at + GLYPH_WIDTH] = solid || (repeats && bits & 1) ? ink : background
        at += stride
      }
    }
  }
}

/** Copies graphics to `words`, one for each pixel as `drawScreen` has them. */
export function drawPicture(words: Uint32Array, { pixels }: GraphicsScreen): void {
  for (let from = 0, to = 0; from < pixels.length; from += 3, to++) {
    words[to] = (pixels[from] ?? 0) | ((pixels[from + 1] ?? 0) << 8) | ((pixels[from + 2] ?? 0) << 16) | 0xff000000
  }
}

/** Whether anything on the screen changes with the blink phase, so that a still screen costs nothing. */
export function hasBlinking(screen: TextScreen): boolean {
  return screen.cursor.visible || (screen.blink && screen.cells.some((cell) => (cell & 0x8000) !== 0))
}
