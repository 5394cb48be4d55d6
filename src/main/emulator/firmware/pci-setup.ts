/**
 * What a BIOS does with the PCI bus at power-on (PCI BIOS Specification 2.1, and what SeaBIOS does on this board): gives every function its memory and
 * ports, and leads the interrupt pins to IRQ 10 and 11.
 */
import { PCI, PCI_COMMAND } from '../devices/pci-config'
import { type PciBus, type PciSlot, slotNumber } from '../devices/pci-bus'
import type { PciBar } from '../devices/pci-function'
import { barOffset } from '../devices/pci-config'
import { ELCR_PORT, PIRQ_ROUTES, pirqOf } from '../devices/piix3-isa'
import type { IoBus } from '../machine/io-bus'
import { FRAMEBUFFER } from '../machine/memory-map'

/** Framebuffers come first, from here on; other memory follows in a window of its own, and ports from C000h on. */
const WINDOWS = { prefetchable: FRAMEBUFFER, memory: 0xfeb0_0000, io: 0xc000 } as const
const ISA_BRIDGE = slotNumber(1, 0)
/** IRQ of PIRQA to PIRQD. */
const PIRQ_LINES = [10, 10, 11, 11] as const

export function setUpPci(bus: PciBus, ports: IoBus): void {
  const next: Record<PciBar['kind'], number> = { ...WINDOWS }
  PIRQ_LINES.forEach((irq, pirq) => bus.writeConfig(ISA_BRIDGE, PIRQ_ROUTES + pirq, 1, irq))
  const level = PIRQ_LINES.reduce((lines, irq) => lines | (1 << irq), 0)
  ports.write8(ELCR_PORT, level & 0xff)
  ports.write8(ELCR_PORT + 1, level >> 8)
  for (const { device, fn, function: { bars = [], identity } } of bus.slots) {
    const slot = slotNumber(device, fn)
    // The largest first, so that aligning wastes nothing. An expansion ROM belongs to other firmware.
    for (const bar of bars.filter(({ index }) => index !== 'rom').toSorted((a, b) => b.bytes - a.bytes)) {
      const base = Math.ceil(next[bar.kind] / bar.bytes) * bar.bytes
      bus.writeConfig(slot, barOffset(bar), 4, base)
      next[bar.kind] = base + bar.bytes
    }
    if (identity.interruptPin !== undefined) bus.writeConfig(slot, PCI.interruptLine, 1, PIRQ_LINES[pirqOf(device, identity.interruptPin)] ?? 0)
    bus.writeConfig(slot, PCI.command, 2, commandOf(bars))
  }
}

function commandOf(bars: NonNullable<PciSlot['function']['bars']>): number {
  const io = bars.some(({ kind }) => kind === 'io') ? PCI_COMMAND.io : 0
  const memory = bars.some(({ kind }) => kind !== 'io') ? PCI_COMMAND.memory : 0
  return io | memory
}
