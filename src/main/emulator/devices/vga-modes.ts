/**
 * What the BIOS programs for a mode of the VGA (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem": tables of mode
 * parameters; IBM BIOS Interface Technical Reference, INT 10h AH=00h), and the palettes.
 */
import { CRTC } from './vga-registers'

export interface VgaMode {
  readonly miscellaneous: number
  readonly sequencer: readonly number[]
  readonly crtc: readonly number[]
  readonly graphics: readonly number[]
  readonly attribute: readonly number[]
}

/** Attribute palettes: the EGA's 16 colours among its 64; the CGA's 16 among those of `CGA_PALETTE`. */
const EGA_COLOURS = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f]
const CGA_COLOURS = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]
const IDENTITY = Array.from({ length: 16 }, (_, index) => index)
const times = (count: number, ...values: readonly number[]): number[] => Array.from({ length: count }, () => values).flat()

/** Ends of an attribute set: mode, overscan, planes, panning, colour select. */
const TEXT_ENDS = [0x0c, 0x00, 0x0f, 0x08, 0x00]
const GRAPHICS_ENDS = [0x01, 0x00, 0x0f, 0x00, 0x00]

const TEXT_80 = {
  sequencer: [0x03, 0x00, 0x03, 0x00, 0x02],
  crtc: [0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff],
} as const

/** 80×25 characters, 400 lines. */
export const TEXT_MODE: VgaMode = {
  miscellaneous: 0x67,
  ...TEXT_80,
  graphics: [0, 0, 0, 0, 0, 0x10, 0x0e, 0x0f, 0xff],
  attribute: [...EGA_COLOURS, ...TEXT_ENDS],
}

const TEXT_40: VgaMode = {
  ...TEXT_MODE,
  sequencer: [0x03, 0x08, 0x03, 0x00, 0x02],
  crtc: [0x2d, 0x27, 0x28, 0x90, 0x2b, 0xa0, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x14, 0x1f, 0x96, 0xb9, 0xa3, 0xff],
}

/** Characters at B0000h, underlined where the attribute says so. */
const TEXT_MONOCHROME: VgaMode = {
  miscellaneous: 0x66,
  sequencer: TEXT_80.sequencer,
  crtc: TEXT_80.crtc.map((value, index) => (index === CRTC.underline ? 0x0f : value)),
  graphics: [0, 0, 0, 0, 0, 0x10, 0x0a, 0x0f, 0xff],
  attribute: [0x00, ...times(7, 0x08), 0x10, ...times(7, 0x18), 0x0e, 0x00, 0x0f, 0x08, 0x00],
}

const CRTC_320 = [0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f] as const
const CRTC_640 = [0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f] as const
const RETRACE_400 = [0x9c, 0x8e, 0x8f] as const
const NO_CURSOR = [0, 0, 0, 0, 0, 0] as const
const PLANES = [0, 0, 0, 0, 0, 0x00, 0x05, 0x0f, 0xff] as const
const IN_PLANES = [0x03, 0x01, 0x0f, 0x00, 0x06] as const
const CRTC_350 = [...CRTC_640, 0, 0x40, ...NO_CURSOR, 0x83, 0x85, 0x5d, 0x28, 0x0f, 0x63, 0xba, 0xe3, 0xff] as const
const CRTC_480 = [...CRTC_640.slice(0, 6), 0x0b, 0x3e, 0, 0x40, ...NO_CURSOR, 0xea, 0x8c, 0xdf, 0x28, 0x00, 0xe7, 0x04, 0xe3, 0xff] as const

/** 320×200, four colours, a pair of bits each; even lines and odd lines apart, as the CGA has them. */
const CGA_FOUR: VgaMode = {
  miscellaneous: 0x63,
  sequencer: [0x03, 0x09, 0x03, 0x00, 0x02],
  crtc: [...CRTC_320, 0, 0xc1, ...NO_CURSOR, ...RETRACE_400, 0x14, 0x00, 0x96, 0xb9, 0xa2, 0xff],
  graphics: [0, 0, 0, 0, 0, 0x30, 0x0f, 0x0f, 0xff],
  attribute: [0x00, 0x13, 0x15, 0x17, 0x02, 0x04, 0x06, 0x07, ...CGA_COLOURS.slice(8), 0x01, 0x00, 0x03, 0x00, 0x00],
}

