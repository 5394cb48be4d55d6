/**
 * QEMU's `-device pc-testdev` (hw/misc/pc-testdev.c), which kvm-unit-tests are written for, on the buses of a machine: four bytes of storage at ports E0h and E8h,
 * a port that makes translations of a page be thrown away (E4h), the ISA interrupt lines 0–15 at 2000h on, and 64 KiB of storage at FF000000h.
 */
import type { MemoryDevice } from '../../../src/main/emulator/devices/device'
import type { Machine } from '../../../src/main/emulator/machine/machine'

const STORAGE_PORT = 0xe0
const FLUSH_PORT = 0xe4
const BYTE_PORT = 0xe8
const STORAGE_BYTES = 4
const LINES_PORT = 0x2000
const LINES = 16
/** Input of the second 8259A, which no device can have. */
const CASCADE = 2
const MEMORY = 0xff00_0000
const MEMORY_BYTES = 0x1_0000

function storage(bytes: number): MemoryDevice {
  const view = new DataView(new ArrayBuffer(bytes))
  return {
    read: (offset, size) => (size === 1 ? view.getUint8(offset) : size === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true)),
    write: (offset, size, value) => (size === 1 ? view.setUint8(offset, value) : size === 2 ? view.setUint16(offset, value, true) : view.setUint32(offset, value, true)),
  }
}

export function attachTestDevice({ bus, memoryMap, pic }: Machine): void {
  bus.map(STORAGE_PORT, STORAGE_BYTES, storage(STORAGE_BYTES))
  // KVM's page is unmapped and mapped again: what processors see afterwards is what they saw before.
  bus.map(FLUSH_PORT, STORAGE_BYTES, { read: () => 0xffff_ffff, write: () => undefined })
  bus.map(BYTE_PORT, STORAGE_BYTES, storage(STORAGE_BYTES))
  const lines = Array.from({ length: LINES }, (_, irq) => (irq === CASCADE ? undefined : pic.line(irq)))
  bus.map(LINES_PORT, LINES, { read: () => 0, write: (irq, _size, value) => lines[irq]?.((value & 0xff) !== 0) })
  memoryMap.mapDevice(MEMORY, MEMORY_BYTES, storage(MEMORY_BYTES))
}
