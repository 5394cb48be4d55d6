/** INT 13h AX=4B00h and 4B01h: what was booted from a CD ("El Torito" Bootable CD-ROM Format Specification 1.0, figure 9: specification packet). */
import type { CdBootEntry } from '../machine/el-torito'
import type { Disk } from '../machine/disk'
import type { GuestMemory } from '../machine/guest-memory'

const PACKET_BYTES = 0x13

/** Writes the packet of 19 bytes to a linear address. `disk`: the drive that was booted from, which may be an emulated one. */
export function writeCdSpecification(memory: GuestMemory, at: number, { media, lba, segment, sectors }: CdBootEntry, disk: Disk): void {
  const { cylinders, heads, sectorsPerTrack } = disk.geometry
  const lastCylinder = Math.max(0, cylinders - 1)
  memory.write8(at, PACKET_BYTES)
  memory.write8(at + 1, media)
  memory.write8(at + 2, disk.drive)
  // The first controller, master drive, no user buffer.
  memory.write8(at + 3, 0)
  memory.write32(at + 4, lba)
  memory.write16(at + 8, 0)
  memory.write16(at + 0x0a, 0)
  memory.write16(at + 0x0c, segment)
  memory.write16(at + 0x0e, sectors)
  memory.write8(at + 0x10, lastCylinder & 0xff)
  memory.write8(at + 0x11, ((lastCylinder >> 2) & 0xc0) | sectorsPerTrack)
  memory.write8(at + 0x12, Math.max(0, heads - 1))
}
