/** Reads back what packDisk put on a disk. */
import type { ImageLayout } from '../../shared/image'
import { EFI_IMAGE_PATH, readBootVolume, type ReadVolume, STAGE2_PATH } from './boot-volume'
import type { ConfigEntry } from './boot-config'
import type { DiskContent, DiskEntry, DiskLoader, VolumeFile } from './disk-content'
import { stage1CdOf } from './disk-iso'
import { UEFI_PATHS } from './disk-loader'
import { FLOPPY_SECTORS, MBR_TYPE } from './disk-pack'
import { ImageError } from './errors'
import { looksLikeFat, readFat } from './fat-read'
import { GPT, readGpt } from './gpt'
import { looksLikeIso } from './iso-read'
import { MAGIC, MAX_STAGE2_SECTORS, MBR, MEMORY, SECTOR_BYTES } from './layout'
import { hasPartitionTable, hasBootSignature, type Partition, readPartitionTable } from './mbr'
import { parseSectorName } from './raw-volume'

/**
 * What packDisk put on a disk.
 * @throws ImageError when it is another kind of disk, or damaged
 */
export function unpackDisk(image: Uint8Array, where = 'disk image'): DiskContent {
  const { layout, partitions } = layoutOf(image, where)
  const [volumeLba, volume] = findBootVolume(image, partitions, where)
  const stages = readStages(image, volumeLba, volume)
  const { uefi, files } = separate(image, partitions, volume, where)
  if (!stages && !uefi) throw notOurs(where)
  const byPath = new Map(files.map((file) => [file.path.toLowerCase(), file]))
  const named = new Set<VolumeFile>()
  const entries = volume.config.entries.map((entry) => readEntry(entry, byPath, named, where))
  return {
    options: {
      layout,
      // Where 'auto' chose this kind, it is chosen again for the same size.
      fileSystem: layout === 'floppy' || volume.kind === 'iso9660' ? 'auto' : volume.kind,
      firmware: stages ? (uefi ? 'both' : 'bios') : 'uefi',
      label: volume.label,
    },
    loader: { ...stages, uefi },
    timeout: volume.config.timeout,
    default: volume.config.default,
    entries,
    files: files.filter((file) => !named.has(file)),
  }
}

function layoutOf(image: Uint8Array, where: string): { layout: ImageLayout; partitions: readonly Pick<Partition, 'lba' | 'type' | 'active'>[] } {
  if (image.length < SECTOR_BYTES || !hasBootSignature(image)) throw notOurs(where)
  const used = hasPartitionTable(image) ? readPartitionTable(image, where) : []
  if (looksLikeIso(image)) return { layout: 'iso', partitions: [{ lba: 0, type: 0, active: true }] }
  const table = used.some(({ type }) => type === GPT.PROTECTIVE_TYPE) ? (readGpt(image)?.primary ?? readGpt(image)?.backup) : undefined
  if (table) {
    const partitions = table.partitions.map(({ lba }, index) => ({ lba, type: 0, active: index === 0 }))
    return { layout: used.length > 1 ? 'hybrid' : 'gpt', partitions }
  }
  if (used.length > 0) return { layout: 'mbr', partitions: used }
  return { layout: image.length === FLOPPY_SECTORS * SECTOR_BYTES ? 'floppy' : 'superfloppy', partitions: [{ lba: 0, type: 0, active: true }] }
}

function findBootVolume(image: Uint8Array, partitions: readonly Pick<Partition, 'lba' | 'active'>[], where: string): [lba: number, volume: ReadVolume] {
  const lba = partitions.find(({ active }) => active)?.lba
  const volume = lba === undefined ? undefined : readBootVolume(image.subarray(lba * SECTOR_BYTES), where)
  if (lba === undefined || !volume) throw notOurs(where)
  return [lba, volume]
}

