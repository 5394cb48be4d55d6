/**
 * The screen as the BIOS keeps it: modes, pages, cursors, characters, scrolling, teletype; in text modes as cells, in graphics modes drawn with the fonts
 * to which vectors 43h and 1Fh point (IBM BIOS Interface Technical Reference, INT 10h).
 */
import { ATTRIBUTE, ATTRIBUTE_MODE, CRTC } from '../devices/vga-registers'
import { TEXT_MEMORY, TEXT_MEMORY_BYTES } from '../devices/vga-memory'
import { textFont } from '../machine/font'
import { BDA, VECTOR_GRAPHICS_FONT, VECTOR_UPPER_FONT } from './bda'
import type { FirmwareHost } from './context'
import { Dispi } from './dispi'
import { clipped, vbeSurface, vgaSurface, type Surface } from './surfaces'
import { GRAPHICS_FONTS, ROM_SEGMENT, UPPER_FONT_OFFSET } from './rom'
import { VgaPorts } from './vga-ports'
import { VIDEO_MODES, type VideoMode } from './video-modes'

/** The data area has cursors for so many. */
export const MOST_PAGES = 8
const MONOCHROME_MODE = 7
const MONOCHROME_MEMORY = 0xb0000
/** Of a VBE mode, as video BIOSes of today have it in the data area. */
const VBE_MODE = 0xff
const BLANK = 0x20
const NORMAL = 0x07
const [BELL, BACKSPACE, LINE_FEED, CARRIAGE_RETURN] = [7, 8, 10, 13] as const
const CELL_WIDTH = 8
const WINDOW_BYTES = 0x10000
/** Fonts of this height have two vectors, for the lower and the upper half of the characters. */
const SPLIT_FONT_HEIGHT = 8
const UPPER_HALF = 128
const GLYPHS = 256
const GLYPH_ROOM = 32
const PLANES = 4
const FONT_PLANE = 2
/** Colour of graphics characters: combine with what is there. */
const XOR = 0x80
const CURSOR_LINES = 0x1f
const STANDARD_SHAPE = { start: 6, end: 7 } as const
/** Bits of the data area's video flags: no palette with a mode, shades of grey, 400 lines, a VGA; and of its control byte. */
const FLAGS = { noPalette: 0x08, greys: 0x02, atPowerOn: 0x51 } as const
const CONTROL = { always: 0x60, kept: 0x80, cursorAsItIs: 0x01 } as const
const SWITCHES = 0xf9
/** VGA with an analogue colour display. */
export const DISPLAY_COMBINATION = 8

export interface Area {
  top: number
  left: number
  bottom: number
  right: number
}

export class TextConsole {
  readonly #host: FirmwareHost
  readonly #vgaPorts: VgaPorts
  readonly dispi: Dispi

  constructor(host: FirmwareHost) {
    this.#host = host
    this.#vgaPorts = new VgaPorts(host.ports)
    this.dispi = new Dispi(host.ports)
  }

