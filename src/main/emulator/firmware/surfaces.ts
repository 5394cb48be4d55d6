/**
 * What the BIOS draws on in graphics modes: pixels by their colours' numbers, however they lie in memory. What is not on the picture is not drawn; it
 * reads as 0.
 */
import { PALETTE } from '../../../shared/screen-pixels'
import { pixelBytes, type GraphicsView } from '../devices/bochs-vbe'
import type { VgaGeometry } from '../devices/vga-geometry'
import type { GuestMemory } from '../machine/guest-memory'
import { COLOUR_FIELDS } from './vbe-modes'

export interface Surface {
  readonly width: number
  readonly height: number
  /** Bits of a pixel. */
  readonly bits: number
  read(x: number, y: number): number
  write(x: number, y: number, colour: number): void
  /** Copies so many pixels of a line to another line. */
  copyLine(x: number, from: number, to: number, count: number): void
}

const PLANES = 4

/** Four planes beside one another. `start`, `pitch`: addresses in each of them. */
export function planeSurface(memory: Uint8Array, size: { width: number; height: number; bits: number }, start: number, pitch: number): Surface {
  const place = (x: number, y: number): number => (start + y * pitch + (x >> 3)) * PLANES
  return {
    ...size,
    read(x, y) {
      let colour = 0
      for (let plane = 0; plane < PLANES; plane++) colour |= (((memory[place(x, y) + plane] ?? 0) >> (7 - (x & 7))) & 1) << plane
      return colour
    },
    write(x, y, colour) {
      const [at, bit] = [place(x, y), 0x80 >> (x & 7)]
      for (let plane = 0; plane < PLANES; plane++) memory[at + plane] = ((memory[at + plane] ?? 0) & ~bit) | ((colour >> plane) & 1 ? bit : 0)
    },
    copyLine(x, from, to, count) {
      memory.copyWithin(place(x, to), place(x, from), place(x, from) + Math.ceil(count / 8) * PLANES)
    },
  }
}

/** A byte for a pixel. `start`, `pitch` in bytes. */
export function byteSurface(memory: Uint8Array, size: { width: number; height: number }, start: number, pitch: number): Surface {
  const place = (x: number, y: number): number => start + y * pitch + x
  return {
    ...size,
    bits: 8,
    read: (x, y) => memory[place(x, y)] ?? 0,
    write: (x, y, colour) => void (memory[place(x, y)] = colour),
    copyLine: (x, from, to, count) => void memory.copyWithin(place(x, to), place(x, from), place(x, from) + count),
  }
}

const CGA_MEMORY = 0xb8000
const CGA_ODD_LINES = 0x2000

/** One or two bits for a pixel, from the left; odd lines lie behind the even ones. */
export function cgaSurface(memory: GuestMemory, size: { width: number; height: number; bits: number }, pitch: number): Surface {
  const { bits } = size
  const each = 8 / bits
  const mask = (1 << bits) - 1
  const line = (y: number): number => CGA_MEMORY + (y & 1 ? CGA_ODD_LINES : 0) + (y >> 1) * pitch
  const shift = (x: number): number => (each - 1 - (x % each)) * bits
  return {
    ...size,
    read: (x, y) => (memory.read8(line(y) + Math.floor(x / each)) >> shift(x)) & mask,
    write(x, y, colour) {
      const at = line(y) + Math.floor(x / each)
      memory.write8(at, (memory.read8(at) & ~(mask << shift(x))) | ((colour & mask) << shift(x)))
    },
    copyLine(x, from, to, count) {
      const first = Math.floor(x / each)
      for (let at = first; at < first + Math.ceil(count / each); at++) memory.write8(line(to) + at, memory.read8(line(from) + at))
    },
  }
}

/** A colour of 24 bits in a pixel of so many. */
function directColour(rgb: number, bits: number): number {
  const guns = [rgb >> 16, rgb >> 8, rgb]
  return (COLOUR_FIELDS[bits] ?? []).slice(0, 3).reduce((pixel, [size, position], gun) => pixel | ((((guns[gun] ?? 0) & 0xff) >> (8 - size)) << position), 0) >>> 0
}

/** Pixels with colours of their own: the sixteen of text are drawn; another one reads as the number of none of them, 0. */
export function directSurface(memory: Uint8Array, { width, height, bits, pitch, start }: GraphicsView): Surface {
  const bytes = pixelBytes(bits)
  const pixels = PALETTE.map((colour) => directColour(colour, bits))
  const place = (x: number, y: number): number => start + y * pitch + x * bytes
  return {
    width,
    height,
    bits,
    read(x, y) {
      let pixel = 0
      for (let byte = 0; byte < Math.min(bytes, 3); byte++) pixel |= (memory[place(x, y) + byte] ?? 0) << (8 * byte)
      return Math.max(0, pixels.indexOf(pixel))
    },
    write(x, y, colour) {
      const pixel = pixels[colour & 0xf] ?? 0
      for (let byte = 0; byte < bytes; byte++) memory[place(x, y) + byte] = (pixel >> (8 * byte)) & 0xff
    },
    copyLine: (x, from, to, count) => void memory.copyWithin(place(x, to), place(x, from), place(x, from) + count * bytes),
  }
}

/** Of an SVGA mode. @param memory all of the video memory */
export function vbeSurface(memory: Uint8Array, view: GraphicsView): Surface {
  const { width, height, bits, pitch, start } = view
  if (bits === PLANES) return planeSurface(memory, { width, height, bits }, start / PLANES, pitch / PLANES)
  return bits === 8 ? byteSurface(memory, { width, height }, start, pitch) : directSurface(memory, view)
}

/** Of a mode of the VGA, as its CRT controller has the length of lines. @param page first address of the page in the planes */
export function vgaSurface(
  memory: { readonly guest: GuestMemory; readonly video: Uint8Array },
  kind: 'cga' | 'planes' | 'bytes',
  size: { width: number; height: number; bits: number },
  { pitch }: VgaGeometry,
  page: number,
): Surface {
  if (kind === 'planes') return planeSurface(memory.video, size, page, pitch)
  if (kind === 'bytes') return byteSurface(memory.video, size, 0, pitch * PLANES)
  return cgaSurface(memory.guest, size, size.bits === 2 ? pitch * 2 : pitch)
}

/** The same surface, on which nothing outside the picture is reached. */
export function clipped(surface: Surface): Surface {
  const { width, height, bits } = surface
  const inside = (x: number, y: number): boolean => x >= 0 && x < width && y >= 0 && y < height
  return {
    width,
    height,
    bits,
    read: (x, y) => (inside(x, y) ? surface.read(x, y) : 0),
    write: (x, y, colour) => void (inside(x, y) && surface.write(x, y, colour)),
    copyLine: (x, from, to, count) => void (inside(x, from) && inside(x, to) && surface.copyLine(x, from, to, Math.min(count, width - x))),
  }
}
