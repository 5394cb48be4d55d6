import { PNG } from 'pngjs'
import { describe, expect, test } from 'vitest'
import { screenSchema, type GraphicsScreen, type Screen, type TextScreen } from '../../../shared/machine-schemas'
import { screenText } from '../../../shared/screen-text'
import { portsOf, TestClock } from '../devices/test-clock'
import { Vga } from '../devices/vga'
import { vgaRaster } from '../devices/vga-geometry'
import { EGA_PALETTE, VGA_MODES } from '../devices/vga-modes'
import { textFont } from './font'
import { screenPng } from './picture'
import { sameScreen } from './screen'
import { drawVga } from './vga-picture'
import { VgaCapture } from './vga-screen'

interface Setup {
  chip: Vga
  memory: Uint8Array
  text: Uint8Array
  capture: VgaCapture
  crtc: (index: number, value: number) => void
  sequencer: (index: number, value: number) => void
  attribute: (index: number, value: number) => void
  colour: (index: number, ...guns: number[]) => void
}

/** In a mode, with the standard font where the mode is one of text. */
function inMode(number: number): Setup {
  const [memory, text] = [new Uint8Array(1 << 18), new Uint8Array(0x8000)]
  const chip = new Vga({ clock: new TestClock(), memory, text, wideDac: () => false, windowChanged: () => undefined })
  const registers = VGA_MODES.get(number)
  if (!registers) throw new RangeError(`There is no mode ${number}.`)
  chip.reset()
  chip.setMode(registers, EGA_PALETTE)
  loadFont(memory, 0, textFont.bitmap, 16)
  const io = portsOf(chip)
  const indexed = (port: number) => (index: number, value: number): void => (io.out(port, index), io.out(port + 1, value))
  // CRTC registers 0–7 can be written.
  if (number !== 7) indexed(0x3d4)(0x11, 0x0e)
  return {
    chip, memory, text, capture: new VgaCapture(chip), crtc: indexed(0x3d4), sequencer: indexed(0x3c4),
    attribute: (index, value) => {
      io.in(0x3da)
      io.out(0x3c0, index, value, 0x20)
    },
    colour: (index, ...guns) => (io.out(0x3c8, index), io.out(0x3c9, ...guns)),
  }
}

function loadFont(memory: Uint8Array, address: number, bitmap: Uint8Array, height: number): void {
  for (let glyph = 0; glyph < 256; glyph++) for (let line = 0; line < height; line++) memory[(address + glyph * 32 + line) * 4 + 2] = bitmap[glyph * height + line] ?? 0
}

/** Cells of all kinds: every character, every attribute. */
const fill = (text: Uint8Array): void => void text.forEach((_, at) => (text[at] = at & 1 ? (at * 5) >> 3 : at >> 1))
const write = (text: Uint8Array, at: number, words: string): void => void [...words].forEach((letter, i) => text.set([letter.charCodeAt(0), 0x07], (at + i) * 2))

function asText(screen: Screen): TextScreen {
  if (screen.mode !== 'text') throw new Error('A picture is shown.')
  return screen
}
function asPicture(screen: Screen): GraphicsScreen {
  if (screen.mode !== 'graphics') throw new Error('Text is shown.')
  return screen
}
const pixel = ({ width, pixels }: GraphicsScreen, x: number, y: number): number => (pixels[(y * width + x) * 3] ?? 0) * 0x10000 + (pixels[(y * width + x) * 3 + 1] ?? 0) * 0x100 + (pixels[(y * width + x) * 3 + 2] ?? 0)
/** A line of dots as a text of # and . */
const dots = (picture: GraphicsScreen, y: number, from: number, count: number): string => Array.from({ length: count }, (_, x) => (pixel(picture, from + x, y) === 0 ? '.' : '#')).join('')
const glyphLine = (code: number, line: number): string => (textFont.bitmap[code * 16 + line] ?? 0).toString(2).padStart(8, '0').replaceAll('0', '.').replaceAll('1', '#')

