/**
 * What the BIOS programs for a mode of the VGA (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem": tables of mode
 * parameters; IBM BIOS Interface Technical Reference, INT 10h AH=00h), and the palettes.
 */
export interface VgaMode {
  readonly miscellaneous: number
  readonly sequencer: readonly number[]
  readonly crtc: readonly number[]
  readonly graphics: readonly number[]
  readonly attribute: readonly number[]
}

/** Attribute palette: the EGA's 16 colours among its 64. */
const EGA_COLOURS = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f]
const IDENTITY = Array.from({ length: 16 }, (_, index) => index)

/** 80×25 characters, 400 lines. */
export const TEXT_MODE: VgaMode = {
  miscellaneous: 0x67,
  sequencer: [0x03, 0x00, 0x03, 0x00, 0x02],
  crtc: [0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff],
  graphics: [0, 0, 0, 0, 0, 0x10, 0x0e, 0x00, 0xff],
  attribute: [...EGA_COLOURS, 0x0c, 0x00, 0x0f, 0x08, 0x00],
}

export const GRAPHICS_MODES: Readonly<Record<number, VgaMode>> = {
  // 640×480, 16 colours in four planes.
  0x12: {
    miscellaneous: 0xe3,
    sequencer: [0x03, 0x01, 0x0f, 0x00, 0x06],
    crtc: [0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xea, 0x8c, 0xdf, 0x28, 0x00, 0xe7, 0x04, 0xe3, 0xff],
    graphics: [0, 0, 0, 0, 0, 0x00, 0x05, 0x0f, 0xff],
    attribute: [...EGA_COLOURS, 0x01, 0x00, 0x0f, 0x00, 0x00],
  },
  // 320×200, 256 colours, a byte each.
  0x13: {
    miscellaneous: 0x63,
    sequencer: [0x03, 0x01, 0x0f, 0x00, 0x0e],
    crtc: [0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0x41, 0, 0, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff],
    graphics: [0, 0, 0, 0, 0, 0x40, 0x05, 0x0f, 0xff],
    attribute: [...IDENTITY, 0x41, 0x00, 0x0f, 0x00, 0x00],
  },
}

/** The 64 EGA colours, 6 bits a gun: bits 5–3 of a number are the weak, bits 2–0 the strong guns of red, green, blue. */
export const EGA_PALETTE: readonly number[] = Array.from({ length: 64 }, (_, colour) =>
  [2, 1, 0].map((bit) => ((colour >> bit) & 1) * 0x2a + ((colour >> (bit + 3)) & 1) * 0x15),
).flat()

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
  ...EGA_COLOURS.flatMap((colour) => EGA_PALETTE.slice(colour * 3, colour * 3 + 3)),
  ...GREYS.flatMap((level) => [level, level, level]),
  ...RAMPS.flat().flatMap(hues),
  ...Array.from({ length: 8 * 3 }, () => 0),
]
