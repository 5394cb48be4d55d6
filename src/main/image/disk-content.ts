/** What is on a bootable disk, apart from where it lies. */
import type { BootProtocol } from '../../shared/boot'
import type { FileSystem, Firmware, ImageLayout } from '../../shared/image'
import type { BootParameters } from './boot-parameters'
import { ImageError } from './errors'
import type { LoaderBinaries } from './loader'
import type { UefiBinaries } from './uefi'

/** A file on the boot volume. */
export interface VolumeFile {
  /** From the volume's root: `/boot/kernel.elf`. On a volume without a file system nothing remains of it. */
  path: string
  bytes: Uint8Array
}

export interface DiskModule extends VolumeFile {
  /** At most 4095 bytes of UTF-8. */
  commandLine: string
}

/** A kernel with what it is started with: an entry of the boot menu. */
export interface DiskEntry {
  title: string
  protocol: BootProtocol
  parameters: BootParameters
  /** The file as the loader reads it. */
  kernel: VolumeFile
  commandLine: string
  modules: readonly DiskModule[]
}

export interface ImageOptions {
  layout: ImageLayout
  fileSystem: FileSystem
  firmware: Firmware
  /** Of the whole image; absent: as many as the content needs. */
  sizeBytes?: number | undefined
  /** At most 11 characters. */
  label: string
}

export const DEFAULT_IMAGE_OPTIONS: ImageOptions = { layout: 'mbr', fileSystem: 'auto', firmware: 'both', label: 'BOOTLAB' }

/** What starts a disk, as it comes from assembleLoader and assembleUefi; what the firmware does not need may be absent. */
export interface DiskLoader extends Partial<LoaderBinaries> {
  uefi?: UefiBinaries | undefined
}

export interface DiskContent {
  options: ImageOptions
  loader: DiskLoader
  /** Seconds until the menu boots by itself. */
  timeout?: number | undefined
  /** Which entry it boots then, from 1. */
  default: number
  entries: readonly DiskEntry[]
  /** Further files of the boot volume. */
  files: readonly VolumeFile[]
}

/** The first sectors and sector counts of what lies on a disk. */
export interface DiskPart {
  /** `stage 1`, `stage 2`, `partition table`, `file system`, or a file's path. */
  name: string
  lba: number
  sectors: number
}

export interface PackedDisk {
  image: Uint8Array
  /** In the order of their sectors. */
  parts: DiskPart[]
}

/** Options that contradict each other, and why. */
const CONTRADICTIONS: readonly { when: (options: ImageOptions) => boolean; what: string; why: string; next: string }[] = [
  {
    when: ({ layout, sizeBytes }) => (layout === 'floppy' || layout === 'iso') && sizeBytes !== undefined,
    what: 'A size is given for a medium that has its own.',
    why: 'A diskette has 1440 KiB, and a CD is as long as its content.',
    next: 'Leave "size" out, or choose another layout.',
  },
  {
    when: ({ layout, fileSystem }) => layout === 'floppy' && fileSystem !== 'auto' && fileSystem !== 'fat12',
    what: 'A diskette is to have another file system than FAT12.',
    why: 'With 1440 KiB it is too small for FAT16 and FAT32, and the loader is a file on it.',
    next: 'Leave "fileSystem" out.',
  },
  {
    when: ({ layout, fileSystem }) => layout === 'superfloppy' && fileSystem === 'none',
    what: 'A superfloppy is to have no file system.',
    why: 'It is nothing but a file system; the loader is a file on it.',
    next: 'Choose fat12, fat16 or fat32, or the layout mbr.',
  },
  {
    when: ({ layout, fileSystem }) => layout === 'iso' && fileSystem !== 'auto',
    what: 'A CD is to have a FAT file system, or none.',
    why: 'CDs have ISO 9660.',
    next: 'Leave "fileSystem" out.',
  },
]

/** @throws ImageError when they contradict each other */
export function checkImageOptions(options: ImageOptions, where: string): void {
  const found = CONTRADICTIONS.find(({ when }) => when(options))
  if (found) throw new ImageError({ what: found.what, where, why: found.why, next: found.next })
}
