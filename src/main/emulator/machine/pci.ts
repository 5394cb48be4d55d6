/** The PCI side of the board: bus 0 with host bridge (device 0), ISA bridge and IDE (device 1) and display (device 2), as in QEMU's "pc" machine. */
import type { BusMemory } from '../devices/bus-memory'
import { I440fx } from '../devices/i440fx'
import type { PicPair } from '../devices/pic8259'
import { PciBus } from '../devices/pci-bus'
import { type IdeDrives, Piix3Ide } from '../devices/piix3-ide'
import { Piix3Isa } from '../devices/piix3-isa'
import { VgaPci } from '../devices/vga-pci'
import type { Clock } from './clock'
import type { IoBus } from './io-bus'
import type { MemoryMap } from './memory-map'

export interface PciBoardWiring {
  readonly clock: Clock
  readonly memory: MemoryMap
  readonly ports: IoBus
  readonly pic: PicPair
  readonly ide: IdeDrives
  readonly busMemory: BusMemory
  /** Other memory answers at some addresses. */
  readonly memoryMapChanged: () => void
  readonly resetMachine: () => void
  /** The display's BIOS, where it has one. */
  readonly vgaRom: Uint8Array | undefined
}

export const ISA_BRIDGE = 1
const DISPLAY = 2
export const IDE_IRQS = [14, 15] as const

export class PciBoard {
  readonly bus: PciBus
  readonly isa: Piix3Isa
  readonly ide: Piix3Ide

  constructor({ clock, memory, ports, pic, ide, busMemory, memoryMapChanged, resetMachine, vgaRom }: PciBoardWiring) {
    const isa = new Piix3Isa({ irq: (irq) => pic.line(irq), setLevelTriggered: (lines) => pic.setLevelTriggered(lines), resetMachine })
    this.isa = isa
    this.bus = new PciBus({
      memory: { isFree: (first, bytes) => memory.isFree(first, bytes), map: (first, bytes, device) => memory.mapDevice(first, bytes, device) },
      ports,
      interrupt: (device, pin, level) => isa.interrupt(device, pin, level),
      resetControl: isa.resetControl,
    })
    const host = new I440fx(memory.bytes, (parts) => {
      parts.forEach((part, index) => memory.setShadow(index, part))
      memoryMapChanged()
    })
    const framebuffer = (base: number | undefined): void => {
      memory.framebuffer = base
      memoryMapChanged()
    }
    this.ide = new Piix3Ide({ clock, memory: busMemory, irqs: [pic.line(IDE_IRQS[0]), pic.line(IDE_IRQS[1])], drives: ide })
    this.bus.add(0, 0, host)
    this.bus.add(ISA_BRIDGE, 0, isa)
    this.bus.add(ISA_BRIDGE, 1, this.ide)
    this.bus.add(DISPLAY, 0, new VgaPci({ videoBytes: memory.videoMemory.length, framebuffer, ports, rom: vgaRom }))
  }
}
