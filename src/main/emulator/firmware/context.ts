import type { CpuModel } from '../cpu/system/models'
import type { Kbc8042 } from '../devices/kbc8042'
import type { LocalApic } from '../devices/local-apic'
import type { PciBus } from '../devices/pci-bus'
import type { PicPair } from '../devices/pic8259'
import type { RtcMc146818 } from '../devices/rtc-mc146818'
import type { Vga } from '../devices/vga'
import type { Drives } from '../machine/drives'
import type { GuestMemory } from '../machine/guest-memory'
import type { IoBus } from '../machine/io-bus'
import type { FirmwareCall } from './call'

/** The parts of the machine that the BIOS works with. */
export interface FirmwareHost {
  readonly memory: GuestMemory
  readonly memoryBytes: number
  readonly model: CpuModel
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
  /** Present tick of virtual time. */
  now(): number
  /** Instructions executed so far. */
  instructions(): number
  /** Lets virtual time pass up to a tick, but not past the next event of a device. */
  skipTo(tick: number): void
  resetMachine(): void
  /** The ROM has other content. */
  installRom(bytes: Uint8Array): void
  /** Ends the run: the PC is off. */
  powerOff(): void
  /** Hears where the boot sector, or what a CD boots, is entered: linear address. */
  bootEntered(linear: number): void
  /** Hears that a program has the BIOS show something. */
  shown(): void
}

/**
 * A BIOS service. True: the stub's other way is taken (see the shapes in `rom.ts`): the service waits, or has given up.
 */
export type Service = (call: FirmwareCall) => boolean | undefined | void
