/**
 * INT 13h, disks: the classic services (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference), the extensions
 * (Enhanced Disk Drive Specification 3.0) and those of bootable CDs ("El Torito" Bootable CD-ROM Format Specification 1.0).
 */
import type { BootMedium } from '../../../shared/machine-schemas'
import { idePositions } from '../machine/ide-positions'
import { type Disk, FIRST_HARD_DISK, SECTOR_BYTES } from '../machine/disk'
import { BDA } from './bda'
import type { FirmwareCall } from './call'
import type { FirmwareHost, Service } from './context'
import { writeCdSpecification } from './int13-cd'
import { type DevicePath, writeDriveParameters } from './int13-edd'
import type { Quirks } from './quirks'
import { DISKETTE_TABLE_OFFSET, ROM_SEGMENT } from './rom'

/** Status codes in AH. */
const Status = { ok: 0x00, invalid: 0x01, writeProtected: 0x03, sectorNotFound: 0x04, boundary: 0x09, mediumUnknown: 0x0c, notRemovable: 0xb2 } as const
const MAX_CHS_SECTORS = 128
/** Tables of AH=05h: four bytes a sector; size 2 is 512 bytes. */
const FORMAT_ENTRY_BYTES = 4
const FORMAT_512 = 2
const FORMAT_FILLER = 0xf6
const LAST_DRIVE_TYPE = 5
const LAST_CONFIGURATION = 6
/** A DMA channel, which diskettes are read through, does not go beyond such a block of physical memory. */
const DMA_BLOCK = 0x1_0000
/** The extensions transfer at most this many sectors a call; the classic services fit AL. */
const MAX_LBA_SECTORS = 127
/** From this function on the services are extensions. */
const FIRST_EXTENSION = 0x41

type Direction = 'read' | 'write' | 'verify'
type Functions = Readonly<Record<number, (call: FirmwareCall, disk: Disk) => number>>

