/**
 * What the VGA's registers make of the picture (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem": CRT controller, graphics
 * controller, attribute controller). Addresses count places of four bytes, one of each plane (see vga-memory.ts on how chained bytes lie).
 */
import {
  ATTRIBUTE, ATTRIBUTE_MODE, CLOCKING, CRTC, GRAPHICS, GRAPHICS_MISC, GRAPHICS_MODE, MEMORY_MODE, PALETTE_IN_USE, SEQUENCER, valueOf, type VgaRegisters,
} from './vga-registers'

/**
 * How four bytes become pixels: characters; a bit of each plane for a pixel; pairs of bits of a plane's byte (CGA); a byte for a pixel. `blank`: nothing is
 * shown.
 */
export type PixelKind = 'blank' | 'text' | 'planes' | 'pairs' | 'bytes'

export interface VgaCursor {
  /** Address of its cell. */
  readonly cell: number
  readonly visible: boolean
  /** First and last scan line in its cell. */
  readonly start: number
  readonly end: number
}

export interface VgaGeometry {
  readonly kind: PixelKind
  /** Whether cells, and no pixels, are in memory; also while nothing is shown. */
  readonly isText: boolean
  /** Characters of a line, 8 or 9 dots each. */
  readonly columns: number
  readonly dots: 8 | 9
  /** A dot is two clocks wide. */
  readonly halfClock: boolean
  /** Scan lines shown. */
  readonly lines: number
  /** Scan lines of a row of characters, or of a line of pixels, 1–32. */
  readonly rowLines: number
  /** Each of them is shown twice. */
  readonly doubled: boolean
  /** First address, and addresses from a row to the next. */
  readonly start: number
  readonly pitch: number
  /** The row's scan line that the picture begins with, and addresses and dots that it is moved to the left by. */
  readonly presetRow: number
  readonly bytePan: number
  readonly pelPan: number
  /** The last scan line before the picture goes on at address 0, which is then not moved where `panAboveOnly` says so. */
  readonly splitAfter: number
  readonly panAboveOnly: boolean
  /** Bits 13 and 14 of addresses are bits 0 and 1 of the scan line in the row, as the CGA has it; in terms of our addresses. */
  readonly lineBits: readonly { readonly mask: number; readonly line: number }[]
  readonly cursor: VgaCursor
  /** Attribute bit 7 blinks (else it brightens the background). */
  readonly blink: boolean
  /** The ninth dot of characters C0h–DFh repeats the eighth. */
  readonly lineGraphics: boolean
  /** Scan line on which characters with an underlining attribute have it. */
  readonly underline: number
  /** Address in plane 2 of the fonts for attributes without and with bit 3. */
  readonly fonts: readonly [number, number]
}

const FONT_BYTES = 0x2000
const WORD_MODE = 0x40
const LINE_BIT_0 = 0x01
const LINE_BIT_1 = 0x02
const SYNC_ON = 0x80
const DOUBLE_SCAN = 0x80
const CURSOR_OFF = 0x20
const LINE_BITS = 0x1f
/** What a nine-dot cell's panning register counts as not moved. */
const NINE_UNMOVED = 8

/** Bits of the character map register to a font's address: where the IBM VGA has the eight fonts of 8 KiB. */
const fontAddress = (low: number, high: number): number => ((low << 1) | high) * FONT_BYTES

