/**
 * CDs that start by BIOS and by UEFI, and as a stick, too: an ISO 9660 volume with El Torito entries, and stage 1 with a partition table in
 * the sectors before it.
 */
import { configText, EFI_IMAGE_PATH, STAGE2_PATH, volumeFiles } from './boot-volume'
import { CONFIG_PATH } from './boot-config'
import type { DiskContent, DiskPart, PackedDisk, VolumeFile } from './disk-content'
import { biosStages, digestOf, uefiFiles, writeStages } from './disk-loader'
import { makeFat } from './fat'
import { makeIso } from './iso'
import { CD, MBR, SECTOR_BYTES } from './layout'
import { type Partition, writePartitionTable } from './mbr'

const CD_SECTOR_BYTES = 2048
/** The first sector of 512 bytes that belongs to the volume; before it, 32 KiB are the system's own. */
const VOLUME_LBA = 64
const ONE_MIB = 1 << 20
/** What a BIOS loads at least; the CD's stage 1 reads the rest itself, as some load no more. */
const LOADED_SECTORS = 4
/** ISO 9660 (CHRP); no operating system takes it for a file system to format. */
const TYPE_ISO = 0x96
const TYPE_EFI_SYSTEM = 0xef

/** Where a FAT volume says on which sector of the disk it begins. */
const BPB_HIDDEN_SECTORS = 0x1c

/** @throws ImageError when a path cannot be one on a CD */
export async function packIso(content: DiskContent, where: string): Promise<PackedDisk> {
  const { options, loader } = content
  const bios = biosStages(content)
  const programs = uefiFiles(content)
  const text = new TextEncoder().encode(configText(content, (path) => path))
  const own: VolumeFile[] = [{ path: CONFIG_PATH, bytes: text }]
  if (bios) own.unshift({ path: STAGE2_PATH, bytes: biosImage(bios.stage2, loader.stage1Cd) })
  // The last file: before it lies one partition, and it is another.
  const efi = programs.length > 0 ? [{ path: EFI_IMAGE_PATH, bytes: await makeFat({ kind: 'auto', sectors: 'fit', label: 'EFI', files: programs, where }) }] : []
  const { image, places, catalogSector } = makeIso({
    label: options.label.toUpperCase(),
    files: [...volumeFiles({ ...content, files: [...own, ...content.files] }), ...efi],
    ...(bios && { biosBoot: { path: STAGE2_PATH, loadSectors: LOADED_SECTORS } }),
    ...(efi.length > 0 && { efiBoot: { path: EFI_IMAGE_PATH } }),
    padTo: ONE_MIB,
    where,
  })
  const digest = digestOf(content)
  const parts: DiskPart[] = [...places].map(([name, { sector, sectors }]) => ({ name, lba: sector, sectors }))
  parts.push({ name: 'partition table', lba: 0, sectors: 1 }, { name: 'file system', lba: VOLUME_LBA, sectors: catalogSector - VOLUME_LBA })

  const efiPlace = places.get(EFI_IMAGE_PATH)
  const end = efiPlace?.sector ?? image.length / SECTOR_BYTES
  const partitions: Partition[] = [{ active: true, type: TYPE_ISO, lba: VOLUME_LBA, sectors: end - VOLUME_LBA }]
  if (efiPlace) {
    partitions.push({ active: false, type: TYPE_EFI_SYSTEM, lba: efiPlace.sector, sectors: efiPlace.sectors })
    new DataView(image.buffer).setUint32(efiPlace.sector * SECTOR_BYTES + BPB_HIDDEN_SECTORS, efiPlace.sector, true)
  }
  writePartitionTable(image, partitions)
  new DataView(image.buffer).setUint32(MBR.MBR_DISK_SIGNATURE, digest.readUInt32LE(0), true)

  const bootImage = places.get(STAGE2_PATH)
  if (bios && bootImage) {
    const identity = digest.readUInt32LE(0)
    writeStages(image, bios, bootImage.sector + CD.CD_STAGE1_BYTES / SECTOR_BYTES, 0, identity)
    const view = new DataView(image.buffer, bootImage.sector * SECTOR_BYTES)
    view.setUint32(CD.CD_IMAGE_LBA, (bootImage.sector * SECTOR_BYTES) / CD_SECTOR_BYTES, true)
    view.setUint16(CD.CD_IMAGE_SECTORS, Math.ceil(bootImage.bytes / CD_SECTOR_BYTES), true)
    view.setUint32(CD.CD_IMAGE_ID, identity, true)
    parts.push({ name: 'stage 1', lba: 0, sectors: 1 })
  }
  return { image, parts: parts.toSorted((a, b) => a.lba - b.lba) }
}

/** What a BIOS starts from a CD: a stage 1 of its own, and stage 2 where it expects it behind. */
function biosImage(stage2: Uint8Array, stage1Cd: Uint8Array | undefined): Uint8Array {
  if (stage1Cd?.length !== CD.CD_STAGE1_BYTES) throw new RangeError('The loader does not come from assembleLoader: its stage 1 for CDs has the wrong size.')
  const image = new Uint8Array(Math.ceil((stage1Cd.length + stage2.length) / CD_SECTOR_BYTES) * CD_SECTOR_BYTES)
  image.set(stage1Cd)
  image.set(stage2, stage1Cd.length)
  return image
}

/** The CD's stage 1 as assembleLoader made it. @param bootImage what biosImage made, with its fields filled in */
export function stage1CdOf(bootImage: Uint8Array): Uint8Array {
  return bootImage.slice(0, CD.CD_STAGE1_BYTES).fill(0, CD.CD_IMAGE_LBA)
}
