/** Puts boot volume, loaders and partition tables together to a disk. */
import { ImageError } from './errors'
import { makeBootVolume, STAGE2_PATH, type VolumeKind, type BootVolume } from './boot-volume'
import { checkImageOptions, type DiskContent, type DiskPart, type ImageOptions, type PackedDisk } from './disk-content'
import { packIso } from './disk-iso'
import { biosStages, digestOf, uefiFiles, writeStages } from './disk-loader'
import { makeFat } from './fat'
import { readFat } from './fat-read'
import { GPT, GPT_TYPE, writeGpt } from './gpt'
import { guidOf } from './guid'
import { MAX_INPUT_BYTES } from './input'
import { DISK, MBR, SECTOR_BYTES } from './layout'
import { type Partition, writePartitionTable } from './mbr'
import { sectorsOf } from './raw-volume'

export const ONE_MIB = 1 << 20
/** In the BPB of FAT32: where the backup of the boot sector lies, which is to be as the first. */
const BPB_BACKUP_BOOT_SECTOR = 0x32
const MIB_SECTORS = ONE_MIB / SECTOR_BYTES
export const FLOPPY_SECTORS = 2880
/** Types of partitions in sector 0. Source: Alt-OS-Development Partition Specification; UEFI specification 2.10, 5.2.2 for 0xef. */
export const MBR_TYPE: Readonly<Record<VolumeKind | 'esp', number>> = { fat12: 0x01, fat16: 0x0e, fat32: 0x0c, none: DISK.PARTITION_TYPE, esp: 0xef }
/** Types in a GPT: with a file system the boot volume is the EFI system partition; without, it has a type of its own. */
export const GPT_RAW_TYPE = guidOf('Bootlab boot volume')

interface Place {
  /** Where stage 2 begins; absent: it is a file. */
  stage2Lba?: number
  /** First sector of the boot volume. */
  volumeLba: number
  gpt: boolean
  mbr: boolean
}

/** Where the layouts with sectors of 512 bytes put what. */
const PLACES: Readonly<Record<'mbr' | 'gpt' | 'hybrid' | 'superfloppy' | 'floppy', Place>> = {
  mbr: { stage2Lba: DISK.STAGE2_LBA, volumeLba: DISK.PARTITION_LBA, gpt: false, mbr: true },
  gpt: { stage2Lba: GPT.FIRST_FREE_LBA, volumeLba: DISK.PARTITION_LBA, gpt: true, mbr: false },
  hybrid: { stage2Lba: GPT.FIRST_FREE_LBA, volumeLba: DISK.PARTITION_LBA, gpt: true, mbr: true },
  superfloppy: { volumeLba: 0, gpt: false, mbr: false },
  floppy: { volumeLba: 0, gpt: false, mbr: false },
}

/**
 * The same content gives the same bytes.
 * @param where names the content in errors
 * @throws ImageError when it does not fit together
 */
export async function packDisk(content: DiskContent, where: string): Promise<PackedDisk> {
  const { options } = content
  checkImageOptions(options, where)
  if (options.layout === 'iso') return packIso(content, where)
  const place = PLACES[options.layout]
  if (options.sizeBytes === undefined) return packInto(content, place, 'fit', where)
  try {
    return await packInto(content, place, options.sizeBytes / SECTOR_BYTES, where)
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    // Is it the size? Then it fits into another one; what else is wrong is wrong there, too.
    const fitted = await packInto(content, place, 'fit', where)
    throw new ImageError(
      {
        what: `The image is to have ${options.sizeBytes / 1024} KiB; its content needs ${fitted.image.length / 1024} KiB.`,
        where,
        why: error.what,
        next: `Let "size" be ${Math.ceil(fitted.image.length / ONE_MIB)}M or more, or leave it out.`,
      },
      { cause: error },
    )
  }
}

/** What a volume starts with, what ends it. */
interface Volume {
  role: 'boot' | 'esp'
  lba: number
  kind: VolumeKind
  bytes: Uint8Array
}

