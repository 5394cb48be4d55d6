/**
 * The screen as the BIOS keeps it: pages, cursors, characters, scrolling, teletype; in text modes as cells, in graphics modes drawn with the fonts to which
 * vectors 43h and 1Fh point (IBM BIOS Interface Technical Reference, INT 10h).
 */
import { ATTRIBUTE, ATTRIBUTE_MODE, CRTC } from '../devices/vga-registers'
import { TEXT_MEMORY, TEXT_MEMORY_BYTES } from '../devices/vga-memory'
import { textFont } from '../machine/font'
import { BDA } from './bda'
import type { FirmwareHost } from './context'
import { Dispi } from './dispi'
import { CELL_WIDTH, DrawnCharacters } from './drawn-characters'
import { blanks, MOST_PAGES, ScreenModes } from './screen-modes'
import { clipped, vbeSurface, vgaSurface, type Surface } from './surfaces'
import { VgaPorts } from './vga-ports'
import { VIDEO_MODES, type VideoMode } from './video-modes'

const MONOCHROME_MODE = 7
const MONOCHROME_MEMORY = 0xb0000
/** Of a VBE mode, as video BIOSes of today have it in the data area. */
const VBE_MODE = 0xff
const NORMAL = 0x07
const [BELL, BACKSPACE, LINE_FEED, CARRIAGE_RETURN] = [7, 8, 10, 13] as const
/** Cursors are given for cells of so many lines. */
const CURSOR_CELL = 8
const PLANES = 4
const CURSOR_LINES = 0x1f
const STANDARD_SHAPE = { start: 6, end: 7 } as const
/** Bit of the data area's control byte: cursors are not scaled. */
const CURSOR_AS_IT_IS = 0x01

export interface Area {
  top: number
  left: number
  bottom: number
  right: number
}

export class TextConsole {
  readonly #host: FirmwareHost
  readonly #vgaPorts: VgaPorts
  readonly #drawn: DrawnCharacters
  readonly dispi: Dispi
  readonly modes: ScreenModes

  constructor(host: FirmwareHost) {
    this.#host = host
    this.#vgaPorts = new VgaPorts(host.ports)
    this.dispi = new Dispi(host.ports)
    this.modes = new ScreenModes(host)
    this.#drawn = new DrawnCharacters(host.memory)
  }

  powerOn(): void {
    this.modes.powerOn()
    this.setMode(3, true)
  }

