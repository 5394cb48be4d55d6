/**
 * Intel 440FX PCIset: 82441FX PCI and memory controller (data sheet 290549), the host bridge at device 0. Of its registers the programmable attribute
 * maps (3.2.18) do something here: they say of every part of C0000–FFFFF whether reads and writes go to RAM, or to PCI, where the ROM is.
 */
import type { PciConfig } from './pci-config'
import type { PciFunction, PciRegister } from './pci-function'

export const PAM = 0x59
const PAM_COUNT = 7
/** The programmable attribute maps in configuration space. */
export const PAM_REGISTERS: readonly number[] = Array.from({ length: PAM_COUNT }, (_, index) => PAM + index)
const PAM_READ = 0x1
const PAM_WRITE = 0x2
/** Parts of 16 KiB: 12 below F0000, each with a half of a register of its own, then four that share the upper half of the first. */
const PARTS = 16
const PARTS_BELOW_BIOS = 12
export const SMRAM = 0x72
const DRAM_ROW_BOUNDARIES = 0x60
const DRAM_ROWS = 8
/** A row boundary counts 8 MiB. */
const ROW_SHIFT = 23
const RED_HAT = 0x1af4
const QEMU_MACHINE = 0x1100

/** What answers in a part of C0000–FFFFF: RAM where true, else ROM or nothing. */
export interface Shadow {
  readonly read: boolean
  readonly write: boolean
}

export class I440fx implements PciFunction {
  readonly name = '82441FX host bridge'
  /** The subsystem is what tells firmware that this is a virtual PC with QEMU's interfaces. */
  readonly identity = { vendor: 0x8086, device: 0x1237, revision: 2, classCode: 0x060000, subsystemVendor: RED_HAT, subsystem: QEMU_MACHINE } as const
  readonly registers: readonly PciRegister[]
  readonly #setShadow: (parts: readonly Shadow[]) => void
  #shown = ''

  /** @param setShadow hears of all parts of 16 KiB from C0000 on whenever one of them changes */
  constructor(memoryBytes: number, setShadow: (parts: readonly Shadow[]) => void) {
    this.#setShadow = setShadow
    const rows = Math.min(0xff, memoryBytes >>> ROW_SHIFT)
    this.registers = [
      ...PAM_REGISTERS.map((at): PciRegister => ({ at, bytes: 1, value: 0, writable: 0x33 })),
      ...Array.from({ length: DRAM_ROWS }, (_, i): PciRegister => ({ at: DRAM_ROW_BOUNDARIES + i, bytes: 1, value: rows, writable: 0xff })),
      { at: SMRAM, bytes: 1, value: 0x02, writable: 0x78 },
    ]
  }

  configured(config: PciConfig, at: number, bytes: number): void {
    if (at < PAM + PAM_COUNT && at + bytes > PAM) this.restored(config)
  }

  restored(config: PciConfig): void {
    const parts = Array.from({ length: PARTS }, (_, part) => partOf(config, part))
    const shown = parts.map(({ read, write }) => `${Number(read)}${Number(write)}`).join()
    if (shown === this.#shown) return
    this.#shown = shown
    this.#setShadow(parts)
  }
}

function partOf(config: PciConfig, part: number): Shadow {
  // PAM0 has F0000 in its upper half; PAM1 to PAM6 have two parts each, the first in the lower half.
  const value = part >= PARTS_BELOW_BIOS ? config.read(PAM, 1) >> 4 : config.read(PAM + 1 + (part >> 1), 1) >> (part & 1 ? 4 : 0)
  return { read: (value & PAM_READ) !== 0, write: (value & PAM_WRITE) !== 0 }
}
