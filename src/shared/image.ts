/** How images are made: names that the manifest, the command line and the image builder share. */

/**
 * - `mbr`: a partition table in sector 0 with one active partition;
 * - `gpt`: a GUID partition table;
 * - `hybrid`: both tables, naming the same partition;
 * - `superfloppy`: one file system from sector 0 on, without a table;
 * - `floppy`: the same on a diskette of 1.44 MB;
 * - `iso`: a CD that also boots as a disk.
 */
export const IMAGE_LAYOUTS = ['mbr', 'gpt', 'hybrid', 'superfloppy', 'floppy', 'iso'] as const
export type ImageLayout = (typeof IMAGE_LAYOUTS)[number]

/** What the boot partition holds; `none`: the loader's own table of contents, without a file system. */
export const FILE_SYSTEMS = ['auto', 'fat12', 'fat16', 'fat32', 'none'] as const
export type FileSystem = (typeof FILE_SYSTEMS)[number]

/** Which firmware starts the image. */
export const FIRMWARES = ['both', 'bios', 'uefi'] as const
export type Firmware = (typeof FIRMWARES)[number]

/** Formats of virtual disks beside the raw one. */
export const VIRTUAL_DISK_FORMATS = ['vhd', 'vmdk', 'vdi', 'qcow2'] as const
export type VirtualDiskFormat = (typeof VIRTUAL_DISK_FORMATS)[number]
export const IMAGE_FORMATS = ['raw', ...VIRTUAL_DISK_FORMATS] as const
export type ImageFormat = (typeof IMAGE_FORMATS)[number]