  /** The mode of the VGA that the data area tells of. */
  get mode(): VideoMode | undefined {
    return VIDEO_MODES.get(this.#host.memory.read8(BDA.videoMode))
  }

  get columns(): number {
    return this.#host.memory.read16(BDA.columns)
  }

  get rows(): number {
    return this.#host.memory.read8(BDA.lastRow) + 1
  }

  get characterHeight(): number {
    return this.#host.memory.read16(BDA.characterHeight) & 0xff
  }

  /** Sets a mode of the VGA; false: there is none of this number. @param clear else its memory keeps what it holds */
  setMode(number: number, clear: boolean): boolean {
    const mode = this.modes.set(number, clear)
    if (mode?.memory === 'text') {
      this.setCursorShape(STANDARD_SHAPE.start, STANDARD_SHAPE.end)
      this.#showCursor()
    }
    return mode !== undefined
  }

  /** Has the data area tell of a VBE mode. */
  tellVbeMode(width: number, height: number, clear: boolean): void {
    this.modes.tell(VBE_MODE, { columns: Math.floor(width / CELL_WIDTH), rows: Math.floor(height / textFont.height), characterHeight: 16, pageBytes: 0 }, clear)
  }

  /** Text rows of another height: as many as the scan lines give. */
  setCharacterHeight(height: number): void {
    const { memory, vga } = this.#host
    this.#vgaPorts.writeCrtc(CRTC.maximumScanLine, (this.#vgaPorts.readCrtc(CRTC.maximumScanLine) & ~CURSOR_LINES) | ((height - 1) & CURSOR_LINES))
    const rows = Math.max(1, Math.floor(vga.geometry.lines / height))
    memory.write16(BDA.characterHeight, height)
    memory.write8(BDA.lastRow, rows - 1)
    memory.write16(BDA.pageBytes, Math.ceil((this.columns * rows * 2) / 0x800) * 0x800)
    if (height === CURSOR_CELL) this.setCursorShape(STANDARD_SHAPE.start, STANDARD_SHAPE.end)
    else this.setCursorShape(height - 3, height - 2)
  }

  get activePage(): number {
    return this.#host.memory.read8(BDA.activePage)
  }

  selectPage(page: number): void {
    if (page >= MOST_PAGES || this.dispi.on) return
    const { memory } = this.#host
    const bytes = page * memory.read16(BDA.pageBytes)
    const { mode } = this
    const addresses = !mode || mode.memory === 'text' ? bytes / 2 : mode.memory === 'planes' ? bytes : (bytes * (mode.memory === 'cga' ? 4 / mode.bits : 1)) / PLANES
    memory.write8(BDA.activePage, page)
    memory.write16(BDA.pageStart, bytes)
    this.#vgaPorts.writeCrtc(CRTC.startHigh, (addresses >> 8) & 0xff)
    this.#vgaPorts.writeCrtc(CRTC.startLow, addresses & 0xff)
    this.#showCursor()
  }

  cursor(page: number): { row: number; column: number } {
    const word = page < MOST_PAGES ? this.#host.memory.read16(BDA.cursors + page * 2) : 0
    return { row: word >> 8, column: word & 0xff }
  }

  setCursor(page: number, row: number, column: number): void {
    if (page >= MOST_PAGES) return
    this.#host.memory.write16(BDA.cursors + page * 2, ((row & 0xff) << 8) | (column & 0xff))
    if (page === this.activePage) this.#showCursor()
  }

  /** Cursor scan lines in the terms of a cell of 8 lines, which the BIOS scales to its own, unless it is told not to. */
  setCursorShape(start: number, end: number): void {
    const { memory } = this.#host
    memory.write8(BDA.cursorStart, start)
    memory.write8(BDA.cursorEnd, end)
    const scaled = memory.read8(BDA.videoControl) & CURSOR_AS_IT_IS ? { start, end } : scaledCursor(start & 0x3f, end & CURSOR_LINES, this.characterHeight)
    this.#vgaPorts.writeCrtc(CRTC.cursorStart, scaled.start)
    this.#vgaPorts.writeCrtc(CRTC.cursorEnd, scaled.end)
  }

  get cursorShape(): { start: number; end: number } {
    const { memory } = this.#host
    return { start: memory.read8(BDA.cursorStart), end: memory.read8(BDA.cursorEnd) }
  }

  /** What pixels are drawn on; undefined in text modes. @param page counts where the mode has several */
  surface(page: number): Surface | undefined {
    const { memory, vga } = this.#host
    const view = this.dispi.view
    if (view) return clipped(vbeSurface(vga.videoMemory, view))
    const { mode } = this
    if (!mode || mode.memory === 'text') return undefined
    const size = { width: mode.columns * CELL_WIDTH, height: mode.rows * mode.characterHeight, bits: mode.bits }
    const first = mode.memory === 'planes' ? (page % MOST_PAGES) * memory.read16(BDA.pageBytes) : 0
    return clipped(vgaSurface({ guest: memory, video: vga.memory }, mode.memory, size, vga.geometry, first))
  }

  /** Character in the low byte, attribute (in graphics modes, colour) in the high. */
  readCell(page: number, row: number, column: number): number {
    const surface = this.surface(page)
    return surface ? this.#drawn.read(surface, row, column) : this.#host.memory.read16(this.#cellAddress(page, row, column))
  }

  /** Writes a character. @param keep in text modes the cell's attribute stays */
  writeCell(page: number, row: number, column: number, code: number, attribute: number, keep: boolean): void {
    const surface = this.surface(page)
    if (surface) {
      this.#drawn.draw(surface, row, column, code, attribute)
      return
    }
    const { memory } = this.#host
    const at = this.#cellAddress(page, row, column)
    memory.write8(at, code)
    if (!keep) memory.write8(at + 1, attribute)
  }

  /** Scrolls an area by `lines` (positive: up; 0 clears it) and fills with blanks of the attribute, or pixels of the colour. */
  scroll(page: number, area: Area, lines: number, attribute: number): void {
    const bottom = Math.min(area.bottom, this.rows - 1)
    const right = Math.min(area.right, this.columns - 1)
    const height = bottom - area.top + 1
    const distance = lines === 0 || Math.abs(lines) > height ? height : Math.abs(lines)
    const width = right - area.left + 1
    if (width <= 0 || height <= 0) return
    const surface = this.surface(page)
    const moveRow = surface ? this.#drawn.rows(surface, area.left, width, attribute) : this.#rowsOfCells(page, area.left, width, attribute)
    for (let i = 0; i < height; i++) {
      const to = lines >= 0 ? area.top + i : bottom - i
      const from = lines >= 0 ? to + distance : to - distance
      moveRow(to, i >= height - distance ? undefined : from)
    }
  }

  /** Copies a row of an area from another one, or clears it. */
  #rowsOfCells(page: number, left: number, width: number, attribute: number): (to: number, from: number | undefined) => void {
    const { memory } = this.#host
    return (to, from) => {
      const row = from === undefined ? blanks(width, attribute) : memory.readBytes(this.#cellAddress(page, from, left), width * 2)
      memory.writeBytes(this.#cellAddress(page, to, left), row)
    }
  }

  /** Teletype: control characters move, everything else is written at the cursor; scrolls at the bottom. */
  type(page: number, code: number, attribute: number, keep: boolean): void {
    const { columns, rows } = this
    let { row, column } = this.cursor(page)
    switch (code) {
      case BELL:
        return
      case BACKSPACE:
        column = Math.max(0, column - 1)
        break
      case LINE_FEED:
        row++
        break
      case CARRIAGE_RETURN:
        column = 0
        break
      default:
        this.writeCell(page, row, column, code, attribute, keep)
        column++
    }
    if (column >= columns) {
      column = 0
      row++
    }
    if (row >= rows) {
      const below = this.surface(page) ? 0 : this.readCell(page, rows - 1, Math.min(column, columns - 1)) >> 8
      this.scroll(page, { top: 0, left: 0, bottom: rows - 1, right: columns - 1 }, 1, below)
      row = rows - 1
    }
    this.setCursor(page, row, column)
  }

  /** Prints a text of ASCII characters on the active page. */
  print(text: string): void {
    for (const character of text) this.type(this.activePage, character.charCodeAt(0) & 0xff, NORMAL, true)
  }

  setBlink(on: boolean): void {
    this.#vgaPorts.changeAttribute(ATTRIBUTE.mode, ATTRIBUTE_MODE.blink, on ? ATTRIBUTE_MODE.blink : 0)
  }

  #cellAddress(page: number, row: number, column: number): number {
    const { memory } = this.#host
    const base = memory.read8(BDA.videoMode) === MONOCHROME_MODE ? MONOCHROME_MEMORY : TEXT_MEMORY
    return base + (((page % MOST_PAGES) * memory.read16(BDA.pageBytes) + (row * this.columns + column) * 2) & (TEXT_MEMORY_BYTES - 1))
  }

  #showCursor(): void {
    const page = this.activePage
    const { row, column } = this.cursor(page)
    const cell = (page * this.#host.memory.read16(BDA.pageBytes)) / 2 + row * this.columns + column
    this.#vgaPorts.writeCrtc(CRTC.cursorHigh, (cell >> 8) & 0xff)
    this.#vgaPorts.writeCrtc(CRTC.cursorLow, cell & 0xff)
  }
}

/** Scan lines of a cursor that was given for 8 lines, in a cell of `height`. */
function scaledCursor(start: number, end: number, height: number): { start: number; end: number } {
  if (height <= CURSOR_CELL || end >= CURSOR_CELL || start >= 0x20) return { start, end }
  const scale = (line: number): number => Math.floor(((line + 1) * height) / CURSOR_CELL) - 1
  return { start: end === start + 1 ? scale(end) - 1 : scale(start), end: scale(end) }
}