/** Both stages as assembleLoader left them, so that the same content gives the same identity; undefined when there are none. */
function readStages(image: Uint8Array, volumeLba: number, volume: ReadVolume): Pick<DiskLoader, 'stage1' | 'stage2' | 'stage1Cd'> | undefined {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const at = view.getUint32(MBR.MBR_STAGE2_LBA, true) * SECTOR_BYTES
  const sectors = view.getUint16(MBR.MBR_STAGE2_SECTORS, true)
  const end = at + sectors * SECTOR_BYTES
  if (sectors < 1 || sectors > MAX_STAGE2_SECTORS || end > image.length || view.getUint32(at, true) !== MAGIC.STAGE2_MAGIC) return undefined
  const stage1 = image.slice(0, SECTOR_BYTES)
  const stage2 = image.slice(at, end)
  // The area of the BPB holds one, where a file system begins in sector 0; the loader leaves it free.
  if (volumeLba === 0) stage1.fill(0, 3, MBR.MBR_CODE_OFFSET)
  stage1.fill(0, MBR.MBR_STAGE2_LBA, MBR.MBR_SIGNATURE)
  stage2.fill(0, MEMORY.STAGE2_IMAGE_ID, MEMORY.STAGE2_ENTRY)
  const bootImage = volume.kind === 'iso9660' ? volume.files.find(({ path }) => path === STAGE2_PATH) : undefined
  return { stage1, stage2, ...(bootImage && { stage1Cd: stage1CdOf(bootImage.bytes) }) }
}

/** Tells the medium's own files from those of the content. */
function separate(image: Uint8Array, partitions: readonly Pick<Partition, 'lba' | 'type' | 'active'>[], volume: ReadVolume, where: string): { uefi: DiskLoader['uefi']; files: VolumeFile[] } {
  const esp = volume.kind === 'none' ? partitions.find(({ active, type }) => !active && (type === 0 || type === MBR_TYPE.esp)) : undefined
  const espBytes = esp ? image.subarray(esp.lba * SECTOR_BYTES) : volume.files.find(({ path }) => volume.kind === 'iso9660' && path === EFI_IMAGE_PATH)?.bytes
  const programs = espBytes && looksLikeFat(espBytes) ? readEsp(espBytes, where) : volume.files
  const program = (path: string): Uint8Array | undefined => programs.find((file) => file.path.toLowerCase() === path.toLowerCase())?.bytes
  const x64 = program(UEFI_PATHS.x64)
  const ia32 = program(UEFI_PATHS.ia32)
  const own: ReadonlySet<string> = new Set([STAGE2_PATH, UEFI_PATHS.x64, UEFI_PATHS.ia32, ...(volume.kind === 'iso9660' ? [EFI_IMAGE_PATH] : [])].map((path) => path.toLowerCase()))
  return { uefi: x64 && ia32 ? { x64, ia32 } : undefined, files: volume.files.filter(({ path }) => !own.has(path.toLowerCase())) }
}

function readEsp(volume: Uint8Array, where: string): VolumeFile[] {
  const fat = readFat(volume, where)
  return fat.entries.filter(({ directory }) => !directory).map((entry) => ({ path: entry.path, bytes: fat.read(entry) }))
}

/** Files without names get some, so that the same disk can be packed again. */
function readEntry(entry: ConfigEntry, byPath: ReadonlyMap<string, VolumeFile>, named: Set<VolumeFile>, where: string): DiskEntry {
  const { title, protocol, kernel, commandLine, modules, parameters } = entry
  if (protocol === undefined)
    throw new ImageError({
      what: `The entry ${JSON.stringify(title)} of the boot configuration names no protocol.`,
      where,
      why: 'The boot loader finds it out itself; to pack the disk again it must be known.',
      next: 'Add a line such as "protocol multiboot1".',
    })
  const file = (path: string): VolumeFile => {
    const found = byPath.get(path.toLowerCase())
    if (!found)
      throw new ImageError({ what: `The boot configuration names ${JSON.stringify(path)}, which is not on the boot volume.`, where, why: 'The boot loader would stop there.', next: 'Build the image again.' })
    named.add(found)
    return parseSectorName(path) === undefined ? found : { path: `/boot/${path}`, bytes: found.bytes }
  }
  return { title, protocol, parameters, kernel: file(kernel), commandLine, modules: modules.map((module) => ({ ...file(module.path), commandLine: module.commandLine })) }
}

function notOurs(where: string): ImageError {
  return new ImageError({
    what: 'This disk does not start with Bootlab’s boot loader.',
    where,
    why: 'Only on a disk that Bootlab packed itself it knows what lies where.',
    next: 'Boot the disk as it is, or build the project that it came from.',
  })
}
