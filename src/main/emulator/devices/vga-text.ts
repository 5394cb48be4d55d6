/**
 * IBM VGA (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem"): its registers, and what they make of the picture: 80×25
 * characters, or a raster of 16 or 256 colours. Text memory at B8000h is plain RAM; the screen is read when somebody looks.
 */
import type { Clock } from '../machine/clock'
import { TICKS_PER_SECOND } from '../machine/clock'
import type { Device, DeviceFacts, PortRange } from './device'
import type { GraphicsView } from './bochs-vbe'
import { FLOATING } from './device'
import { fact, hex8 } from './facts'
import { EGA_PALETTE, TEXT_MODE, type VgaMode } from './vga-modes'

export const TEXT_MEMORY = 0xb8000
export const TEXT_MEMORY_BYTES = 0x8000

const CRTC = { displayEnd: 0x01, overflow: 0x07, maximumScanLine: 0x09, cursorStart: 0x0a, cursorEnd: 0x0b, startHigh: 0x0c, cursorHigh: 0x0e, protect: 0x11, lastLine: 0x12, offset: 0x13 } as const

const ATTRIBUTE_MODE = 0x10
const MODE_BLINK = 0x08
const GRAPHICS_MODE = 0x05
const SHIFT_256 = 0x40
const GRAPHICS_MISCELLANEOUS = 0x06
/** Bit 0: graphics; bits 3–2 are 0 or 1 for the window at A0000h. */
const GRAPHICS_ON = 0x01
const MAP_ELSEWHERE = 0x08
const MEMORY_MODE = 0x04
const CHAIN_4 = 0x08
const DOUBLE_SCAN = 0x80

/** 70.086 Hz: 449 lines of 31.469 kHz, 400 of them visible; the retrace pulse is on lines 412 and 413. */
const LINE_TICKS = TICKS_PER_SECOND / 31_469
const LINES = 449
const VISIBLE_LINES = 400
const RETRACE_FIRST = 412
const RETRACE_LAST = 413
/** Visible part of a line: 640 of 800 dots. */
const VISIBLE_PART = 0.8

export interface TextView {
  /** Byte offset in text memory of the top left cell. */
  start: number
  columns: number
  rows: number
  /** Attribute bit 7 blinks (else it brightens the background). */
  blink: boolean
  /** Cell number of the cursor, counted from text memory's start; scan lines as CRTC 0Ah and 0Bh give them. */
  cursor: { cell: number; visible: boolean; start: number; end: number }
}

/** What programs see at A0000h: nothing, the video memory byte by byte, or its four planes. */
export type WindowKind = 'none' | 'chained' | 'planes'

export class VgaText implements Device {
  readonly name = 'VGA'
  readonly ports: readonly PortRange[]
  readonly #clock: Clock
  readonly #wideDac: () => boolean
  readonly #onWindow: () => void
  #windowKind: WindowKind = 'none'
  readonly #crtc = new Uint8Array(25)
  readonly #attribute = new Uint8Array(21)
  readonly #sequencer = new Uint8Array(5)
  readonly #graphics = new Uint8Array(9)
  /** 256 colours, 6 bits each for red, green, blue. */
  readonly #palette = new Uint8Array(768)
  #crtcIndex = 0
  #sequencerIndex = 0
  #graphicsIndex = 0
  #attributeIndex = 0x20
  #attributeData = false
  #miscellaneous = 0
  #paletteRead = 0
  #paletteWrite = 0
  #paletteMask = 0xff
  #paletteState = 3

