/**
 * Where everything lies: on the disk, in the boot descriptor, in memory while the loader runs.
 *
 * This table is the only place that knows these numbers. The image builder uses them directly; the loader's
 * assembly, C and linker scripts receive every one of them as a define of the same name (see loader.ts).
 */

/** Bytes in a sector; the loader and BIOS INT 13h use no other size. */
export const SECTOR_BYTES = 512

/** Fields of sector 0. Source: the classic MBR layout (partition table at 446, 0xAA55 at 510). */
export const MBR = {
  /** Bytes 0x03–0x59 stay free: some BIOSes rewrite this "BIOS parameter block" area of whatever they boot. */
  MBR_CODE_OFFSET: 0x5a,
  /** u16: how many sectors stage 2 has. Written by the image builder. */
  MBR_STAGE2_SECTORS: 0x1b2,
  /** u32: the image's identity; stage 2 carries the same, so that stage 1 knows it read the right drive. */
  MBR_IMAGE_ID: 0x1b4,
  /** u32: disk signature, as operating systems know it. They may rewrite it; nothing here depends on it. */
  MBR_DISK_SIGNATURE: 0x1b8,
  /** Four entries of 16 bytes. */
  MBR_PARTITION_TABLE: 0x1be,
  /** u16 0xAA55. */
  MBR_SIGNATURE: 0x1fe,
} as const

/** Places on the disk, in sectors. */
export const DISK = {
  /** Stage 2 follows sector 0 directly, in the gap before the first partition. */
  STAGE2_LBA: 1,
  /** The partition starts at 1 MiB, where every partitioning tool of today puts the first one. */
  PARTITION_LBA: 2048,
  /**
   * The partition's type. 0x7f is set aside for experiments and local use (Alt-OS-Development Partition
   * Specification), so no operating system takes the partition for a file system of its own.
   */
  PARTITION_TYPE: 0x7f,
} as const

/**
 * The boot descriptor: the partition's first sector. Little endian; the 128 u32 words of the sector sum to 0
 * (mod 2^32), as the fields of a Multiboot header do.
 */
export const DESCRIPTOR = {
  /** u32 0x424c4f42, "BOLB". */
  DESCRIPTOR_MAGIC: 0,
  /** u32, {@link DESCRIPTOR_VERSION}. */
  DESCRIPTOR_VERSION: 4,
  /** u32: chosen so that the sector sums to 0. */
  DESCRIPTOR_CHECKSUM: 8,
  /** u32: how the kernel is entered, one of {@link PROTOCOL}. */
  DESCRIPTOR_PROTOCOL: 12,
  /** u32: the kernel file's first sector, counted from the partition's start. */
  DESCRIPTOR_KERNEL_SECTOR: 16,
  /** u32: the kernel file's length in bytes. */
  DESCRIPTOR_KERNEL_BYTES: 20,
  /** Zero-terminated text up to the end of the sector. */
  DESCRIPTOR_COMMAND_LINE: 32,
} as const

/** Values of the boot descriptor's protocol field. */
export const PROTOCOL = {
  /** Multiboot 1: 32-bit protected mode, eax = 0x2BADB002, ebx = information. */
  PROTOCOL_MULTIBOOT1: 1,
  /** A 64-bit ELF: long mode. */
  PROTOCOL_ELF64: 2,
  /** A 32-bit ELF without a Multiboot header: 32-bit protected mode, registers as for Multiboot 1. */
  PROTOCOL_ELF32: 3,
} as const

/** Magic numbers. */
export const MAGIC = {
  STAGE2_MAGIC: 0x32534c42,
  DESCRIPTOR_MAGIC_VALUE: 0x424c4f42,
  DESCRIPTOR_VERSION_VALUE: 1,
  MULTIBOOT1_HEADER_MAGIC: 0x1badb002,
  MULTIBOOT1_BOOT_MAGIC: 0x2badb002,
  /** The header must lie in the kernel file's first 8192 bytes (Multiboot 0.6.96, 3.1). */
  MULTIBOOT1_SEARCH_BYTES: 8192,
} as const

/** Physical addresses while the loader runs. Everything below {@link MEMORY}.LOADER_END belongs to it. */
export const MEMORY = {
  /** Where the BIOS puts sector 0; the loader's stack grows down from here. */
  STAGE1_ADDRESS: 0x7c00,
  /** Stage 2 with its data: it must end below 64 KiB so that real-mode code reaches all of it. */
  STAGE2_ADDRESS: 0x8000,
  STAGE2_END: 0x10000,
  /** Stage 2's first bytes: magic u32, image identity u32, then code. */
  STAGE2_IMAGE_ID: 4,
  STAGE2_ENTRY: 8,
  /** What INT 13h reads into: starts on a 64 KiB boundary and holds one transfer, so no transfer crosses one. */
  BOUNCE_ADDRESS: 0x10000,
  /** Sectors per transfer. Some BIOSes refuse more than 62. */
  BOUNCE_SECTORS: 62,
  /** The kernel file's first 8 KiB, searched for a Multiboot header. */
  SCRATCH_ADDRESS: 0x18000,
  /** Frames for the page tables of a 64-bit kernel. */
  PAGE_TABLES_ADDRESS: 0x20000,
  PAGE_TABLES_END: 0x60000,
  /** The kernel's first stack, 64 KiB. */
  KERNEL_STACK_BOTTOM: 0x60000,
  KERNEL_STACK_TOP: 0x70000,
  LOADER_END: 0x70000,
} as const

/** What one kernel may have at most. */
export const LIMITS = {
  /** Loadable segments. */
  MAX_SEGMENTS: 32,
  /** The program header table: 73 entries of a 64-bit file, 128 of a 32-bit one. */
  MAX_PROGRAM_HEADER_BYTES: 4096,
} as const

/** Selectors of the GDT the loader leaves behind. */
export const SELECTORS = {
  SELECTOR_CODE64: 0x08,
  SELECTOR_CODE32: 0x10,
  SELECTOR_DATA32: 0x18,
  SELECTOR_CODE16: 0x20,
  SELECTOR_DATA16: 0x28,
} as const

/** Longest command line in bytes, without its terminating zero. */
export const MAX_COMMAND_LINE_BYTES = SECTOR_BYTES - DESCRIPTOR.DESCRIPTOR_COMMAND_LINE - 1

/** Most sectors stage 2 may have: its data without initial value needs room too, which its linker script checks. */
export const MAX_STAGE2_SECTORS = (MEMORY.STAGE2_END - MEMORY.STAGE2_ADDRESS) / SECTOR_BYTES

/** Everything above, as the loader's sources see it. */
export const LOADER_DEFINES: Readonly<Record<string, number>> = {
  SECTOR_BYTES,
  ...MBR,
  ...DISK,
  ...DESCRIPTOR,
  ...PROTOCOL,
  ...MAGIC,
  ...MEMORY,
  ...LIMITS,
  ...SELECTORS,
}
