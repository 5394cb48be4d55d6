/** Raw disk images: sector 0, the loader, and one partition with the boot configuration and the kernel. */
import { crc32 } from 'node:zlib'
import type { BootModule, BootProtocol } from '../../shared/boot'
import { formatBootConfig, parseBootConfig } from './boot-config'
import type { BootParameters } from './boot-parameters'
import { ImageError } from './errors'
import { checkInputSize, MAX_INPUT_BYTES } from './input'
import { type KernelHints, planKernel } from './kernel'
import { DISK, MAGIC, MAX_STAGE2_SECTORS, MBR, MEMORY, SECTOR_BYTES } from './layout'
import type { LoaderBinaries } from './loader'
import { readPartitionTable, requireBootSignature, writePartitionTable } from './mbr'
import { looksLikeRawVolume, placeRawFiles, readRawConfig, readRawFile, sectorsOf, writeRawHeader } from './raw-volume'

const ONE_MIB = 1 << 20

export interface DiskImageInput extends KernelHints {
  /** The linked kernel: an ELF file, or a flat file whose Multiboot header or hints say where it goes. */
  kernel: Uint8Array
  loader: LoaderBinaries
  /** At most 4095 bytes of UTF-8; the kernel gets it as it is. */
  commandLine?: string
  /** Files that the kernel finds in memory, in this order. */
  modules?: readonly BootModule[]
  /** Names the kernel in errors, usually its path. */
  where?: string
}

export interface DiskImageReport {
  protocol: BootProtocol
  /** The kernel's entry point, a virtual address. */
  entry: bigint
  /** What was added to the addresses a position-independent kernel was linked to; else 0. */
  base: bigint
  imageBytes: number
  /** First sector and sector count of each part. */
  parts: { name: 'stage 1' | 'stage 2' | 'boot configuration' | 'kernel' | 'module'; lba: number; sectors: number }[]
  /** Sentences about what boots but is probably not meant. */
  warnings: string[]
}

export interface DiskImage {
  image: Uint8Array
  report: DiskImageReport
}

/**
 * A bootable disk for a kernel. The same input gives the same bytes. The size is a whole number of MiB.
 * @throws ImageError when the kernel or the command line cannot be booted as it is.
 */
export function buildDiskImage({ kernel, loader, commandLine = '', modules = [], where = 'kernel', ...hints }: DiskImageInput): DiskImage {
  checkInputSize(kernel.length, where)
  const plan = planKernel(kernel, where, hints)
  const { image, parts } = packDisk({ loader, protocol: plan.protocol, parameters: plan.parameters, kernel: plan.bytes, commandLine, modules, where })
  return { image, report: { protocol: plan.protocol, entry: plan.entry, base: plan.base, imageBytes: image.length, parts, warnings: plan.warnings } }
}

/**
 * The same disk with another command line for the kernel.
 * @throws ImageError when the image is not one of buildDiskImage, or the command line does not fit
 */
export function withCommandLine(image: Uint8Array, commandLine: string, where = 'disk image'): Uint8Array {
  return packDisk({ ...unpackDisk(image, where), commandLine, where }).image
}

/** What is on a disk. */
export interface DiskContent {
  loader: LoaderBinaries
  protocol: BootProtocol
  /** What only the protocol wants to know. */
  parameters?: BootParameters | undefined
  /** The kernel file as the loader reads it. */
  kernel: Uint8Array
  commandLine: string
  modules: readonly BootModule[]
}

/**
 * What buildDiskImage put on a disk.
 * @throws ImageError when it is another kind of disk, or damaged
 */
export function unpackDisk(image: Uint8Array, where = 'disk image'): DiskContent {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const stage2At = DISK.STAGE2_LBA * SECTOR_BYTES
  const partition = readPartitionTable(image, where).find(({ active, type }) => active && type === DISK.PARTITION_TYPE)
  const stage2Bytes = view.getUint16(MBR.MBR_STAGE2_SECTORS, true) * SECTOR_BYTES
  if (!partition || stage2At + stage2Bytes > image.length || view.getUint32(stage2At, true) !== MAGIC.STAGE2_MAGIC) throw notOurs(where)
  const stage1 = image.slice(0, SECTOR_BYTES)
  const stage2 = image.slice(stage2At, stage2At + stage2Bytes)
  // As assembleLoader left them, so that the same content gives the same identity.
  stage1.fill(0, MBR.MBR_STAGE2_LBA, MBR.MBR_SIGNATURE)
  stage2.fill(0, MEMORY.STAGE2_IMAGE_ID, MEMORY.STAGE2_ENTRY)
  return { loader: { stage1, stage2 }, ...readVolume(image.subarray(partition.lba * SECTOR_BYTES), where) }
}

function readVolume(volume: Uint8Array, where: string): Omit<DiskContent, 'loader'> {
  if (!looksLikeRawVolume(volume)) throw notOurs(where)
  const [entry] = parseBootConfig(readRawConfig(volume, where), where).entries
  if (entry?.protocol === undefined) throw notOurs(where)
  const { protocol, parameters, commandLine, modules } = entry
  return {
    protocol,
    parameters,
    kernel: readRawFile(volume, entry.kernel, where),
    commandLine,
    modules: modules.map((module) => ({ bytes: readRawFile(volume, module.path, where), commandLine: module.commandLine })),
  }
}

