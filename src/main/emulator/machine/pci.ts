/** The PCI side of the board: bus 0 with host bridge (device 0), ISA bridge and IDE (device 1) and display (device 2), as in QEMU's "pc" machine. */
import type { BusMemory } from '../devices/bus-memory'
import { E1000 } from '../devices/e1000'
import { I440fx } from '../devices/i440fx'
import type { PicPair } from '../devices/pic8259'
import { PciBus } from '../devices/pci-bus'
import type { PciFunction } from '../devices/pci-function'
import { type IdeDrives, Piix3Ide } from '../devices/piix3-ide'
import { Piix3Isa } from '../devices/piix3-isa'
import { VgaPci } from '../devices/vga-pci'
import { type NetworkOptions, UserNetwork } from '../net/user-network'
import type { Clock } from './clock'
import type { IoBus } from './io-bus'
import type { MemoryMap } from './memory-map'
import type { StorageController } from './storage'

export interface PciBoardWiring {
  readonly clock: Clock
  readonly memory: MemoryMap
  readonly ports: IoBus
  readonly pic: PicPair
  /** PIRQA to PIRQD (0 to 3), for an I/O APIC. */
  readonly pirq: (index: number, level: boolean) => void
  /** Other functions of the ISA bridge's chip, by number. */
  readonly functions: readonly (readonly [fn: number, pciFunction: PciFunction])[]
  readonly ide: IdeDrives
  /** Further controllers for drives, with their device numbers. */
  readonly storage: readonly { readonly device: number; readonly controller: StorageController }[]
  readonly busMemory: BusMemory
  /** Other memory answers at some addresses. */
  readonly memoryMapChanged: () => void
  readonly resetMachine: () => void
  /** What is at the other end of the network card's cable; undefined: there is no card. */
  readonly network: NetworkOptions | undefined
  /** The display's BIOS, where it has one. */
  readonly vgaRom: Uint8Array | undefined
}

export const ISA_BRIDGE = 1
/** Power management, in the chip of the ISA bridge. */
export const POWER_FUNCTION = 3
const DISPLAY = 2
const NETWORK = 3
/** QEMU's. */
const MAC = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56)
export const IDE_IRQS = [14, 15] as const

export class PciBoard {
  readonly bus: PciBus
  readonly isa: Piix3Isa
  readonly ide: Piix3Ide
  readonly networkCard: E1000 | undefined
  /** What is at the other end of the card's cable. */
  readonly network: UserNetwork | undefined
  readonly storage: readonly StorageController[]

  constructor({ clock, memory, ports, pic, pirq, functions, ide, storage, busMemory, memoryMapChanged, resetMachine, network, vgaRom }: PciBoardWiring) {
    const isa = new Piix3Isa({ irq: (irq) => pic.line(irq), pirq, setLevelTriggered: (lines) => pic.setLevelTriggered(lines), resetMachine })
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
    for (const [fn, pciFunction] of functions) this.bus.add(ISA_BRIDGE, fn, pciFunction)
    this.bus.add(ISA_BRIDGE, 1, this.ide)
    this.bus.add(DISPLAY, 0, new VgaPci({ videoBytes: memory.videoMemory.length, framebuffer, ports, rom: vgaRom }))
    for (const { device, controller } of storage) controller.interrupt = this.bus.add(device, 0, controller).interrupt
    this.storage = storage.map(({ controller }) => controller)
    if (network === undefined) return
    const card = new E1000({ clock, memory: busMemory, mac: MAC, send: (frame) => cable.fromGuest(frame) })
    const cable = new UserNetwork(network, clock, (frame) => card.receive(frame))
    card.interrupt = this.bus.add(NETWORK, 0, card).interrupt
    this.networkCard = card
    this.network = cable
  }
}
