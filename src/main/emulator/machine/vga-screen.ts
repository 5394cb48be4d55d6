/** What the VGA shows: text as text, where it is a plain screen of it, and a picture of all else. Made when somebody looks. */
import type { GraphicsScreen, Screen, TextScreen } from '../../../shared/machine-schemas'
import type { Vga } from '../devices/vga'
import { isPlainText, vgaRaster, type VgaGeometry } from '../devices/vga-geometry'
import { captureRows, captureText, MOST_COLUMNS, MOST_ROWS } from './screen'
import { TextLooks } from './text-look'
import { VgaSources } from './vga-sources'
import { drawVga, sourceLine } from './vga-picture'

/** What text mode shows, or would show, wherever its rows go on. */
export function textOf(vga: Vga): TextScreen {
  return captureText(vga.geometry, (address) => vga.cell(address))
}

/** Addresses of the first cells of rows, as the picture has them. */
function rowStarts(geometry: VgaGeometry): number[] {
  const starts: number[] = []
  let before: number | undefined
  for (let scanLine = 0; scanLine < geometry.lines; scanLine++) {
    const { address, moved } = sourceLine(geometry, scanLine)
    if (address !== before || scanLine === geometry.splitAfter + 1) starts.push(address + (moved ? geometry.bytePan : 0))
    before = address
  }
  return starts
}

/** Remembers what it showed last, so that a screen that stays the same stays the same object. */
export class VgaCapture {
  readonly #vga: Vga
  readonly #sources: VgaSources
  readonly #looks = new TextLooks()
  #shown: Screen | undefined

  constructor(vga: Vga) {
    this.#vga = vga
    this.#sources = new VgaSources(vga)
  }

  take(): Screen {
    const change = this.#sources.take()
    if (this.#shown && change === 'none') return this.#shown
    const { geometry } = this.#vga
    if (!isPlainText(geometry) || geometry.columns > MOST_COLUMNS || Math.floor(geometry.lines / geometry.rowLines) > MOST_ROWS) return (this.#shown = this.#picture(geometry))
    const before = this.#shown?.mode === 'text' ? this.#shown : undefined
    // A look is made of everything but the text.
    const look = change === 'text' && before ? before.look : this.#looks.take(this.#vga, geometry)
    return (this.#shown = look ? { ...textOf(this.#vga), look } : textOf(this.#vga))
  }

  /** Lets go of the memory that the last screen takes. */
  forget(): void {
    this.#shown = undefined
    this.#sources.forget()
  }

  #picture(geometry: VgaGeometry): GraphicsScreen {
    const vga = this.#vga
    const colours = Uint8Array.from(Array.from({ length: geometry.kind === 'bytes' ? 256 : 16 }, (_, index) => (geometry.kind === 'bytes' ? vga.colour256(index) : vga.colour(index))).flat())
    const raster = vgaRaster(geometry)
    const pixels = drawVga(geometry, raster, vga.snapshot(), colours)
    const text = geometry.kind === 'text' ? { text: captureRows(rowStarts(geometry), geometry.columns, (address) => vga.cell(address)) } : {}
    return { mode: 'graphics', width: raster.width, height: raster.height, pixels, ...text }
  }
}
