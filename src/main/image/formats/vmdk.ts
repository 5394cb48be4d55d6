/**
 * VMDK, the disks of VMware. Written as one sparse file (monolithicSparse). Source: VMware, Virtual Disk Format 5.0, "Hosted Sparse
 * Extents".
 */
import { crc32 } from 'node:zlib'
import { ByteReader } from '../byte-reader'
import { SECTOR_BYTES } from '../layout'
import { damagedDisk, type DiskFormat, emptyDisk, unsupported, usedBlocks } from './format'

const MAGIC = 0x564d_444b
const VERSION = 1
/** Bit 0: the line-end test is valid. Bit 1: there is a redundant grain table. */
const FLAGS = 3
const FLAG_COMPRESSED = 1 << 16
const GRAIN_SECTORS = 128
const TABLE_ENTRIES = 512
const TABLE_SECTORS = (TABLE_ENTRIES * 4) / SECTOR_BYTES
const DESCRIPTOR_SECTOR = 1
const DESCRIPTOR_SECTORS = 20
/** Reads the line ends of a file that was mangled as text. */
const LINE_ENDS = [0x0a, 0x20, 0x0d, 0x0a]
/** More than any disk that is read here needs. */
const MAX_TABLES = 65_536

const HEADER = { VERSION: 4, FLAGS: 8, CAPACITY: 12, GRAIN: 20, DESCRIPTOR: 28, DESCRIPTOR_SECTORS: 36, TABLE_ENTRIES: 44, REDUNDANT_DIRECTORY: 48, DIRECTORY: 56, OVERHEAD: 64, LINE_ENDS: 73, COMPRESSION: 77 } as const

export const vmdk: DiskFormat = {
  write(raw, { name }) {
    const capacity = raw.length / SECTOR_BYTES
    const tables = Math.ceil(capacity / (GRAIN_SECTORS * TABLE_ENTRIES))
    const directorySectors = Math.ceil((tables * 4) / SECTOR_BYTES)
    const copySectors = directorySectors + tables * TABLE_SECTORS
    const redundant = DESCRIPTOR_SECTOR + DESCRIPTOR_SECTORS
    const primary = redundant + copySectors
    const overhead = Math.ceil((primary + copySectors) / GRAIN_SECTORS) * GRAIN_SECTORS
    const grains = usedBlocks(raw, GRAIN_SECTORS * SECTOR_BYTES)
    const file = new Uint8Array((overhead + grains.length * GRAIN_SECTORS) * SECTOR_BYTES)
    const view = new DataView(file.buffer)

    view.setUint32(0, MAGIC, true)
    view.setUint32(HEADER.VERSION, VERSION, true)
    view.setUint32(HEADER.FLAGS, FLAGS, true)
    const sectors: readonly (readonly [number, number])[] = [
      [HEADER.CAPACITY, capacity],
      [HEADER.GRAIN, GRAIN_SECTORS],
      [HEADER.DESCRIPTOR, DESCRIPTOR_SECTOR],
      [HEADER.DESCRIPTOR_SECTORS, DESCRIPTOR_SECTORS],
      [HEADER.REDUNDANT_DIRECTORY, redundant],
      [HEADER.DIRECTORY, primary],
      [HEADER.OVERHEAD, overhead],
    ]
    for (const [offset, value] of sectors) view.setBigUint64(offset, BigInt(value), true)
    view.setUint32(HEADER.TABLE_ENTRIES, TABLE_ENTRIES, true)
    file.set(LINE_ENDS, HEADER.LINE_ENDS)
    file.set(new TextEncoder().encode(descriptor(raw, capacity, name)), DESCRIPTOR_SECTOR * SECTOR_BYTES)

    for (const directory of [redundant, primary]) {
      const firstTable = directory + directorySectors
      for (let table = 0; table < tables; table++) view.setUint32(directory * SECTOR_BYTES + table * 4, firstTable + table * TABLE_SECTORS, true)
      for (const [index, grain] of grains.entries()) view.setUint32(firstTable * SECTOR_BYTES + grain * 4, overhead + index * GRAIN_SECTORS, true)
    }
    const grainBytes = GRAIN_SECTORS * SECTOR_BYTES
    for (const [index, grain] of grains.entries()) file.set(raw.subarray(grain * grainBytes, (grain + 1) * grainBytes), (overhead + index * GRAIN_SECTORS) * SECTOR_BYTES)
    return file
  },

  detect: (bytes) => bytes.length >= SECTOR_BYTES && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC,

  read(bytes, where) {
    const reader = new ByteReader(bytes, where)
    const sectorField = (offset: number): number => Number(reader.u64(offset, 'the VMDK’s header'))
    if ((reader.u32(HEADER.FLAGS, 'the VMDK’s header') & FLAG_COMPRESSED) !== 0 || reader.u16(HEADER.COMPRESSION, 'the VMDK’s header') !== 0) throw unsupported('is compressed (streamOptimized)', where, 'vmdk')
    const grainSectors = sectorField(HEADER.GRAIN)
    const entries = reader.u32(HEADER.TABLE_ENTRIES, 'the VMDK’s header')
    const disk = emptyDisk(reader.u64(HEADER.CAPACITY, 'the VMDK’s header') * BigInt(SECTOR_BYTES), where)
    const grainBytes = grainSectors * SECTOR_BYTES
    const tables = Math.ceil(disk.length / (grainBytes * entries))
    if (grainSectors < 1 || entries < 1 || grainSectors > 1 << 20 || !(tables <= MAX_TABLES)) throw damagedDisk(`The VMDK says that it has grains of ${grainSectors} sectors and ${entries} of them in a table.`, where)
    const directoryAt = sectorField(HEADER.DIRECTORY) * SECTOR_BYTES
    for (let grain = 0; grain * grainBytes < disk.length; grain++) {
      const tableAt = reader.u32(directoryAt + Math.floor(grain / entries) * 4, 'the VMDK’s grain directory') * SECTOR_BYTES
      if (tableAt === 0) continue
      const sector = reader.u32(tableAt + (grain % entries) * 4, 'a grain table of the VMDK')
      // 1: a grain that was set to zero.
      if (sector <= 1) continue
      const length = Math.min(grainBytes, disk.length - grain * grainBytes)
      reader.require(sector * SECTOR_BYTES, length, `grain ${grain} of the VMDK`)
      disk.set(bytes.subarray(sector * SECTOR_BYTES, sector * SECTOR_BYTES + length), grain * grainBytes)
    }
    return disk
  },
}

function descriptor(raw: Uint8Array, capacity: number, name: string): string {
  // The longest name that leaves the text within its sectors; programs look for the extent beside the descriptor, here in the same file.
  const extent = name.replaceAll(/["\r\n]/g, '_').slice(0, 255)
  const heads = 16
  const sectors = 63
  // All ones and all ones less one have meanings of their own.
  const content = crc32(raw) >>> 1
  return [
    '# Disk DescriptorFile',
    'version=1',
    `CID=${content.toString(16).padStart(8, '0')}`,
    'parentCID=ffffffff',
    'createType="monolithicSparse"',
    '',
    '# Extent description',
    `RW ${capacity} SPARSE "${extent}"`,
    '',
    '# The Disk Data Base',
    'ddb.virtualHWVersion = "4"',
    `ddb.geometry.cylinders = "${Math.max(1, Math.floor(capacity / (heads * sectors)))}"`,
    `ddb.geometry.heads = "${heads}"`,
    `ddb.geometry.sectors = "${sectors}"`,
    'ddb.adapterType = "ide"',
    '',
  ].join('\n')
}
