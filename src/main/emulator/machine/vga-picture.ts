/**
 * The VGA's picture, scan line by scan line, as its registers have it (sources as in `devices/vga-geometry.ts`): with what is moved, split and doubled.
 * Blinking things are shown.
 */
import type { VgaGeometry, VgaRaster } from '../devices/vga-geometry'

const PLANES = 4
const ADDRESSES = 0xffff
const FONT_PLANE = 2
const GLYPH_ROOM = 32
const LINE_GRAPHICS = { first: 0xc0, last: 0xdf } as const
/** Foreground colour 1 on background 0, whatever bits 3 and 7 say. */
const UNDERLINED = { mask: 0x77, value: 0x01 } as const
/** Pixels that are moved out of the line at most. */
const SPARE = 32

/** Where a scan line is taken from. */
export interface SourceLine {
  /** Address of its first character or pixels, without what moves it. */
  readonly address: number
  /** Scan line in its row. */
  readonly line: number
  /** Whether it is moved by `bytePan` and `pelPan`. */
  readonly moved: boolean
}

export function sourceLine({ start, pitch, rowLines, doubled, presetRow, splitAfter, panAboveOnly }: VgaGeometry, scanLine: number): SourceLine {
  const below = scanLine > splitAfter
  const beamLine = below ? scanLine - splitAfter - 1 : scanLine
  const line = Math.floor(beamLine / (doubled ? 2 : 1)) + (below ? 0 : presetRow)
  return { address: ((below ? 0 : start) + Math.floor(line / rowLines) * pitch) & ADDRESSES, line: line % rowLines, moved: !(below && panAboveOnly) }
}

/** A byte's bits as bytes of 0 and 1, four in a word, the leftmost lowest; by byte: the left four, then the right four. */
const SPREAD = Uint32Array.from({ length: 512 }, (_, index) => {
  const nibble = index & 1 ? (index >> 1) & 0xf : index >> 5
  return ((nibble >> 3) & 1) | (((nibble >> 2) & 1) << 8) | (((nibble >> 1) & 1) << 16) | ((nibble & 1) << 24)
})

type Place = (column: number) => number
/** Writes the colours' numbers of a line's pixels. */
type LineReader = (memory: Uint8Array, place: Place, columns: number, to: Uint8Array, line: number, geometry: VgaGeometry) => void

const readPlanes: LineReader = (memory, place, columns, to) => {
  const words = new Uint32Array(to.buffer)
  for (let column = 0; column < columns; column++) {
    const at = place(column) * PLANES
    const [a, b, c, d] = [(memory[at] ?? 0) * 2, (memory[at + 1] ?? 0) * 2, (memory[at + 2] ?? 0) * 2, (memory[at + 3] ?? 0) * 2]
    for (let half = 0; half < 2; half++) {
      words[column * 2 + half] = (SPREAD[a + half] ?? 0) | ((SPREAD[b + half] ?? 0) << 1) | ((SPREAD[c + half] ?? 0) << 2) | ((SPREAD[d + half] ?? 0) << 3)
    }
  }
}

const readPairs: LineReader = (memory, place, columns, to) => {
  for (let column = 0, x = 0; column < columns; column++) {
    const at = place(column) * PLANES
    for (let plane = 0; plane < 2; plane++) {
      const [low, high] = [memory[at + plane] ?? 0, memory[at + plane + 2] ?? 0]
      for (let shift = 6; shift >= 0; shift -= 2) to[x++] = ((low >> shift) & 3) | (((high >> shift) & 3) << 2)
    }
  }
}

const readBytes: LineReader = (memory, place, columns, to) => {
  for (let column = 0; column < columns; column++) {
    const [from, at] = [place(column) * PLANES, column * PLANES]
    for (let plane = 0; plane < PLANES; plane++) to[at + plane] = memory[from + plane] ?? 0
  }
}

const readText: LineReader = (memory, place, columns, to, line, { dots, fonts, blink, cursor, lineGraphics, underline }) => {
  for (let column = 0, x = 0; column < columns; column++) {
    const address = place(column)
    const [character, attribute] = [memory[address * PLANES] ?? 0, memory[address * PLANES + 1] ?? 0]
    const cursorHere = cursor.visible && cursor.cell === address && line >= cursor.start && line <= cursor.end
    const solid = cursorHere || (line === underline && (attribute & UNDERLINED.mask) === UNDERLINED.value)
    const bits = solid ? 0xff : (memory[(fonts[attribute & 8 ? 1 : 0] + character * GLYPH_ROOM + line) * PLANES + FONT_PLANE] ?? 0)
    const [ink, background] = [attribute & 0xf, (attribute >> 4) & (blink ? 7 : 0xf)]
    for (let dot = 0x80; dot > 0; dot >>= 1) to[x++] = bits & dot ? ink : background
    if (dots === 9) to[x++] = solid || (lineGraphics && bits & 1 && character >= LINE_GRAPHICS.first && character <= LINE_GRAPHICS.last) ? ink : background
  }
}

const READERS = { text: readText, planes: readPlanes, pairs: readPairs, bytes: readBytes } as const

/**
 * @param memory the VGA's 256 KiB
 * @param colours red, green, blue of every number that a pixel can have
 * @returns width × height × 3 bytes
 */
export function drawVga(geometry: VgaGeometry, { width, height, across, down }: VgaRaster, memory: Uint8Array, colours: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(width * height * 3)
  const { kind, columns, lineBits } = geometry
  if (kind === 'blank') return pixels
  const read = READERS[kind]
  const dots = new Uint8Array(Math.ceil((width / across + SPARE) / 4) * 4)
  for (let y = 0, to = 0; y < height; y++) {
    const { address, line, moved } = sourceLine(geometry, y * down)
    const first = address + (moved ? geometry.bytePan : 0)
    const place = (column: number): number => {
      let at = (first + column) & ADDRESSES
      for (const { mask, line: bit } of lineBits) at = line & bit ? at | mask : at & ~mask
      return at
    }
    // One more than is shown: what is moved in from the right.
    read(memory, place, columns + 1, dots, line, geometry)
    for (let x = 0, from = moved ? geometry.pelPan : 0; x < width; x += across, from++) {
      const colour = (dots[from] ?? 0) * 3
      for (let copy = 0; copy < across; copy++) {
        pixels[to++] = colours[colour] ?? 0
        pixels[to++] = colours[colour + 1] ?? 0
        pixels[to++] = colours[colour + 2] ?? 0
      }
    }
  }
  return pixels
}
