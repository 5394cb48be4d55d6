/**
 * Serial ATA AHCI 1.3.1: a controller for SATA drives as a PCI function, with the identity of Intel's ICH9 (82801I, data sheet 316972, chapter 14). 32 command
 * slots a port, which the drive works on one by one; no queuing in the drive (NCQ), no port multipliers, no power management.
 */
import { AHCI_PORT_BYTES, AhciPort, type AhciPortWiring } from './ahci-port'
import type { AtaDrive } from './ata-drive'
import type { Device, DeviceFacts, Line, MemoryDevice } from './device'
import type { PciConfig } from './pci-config'
import type { StateFields } from '../state/fields'
import type { PciBar, PciFunction } from './pci-function'

export const AHCI_PORTS = 6
const AHCI_BYTES = 0x1000
const PORTS_AT = 0x100
const REGISTER = { capabilities: 0x00, control: 0x04, interruptStatus: 0x08, implemented: 0x0c, version: 0x10 } as const
/** Number of ports less one, 32 slots, AHCI only, 1.5 Gbit/s, the task file can be overridden. */
const CAPABILITIES = ((AHCI_PORTS - 1) | (31 << 8) | (1 << 18) | (1 << 20) | (1 << 24)) >>> 0
const CONTROL = { reset: 0x1, interrupts: 0x2, ahci: 0x8000_0000 } as const
const VERSION = 0x0001_0301

export class Ahci implements Device, PciFunction {
  readonly name = 'AHCI controller'
  readonly identity = { vendor: 0x8086, device: 0x2922, revision: 2, classCode: 0x010601, subsystemVendor: 0x1af4, subsystem: 0x1100, interruptPin: 1 } as const
  readonly ports = []
  readonly bars: readonly PciBar[]
  interrupt: Line = () => undefined
  readonly #ports: readonly AhciPort[]
  #master = false
  #control = 0
  /** Interrupts that software has not seen yet, by port. */
  #interruptStatus = 0

  /** @param drives by port; up to `AHCI_PORTS` */
  constructor(wiring: Pick<AhciPortWiring, 'clock' | 'memory'>, drives: readonly AtaDrive[]) {
    this.#ports = Array.from({ length: AHCI_PORTS }, (_, index) => new AhciPort({ ...wiring, changed: () => this.#update(), isMaster: () => this.#master }, drives[index]))
    const device: MemoryDevice = { read: (offset, size) => this.#readPart(offset, size), write: (offset, size, value) => this.#writePart(offset, size, value) }
    this.bars = [{ index: 5, kind: 'memory', bytes: AHCI_BYTES, device }]
  }

  reset(): void {
    this.#resetPorts(true)
  }

  exchange(state: StateFields): void {
    this.#master = state.flag('master', this.#master)
    this.#control = state.dword('control', this.#control)
    this.#interruptStatus = state.dword('interrupt status', this.#interruptStatus)
    this.#ports.forEach((port, index) => state.part(`port ${index}`, port))
  }

  /** Whether a drive works, so that an interrupt can still come. */
  get busy(): boolean {
    return this.#ports.some(({ busy }) => busy)
  }

  configured(config: PciConfig): void {
    this.#master = config.isMaster
  }

  describe(): DeviceFacts {
    return this.#ports.flatMap((port, index) => port.describe(index) ?? [])
  }

  #resetPorts(withPlaces: boolean): void {
    this.#control = 0
    for (const port of this.#ports) port.reset(withPlaces)
    this.#interruptStatus = 0
    this.#update()
  }

  #update(): void {
    this.#ports?.forEach((port, index) => {
      if (port.interrupts) this.#interruptStatus |= 1 << index
    })
    this.interrupt((this.#control & CONTROL.interrupts) !== 0 && this.#interruptStatus !== 0)
  }

  #readPart(offset: number, size: 1 | 2 | 4): number {
    const value = this.#read(offset & ~3) >>> (8 * (offset & 3))
    return size === 4 ? value : value & (size === 2 ? 0xffff : 0xff)
  }

  /** Registers are written whole; a part goes with zeros, which change nothing where bits are cleared by ones. */
  #writePart(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#write(offset & ~3, size === 4 ? value : (value << (8 * (offset & 3))) >>> 0)
  }

  #read(offset: number): number {
    if (offset >= PORTS_AT) return this.#ports[Math.floor((offset - PORTS_AT) / AHCI_PORT_BYTES)]?.read(offset % AHCI_PORT_BYTES) ?? 0
    switch (offset) {
      case REGISTER.capabilities:
        return CAPABILITIES
      case REGISTER.control:
        return (this.#control | CONTROL.ahci) >>> 0
      case REGISTER.interruptStatus:
        return this.#interruptStatus
      case REGISTER.implemented:
        return (1 << AHCI_PORTS) - 1
      case REGISTER.version:
        return VERSION
      default:
        return 0
    }
  }

  #write(offset: number, value: number): void {
    if (offset >= PORTS_AT) this.#ports[Math.floor((offset - PORTS_AT) / AHCI_PORT_BYTES)]?.write(offset % AHCI_PORT_BYTES, value)
    else if (offset === REGISTER.control) {
      if (value & CONTROL.reset) this.#resetPorts(false)
      else this.#control = value & CONTROL.interrupts
      this.#update()
    } else if (offset === REGISTER.interruptStatus) {
      this.#interruptStatus &= ~value
      this.#update()
    }
  }
}
