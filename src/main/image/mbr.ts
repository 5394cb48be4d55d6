/** The partition table in sector 0. Source: UEFI specification 2.10, 5.2 "LBA 0 Format"; the classic IBM PC layout. */
import { ImageError } from './errors'
import { MBR, SECTOR_BYTES } from './layout'

const ENTRY_BYTES = 16
const ENTRY_COUNT = 4
const ACTIVE = 0x80
/** The geometry that BIOSes assume for disks addressed by LBA. */
const HEADS = 255
const SECTORS_PER_TRACK = 63

export interface Partition {
  active: boolean
  /** One byte; 0 marks an unused entry. */
  type: number
  /** First sector. */
  lba: number
  sectors: number
}

/** Writes up to four partitions and the boot signature into sector 0; leaves its other bytes alone. */
export function writePartitionTable(sector: Uint8Array, partitions: readonly Partition[]): void {
  if (sector.length < SECTOR_BYTES || partitions.length > ENTRY_COUNT)
    throw new RangeError(`A partition table takes a sector and at most ${ENTRY_COUNT} partitions.`)
  const view = new DataView(sector.buffer, sector.byteOffset, SECTOR_BYTES)
  sector.fill(0, MBR.MBR_PARTITION_TABLE, MBR.MBR_SIGNATURE)
  for (const [index, { active, type, lba, sectors }] of partitions.entries()) {
    const at = MBR.MBR_PARTITION_TABLE + index * ENTRY_BYTES
    view.setUint8(at, active ? ACTIVE : 0)
    sector.set(toChs(lba), at + 1)
    view.setUint8(at + 4, type)
    sector.set(toChs(lba + sectors - 1), at + 5)
    view.setUint32(at + 8, lba, true)
    view.setUint32(at + 12, sectors, true)
  }
  view.setUint16(MBR.MBR_SIGNATURE, 0xaa55, true)
}

/**
 * The used entries of the table.
 * @throws ImageError when the sector is cut short or has no boot signature.
 */
export function readPartitionTable(sector: Uint8Array, where = 'disk image'): Partition[] {
  requireBootSignature(sector, where)
  return readPartitionSlots(sector).filter(({ type }) => type !== 0)
}

/** All four entries of the table, unused ones with type 0. @param sector at least 512 bytes */
export function readPartitionSlots(sector: Uint8Array): Partition[] {
  const view = new DataView(sector.buffer, sector.byteOffset, SECTOR_BYTES)
  return Array.from({ length: ENTRY_COUNT }, (_, index) => MBR.MBR_PARTITION_TABLE + index * ENTRY_BYTES).map((at) => ({
    active: view.getUint8(at) === ACTIVE,
    type: view.getUint8(at + 4),
    lba: view.getUint32(at + 8, true),
    sectors: view.getUint32(at + 12, true),
  }))
}

/**
 * Whether sector 0 holds a partition table rather than code or nothing: every status byte is 00 or 80, and the entries
 * without a type are empty.
 */
export function hasPartitionTable(sector: Uint8Array): boolean {
  if (sector.length < SECTOR_BYTES) return false
  return Array.from({ length: ENTRY_COUNT }, (_, index) => MBR.MBR_PARTITION_TABLE + index * ENTRY_BYTES).every((at) => {
    const entry = sector.subarray(at, at + ENTRY_BYTES)
    return entry[4] === 0 ? entry.every((byte) => byte === 0) : entry[0] === 0 || entry[0] === ACTIVE
  })
}

export function hasBootSignature(sector: Uint8Array): boolean {
  return sector[MBR.MBR_SIGNATURE] === 0x55 && sector[MBR.MBR_SIGNATURE + 1] === 0xaa
}

/** @throws ImageError when sector 0 is cut short or does not end in 55 AA. */
export function requireBootSignature(sector: Uint8Array, where: string): void {
  if (sector.length >= SECTOR_BYTES && hasBootSignature(sector)) return
  throw new ImageError({
    what:
      sector.length < SECTOR_BYTES
        ? `There are only ${sector.length} bytes; a boot sector has ${SECTOR_BYTES}.`
        : 'The first sector does not end in the boot signature 55 AA.',
    where,
    why: 'A BIOS boots only a whole sector that carries the signature in its last two bytes.',
    next: 'End the sector with `.org 510` and `.word 0xaa55`.',
  })
}

/** Cylinder, head and sector as an entry stores them; the largest value when the cylinder does not fit. */
function toChs(lba: number): [number, number, number] {
  const cylinder = Math.floor(lba / (HEADS * SECTORS_PER_TRACK))
  if (cylinder > 1023) return [0xfe, 0xff, 0xff]
  const head = Math.floor(lba / SECTORS_PER_TRACK) % HEADS
  const sector = (lba % SECTORS_PER_TRACK) + 1
  return [head, sector | ((cylinder >> 8) << 6), cylinder & 0xff]
}
