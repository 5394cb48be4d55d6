import { PNG } from 'pngjs'
import type { Screen } from '../../../shared/machine-schemas'
import type { TextFont } from './font'
import { textFont } from './font'

type Rgb = readonly [number, number, number]

/** The VGA's default text colours. */
export const TEXT_COLOURS: readonly Rgb[] = [
  [0x00, 0x00, 0x00], [0x00, 0x00, 0xaa], [0x00, 0xaa, 0x00], [0x00, 0xaa, 0xaa], [0xaa, 0x00, 0x00], [0xaa, 0x00, 0xaa], [0xaa, 0x55, 0x00], [0xaa, 0xaa, 0xaa],
  [0x55, 0x55, 0x55], [0x55, 0x55, 0xff], [0x55, 0xff, 0x55], [0x55, 0xff, 0xff], [0xff, 0x55, 0x55], [0xff, 0x55, 0xff], [0xff, 0xff, 0x55], [0xff, 0xff, 0xff],
]
const BLACK: Rgb = [0, 0, 0]
/** The VGA shows nine columns a cell; the ninth repeats the eighth for box-drawing characters only. */
export const CELL_WIDTH = 9
const LINE_GRAPHICS_FIRST = 0xc0
const LINE_GRAPHICS_LAST = 0xdf

export interface Picture {
  width: number
  height: number
  /** RGBA, row by row. */
  pixels: Uint8Array
}

/** Draws the screen as a monitor shows it: 720×400 for 80×25, with blinking characters and cursor in their visible phase. */
export function drawScreen(screen: Screen, font: TextFont = textFont, colours: readonly Rgb[] = TEXT_COLOURS): Picture {
  const width = screen.columns * CELL_WIDTH
  const height = screen.rows * font.height
  const pixels = new Uint8Array(width * height * 4)
  const { cursor } = screen
  screen.cells.forEach((cell, index) => {
    const row = Math.floor(index / screen.columns)
    const column = index % screen.columns
    const code = cell & 0xff
    const foreground = colours[(cell >> 8) & 15] ?? BLACK
    const background = colours[(cell >> 12) & (screen.blink ? 7 : 15)] ?? BLACK
    for (let y = 0; y < font.height; y++) {
      const isCursor = cursor.visible && cursor.row === row && cursor.column === column && y >= cursor.start && y <= cursor.end
      const bits = isCursor ? 0x1ff : glyphRow(font, code, y)
      let at = ((row * font.height + y) * width + column * CELL_WIDTH) * 4
      for (let x = CELL_WIDTH - 1; x >= 0; x--) {
        const [red, green, blue] = (bits >> x) & 1 ? foreground : background
        pixels[at++] = red
        pixels[at++] = green
        pixels[at++] = blue
        pixels[at++] = 0xff
      }
    }
  })
  return { width, height, pixels }
}

/** Nine dots of a character's row, leftmost in bit 8. */
function glyphRow(font: TextFont, code: number, y: number): number {
  const bits = font.bitmap[code * font.height + y] ?? 0
  const ninth = code >= LINE_GRAPHICS_FIRST && code <= LINE_GRAPHICS_LAST ? bits & 1 : 0
  return (bits << 1) | ninth
}

/** The screen as a PNG file. */
export function screenPng(screen: Screen): Uint8Array {
  const { width, height, pixels } = drawScreen(screen)
  const png = new PNG({ width, height, colorType: 2 })
  png.data = Buffer.from(pixels)
  return PNG.sync.write(png, { colorType: 2 })
}
