/**
 * VDI, the disks of VirtualBox. Written as dynamic disks: blocks of 1 MiB, empty ones absent. Source: VirtualBox,
 * include/VBox/vd and Storage/VDICore.h (format version 1.1).
 */
import { ByteReader } from '../byte-reader'
import { guidBytes, guidOf } from '../guid'
import { SECTOR_BYTES } from '../layout'
import { damagedDisk, type DiskFormat, emptyDisk, unsupported, usedBlocks } from './format'

const TEXT = '<<< Bootlab disk image >>>\n'
const SIGNATURE = 0xbeda_107f
const VERSION = 0x0001_0001
/** From the field that holds it to the end of the header. */
const HEADER_BYTES = 400
const TYPE_DYNAMIC = 1
const TYPE_FIXED = 2
const BLOCK_BYTES = 1 << 20
/** Blocks that are absent (-1), or set to zero (-2). */
const FIRST_SPECIAL = 0xffff_fffe
const UNALLOCATED = 0xffff_ffff
/** Block map and data begin at multiples of this. */
const ALIGNMENT = 4096

const HEADER = { SIGNATURE: 64, VERSION: 68, HEADER_BYTES: 72, TYPE: 76, MAP_OFFSET: 340, DATA_OFFSET: 344, SECTOR_BYTES: 360, DISK_BYTES: 368, BLOCK_BYTES: 376, BLOCKS: 384, ALLOCATED: 388, ID: 392, SNAPSHOT_ID: 408 } as const
const MAP_AT = 512

export const vdi: DiskFormat = {
  write(raw) {
    const blocks = Math.ceil(raw.length / BLOCK_BYTES)
    const used = usedBlocks(raw, BLOCK_BYTES)
    const dataAt = Math.ceil((MAP_AT + blocks * 4) / ALIGNMENT) * ALIGNMENT
    const file = new Uint8Array(dataAt + used.length * BLOCK_BYTES)
    const view = new DataView(file.buffer)
    file.set(new TextEncoder().encode(TEXT))
    const fields: readonly (readonly [number, number])[] = [
      [HEADER.SIGNATURE, SIGNATURE],
      [HEADER.VERSION, VERSION],
      [HEADER.HEADER_BYTES, HEADER_BYTES],
      [HEADER.TYPE, TYPE_DYNAMIC],
      [HEADER.MAP_OFFSET, MAP_AT],
      [HEADER.DATA_OFFSET, dataAt],
      [HEADER.SECTOR_BYTES, SECTOR_BYTES],
      [HEADER.BLOCK_BYTES, BLOCK_BYTES],
      [HEADER.BLOCKS, blocks],
      [HEADER.ALLOCATED, used.length],
    ]
    for (const [offset, value] of fields) view.setUint32(offset, value, true)
    view.setBigUint64(HEADER.DISK_BYTES, BigInt(raw.length), true)
    file.set(guidBytes(guidOf('VDI', raw)), HEADER.ID)
    file.set(guidBytes(guidOf('VDI snapshot', raw)), HEADER.SNAPSHOT_ID)
    for (let block = 0; block < blocks; block++) view.setUint32(MAP_AT + block * 4, UNALLOCATED, true)
    for (const [index, block] of used.entries()) {
      view.setUint32(MAP_AT + block * 4, index, true)
      file.set(raw.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES), dataAt + index * BLOCK_BYTES)
    }
    return file
  },

  detect: (bytes) => bytes.length >= MAP_AT && new DataView(bytes.buffer, bytes.byteOffset).getUint32(HEADER.SIGNATURE, true) === SIGNATURE,

  read(bytes, where) {
    const reader = new ByteReader(bytes, where)
    const field = (offset: number): number => reader.u32(offset, 'the VDI’s header')
    const type = field(HEADER.TYPE)
    if (type !== TYPE_DYNAMIC && type !== TYPE_FIXED) throw unsupported('holds only the differences to another disk', where, 'vdi')
    const disk = emptyDisk(reader.u64(HEADER.DISK_BYTES, 'the VDI’s header'), where)
    const blockBytes = field(HEADER.BLOCK_BYTES)
    const blocks = field(HEADER.BLOCKS)
    if (blockBytes < SECTOR_BYTES || blockBytes % SECTOR_BYTES || blocks < Math.ceil(disk.length / blockBytes)) throw damagedDisk(`The VDI says that it has ${blocks} blocks of ${blockBytes} bytes.`, where)
    const mapAt = field(HEADER.MAP_OFFSET)
    const dataAt = field(HEADER.DATA_OFFSET)
    for (let block = 0; block * blockBytes < disk.length; block++) {
      const index = reader.u32(mapAt + block * 4, 'the VDI’s block map')
      if (index >= FIRST_SPECIAL) continue
      const length = Math.min(blockBytes, disk.length - block * blockBytes)
      const at = dataAt + index * blockBytes
      reader.require(at, length, `block ${block} of the VDI`)
      disk.set(bytes.subarray(at, at + length), block * blockBytes)
    }
    return disk
  },
}
