/**
 * The graphics modes of VBE (VESA BIOS Extension Core Functions Standard 3.0): VESA's own numbers up to 11Bh, then those that the video BIOSes of
 * Bochs and QEMU use.
 */
export interface VbeMode {
  readonly number: number
  readonly width: number
  readonly height: number
  readonly bits: number
}

/** Width, height, and the number of the mode for 8, 15, 16, 24, 32 and 4 bits a pixel; 0, or nothing: there is none. */
const SIZES = [
  [320, 200, [0x146, 0x10d, 0x10e, 0x10f, 0x140]],
  [640, 400, [0x100, 0, 0, 0, 0x141]],
  [640, 480, [0x101, 0x110, 0x111, 0x112, 0x142]],
  [800, 600, [0x103, 0x113, 0x114, 0x115, 0x143, 0x102]],
  [1024, 768, [0x105, 0x116, 0x117, 0x118, 0x144, 0x104]],
  [1152, 864, [0x148, 0x149, 0x14a, 0x14b, 0x14c]],
  [1280, 720, [0, 0, 0x18d, 0x18e, 0x18f]],
  [1280, 800, [0, 0, 0x178, 0x179, 0x17a]],
  [1280, 1024, [0x107, 0x119, 0x11a, 0x11b, 0x145, 0x106]],
  [1440, 900, [0, 0, 0x17e, 0x17f, 0x180]],
  [1600, 1200, [0x11c, 0x11d, 0x11e, 0x11f, 0x147]],
  [1680, 1050, [0, 0, 0x184, 0x185, 0x186]],
  [1920, 1080, [0, 0, 0x190, 0x191, 0x192]],
  [1920, 1200, [0, 0, 0x187, 0x188, 0x189]],
] as const
const DEPTHS = [8, 15, 16, 24, 32, 4] as const
/** Of a pixel that has a bit in each of four planes. */
export const PLANAR_BITS = 4

export const VBE_MODES: readonly VbeMode[] = SIZES.flatMap(([width, height, numbers]) =>
  numbers.flatMap((number, i) => (number === 0 ? [] : [{ number, width, height, bits: DEPTHS[i] ?? 0 }])),
).toSorted((a, b) => a.number - b.number)

/** Size and position in bits of red, green, blue and the rest, by bits a pixel; none for a palette. */
export const COLOUR_FIELDS: Readonly<Record<number, readonly (readonly [size: number, position: number])[]>> = {
  4: [[0, 0], [0, 0], [0, 0], [0, 0]],
  8: [[0, 0], [0, 0], [0, 0], [0, 0]],
  15: [[5, 10], [5, 5], [5, 0], [1, 15]],
  16: [[5, 11], [6, 5], [5, 0], [0, 0]],
  24: [[8, 16], [8, 8], [8, 0], [0, 0]],
  32: [[8, 16], [8, 8], [8, 0], [8, 24]],
}
