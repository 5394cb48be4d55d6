/** The text screen as the BIOS keeps it: pages, cursors, scrolling, teletype. */
import type { VgaText } from '../devices/vga-text'
import { TEXT_MEMORY, TEXT_MEMORY_BYTES } from '../devices/vga-text'
import type { GuestMemory } from '../machine/guest-memory'
import { BDA } from './bda'

export const COLUMNS = 80
export const ROWS = 25
const PAGE_BYTES = 0x1000
export const PAGES = TEXT_MEMORY_BYTES / PAGE_BYTES
const BLANK = 0x20
const NORMAL = 0x07
const [BELL, BACKSPACE, LINE_FEED, CARRIAGE_RETURN] = [7, 8, 10, 13] as const

export interface Area {
  top: number
  left: number
  bottom: number
  right: number
}

export class TextConsole {
  readonly #memory: GuestMemory
  readonly #vga: VgaText

  constructor(memory: GuestMemory, vga: VgaText) {
    this.#memory = memory
    this.#vga = vga
  }

  /** Mode 3: 80×25, 16 colours; clears all pages unless told otherwise. */
  setMode(mode: number, clear: boolean): void {
    const memory = this.#memory
    this.#vga.reset()
    memory.write8(BDA.videoMode, mode)
    memory.write16(BDA.columns, COLUMNS)
    memory.write16(BDA.pageBytes, PAGE_BYTES)
    memory.write16(BDA.crtcPort, 0x3d4)
    memory.write8(BDA.lastRow, ROWS - 1)
    memory.write16(BDA.characterHeight, 16)
    memory.write8(BDA.videoControl, clear ? 0x60 : 0xe0)
    memory.write8(BDA.videoSwitches, 0xf9)
    memory.write8(BDA.videoFlags, 0x51)
    if (clear) memory.writeBytes(TEXT_MEMORY, blanks(TEXT_MEMORY_BYTES / 2, NORMAL))
    for (let page = 0; page < PAGES; page++) memory.write16(BDA.cursors + page * 2, 0)
    this.setCursorShape(0x06, 0x07)
    this.selectPage(0)
  }

  get activePage(): number {
    return this.#memory.read8(BDA.activePage)
  }

  selectPage(page: number): void {
    const valid = page % PAGES
    this.#memory.write8(BDA.activePage, valid)
    this.#memory.write16(BDA.pageStart, valid * PAGE_BYTES)
    this.#vga.setStart((valid * PAGE_BYTES) / 2)
    this.#showCursor()
  }

  cursor(page: number): { row: number; column: number } {
    const word = this.#memory.read16(BDA.cursors + (page % PAGES) * 2)
    return { row: word >> 8, column: word & 0xff }
  }

  setCursor(page: number, row: number, column: number): void {
    this.#memory.write16(BDA.cursors + (page % PAGES) * 2, ((row & 0xff) << 8) | (column & 0xff))
    if (page % PAGES === this.activePage) this.#showCursor()
  }

  /** Cursor scan lines in the terms of an 8-line cell, which the VGA BIOS scales to its 16 lines. */
  setCursorShape(start: number, end: number): void {
    this.#memory.write8(BDA.cursorStart, start)
    this.#memory.write8(BDA.cursorEnd, end)
    const first = start & 0x1f
    const last = end & 0x1f
    const scaled = first <= 7 && last <= 7 ? [first * 2 + (first === last || first > 0 ? 1 : 0), last * 2 + 1] : [first, last]
    this.#vga.setCursorShape((start & 0x20) | (scaled[0] ?? 0), scaled[1] ?? 0)
  }

  get cursorShape(): { start: number; end: number } {
    return { start: this.#memory.read8(BDA.cursorStart), end: this.#memory.read8(BDA.cursorEnd) }
  }

  readCell(page: number, row: number, column: number): number {
    return this.#memory.read16(cellAddress(page, row, column))
  }

  /** Writes a character; the attribute stays when none is given. */
  writeCell(page: number, row: number, column: number, code: number, attribute?: number): void {
    const at = cellAddress(page, row, column)
    this.#memory.write8(at, code)
    if (attribute !== undefined) this.#memory.write8(at + 1, attribute)
  }

  /** Scrolls an area by `lines` (positive: up; 0 clears it) and fills with blanks of the attribute. */
  scroll(page: number, area: Area, lines: number, attribute: number): void {
    const bottom = Math.min(area.bottom, ROWS - 1)
    const right = Math.min(area.right, COLUMNS - 1)
    const height = bottom - area.top + 1
    const distance = lines === 0 || Math.abs(lines) > height ? height : Math.abs(lines)
    const width = right - area.left + 1
    if (width <= 0) return
    for (let i = 0; i < height; i++) {
      const to = lines >= 0 ? area.top + i : bottom - i
      const from = lines >= 0 ? to + distance : to - distance
      const filled = i >= height - distance
      const row = filled ? blanks(width, attribute) : this.#memory.readBytes(cellAddress(page, from, area.left), width * 2)
      this.#memory.writeBytes(cellAddress(page, to, area.left), row)
    }
  }

  /** Teletype: control characters move, everything else is written at the cursor; scrolls at the bottom. */
  type(page: number, code: number, attribute?: number): void {
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
        this.writeCell(page, row, column, code, attribute)
        column++
    }
    if (column >= COLUMNS) {
      column = 0
      row++
    }
    if (row >= ROWS) {
      const below = this.readCell(page, ROWS - 1, Math.min(column, COLUMNS - 1)) >> 8
      this.scroll(page, { top: 0, left: 0, bottom: ROWS - 1, right: COLUMNS - 1 }, 1, below)
      row = ROWS - 1
    }
    this.setCursor(page, row, column)
  }

  /** Prints a text of ASCII characters on the active page. */
  print(text: string): void {
    for (const character of text) this.type(this.activePage, character.charCodeAt(0) & 0xff)
  }

  #showCursor(): void {
    const page = this.activePage
    const { row, column } = this.cursor(page)
    this.#vga.setCursorCell((page * PAGE_BYTES) / 2 + row * COLUMNS + column)
  }
}

/** Cells with blanks of an attribute. */
function blanks(count: number, attribute: number): Uint8Array {
  return new Uint8Array(new Uint16Array(count).fill((attribute << 8) | BLANK).buffer)
}

function cellAddress(page: number, row: number, column: number): number {
  return TEXT_MEMORY + (((page % PAGES) * PAGE_BYTES + (row * COLUMNS + column) * 2) & (TEXT_MEMORY_BYTES - 1))
}
