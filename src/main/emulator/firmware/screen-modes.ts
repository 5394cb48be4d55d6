/**
 * Modes of the VGA as the BIOS sets them: registers, palette, font, memory, and what the data area tells of them (IBM BIOS Interface Technical Reference,
 * INT 10h AH=00h, AH=11h).
 */
import { TEXT_MEMORY, TEXT_MEMORY_BYTES } from '../devices/vga-memory'
import { textFont } from '../machine/font'
import { BDA, VECTOR_GRAPHICS_FONT, VECTOR_UPPER_FONT } from './bda'
import type { FirmwareHost } from './context'
import { GRAPHICS_FONTS, ROM_SEGMENT, UPPER_FONT_OFFSET } from './rom'
import { VgaPorts } from './vga-ports'
import { VIDEO_MODES, type VideoMode } from './video-modes'

/** The data area has cursors for so many pages. */
export const MOST_PAGES = 8
const GLYPHS = 256
export const GLYPH_ROOM = 32
const PLANES = 4
const FONT_PLANE = 2
const WINDOW_BYTES = 0x10000
const BLANK = 0x20
const NORMAL = 0x07
/** Bits of the data area's video flags: no palette with a mode, shades of grey, 400 lines, a VGA; and of its control byte. */
const FLAGS = { noPalette: 0x08, greys: 0x02, atPowerOn: 0x51, kept: 0x7f } as const
const CONTROL = { always: 0x60, kept: 0x80 } as const
const SWITCHES = 0xf9
/** VGA with an analogue colour display. */
const DISPLAY_COMBINATION = 8

/** What the data area tells of a mode. */
type ToldMode = Pick<VideoMode, 'columns' | 'rows' | 'characterHeight' | 'pageBytes'>

export class ScreenModes {
  readonly #host: FirmwareHost
  readonly #vgaPorts: VgaPorts

  constructor(host: FirmwareHost) {
    this.#host = host
    this.#vgaPorts = new VgaPorts(host.ports)
  }

  powerOn(): void {
    const { memory } = this.#host
    memory.write8(BDA.videoFlags, FLAGS.atPowerOn)
    memory.write8(BDA.displayCombination, DISPLAY_COMBINATION)
  }

  has(number: number): boolean {
    return VIDEO_MODES.has(number)
  }

  /** Undefined: there is no mode of this number. @param clear else its memory keeps what it holds */
  set(number: number, clear: boolean): VideoMode | undefined {
    const { memory, vga } = this.#host
    const mode = VIDEO_MODES.get(number)
    if (!mode) return undefined
    const flags = memory.read8(BDA.videoFlags)
    vga.setMode(mode.registers, flags & FLAGS.noPalette ? undefined : mode.palette)
    this.#vgaPorts.dacMask = 0xff
    if (flags & FLAGS.greys) this.sumGreys(0, 256)
    if (mode.memory === 'text') this.loadFont(textFont.bitmap, { height: textFont.height, count: GLYPHS, first: 0, block: 0 })
    if (clear) this.#clear(mode)
    this.tell(number, mode, clear)
    return mode
  }

  /** Has the data area tell of a mode: the first page, and the cursors at its beginning. */
  tell(number: number, { columns, rows, characterHeight, pageBytes }: ToldMode, clear: boolean): void {
    const { memory } = this.#host
    memory.write8(BDA.videoMode, number)
    memory.write16(BDA.columns, columns)
    memory.write8(BDA.lastRow, rows - 1)
    memory.write16(BDA.pageBytes, pageBytes)
    memory.write16(BDA.crtcPort, this.#vgaPorts.crtcPort)
    memory.write16(BDA.characterHeight, characterHeight)
    memory.write8(BDA.videoControl, CONTROL.always | (clear ? 0 : CONTROL.kept))
    memory.write8(BDA.videoSwitches, SWITCHES)
    memory.write8(BDA.videoFlags, memory.read8(BDA.videoFlags) & FLAGS.kept)
    for (let page = 0; page < MOST_PAGES; page++) memory.write16(BDA.cursors + page * 2, 0)
    this.setGraphicsFont(ROM_SEGMENT, GRAPHICS_FONTS[characterHeight])
    this.#setVector(VECTOR_UPPER_FONT, ROM_SEGMENT, UPPER_FONT_OFFSET)
    memory.write8(BDA.cursorStart, 0)
    memory.write8(BDA.cursorEnd, 0)
    memory.write16(BDA.pageStart, 0)
    memory.write8(BDA.activePage, 0)
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
}

/** Cells with blanks of an attribute. */
export function blanks(count: number, attribute: number): Uint8Array {
  return new Uint8Array(new Uint16Array(count).fill((attribute << 8) | BLANK).buffer)
}
