/** Pictures as frames of a GIF: only what changed is written, all else is transparent, and few colours stay exact. */
import { applyPalette, GIFEncoder, quantize, type Palette } from 'gifenc'

/** Colours are told apart by four bits each: finer, a picture with all of them takes half a minute instead of a fraction of a second. */
const COARSELY = { format: 'rgb444' } as const
/** One index is for what did not change. */
const MOST_COLOURS = 255
/** A frame is shown at least so long; shorter ones are slowed down by browsers. */
const SHORTEST_MS = 20

interface Pending {
  pixels: Uint32Array
  at: number
}

export class GifFrames {
  readonly #encoder = GIFEncoder()
  readonly #width: number
  readonly #height: number
  /** What the frames so far show. */
  #shown: Uint32Array | undefined
  /** It is written when it is known how long it lasts. */
  #pending: Pending | undefined

  constructor(width: number, height: number) {
    this.#width = width
    this.#height = height
  }

  /**
   * @param pixels RGBA in the size of the animation
   * @param at milliseconds since any moment
   */
  add(pixels: Uint32Array, at: number): void {
    if (this.#pending) this.#write(this.#pending, at)
    this.#pending = { pixels, at }
  }

  get bytes(): number {
    return this.#encoder.bytesView().length
  }

  /** @param at when the last picture ended */
  finish(at: number): Uint8Array<ArrayBuffer> {
    if (this.#pending) this.#write(this.#pending, at)
    this.#pending = undefined
    this.#encoder.finish()
    return this.#encoder.bytes()
  }

  #write({ pixels, at }: Pending, until: number): void {
    const { palette, indexes } = indexed(pixels)
    const transparent = palette.length
    const before = this.#shown
    if (before) for (let i = 0; i < pixels.length; i++) if (before[i] === pixels[i]) indexes[i] = transparent
    this.#encoder.writeFrame(indexes, this.#width, this.#height, {
      palette: [...palette, [0, 0, 0]],
      delay: Math.max(SHORTEST_MS, until - at),
      dispose: 1,
      ...(before ? { transparent: true, transparentIndex: transparent } : {}),
    })
    this.#shown = pixels
  }
}

/** Exact where the picture has few colours, as text does; else with the colours that come nearest. */
function indexed(pixels: Uint32Array): { palette: Palette; indexes: Uint8Array } {
  const places = new Map<number, number>()
  const indexes = new Uint8Array(pixels.length)
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i] ?? 0
    let place = places.get(pixel)
    if (place === undefined) {
      place = places.size
      if (place === MOST_COLOURS) return quantized(pixels)
      places.set(pixel, place)
    }
    indexes[i] = place
  }
  return { palette: [...places.keys()].map((pixel) => [pixel & 0xff, (pixel >> 8) & 0xff, (pixel >> 16) & 0xff]), indexes }
}

function quantized(pixels: Uint32Array): { palette: Palette; indexes: Uint8Array } {
  const rgba = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)
  const palette = quantize(rgba, MOST_COLOURS, COARSELY)
  return { palette, indexes: applyPalette(rgba, palette, COARSELY.format) }
}