export function vgaGeometry({ crtc, sequencer, graphics, attribute, attributeIndex }: VgaRegisters): VgaGeometry {
  const at = (index: number): number => valueOf(crtc, index)
  const clocking = valueOf(sequencer, SEQUENCER.clocking)
  const memoryMode = valueOf(sequencer, SEQUENCER.memoryMode)
  const graphicsMode = valueOf(graphics, GRAPHICS.mode)
  const mode = valueOf(attribute, ATTRIBUTE.mode)
  const overflow = at(CRTC.overflow)
  const maximum = at(CRTC.maximumScanLine)
  const control = at(CRTC.modeControl)
  const isText = !(valueOf(graphics, GRAPHICS.miscellaneous) & GRAPHICS_MISC.graphics)
  const shown = (attributeIndex & PALETTE_IN_USE) !== 0 && !(clocking & CLOCKING.screenOff) && (control & SYNC_ON) !== 0
  const kind = !shown ? 'blank' : isText ? 'text' : graphicsMode & GRAPHICS_MODE.bytes ? 'bytes' : graphicsMode & GRAPHICS_MODE.pairs ? 'pairs' : 'planes'
  const dots = clocking & CLOCKING.eightDots || !isText ? 8 : 9
  const panning = valueOf(attribute, ATTRIBUTE.panning) & 0xf
  // In word mode an address of the controller is two of memory, which lie together here.
  const wordShift = control & WORD_MODE ? 0 : 1
  const cursorStart = at(CRTC.cursorStart)
  const cursorEnd = at(CRTC.cursorEnd) & LINE_BITS
  const map = memoryMode & MEMORY_MODE.extended ? valueOf(sequencer, SEQUENCER.characterMap) : 0
  return {
    kind,
    isText,
    columns: at(CRTC.displayEnd) + 1,
    dots,
    halfClock: (clocking & CLOCKING.halfClock) !== 0,
    lines: (at(CRTC.verticalDisplayEnd) | ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3)) + 1,
    rowLines: (maximum & LINE_BITS) + 1,
    doubled: (maximum & DOUBLE_SCAN) !== 0,
    start: (at(CRTC.startHigh) << 8) | at(CRTC.startLow),
    pitch: at(CRTC.offset) * 2,
    presetRow: at(CRTC.presetRow) & LINE_BITS,
    bytePan: (at(CRTC.presetRow) >> 5) & 3,
    pelPan: panOf(kind, dots, panning),
    splitAfter: at(CRTC.lineCompare) | ((overflow & 0x10) << 4) | ((maximum & 0x40) << 3),
    panAboveOnly: (mode & ATTRIBUTE_MODE.panAboveOnly) !== 0,
    lineBits: [...(control & LINE_BIT_0 ? [] : [{ mask: 0x2000 >> wordShift, line: 1 }]), ...(control & LINE_BIT_1 ? [] : [{ mask: 0x4000 >> wordShift, line: 2 }])],
    cursor: {
      cell: (at(CRTC.cursorHigh) << 8) | at(CRTC.cursorLow),
      visible: !(cursorStart & CURSOR_OFF) && (cursorStart & LINE_BITS) <= cursorEnd,
      start: cursorStart & LINE_BITS,
      end: cursorEnd,
    },
    blink: (mode & ATTRIBUTE_MODE.blink) !== 0,
    lineGraphics: (mode & ATTRIBUTE_MODE.lineGraphics) !== 0,
    underline: at(CRTC.underline) & LINE_BITS,
    fonts: [fontAddress(map & 3, (map >> 4) & 1), fontAddress((map >> 2) & 3, (map >> 5) & 1)],
  }
}

/** Dots, or pixels of a byte, to the left. */
function panOf(kind: PixelKind, dots: number, panning: number): number {
  if (kind === 'bytes') return (panning & 7) >> 1
  if (dots === 9) return panning >= NINE_UNMOVED ? 0 : panning + 1
  return panning & 7
}

/** Whether a row of characters stands where a plain text screen has it: nothing is moved, split or doubled. */
export const isPlainText = (geometry: VgaGeometry): boolean =>
  geometry.kind === 'text' && !geometry.doubled && geometry.presetRow === 0 && geometry.bytePan === 0 && geometry.pelPan === 0 && geometry.splitAfter >= geometry.lines - 1 && geometry.lineBits.length === 0

/** Wider pictures, which no monitor shows, are not doubled. */
const MOST_DOUBLED = 2048

/** Size of the picture in pixels, each as wide and high as the mode has them; in graphics modes a pixel can be several dots or scan lines. */
export interface VgaRaster {
  readonly width: number
  readonly height: number
  /** Pixels across that a pixel of the mode takes. */
  readonly across: number
  /** Scan lines that a line of the picture stands for. */
  readonly down: number
}

export function vgaRaster({ kind, columns, dots, halfClock, lines, rowLines, doubled, presetRow, splitAfter, lineBits }: VgaGeometry): VgaRaster {
  const dotsAcross = columns * (kind === 'bytes' ? 4 : dots)
  const wide = kind === 'bytes' || halfClock
  // Lines that differ only in their place are drawn once, as long as nothing begins in the middle of them.
  const alike = kind === 'text' ? (doubled ? 2 : 1) : (lineBits.length > 0 ? 1 : rowLines) * (doubled ? 2 : 1)
  const whole = lines % alike === 0 && presetRow === 0 && (splitAfter >= lines - 1 || (splitAfter + 1) % alike === 0)
  const down = whole ? alike : 1
  const across = wide && down === 1 && dotsAcross <= MOST_DOUBLED ? 2 : 1
  return { width: dotsAcross * across, height: Math.floor(lines / down), across, down }
}
