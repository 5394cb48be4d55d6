/** The registers of the display's graphics modes (`devices/bochs-vbe.ts`) through their ports. */
import { DISPI, DISPI_DATA_PORT, DISPI_ENABLE, DISPI_INDEX_PORT, lineBytes, pixelBytes, type GraphicsView } from '../devices/bochs-vbe'
import type { IoBus } from '../machine/io-bus'

const PLANES = 4

export class Dispi {
  readonly #ports: IoBus

  constructor(ports: IoBus) {
    this.#ports = ports
  }

  read(register: number): number {
    this.#ports.write(DISPI_INDEX_PORT, 2, register)
    return this.#ports.read(DISPI_DATA_PORT, 2)
  }

  write(register: number, value: number): void {
    this.#ports.write(DISPI_INDEX_PORT, 2, register)
    this.#ports.write(DISPI_DATA_PORT, 2, value)
  }

  get on(): boolean {
    return (this.read(DISPI.enable) & DISPI_ENABLE.on) !== 0
  }

  /** Undefined while the VGA shows its own picture. */
  get view(): GraphicsView | undefined {
    if (!this.on) return undefined
    const [width, height, bits] = [this.read(DISPI.width), this.read(DISPI.height), this.read(DISPI.bits)]
    const pitch = lineBytes(this.read(DISPI.virtualWidth), bits)
    const x = this.read(DISPI.x)
    return { width, height, bits, pitch, start: this.read(DISPI.y) * pitch + (bits === PLANES ? lineBytes(x & ~7, bits) : x * pixelBytes(bits)) }
  }
}
