import type { BusMemory } from './bus-memory'
import type { Device, MemoryDevice } from './device'
import type { PciFunction } from './pci-function'
import { PciConfig } from './pci-config'

/** RAM that a device under test reads and writes; beyond it reads are ones, and writes are lost. */
export class TestRam implements BusMemory {
  readonly bytes: Uint8Array
  readonly view: DataView

  constructor(count: number) {
    this.bytes = new Uint8Array(count)
    this.view = new DataView(this.bytes.buffer)
  }

  read(physical: number, count: number): Uint8Array {
    const result = new Uint8Array(count).fill(0xff)
    result.set(this.bytes.subarray(physical, physical + count))
    return result
  }

  write(physical: number, bytes: Uint8Array): void {
    if (physical < this.bytes.length) this.bytes.set(bytes.subarray(0, this.bytes.length - physical), physical)
  }

  /** Doublewords from an address on. */
  put(at: number, ...values: number[]): void {
    values.forEach((value, index) => this.view.setUint32(at + index * 4, value, true))
  }

  get(at: number): number {
    return this.view.getUint32(at, true)
  }
}

/** Lets a PCI function read and write memory. @returns the registers in its only base address register */
export function startFunction(device: Device & PciFunction): MemoryDevice {
  const config = new PciConfig(device)
  device.reset()
  config.write(4, 2, 7)
  device.configured?.(config, 4, 2)
  const [bar] = device.bars ?? []
  if (!bar || !('device' in bar)) throw new Error(`${device.name} has no registers.`)
  return bar.device
}
