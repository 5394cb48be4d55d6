/** The loader on a disk: stages for BIOS, programs for UEFI, and the identity by which its parts know each other. */
import { createHash } from 'node:crypto'
import { configText, STAGE2_PATH, volumeFiles } from './boot-volume'
import type { DiskContent, VolumeFile } from './disk-content'
import { MAX_STAGE2_SECTORS, MBR, MEMORY, SECTOR_BYTES } from './layout'
import { sectorsOf } from './raw-volume'

/** The jump over the BPB, which FAT wants in the first bytes. */
const JUMP_BYTES = 3

/** UEFI programs as files (UEFI specification 2.10, 3.5.1.1). */
export const UEFI_PATHS = { x64: '/EFI/BOOT/BOOTX64.EFI', ia32: '/EFI/BOOT/BOOTIA32.EFI' } as const

export interface BiosStages {
  stage1: Uint8Array
  /** Whole sectors. */
  stage2: Uint8Array
}

/** What a BIOS starts; undefined when the image is for UEFI alone. */
export function biosStages({ loader: { stage1, stage2 }, options: { firmware } }: Pick<DiskContent, 'loader' | 'options'>): BiosStages | undefined {
  if (firmware === 'uefi') return undefined
  const sectors = sectorsOf(stage2?.length ?? 0)
  if (stage1?.length !== SECTOR_BYTES || !stage2 || sectors > MAX_STAGE2_SECTORS) throw new RangeError('The loader does not come from assembleLoader: its stages have the wrong size.')
  return { stage1, stage2: wholeSectors(stage2) }
}

/** The programs of UEFI as files; none when the image is for BIOS alone. */
export function uefiFiles({ loader: { uefi }, options: { firmware } }: Pick<DiskContent, 'loader' | 'options'>): VolumeFile[] {
  if (firmware === 'bios') return []
  if (!uefi) throw new RangeError('An image for UEFI needs what assembleUefi makes.')
  return [
    { path: UEFI_PATHS.x64, bytes: uefi.x64 },
    { path: UEFI_PATHS.ia32, bytes: uefi.ia32 },
  ]
}

/** Of all that is on the disk; identities and GUIDs are made of it. Where files have no names, these do not count. */
export function digestOf(content: DiskContent): Buffer {
  const { layout, fileSystem, label } = content.options
  const files = volumeFiles(content)
  const index = new Map(files.map(({ path }, at) => [path.toLowerCase(), `@${at}`]))
  const nameOf = (path: string): string => (fileSystem === 'none' ? (index.get(path.toLowerCase()) ?? path) : path)
  const stages = biosStages(content)
  const own = [...uefiFiles(content), ...(stages ? [{ path: STAGE2_PATH, bytes: stages.stage2 }] : [])]
  const hash = createHash('sha256')
  hash.update(JSON.stringify([layout, fileSystem === 'none' ? null : label.toUpperCase()]))
  hash.update(configText(content, nameOf))
  for (const { path, bytes } of [...files, ...own]) hash.update(`${nameOf(path)}\0${bytes.length}\0`).update(bytes)
  return hash.digest()
}

/** As a disk has it: filled up with zeros. */
function wholeSectors(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(sectorsOf(bytes.length) * SECTOR_BYTES)
  whole.set(bytes)
  return whole
}

/**
 * Writes both stages, and into them where they lie.
 * @param lba of stage 2
 */
export function writeStages(image: Uint8Array, { stage1, stage2 }: BiosStages, lba: number, volumeLba: number, identity: number): void {
  const view = new DataView(image.buffer)
  const stage2At = lba * SECTOR_BYTES
  // Around the BPB, which a file system in sector 0 has filled in, and the partition table.
  image.set(stage1.subarray(0, JUMP_BYTES), 0)
  image.set(stage1.subarray(MBR.MBR_CODE_OFFSET, MBR.MBR_STAGE2_LBA), MBR.MBR_CODE_OFFSET)
  image.set(stage2, stage2At)
  view.setUint32(MBR.MBR_STAGE2_LBA, lba, true)
  view.setUint16(MBR.MBR_STAGE2_SECTORS, sectorsOf(stage2.length), true)
  view.setUint32(MBR.MBR_IMAGE_ID, identity, true)
  view.setUint32(stage2At + MEMORY.STAGE2_IMAGE_ID, identity, true)
  view.setUint32(stage2At + MEMORY.STAGE2_VOLUME_LBA, volumeLba, true)
}
