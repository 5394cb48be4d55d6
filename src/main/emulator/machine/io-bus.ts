import type { IoPorts } from '../cpu/ports'
import type { Device, PortRange } from '../devices/device'
import { FLOATING } from '../devices/device'

const PORTS = 0x10000

/** The I/O ports: a table from port to device. Ports without a device read as all ones and ignore writes. */
export class IoBus implements IoPorts {
  readonly #ranges = new Map<number, { range: PortRange; owner: string }>()

  attach(device: Device): void {
    for (const range of device.ports) {
      for (let port = range.first; port <= range.last; port++) {
        const taken = this.#ranges.get(port)
        if (taken) throw new Error(`Port 0x${port.toString(16)} belongs to ${taken.owner} and to ${device.name}.`)
        this.#ranges.set(port, { range, owner: device.name })
      }
    }
  }

  /** Name of the device at a port. */
  ownerOf(port: number): string | undefined {
    return this.#ranges.get(port)?.owner
  }

  read(port: number, size: 1 | 2 | 4): number {
    const words = size === 2 ? this.#ranges.get(port % PORTS)?.range.words : undefined
    if (words) return words.read(port % PORTS)
    let value = 0
    for (let i = 0; i < size; i++) value += this.read8(port + i) * 2 ** (8 * i)
    return value
  }

  write(port: number, size: 1 | 2 | 4, value: number): void {
    const words = size === 2 ? this.#ranges.get(port % PORTS)?.range.words : undefined
    if (words) words.write(port % PORTS, value & 0xffff)
    else for (let i = 0; i < size; i++) this.write8(port + i, (value >>> (8 * i)) & 0xff)
  }

  read8(port: number): number {
    const at = port % PORTS
    return this.#ranges.get(at)?.range.read(at) ?? FLOATING
  }

  write8(port: number, value: number): void {
    const at = port % PORTS
    this.#ranges.get(at)?.range.write(at, value)
  }
}
