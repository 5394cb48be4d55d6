/**
 * Which interrupt pin of which device is wired to which input of the interrupt router: the table "$PIR" in the ROM (Microsoft, PCI IRQ Routing Table
 * Specification 1.0), whose entries INT 1Ah AX=B10Eh hands out as well (PCI BIOS Specification 2.1, "Get PCI Interrupt Routing Options").
 */
import { type PciBus, slotNumber } from '../devices/pci-bus'
import { PIRQ_ROUTES, pirqOf } from '../devices/piix3-isa'

const SIGNATURE = '$PIR'
const VERSION = 0x0100
const HEADER_BYTES = 32
const ENTRY_BYTES = 16
const PINS = [1, 2, 3, 4] as const
const ROUTER = slotNumber(1, 0)
/** A router that is programmed as this one: Intel's PIIX (vendor 8086h, device 122Eh). */
const COMPATIBLE_ROUTER = 0x122e_8086
/** IRQ 3–7, 9–12, 14 and 15 can be led to. */
const POSSIBLE_IRQS = 0xdef8
/** IRQs that belong to PCI devices alone. */
export const EXCLUSIVE_IRQS = (1 << 10) | (1 << 11)

/** An entry for each device: bus, device, then for each pin the router's register and the IRQs that it can be led to; slot 0 is on the board. */
export function routingEntries(bus: PciBus): Uint8Array {
  const devices = [...new Set(bus.slots.map(({ device }) => device))]
  const bytes = new Uint8Array(devices.length * ENTRY_BYTES)
  const view = new DataView(bytes.buffer)
  devices.forEach((device, i) => {
    const at = i * ENTRY_BYTES
    view.setUint8(at + 1, slotNumber(device, 0))
    PINS.forEach((pin, k) => {
      view.setUint8(at + 2 + k * 3, PIRQ_ROUTES + pirqOf(device, pin))
      view.setUint16(at + 3 + k * 3, POSSIBLE_IRQS, true)
    })
  })
  return bytes
}

export function routingTable(bus: PciBus): Uint8Array {
  const entries = routingEntries(bus)
  const bytes = new Uint8Array(HEADER_BYTES + entries.length)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from(SIGNATURE, 'latin1'))
  view.setUint16(4, VERSION, true)
  view.setUint16(6, bytes.length, true)
  view.setUint8(9, ROUTER)
  view.setUint16(10, EXCLUSIVE_IRQS, true)
  view.setUint32(12, COMPATIBLE_ROUTER, true)
  bytes.set(entries, HEADER_BYTES)
  // All bytes sum to 0.
  view.setUint8(31, -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff)
  return bytes
}