  powerOn(): void {
    const { memory } = this.#host
    memory.write8(BDA.videoSwitches, SWITCHES)
    memory.write8(BDA.videoFlags, FLAGS.atPowerOn)
    memory.write8(BDA.displayCombination, DISPLAY_COMBINATION)
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

  hasMode(number: number): boolean {
    return VIDEO_MODES.has(number)
  }

  /** Sets a mode of the VGA; false: there is none of this number. @param clear else its memory keeps what it holds */
  setMode(number: number, clear: boolean): boolean {
    const { memory, vga } = this.#host
    const mode = VIDEO_MODES.get(number)
    if (!mode) return false
    const flags = memory.read8(BDA.videoFlags)
    vga.setMode(mode.registers, flags & FLAGS.noPalette ? undefined : mode.palette)
    this.#vgaPorts.dacMask = 0xff
    if (flags & FLAGS.greys) this.sumGreys(0, 256)
    if (mode.memory === 'text') this.loadFont(textFont.bitmap, { height: textFont.height, count: GLYPHS, first: 0, block: 0 })
    if (clear) this.#clear(mode)
    this.#tell(number, mode, clear)
    return true
  }

  /** Has the data area tell of a VBE mode. */
  tellVbeMode(width: number, height: number, clear: boolean): void {
    this.#tell(VBE_MODE, { memory: 'bytes', columns: Math.floor(width / CELL_WIDTH), rows: Math.floor(height / textFont.height), characterHeight: 16, pageBytes: 0 }, clear)
  }

  #tell(number: number, { memory: kind, columns, rows, characterHeight, pageBytes }: Pick<VideoMode, 'memory' | 'columns' | 'rows' | 'characterHeight' | 'pageBytes'>, clear: boolean): void {
    const { memory } = this.#host
    memory.write8(BDA.videoMode, number)
    memory.write16(BDA.columns, columns)
    memory.write8(BDA.lastRow, rows - 1)
    memory.write16(BDA.pageBytes, pageBytes)
    memory.write16(BDA.crtcPort, this.#vgaPorts.crtcPort)
    memory.write16(BDA.characterHeight, characterHeight)
    memory.write8(BDA.videoControl, CONTROL.always | (clear ? 0 : CONTROL.kept))
    memory.write8(BDA.videoSwitches, SWITCHES)
    memory.write8(BDA.videoFlags, memory.read8(BDA.videoFlags) & 0x7f)
    for (let page = 0; page < MOST_PAGES; page++) memory.write16(BDA.cursors + page * 2, 0)
    this.setGraphicsFont(ROM_SEGMENT, GRAPHICS_FONTS[characterHeight])
    this.#setVector(VECTOR_UPPER_FONT, ROM_SEGMENT, UPPER_FONT_OFFSET)
    memory.write8(BDA.cursorStart, 0)
    memory.write8(BDA.cursorEnd, 0)
    if (kind === 'text') this.setCursorShape(STANDARD_SHAPE.start, STANDARD_SHAPE.end)
    memory.write16(BDA.pageStart, 0)
    memory.write8(BDA.activePage, 0)
    if (kind === 'text') this.#showCursor()
  }

  #clear({ memory: kind }: VideoMode): void {
    const { memory, vga } = this.#host
    if (kind === 'text') memory.writeBytes(vga.window.first, blanks(TEXT_MEMORY_BYTES / 2, NORMAL))
    // Through the window: the CGA's modes have only two planes, or one.
    else if (kind === 'cga') for (let at = 0; at < TEXT_MEMORY_BYTES; at++) memory.write8(TEXT_MEMORY + at, 0)
    // 64 KiB of the window: of all planes, or chained, of the picture.
    else vga.memory.fill(0, 0, kind === 'bytes' ? WINDOW_BYTES : vga.memory.length)
  }

  /** Puts glyphs into one of the eight fonts of the VGA's memory. */
  loadFont(bitmap: Uint8Array, { height, count, first, block }: { height: number; count: number; first: number; block: number }): void {
    const { memory } = this.#host.vga
    const font = ((block & 3) * 2 + ((block >> 2) & 1)) * GLYPHS * GLYPH_ROOM
    for (let glyph = 0; glyph < count && first + glyph < GLYPHS; glyph++) {
      const at = (font + (first + glyph) * GLYPH_ROOM) * PLANES + FONT_PLANE
      for (let line = 0; line < GLYPH_ROOM; line++) memory[at + line * PLANES] = line < height ? (bitmap[glyph * height + line] ?? 0) : 0
    }
  }

  /** Text rows of another height: as many as the scan lines give. */
  setCharacterHeight(height: number): void {
    const { memory, vga } = this.#host
    this.#vgaPorts.writeCrtc(CRTC.maximumScanLine, (this.#vgaPorts.readCrtc(CRTC.maximumScanLine) & ~CURSOR_LINES) | ((height - 1) & CURSOR_LINES))
    const rows = Math.max(1, Math.floor(vga.geometry.lines / height))
    memory.write16(BDA.characterHeight, height)
    memory.write8(BDA.lastRow, rows - 1)
    memory.write16(BDA.pageBytes, Math.ceil((this.columns * rows * 2) / 0x800) * 0x800)
    if (height === SPLIT_FONT_HEIGHT) this.setCursorShape(STANDARD_SHAPE.start, STANDARD_SHAPE.end)
    else this.setCursorShape(height - 3, height - 2)
  }

  /** Where characters of graphics modes come from. */
  setGraphicsFont(segment: number, offset: number): void {
    this.#setVector(VECTOR_GRAPHICS_FONT, segment, offset)
  }

  setUpperFont(segment: number, offset: number): void {
    this.#setVector(VECTOR_UPPER_FONT, segment, offset)
  }

