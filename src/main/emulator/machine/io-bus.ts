import type { IoPorts } from '../cpu/ports'
import type { Device, MemoryDevice, PortRange } from '../devices/device'
import { FLOATING } from '../devices/device'

const PORTS = 0x10000
const GROUP_SHIFT = 8
const GROUP = 1 << GROUP_SHIFT

/** What answers at a port. */
interface Attached {
  readonly range: PortRange
  readonly owner: string
}

/** Registers that were given ports while the machine runs. */
interface MappedPorts {
  readonly first: number
  readonly last: number
  readonly device: MemoryDevice
}

/** The I/O ports: a table from port to device. Ports without a device read as all ones and ignore writes. */
export class IoBus implements IoPorts {
  /** By the port's upper byte, where there is any device, and its lower one. */
  readonly #ranges: (Attached[] | undefined)[] = Array.from({ length: PORTS / GROUP }, () => undefined)
  #mapped: readonly MappedPorts[] = []

  attach(device: Device): void {
    for (const range of device.ports) {
      for (let port = range.first; port <= range.last; port++) {
        const taken = this.#attached(port)
        if (taken) throw new Error(`Port 0x${port.toString(16)} belongs to ${taken.owner} and to ${device.name}.`)
        const group = (this.#ranges[port >>> GROUP_SHIFT] ??= [])
        group[port & (GROUP - 1)] = { range, owner: device.name }
      }
    }
  }

  /** Name of the device at a port. */
  ownerOf(port: number): string | undefined {
    return this.#attached(port)?.owner
  }

  #attached(port: number): Attached | undefined {
    return this.#ranges[port >>> GROUP_SHIFT]?.[port & (GROUP - 1)]
  }

  /** Has registers answer from `first` on, where no device of the board does. Throws a RangeError where others are. The return value takes them out again. */
  map(first: number, count: number, device: MemoryDevice): () => void {
    if (!this.isFree(first, count)) throw new RangeError(`Ports from 0x${first.toString(16)} on are taken.`)
    const entry = { first, last: first + count - 1, device }
    this.#mapped = [...this.#mapped, entry]
    return () => {
      this.#mapped = this.#mapped.filter((one) => one !== entry)
    }
  }

  /** Whether no registers are mapped there. */
  isFree(first: number, count: number): boolean {
    return first >= 0 && first + count <= PORTS && !this.#mapped.some((one) => one.first < first + count && first <= one.last)
  }

  read(port: number, size: 1 | 2 | 4): number {
    if (size === 1) return this.read8(port)
    const at = port % PORTS
    const range = this.#attached(at)?.range
    const wide = size === 2 ? range?.words : range?.dwords
    if (wide) return wide.read(at)
    const mapped = range ? undefined : this.#find(at, size)
    if (mapped) return mapped.device.read(at - mapped.first, size)
    let value = 0
    for (let i = 0; i < size; i++) value += this.read8(port + i) * 2 ** (8 * i)
    return value
  }

  write(port: number, size: 1 | 2 | 4, value: number): void {
    if (size === 1) {
      this.write8(port, value & 0xff)
      return
    }
    const at = port % PORTS
    const range = this.#attached(at)?.range
    const wide = size === 2 ? range?.words : range?.dwords
    if (wide) {
      wide.write(at, size === 2 ? value & 0xffff : value >>> 0)
      return
    }
    const mapped = range ? undefined : this.#find(at, size)
    if (mapped) mapped.device.write(at - mapped.first, size, size === 4 ? value >>> 0 : value & (size === 2 ? 0xffff : 0xff))
    else for (let i = 0; i < size; i++) this.write8(port + i, (value >>> (8 * i)) & 0xff)
  }

  read8(port: number): number {
    const at = port % PORTS
    const range = this.#attached(at)?.range
    if (range) return range.read(at)
    const mapped = this.#find(at, 1)
    return mapped ? mapped.device.read(at - mapped.first, 1) : FLOATING
  }

  write8(port: number, value: number): void {
    const at = port % PORTS
    const range = this.#attached(at)?.range
    if (range) {
      range.write(at, value)
      return
    }
    const mapped = this.#find(at, 1)
    mapped?.device.write(at - mapped.first, 1, value)
  }

  /** Registers in which all of an access lies. */
  #find(port: number, size: number): MappedPorts | undefined {
    return this.#mapped.find(({ first, last }) => port >= first && port + size - 1 <= last)
  }
}
