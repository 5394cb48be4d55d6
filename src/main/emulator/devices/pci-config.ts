/** Configuration space of one PCI function, header type 0 (PCI Local Bus Specification 2.1, chapter 6): what software can write, and where it has put the function. */
import type { PciBar, PciFunction } from './pci-function'
import type { StateFields } from '../state/fields'

export const CONFIG_BYTES = 256

export const PCI = {
  vendor: 0x00, device: 0x02, command: 0x04, status: 0x06, revision: 0x08, classCode: 0x09, cacheLine: 0x0c, latency: 0x0d, headerType: 0x0e,
  bars: 0x10, subsystemVendor: 0x2c, subsystem: 0x2e, rom: 0x30, interruptLine: 0x3c, interruptPin: 0x3d,
} as const

export const PCI_COMMAND = { io: 0x0001, memory: 0x0002, master: 0x0004, interruptOff: 0x0400 } as const
/** I/O, memory, master, parity response, SERR#, interrupt disable (PCI 2.3). */
const COMMAND_WRITABLE = 0x0547
const STATUS_INTERRUPT = 0x0008
/** Errors and aborts, which are cleared by writing ones. */
const STATUS_CLEARABLE = 0xf900
const MULTIFUNCTION = 0x80
const BAR_FLAGS = { io: 0x1, memory: 0x0, prefetchable: 0x8 } as const
const ROM_ENABLE = 0x1
const ADDRESS_SPACE = 0x1_0000_0000
const PORTS = 0x10000

export const barOffset = ({ index }: PciBar): number => (index === 'rom' ? PCI.rom : PCI.bars + index * 4)

export class PciConfig {
  readonly #bytes = new Uint8Array(CONFIG_BYTES)
  readonly #initial = new Uint8Array(CONFIG_BYTES)
  readonly #writable = new Uint8Array(CONFIG_BYTES)
  readonly #clearable = new Uint8Array(CONFIG_BYTES)

  constructor({ identity, bars = [], registers = [] }: PciFunction) {
    const put = (at: number, bytes: number, value: number, writable = 0): void => {
      for (let i = 0; i < bytes; i++) {
        this.#initial[at + i] = (value >>> (8 * i)) & 0xff
        this.#writable[at + i] = (writable >>> (8 * i)) & 0xff
      }
    }
    put(PCI.vendor, 2, identity.vendor)
    put(PCI.device, 2, identity.device)
    put(PCI.command, 2, 0, COMMAND_WRITABLE)
    put(PCI.revision, 1, identity.revision)
    put(PCI.classCode, 3, identity.classCode)
    put(PCI.cacheLine, 2, 0, 0xffff)
    put(PCI.headerType, 1, identity.multifunction === true ? MULTIFUNCTION : 0)
    put(PCI.subsystemVendor, 2, identity.subsystemVendor ?? 0)
    put(PCI.subsystem, 2, identity.subsystem ?? 0)
    put(PCI.interruptLine, 1, 0, identity.interruptPin === undefined ? 0 : 0xff)
    put(PCI.interruptPin, 1, identity.interruptPin ?? 0)
    for (const bar of bars) {
      const address = -bar.bytes
      if (bar.index === 'rom') put(PCI.rom, 4, 0, address | ROM_ENABLE)
      else put(barOffset(bar), 4, BAR_FLAGS[bar.kind], address)
    }
    for (const { at, bytes, value, writable } of registers) put(at, bytes, value, writable)
    this.#clearable[PCI.status] = STATUS_CLEARABLE & 0xff
    this.#clearable[PCI.status + 1] = STATUS_CLEARABLE >> 8
    this.reset()
  }

  reset(): void {
    this.#bytes.set(this.#initial)
  }

  exchange(state: StateFields): void {
    state.array('bytes', this.#bytes)
  }

  /** As an unsigned number; bytes beyond the end read as zero. */
  read(at: number, bytes: 1 | 2 | 4): number {
    let value = 0
    for (let i = 0; i < bytes; i++) value += (this.#bytes[at + i] ?? 0) * 2 ** (8 * i)
    return value
  }

  /** As software writes: what is read-only stays. */
  write(at: number, bytes: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < bytes && at + i < CONFIG_BYTES; i++) {
      const byte = (value >>> (8 * i)) & 0xff
      const before = this.#bytes[at + i] ?? 0
      const writable = this.#writable[at + i] ?? 0
      this.#bytes[at + i] = ((before & ~writable) | (byte & writable)) & ~(byte & (this.#clearable[at + i] ?? 0))
    }
  }

  /** As the chip itself writes: anything. */
  set(at: number, bytes: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < bytes && at + i < CONFIG_BYTES; i++) this.#bytes[at + i] = (value >>> (8 * i)) & 0xff
  }

  get command(): number {
    return this.read(PCI.command, 2)
  }

  /** May read and write memory by itself. */
  get isMaster(): boolean {
    return (this.command & PCI_COMMAND.master) !== 0
  }

  set interruptStatus(asserted: boolean) {
    const status = this.read(PCI.status, 2)
    this.set(PCI.status, 2, asserted ? status | STATUS_INTERRUPT : status & ~STATUS_INTERRUPT)
  }

  /** Where software has put it; undefined: it does not answer, because it is off, at 0, or a size is being asked for. */
  baseOf(bar: PciBar): number | undefined {
    const value = this.read(barOffset(bar), 4)
    const isOn = (this.command & (bar.kind === 'io' ? PCI_COMMAND.io : PCI_COMMAND.memory)) !== 0
    if (!isOn || (bar.index === 'rom' && !(value & ROM_ENABLE))) return undefined
    const base = (value & -bar.bytes) >>> 0
    return base === 0 || base + bar.bytes >= (bar.kind === 'io' ? PORTS : ADDRESS_SPACE) ? undefined : base
  }
}
