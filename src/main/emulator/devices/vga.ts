/**
 * IBM VGA (IBM Personal System/2 Hardware Interface Technical Reference, "Video Subsystem"): its registers, and its memory as programs and the picture see
 * it. What the registers make of a picture is in vga-geometry.ts; the picture is made when somebody looks (`machine/vga-screen.ts`).
 */
import type { Clock } from '../machine/clock'
import type { Device, DeviceFacts, PortRange } from './device'
import { FLOATING } from './device'
import { fact, hex8 } from './facts'
import { DAC_PORTS, DAC_SETTINGS, VgaDac } from './vga-dac'
import { vgaGeometry, vgaRaster, type VgaGeometry } from './vga-geometry'
import { planesToText, TEXT_MEMORY, textToPlanes, VGA_BYTES, VgaMemory, windowOf, type VgaWindowPlace, type WindowKind } from './vga-memory'
import { EGA_PALETTE, TEXT_MODE, type VgaMode } from './vga-modes'
import {
  ATTRIBUTE, ATTRIBUTE_BITS, ATTRIBUTE_MODE, CRTC, GRAPHICS, GRAPHICS_BITS, MISCELLANEOUS, newRegisters, PALETTE_IN_USE, SEQUENCER, SEQUENCER_BITS, valueOf, type VgaRegisters,
} from './vga-registers'
import { beamStatus, vgaTiming, type VgaTiming } from './vga-timing'
import type { StateFields } from '../state/fields'

/** Bit 7 of the register of the vertical retrace's end: CRTC registers 0–7 are write-protected. */
const PROTECT = 0x80
const PROTECTED_REGISTERS = 8
/** The one bit of them, in the overflow register, that can always be written: of the line compare. */
const UNPROTECTED_OVERFLOW = 0x10
/** Input status 0: a monitor is there. */
const SWITCH_SENSE = 0x10

const WINDOW_NAMES: Readonly<Record<WindowKind, string>> = { none: 'nothing', text: 'text', bytes: 'bytes', planes: 'planes' }

export interface VgaWiring {
  readonly clock: Clock
  /** The video memory, of which the first 256 KiB are the VGA's. */
  readonly memory: Uint8Array
  /** Where characters and attributes lie, as plain memory, while the registers have programs see them so. */
  readonly text: Uint8Array
  /** Whether the palette has 8 bits a colour, instead of 6. */
  readonly wideDac: () => boolean
  /** Hears that `window` changed; @param textCopied `text` was written anew */
  readonly windowChanged: (textCopied: boolean) => void
}

export class Vga implements Device {
  readonly name = 'VGA'
  readonly ports: readonly PortRange[]
  /** What accesses to a window of planes go through. Offsets count from the window's start. */
  readonly planes: VgaMemory
  readonly dac: VgaDac
  readonly #wiring: VgaWiring
  readonly #registers: VgaRegisters = newRegisters()
  #window: VgaWindowPlace = { kind: 'none', first: 0, bytes: 0 }
  #timing: VgaTiming | undefined
  #crtcIndex = 0
  #sequencerIndex = 0
  #graphicsIndex = 0
  #attributeData = false

