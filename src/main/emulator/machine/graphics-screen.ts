/** Pictures of the graphics modes, made of the video memory when somebody looks. */
import type { GraphicsScreen } from '../../../shared/machine-schemas'
import { lineBytes, type GraphicsView } from '../devices/bochs-vbe'

/** Palette for 4 and 8 bits a pixel: red, green, blue of an index. */
export type Palette = (index: number) => readonly [number, number, number]

/** Writes `width` pixels of a line as red, green, blue from `to` on. */
type LineReader = (line: Uint8Array, width: number, pixels: Uint8Array, to: number, colours: Uint8Array) => void

/** 5 bits to 8, and 6 bits to 8, so that all ones stay all ones. */
const five = (value: number): number => (value << 3) | (value >> 2)
const six = (value: number): number => (value << 2) | (value >> 4)

const READERS: Readonly<Record<number, LineReader>> = {
  4: (line, width, pixels, to, colours) => {
    for (let x = 0; x < width; x++) {
      const [at, bit] = [(x >> 3) * 4, 7 - (x & 7)]
      let index = 0
      for (let plane = 0; plane < 4; plane++) index |= (((line[at + plane] ?? 0) >> bit) & 1) << plane
      pixels[to++] = colours[index * 3] ?? 0
      pixels[to++] = colours[index * 3 + 1] ?? 0
      pixels[to++] = colours[index * 3 + 2] ?? 0
    }
  },
  8: (line, width, pixels, to, colours) => {
    for (let x = 0; x < width; x++) {
      const colour = (line[x] ?? 0) * 3
      pixels[to++] = colours[colour] ?? 0
      pixels[to++] = colours[colour + 1] ?? 0
      pixels[to++] = colours[colour + 2] ?? 0
    }
  },
  15: (line, width, pixels, to) => {
    for (let x = 0; x < width; x++) {
      const value = (line[x * 2] ?? 0) | ((line[x * 2 + 1] ?? 0) << 8)
      pixels[to++] = five((value >> 10) & 0x1f)
      pixels[to++] = five((value >> 5) & 0x1f)
      pixels[to++] = five(value & 0x1f)
    }
  },
  16: (line, width, pixels, to) => {
    for (let x = 0; x < width; x++) {
      const value = (line[x * 2] ?? 0) | ((line[x * 2 + 1] ?? 0) << 8)
      pixels[to++] = five(value >> 11)
      pixels[to++] = six((value >> 5) & 0x3f)
      pixels[to++] = five(value & 0x1f)
    }
  },
  24: (line, width, pixels, to) => packedLine(line, width, pixels, to, 3),
  32: (line, width, pixels, to) => (canBeWords(line, width, pixels, to) ? wordLine(line, width, pixels, to) : packedLine(line, width, pixels, to, 4)),
}

const WORD_BYTES = 4
/** Pixels of four bytes that make whole words of three: four. */
function canBeWords(line: Uint8Array, width: number, pixels: Uint8Array, to: number): boolean {
  return line.byteOffset % WORD_BYTES === 0 && (pixels.byteOffset + to) % WORD_BYTES === 0 && width % 4 === 0
}

/** The same as `packedLine` for 32 bits, four pixels at a time (words are little-endian wherever we run): a large picture takes a third of the time. */
function wordLine(line: Uint8Array, width: number, pixels: Uint8Array, to: number): void {
  const source = new Int32Array(line.buffer, line.byteOffset, width)
  const target = new Int32Array(pixels.buffer, pixels.byteOffset + to, (width / 4) * 3)
  for (let x = 0, at = 0; x < width; x += 4, at += 3) {
    const [a, b, c, d] = [redFirst(source[x] ?? 0), redFirst(source[x + 1] ?? 0), redFirst(source[x + 2] ?? 0), redFirst(source[x + 3] ?? 0)]
    target[at] = a | (b << 24)
    target[at + 1] = (b >>> 8) | (c << 16)
    target[at + 2] = (c >>> 16) | (d << 8)
  }
}

/** Blue, green, red as red, green, blue; the lowest byte first. */
const redFirst = (value: number): number => ((value >>> 16) & 0xff) | (value & 0xff00) | ((value & 0xff) << 16)

function packedLine(line: Uint8Array, width: number, pixels: Uint8Array, to: number, step: number): void {
  for (let x = 0, from = 0; x < width; x++, from += step) {
    pixels[to++] = line[from + 2] ?? 0
    pixels[to++] = line[from + 1] ?? 0
    pixels[to++] = line[from] ?? 0
  }
}

/** Remembers what it showed last, so that only lines that changed are converted, and a picture that stays the same stays the same object. */
export class GraphicsCapture {
  readonly #memory: Uint8Array
  #view: GraphicsView | undefined
  #colours = new Uint8Array()
  /** The video memory that is shown, as it was. */
  #shown = new Uint8Array()
  #screen: GraphicsScreen | undefined

  /** @param memory all of the video memory */
  constructor(memory: Uint8Array) {
    this.#memory = memory
  }

  take(view: GraphicsView, palette: Palette): GraphicsScreen {
    const { width, height, bits, pitch, start } = view
    const colours = bits <= 8 ? Uint8Array.from(Array.from({ length: 1 << bits }, (_, index) => palette(index)).flat()) : new Uint8Array()
    const bytes = lineBytes(width, bits)
    const visible = this.#memory.subarray(start, start + (height - 1) * pitch + bytes)
    const kept = this.#screen !== undefined && sameView(this.#view, view) && Buffer.compare(colours, this.#colours) === 0
    if (kept && this.#screen && Buffer.compare(visible, this.#shown) === 0) return this.#screen
    const pixels = kept && this.#screen ? this.#screen.pixels.slice() : new Uint8Array(width * height * 3)
    const read = READERS[bits]
    if (!read) throw new RangeError(`There is no picture with ${bits} bits a pixel.`)
    for (let y = 0; y < height; y++) {
      const [from, to] = [y * pitch, y * pitch + bytes]
      const line = visible.subarray(from, to)
      if (kept && Buffer.compare(line, this.#shown.subarray(from, to)) === 0) continue
      read(line, width, pixels, y * width * 3, colours)
    }
    if (this.#shown.length !== visible.length) this.#shown = visible.slice()
    else this.#shown.set(visible)
    this.#view = view
    this.#colours = colours
    this.#screen = { mode: 'graphics', width, height, pixels }
    return this.#screen
  }

  /** Lets go of the memory that the last picture takes. */
  forget(): void {
    this.#screen = undefined
    this.#shown = new Uint8Array()
  }
}

function sameView(a: GraphicsView | undefined, b: GraphicsView): boolean {
  return a?.width === b.width && a.height === b.height && a.bits === b.bits && a.pitch === b.pitch && a.start === b.start
}
