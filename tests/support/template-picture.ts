/** What a template shows when it has run, as a PNG file for the welcome page. The same image gives the same picture. */
import { PNG } from 'pngjs'
import { startInProcess } from '../../src/main/emulator/host/session'
import { screenPng } from '../../src/main/emulator/machine/picture'
import type { Template } from '../../src/main/project'
import type { Screen, TextScreen } from '../../src/shared/machine-schemas'

/** Width to height, and the least width: what a few words fill. */
const ASPECT = 16 / 10
const LEAST_WIDTH = 400
const MARGIN = 18

export function templatePicture(image: Uint8Array, { prints, try: keys, exitCode }: Pick<Template, 'prints' | 'try' | 'exitCode'>): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let screen: Screen | undefined
    let serial = ''
    startInProcess(
      {
        image,
        memoryBytes: 128 << 20,
        backend: 'interp',
        pace: 'fast',
        untilText: keys?.shows ?? prints,
        timeoutMilliseconds: 120_000,
        // Without Enter at the end: what comes after the awaited text would be a matter of when the run is stopped.
        ...(keys === undefined ? {} : { keys: keys.type.trimEnd() }),
      },
      {
        screen: (shown) => void (screen = shown),
        serial: (port, bytes) => void (serial += port === 'com1' ? Buffer.from(bytes).toString('latin1') : ''),
        state: () => undefined,
        end({ reason, summary }) {
          if (screen === undefined || (reason !== 'until-text' && reason !== 'debug-exit')) return reject(new Error(`The template did not come to its end: ${summary}`))
          if (screen.mode === 'graphics') return resolve(screenPng(screen))
          // A template that ends by itself speaks over the serial port: that is what a person sees of it.
          resolve(cropped(screenPng(exitCode === undefined ? screen : asScreen(serial))))
        },
      },
    )
  })
}

/** Serial output as a screen of light grey letters. */
function asScreen(text: string): TextScreen {
  const [columns, rows] = [80, 25]
  const cells = Array.from({ length: columns * rows }, () => 0x720)
  const lines = text.replaceAll('\r', '').trimEnd().split('\n').slice(-rows)
  for (const [row, line] of lines.entries()) for (let column = 0; column < Math.min(columns, line.length); column++) cells[row * columns + column] = 0x700 | (line.charCodeAt(column) & 0xff)
  return { mode: 'text', columns, rows, cells, cursor: { row: 0, column: 0, visible: false, start: 14, end: 15 }, blink: false }
}

/** The upper left part that holds all that is not background, so that few words are large in a small picture. */
function cropped(file: Uint8Array): Uint8Array {
  const whole = PNG.sync.read(Buffer.from(file))
  const pixels = new Uint32Array(whole.data.buffer, whole.data.byteOffset, whole.width * whole.height)
  const background = pixels.at(-1)
  let [right, bottom] = [0, 0]
  for (const [index, pixel] of pixels.entries()) {
    if (pixel === background) continue
    right = Math.max(right, index % whole.width)
    bottom = Math.max(bottom, Math.floor(index / whole.width))
  }
  const width = Math.min(whole.width, Math.ceil(Math.max(LEAST_WIDTH, right + MARGIN, (bottom + MARGIN) * ASPECT)))
  const height = Math.min(whole.height, Math.ceil(width / ASPECT))
  const part = new PNG({ width, height })
  PNG.bitblt(whole, part, 0, 0, width, height, 0, 0)
  return PNG.sync.write(part, { colorType: 2 })
}