function notOurs(where: string): ImageError {
  return new ImageError({
    what: 'This disk does not start with Bootlab’s boot loader.',
    where,
    why: 'Only on a disk that Bootlab packed itself it knows what lies where.',
    next: 'Boot the disk as it is, or build the project that it came from.',
  })
}

function packDisk({ loader, protocol, parameters, kernel, commandLine, modules, where }: DiskContent & { where: string }): { image: Uint8Array; parts: DiskImageReport['parts'] } {
  const stage2Sectors = sectorsOf(loader.stage2.length)
  if (loader.stage1.length !== SECTOR_BYTES || stage2Sectors === 0 || stage2Sectors > MAX_STAGE2_SECTORS)
    throw new RangeError('The loader does not come from assembleLoader: its stages have the wrong size.')
  const contents = [kernel, ...modules.map(({ bytes }) => bytes)]
  const { text, sectors: places } = placeRawFiles(
    contents.map(({ length }) => length),
    ([kernelName = '', ...names]) =>
      formatBootConfig({
        default: 1,
        entries: [{ title: 'kernel', protocol, kernel: kernelName, commandLine, parameters: parameters ?? {}, modules: modules.map((module, index) => ({ path: names[index] ?? '', commandLine: module.commandLine })) }],
      }),
  )
  const header = new Uint8Array((1 + sectorsOf(text.length)) * SECTOR_BYTES)
  writeRawHeader(header, text)
  const files = [
    { name: 'boot configuration' as const, lba: DISK.PARTITION_LBA, bytes: header },
    ...contents.map((bytes, index) => ({ name: index === 0 ? ('kernel' as const) : ('module' as const), lba: DISK.PARTITION_LBA + (places[index] ?? 0), bytes })),
  ]
  const sectors = files.reduce((end, { lba, bytes }) => Math.max(end, lba + sectorsOf(bytes.length)), 0)
  const imageBytes = Math.ceil((sectors * SECTOR_BYTES) / ONE_MIB) * ONE_MIB
  if (imageBytes > MAX_INPUT_BYTES + 2 * ONE_MIB)
    throw new ImageError({
      what: `Kernel and modules have ${imageBytes / ONE_MIB} MiB together; at most ${MAX_INPUT_BYTES / ONE_MIB} fit.`,
      where,
      why: 'The PC keeps its disk in memory.',
      next: 'Make the modules smaller.',
    })
  const image = new Uint8Array(imageBytes)
  const stage2At = DISK.STAGE2_LBA * SECTOR_BYTES
  image.set(loader.stage1, 0)
  image.set(loader.stage2, stage2At)
  for (const { lba, bytes } of files) image.set(bytes, lba * SECTOR_BYTES)
  writePartitionTable(image, [{ active: true, type: DISK.PARTITION_TYPE, lba: DISK.PARTITION_LBA, sectors: image.length / SECTOR_BYTES - DISK.PARTITION_LBA }])

  const identity = files.reduce((sum, { bytes }) => crc32(bytes, sum), crc32(loader.stage2))
  const view = new DataView(image.buffer)
  view.setUint32(MBR.MBR_STAGE2_LBA, DISK.STAGE2_LBA, true)
  view.setUint16(MBR.MBR_STAGE2_SECTORS, stage2Sectors, true)
  view.setUint32(MBR.MBR_IMAGE_ID, identity, true)
  view.setUint32(MBR.MBR_DISK_SIGNATURE, identity, true)
  view.setUint32(stage2At + MEMORY.STAGE2_IMAGE_ID, identity, true)
  view.setUint32(stage2At + MEMORY.STAGE2_VOLUME_LBA, DISK.PARTITION_LBA, true)

  const parts = [
    { name: 'stage 1' as const, lba: 0, sectors: 1 },
    { name: 'stage 2' as const, lba: DISK.STAGE2_LBA, sectors: stage2Sectors },
    ...files.map(({ name, lba, bytes }) => ({ name, lba, sectors: sectorsOf(bytes.length) })),
  ]
  return { image, parts }
}

/**
 * A disk whose first sector is the project's own; the rest is zero up to 1 MiB.
 * @param bytes exactly 512, the last two 55 AA.
 * @throws ImageError
 */
export function buildBootSectorImage(bytes: Uint8Array, where = 'boot sector'): Uint8Array {
  if (bytes.length > SECTOR_BYTES)
    throw new ImageError({
      what: `The boot sector has ${bytes.length} bytes, ${bytes.length - SECTOR_BYTES} too many.`,
      where,
      why: `A BIOS loads only the first ${SECTOR_BYTES} bytes.`,
      next: 'Shorten the code, or let it load the rest itself with INT 13h.',
    })
  requireBootSignature(bytes, where)
  const image = new Uint8Array(ONE_MIB)
  image.set(bytes)
  return image
}
