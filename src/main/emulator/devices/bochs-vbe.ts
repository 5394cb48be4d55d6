/**
 * The graphics modes of Bochs' and QEMU's standard VGA: the DISPI interface, version 5 (Bochs, `iodev/display/vga.h` and the text "VBE Display
 * Adapter"; QEMU, docs/specs/standard-vga.rst). An index port, a data port of 16 bits, and video memory that is seen as a linear framebuffer and
 * through a window of 64 KiB at A0000h.
 */
import type { Device, DeviceFacts, PortRange } from './device'
import { FLOATING } from './device'
import { fact } from './facts'
import type { StateFields } from '../state/fields'

export const DISPI_INDEX_PORT = 0x1ce
export const DISPI_DATA_PORT = 0x1cf

export const DISPI = {
  id: 0, width: 1, height: 2, bits: 3, enable: 4, bank: 5, virtualWidth: 6, virtualHeight: 7, x: 8, y: 9, memory: 10,
} as const
const REGISTERS = 11
const OLDEST_ID = 0xb0c0
const NEWEST_ID = 0xb0c5

export const DISPI_ENABLE = { on: 0x01, capabilities: 0x02, wideDac: 0x20, linear: 0x40, keepMemory: 0x80 } as const

export const MAX_WIDTH = 2560
export const MAX_HEIGHT = 1600
const MAX_BITS = 32
export const BANK_BYTES = 0x1_0000
const DEPTHS: ReadonlySet<number> = new Set([4, 8, 15, 16, 24, 32])
const PLANES = 4

/** Bytes that a pixel takes. */
export const pixelBytes = (bits: number): number => Math.ceil(bits / 8)

/** Bytes that a line of pixels takes. */
export const lineBytes = (width: number, bits: number): number => (bits === 4 ? Math.ceil(width / 8) * 4 : width * pixelBytes(bits))

/** What is shown of the video memory, as a raster of packed pixels. */
export interface GraphicsView {
  width: number
  height: number
  /** Bits of a pixel: 8 (an index into the palette), 15, 16, 24 or 32, with blue in the lowest bits; 4: a byte of each of four planes for eight pixels. */
  bits: number
  /** Bytes from a line to the next. */
  pitch: number
  /** Byte offset of the top left pixel. */
  start: number
}

export interface VbeWiring {
  /** All of the video memory. */
  memory: Uint8Array
  /** What the window at A0000h shows; undefined: it belongs to the VGA again. */
  bankChanged: (bank: VbeBank | undefined) => void
}

/** A part of the video memory of 64 KiB. */
export interface VbeBank {
  /** Its first byte, or with planes its first address in each of them. */
  readonly offset: number
  /** It is seen through the VGA's graphics controller. */
  readonly planes: boolean
}

export class BochsVbe implements Device {
  readonly name = 'VBE display'
  readonly ports: readonly PortRange[]
  readonly #wiring: VbeWiring
  readonly #registers = new Uint16Array(REGISTERS)
  #index = 0

