/** INT 10h AH=4Fh: VESA BIOS Extension (VBE) Core Functions Standard 3.0, on the DISPI interface of `devices/bochs-vbe.ts`. */
import { DISPI, DISPI_ENABLE, lineBytes } from '../devices/bochs-vbe'
import { FRAMEBUFFER, VIDEO_MEMORY_BYTES } from '../machine/memory-map'
import { BDA } from './bda'
import { edid } from './edid'
import type { FirmwareCall } from './call'
import type { FirmwareHost } from './context'
import { STATE_REQUEST, VBE_STATES, type DisplayState } from './int10-state'
import { ROM_SEGMENT, VBE_ROM } from './rom'
import { PROTECTED_INTERFACE } from './vbe-protected'
import { COLOUR_FIELDS, PLANAR_BITS, VBE_MODES, type VbeMode } from './vbe-modes'
import type { Dispi } from './dispi'
import type { TextConsole } from './text-console'

/** AX afterwards: supported and done, supported and failed, not supported. */
const Status = { done: 0x004f, failed: 0x014f, absent: 0x0100, invalid: 0x034f } as const

const MODE_NUMBER = 0x01ff
const LINEAR = 0x4000
const KEEP_MEMORY = 0x8000
const INFORMATION_BYTES = 256
const VBE2_INFORMATION_BYTES = 512
const MODE_BYTES = 256
const VBE_VERSION = 0x0300
const SWITCHABLE_DAC = 0x0001
const BLOCK = 0x1_0000
const WINDOW_SEGMENT = 0xa000
/** Supported, extended information, colour, graphics, no VGA mode; and linear framebuffer. */
const MODE_ATTRIBUTES = 0x3b
const HAS_LINEAR = 0x80
/** Exists, can be read, can be written. */
const WINDOW_ATTRIBUTES = 7
const PLANAR = 3
const PACKED_PIXELS = 4
/** The VGA's modes that come before one of ours: of 256 colours, whose palette the modes of 8 bits have; of planes. */
const BYTES_FIRST = 0x13
const PLANES_FIRST = 0x12
const KEEP_VGA_MEMORY = 0x80
const DIRECT_COLOUR = 6
const REST_USABLE = 2
/** Pictures begin at a block of the window; more than so many are not counted. */
const MOST_PAGES = 128

const modeOf = (number: number): VbeMode | undefined => VBE_MODES.find((mode) => mode.number === number)

