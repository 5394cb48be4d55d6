import { describe, expect, it } from 'vitest'
import type { GraphicsScreen, TextScreen } from '../shared/machine-schemas'
import { paint, paintPicture, readInput } from './terminal'

function screen(rows: string[], attribute = 0x07, extra: Partial<TextScreen> = {}): TextScreen {
  const cells = rows.flatMap((row) => [...row].map((character) => character.charCodeAt(0) | (attribute << 8)))
  const cursor = { row: 0, column: 0, visible: false, start: 14, end: 15 }
  return { mode: 'text', columns: rows[0]?.length ?? 0, rows: rows.length, cells, cursor, blink: true, ...extra }
}

const wide = { columns: 200, rows: 100 }
/** The text alone. */
const plain = (output: string): string => output.split('\u001b[').map((part, index) => (index === 0 ? part : part.replace(/^[?0-9;]*[A-Za-z]/, ''))).join('')

describe('paintPicture', () => {
  const colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
  /** Four lines, each of one colour. */
  const picture: GraphicsScreen = { mode: 'graphics', width: 4, height: 4, pixels: Uint8Array.from(colours.flatMap((colour) => [colour, colour, colour, colour].flat())) }

  it('shows two pixels one above the other in a character', () => {
    const output = paintPicture(picture, { columns: 4, rows: 2 })
    expect(output).toContain('\u001b[1;1H\u001b[38;2;255;0;0;48;2;0;255;0m▀▀▀▀')
    expect(output).toContain('\u001b[2;1H\u001b[38;2;0;0;255;48;2;255;255;255m▀▀▀▀')
  })

  it('fits into any terminal, and clears what it does not cover', () => {
    const small = paintPicture(picture, { columns: 2, rows: 3 })
    expect(plain(small)).toBe('▀▀')
    expect(small.split('\u001b[K')).toHaveLength(4)
    expect(plain(paintPicture(picture, { columns: 1, rows: 1 }))).toBe('▀')
  })
})

describe('paint', () => {
  it('paints all rows first, then only those that changed', () => {
    const first = screen(['abc', 'def'])
    expect(plain(paint(first, undefined, wide))).toBe('abcdef')
    const next = paint(screen(['abc', 'dXf']), first, wide)
    expect(plain(next)).toBe('dXf')
    expect(next).toContain('\u001b[2;1H')
  })

  it('translates colours: white on blue, bright, blinking or with a bright background', () => {
    expect(paint(screen(['a'], 0x17), undefined, wide)).toContain('\u001b[0;37;44ma')
    expect(paint(screen(['a'], 0x0b), undefined, wide)).toContain('\u001b[0;96;40ma')
    expect(paint(screen(['a'], 0x9c), undefined, wide)).toContain('\u001b[0;5;91;44ma')
    expect(paint(screen(['a'], 0x9c, { blink: false }), undefined, wide)).toContain('\u001b[0;91;104ma')
  })

  it('draws code page 437 and no control codes', () => {
    expect(plain(paint(screen(['\u001b\u00c9\u0000']), undefined, wide))).toBe('←╔ ')
  })

  it('cuts off what the terminal has no room for, cursor too', () => {
    const big = screen(['abc', 'def'], 7, { cursor: { row: 1, column: 2, visible: true, start: 14, end: 15 } })
    expect(plain(paint(big, undefined, { columns: 2, rows: 1 }))).toBe('ab')
    expect(paint(big, undefined, { columns: 2, rows: 1 })).not.toContain('?25h')
    expect(paint(big, undefined, wide)).toContain('\u001b[2;3H\u001b[?25h')
  })
})

describe('readInput', () => {
  it('tells text, special keys and Ctrl-C apart', () => {
    expect(readInput('hi\r')).toEqual({ type: 'text', text: 'hi\n' })
    expect(readInput('\u007f')).toEqual({ type: 'text', text: '\b' })
    expect(readInput('\u001b')).toEqual({ type: 'text', text: '\u001b' })
    expect(readInput('\u001b[A')).toEqual({ type: 'keys', events: [{ code: 'ArrowUp', down: true }, { code: 'ArrowUp', down: false }] })
    expect(readInput('\u0003')).toEqual({ type: 'interrupt' })
    expect(readInput('ä')).toBeUndefined()
  })
})
