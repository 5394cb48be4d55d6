/** Raw disk images: sector 0, the loader, and one partition with the boot descriptor and the kernel. */
import { crc32 } from 'node:zlib'
import { ImageError } from './errors'
import { checkInputSize } from './input'
import { type BootProtocol, type KernelPlan, planKernel } from './kernel'
import { DESCRIPTOR, DISK, MAGIC, MAX_COMMAND_LINE_BYTES, MAX_STAGE2_SECTORS, MBR, MEMORY, PROTOCOL, SECTOR_BYTES } from './layout'
import type { LoaderBinaries } from './loader'
import { requireBootSignature, writePartitionTable } from './mbr'

const ONE_MIB = 1 << 20

const PROTOCOL_NUMBERS: Readonly<Record<BootProtocol, number>> = {
  multiboot1: PROTOCOL.PROTOCOL_MULTIBOOT1,
  elf64: PROTOCOL.PROTOCOL_ELF64,
  elf32: PROTOCOL.PROTOCOL_ELF32,
}

export interface DiskImageInput {
  /** The linked kernel: an ELF file, or a flat file whose Multiboot header brings its own addresses. */
  kernel: Uint8Array
  loader: LoaderBinaries
  /** At most 479 bytes of UTF-8; the kernel gets it as it is. */
  commandLine?: string
  /** Names the kernel in errors, usually its path. */
  where?: string
}

export interface DiskImageReport {
  protocol: BootProtocol
  /** The kernel's entry point, a virtual address. */
  entry: bigint
  imageBytes: number
  /** First sector and sector count of each part. */
  parts: { name: 'stage 1' | 'stage 2' | 'boot descriptor' | 'kernel'; lba: number; sectors: number }[]
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
export function buildDiskImage({ kernel, loader, commandLine = '', where = 'kernel' }: DiskImageInput): DiskImage {
  checkInputSize(kernel.length, where)
  const plan = planKernel(kernel, where)
  const stage2Sectors = sectorsOf(loader.stage2.length)
  if (loader.stage1.length !== SECTOR_BYTES || stage2Sectors === 0 || stage2Sectors > MAX_STAGE2_SECTORS)
    throw new RangeError('The loader does not come from assembleLoader: its stages have the wrong size.')

  const kernelSectors = sectorsOf(kernel.length)
  const partitionSectors = 1 + kernelSectors
  const image = new Uint8Array(roundUp((DISK.PARTITION_LBA + partitionSectors) * SECTOR_BYTES, ONE_MIB))
  const wholePartition = image.length / SECTOR_BYTES - DISK.PARTITION_LBA
  const descriptor = bootDescriptor(plan, kernel.length, commandLine)
  const stage2At = DISK.STAGE2_LBA * SECTOR_BYTES
  const partitionAt = DISK.PARTITION_LBA * SECTOR_BYTES

  image.set(loader.stage1, 0)
  image.set(loader.stage2, stage2At)
  image.set(descriptor, partitionAt)
  image.set(kernel, partitionAt + SECTOR_BYTES)
  writePartitionTable(image, [{ active: true, type: DISK.PARTITION_TYPE, lba: DISK.PARTITION_LBA, sectors: wholePartition }])

  const identity = crc32(kernel, crc32(descriptor, crc32(loader.stage2)))
  const view = new DataView(image.buffer)
  view.setUint16(MBR.MBR_STAGE2_SECTORS, stage2Sectors, true)
  view.setUint32(MBR.MBR_IMAGE_ID, identity, true)
  view.setUint32(MBR.MBR_DISK_SIGNATURE, identity, true)
  view.setUint32(stage2At + MEMORY.STAGE2_IMAGE_ID, identity, true)

  return {
    image,
    report: {
      protocol: plan.protocol,
      entry: plan.entry,
      imageBytes: image.length,
      parts: [
        { name: 'stage 1', lba: 0, sectors: 1 },
        { name: 'stage 2', lba: DISK.STAGE2_LBA, sectors: stage2Sectors },
        { name: 'boot descriptor', lba: DISK.PARTITION_LBA, sectors: 1 },
        { name: 'kernel', lba: DISK.PARTITION_LBA + 1, sectors: kernelSectors },
      ],
      warnings: plan.warnings,
    },
  }
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

function bootDescriptor(plan: KernelPlan, kernelBytes: number, commandLine: string): Uint8Array {
  const sector = new Uint8Array(SECTOR_BYTES)
  const view = new DataView(sector.buffer)
  view.setUint32(DESCRIPTOR.DESCRIPTOR_MAGIC, MAGIC.DESCRIPTOR_MAGIC_VALUE, true)
  view.setUint32(DESCRIPTOR.DESCRIPTOR_VERSION, MAGIC.DESCRIPTOR_VERSION_VALUE, true)
  view.setUint32(DESCRIPTOR.DESCRIPTOR_PROTOCOL, PROTOCOL_NUMBERS[plan.protocol], true)
  view.setUint32(DESCRIPTOR.DESCRIPTOR_KERNEL_SECTOR, 1, true)
  view.setUint32(DESCRIPTOR.DESCRIPTOR_KERNEL_BYTES, kernelBytes, true)
  sector.set(encodeCommandLine(commandLine), DESCRIPTOR.DESCRIPTOR_COMMAND_LINE)
  let sum = 0
  for (let at = 0; at < SECTOR_BYTES; at += 4) sum = (sum + view.getUint32(at, true)) >>> 0
  view.setUint32(DESCRIPTOR.DESCRIPTOR_CHECKSUM, -sum >>> 0, true)
  return sector
}

function encodeCommandLine(commandLine: string): Uint8Array {
  const bytes = new TextEncoder().encode(commandLine)
  const zero = bytes.indexOf(0)
  if (bytes.length <= MAX_COMMAND_LINE_BYTES && zero === -1) return bytes
  throw new ImageError({
    what:
      zero === -1
        ? `The command line has ${bytes.length} bytes; at most ${MAX_COMMAND_LINE_BYTES} fit.`
        : `The command line has a zero byte at offset ${zero}.`,
    where: 'command line',
    why: 'It is stored, ended by a zero byte, in one sector together with the boot descriptor.',
    next: zero === -1 ? 'Shorten it.' : 'Remove the zero byte.',
  })
}

function sectorsOf(bytes: number): number {
  return Math.ceil(bytes / SECTOR_BYTES)
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit
}
