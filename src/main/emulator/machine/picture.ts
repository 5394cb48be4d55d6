import { PNG } from 'pngjs'
import type { Screen } from '../../../shared/machine-schemas'
import { drawScreen, textSize } from '../../../shared/screen-pixels'
import { textFont } from './font'

/** The VGA shows nine columns a cell, as the BIOS sets it. */
const CELL_WIDTH = 9

/**
 * The screen as a monitor shows it, as a PNG file: 720×400 for 80×25, with blinking characters and cursor in their visible phase; graphics pixel by
 * pixel.
 */
export function screenPng(screen: Screen): Uint8Array {
  if (screen.mode === 'graphics') return encode(screen.width, screen.height, Buffer.from(screen.pixels), 2)
  const cellWidth = screen.look?.dots ?? CELL_WIDTH
  const { width, height } = textSize(screen, textFont.height, cellWidth)
  const pixels = new Uint32Array(width * height)
  drawScreen(pixels, screen, { height: textFont.height, rows: textFont.bitmap }, { characters: true, cursor: true }, cellWidth)
  return encode(width, height, Buffer.from(pixels.buffer), 6)
}

/** @param inputColorType PNG's number for what `data` holds: 2 RGB, 6 RGBA */
function encode(width: number, height: number, data: Buffer, inputColorType: 2 | 6): Uint8Array {
  const png = new PNG({ width, height })
  png.data = data
  return PNG.sync.write(png, { colorType: 2, inputColorType, inputHasAlpha: inputColorType === 6 })
}
