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
const wordsOf = (palette: readonly number[]): Uint32Array =>
  Uint32Array.from(palette, (colour) => {
    const bytes = new Uint8Array([colour >> 16, (colour >> 8) & 0xff, colour & 0xff, 0xff])
    return new Uint32Array(bytes.buffer)[0] ?? 0
  })
const WORDS = wordsOf(PALETTE)

export interface Glyphs {
  height: number
  /** 256 × `height` bytes, most significant bit leftmost; 512 ×: those of attributes with bit 3 are in the second half. */
  rows: Uint8Array
}

/** What a text screen is drawn with: its own look, or the standard font and colours. */
export interface TextStyle {
  readonly glyphs: Glyphs
  readonly colours: Uint32Array
  readonly lineGraphics: boolean
  /** Pixels that a dot is wide. */
  readonly across: 1 | 2
  /** Beyond every cell: there is none. */
  readonly underline: number
}
const NO_UNDERLINE = 32

export function textStyle({ look }: TextScreen, standard: Glyphs): TextStyle {
  if (!look) return { glyphs: standard, colours: WORDS, lineGraphics: true, across: 1, underline: NO_UNDERLINE }
  const rows = Uint8Array.from(atob(look.glyphs), (character) => character.charCodeAt(0))
  return { glyphs: { height: look.height, rows }, colours: wordsOf(look.colours), lineGraphics: look.lineGraphics, across: look.wide ? 2 : 1, underline: look.underline }
}

/** Pixels of a text screen. */
export function textSize({ columns, rows, look }: TextScreen, standardHeight: number, cellWidth: CellWidth = GLYPH_WIDTH): { width: number; height: number } {
  return { width: columns * cellWidth * (look?.wide === true ? 2 : 1), height: rows * (look?.height ?? standardHeight) }
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

/** Foreground colour 1 on background 0, whatever bits 3 and 7 say. */
const UNDERLINED = { mask: 0x77, value: 0x01 } as const

/**
 * Draws the whole screen.
 * @param pixels as many words of RGBA bytes as `textSize` says, in reading order
 */
export function drawScreen(pixels: Uint32Array, screen: TextScreen, standard: Glyphs, shown: BlinkPhase, cellWidth: CellWidth = GLYPH_WIDTH): void {
  const { columns, rows, cells, cursor, blink } = screen
  const { glyphs, colours, lineGraphics, across, underline } = textStyle(screen, standard)
  const { height } = glyphs
  const second = glyphs.rows.length > 256 * height ? 256 * height : 0
  const stride = columns * cellWidth * across
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = cells[row * columns + column] ?? 0
      const character = cell & 0xff
      const attribute = cell >> 8
      const blinks = blink && (attribute & 0x80) !== 0
      const background = colours[(attribute >> 4) & (blink ? 0x7 : 0xf)] ?? 0
      const foreground = blinks && !shown.characters ? background : (colours[attribute & 0xf] ?? 0)
      const cursorHere = cursor.visible && shown.cursor && cursor.row === row && cursor.column === column
      const repeats = lineGraphics && character >= LINE_GRAPHICS.first && character <= LINE_GRAPHICS.last
      const underlined = (attribute & UNDERLINED.mask) === UNDERLINED.value
      const glyph = character * height + (attribute & 0x8 ? second : 0)
      let at = row * height * stride + column * cellWidth * across
      for (let line = 0; line < height; line++) {
        const solid = (cursorHere && line >= cursor.start && line <= cursor.end) || (underlined && line === underline)
        const bits = solid ? 0xff : (glyphs.rows[glyph + line] ?? 0)
        // The cursor has the character's own colour, also while the character itself is blinked away.
        const ink = solid ? (colours[attribute & 0xf] ?? 0) : foreground
        if (across === 1) {
          for (let x = 0; x < GLYPH_WIDTH; x++) pixels[at + x] = bits & (0x80 >> x) ? ink : background
          if (cellWidth > GLYPH_WIDTH) pixels[at + GLYPH_WIDTH] = solid || (repeats && bits & 1) ? ink : background
        } else {
          for (let x = 0; x < GLYPH_WIDTH * 2; x++) pixels[at + x] = bits & (0x80 >> (x >> 1)) ? ink : background
          if (cellWidth > GLYPH_WIDTH) pixels[at + GLYPH_WIDTH * 2] = pixels[at + GLYPH_WIDTH * 2 + 1] = solid || (repeats && bits & 1) ? ink : background
        }
        at += stride
      }
    }
  }
}

const OPAQUE = 0xff << 24

/** `drawPicture` for four pixels at a time, which are three words (little-endian wherever we run). @returns the pixels that it drew */
function drawWords(words: Uint32Array, pixels: Uint8Array): number {
  if (pixels.byteOffset % 4 !== 0) return 0
  const packed = new Int32Array(pixels.buffer, pixels.byteOffset, Math.floor(pixels.length / 12) * 3)
  let to = 0
  for (let from = 0; from < packed.length; from += 3, to += 4) {
    const [first, second, third] = [packed[from] ?? 0, packed[from + 1] ?? 0, packed[from + 2] ?? 0]
    words[to] = first | OPAQUE
    words[to + 1] = (first >>> 24) | (second << 8) | OPAQUE
    words[to + 2] = (second >>> 16) | (third << 16) | OPAQUE
    words[to + 3] = (third >>> 8) | OPAQUE
  }
  return to
}

/** Copies graphics to `words`, one for each pixel as `drawScreen` has them. */
export function drawPicture(words: Uint32Array, { pixels }: GraphicsScreen): void {
  const done = drawWords(words, pixels)
  for (let from = done * 3, to = done; from < pixels.length; from += 3, to++) {
    words[to] = (pixels[from] ?? 0) | ((pixels[from + 1] ?? 0) << 8) | ((pixels[from + 2] ?? 0) << 16) | OPAQUE
  }
}

/** Whether anything on the screen changes with the blink phase, so that a still screen costs nothing. */
export function hasBlinking(screen: TextScreen): boolean {
  return screen.cursor.visible || (screen.blink && screen.cells.some((cell) => (cell & 0x8000) !== 0))
}
