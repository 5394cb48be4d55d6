/** qcow2, the disks of QEMU, version 3, clusters of 64 KiB. Source: QEMU, docs/interop/qcow2.rst. All numbers are big endian. */
import { damagedDisk, type DiskFormat, emptyDisk, unsupported, usedBlocks } from './format'
import { ByteReader } from '../byte-reader'

const MAGIC = 0x5146_49fb
const VERSION = 3
const HEADER_BYTES = 104
const CLUSTER_BITS = 16
const CLUSTER_BYTES = 1 << CLUSTER_BITS
/** log2 of the bits of a reference count. */
const REFCOUNT_ORDER = 4
const REFCOUNTS = CLUSTER_BYTES / 2
const ENTRIES = CLUSTER_BYTES / 8
/** The cluster is used once only, so it may be written in place. */
const COPIED = 1n << 63n
const COMPRESSED = 1n << 62n
const OFFSET = 0x00ff_ffff_ffff_fe00n
const READS_AS_ZERO = 1n

const HEADER = { VERSION: 4, BACKING: 8, CLUSTER_BITS: 20, SIZE: 24, ENCRYPTION: 32, L1_ENTRIES: 36, L1_OFFSET: 40, REFCOUNT_OFFSET: 48, REFCOUNT_CLUSTERS: 56, INCOMPATIBLE: 72, REFCOUNT_ORDER: 96, HEADER_BYTES: 100 } as const

/** Bit 0 of the incompatible features says that reference counts may be wrong, which does not matter to a reader. */
const HARMLESS_FEATURES = 1n

export const qcow2: DiskFormat = {
  write(raw) {
    const used = usedBlocks(raw, CLUSTER_BYTES)
    const second = Math.ceil(raw.length / (CLUSTER_BYTES * ENTRIES))
    const first = Math.max(1, Math.ceil((second * 8) / CLUSTER_BYTES))
    // Counts of references count themselves, too.
    let counts = 1
    const clusters = (): number => 2 + counts + first + second + used.length
    while (counts * REFCOUNTS < clusters()) counts++
    const firstAt = 2 + counts
    const secondAt = firstAt + first
    const dataAt = secondAt + second

    const file = new Uint8Array(clusters() * CLUSTER_BYTES)
    const view = new DataView(file.buffer)
    view.setUint32(0, MAGIC)
    view.setUint32(HEADER.VERSION, VERSION)
    view.setUint32(HEADER.CLUSTER_BITS, CLUSTER_BITS)
    view.setBigUint64(HEADER.SIZE, BigInt(raw.length))
    view.setUint32(HEADER.L1_ENTRIES, second)
    view.setBigUint64(HEADER.L1_OFFSET, BigInt(firstAt * CLUSTER_BYTES))
    view.setBigUint64(HEADER.REFCOUNT_OFFSET, BigInt(CLUSTER_BYTES))
    view.setUint32(HEADER.REFCOUNT_CLUSTERS, 1)
    view.setUint32(HEADER.REFCOUNT_ORDER, REFCOUNT_ORDER)
    view.setUint32(HEADER.HEADER_BYTES, HEADER_BYTES)

    for (let block = 0; block < counts; block++) view.setBigUint64(CLUSTER_BYTES + block * 8, BigInt((2 + block) * CLUSTER_BYTES))
    for (let cluster = 0; cluster < clusters(); cluster++) view.setUint16(2 * CLUSTER_BYTES + cluster * 2, 1)
    for (let table = 0; table < second; table++) view.setBigUint64(firstAt * CLUSTER_BYTES + table * 8, BigInt((secondAt + table) * CLUSTER_BYTES) | COPIED)
    for (const [index, cluster] of used.entries()) {
      const at = (dataAt + index) * CLUSTER_BYTES
      view.setBigUint64(secondAt * CLUSTER_BYTES + cluster * 8, BigInt(at) | COPIED)
      file.set(raw.subarray(cluster * CLUSTER_BYTES, (cluster + 1) * CLUSTER_BYTES), at)
    }
    return file
  },

  detect: (bytes) => bytes.length >= HEADER_BYTES && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === MAGIC,

  read(bytes, where) {
    const reader = new ByteReader(bytes, where)
    reader.require(0, HEADER_BYTES, 'the header of the qcow2 disk')
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const version = view.getUint32(HEADER.VERSION)
    if (version !== 2 && version !== 3) throw unsupported(`is of version ${version}`, where, 'qcow2')
    if (view.getBigUint64(HEADER.BACKING) !== 0n) throw unsupported('holds only the differences to another disk', where, 'qcow2')
    if (view.getUint32(HEADER.ENCRYPTION) !== 0) throw unsupported('is encrypted', where, 'qcow2')
    if (version === 3 && (view.getBigUint64(HEADER.INCOMPATIBLE) & ~HARMLESS_FEATURES) !== 0n) throw unsupported('has an external data file, extended entries or another compression', where, 'qcow2')
    const bits = view.getUint32(HEADER.CLUSTER_BITS)
    if (bits < 9 || bits > 21) throw damagedDisk(`The qcow2 disk says that a cluster has 2^${bits} bytes; 2^9 to 2^21 are possible.`, where)
    const clusterBytes = 2 ** bits
    const entries = clusterBytes / 8
    const disk = emptyDisk(view.getBigUint64(HEADER.SIZE), where)
    const firstAt = Number(view.getBigUint64(HEADER.L1_OFFSET))
    const firstEntries = view.getUint32(HEADER.L1_ENTRIES)
    if (firstEntries < Math.ceil(disk.length / (clusterBytes * entries))) throw damagedDisk('The first table of the qcow2 disk is too short for its size.', where)
    for (let cluster = 0; cluster * clusterBytes < disk.length; cluster++) {
      const firstEntry = firstAt + Math.floor(cluster / entries) * 8
      reader.require(firstEntry, 8, 'the first table of the qcow2 disk')
      const tableAt = Number(view.getBigUint64(firstEntry) & OFFSET)
      if (tableAt === 0) continue
      const entryAt = tableAt + (cluster % entries) * 8
      reader.require(entryAt, 8, 'a second table of the qcow2 disk')
      const entry = view.getBigUint64(entryAt)
      if ((entry & COMPRESSED) !== 0n) throw unsupported('has compressed clusters', where, 'qcow2')
      const at = Number(entry & OFFSET)
      if (at === 0 || (entry & READS_AS_ZERO) !== 0n) continue
      // The last cluster of the file may be cut where the disk ends.
      const length = Math.min(clusterBytes, disk.length - cluster * clusterBytes)
      reader.require(at, length, `cluster ${cluster} of the qcow2 disk`)
      disk.set(bytes.subarray(at, at + length), cluster * clusterBytes)
    }
    return disk
  },
}