  constructor(wiring: VgaWiring) {
    this.#wiring = wiring
    this.planes = new VgaMemory(wiring.memory, this.#registers)
    this.dac = new VgaDac(wiring.wideDac)
    const common = (first: number, last: number): PortRange => ({ first, last, read: (port) => this.#readCommon(port), write: (port, value) => this.#writeCommon(port, value) })
    this.ports = [
      common(0x3c0, DAC_PORTS.first - 1),
      { ...DAC_PORTS, read: (port) => this.dac.read(port), write: (port, value) => this.dac.write(port, value) },
      common(DAC_PORTS.last + 1, 0x3cf),
      // The CRT controller and input status 1, at the addresses of the one or the other kind of monitor.
      ...[{ base: 0x3b0, colour: 0 }, { base: 0x3d0, colour: MISCELLANEOUS.colour }].flatMap(({ base, colour }): PortRange[] => {
        const here = (): boolean => (this.#registers.miscellaneous & MISCELLANEOUS.colour) === colour
        return [
          { first: base + 4, last: base + 5, read: (port) => (here() ? this.#readCrtc(port) : FLOATING), write: (port, value) => void (here() && this.#writeCrtc(port, value)) },
          // The feature control register has no function.
          { first: base + 0xa, last: base + 0xa, read: () => (here() ? this.#readStatus() : FLOATING), write: () => undefined },
        ]
      }),
    ]
  }

  reset(): void {
    this.dac.reset()
    this.planes.reset()
    this.setMode(TEXT_MODE, EGA_PALETTE)
  }

  exchange(state: StateFields): void {
    const registers = this.#registers
    for (const name of ['sequencer', 'crtc', 'graphics', 'attribute'] as const) state.array(name, registers[name])
    registers.miscellaneous = state.byte('miscellaneous', registers.miscellaneous)
    registers.attributeIndex = state.byte('attribute index', registers.attributeIndex)
    this.#crtcIndex = state.byte('crtc index', this.#crtcIndex)
    this.#sequencerIndex = state.byte('sequencer index', this.#sequencerIndex)
    this.#graphicsIndex = state.byte('graphics index', this.#graphicsIndex)
    this.#attributeData = state.flag('attribute data', this.#attributeData)
    state.part('dac', this.dac)
    state.part('planes', this.planes)
    if (!state.loading) return
    // The memory is loaded as it was: nothing is copied between text and planes.
    this.#timing = undefined
    this.#window = windowOf(registers)
    this.#wiring.windowChanged(false)
  }

  describe(): DeviceFacts {
    const { geometry, window } = this
    const { sequencer, crtc, graphics, attribute, miscellaneous } = this.#registers
    const { width, height } = vgaRaster(geometry)
    const { cursor } = geometry
    const place = (address: number): string => `0x${address.toString(16)}`
    const picture = geometry.isText
      ? [
          fact('mode', 'text', `${geometry.columns} × ${Math.floor(geometry.lines / geometry.rowLines)}, cells of ${geometry.dots} × ${geometry.rowLines}`),
          fact('first cell', place((window.kind === 'text' ? window.first : TEXT_MEMORY) + geometry.start * 2)),
          fact('cursor', cursor.visible ? `cell ${cursor.cell}` : 'hidden', `scan lines ${cursor.start} to ${cursor.end}`),
          fact('bit 7 of attributes', geometry.blink ? 'blinks' : 'bright background'),
        ]
      : [fact('mode', 'graphics', `${width} × ${height}, ${{ bytes: '256 colours', pairs: '4 colours', planes: '16 colours', text: '', blank: '' }[geometry.kind]}`), fact('first address', place(geometry.start)), fact('addresses a line', `${geometry.pitch}`)]
    const list = (registers: Uint8Array): string => [...registers].map((value) => hex8(value).slice(2)).join(' ')
    return [
      { title: 'Picture', facts: [...picture, fact('shown', geometry.kind !== 'blank'), fact(window.kind === 'none' ? 'memory' : `memory at ${place(window.first)}`, WINDOW_NAMES[window.kind])] },
      {
        title: 'Registers',
        facts: [
          fact('miscellaneous', miscellaneous), fact('sequencer', list(sequencer)), fact('CRT controller', list(crtc)), fact('graphics', list(graphics)), fact('attribute', list(attribute)),
          fact('palette mask', this.dac.mask),
        ],
      },
    ]
  }

  /** Registers as the BIOS writes them. @param palette 6 bits each of red, green, blue, from entry 0 on; undefined: it stays */
  setMode(mode: VgaMode, palette: readonly number[] | undefined): void {
    const registers = this.#registers
    registers.crtc.set(mode.crtc)
    registers.attribute.set(mode.attribute)
    registers.sequencer.set(mode.sequencer)
    registers.graphics.set(mode.graphics)
    registers.miscellaneous = mode.miscellaneous
    registers.attributeIndex = PALETTE_IN_USE
    this.#attributeData = false
    this.#crtcIndex = this.#sequencerIndex = this.#graphicsIndex = 0
    if (palette) this.dac.load(palette)
    this.#timing = undefined
    this.#registersChanged()
  }

  get geometry(): VgaGeometry {
    return vgaGeometry(this.#registers)
  }

  /** Where programs see its memory, and how. */
  get window(): VgaWindowPlace {
    return this.#window
  }

  /** The VGA's 256 KiB, in place. What `text` holds is not in planes 0 and 1 while the window is one of text. */
  get memory(): Uint8Array {
    return this.#wiring.memory.subarray(0, VGA_BYTES)
  }

  /** Where characters and attributes lie while programs see them as such, in place. */
  get plainText(): Uint8Array {
    return this.#wiring.text
  }

  /** All registers that the picture depends on, in no documented order, to be compared with those of another moment. */
  settings(): Uint8Array {
    const { crtc, attribute, sequencer, graphics, attributeIndex } = this.#registers
    const others = [
      valueOf(sequencer, SEQUENCER.clocking), valueOf(sequencer, SEQUENCER.characterMap), valueOf(sequencer, SEQUENCER.memoryMode), valueOf(graphics, GRAPHICS.mode),
      valueOf(graphics, GRAPHICS.miscellaneous), attributeIndex & PALETTE_IN_USE,
    ]
    const all = new Uint8Array(crtc.length + attribute.length + others.length + DAC_SETTINGS)
    all.set(crtc)
    all.set(attribute, crtc.length)
    all.set(others, crtc.length + attribute.length)
    this.dac.copySettings(all.subarray(-DAC_SETTINGS))
    return all
  }

  /** All of the card's memory, in place. */
  get videoMemory(): Uint8Array {
    return this.#wiring.memory
  }

  /** A copy of all that the picture is made of. */
  snapshot(): Uint8Array {
    const copy = this.memory.slice()
    if (this.#window.kind === 'text') textToPlanes(this.#wiring.text, copy)
    return copy
  }

  /** A copy of the text memory, wherever it is now: pairs of character and attribute. */
  text(): Uint8Array {
    const copy = this.#wiring.text.slice()
    if (this.#window.kind !== 'text') planesToText(this.#wiring.memory, copy)
    return copy
  }

  /** Character in the low byte, attribute in the high, of a cell by its address. */
  cell(address: number): number {
    const { text, memory } = this.#wiring
    if (this.#window.kind === 'text') return valueOf(text, (address * 2) % text.length) | (valueOf(text, (address * 2 + 1) % text.length) << 8)
    return valueOf(memory, (address & 0xffff) * 4) | (valueOf(memory, (address & 0xffff) * 4 + 1) << 8)
  }

  /** What four bits of a pixel or an attribute show: red, green, blue, 8 bits each. */
  colour(index: number): [number, number, number] {
    const { attribute } = this.#registers
    const entry = valueOf(attribute, index & valueOf(attribute, ATTRIBUTE.planeEnable) & 0xf) & 0x3f
    const select = valueOf(attribute, ATTRIBUTE.colourSelect)
    const low = valueOf(attribute, ATTRIBUTE.mode) & ATTRIBUTE_MODE.colourSelect ? (entry & 0xf) | ((select & 3) << 4) : entry
    return this.dac.colour(((select & 0xc) << 4) | low)
  }

  /** What eight bits of a pixel show. */
  colour256(index: number): [number, number, number] {
    return this.dac.colour(index)
  }

  #registersChanged(): void {
    const before = this.#window
    const next = windowOf(this.#registers)
    if (next.kind === before.kind && next.first === before.first && next.bytes === before.bytes) return
    this.#window = next
    const { text, memory, windowChanged } = this.#wiring
    if (before.kind === 'text' && next.kind !== 'text') textToPlanes(text, memory)
    const copied = before.kind !== 'text' && next.kind === 'text'
    if (copied) planesToText(memory, text)
    windowChanged(copied)
  }

  #readStatus(): number {
    this.#attributeData = false
    this.#timing ??= vgaTiming(this.#registers)
    return beamStatus(this.#timing, this.#wiring.clock.now())
  }

  #readCrtc(port: number): number {
    return port & 1 ? valueOf(this.#registers.crtc, this.#crtcIndex) : this.#crtcIndex
  }

  #writeCrtc(port: number, value: number): void {
    const { crtc } = this.#registers
    const index = this.#crtcIndex
    if (!(port & 1)) this.#crtcIndex = value
    else if (index < PROTECTED_REGISTERS && valueOf(crtc, CRTC.verticalRetraceEnd) & PROTECT) {
      if (index === CRTC.overflow) crtc[CRTC.overflow] = (valueOf(crtc, CRTC.overflow) & ~UNPROTECTED_OVERFLOW) | (value & UNPROTECTED_OVERFLOW)
    } else if (index < crtc.length) {
      crtc[index] = value
      this.#timing = undefined
    }
  }

  #readCommon(port: number): number {
    const { attribute, sequencer, graphics, attributeIndex, miscellaneous } = this.#registers
    switch (port) {
      case 0x3c0:
        return attributeIndex
      case 0x3c1:
        return valueOf(attribute, attributeIndex & 0x1f)
      case 0x3c2:
        return SWITCH_SENSE
      case 0x3c4:
        return this.#sequencerIndex
      case 0x3c5:
        return valueOf(sequencer, this.#sequencerIndex)
      case 0x3ca:
        return 0
      case 0x3cc:
        return miscellaneous
      case 0x3ce:
        return this.#graphicsIndex
      case 0x3cf:
        return valueOf(graphics, this.#graphicsIndex)
      default:
        return FLOATING
    }
  }

  #writeCommon(port: number, value: number): void {
    const registers = this.#registers
    switch (port) {
      case 0x3c0:
        this.#writeAttribute(value)
        return
      case 0x3c2:
        registers.miscellaneous = value
        this.#timing = undefined
        break
      case 0x3c4:
        this.#sequencerIndex = value & 7
        return
      case 0x3c5:
        if (this.#sequencerIndex >= registers.sequencer.length) return
        registers.sequencer[this.#sequencerIndex] = value & (SEQUENCER_BITS[this.#sequencerIndex] ?? 0)
        this.#timing = undefined
        break
      case 0x3ce:
        this.#graphicsIndex = value & 0xf
        return
      case 0x3cf:
        if (this.#graphicsIndex >= registers.graphics.length) return
        registers.graphics[this.#graphicsIndex] = value & (GRAPHICS_BITS[this.#graphicsIndex] ?? 0)
        break
      default:
        // The other ports of the range are read-only.
        return
    }
    this.#registersChanged()
  }

  /** An index and its value come to the same port by turns. */
  #writeAttribute(value: number): void {
    const registers = this.#registers
    const index = registers.attributeIndex & 0x1f
    if (!this.#attributeData) registers.attributeIndex = value & 0x3f
    else if (index < registers.attribute.length) registers.attribute[index] = value & (ATTRIBUTE_BITS[index] ?? 0)
    this.#attributeData = !this.#attributeData
  }
}
