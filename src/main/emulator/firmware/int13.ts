/**
 * INT 13h, disks: the classic services (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference) and the extensions
 * (Enhanced Disk Drive Specification 3.0). One drive: hard disk 80h or diskette 00h.
 */
import { FIRST_HARD_DISK, SECTOR_BYTES } from '../machine/disk'
import { ES } from '../cpu/state/bits'
import { BDA } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import { DISKETTE_TABLE_OFFSET, ROM_SEGMENT } from './rom'

/** Status codes in AH. */
const Status = { ok: 0x00, invalid: 0x01, sectorNotFound: 0x04, boundary: 0x09 } as const
const MAX_CHS_SECTORS = 128
/** A DMA channel, which diskettes are read through, does not go beyond such a block of physical memory. */
const DMA_BLOCK = 0x1_0000
/** The extensions transfer at most this many sectors a call; the classic services fit AL. */
const MAX_LBA_SECTORS = 127

type Functions = Readonly<Record<number, (call: FirmwareCall) => number>>

export function diskService(host: FirmwareHost): Service {
  const { memory, disk } = host

  const transfer = (direction: 'read' | 'write' | 'verify', lba: number, count: number, address: number): number => {
    if (lba + count > disk.sectors) return Status.sectorNotFound
    for (let i = 0; i < count; i++) {
      const at = address + i * SECTOR_BYTES
      if (direction === 'read') memory.writeBytes(at, disk.read(lba + i))
      else if (direction === 'write') disk.write(lba + i, memory.readBytes(at, SECTOR_BYTES))
    }
    return Status.ok
  }

  /** CH cylinder low, CL bits 7–6 cylinder high, bits 5–0 sector from 1, DH head, AL count, ES:BX buffer. */
  const chs = (call: FirmwareCall, direction: 'read' | 'write' | 'verify'): number => {
    const { cylinders, heads, sectorsPerTrack } = disk.geometry
    const count = call.al
    const cylinder = call.ch | ((call.cl & 0xc0) << 2)
    const sector = call.cl & 0x3f
    call.al = 0
    if (count === 0 || count > MAX_CHS_SECTORS || sector === 0) return Status.invalid
    if (sector > sectorsPerTrack || call.dh >= heads || cylinder >= cylinders) return Status.sectorNotFound
    if (direction !== 'verify' && call.bx + count * SECTOR_BYTES > 0x10000) return Status.boundary
    const address = call.inEs(call.bx)
    if (disk.floppy && direction !== 'verify' && (address % DMA_BLOCK) + count * SECTOR_BYTES > DMA_BLOCK) return Status.boundary
    const status = transfer(direction, (cylinder * heads + call.dh) * sectorsPerTrack + sector - 1, count, address)
    if (status === Status.ok) call.al = count
    return status
  }

  /** DS:SI: size (16 or 24), 0, u16 count, u32 buffer as segment:offset, u64 sector; 24: u64 flat buffer when segment:offset is all ones. */
  const packet = (call: FirmwareCall, direction: 'read' | 'write' | 'verify' | 'seek'): number => {
    const at = call.inDs(call.si)
    const size = memory.read8(at)
    const count = memory.read16(at + 2)
    const offset = memory.read16(at + 4)
    const segment = memory.read16(at + 6)
    const lba = memory.read32(at + 8) + memory.read32(at + 12) * 2 ** 32
    if (size < 16) return Status.invalid
    if (direction === 'seek') return lba < disk.sectors ? Status.ok : Status.sectorNotFound
    const flat = size >= 24 && offset === 0xffff && segment === 0xffff
    const status =
      count > MAX_LBA_SECTORS ? Status.invalid : transfer(direction, lba, count, flat ? memory.read32(at + 16) : segment * 16 + offset)
    if (status !== Status.ok) memory.write16(at + 2, 0)
    return status
  }

  /** AH=48h, DS:SI: result buffer of at least 26 bytes, whose first word is its size. */
  const parameters = (call: FirmwareCall): number => {
    const at = call.inDs(call.si)
    if (memory.read16(at) < 26) return Status.invalid
    const { cylinders, heads, sectorsPerTrack } = disk.geometry
    memory.write16(at, 26)
    // Bit 1: the CHS values are valid.
    memory.write16(at + 2, 0x0002)
    memory.write32(at + 4, cylinders)
    memory.write32(at + 8, heads)
    memory.write32(at + 12, sectorsPerTrack)
    memory.write32(at + 16, disk.sectors)
    memory.write32(at + 20, 0)
    memory.write16(at + 24, SECTOR_BYTES)
    return Status.ok
  }

  /** Both kinds of drive. */
  const common: Functions = {
    0x00: () => Status.ok,
    0x01: (call) => {
      const last = memory.read8(BDA.diskStatus)
      call.ah = last
      return last
    },
    0x02: (call) => chs(call, 'read'),
    0x03: (call) => chs(call, 'write'),
    0x04: (call) => chs(call, 'verify'),
  }

  const hardDisk: Functions = {
    ...common,
    0x08: (call) => {
      const { cylinders, heads, sectorsPerTrack } = disk.geometry
      const last = cylinders - 1
      call.ax = 0
      call.cx = ((last & 0xff) << 8) | ((last >> 2) & 0xc0) | sectorsPerTrack
      call.dx = ((heads - 1) << 8) | 1
      return Status.ok
    },
    0x0c: () => Status.ok,
    0x0d: () => Status.ok,
    0x10: () => Status.ok,
    0x11: () => Status.ok,
    0x41: (call) => {
      if (call.bx !== 0x55aa) return Status.invalid
      call.bx = 0xaa55
      // Packet access and enhanced drive support, of EDD version 3.0.
      call.cx = 0x0005
      return Status.ok
    },
    0x42: (call) => packet(call, 'read'),
    0x43: (call) => packet(call, 'write'),
    0x44: (call) => packet(call, 'verify'),
    0x47: (call) => packet(call, 'seek'),
    0x48: parameters,
  }

  const diskette: Functions = {
    ...common,
    0x08: (call) => {
      const { cylinders, heads, sectorsPerTrack } = disk.geometry
      call.ax = 0
      call.bx = disk.floppy?.driveType ?? 0
      call.cx = ((cylinders - 1) << 8) | sectorsPerTrack
      call.dx = ((heads - 1) << 8) | 1
      call.state.setSegment(ES, { ...call.state.segment(ES), selector: ROM_SEGMENT, base: BigInt(ROM_SEGMENT << 4) })
      call.state.updateEffectiveSegment(ES)
      call.di = DISKETTE_TABLE_OFFSET
      return Status.ok
    },
  }

  const functions = disk.floppy ? diskette : hardDisk

  /** Kind of drive in AH: 0 none, 1 diskette without change line, 3 hard disk (CX:DX sectors). */
  const kind = (call: FirmwareCall): void => {
    const present = call.dl === disk.drive
    call.ah = !present ? 0 : disk.floppy ? 1 : 3
    call.carry = !present
    if (!present || disk.floppy) return
    call.cx = disk.sectors >>> 16
    call.dx = disk.sectors & 0xffff
  }

  return (call) => {
    const request = call.ah
    if (request === 0x15) {
      kind(call)
      return
    }
    if (call.dl !== disk.drive) {
      call.ah = Status.invalid
      // AH=08h says how many drives there are.
      if (request === 0x08 && call.dl < FIRST_HARD_DISK) call.dx = disk.floppy ? 1 : 0
      call.carry = true
      memory.write8(BDA.diskStatus, Status.invalid)
      return
    }
    const status = functions[request]?.(call) ?? Status.invalid
    call.ah = request === 0x41 && status === Status.ok ? 0x30 : status
    call.carry = status !== Status.ok
    if (request !== 0x01) memory.write8(BDA.diskStatus, status)
  }
}
