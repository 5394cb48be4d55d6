/**
 * Tables of the drives (IBM Personal System/2 and Personal Computer BIOS Interface Technical Reference, "Data areas": fixed disk parameters): for the
 * first two hard disks, to which vectors 41h and 46h point, and what the data area says of the diskette drive.
 */
import { FLOPPY_1440K } from '../machine/floppy'
import { BDA, DISK_TABLES } from './bda'
import type { FirmwareHost } from './context'

const TABLE_BYTES = 16
const DISK_VECTORS = [0x41, 0x46] as const
/** More than eight heads. */
const MANY_HEADS = 0x08
const MOST_HEADS_OF_FEW = 8
/** The drive's state: medium known, data rate 500 kbit/s; 1.44M and 1.2M. */
const MEDIUM_KNOWN = { large: 0x17, other: 0x15 } as const
/** What the controller found: drive A: is there, can change its line, has 80 tracks and more than one rate. */
const DRIVE_A_INFORMATION = 0x07

export function describeDisks({ memory, drives }: Pick<FirmwareHost, 'memory' | 'drives'>): void {
  const disks = drives.all.filter(({ medium }) => medium === 'disk')
  DISK_VECTORS.forEach((vector, i) => {
    const at = DISK_TABLES[i] ?? 0
    for (let byte = 0; byte < TABLE_BYTES; byte++) memory.write8(at + byte, 0)
    const disk = disks[i]
    memory.write32(vector * 4, disk ? ((at >> 4) << 16) | (at & 0xf) : 0)
    if (!disk) return
    const { cylinders, heads, sectorsPerTrack } = disk.geometry
    memory.write16(at, cylinders)
    memory.write8(at + 2, heads)
    memory.write8(at + 8, heads > MOST_HEADS_OF_FEW ? MANY_HEADS : 0)
    memory.write16(at + 12, cylinders)
    memory.write8(at + 14, sectorsPerTrack)
  })
  const { floppy } = drives
  if (!floppy) return
  memory.write8(BDA.diskControllerInformation, DRIVE_A_INFORMATION)
  memory.write8(BDA.driveAState, floppy.driveType === FLOPPY_1440K.driveType ? MEDIUM_KNOWN.large : MEDIUM_KNOWN.other)
}
