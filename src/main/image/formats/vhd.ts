/**
 * VHD, the disks of Hyper-V, Azure and Virtual PC. Written as fixed disks: the raw disk and a footer. Source: Microsoft, Virtual Hard Disk
 * Image Format Specification 1.0. All numbers are big endian.
 */
import { ByteReader } from '../byte-reader'
import { guidBytes, guidOf } from '../guid'
import { SECTOR_BYTES } from '../layout'
import { damagedDisk, type DiskFormat, emptyDisk, unsupported } from './format'

const COOKIE = 'conectix'
const DYNAMIC_COOKIE = 'cxsparse'
const FOOTER_BYTES = 512
const FEATURES_RESERVED = 2
const VERSION = 0x0001_0000
const TYPE_FIXED = 2
const TYPE_DYNAMIC = 3
const UNALLOCATED = 0xffff_ffff

const FOOTER = { FEATURES: 8, VERSION: 12, DATA_OFFSET: 16, TIME: 24, CREATOR: 28, ORIGINAL_SIZE: 40, CURRENT_SIZE: 48, CYLINDERS: 56, HEADS: 58, TRACK_SECTORS: 59, TYPE: 60, CHECKSUM: 64, ID: 68 } as const
const DYNAMIC = { TABLE_OFFSET: 16, ENTRIES: 28, BLOCK_BYTES: 32 } as const

/**
 * Some programs take the size from the geometry, which for most sizes names a smaller disk. With 64 heads and 32 sectors a cylinder is
 * 1 MiB, so for whole MiB both agree.
 */
const CYLINDER = { heads: 64, sectors: 32 } as const
const CYLINDER_BYTES = CYLINDER.heads * CYLINDER.sectors * SECTOR_BYTES
/** A 1.44 MB diskette has no whole MiB, but a geometry of its own. */
const DISKETTE = { bytes: 1_474_560, cylinders: 80, heads: 2, sectors: 18 } as const

export const vhd: DiskFormat = {
  write(raw) {
    const diskette = raw.length === DISKETTE.bytes
    const cylinders = diskette ? DISKETTE.cylinders : Math.ceil(raw.length / CYLINDER_BYTES)
    const { heads, sectors } = diskette ? DISKETTE : CYLINDER
    const size = diskette ? DISKETTE.bytes : cylinders * CYLINDER_BYTES
    const file = new Uint8Array(size + FOOTER_BYTES)
    file.set(raw)
    const footer = file.subarray(size)
    const view = new DataView(footer.buffer, footer.byteOffset)
    footer.set(new TextEncoder().encode(COOKIE))
    view.setUint32(FOOTER.FEATURES, FEATURES_RESERVED)
    view.setUint32(FOOTER.VERSION, VERSION)
    view.setBigUint64(FOOTER.DATA_OFFSET, 0xffff_ffff_ffff_ffffn)
    footer.set(new TextEncoder().encode('btlb'), FOOTER.CREATOR)
    view.setBigUint64(FOOTER.ORIGINAL_SIZE, BigInt(size))
    view.setBigUint64(FOOTER.CURRENT_SIZE, BigInt(size))
    view.setUint16(FOOTER.CYLINDERS, cylinders)
    view.setUint8(FOOTER.HEADS, heads)
    view.setUint8(FOOTER.TRACK_SECTORS, sectors)
    view.setUint32(FOOTER.TYPE, TYPE_FIXED)
    footer.set(guidBytes(guidOf('VHD', raw)), FOOTER.ID)
    view.setUint32(FOOTER.CHECKSUM, checksum(footer))
    return file
  },

  detect: (bytes) => bytes.length > FOOTER_BYTES && startsWith(bytes.subarray(bytes.length - FOOTER_BYTES), COOKIE),

  read(bytes, where) {
    const footer = bytes.slice(bytes.length - FOOTER_BYTES)
    const view = new DataView(footer.buffer)
    const sum = view.getUint32(FOOTER.CHECKSUM)
    if (sum !== checksum(footer)) throw damagedDisk('The checksum of the VHD’s footer, its last 512 bytes, is wrong.', where)
    const disk = emptyDisk(view.getBigUint64(FOOTER.CURRENT_SIZE), where)
    const type = view.getUint32(FOOTER.TYPE)
    const before = bytes.length - FOOTER_BYTES
    if (type === TYPE_DYNAMIC) return readDynamic(bytes, Number(view.getBigUint64(FOOTER.DATA_OFFSET)), disk, where)
    if (type !== TYPE_FIXED) throw unsupported('holds only the differences to another disk', where, 'vpc')
    if (disk.length > before) throw damagedDisk(`The VHD is cut short: its disk has ${disk.length} bytes, and ${before} are there.`, where)
    disk.set(bytes.subarray(0, disk.length))
    return disk
  },
}

function readDynamic(bytes: Uint8Array, headerAt: number, disk: Uint8Array, where: string): Uint8Array {
  const reader = new ByteReader(bytes, where)
  reader.require(headerAt, 1024, 'the VHD’s dynamic header')
  if (!startsWith(bytes.subarray(headerAt), DYNAMIC_COOKIE)) throw damagedDisk('There is no dynamic header where the VHD’s footer says.', where)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tableAt = Number(view.getBigUint64(headerAt + DYNAMIC.TABLE_OFFSET))
  const entries = view.getUint32(headerAt + DYNAMIC.ENTRIES)
  const blockBytes = view.getUint32(headerAt + DYNAMIC.BLOCK_BYTES)
  if (blockBytes < SECTOR_BYTES || blockBytes % SECTOR_BYTES || entries < Math.ceil(disk.length / blockBytes)) throw damagedDisk(`The VHD says that it has ${entries} blocks of ${blockBytes} bytes.`, where)
  reader.require(tableAt, entries * 4, 'the VHD’s block table')
  // A bitmap of the block's sectors comes before its data; sectors outside it are zero.
  const bitmapBytes = Math.ceil(blockBytes / SECTOR_BYTES / 8 / SECTOR_BYTES) * SECTOR_BYTES
  for (let block = 0; block * blockBytes < disk.length; block++) {
    const sector = view.getUint32(tableAt + block * 4)
    if (sector === UNALLOCATED) continue
    const at = sector * SECTOR_BYTES
    const length = Math.min(blockBytes, disk.length - block * blockBytes)
    reader.require(at, bitmapBytes + length, `block ${block} of the VHD`)
    for (let index = 0; index * SECTOR_BYTES < length; index++) {
      if (((bytes[at + (index >> 3)] ?? 0) & (0x80 >> (index & 7))) === 0) continue
      const from = at + bitmapBytes + index * SECTOR_BYTES
      disk.set(bytes.subarray(from, from + SECTOR_BYTES), block * blockBytes + index * SECTOR_BYTES)
    }
  }
  return disk
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.subarray(0, text.length)).toString('latin1') === text
}

/** Ones' complement of the sum of all bytes but the checksum's. */
function checksum(footer: Uint8Array): number {
  let sum = 0
  for (const [at, byte] of footer.entries()) if (at < FOOTER.CHECKSUM || at >= FOOTER.CHECKSUM + 4) sum += byte
  return ~sum >>> 0
}
