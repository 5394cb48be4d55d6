/** The VGA's indexed registers through their ports, as a BIOS works with them. */
import { CRTC, MISCELLANEOUS, PALETTE_IN_USE } from '../devices/vga-registers'
import type { IoBus } from '../machine/io-bus'

const ATTRIBUTE_PORT = 0x3c0
const SEQUENCER_PORT = 0x3c4
const GRAPHICS_PORT = 0x3ce
const MISCELLANEOUS_READ = 0x3cc
const MISCELLANEOUS_WRITE = 0x3c2
const STATUS_FROM_CRTC = 6
const DAC = { mask: 0x3c6, readIndex: 0x3c7, writeIndex: 0x3c8, data: 0x3c9 } as const
const PROTECT = 0x80

export type Colour = readonly [red: number, green: number, blue: number]

export class VgaPorts {
  readonly #ports: IoBus

  constructor(ports: IoBus) {
    this.#ports = ports
  }

  get miscellaneous(): number {
    return this.#ports.read8(MISCELLANEOUS_READ)
  }

  set miscellaneous(value: number) {
    this.#ports.write8(MISCELLANEOUS_WRITE, value)
  }

  get crtcPort(): number {
    return this.miscellaneous & MISCELLANEOUS.colour ? 0x3d4 : 0x3b4
  }

  readCrtc(index: number): number {
    return this.#read(this.crtcPort, index)
  }

  writeCrtc(index: number, value: number): void {
    this.#write(this.crtcPort, index, value)
  }

  /** Registers 0–7 can be written. */
  unprotectCrtc(): void {
    this.writeCrtc(CRTC.verticalRetraceEnd, this.readCrtc(CRTC.verticalRetraceEnd) & ~PROTECT)
  }

  readSequencer(index: number): number {
    return this.#read(SEQUENCER_PORT, index)
  }

  writeSequencer(index: number, value: number): void {
    this.#write(SEQUENCER_PORT, index, value)
  }

  readGraphics(index: number): number {
    return this.#read(GRAPHICS_PORT, index)
  }

  writeGraphics(index: number, value: number): void {
    this.#write(GRAPHICS_PORT, index, value)
  }

  readAttribute(index: number): number {
    this.#ports.read8(this.crtcPort + STATUS_FROM_CRTC)
    this.#ports.write8(ATTRIBUTE_PORT, index)
    const value = this.#ports.read8(ATTRIBUTE_PORT + 1)
    this.#showAgain()
    return value
  }

  writeAttribute(index: number, value: number): void {
    this.#ports.read8(this.crtcPort + STATUS_FROM_CRTC)
    this.#ports.write8(ATTRIBUTE_PORT, index)
    this.#ports.write8(ATTRIBUTE_PORT, value)
    this.#showAgain()
  }

  /** Changes the bits of a mask. */
  changeAttribute(index: number, mask: number, bits: number): void {
    this.writeAttribute(index, (this.readAttribute(index) & ~mask) | (bits & mask))
  }

  get dacMask(): number {
    return this.#ports.read8(DAC.mask)
  }

  set dacMask(value: number) {
    this.#ports.write8(DAC.mask, value)
  }

  get dacWriteIndex(): number {
    return this.#ports.read8(DAC.writeIndex)
  }

  set dacWriteIndex(value: number) {
    this.#ports.write8(DAC.writeIndex, value)
  }

  get dacState(): number {
    return this.#ports.read8(DAC.readIndex)
  }

  readColour(index: number): Colour {
    this.#ports.write8(DAC.readIndex, index & 0xff)
    const gun = (): number => this.#ports.read8(DAC.data)
    return [gun(), gun(), gun()]
  }

  writeColour(index: number, colour: Colour): void {
    this.#ports.write8(DAC.writeIndex, index & 0xff)
    for (const gun of colour) this.#ports.write8(DAC.data, gun & 0xff)
  }

  #showAgain(): void {
    this.#ports.read8(this.crtcPort + STATUS_FROM_CRTC)
    this.#ports.write8(ATTRIBUTE_PORT, PALETTE_IN_USE)
  }

  #read(port: number, index: number): number {
    this.#ports.write8(port, index)
    return this.#ports.read8(port + 1)
  }

  #write(port: number, index: number, value: number): void {
    this.#ports.write8(port, index)
    this.#ports.write8(port + 1, value)
  }
}
