/** INT 10h AH=11h, fonts of text modes and of graphics modes (IBM BIOS Interface Technical Reference). */
import { SEQUENCER } from '../devices/vga-registers'
import { textFont, textFont14, textFont8, type TextFont } from '../machine/font'
import { BDA, VECTOR_GRAPHICS_FONT, VECTOR_UPPER_FONT } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost } from './context'
import { GRAPHICS_FONTS, NO_ALTERNATES_OFFSET, ROM_SEGMENT, UPPER_FONT_OFFSET } from './rom'
import type { TextConsole } from './text-console'
import { VgaPorts } from './vga-ports'

const GLYPHS = 256
/** AL is this much more where the number of rows is to follow from the font's height. */
const WITH_ROWS = 0x10
/** BL of the functions for graphics modes: rows of characters; 0: DL says how many. */
const ROWS: Readonly<Record<number, number>> = { 1: 14, 2: 25, 3: 43 }
const DEFAULT_ROWS = 25

export function fontFunctions({ memory, ports }: FirmwareHost, console: TextConsole): Readonly<Record<number, (call: FirmwareCall) => void>> {
  const vga = new VgaPorts(ports)

  /** CX characters of BH bytes from character DX on, from ES:BP, into font BL. */
  const loadOwn = (call: FirmwareCall): void => {
    const [height, count] = [call.bh, Math.min(call.cx, GLYPHS)]
    console.modes.loadFont(memory.readBytes(call.inEs(call.bp), height * count), { height, count, first: call.dx, block: call.bl })
  }
  const loadRom = ({ bitmap, height }: TextFont) => (call: FirmwareCall): void => console.modes.loadFont(bitmap, { height, count: GLYPHS, first: 0, block: call.bl })

  const forGraphics = (call: FirmwareCall, segment: number, offset: number, height: number): void => {
    console.modes.setGraphicsFont(segment, offset)
    const rows = call.bl === 0 ? call.dl : (ROWS[call.bl] ?? DEFAULT_ROWS)
    memory.write8(BDA.lastRow, rows - 1)
    memory.write16(BDA.characterHeight, height)
  }

  const withRows = (load: (call: FirmwareCall) => void, heightOf: (call: FirmwareCall) => number) => (call: FirmwareCall): void => {
    load(call)
    const height = heightOf(call)
    if (height > 0) console.setCharacterHeight(height)
  }

  const romFonts = [[0x01, textFont14], [0x02, textFont8], [0x04, textFont]] as const
  return {
    0x00: loadOwn,
    [WITH_ROWS]: withRows(loadOwn, (call) => call.bh),
    ...Object.fromEntries(romFonts.flatMap(([number, font]) => [[number, loadRom(font)], [number + WITH_ROWS, withRows(loadRom(font), () => font.height)]])),
    0x03: (call) => vga.writeSequencer(SEQUENCER.characterMap, call.bl),
    0x20: (call) => console.modes.setUpperFont(call.es, call.bp),
    0x21: (call) => forGraphics(call, call.es, call.bp, call.cx),
    0x22: (call) => forGraphics(call, ROM_SEGMENT, GRAPHICS_FONTS[14], 14),
    0x23: (call) => forGraphics(call, ROM_SEGMENT, GRAPHICS_FONTS[8], 8),
    0x24: (call) => forGraphics(call, ROM_SEGMENT, GRAPHICS_FONTS[16], 16),
    0x30: (call) => information(call),
  }

  /** BH: which font. ES:BP where it is; CX bytes a character and DL the last row, of what is shown. */
  function information(call: FirmwareCall): void {
    const pointer = (vector: number): readonly [segment: number, offset: number] => [memory.read16(vector * 4 + 2), memory.read16(vector * 4)]
    const places: readonly (readonly [segment: number, offset: number])[] = [
      pointer(VECTOR_UPPER_FONT), pointer(VECTOR_GRAPHICS_FONT), [ROM_SEGMENT, GRAPHICS_FONTS[14]], [ROM_SEGMENT, GRAPHICS_FONTS[8]], [ROM_SEGMENT, UPPER_FONT_OFFSET],
      // What cells of nine dots have instead: nothing, since the fonts are as they should be there.
      [ROM_SEGMENT, NO_ALTERNATES_OFFSET], [ROM_SEGMENT, GRAPHICS_FONTS[16]], [ROM_SEGMENT, NO_ALTERNATES_OFFSET],
    ]
    const place = places[call.bh]
    if (!place) return
    call.es = place[0]
    call.bp = place[1]
    call.cx = console.characterHeight
    call.dl = memory.read8(BDA.lastRow)
  }
}
