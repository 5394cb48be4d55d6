import { PNG } from 'pngjs'
import type { Screen } from '../../../shared/machine-schemas'
import { drawScreen } from '../../../shared/screen-pixels'
import { textFont } from './font'

/** The VGA shows nine columns a cell. */
const CELL_WIDTH = 9

/** The screen as a monitor shows it, as a PNG file: 720×400 for 80×25, with blinking characters and cursor in their visible phase. */
export function screenPng(screen: Screen): Uint8Array {
  const width = screen.columns * CELL_WIDTH
  const height = screen.rows * textFont.height
  const pixels = new Uint32Array(width * height)
  drawScreen(pixels, screen, { height: textFont.height, rows: textFont.bitmap }, { characters: true, cursor: true }, CELL_WIDTH)
  const png = new PNG({ width, height, colorType: 2 })
  png.data = Buffer.from(pixels.buffer)
  return PNG.sync.write(png, { colorType: 2 })
}
