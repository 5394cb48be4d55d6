/** The machine's text screen in a terminal, live. Escape sequences: ECMA-48, and the widespread private modes of xterm. */
import { codePageCharacter } from '../shared/code-page'
import type { GraphicsScreen, KeyEvent, TextScreen } from '../shared/machine-schemas'
import { isTypeable } from './keys'

/** ANSI's colour for each of the VGA's: the order of the bits is blue, green, red there and red, green, blue here. */
const ansiColour = [0, 4, 2, 6, 1, 5, 3, 7] as const
const ESC = '\u001b['

export const ENTER_SCREEN = `${ESC}?1049h${ESC}2J${ESC}H`
export const LEAVE_SCREEN = `${ESC}0m${ESC}?25h${ESC}?1049l`

/** Select Graphic Rendition for an attribute byte. Bit 7 blinks, or brightens the background. */
function rendition(attribute: number, blink: boolean): string {
  const foreground = (attribute & 8 ? 90 : 30) + (ansiColour[attribute & 7] ?? 7)
  const bright = (attribute & 0x80) !== 0
  const background = (bright && !blink ? 100 : 40) + (ansiColour[(attribute >> 4) & 7] ?? 0)
  return `${ESC}0;${bright && blink ? '5;' : ''}${foreground};${background}m`
}

function rowOf(screen: TextScreen, row: number): number[] {
  return screen.cells.slice(row * screen.columns, (row + 1) * screen.columns)
}

function paintRow(cells: readonly number[], row: number, blink: boolean): string {
  let out = `${ESC}${row + 1};1H`
  let attribute = -1
  for (const cell of cells) {
    if (cell >> 8 !== attribute) {
      attribute = cell >> 8
      out += rendition(attribute, blink)
    }
    out += codePageCharacter(cell)
  }
  return out
}

/**
 * What to write to the terminal so that it shows `screen`.
 * @param before what it shows now; rows that are the same are left alone
 * @param size of the terminal, in characters; what does not fit is cut off
 */
export function paint(screen: TextScreen, before: TextScreen | undefined, size: { columns: number; rows: number }): string {
  const same = before?.columns === screen.columns && before.rows === screen.rows && before.blink === screen.blink ? before : undefined
  const columns = Math.min(screen.columns, size.columns)
  let out = `${ESC}?25l`
  for (let row = 0; row < Math.min(screen.rows, size.rows); row++) {
    const cells = rowOf(screen, row)
    const shown = same && rowOf(same, row)
    if (!shown || cells.some((cell, column) => cell !== shown[column])) out += paintRow(cells.slice(0, columns), row, screen.blink)
  }
  const { cursor } = screen
  const showsCursor = cursor.visible && cursor.row < size.rows && cursor.column < columns
  return `${out}${ESC}0m${showsCursor ? `${ESC}${cursor.row + 1};${cursor.column + 1}H${ESC}?25h` : ''}`
}

/**
 * What to write so that the terminal shows graphics, as large as it can: each character is an upper half block, two pixels one above the other in 24-bit
 * colour (ISO 8613-6, SGR 38 and 48). Pixels in between are left out.
 */
export function paintPicture({ width, height, pixels }: GraphicsScreen, size: { columns: number; rows: number }): string {
  const scale = Math.max(width / size.columns, height / (size.rows * 2))
  const columns = Math.max(1, Math.min(size.columns, Math.floor(width / scale)))
  const rows = Math.max(1, Math.min(size.rows, Math.ceil(height / scale / 2)))
  const colour = (x: number, y: number): string => {
    const at = (Math.min(height - 1, Math.floor(y * scale)) * width + Math.min(width - 1, Math.floor(x * scale))) * 3
    return `${pixels[at] ?? 0};${pixels[at + 1] ?? 0};${pixels[at + 2] ?? 0}`
  }
  let out = `${ESC}?25l`
  for (let row = 0; row < size.rows; row++) {
    out += `${ESC}${row + 1};1H`
    let last = ''
    for (let column = 0; row < rows && column < columns; column++) {
      const colours = `${ESC}38;2;${colour(column, row * 2)};48;2;${colour(column, row * 2 + 1)}m`
      if (colours !== last) out += colours
      last = colours
      out += '▀'
    }
    out += `${ESC}0m${ESC}K`
  }
  return out
}

/** Keys that a terminal sends as sequences, by their `KeyboardEvent.code`. */
const sequences: Readonly<Record<string, string>> = {
  '\u001b[A': 'ArrowUp',
  '\u001b[B': 'ArrowDown',
  '\u001b[C': 'ArrowRight',
  '\u001b[D': 'ArrowLeft',
  '\u001b[H': 'Home',
  '\u001b[F': 'End',
  '\u001b[2~': 'Insert',
  '\u001b[3~': 'Delete',
  '\u001b[5~': 'PageUp',
  '\u001b[6~': 'PageDown',
  '\u001bOP': 'F1',
  '\u001bOQ': 'F2',
  '\u001bOR': 'F3',
  '\u001bOS': 'F4',
  '\u001b[15~': 'F5',
  '\u001b[17~': 'F6',
  '\u001b[18~': 'F7',
  '\u001b[19~': 'F8',
  '\u001b[20~': 'F9',
  '\u001b[21~': 'F10',
  '\u001b[23~': 'F11',
  '\u001b[24~': 'F12',
}

export type TerminalInput = { type: 'interrupt' } | { type: 'keys'; events: KeyEvent[] } | { type: 'text'; text: string }

/** What one chunk of a raw terminal's input means. Text comes as for `--keys`: Enter as LF, Backspace as BS. */
export function readInput(chunk: string): TerminalInput | undefined {
  if (chunk.includes('\u0003')) return { type: 'interrupt' }
  const code = sequences[chunk]
  if (code !== undefined) return { type: 'keys', events: [{ code, down: true }, { code, down: false }] }
  const text = [...chunk.replaceAll('\r', '\n').replaceAll('\u007f', '\b')].filter(isTypeable).join('')
  return text === '' ? undefined : { type: 'text', text }
}
