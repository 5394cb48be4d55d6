/** The guest's picture at its own size: what is saved, copied and recorded. */
import type { ScreenFont } from '../../../shared/contract'
import type { Screen } from '../../../shared/machine-schemas'
import { drawPicture, drawScreen, GLYPH_WIDTH } from '../../../shared/screen-pixels'
import { fromBase64 } from './base64'

/** The screen as pixels, with the cursor and without its blinking. */
export function pictureOf(screen: Screen, font: ScreenFont): ImageData {
  if (screen.mode === 'graphics') {
    const image = new ImageData(screen.width, screen.height)
    drawPicture(new Uint32Array(image.data.buffer), screen)
    return image
  }
  const image = new ImageData(screen.columns * GLYPH_WIDTH, screen.rows * font.height)
  drawScreen(new Uint32Array(image.data.buffer), screen, { height: font.height, rows: fromBase64(font.glyphs) }, { cursor: true, characters: true })
  return image
}

export async function pngOf(image: ImageData): Promise<Blob> {
  const canvas = new OffscreenCanvas(image.width, image.height)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser cannot draw pictures.')
  context.putImageData(image, 0, 0)
  return canvas.convertToBlob({ type: 'image/png' })
}

/** `bootlab-2026-11-29-14-05-09.png` */
export const fileName = (extension: string, now: Date): string => `bootlab-${now.toISOString().slice(0, 19).replace(/[T:]/g, '-')}.${extension}`

/** Has the browser save a file; Electron's window does the same. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Once the download has begun.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