  #setVector(vector: number, segment: number, offset: number): void {
    this.#host.memory.write16(vector * 4, offset)
    this.#host.memory.write16(vector * 4 + 2, segment)
  }

  /** Colours become shades of grey: 30 % red, 59 % green, 11 % blue. */
  sumGreys(first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      const [red, green, blue] = this.#vgaPorts.readColour(index)
      const level = Math.min(0x3f, (77 * red + 151 * green + 28 * blue + 0x80) >> 8)
      this.#vgaPorts.writeColour(index, [level, level, level])
    }
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
    const scaled = memory.read8(BDA.videoControl) & CONTROL.cursorAsItIs ? { start, end } : scaledCursor(start & 0x3f, end & CURSOR_LINES, this.characterHeight)
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
    return surface ? this.#readDrawn(surface, row, column) : this.#host.memory.read16(this.#cellAddress(page, row, column))
  }

  /** Writes a character. @param keep in text modes the cell's attribute stays */
  writeCell(page: number, row: number, column: number, code: number, attribute: number, keep: boolean): void {
    const surface = this.surface(page)
    if (surface) {
      this.#draw(surface, row, column, code, attribute)
      return
    }
    const { memory } = this.#host
    const at = this.#cellAddress(page, row, column)
    memory.write8(at, code)
    if (!keep) memory.write8(at + 1, attribute)
  }

  #glyph(code: number): Uint8Array {
    const { memory } = this.#host
    const height = this.characterHeight
    const upper = height === SPLIT_FONT_HEIGHT && code >= UPPER_HALF
    const vector = (upper ? VECTOR_UPPER_FONT : VECTOR_GRAPHICS_FONT) * 4
    const at = memory.read16(vector + 2) * 16 + memory.read16(vector) + (code - (upper ? UPPER_HALF : 0)) * height
    return memory.readBytes(at, Math.min(height, GLYPH_ROOM))
  }

  #draw(surface: Surface, row: number, column: number, code: number, attribute: number): void {
    const top = row * this.characterHeight
    if (column >= this.columns || top >= surface.height) return
    const combine = surface.bits < 8 && (attribute & XOR) !== 0
    const colour = combine ? attribute & ~XOR : attribute
    this.#glyph(code).forEach((bits, line) => {
      for (let x = 0; x < CELL_WIDTH; x++) {
        const [across, down] = [column * CELL_WIDTH + x, top + line]
        const ink = bits & (0x80 >> x) ? colour : 0
        surface.write(across, down, combine ? surface.read(across, down) ^ ink : ink)
      }
    })
  }

  /** The character whose glyph is there, on background 0; 0: none is. */
  #readDrawn(surface: Surface, row: number, column: number): number {
    const height = Math.min(this.characterHeight, GLYPH_ROOM)
    let colour = 0
    const drawn = Uint8Array.from({ length: height }, (_, line) => {
      let bits = 0
      for (let x = 0; x < CELL_WIDTH; x++) {
        const pixel = surface.read(column * CELL_WIDTH + x, row * height + line)
        if (pixel === 0) continue
        bits |= 0x80 >> x
        colour = pixel
      }
      return bits
    })
    for (let code = 0; code < GLYPHS; code++) if (Buffer.compare(this.#glyph(code), drawn) === 0) return (colour << 8) | code
    return 0
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
    const moveRow = surface ? this.#rowsOfPixels(surface, area.left, width, attribute) : this.#rowsOfCells(page, area.left, width, attribute)
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

  #rowsOfPixels(surface: Surface, left: number, width: number, colour: number): (to: number, from: number | undefined) => void {
    const height = this.characterHeight
    const [x, count] = [left * CELL_WIDTH, width * CELL_WIDTH]
    return (to, from) => {
      for (let line = 0; line < height; line++) {
        const y = to * height + line
        if (from !== undefined) surface.copyLine(x, from * height + line, y, count)
        else for (let pixel = x; pixel < x + count; pixel++) surface.write(pixel, y, colour)
      }
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
  if (height <= SPLIT_FONT_HEIGHT || end >= SPLIT_FONT_HEIGHT || start >= 0x20) return { start, end }
  const scale = (line: number): number => Math.floor(((line + 1) * height) / SPLIT_FONT_HEIGHT) - 1
  return { start: end === start + 1 ? scale(end) - 1 : scale(start), end: scale(end) }
}

/** Cells with blanks of an attribute. */
function blanks(count: number, attribute: number): Uint8Array {
  return new Uint8Array(new Uint16Array(count).fill((attribute << 8) | BLANK).buffer)
}
