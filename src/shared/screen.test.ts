import { expect, test } from 'vitest'
import type { TextScreen } from './machine-schemas'
import { codePageCharacter } from './code-page'
import { drawPicture, drawScreen, hasBlinking, PALETTE, textSize, type BlinkPhase } from './screen-pixels'
import { screenText } from './screen-text'

const noCursor = { row: 0, column: 0, visible: false, start: 0, end: 0 }

function screenOf(cells: number[], columns: number, over: Partial<TextScreen> = {}): TextScreen {
  return { mode: 'text', columns, rows: cells.length / columns, cells, cursor: noCursor, blink: true, ...over }
}

/** A font of two scan lines: glyph 1 has its leftmost dot set above and its rightmost below. */
const glyphs = { height: 2, rows: Uint8Array.from({ length: 512 }, (_, index) => (index === 2 ? 0x80 : index === 3 ? 0x01 : 0)) }
const steady: BlinkPhase = { characters: true, cursor: true }

/** Colours as 0xRRGGBB, line by line. */
function paint(screen: TextScreen, shown = steady): number[][] {
  const width = screen.columns * 8
  const pixels = new Uint32Array(width * screen.rows * 2)
  drawScreen(pixels, screen, glyphs, shown)
  const bytes = new Uint8Array(pixels.buffer)
  const colours = Array.from(pixels, (_, index) => ((bytes[index * 4] ?? 0) << 16) | ((bytes[index * 4 + 1] ?? 0) << 8) | (bytes[index * 4 + 2] ?? 0))
  return Array.from({ length: screen.rows * 2 }, (_, line) => colours.slice(line * width, (line + 1) * width))
}

const line = (ink: number, at: number, back: number): number[] => Array.from({ length: 8 }, (_, x) => (x === at ? ink : back))

test('a glyph is drawn in its colours, most significant bit at the left', () => {
  const [blue, grey] = [0x0000aa, 0xaaaaaa]
  expect(paint(screenOf([0x1701], 1))).toEqual([line(grey, 0, blue), line(grey, 7, blue)])
})

test('attribute bit 7 blinks the character, or brightens the background when blinking is off', () => {
  const cell = 0x9701
  expect(paint(screenOf([cell], 1))[0]).toEqual(line(0xaaaaaa, 0, 0x0000aa))
  expect(paint(screenOf([cell], 1), { ...steady, characters: false })[0]).toEqual(line(0, -1, 0x0000aa))
  expect(paint(screenOf([cell], 1, { blink: false }), { ...steady, characters: false })[0]).toEqual(line(0xaaaaaa, 0, 0x5555ff))
})

test('the cursor fills its scan lines of its cell, in the colour of the character, while its phase shows it', () => {
  const screen = screenOf([0x0700, 0x0700], 2, { cursor: { row: 0, column: 1, visible: true, start: 1, end: 1 } })
  const black = Array(8).fill(0)
  expect(paint(screen)).toEqual([Array(16).fill(0), [...black, ...Array(8).fill(0xaaaaaa)]])
  expect(paint(screen, { ...steady, cursor: false })[1]).toEqual(Array(16).fill(0))
})

test('a screen knows whether it blinks at all', () => {
  expect(hasBlinking(screenOf([0x0720], 1))).toBe(false)
  expect(hasBlinking(screenOf([0x8720], 1))).toBe(true)
  expect(hasBlinking(screenOf([0x8720], 1, { blink: false }))).toBe(false)
  expect(hasBlinking(screenOf([0x0720], 1, { cursor: { ...noCursor, visible: true } }))).toBe(true)
})

test('the palette has the sixteen colours with brown as the odd one', () => {
  expect(PALETTE).toHaveLength(16)
  expect(PALETTE[6]).toBe(0xaa5500)
})

test('the text of the screen drops blanks at line ends and blank lines at the bottom', () => {
  const cells = [...'ab  ', ...'    ', ...' c  ', ...'    '].map((character) => 0x1700 | character.charCodeAt(0))
  expect(screenText(screenOf(cells, 4))).toBe('ab\n\n c')
})

test('code page 437: every byte is one character, at its place', () => {
  expect(Array.from({ length: 256 }, (_, byte) => [...codePageCharacter(byte)].length)).toEqual(Array(256).fill(1))
  const samples = { 0x00: ' ', 0x01: '☺', 0x10: '►', 0x1f: '▼', 0x20: ' ', 0x41: 'A', 0x7e: '~', 0x7f: '⌂', 0x80: 'Ç', 0xb0: '░', 0xc4: '─', 0xdb: '█', 0xe1: 'ß', 0xfe: '■', 0xff: ' ' }
  for (const [byte, character] of Object.entries(samples)) expect([byte, codePageCharacter(Number(byte))]).toEqual([byte, character])
  const printed = Array.from({ length: 0xfe - 0x7f }, (_, index) => codePageCharacter(0x80 + index))
  expect(new Set(printed).size).toBe(printed.length)
})

test('a look has its own font, colours and width, and a second font for attributes with bit 3', () => {
  const bytes = new Uint8Array(512)
  bytes[1] = 0x80
  bytes[256 + 1] = 0x01
  const look = { height: 1, dots: 9 as const, lineGraphics: true, wide: true, glyphs: btoa(String.fromCharCode(...bytes)), colours: Array.from({ length: 16 }, (_, index) => index * 0x010101), underline: 31 }
  const screen = screenOf([0x0201, 0x0a01], 2, { look })
  expect(textSize(screen, 16)).toEqual({ width: 32, height: 1 })
  const pixels = new Uint32Array(32)
  drawScreen(pixels, screen, glyphs, steady)
  const reds = Array.from(pixels, (value) => value & 0xff)
  expect(reds).toEqual([2, 2, ...Array<number>(28).fill(0), 10, 10])
})

test.each([[1, 0], [4, 0], [7, 0], [16, 0], [16, 1], [13, 4]])('graphics are copied pixel by pixel (%i pixels, from byte %i of their buffer on)', (count, offset) => {
  const pixels = new Uint8Array(new ArrayBuffer(count * 3 + offset), offset, count * 3).map((_, index) => (index * 37 + 200) & 0xff)
  const moved = new Uint8Array(new ArrayBuffer(count * 3 + offset), offset)
  moved.set(pixels)
  const words = new Uint32Array(count)
  drawPicture(words, { mode: 'graphics', width: count, height: 1, pixels: moved })
  const expected = Array.from({ length: count }, (_, index) => [pixels[index * 3], pixels[index * 3 + 1], pixels[index * 3 + 2], 0xff]).flat()
  expect([...new Uint8Array(words.buffer)]).toEqual(expected)
})