/** By the BIOS's numbers. */
export const VGA_MODES: ReadonlyMap<number, VgaMode> = new Map([
  [0x00, TEXT_40], [0x01, TEXT_40], [0x02, TEXT_MODE], [0x03, TEXT_MODE], [0x04, CGA_FOUR], [0x05, CGA_FOUR],
  // 640×200, two colours, in plane 0.
  [0x06, {
    miscellaneous: 0x63,
    sequencer: [0x03, 0x01, 0x01, 0x00, 0x06],
    crtc: [...CRTC_640, 0, 0xc1, ...NO_CURSOR, ...RETRACE_400, 0x28, 0x00, 0x96, 0xb9, 0xc2, 0xff],
    graphics: [0, 0, 0, 0, 0, 0x00, 0x0d, 0x0f, 0xff],
    attribute: [0x00, ...times(15, 0x17), 0x01, 0x00, 0x01, 0x00, 0x00],
  }],
  [0x07, TEXT_MONOCHROME],
  // 320×200 and 640×200, 16 colours in four planes.
  [0x0d, {
    miscellaneous: 0x63,
    sequencer: [0x03, 0x09, 0x0f, 0x00, 0x06],
    crtc: [...CRTC_320, 0, 0xc0, ...NO_CURSOR, ...RETRACE_400, 0x14, 0x00, 0x96, 0xb9, 0xe3, 0xff],
    graphics: PLANES,
    attribute: [...CGA_COLOURS, ...GRAPHICS_ENDS],
  }],
  [0x0e, {
    miscellaneous: 0x63,
    sequencer: IN_PLANES,
    crtc: [...CRTC_640, 0, 0xc0, ...NO_CURSOR, ...RETRACE_400, 0x28, 0x00, 0x96, 0xb9, 0xe3, 0xff],
    graphics: PLANES,
    attribute: [...CGA_COLOURS, ...GRAPHICS_ENDS],
  }],
  // 640×350, two colours and what a monochrome monitor made of four; 16 colours.
  [0x0f, { miscellaneous: 0xa3, sequencer: IN_PLANES, crtc: CRTC_350, graphics: PLANES, attribute: [0x00, 0x08, 0x00, 0x00, 0x18, 0x18, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x18, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00] }],
  [0x10, { miscellaneous: 0xa3, sequencer: IN_PLANES, crtc: CRTC_350, graphics: PLANES, attribute: [...EGA_COLOURS, ...GRAPHICS_ENDS] }],
  // 640×480, two colours; 16 colours.
  [0x11, { miscellaneous: 0xe3, sequencer: IN_PLANES, crtc: CRTC_480, graphics: PLANES, attribute: [...times(8, 0x00, 0x3f), ...GRAPHICS_ENDS] }],
  [0x12, { miscellaneous: 0xe3, sequencer: IN_PLANES, crtc: CRTC_480, graphics: PLANES, attribute: [...EGA_COLOURS, ...GRAPHICS_ENDS] }],
  // 320×200, 256 colours, a byte each.
  [0x13, {
    miscellaneous: 0x63,
    sequencer: [0x03, 0x01, 0x0f, 0x00, 0x0e],
    crtc: [...CRTC_640, 0, 0x41, ...NO_CURSOR, ...RETRACE_400, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff],
    graphics: [0, 0, 0, 0, 0, 0x40, 0x05, 0x0f, 0xff],
    attribute: [...IDENTITY, 0x41, 0x00, 0x0f, 0x00, 0x00],
  }],
])

/** The 64 EGA colours, 6 bits a gun: bits 5–3 of a number are the weak, bits 2–0 the strong guns of red, green, blue. */
export const EGA_PALETTE: readonly number[] = Array.from({ length: 64 }, (_, colour) =>
  [2, 1, 0].map((bit) => ((colour >> bit) & 1) * 0x2a + ((colour >> (bit + 3)) & 1) * 0x15),
).flat()

const gunsOf = (colours: readonly number[]): number[] => colours.flatMap((colour) => EGA_PALETTE.slice(colour * 3, colour * 3 + 3))

/** Of the modes with 200 lines: the CGA's eight dark colours and the eight bright ones, each eight twice, and all that twice. */
export const CGA_PALETTE: readonly number[] = times(2, ...times(2, ...gunsOf(EGA_COLOURS.slice(0, 8))), ...times(2, ...gunsOf(EGA_COLOURS.slice(8))))

/** Of the monochrome modes: dark, medium and bright, eight each of `00 10 10 11`, twice. */
export const MONOCHROME_PALETTE: readonly number[] = times(2, ...[0x00, 0x2a, 0x2a, 0x3f].flatMap((level) => times(8 * 3, level)))

const GREYS = [0, 5, 8, 11, 14, 17, 20, 24, 28, 32, 36, 40, 45, 50, 56, 63] as const
/** A gun's way from its least to its most, by brightness and then by how pale. */
const RAMPS = [
  [[0, 16, 31, 47, 63], [31, 39, 47, 55, 63], [45, 49, 54, 58, 63]],
  [[0, 7, 14, 21, 28], [14, 17, 21, 24, 28], [20, 22, 24, 26, 28]],
  [[0, 4, 8, 12, 16], [8, 10, 12, 14, 16], [11, 12, 13, 15, 16]],
] as const

/** 24 hues from blue over red and green back to blue: in each sixth one gun moves, and the others rest at their most or least. */
function hues(ramp: readonly number[]): number[] {
  const [least, most] = [ramp[0] ?? 0, ramp[4] ?? 0]
  const up = (step: number): number => ramp[step] ?? 0
  const down = (step: number): number => ramp[4 - step] ?? 0
  const sixths: readonly ((step: number) => readonly [number, number, number])[] = [
    (step) => [up(step), least, most],
    (step) => [most, least, down(step)],
    (step) => [most, up(step), least],
    (step) => [down(step), most, least],
    (step) => [least, most, up(step)],
    (step) => [least, down(step), most],
  ]
  return sixths.flatMap((colour) => [0, 1, 2, 3].flatMap(colour))
}

/** The 256 colours of mode 13h, 6 bits a gun: the EGA's 16, greys, nine circles of hues, and black. */
export const PALETTE_256: readonly number[] = [
  ...gunsOf(EGA_COLOURS),
  ...GREYS.flatMap((level) => [level, level, level]),
  ...RAMPS.flat().flatMap(hues),
  ...Array.from({ length: 8 * 3 }, () => 0),
]