async function packInto(content: DiskContent, place: Place, totalSectors: number | 'fit', where: string): Promise<PackedDisk> {
  const { options } = content
  const bios = biosStages(content)
  const programs = uefiFiles(content)
  const separate = options.fileSystem === 'none' && programs.length > 0
  const esp = separate ? await makeFat({ kind: 'auto', sectors: 'fit', multipleOf: MIB_SECTORS, label: 'EFI', files: programs, where }) : new Uint8Array()
  const behind = esp.length / SECTOR_BYTES + (place.gpt ? GPT.BACKUP_SECTORS : 0)

  const floppy = options.layout === 'floppy'
  const volumeSectors = floppy ? FLOPPY_SECTORS : totalSectors === 'fit' ? 'fit' : totalSectors - place.volumeLba - behind
  if (volumeSectors !== 'fit' && volumeSectors < 1) throw tooSmall(where)
  if (totalSectors !== 'fit') checkSize(totalSectors, where)
  // A large image is mostly empty; made in its place, its pages are never touched.
  const given = totalSectors === 'fit' ? undefined : new Uint8Array(totalSectors * SECTOR_BYTES)
  const into = typeof volumeSectors === 'number' ? given?.subarray(place.volumeLba * SECTOR_BYTES, (place.volumeLba + volumeSectors) * SECTOR_BYTES) : undefined
  const stage2File = bios && place.stage2Lba === undefined ? [{ path: STAGE2_PATH, bytes: bios.stage2 }] : []
  const volume = await makeBootVolume(
    { ...content, label: options.label },
    [...stage2File, ...(separate ? [] : programs)],
    { kind: volumeKind(options), sectors: volumeSectors, multipleOf: MIB_SECTORS, hiddenSectors: place.volumeLba, floppy, into },
    where,
  )

  const volumeEnd = place.volumeLba + volume.bytes.length / SECTOR_BYTES
  const volumes: Volume[] = [{ role: 'boot', lba: place.volumeLba, kind: volume.kind, bytes: volume.bytes }]
  if (separate) volumes.push({ role: 'esp', lba: volumeEnd, kind: readFat(esp, where).kind, bytes: esp })
  const needed = volumeEnd + behind
  const sectors = totalSectors === 'fit' && !floppy ? Math.ceil(needed / MIB_SECTORS) * MIB_SECTORS : needed
  checkSize(sectors, where)

  const image = given ?? new Uint8Array(sectors * SECTOR_BYTES)
  for (const { lba, bytes, role } of volumes) {
    if (bytes.buffer !== image.buffer) image.set(bytes, lba * SECTOR_BYTES)
    if (role === 'esp') new DataView(image.buffer).setUint32(lba * SECTOR_BYTES + 0x1c, lba, true)
  }
  const digest = digestOf(content)
  const parts: DiskPart[] = volume.parts.map(({ name, sector, sectors: count }) => ({ name, lba: place.volumeLba + sector, sectors: count }))
  if (separate) parts.push({ name: 'EFI system partition', lba: volumeEnd, sectors: esp.length / SECTOR_BYTES })
  if (place.mbr || place.gpt) {
    writeTables(image, place, volumes, digest)
    parts.push({ name: 'partition table', lba: 0, sectors: 1 })
  }
  if (place.gpt) parts.push({ name: 'partition table', lba: GPT.HEADER_LBA, sectors: GPT.BACKUP_SECTORS }, { name: 'partition table', lba: sectors - GPT.BACKUP_SECTORS, sectors: GPT.BACKUP_SECTORS })
  if (bios) {
    const lba = place.stage2Lba ?? stage2Sector(volume, where)
    writeStages(image, bios, lba, place.volumeLba, digest.readUInt32LE(0))
    if (place.volumeLba === 0 && volume.kind === 'fat32') copyBootSector(image)
    parts.push({ name: 'stage 1', lba: 0, sectors: 1 })
    if (place.stage2Lba !== undefined) parts.push({ name: 'stage 2', lba, sectors: sectorsOf(bios.stage2.length) })
  }
  return { image, parts: parts.toSorted((a, b) => a.lba - b.lba) }
}

/** Small volumes have FAT16, too: some systems take FAT12 for a diskette's. */
function volumeKind({ layout, fileSystem, sizeBytes = 0 }: ImageOptions): VolumeKind {
  if (fileSystem !== 'auto') return fileSystem
  return layout === 'floppy' ? 'fat12' : sizeBytes > MAX_INPUT_BYTES ? 'fat32' : 'fat16'
}

function copyBootSector(image: Uint8Array): void {
  image.copyWithin(new DataView(image.buffer).getUint16(BPB_BACKUP_BOOT_SECTOR, true) * SECTOR_BYTES, 0, SECTOR_BYTES)
}

function stage2Sector(volume: BootVolume, where: string): number {
  const pieces = volume.parts.filter(({ name }) => name.toLowerCase() === STAGE2_PATH)
  if (pieces.length === 1 && pieces[0]) return pieces[0].sector
  throw new Error(`${where}: ${STAGE2_PATH} lies in ${pieces.length} pieces; the first stage reads it in one.`)
}

function writeTables(image: Uint8Array, place: Place, volumes: readonly Volume[], digest: Buffer): void {
  const view = new DataView(image.buffer)
  const sectors = image.length / SECTOR_BYTES
  const own: Partition[] = volumes.map(({ role, lba, kind, bytes }) => ({ active: role === 'boot', type: MBR_TYPE[role === 'esp' ? 'esp' : kind], lba, sectors: bytes.length / SECTOR_BYTES }))
  // The protective entry may be active, "must be ignored by UEFI implementations" (5.2.3), and BIOSes that look for an active one boot.
  const protective = (last: number, active: boolean): Partition => ({ active, type: GPT.PROTECTIVE_TYPE, lba: GPT.HEADER_LBA, sectors: last - GPT.HEADER_LBA })
  const entries = !place.gpt ? own : place.mbr ? [protective(place.volumeLba, false), ...own] : [protective(sectors, true)]
  writePartitionTable(image, entries)
  view.setUint32(MBR.MBR_DISK_SIGNATURE, digest.readUInt32LE(0), true)
  if (!place.gpt) return
  writeGpt(image, {
    id: guidOf('disk', digest),
    firstUsable: place.volumeLba,
    partitions: volumes.map(({ role, lba, kind, bytes }) => ({
      type: kind === 'none' ? GPT_RAW_TYPE : GPT_TYPE.EFI_SYSTEM,
      id: guidOf('partition', role, digest),
      lba,
      sectors: bytes.length / SECTOR_BYTES,
      attributes: 0n,
      name: role === 'boot' ? 'Boot volume' : 'EFI system partition',
    })),
  })
}

function tooSmall(where: string): ImageError {
  return new ImageError({ what: 'There is no room for a boot volume.', where, why: 'The first MiB belongs to partition table and loader.', next: 'Make the image larger.' })
}

function checkSize(sectors: number, where: string): void {
  if (sectors * SECTOR_BYTES <= MAX_INPUT_BYTES) return
  throw new ImageError({
    what: `The image would have ${Math.ceil(sectors / MIB_SECTORS)} MiB; at most ${MAX_INPUT_BYTES / ONE_MIB} are possible.`,
    where,
    why: 'The PC keeps its disk in memory.',
    next: 'Make the modules smaller, or the size, if you gave one.',
  })
}