describe('text', () => {
  test('of the standard look is told as cells alone', () => {
    const { capture, text } = inMode(3)
    write(text, 81, 'Hello')
    const screen = asText(capture.take())
    expect([screen.look, screen.columns, screen.rows, screenText(screen)]).toEqual([undefined, 80, 25, '\n Hello'])
  })

  test('says its font, and the second one', () => {
    const { capture, memory, sequencer } = inMode(3)
    memory[(0x41 * 32 + 5) * 4 + 2] = 0x99
    const { look } = asText(capture.take())
    const glyphs = Buffer.from(look?.glyphs ?? '', 'base64')
    expect([glyphs.length, glyphs[0x41 * 16 + 5], look?.height, look?.dots, look?.wide]).toEqual([4096, 0x99, 16, 9, false])
    loadFont(memory, 0x4000, textFont.bitmap.map((bits) => ~bits), 16)
    sequencer(3, 0x04)
    const two = Buffer.from(asText(capture.take()).look?.glyphs ?? '', 'base64')
    expect([two.length, two[0x41 * 16 + 5], two[(256 + 0x41) * 16 + 3]]).toEqual([8192, 0x99, ~(textFont.bitmap[0x41 * 16 + 3] ?? 0) & 0xff])
  })

  test('says its colours, and is the same while they are', () => {
    const { capture, colour } = inMode(3)
    colour(0x14, 63, 0, 63)
    const [one, other] = [asText(capture.take()), asText(capture.take())]
    expect(one.look?.colours[6]).toBe(0xff00ff)
    expect([one.look === other.look, sameScreen(one, other)]).toEqual([true, true])
    colour(0x14, 63, 0, 62)
    expect(sameScreen(one, capture.take())).toBe(false)
  })

  test('has the columns and rows of the registers, and the cells of its virtual width', () => {
    const { capture, crtc, text } = inMode(1)
    write(text, 50, 'x')
    crtc(0x13, 25)
    crtc(0x09, 0x47)
    const screen = asText(capture.take())
    expect([screen.columns, screen.rows, screen.look?.wide, screen.look?.height]).toEqual([40, 50, true, 8])
    expect((screen.cells[40] ?? 0) & 0xff).toBe(0x78)
  })

  test('is a picture where there is more of it than can be told', () => {
    const { capture, crtc } = inMode(3)
    crtc(0x01, 0xff)
    const picture = asPicture(capture.take())
    expect([picture.width, picture.text?.columns]).toEqual([2304, 132])
    expect(screenSchema.safeParse(picture).success).toBe(true)
    crtc(0x01, 0x4f)
    crtc(0x09, 0x40)
    expect(asPicture(capture.take()).text?.rows).toBe(60)
  })

  test.each([[0x00, 8], [0x03, 16], [0x03, 8], [0x07, 14]])('is drawn alike from its cells and from the memory: mode %i, cells of %i lines', (number, height) => {
    const { chip, capture, text, crtc, attribute } = inMode(number)
    fill(text)
    crtc(0x09, 0x40 | (height - 1))
    crtc(0x0f, 85)
    if (number === 3) attribute(0x10, height === 8 ? 0x04 : 0x08)
    const screen = asText(capture.take())
    expect(screen.cursor.visible).toBe(true)
    const fromCells = PNG.sync.read(Buffer.from(screenPng(screen)))
    const { geometry } = chip
    const raster = vgaRaster(geometry)
    const colours = Uint8Array.from(Array.from({ length: 16 }, (_, index) => chip.colour(index)).flat())
    const drawn = drawVga(geometry, raster, chip.snapshot(), colours)
    // A row that the lower border cuts off is not one of the text's.
    const rgb = Uint8Array.from({ length: fromCells.width * fromCells.height * 3 }, (_, at) => fromCells.data[Math.floor(at / 3) * 4 + (at % 3)] ?? 0)
    expect([fromCells.width, Buffer.compare(rgb, drawn.subarray(0, rgb.length))]).toEqual([raster.width, 0])
  })
})

