/**
 * INT 13h AH=48h: parameters of a drive (Enhanced Disk Drive Specification 3.0, "Get device parameters"): 26 bytes; with room for 30 also the address
 * of a table of the interface; with room for 66 the path to the device.
 */
import type { BootMedium } from '../../../shared/machine-schemas'
import type { Disk } from '../machine/disk'
import type { GuestMemory } from '../machine/guest-memory'

const Size = { basic: 26, withTable: 30, withPath: 66 } as const
/** The CHS values are valid. For a CD: removable, change line, can be locked, and no CHS values. */
const INFORMATION: Readonly<Record<BootMedium, number>> = { disk: 0x0002, floppy: 0, cd: 0x0074 }
const NO_GEOMETRY = 0xffff_ffff
const NO_TABLE = 0xffff_ffff
const PATH_KEY = 0xbedd
const PATH_BYTES = 36
/** Bus, device, function of the disk controller. */
const CONTROLLER = [0, 1, 1] as const

/** Where a drive is plugged in. */
export interface DevicePath {
  readonly channel: number
  readonly slave: boolean
  /** ATA or ATAPI. */
  readonly packets: boolean
}

/** False: the buffer, whose first word is its size, is too small. @param path undefined: a drive that a CD shows */
export function writeDriveParameters(memory: GuestMemory, at: number, disk: Disk, path: DevicePath | undefined): boolean {
  const room = memory.read16(at)
  if (room < Size.basic) return false
  const { cylinders, heads, sectorsPerTrack } = disk.geometry
  const size = room < Size.withTable ? Size.basic : room < Size.withPath || !path ? Size.withTable : Size.withPath
  memory.write16(at, size)
  memory.write16(at + 2, INFORMATION[disk.medium])
  for (const [i, value] of [cylinders, heads, sectorsPerTrack].entries()) memory.write32(at + 4 + i * 4, value || NO_GEOMETRY)
  memory.write32(at + 16, disk.sectors)
  memory.write32(at + 20, Math.floor(disk.sectors / 2 ** 32))
  memory.write16(at + 24, disk.sectorBytes)
  if (size >= Size.withTable) memory.write32(at + 26, NO_TABLE)
  if (size >= Size.withPath && path) memory.writeBytes(at + 30, pathBytes(path))
  return true
}

/** Its bytes sum to 0. */
function pathBytes({ channel, slave, packets }: DevicePath): Uint8Array {
  const bytes = new Uint8Array(PATH_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, PATH_KEY, true)
  view.setUint8(2, PATH_BYTES)
  bytes.set(Buffer.from('PCI ', 'latin1'), 6)
  bytes.set(Buffer.from((packets ? 'ATAPI' : 'ATA').padEnd(8), 'latin1'), 10)
  bytes.set([...CONTROLLER, channel], 18)
  view.setUint8(26, slave ? 1 : 0)
  view.setUint8(PATH_BYTES - 1, -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff)
  return bytes
}