  /**
   * @param wideDac whether the palette has 8 bits a colour, instead of 6
   * @param onWindow hears that `window` changed
   */
  constructor(clock: Clock, wideDac: () => boolean = () => false, onWindow: () => void = () => undefined) {
    this.#clock = clock
    this.#wideDac = wideDac
    this.#onWindow = onWindow
    this.ports = [
      { first: 0x3c0, last: 0x3cf, read: (port) => this.#readCommon(port), write: (port, value) => this.#writeCommon(port, value) },
      { first: 0x3d4, last: 0x3d5, read: (port) => this.#readCrtc(port), write: (port, value) => this.#writeCrtc(port, value) },
      {
        first: 0x3da,
        last: 0x3da,
        read: () => {
          this.#attributeData = false
          return this.#status()
        },
        // The feature control register has no function.
        write: () => undefined,
      },
    ]
  }

  reset(): void {
    this.#paletteMask = 0xff
    this.setMode(TEXT_MODE, EGA_PALETTE)
  }

  describe(): DeviceFacts {
    const { view, graphicsView } = this
    const picture = graphicsView
      ? [fact('mode', 'graphics', `${graphicsView.width} × ${graphicsView.height}, ${2 ** graphicsView.bits} colours`), fact('first byte', hex8(graphicsView.start)), fact('bytes a line', `${graphicsView.pitch}`)]
      : [
          fact('mode', 'text', `${view.columns} × ${view.rows}`),
          fact('first cell', `0x${(TEXT_MEMORY + view.start).toString(16)}`),
          fact('cursor', view.cursor.visible ? `cell ${view.cursor.cell}` : 'hidden', `scan lines ${view.cursor.start} to ${view.cursor.end}`),
          fact('bit 7 of attributes', view.blink ? 'blinks' : 'bright background'),
        ]
    const list = (registers: Uint8Array): string => [...registers].map((value) => hex8(value).slice(2)).join(' ')
    return [
      { title: 'Picture', facts: [...picture, fact('window at A0000h', { none: 'nothing', chained: 'bytes', planes: 'planes' }[this.window])] },
      {
        title: 'Registers',
        facts: [
          fact('miscellaneous', this.#miscellaneous), fact('sequencer', list(this.#sequencer)), fact('CRT controller', list(this.#crtc)), fact('graphics', list(this.#graphics)),
          fact('attribute', list(this.#attribute)), fact('palette mask', this.#paletteMask),
        ],
      },
    ]
  }

  /** Registers as the BIOS writes them. @param palette 6 bits each of red, green, blue, from entry 0 on */
  setMode(mode: VgaMode, palette: readonly number[]): void {
    this.#crtc.set(mode.crtc)
    this.#attribute.set(mode.attribute)
    this.#sequencer.set(mode.sequencer)
    this.#graphics.set(mode.graphics)
    this.#miscellaneous = mode.miscellaneous
    this.#attributeIndex = 0x20
    this.#attributeData = false
    this.#crtcIndex = this.#sequencerIndex = this.#graphicsIndex = 0
    this.#palette.set(palette)
    this.#windowChanged()
  }

  get registers(): { readonly sequencer: Uint8Array; readonly graphics: Uint8Array } {
    return { sequencer: this.#sequencer, graphics: this.#graphics }
  }

  get #inGraphics(): boolean {
    return (this.#value(this.#graphics, GRAPHICS_MISCELLANEOUS) & GRAPHICS_ON) !== 0
  }

  get window(): WindowKind {
    if (!this.#inGraphics || this.#value(this.#graphics, GRAPHICS_MISCELLANEOUS) & MAP_ELSEWHERE) return 'none'
    return this.#value(this.#sequencer, MEMORY_MODE) & CHAIN_4 ? 'chained' : 'planes'
  }

  /** The raster that the registers describe; undefined in text mode. */
  get graphicsView(): GraphicsView | undefined {
    if (!this.#inGraphics) return undefined
    const crtc = (index: number): number => this.#value(this.#crtc, index)
    const wide = (this.#value(this.#graphics, GRAPHICS_MODE) & SHIFT_256) !== 0
    const overflow = crtc(CRTC.overflow)
    const lines = (crtc(CRTC.lastLine) | ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3)) + 1
    const repeat = ((crtc(CRTC.maximumScanLine) & 0x1f) + 1) * (crtc(CRTC.maximumScanLine) & DOUBLE_SCAN ? 2 : 1)
    return {
      width: ((crtc(CRTC.displayEnd) + 1) * 8) / (wide ? 2 : 1),
      height: Math.max(1, Math.floor(lines / repeat)),
      bits: wide ? 8 : 4,
      // A byte of each plane is four of the video memory.
      pitch: crtc(CRTC.offset) * 2 * 4,
      start: ((crtc(CRTC.startHigh) << 8) | crtc(CRTC.startHigh + 1)) * 4,
    }
  }

  /** What the registers say about the picture. */
  get view(): TextView {
    const cursorStart = this.#value(this.#crtc, CRTC.cursorStart)
    const word = (high: number): number => (this.#value(this.#crtc, high) << 8) | this.#value(this.#crtc, high + 1)
    const columns = 80
    return {
      start: word(CRTC.startHigh) * 2,
      columns,
      rows: 25,
      blink: (this.#value(this.#attribute, ATTRIBUTE_MODE) & MODE_BLINK) !== 0,
      cursor: {
        cell: word(CRTC.cursorHigh),
        visible: !(cursorStart & 0x20) && (cursorStart & 0x1f) <= (this.#value(this.#crtc, CRTC.cursorEnd) & 0x1f),
        start: cursorStart & 0x1f,
        end: this.#value(this.#crtc, CRTC.cursorEnd) & 0x1f,
      },
    }
  }

  /** CRTC registers as the BIOS writes them. */
  setCursorCell(cell: number): void {
    this.#crtc[CRTC.cursorHigh] = (cell >> 8) & 0xff
    this.#crtc[CRTC.cursorHigh + 1] = cell & 0xff
  }

  setCursorShape(start: number, end: number): void {
    this.#crtc[CRTC.cursorStart] = start
    this.#crtc[CRTC.cursorEnd] = end
  }

  setStart(cell: number): void {
    this.#crtc[CRTC.startHigh] = (cell >> 8) & 0xff
    this.#crtc[CRTC.startHigh + 1] = cell & 0xff
  }

  setBlink(on: boolean): void {
    const mode = this.#value(this.#attribute, ATTRIBUTE_MODE)
    this.#attribute[ATTRIBUTE_MODE] = on ? mode | MODE_BLINK : mode & ~MODE_BLINK
  }

  /** The 16 text colours as [red, green, blue], 0–255, through the attribute palette and the DAC. */
  get colours(): [number, number, number][] {
    const gun = (index: number): number => Math.round((this.#value(this.#palette, index) * 255) / 63)
    return Array.from({ length: 16 }, (_, index) => {
      const entry = (this.#value(this.#attribute, index) & this.#paletteMask) * 3
      return [gun(entry), gun(entry + 1), gun(entry + 2)]
    })
  }

  /** Red, green, blue of palette entry `index` (0–255), 8 bits each. */
  paletteColour(index: number): [number, number, number] {
    const wide = this.#wideDac()
    const gun = (at: number): number => {
      const value = this.#value(this.#palette, at)
      return wide ? value : (value << 2) | (value >> 4)
    }
    const entry = (index & this.#paletteMask) * 3
    return [gun(entry), gun(entry + 1), gun(entry + 2)]
  }

  /** Colour `index` (0–15) of four planes: through the attribute palette. */
  planeColour(index: number): [number, number, number] {
    return this.paletteColour(this.#value(this.#attribute, index & 0xf))
  }

  #windowChanged(): void {
    const { window } = this
    if (window === this.#windowKind) return
    this.#windowKind = window
    this.#onWindow()
  }

  #value(registers: Uint8Array, index: number): number {
    return registers[index] ?? FLOATING
  }

  /** Input status 1: bit 0 the beam is not in the picture, bit 3 vertical retrace. */
  #status(): number {
    const position = this.#clock.now() / LINE_TICKS
    const line = Math.floor(position) % LINES
    const visible = line < VISIBLE_LINES && position % 1 < VISIBLE_PART
    const retrace = line >= RETRACE_FIRST && line <= RETRACE_LAST
    return (visible ? 0 : 1) | (retrace ? 8 : 0)
  }

  #readCrtc(port: number): number {
    return port & 1 ? this.#value(this.#crtc, this.#crtcIndex) : this.#crtcIndex
  }

  #writeCrtc(port: number, value: number): void {
    if (!(port & 1)) this.#crtcIndex = value
    else if (this.#crtcIndex < 8 && this.#value(this.#crtc, CRTC.protect) & 0x80) {
      // Registers 0–7 are write-protected but for bit 4 of the overflow register.
      if (this.#crtcIndex === 7) this.#crtc[7] = (this.#value(this.#crtc, 7) & ~0x10) | (value & 0x10)
    } else if (this.#crtcIndex < this.#crtc.length) this.#crtc[this.#crtcIndex] = value
  }

  #readCommon(port: number): number {
    switch (port) {
      case 0x3c0:
        return this.#attributeIndex
      case 0x3c1:
        return this.#value(this.#attribute, this.#attributeIndex & 0x1f)
      case 0x3c2:
        return 0x10
      case 0x3c4:
        return this.#sequencerIndex
      case 0x3c5:
        return this.#value(this.#sequencer, this.#sequencerIndex)
      case 0x3c6:
        return this.#paletteMask
      case 0x3c7:
        return this.#paletteState
      case 0x3c8:
        return Math.floor(this.#paletteWrite / 3) & 0xff
      case 0x3c9: {
        const value = this.#value(this.#palette, this.#paletteRead)
        this.#paletteRead = (this.#paletteRead + 1) % this.#palette.length
        return value
      }
      case 0x3cc:
        return this.#miscellaneous
      case 0x3ce:
        return this.#graphicsIndex
      case 0x3cf:
        return this.#value(this.#graphics, this.#graphicsIndex)
      default:
        return FLOATING
    }
  }

  #writeCommon(port: number, value: number): void {
    switch (port) {
      case 0x3c0:
        if (this.#attributeData) {
          const index = this.#attributeIndex & 0x1f
          if (index < this.#attribute.length) this.#attribute[index] = value
        } else this.#attributeIndex = value & 0x3f
        this.#attributeData = !this.#attributeData
        return
      case 0x3c2:
        this.#miscellaneous = value
        return
      case 0x3c4:
        this.#sequencerIndex = value
        return
      case 0x3c5:
        if (this.#sequencerIndex < this.#sequencer.length) this.#sequencer[this.#sequencerIndex] = value
        this.#windowChanged()
        return
      case 0x3c6:
        this.#paletteMask = value
        return
      case 0x3c7:
        this.#paletteRead = value * 3
        this.#paletteState = 3
        return
      case 0x3c8:
        this.#paletteWrite = value * 3
        this.#paletteState = 0
        return
      case 0x3c9:
        this.#palette[this.#paletteWrite] = value & (this.#wideDac() ? 0xff : 0x3f)
        this.#paletteWrite = (this.#paletteWrite + 1) % this.#palette.length
        return
      case 0x3ce:
        this.#graphicsIndex = value
        return
      case 0x3cf:
        if (this.#graphicsIndex < this.#graphics.length) this.#graphics[this.#graphicsIndex] = value
        this.#windowChanged()
        return
      default:
      // The other ports of the range are read-only.
    }
  }
}