export function diskService(host: FirmwareHost, quirks: Quirks): Service {
  const { memory, drives } = host
  const failures = new Map(quirks.badSectors?.map((bad) => [bad, bad.attempts ?? Infinity]))
  host.remembers('disk faults', (state) => {
    for (const [index, [bad, left]] of [...failures].entries()) failures.set(bad, state.tick(`left of ${index}`, left))
  })

  /** The status of a fault that lies among these sectors and has attempts left. */
  const injected = (disk: Disk, lba: number, count: number): number | undefined => {
    if (disk !== drives.boot) return undefined
    for (const [bad, left] of failures) {
      if (left === 0 || lba > bad.last || lba + count <= bad.first) continue
      failures.set(bad, left - 1)
      return bad.status
    }
    return undefined
  }

  const transfer = (disk: Disk, direction: Direction, lba: number, count: number, address: number): number => {
    if (lba + count > disk.sectors) return Status.sectorNotFound
    if (direction === 'write' && disk.readOnly) return Status.writeProtected
    if (quirks.mostSectors !== undefined && count > quirks.mostSectors) return Status.invalid
    const fault = injected(disk, lba, count)
    if (fault !== undefined) return fault
    if (direction === 'read') memory.writeBytes(address, disk.read(lba, count))
    if (direction !== 'write') return Status.ok
    for (let i = 0; i < count; i++) disk.write(lba + i, memory.readBytes(address + i * SECTOR_BYTES, SECTOR_BYTES))
    return Status.ok
  }

  /** CH cylinder low, CL bits 7–6 cylinder high, bits 5–0 sector from 1, DH head, AL count, ES:BX buffer. */
  const chs = (direction: Direction) => (call: FirmwareCall, disk: Disk): number => {
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
    const status = transfer(disk, direction, (cylinder * heads + call.dh) * sectorsPerTrack + sector - 1, count, address)
    if (status === Status.ok) call.al = count
    return status
  }

  /** DS:SI: size (16 or 24), 0, u16 count, u32 buffer as segment:offset, u64 sector; 24: u64 flat buffer when segment:offset is all ones. */
  const packet = (direction: Direction | 'seek') => (call: FirmwareCall, disk: Disk): number => {
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
      count > MAX_LBA_SECTORS ? Status.invalid : transfer(disk, direction, lba, count, flat ? memory.read32(at + 16) : segment * 16 + offset)
    if (status !== Status.ok) memory.write16(at + 2, 0)
    return status
  }

  const positions = idePositions(drives)
  const devicePath = (disk: Disk): DevicePath | undefined => {
    const position = positions.indexOf(disk)
    return position < 0 ? undefined : { channel: position >> 1, slave: (position & 1) === 1, packets: disk.medium === 'cd' }
  }
  /** AH=48h, DS:SI: result buffer. */
  const parameters = (call: FirmwareCall, disk: Disk): number => (writeDriveParameters(memory, call.inDs(call.si), disk, devicePath(disk)) ? Status.ok : Status.invalid)

  const present = (call: FirmwareCall): number => {
    if (call.bx !== 0x55aa) return Status.invalid
    call.bx = 0xaa55
    // Packet access and enhanced drive support, of EDD version 3.0.
    call.cx = 0x0005
    return Status.ok
  }

  const specification = (call: FirmwareCall): number => {
    const { cdEntry, cdBoots } = drives
    if (!cdBoots || cdEntry === undefined || 'why' in cdEntry) return Status.invalid
    writeCdSpecification(memory, call.inDs(call.si), cdEntry, cdBoots)
    return Status.ok
  }

  /** All kinds of drive. */
  const common: Functions = {
    0x00: () => Status.ok,
    0x01: (call) => {
      const last = memory.read8(BDA.diskStatus)
      call.ah = last
      return last
    },
  }
  /**
   * CH track, DH head, ES:BX a table of four bytes for each sector: track, head, number, size. The track is filled as controllers fill it; a hard
   * disk's is as it came from the factory.
   */
  const formatTrack = (call: FirmwareCall, disk: Disk): number => {
    const { cylinders, heads, sectorsPerTrack } = disk.geometry
    const cylinder = disk.floppy ? call.ch : call.ch | ((call.cl & 0xc0) << 2)
    if (cylinder >= cylinders || call.dh >= heads) return Status.sectorNotFound
    if (disk.readOnly) return Status.writeProtected
    if (!disk.floppy) return Status.ok
    const table = call.inEs(call.bx)
    const first = (cylinder * heads + call.dh) * sectorsPerTrack
    const blank = new Uint8Array(SECTOR_BYTES).fill(FORMAT_FILLER)
    for (let i = 0; i < Math.min(call.al, sectorsPerTrack); i++) {
      const [track, head, sector, size] = memory.readBytes(table + i * FORMAT_ENTRY_BYTES, FORMAT_ENTRY_BYTES)
      if (track !== cylinder || head !== call.dh || sector === undefined || sector === 0 || sector > sectorsPerTrack || size !== FORMAT_512) return Status.invalid
      disk.write(first + sector - 1, blank)
    }
    return Status.ok
  }

  const seek = (call: FirmwareCall, { geometry: { cylinders, heads } }: Disk): number => {
    const cylinder = call.ch | ((call.cl & 0xc0) << 2)
    return cylinder < cylinders && call.dh < heads ? Status.ok : Status.sectorNotFound
  }
  const nothing = (): number => Status.ok
  /** AH=45h: AL 0 locks, 1 unlocks, 2 asks (AL: 0). AH=46h: nothing comes out of a drive that an image is in. */
  const lock = (call: FirmwareCall): number => {
    if (call.al > 2) return Status.invalid
    call.al = 0
    return Status.ok
  }

  const classic: Functions = { ...common, 0x02: chs('read'), 0x03: chs('write'), 0x04: chs('verify'), 0x05: formatTrack }
  const extensions: Functions = {
    0x41: present,
    0x42: packet('read'),
    0x43: packet('write'),
    0x44: packet('verify'),
    0x45: lock,
    0x46: () => Status.notRemovable,
    0x47: packet('seek'),
    0x48: parameters,
    // The medium was not changed.
    0x49: nothing,
    // Set hardware configuration: DMA and prefetch as they please.
    0x4e: (call) => {
      if (call.al > LAST_CONFIGURATION) return Status.invalid
      call.al = 0
      return Status.ok
    },
  }

  const functions: Readonly<Record<BootMedium, Functions>> = {
    disk: {
      ...classic,
      ...extensions,
      0x08: (call, { geometry: { cylinders, heads, sectorsPerTrack } }) => {
        const last = cylinders - 1
        call.ax = 0
        call.cx = ((last & 0xff) << 8) | ((last >> 2) & 0xc0) | sectorsPerTrack
        call.dx = ((heads - 1) << 8) | drives.hardDisks
        return Status.ok
      },
      // Initialise with the table at vector 41h.
      0x09: nothing,
      0x0c: seek,
      0x0d: nothing,
      0x10: nothing,
      0x11: nothing,
      0x14: nothing,
      0x19: nothing,
    },
    floppy: {
      ...classic,
      0x08: (call, { geometry: { cylinders, heads, sectorsPerTrack }, floppy }) => {
        call.ax = 0
        call.bx = floppy?.driveType ?? 0
        call.cx = ((cylinders - 1) << 8) | sectorsPerTrack
        call.dx = ((heads - 1) << 8) | 1
        call.es = ROM_SEGMENT
        call.di = DISKETTE_TABLE_OFFSET
        return Status.ok
      },
      // The diskette was not changed.
      0x16: nothing,
      // Set type of drive, or of medium, before a format.
      0x17: (call) => (call.al >= 1 && call.al <= LAST_DRIVE_TYPE ? Status.ok : Status.invalid),
      0x18: (call, { geometry: { cylinders, sectorsPerTrack } }) => {
        const track = call.ch | ((call.cl & 0xc0) << 2)
        if (track !== cylinders - 1 || (call.cl & 0x3f) !== sectorsPerTrack) return Status.mediumUnknown
        call.es = ROM_SEGMENT
        call.di = DISKETTE_TABLE_OFFSET
        return Status.ok
      },
    },
    cd: { ...common, ...extensions },
  }

  /** Kind of drive in AH: 0 none, 1 diskette without change line, 2 removable with one, 3 hard disk (CX:DX sectors). */
  const kind = (call: FirmwareCall, disk: Disk | undefined): void => {
    const kinds = { floppy: 1, cd: 2, disk: 3 } as const
    call.ah = disk ? kinds[disk.medium] : 0
    call.carry = !disk
    if (disk?.medium !== 'disk') return
    const sectors = Math.min(disk.sectors, 0xffff_ffff)
    call.cx = sectors >>> 16
    call.dx = sectors & 0xffff
  }

  const absent = (call: FirmwareCall, request: number): number => {
    // AH=08h says how many drives there are.
    if (request === 0x08 && call.dl < FIRST_HARD_DISK) call.dx = drives.floppy ? 1 : 0
    return Status.invalid
  }

  return (call) => {
    const request = call.ah
    const disk = drives.get(call.dl)
    if (request === 0x15) {
      kind(call, disk)
      return
    }
    const extension = request >= FIRST_EXTENSION
    let status: number
    if (extension && quirks.noExtensions === true) status = Status.invalid
    else if (request === 0x4b && call.al <= 1) status = specification(call)
    else status = disk ? (functions[disk.medium][request]?.(call, disk) ?? Status.invalid) : absent(call, request)
    call.ah = request === 0x41 && status === Status.ok ? 0x30 : status
    call.carry = status !== Status.ok
    if (request !== 0x01 || !disk) memory.write8(BDA.diskStatus, status)
  }
}
