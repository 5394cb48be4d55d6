/**
 * The VGA's indexed registers by name (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem": sequencer, CRT controller,
 * graphics controller, attribute controller), and the bits of them that more than one file reads.
 */

export const SEQUENCER = { reset: 0, clocking: 1, mapMask: 2, characterMap: 3, memoryMode: 4 } as const
export const CRTC = {
  total: 0x00, displayEnd: 0x01, blankStart: 0x02, blankEnd: 0x03, retraceStart: 0x04, retraceEnd: 0x05, verticalTotal: 0x06, overflow: 0x07, presetRow: 0x08,
  maximumScanLine: 0x09, cursorStart: 0x0a, cursorEnd: 0x0b, startHigh: 0x0c, startLow: 0x0d, cursorHigh: 0x0e, cursorLow: 0x0f, verticalRetraceStart: 0x10,
  verticalRetraceEnd: 0x11, verticalDisplayEnd: 0x12, offset: 0x13, underline: 0x14, modeControl: 0x17, lineCompare: 0x18,
} as const
export const GRAPHICS = { setReset: 0, enableSetReset: 1, compare: 2, rotate: 3, readPlane: 4, mode: 5, miscellaneous: 6, ignore: 7, bitMask: 8 } as const
export const ATTRIBUTE = { mode: 0x10, overscan: 0x11, planeEnable: 0x12, panning: 0x13, colourSelect: 0x14 } as const

/** How many of each there are, and which of their bits exist. */
export const SEQUENCER_BITS = [0x03, 0x3d, 0x0f, 0x3f, 0x0e] as const
export const GRAPHICS_BITS = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff] as const
export const ATTRIBUTE_BITS = [...Array.from({ length: 16 }, () => 0x3f), 0xef, 0xff, 0x3f, 0x0f, 0x0f] as const
export const CRTC_REGISTERS = 25

export const CLOCKING = { eightDots: 0x01, halfClock: 0x08, screenOff: 0x20 } as const
export const MEMORY_MODE = { extended: 0x02, sequential: 0x04, chain4: 0x08 } as const
export const GRAPHICS_MODE = { readCompare: 0x08, oddEvenReads: 0x10, pairs: 0x20, bytes: 0x40 } as const
export const GRAPHICS_MISC = { graphics: 0x01, chainOddEven: 0x02 } as const
export const ATTRIBUTE_MODE = { monochrome: 0x02, lineGraphics: 0x04, blink: 0x08, panAboveOnly: 0x20, colourSelect: 0x80 } as const
export const MISCELLANEOUS = { colour: 0x01, memory: 0x02, oddEvenPage: 0x20 } as const
/** Bit 5 of the attribute controller's index: the palette belongs to the picture, and the picture is shown. */
export const PALETTE_IN_USE = 0x20

/** The registers as they are now. */
export interface VgaRegisters {
  readonly sequencer: Uint8Array
  readonly crtc: Uint8Array
  readonly graphics: Uint8Array
  readonly attribute: Uint8Array
  miscellaneous: number
  /** Index register of the attribute controller. */
  attributeIndex: number
}

export const newRegisters = (): VgaRegisters => ({
  sequencer: new Uint8Array(SEQUENCER_BITS.length), crtc: new Uint8Array(CRTC_REGISTERS), graphics: new Uint8Array(GRAPHICS_BITS.length),
  attribute: new Uint8Array(ATTRIBUTE_BITS.length), miscellaneous: 0, attributeIndex: 0,
})

export const valueOf = (registers: Uint8Array, index: number): number => registers[index] ?? 0
