/** The VGA's modes as the BIOS tells of them (IBM BIOS Interface Technical Reference, INT 10h AH=00h: table of modes). */
import { CGA_PALETTE, EGA_PALETTE, MONOCHROME_PALETTE, PALETTE_256, VGA_MODES, type VgaMode } from '../devices/vga-modes'

/** How pixels lie in memory: cells; the CGA's even and odd lines; bits of planes; bytes. */
export type VideoMemory = 'text' | 'cga' | 'planes' | 'bytes'

export interface VideoMode {
  readonly number: number
  readonly registers: VgaMode
  /** 6 bits each of red, green, blue. */
  readonly palette: readonly number[]
  readonly memory: VideoMemory
  readonly columns: number
  readonly rows: number
  readonly characterHeight: 8 | 14 | 16
  /** Bits of a pixel. */
  readonly bits: number
  readonly pageBytes: number
}

export const VGA_FONT_HEIGHT = 16
const CGA_PAGE = 0x4000

/** Number, memory, columns, rows, height of characters, bits of a pixel, bytes of a page, palette. */
const TABLE = [
  [0x00, 'text', 40, 25, 16, 4, 0x800, EGA_PALETTE],
  [0x01, 'text', 40, 25, 16, 4, 0x800, EGA_PALETTE],
  [0x02, 'text', 80, 25, 16, 4, 0x1000, EGA_PALETTE],
  [0x03, 'text', 80, 25, 16, 4, 0x1000, EGA_PALETTE],
  [0x04, 'cga', 40, 25, 8, 2, CGA_PAGE, CGA_PALETTE],
  [0x05, 'cga', 40, 25, 8, 2, CGA_PAGE, CGA_PALETTE],
  [0x06, 'cga', 80, 25, 8, 1, CGA_PAGE, CGA_PALETTE],
  [0x07, 'text', 80, 25, 16, 1, 0x1000, MONOCHROME_PALETTE],
  [0x0d, 'planes', 40, 25, 8, 4, 0x2000, CGA_PALETTE],
  [0x0e, 'planes', 80, 25, 8, 4, 0x4000, CGA_PALETTE],
  [0x0f, 'planes', 80, 25, 14, 1, 0x8000, MONOCHROME_PALETTE],
  [0x10, 'planes', 80, 25, 14, 4, 0x8000, EGA_PALETTE],
  [0x11, 'planes', 80, 30, 16, 1, 0xa000, EGA_PALETTE],
  [0x12, 'planes', 80, 30, 16, 4, 0xa000, EGA_PALETTE],
  [0x13, 'bytes', 40, 25, 8, 8, 0x2000, PALETTE_256],
] as const

export const VIDEO_MODES: ReadonlyMap<number, VideoMode> = new Map(
  TABLE.flatMap(([number, memory, columns, rows, characterHeight, bits, pageBytes, palette]): [number, VideoMode][] => {
    const registers = VGA_MODES.get(number)
    return registers ? [[number, { number, registers, palette, memory, columns, rows, characterHeight, bits, pageBytes }]] : []
  }),
)