export class VbeFunctions {
  readonly #host: FirmwareHost
  /** BX of the last mode set, while it is on. */
  #mode = 0
  readonly #functions: Readonly<Record<number, (call: FirmwareCall) => number>> = {
    0x00: (call) => this.#information(call),
    0x01: (call) => this.#modeInformation(call),
    0x02: (call) => this.#setMode(call),
    0x03: (call) => {
      call.bx = this.#on ? this.#mode : this.#host.memory.read8(BDA.videoMode)
      return Status.done
    },
    0x04: (call) => this.#state(call),
    0x05: (call) => this.#bank(call),
    0x06: (call) => this.#lineLength(call),
    0x07: (call) => this.#start(call),
    0x08: (call) => this.#paletteWidth(call),
    0x09: (call) => this.#palette(call),
    0x0a: (call) => this.#protectedInterface(call),
    0x15: (call) => this.#display(call),
  }

  readonly #dispi: Dispi
  readonly #console: TextConsole
  readonly #states: DisplayState
  /** Sets a mode of the VGA: a number below 80h, and 80h where memory is to keep what it holds. False: there is none. */
  readonly #setVgaMode: (mode: number) => boolean

  constructor(host: FirmwareHost, console: TextConsole, states: DisplayState, setVgaMode: (mode: number) => boolean) {
    this.#host = host
    this.#dispi = console.dispi
    this.#console = console
    this.#states = states
    this.#setVgaMode = setVgaMode
    host.remembers('vbe', (state) => {
      this.#mode = state.word('mode', this.#mode)
    })
  }

  call(call: FirmwareCall): void {
    call.ax = this.#functions[call.al]?.(call) ?? Status.absent
  }

  /** Back to the VGA's own picture. */
  off(): void {
    if (this.#on) this.#write(DISPI.enable, 0)
  }

  get #on(): boolean {
    return this.#dispi.on
  }

  #read(register: number): number {
    return this.#dispi.read(register)
  }

  #write(register: number, value: number): void {
    this.#dispi.write(register, value)
  }

  /** Bytes of so many pixels, as the window counts them: of planes, those of one. */
  #bytesOf(width: number, bits = this.#read(DISPI.bits)): number {
    return bits === PLANAR_BITS ? Math.ceil(width / 8) : lineBytes(width, bits)
  }

  /** Bytes of the video memory, as the window counts them. */
  #memoryOf(bits: number): number {
    return bits === PLANAR_BITS ? VIDEO_MEMORY_BYTES / 4 : VIDEO_MEMORY_BYTES
  }

  /** ES:DI: 256 bytes, or 512 when they begin with `VBE2`. */
  #information(call: FirmwareCall): number {
    const { memory } = this.#host
    const at = call.inEs(call.di)
    const wide = Buffer.from(memory.readBytes(at, 4)).toString('latin1') === 'VBE2'
    const block = new Uint8Array(wide ? VBE2_INFORMATION_BYTES : INFORMATION_BYTES)
    const view = new DataView(block.buffer)
    const pointer = (offset: number, to: number): void => view.setUint32(offset, (ROM_SEGMENT * 0x10000 + to) >>> 0, true)
    block.set(Buffer.from('VESA', 'latin1'))
    view.setUint16(4, VBE_VERSION, true)
    pointer(6, VBE_ROM.maker)
    view.setUint32(10, SWITCHABLE_DAC, true)
    pointer(14, VBE_ROM.modes)
    view.setUint16(18, VIDEO_MEMORY_BYTES / BLOCK, true)
    if (wide) {
      pointer(22, VBE_ROM.maker)
      pointer(26, VBE_ROM.product)
      pointer(30, VBE_ROM.revision)
    }
    memory.writeBytes(at, block)
    return Status.done
  }

  #modeInformation(call: FirmwareCall): number {
    const mode = modeOf(call.cx & MODE_NUMBER)
    if (!mode) return Status.failed
    const { width, height, bits } = mode
    const block = new Uint8Array(MODE_BYTES)
    const view = new DataView(block.buffer)
    const planar = bits === PLANAR_BITS
    const pitch = this.#bytesOf(width, bits)
    const pages = Math.min(MOST_PAGES, Math.floor(this.#memoryOf(bits) / (Math.ceil((pitch * height) / BLOCK) * BLOCK))) - 1
    view.setUint16(0, MODE_ATTRIBUTES | (planar ? 0 : HAS_LINEAR), true)
    block[2] = WINDOW_ATTRIBUTES
    view.setUint16(4, BLOCK / 1024, true)
    view.setUint16(6, BLOCK / 1024, true)
    view.setUint16(8, WINDOW_SEGMENT, true)
    view.setUint16(16, pitch, true)
    view.setUint16(18, width, true)
    view.setUint16(20, height, true)
    // Characters of 8 × 16, planes, one bank.
    block.set([8, 16, planar ? 4 : 1, bits, 1, planar ? PLANAR : bits === 8 ? PACKED_PIXELS : DIRECT_COLOUR, 0, pages, 1], 22)
    const fields = (COLOUR_FIELDS[bits] ?? []).flat()
    block.set(fields, 31)
    if (bits === 32) block[39] = REST_USABLE
    if (!planar) {
      view.setUint32(40, FRAMEBUFFER, true)
      // The same for the linear framebuffer.
      view.setUint16(50, pitch, true)
      block.set([pages, pages, ...fields], 52)
    }
    this.#host.memory.writeBytes(call.inEs(call.di), block)
    return Status.done
  }

  #setMode(call: FirmwareCall): number {
    const asked = call.bx
    if ((asked & MODE_NUMBER) < 0x100) return this.#setVgaMode((asked & 0x7f) | (asked & KEEP_MEMORY ? KEEP_VGA_MEMORY : 0)) ? Status.done : Status.failed
    const mode = modeOf(asked & MODE_NUMBER)
    if (!mode) return Status.failed
    // There is no linear view of planes.
    if (mode.bits === PLANAR_BITS && asked & LINEAR) return Status.failed
    this.off()
    this.#setVgaMode((mode.bits === PLANAR_BITS ? PLANES_FIRST : BYTES_FIRST) | KEEP_VGA_MEMORY)
    this.#write(DISPI.width, mode.width)
    this.#write(DISPI.height, mode.height)
    this.#write(DISPI.bits, mode.bits)
    const keep = asked & KEEP_MEMORY ? DISPI_ENABLE.keepMemory : 0
    this.#write(DISPI.enable, DISPI_ENABLE.on | keep | (asked & LINEAR ? DISPI_ENABLE.linear : 0))
    this.#mode = asked & (MODE_NUMBER | LINEAR | KEEP_MEMORY)
    this.#console.tellVbeMode(mode.width, mode.height, !(asked & KEEP_MEMORY))
    return Status.done
  }

  /** BH 0: window A shows block DX; 1: which does it show? */
  #bank(call: FirmwareCall): number {
    // The window belongs to modes that were set without the linear framebuffer.
    if (!this.#on || this.#mode & LINEAR) return Status.invalid
    if (call.bl !== 0) return Status.failed
    if (call.bh === 1) {
      call.dx = this.#read(DISPI.bank)
      return Status.done
    }
    if (call.bh !== 0 || call.dx >= this.#memoryOf(this.#read(DISPI.bits)) / BLOCK) return Status.failed
    this.#write(DISPI.bank, call.dx)
    return Status.done
  }

  /** DL 0: blocks of 64 bytes that the states of CX take; 1: they go to ES:BX; 2: they come from there. */
  #state(call: FirmwareCall): number {
    if (call.cx & ~VBE_STATES) return Status.failed
    if (call.dl === STATE_REQUEST.size) call.bx = this.#states.blocks(call.cx)
    else if (call.dl === STATE_REQUEST.save) this.#states.save(call.cx, call.inEs(call.bx))
    else if (call.dl === STATE_REQUEST.restore) this.#states.restore(call.cx, call.inEs(call.bx))
    else return Status.failed
    return Status.done
  }

  /** BL 0: ES:DI is where functions for protected mode lie, CX their length. */
  #protectedInterface(call: FirmwareCall): number {
    if (call.bl !== 0) return Status.failed
    call.es = ROM_SEGMENT
    call.di = VBE_ROM.protectedInterface
    call.cx = PROTECTED_INTERFACE.length
    return Status.done
  }

  /** BL 0 and 2: lines of CX pixels or bytes; 1: how long are they? 3: how long can they be? BX bytes, CX pixels, DX lines. */
  #lineLength(call: FirmwareCall): number {
    if (!this.#on) return Status.failed
    const bits = this.#read(DISPI.bits)
    const height = this.#read(DISPI.height)
    const pixelsIn = (bytes: number): number => (bits === PLANAR_BITS ? bytes * 8 : bytes / lineBytes(1, bits))
    const longest = Math.floor(pixelsIn(Math.floor(this.#memoryOf(bits) / height)))
    if (call.bl === 3) {
      call.bx = Math.min(0xffff, this.#bytesOf(longest))
      call.cx = Math.min(0xffff, longest)
      call.dx = height
      return Status.done
    }
    const wanted = call.bl === 0 ? call.cx : call.bl === 2 ? Math.ceil(pixelsIn(call.cx)) : undefined
    if (wanted === undefined && call.bl !== 1) return Status.failed
    if (wanted !== undefined) {
      if (wanted > longest) return Status.failed
      this.#write(DISPI.virtualWidth, Math.max(wanted, this.#read(DISPI.width)))
    }
    call.cx = this.#read(DISPI.virtualWidth)
    call.bx = this.#bytesOf(call.cx)
    call.dx = this.#read(DISPI.virtualHeight)
    return Status.done
  }

  /** BL 0: the picture begins at pixel CX of line DX; 1: where does it? */
  #start(call: FirmwareCall): number {
    if (!this.#on) return Status.failed
    const request = call.bl & 0x7f
    if (request === 1) {
      call.bx &= 0xff
      call.cx = this.#read(DISPI.x)
      call.dx = this.#read(DISPI.y)
      return Status.done
    }
    if (request !== 0) return Status.failed
    this.#write(DISPI.x, call.cx)
    this.#write(DISPI.y, call.dx)
    return this.#read(DISPI.x) === call.cx && this.#read(DISPI.y) === call.dx ? Status.done : Status.failed
  }

  /** BL 0: BH bits a colour, as near as possible; 1: how many? */
  #paletteWidth(call: FirmwareCall): number {
    if (!this.#on || this.#read(DISPI.bits) !== 8) return Status.invalid
    const enable = this.#read(DISPI.enable)
    if (call.bl === 0) {
      const wide = call.bh >= 8 ? DISPI_ENABLE.wideDac : 0
      this.#write(DISPI.enable, (enable & ~DISPI_ENABLE.wideDac) | wide)
      call.bh = wide ? 8 : 6
      return Status.done
    }
    if (call.bl !== 1) return Status.failed
    call.bh = enable & DISPI_ENABLE.wideDac ? 8 : 6
    return Status.done
  }

  /** BL 0: CX entries from DX on, as blue, green, red and a free byte, from ES:DI; 1: to ES:DI. */
  #palette(call: FirmwareCall): number {
    const { memory, ports } = this.#host
    const request = call.bl & 0x7f
    const [first, count, at] = [call.dx, call.cx, call.inEs(call.di)]
    if (request > 1 || first + count > 256) return Status.failed
    ports.write8(request === 0 ? 0x3c8 : 0x3c7, first)
    for (let entry = at; entry < at + count * 4; entry += 4) {
      for (const gun of [2, 1, 0]) {
        if (request === 0) ports.write8(0x3c9, memory.read8(entry + gun))
        else memory.write8(entry + gun, ports.read8(0x3c9))
      }
      if (request === 1) memory.write8(entry + 3, 0)
    }
    return Status.done
  }

  /** VBE/DDC Standard 1.1. BL 0: what there is; 1: block DX of the EDID to ES:DI. */
  #display(call: FirmwareCall): number {
    if (call.bl === 0) {
      // A block in a second, DDC2.
      call.bx = 0x0102
      return Status.done
    }
    if (call.bl !== 1 || call.dx !== 0) return Status.failed
    this.#host.memory.writeBytes(call.inEs(call.di), edid())
    return Status.done
  }
}
