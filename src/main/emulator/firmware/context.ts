import type { CpuModel } from '../cpu/system/models'
import type { Kbc8042 } from '../devices/kbc8042'
import type { LocalApic } from '../devices/local-apic'
import type { PciBus } from '../devices/pci-bus'
import type { PicPair } from '../devices/pic8259'
import type { RtcMc146818 } from '../devices/rtc-mc146818'
import type { Vga } from '../devices/vga'
import type { BootChoice } from '../machine/boot-order'
import type { Drives } from '../machine/drives'
import type { GuestMemory } from '../machine/guest-memory'
import type { IoBus } from '../machine/io-bus'
import type { FirmwareCall } from './call'
import type { StateFields } from '../state/fields'

/** The parts of the machine that the BIOS works with. */
export interface FirmwareHost {
  readonly memory: GuestMemory
  readonly memoryBytes: number
  readonly model: CpuModel
  readonly processors: number
  readonly ports: IoBus
  readonly pic: PicPair
  /** Undefined: the processor has none. */
  readonly localApic: LocalApic | undefined
  readonly pci: PciBus
  readonly hasHpet: boolean
  readonly keyboard: Kbc8042
  readonly rtc: RtcMc146818
  readonly vga: Vga
  readonly drives: Drives
  /** Which of them are tried first, and whether a menu is offered. */
  readonly boot: BootChoice
  /** Present tick of virtual time. */
  now(): number
  /** Instructions executed so far. */
  instructions(): number
  /** Lets virtual time pass up to a tick, but not past the next event of a device. */
  skipTo(tick: number): void
  resetMachine(): void
  /** The ROM has other content. */
  installRom(bytes: Uint8Array): void
  /** Physical address of a linear one by the program's page tables; undefined: not present. */
  translate(linear: number): number | undefined
  /** Ends the run: the PC is off. */
  powerOff(): void
  /** Hears where the boot sector, or what a CD boots, is entered: linear address. */
  bootEntered(linear: number): void
  /** Hears that a program has the BIOS show something. */
  shown(): void
  /** A service holds something from one call to the next, which is saved and loaded under this name. */
  remembers(name: string, exchange: (state: StateFields) => void): void
}

/**
 * A BIOS service. True: the stub's other way is taken (see the shapes in `rom.ts`): the service waits, or has given up.
 */
export type Service = (call: FirmwareCall) => boolean | undefined | void
