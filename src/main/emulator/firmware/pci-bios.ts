/** INT 1Ah AH=B1h, and the entry of the 32-bit service directory (`protected-rom.ts`): PCI BIOS Specification 2.1. */
import { type PciBus, slotNumber } from '../devices/pci-bus'
import type { GuestMemory } from '../machine/guest-memory'
import type { FirmwareCall } from './call'
import { ProtectedCall } from './protected-call'
import { EXCLUSIVE_IRQS, routingEntries } from './pci-routing'

/** "PCI ". */
const SIGNATURE = 0x20494350
/** Configuration mechanism 1; no special cycles. */
const MECHANISM = 0x01
const VERSION = 0x0210
const LAST_BUS = 0
const CLASS_AND_REVISION = 0x08
const VENDOR_AND_DEVICE = 0x00

const Status = { ok: 0x00, unsupported: 0x81, badVendor: 0x83, notFound: 0x86, badRegister: 0x87, tooSmall: 0x89 } as const
const NO_VENDOR = 0xffff

export function pciBios(bus: PciBus, memory: GuestMemory): (call: FirmwareCall) => void {
  /** The SI-th function that fits; its place goes to BX. */
  const find = (call: FirmwareCall, fits: (slot: number) => boolean): number => {
    const found = bus.slots.map(({ device, fn }) => slotNumber(device, fn)).filter(fits)[call.si]
    if (found === undefined) return Status.notFound
    call.bx = found
    return Status.ok
  }
  /** BH bus, BL device and function, DI register. @param work with all ones for what is not there */
  const access = (bytes: 1 | 2 | 4, work: (call: FirmwareCall, bytes: 1 | 2 | 4) => void) => (call: FirmwareCall): number => {
    if (call.di > 0xff || call.di % bytes !== 0) return Status.badRegister
    work(call, bytes)
    return Status.ok
  }
  const read = (call: FirmwareCall, bytes: 1 | 2 | 4): void => {
    const value = call.bh === LAST_BUS ? bus.readConfig(call.bl, call.di, bytes) : 0xffff_ffff
    if (bytes === 1) call.cl = value
    else if (bytes === 2) call.cx = value
    else call.ecx = value
  }
  const write = (call: FirmwareCall, bytes: 1 | 2 | 4): void => {
    const value = bytes === 1 ? call.cl : bytes === 2 ? call.cx : call.ecx
    if (call.bh === LAST_BUS) bus.writeConfig(call.bl, call.di, bytes, value)
  }

  const functions: Readonly<Record<number, (call: FirmwareCall) => number>> = {
    0x01: (call) => {
      call.al = MECHANISM
      call.bx = VERSION
      call.cl = LAST_BUS
      call.edx = SIGNATURE
      call.edi = 0
      return Status.ok
    },
    0x02: (call) => {
      if (call.dx === NO_VENDOR) return Status.badVendor
      const wanted = ((call.cx << 16) | call.dx) >>> 0
      return find(call, (slot) => bus.readConfig(slot, VENDOR_AND_DEVICE, 4) === wanted)
    },
    0x03: (call) => {
      const wanted = call.ecx & 0xff_ffff
      return find(call, (slot) => bus.readConfig(slot, CLASS_AND_REVISION, 4) >>> 8 === wanted)
    },
    // ES:DI: bytes that the buffer takes, and its address as offset and segment.
    0x0e: (call) => {
      // Its buffer has a far pointer of 48 bits there.
      if (call instanceof ProtectedCall) return Status.unsupported
      const at = call.inEs(call.di)
      const entries = routingEntries(bus)
      const room = memory.read16(at)
      memory.write16(at, entries.length)
      if (room < entries.length) return Status.tooSmall
      memory.writeBytes(memory.read16(at + 4) * 16 + memory.read16(at + 2), entries)
      call.bx = EXCLUSIVE_IRQS
      return Status.ok
    },
    0x08: access(1, read),
    0x09: access(2, read),
    0x0a: access(4, read),
    0x0b: access(1, write),
    0x0c: access(2, write),
    0x0d: access(4, write),
  }

  return (call) => {
    const status = (functions[call.al] ?? (() => Status.unsupported))(call)
    call.ah = status
    call.carry = status !== Status.ok
  }
}