  constructor(wiring: VbeWiring) {
    this.#wiring = wiring
    const words = {
      read: (port: number): number => (port === DISPI_INDEX_PORT ? this.#index : this.#read()),
      write: (port: number, value: number): void => {
        if (port === DISPI_INDEX_PORT) this.#index = value
        else this.#write(value)
      },
    }
    // Bytes mean nothing here.
    this.ports = [{ first: DISPI_INDEX_PORT, last: DISPI_DATA_PORT, read: () => FLOATING, write: () => undefined, words }]
  }

  reset(): void {
    this.#registers.fill(0)
    this.#registers[DISPI.id] = NEWEST_ID
    this.#index = 0
    this.#showBank()
  }

  exchange(state: StateFields): void {
    state.array('registers', this.#registers)
    this.#index = state.word('index', this.#index)
    if (!state.loading) return
    const { view } = this
    if (view && !this.#canShow(view)) throw state.wrong('it shows what is not in the video memory')
    this.#showBank()
  }

  #canShow({ width, height, bits, pitch, start }: GraphicsView): boolean {
    const inside = width > 0 && width <= MAX_WIDTH && height > 0 && height <= MAX_HEIGHT && DEPTHS.has(bits) && pitch >= lineBytes(width, bits)
    return inside && start + (height - 1) * pitch + lineBytes(width, bits) <= this.#wiring.memory.length && this.#get(DISPI.bank) * BANK_BYTES * this.#bytesAtOnce < this.#wiring.memory.length
  }

  describe(): DeviceFacts {
    const { view } = this
    const facts = view
      ? [fact('size', `${view.width} × ${view.height}`), fact('bits a pixel', `${view.bits}`), fact('bytes a line', `${view.pitch}`), fact('first byte', `0x${view.start.toString(16)}`)]
      : []
    return [{ title: 'Display', facts: [fact('enabled', this.enabled), ...facts] }]
  }

  get enabled(): boolean {
    return (this.#get(DISPI.enable) & DISPI_ENABLE.on) !== 0
  }

  /** The palette has 8 bits a colour, not 6. */
  get wideDac(): boolean {
    return this.enabled && (this.#get(DISPI.enable) & DISPI_ENABLE.wideDac) !== 0
  }

  /** Undefined while the VGA shows its own picture. */
  get view(): GraphicsView | undefined {
    if (!this.enabled) return undefined
    const bits = this.#get(DISPI.bits)
    const pitch = this.#pitch
    const x = this.#get(DISPI.x)
    // Eight pixels of planes begin in the same bytes.
    const start = this.#get(DISPI.y) * pitch + (bits === PLANES ? lineBytes(x & ~7, bits) : x * pixelBytes(bits))
    return { width: this.#get(DISPI.width), height: this.#get(DISPI.height), bits, pitch, start }
  }

  get #pitch(): number {
    return this.#bytesOf(this.#get(DISPI.virtualWidth))
  }

  /** Bytes of so many pixels. */
  #bytesOf(width: number): number {
    return lineBytes(width, this.#get(DISPI.bits))
  }

  #get(index: number): number {
    return this.#registers[index] ?? 0
  }

  #read(): number {
    if (this.#index === DISPI.memory) return this.#wiring.memory.length / BANK_BYTES
    if (this.#index === DISPI.virtualHeight) return this.#virtualHeight
    const most: Readonly<Record<number, number>> = { [DISPI.width]: MAX_WIDTH, [DISPI.height]: MAX_HEIGHT, [DISPI.bits]: MAX_BITS }
    if (this.#get(DISPI.enable) & DISPI_ENABLE.capabilities) return most[this.#index] ?? this.#get(this.#index)
    return this.#get(this.#index)
  }

  /** As many lines as the video memory holds. */
  get #virtualHeight(): number {
    return this.#pitch === 0 ? 0 : Math.min(0xffff, Math.floor(this.#wiring.memory.length / this.#pitch))
  }

  #write(value: number): void {
    const registers = this.#registers
    switch (this.#index) {
      case DISPI.id:
        if (value >= OLDEST_ID && value <= NEWEST_ID) registers[DISPI.id] = value
        return
      case DISPI.width:
      case DISPI.height:
      case DISPI.bits:
        // The mode is set while the display is off.
        if (!this.enabled) registers[this.#index] = value
        return
      case DISPI.enable:
        this.#setEnable(value)
        return
      case DISPI.bank:
        if (!this.enabled || value >= this.#wiring.memory.length / (BANK_BYTES * this.#bytesAtOnce)) return
        registers[DISPI.bank] = value
        this.#showBank()
        return
      case DISPI.virtualWidth:
        if (this.enabled && value >= this.#get(DISPI.width)) this.#setVirtualWidth(value)
        return
      case DISPI.x:
      case DISPI.y:
        if (this.enabled) this.#pan(this.#index, value)
        return
      default:
      // Virtual height and size of the memory can only be read.
    }
  }

  #setEnable(value: number): void {
    const registers = this.#registers
    const wasOn = this.enabled
    const [width, height, bits] = [this.#get(DISPI.width), this.#get(DISPI.height), this.#get(DISPI.bits)]
    const possible = width > 0 && width <= MAX_WIDTH && height > 0 && height <= MAX_HEIGHT && DEPTHS.has(bits) && lineBytes(width, bits) * height <= this.#wiring.memory.length
    // A mode that cannot be shown is not entered.
    registers[DISPI.enable] = value & DISPI_ENABLE.on && !possible ? value & ~DISPI_ENABLE.on : value
    if (this.enabled === wasOn) return
    registers[DISPI.virtualWidth] = this.enabled ? width : 0
    registers[DISPI.x] = registers[DISPI.y] = registers[DISPI.bank] = 0
    if (this.enabled && !(value & DISPI_ENABLE.keepMemory)) this.#wiring.memory.fill(0)
    this.#showBank()
  }

  /** Bytes of the video memory that one address of the window reaches. */
  get #bytesAtOnce(): number {
    return this.#get(DISPI.bits) === PLANES ? PLANES : 1
  }

  #showBank(): void {
    this.#wiring.bankChanged(this.enabled ? { offset: this.#get(DISPI.bank) * BANK_BYTES, planes: this.#get(DISPI.bits) === PLANES } : undefined)
  }

  /** A line that is too long for as many as are shown is not taken. */
  #setVirtualWidth(value: number): void {
    if (this.#bytesOf(value) * this.#get(DISPI.height) > this.#wiring.memory.length) return
    this.#registers[DISPI.virtualWidth] = value
    this.#registers[DISPI.x] = this.#registers[DISPI.y] = 0
  }

  /** The picture stays within the video memory. */
  #pan(index: number, value: number): void {
    const before = this.#get(index)
    this.#registers[index] = value
    const view = this.view
    if (view && view.start + (view.height - 1) * view.pitch + lineBytes(view.width, view.bits) > this.#wiring.memory.length) this.#registers[index] = before
  }
}
