/** What a template shows when it has run, as a PNG file for the welcome page. The same image gives the same picture. */
import { PNG } from 'pngjs'
import { DEFAULT_START_DATE } from '../../src/main/emulator/host/options'
import { Typist } from '../../src/main/emulator/host/typist'
import { TICKS_PER_MILLISECOND } from '../../src/main/emulator/machine/clock'
import { Machine } from '../../src/main/emulator/machine/machine'
import { screenPng } from '../../src/main/emulator/machine/picture'
import type { Template } from '../../src/main/project'
import type { TextScreen } from '../../src/shared/machine-schemas'
import { screenText } from '../../src/shared/screen-text'
import { DEFAULT_BACKEND } from '../../src/shared/machine-schemas'

/** Width to height, and the least width: what a few words fill. */
const ASPECT = 16 / 10
const LEAST_WIDTH = 400
const MARGIN = 18
const STEP_TICKS = TICKS_PER_MILLISECOND
const MOST_TICKS = 60_000 * TICKS_PER_MILLISECOND
/** What a template writes after the awaited text belongs to its picture. */
const SETTLE_TICKS = 200 * TICKS_PER_MILLISECOND

export function templatePicture(image: Uint8Array, { id, prints, try: keys, exitCode }: Pick<Template, 'id' | 'prints' | 'try' | 'exitCode'>): Uint8Array {
  let serial = ''
  const machine = new Machine({
    image,
    memoryBytes: 128 << 20,
    backend: DEFAULT_BACKEND,
    startDate: DEFAULT_START_DATE,
    onSerial: (byte) => void (serial += String.fromCharCode(byte)),
    onDebugConsole: () => undefined,
  })
  // Without Enter at the end: the line is as a person sees it while typing.
  if (keys !== undefined) new Typist(machine).type(keys.type.trimEnd())
  const awaited = keys?.shows ?? prints
  const shows = (): boolean => {
    const screen = machine.screen
    return screen.mode === 'text' ? screenText(screen).includes(awaited) || serial.includes(awaited) : true
  }
  // In the guest's time alone: how fast this computer is must not be seen.
  while (!shows() && machine.outcome === undefined && machine.now < MOST_TICKS) machine.run(STEP_TICKS)
  if (!shows()) throw new Error(`The template ${id} does not show “${awaited}”.`)
  for (let ticks = 0; ticks < SETTLE_TICKS && machine.outcome === undefined; ticks += STEP_TICKS) machine.run(STEP_TICKS)
  const screen = machine.screen
  if (screen.mode === 'graphics') return screenPng(screen)
  // A template that ends by itself speaks over the serial port: that is what a person sees of it.
  return cropped(screenPng(exitCode === undefined ? screen : asScreen(serial)))
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