describe('pictures of text', () => {
  test('are moved by dots and by lines, and say what is written', () => {
    const { capture, attribute, crtc, text } = inMode(3)
    write(text, 0, 'AB')
    const unmoved = glyphLine(0x41, 5)
    attribute(0x13, 0x02)
    const picture = asPicture(capture.take())
    expect([picture.width, picture.height, dots(picture, 5, 0, 6)]).toEqual([720, 400, `${unmoved}.`.slice(3)])
    expect(screenText(picture)).toBe('AB')
    attribute(0x13, 0x08)
    crtc(0x08, 0x03)
    expect(dots(asPicture(capture.take()), 2, 0, 8)).toBe(unmoved)
    crtc(0x08, 0x20)
    expect(dots(asPicture(capture.take()), 5, 0, 8)).toBe(glyphLine(0x42, 5))
  })

  test('go on at the start of the memory below the split, moved or not', () => {
    const { capture, attribute, crtc, text } = inMode(3)
    write(text, 0, 'status')
    write(text, 800, 'page')
    crtc(0x0c, 0x03)
    crtc(0x0d, 0x20)
    crtc(0x09, 0x0f)
    crtc(0x07, 0x1f)
    crtc(0x18, 0x7f)
    attribute(0x13, 0x00)
    // Line compare 17Fh: rows 24 and on.
    const picture = asPicture(capture.take())
    expect(screenText(picture)).toBe(`page${'\n'.repeat(24)}status`)
    expect(dots(picture, 384 + 5, 0, 8)).toBe(`${glyphLine(0x73, 5)}.`.slice(1))
    attribute(0x10, 0x2c)
    expect(dots(asPicture(capture.take()), 384 + 5, 0, 8)).toBe(glyphLine(0x73, 5))
  })

  test('are black when nothing is shown', () => {
    const { capture, sequencer, text } = inMode(3)
    write(text, 0, 'hidden')
    sequencer(1, 0x20)
    const picture = asPicture(capture.take())
    expect([picture.pixels.some((value) => value !== 0), picture.text]).toEqual([false, undefined])
  })
})

describe('graphics', () => {
  test('are the same object while nothing changes', () => {
    const { capture, memory, crtc } = inMode(0x12)
    const first = capture.take()
    expect(capture.take()).toBe(first)
    memory[0] = 0x80
    const second = asPicture(capture.take())
    expect([pixel(second, 0, 0), pixel(asPicture(first), 0, 0)]).toEqual([0x0000aa, 0])
    crtc(0x0d, 1)
    expect(pixel(asPicture(capture.take()), 0, 0)).toBe(0)
  })

  test('of planes and of bytes are moved by pixels', () => {
    const planes = inMode(0x0d)
    planes.memory[0] = 0x10
    planes.attribute(0x13, 3)
    expect(pixel(asPicture(planes.capture.take()), 0, 0)).toBe(0x0000aa)
    const bytes = inMode(0x13)
    bytes.memory[3] = 2
    bytes.attribute(0x13, 6)
    expect(pixel(asPicture(bytes.capture.take()), 0, 0)).toBe(0x00aa00)
  })

  test('of the CGA lie in text memory, even and odd lines apart', () => {
    const { capture, text } = inMode(4)
    text[0] = 0xc0
    text[0x2000] = 0x30
    const picture = asPicture(capture.take())
    expect([dots(picture, 0, 0, 4), dots(picture, 1, 0, 4), picture.width, picture.height]).toEqual(['#...', '.#..', 320, 200])
  })

  test('show what the registers say, whatever they say', () => {
    const { chip, capture, crtc, sequencer, attribute } = inMode(0x13)
    for (const value of [0xff, 0x00, 0xa5]) {
      for (let index = 0; index < 25; index++) crtc(index, value)
      for (let index = 0; index < 5; index++) sequencer(index, value & 0xdf)
      for (let index = 0; index < 21; index++) attribute(index, value)
      expect(screenSchema.safeParse(capture.take()).success).toBe(true)
      expect(chip.geometry.lines).toBeLessThanOrEqual(1024)
    }
  })
})
