/** INT 10h, the VGA's graphics modes 12h and 13h (IBM BIOS Interface Technical Reference, "Interrupt 10h"). */
import { EGA_PALETTE, PALETTE_256, type VgaMode } from '../devices/vga-modes'
import { FRAMEBUFFER } from '../machine/memory-map'
import { BDA } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost } from './context'

const MODE_256_COLOURS = 0x13
const MODE_16_COLOURS = 0x12
/** The VGA's own part of the video memory. */
const VGA_BYTES = 256 * 1024
const XOR = 0x80

/** Columns and rows of characters as the data area has them: the cells are 8 pixels wide. */
const SIZES: Readonly<Record<number, { columns: number; rows: number; characterHeight: number }>> = {
  [MODE_16_COLOURS]: { columns: 80, rows: 30, characterHeight: 16 },
  [MODE_256_COLOURS]: { columns: 40, rows: 25, characterHeight: 8 },
}

export function setGraphicsMode({ memory, vga }: FirmwareHost, mode: number, registers: VgaMode, clear: boolean): void {
  vga.reset()
  vga.setMode(registers, mode === MODE_256_COLOURS ? PALETTE_256 : EGA_PALETTE)
  memory.write8(BDA.videoMode, mode)
  const size = SIZES[mode]
  if (size) {
    memory.write16(BDA.columns, size.columns)
    memory.write8(BDA.lastRow, size.rows - 1)
    memory.write16(BDA.characterHeight, size.characterHeight)
  }
  memory.write8(BDA.videoControl, clear ? 0x60 : 0xe0)
  if (clear) memory.writeBytes(FRAMEBUFFER, new Uint8Array(VGA_BYTES))
}

/** AL colour (bit 7, with 16 colours: exclusive or), CX column, DX line. */
export function writePixel({ memory }: FirmwareHost, call: FirmwareCall): void {
  const mode = memory.read8(BDA.videoMode)
  if (mode === MODE_256_COLOURS) {
    if (call.cx < 320 && call.dx < 200) memory.write8(FRAMEBUFFER + call.dx * 320 + call.cx, call.al)
    return
  }
  if (mode !== MODE_16_COLOURS || call.cx >= 640 || call.dx >= 480) return
  const { at, bit } = placeInPlanes(call)
  for (let plane = 0; plane < 4; plane++) {
    const before = memory.read8(at + plane)
    const on = ((call.al >> plane) & 1) !== 0
    const kept = before & ~bit
    memory.write8(at + plane, call.al & XOR ? before ^ (on ? bit : 0) : kept | (on ? bit : 0))
  }
}

/** Colour in AL. */
export function readPixel({ memory }: FirmwareHost, call: FirmwareCall): void {
  const mode = memory.read8(BDA.videoMode)
  if (mode === MODE_256_COLOURS) {
    call.al = call.cx < 320 && call.dx < 200 ? memory.read8(FRAMEBUFFER + call.dx * 320 + call.cx) : 0
    return
  }
  if (mode !== MODE_16_COLOURS) return
  const { at, bit } = placeInPlanes(call)
  let colour = 0
  if (call.cx < 640 && call.dx < 480) for (let plane = 0; plane < 4; plane++) if (memory.read8(at + plane) & bit) colour |= 1 << plane
  call.al = colour
}

/** Where the four planes' bytes of a pixel lie, beside one another, and which of their bits it is. */
function placeInPlanes({ cx, dx }: FirmwareCall): { at: number; bit: number } {
  return { at: FRAMEBUFFER + (dx * 80 + (cx >> 3)) * 4, bit: 0x80 >> (cx & 7) }
}
