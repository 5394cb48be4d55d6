/** Reads text that was drawn into a picture with the project's own font: white on black. */
import font from '../../resources/fonts/cp437-8x16.json'
import type { Picture } from '../support/qemu'

const COLUMNS = 8
const ROWS = 16

const characters = new Map(font.glyphs.map((rows, code) => [rows, String.fromCharCode(code)] as const).filter(([, character]) => character >= ' ' && character <= '~'))

function cellAt({ width, pixels }: Picture, x: number, y: number): string {
  return Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (_unused, column) => (pixels[3 * ((y + row) * width + x + column)] ? 0x80 >> column : 0))
      .reduce((byte, bit) => byte | bit, 0)
      .toString(16)
      .padStart(2, '0'),
  ).join('')
}

/** The text of all cells from a corner on, as one line; cells that hold no character of the font become `?`. */
export function readPixelText(picture: Picture, left: number, top: number): string {
  let text = ''
  for (let y = top; y + ROWS <= picture.height; y += ROWS)
    for (let x = left; x + COLUMNS <= picture.width - left; x += COLUMNS) text += characters.get(cellAt(picture, x, y)) ?? '?'
  return text.trimEnd()
}
