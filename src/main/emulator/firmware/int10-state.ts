/**
 * INT 10h AH=1Ch, and VBE's 4F04h: the state of the display is kept in a program's memory and put back (IBM BIOS Interface Technical Reference; VBE Core
 * Functions Standard 3.0). The layout of what is kept is each BIOS's own.
 */
import { DISPI, DISPI_ENABLE } from '../devices/bochs-vbe'
import { ATTRIBUTE_BITS, CRTC, CRTC_REGISTERS, GRAPHICS_BITS, SEQUENCER_BITS } from '../devices/vga-registers'
import { BDA, VECTOR_GRAPHICS_FONT, VECTOR_UPPER_FONT } from './bda'
import type { FirmwareHost } from './context'
import type { TextConsole } from './text-console'
import { VgaPorts } from './vga-ports'

/** AL of AH=1Ch, DL of 4F04h. */
export const STATE_REQUEST = { size: 0, save: 1, restore: 2 } as const
/** CX: the registers, the data area, the palette; and of VBE its own registers. */
export const VGA_STATES = 0x07
export const VBE_STATES = 0x0f
const BLOCK = 64
const COLOURS = 256

interface Part {
  readonly bytes: number
  save(): number[]
  restore(kept: Uint8Array): void
}

const word = (value: number): [number, number] => [value & 0xff, (value >> 8) & 0xff]
const wordAt = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
const each = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

export class DisplayState {
  readonly #host: FirmwareHost
  readonly #console: TextConsole
  readonly #vga: VgaPorts
  /** By the bits of CX. */
  readonly #parts: readonly Part[]

  constructor(host: FirmwareHost, console: TextConsole) {
    this.#host = host
    this.#console = console
    this.#vga = new VgaPorts(host.ports)
    this.#parts = [this.#registers(), this.#dataArea(), this.#palette(), this.#vbe()]
  }

  /** Blocks of 64 bytes that the states of a mask take. */
  blocks(states: number): number {
    return Math.ceil(this.#chosen(states).reduce((sum, { bytes }) => sum + bytes, 0) / BLOCK)
  }

  /** @param at linear address */
  save(states: number, at: number): void {
    this.#host.memory.writeBytes(at, Uint8Array.from(this.#chosen(states).flatMap((part) => part.save())))
  }

  restore(states: number, at: number): void {
    const { memory } = this.#host
    // Last to first: the display mode comes before what it would set.
    const places = this.#chosen(states).map((part, index, all) => ({ part, from: at + all.slice(0, index).reduce((sum, { bytes }) => sum + bytes, 0) }))
    for (const { part, from } of places.toReversed()) part.restore(memory.readBytes(from, part.bytes))
  }

  #chosen(states: number): Part[] {
    return this.#parts.filter((_, bit) => (states >> bit) & 1)
  }

  #registers(): Part {
    const vga = this.#vga
    const [sequencer, attribute, graphics] = [SEQUENCER_BITS.length, ATTRIBUTE_BITS.length, GRAPHICS_BITS.length]
    return {
      bytes: 1 + sequencer + CRTC_REGISTERS + attribute + graphics,
      save: () => [
        vga.miscellaneous, ...each(sequencer, (index) => vga.readSequencer(index)), ...each(CRTC_REGISTERS, (index) => vga.readCrtc(index)),
        ...each(attribute, (index) => vga.readAttribute(index)), ...each(graphics, (index) => vga.readGraphics(index)),
      ],
      restore: (kept) => {
        let at = 0
        const next = (): number => kept[at++] ?? 0
        vga.miscellaneous = next()
        for (let index = 0; index < sequencer; index++) vga.writeSequencer(index, next())
        vga.unprotectCrtc()
        const crtc = each(CRTC_REGISTERS, next)
        for (const [index, value] of crtc.entries()) if (index !== CRTC.verticalRetraceEnd) vga.writeCrtc(index, value)
        vga.writeCrtc(CRTC.verticalRetraceEnd, crtc[CRTC.verticalRetraceEnd] ?? 0)
        for (let index = 0; index < attribute; index++) vga.writeAttribute(index, next())
        for (let index = 0; index < graphics; index++) vga.writeGraphics(index, next())
      },
    }
  }

  #dataArea(): Part {
    const { memory } = this.#host
    const ranges = [
      { from: BDA.videoMode, bytes: 30 }, { from: BDA.lastRow, bytes: 7 }, { from: VECTOR_UPPER_FONT * 4, bytes: 4 }, { from: VECTOR_GRAPHICS_FONT * 4, bytes: 4 },
    ] as const
    return {
      bytes: ranges.reduce((sum, { bytes }) => sum + bytes, 0),
      save: () => ranges.flatMap(({ from, bytes }) => [...memory.readBytes(from, bytes)]),
      restore: (kept) => {
        let at = 0
        for (const { from, bytes } of ranges) {
          memory.writeBytes(from, kept.subarray(at, at + bytes))
          at += bytes
        }
      },
    }
  }

  #palette(): Part {
    const vga = this.#vga
    return {
      bytes: 2 + COLOURS * 3,
      save: () => [vga.dacWriteIndex, vga.dacMask, ...each(COLOURS, (index) => [...vga.readColour(index)]).flat()],
      restore: (kept) => {
        const [index = 0, mask = 0] = kept
        for (let colour = 0; colour < COLOURS; colour++) {
          const at = 2 + colour * 3
          vga.writeColour(colour, [kept[at] ?? 0, kept[at + 1] ?? 0, kept[at + 2] ?? 0])
        }
        vga.dacMask = mask
        vga.dacWriteIndex = index
      },
    }
  }

  #vbe(): Part {
    const { dispi } = this.#console
    const registers = [DISPI.width, DISPI.height, DISPI.bits, DISPI.enable, DISPI.bank, DISPI.virtualWidth, DISPI.x, DISPI.y] as const
    return {
      bytes: registers.length * 2,
      save: () => registers.flatMap((register) => word(dispi.read(register))),
      restore: (kept) => {
        dispi.write(DISPI.enable, 0)
        for (const [index, register] of registers.entries()) {
          const value = wordAt(kept, index * 2)
          // What is on the screen stays.
          dispi.write(register, register === DISPI.enable && value & DISPI_ENABLE.on ? value | DISPI_ENABLE.keepMemory : value)
        }
      },
    }
  }
}
