/**
 * IBM VGA in 80×25 text mode (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem"): the registers
 * that text programs use. Text memory at B8000h is plain RAM; the screen is read from it when somebody looks.
 */
import type { Clock } from '../machine/clock'
import { TICKS_PER_SECOND } from '../machine/clock'
import type { Device, PortRange } from './device'
import { FLOATING } from './device'

export const TEXT_MEMORY = 0xb8000
export const TEXT_MEMORY_BYTES = 0x8000

const CRTC = { maximumScanLine: 0x09, cursorStart: 0x0a, cursorEnd: 0x0b, startHigh: 0x0c, cursorHigh: 0x0e, protect: 0x11, offset: 0x13 } as const

/** Register values that the BIOS programs for mode 3 with 400 scan lines (the manual's table of mode parameters). */
const MODE3_CRTC = [
  0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
]
const MODE3_ATTRIBUTE = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00,
]
const MODE3_SEQUENCER = [0x03, 0x00, 0x03, 0x00, 0x02]
const MODE3_GRAPHICS = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff]
const MODE3_MISCELLANEOUS = 0x67

const ATTRIBUTE_MODE = 0x10
const MODE_BLINK = 0x08

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

export class VgaText implements Device {
  readonly name = 'VGA'
  readonly ports: readonly PortRange[]
  readonly #clock: Clock
  readonly #wideDac: () => boolean
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

  /** @param wideDac whether the palette has 8 bits a colour, instead of 6 */
  constructor(clock: Clock, wideDac: () => boolean = () => false) {
    this.#clock = clock
    this.#wideDac = wideDac
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
    this.#crtc.set(MODE3_CRTC)
    this.#attribute.set(MODE3_ATTRIBUTE)
    this.#sequencer.set(MODE3_SEQUENCER)
    this.#graphics.set(MODE3_GRAPHICS)
    this.#miscellaneous = MODE3_MISCELLANEOUS
    this.#attributeIndex = 0x20
    this.#attributeData = false
    this.#crtcIndex = this.#sequencerIndex = this.#graphicsIndex = 0
    this.#paletteMask = 0xff
    // The 64 EGA colours: bits 5–3 are the weak, bits 2–0 the strong guns of red, green, blue.
    for (let colour = 0; colour < 64; colour++) {
      for (let gun = 0; gun < 3; gun++) {
        const bit = 2 - gun
        this.#palette[colour * 3 + gun] = ((colour >> bit) & 1) * 0x2a + ((colour >> (bit + 3)) & 1) * 0x15
      }
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
        return
      default:
      // The other ports of the range are read-only.
    }
  }
}
