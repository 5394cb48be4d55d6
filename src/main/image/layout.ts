/**
 * Where everything lies: on the disk, in memory while the loader runs.
 *
 * This table is the only place that knows these numbers. The image builder uses them directly; the loader's
 * assembly, C and linker scripts receive every one of them as a define of the same name (see loader.ts).
 */

import { type BootProtocol, MAX_COMMAND_LINE_BYTES } from '../../shared/boot'
import { PARAMETER_NUMBERS } from './boot-parameters'

/** Bytes in a sector; the loader and BIOS INT 13h use no other size. */
export const SECTOR_BYTES = 512

/** Fields of sector 0. Source: the classic MBR layout (partition table at 446, 0xAA55 at 510). */
export const MBR = {
  /** Bytes 0x03–0x59 stay free: some BIOSes rewrite this "BIOS parameter block" area of whatever they boot. */
  MBR_CODE_OFFSET: 0x5a,
  /** u32: stage 2's first sector. Written by the image builder, as are the next two. */
  MBR_STAGE2_LBA: 0x1ae,
  /** u16: how many sectors stage 2 has. */
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

/** The first KiB of a CD's boot image (El Torito, no emulation); stage 2 is the rest of it. The fields are written by the image builder. */
export const CD = {
  /** u32: the boot image's first sector, of 2048 bytes. */
  CD_IMAGE_LBA: 0x3f4,
  /** u16: how many sectors of 2048 bytes it has. */
  CD_IMAGE_SECTORS: 0x3f8,
  /** u32: as MBR_IMAGE_ID. */
  CD_IMAGE_ID: 0x3fc,
  CD_STAGE1_BYTES: 0x400,
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

/** The header of a boot volume without a file system: its first sector. The boot configuration follows in the next. */
export const RAW_VOLUME = {
  /** u32 0x424c4f42, "BOLB". */
  RAW_MAGIC: 0,
  /** u32, {@link MAGIC}.RAW_VOLUME_VERSION. */
  RAW_VERSION: 4,
  /** u32: chosen so that all u32 words of header and configuration, whole sectors, sum to 0 (mod 2^32). */
  RAW_CHECKSUM: 8,
  /** u32: length of the configuration. */
  RAW_CONFIG_BYTES: 12,
} as const

/** What a kernel of the `bootloader` crate was built to find; which version does what is in bootloader-crate.ts. */
export const CRATE_FLAGS_BITS = {
  CRATE_RECURSIVE_PAGE_TABLE: 1,
  CRATE_MAP_PHYSICAL_MEMORY: 2,
  CRATE_SSE: 4,
  CRATE_VGA_320X200: 8,
  /** BootInfo has a TLS template. */
  CRATE_THREAD_LOCAL: 16,
  /** The page below the stack stays unmapped. */
  CRATE_GUARD_PAGE: 32,
  /** Entered by `call`, not by `jmp`: the stack is 8 bytes off a multiple of 16. */
  CRATE_CALLED: 64,
} as const

/** How a kernel is entered, as the loader's parts know it; the boot configuration has names. */
export const PROTOCOL = {
  /** The boot configuration does not say: the loader looks at the kernel. */
  PROTOCOL_DETECT: 0,
  /** Multiboot 1: 32-bit protected mode, eax = 0x2BADB002, ebx = information. */
  PROTOCOL_MULTIBOOT1: 1,
  /** A 64-bit ELF: long mode. */
  PROTOCOL_ELF64: 2,
  /** A 32-bit ELF without a Multiboot header: 32-bit protected mode, registers as for Multiboot 1. */
  PROTOCOL_ELF32: 3,
  /** Multiboot 2: 32-bit protected mode, eax = 0x36D76289, ebx = information. */
  PROTOCOL_MULTIBOOT2: 4,
  /** A 64-bit ELF for the Rust crate `bootloader` 0.6 to 0.9: long mode, rdi = BootInfo. */
  PROTOCOL_BOOTLOADER_CRATE: 5,
  /** A flat binary for 16-bit real mode; 7, 8 and 9 came in between. */
  PROTOCOL_FLAT16: 6,
  /** A 64-bit ELF with Limine requests: long mode, its own map. */
  PROTOCOL_LIMINE: 7,
  /** A 64-bit ELF for the Rust crate `bootloader` 0.11: long mode, rdi = BootInfo. */
  PROTOCOL_BOOTLOADER11: 8,
  /** A Linux kernel (bzImage): 32-bit protected mode, esi = zero page. */
  PROTOCOL_LINUX: 9,
  PROTOCOL_FLAT32: 10,
  PROTOCOL_FLAT64: 11,
} as const

/** The loader's number of each protocol. */
export const PROTOCOL_NUMBERS: Readonly<Record<BootProtocol, number>> = {
  multiboot1: PROTOCOL.PROTOCOL_MULTIBOOT1,
  multiboot2: PROTOCOL.PROTOCOL_MULTIBOOT2,
  elf64: PROTOCOL.PROTOCOL_ELF64,
  elf32: PROTOCOL.PROTOCOL_ELF32,
  bootloader: PROTOCOL.PROTOCOL_BOOTLOADER_CRATE,
  limine: PROTOCOL.PROTOCOL_LIMINE,
  bootloader11: PROTOCOL.PROTOCOL_BOOTLOADER11,
  linux: PROTOCOL.PROTOCOL_LINUX,
  flat16: PROTOCOL.PROTOCOL_FLAT16,
  flat32: PROTOCOL.PROTOCOL_FLAT32,
  flat64: PROTOCOL.PROTOCOL_FLAT64,
}

/** Magic numbers. */
export const MAGIC = {
  STAGE2_MAGIC: 0x32534c42,
  RAW_VOLUME_MAGIC: 0x424c4f42,
  RAW_VOLUME_VERSION: 3,
  MULTIBOOT1_HEADER_MAGIC: 0x1badb002,
  MULTIBOOT1_BOOT_MAGIC: 0x2badb002,
  MULTIBOOT2_HEADER_MAGIC: 0xe85250d6,
  /** The header must lie in the kernel file's first 8192 bytes (Multiboot 0.6.96, 3.1). */
  MULTIBOOT1_SEARCH_BYTES: 8192,
  /** The header must lie in the kernel file's first 32768 bytes (Multiboot2 2.0, 3.1). */
  MULTIBOOT2_SEARCH_BYTES: 32_768,
} as const

/** Physical addresses while the loader runs. It works below {@link MEMORY}.LOADER_END; what a kernel wants there arrives last. */
export const MEMORY = {
  /** Interrupt table and BIOS data lie below. */
  LOWEST_ADDRESS: 0x500,
  /** Where the BIOS puts sector 0; the loader's stack grows down from here. */
  STAGE1_ADDRESS: 0x7c00,
  /** Stage 2 with its data. Real-mode code reaches only what lies below 64 KiB, so that comes first in it. */
  STAGE2_ADDRESS: 0x8000,
  STAGE2_REAL_MODE_END: 0x10000,
  STAGE2_END: 0x40000,
  /** Stage 2's first bytes: magic u32, image identity u32, the boot volume's first sector u32, then code. */
  STAGE2_IMAGE_ID: 4,
  STAGE2_VOLUME_LBA: 8,
  /** u32, written in memory by stage 1: the drive's sectors have 512 << this bytes. The volume's place counts in 512 on every drive. */
  STAGE2_SECTOR_SHIFT: 12,
  STAGE2_ENTRY: 16,
  /** What INT 13h reads into: starts on a 64 KiB boundary and holds one transfer, so no transfer crosses one. */
  BOUNCE_ADDRESS: 0x40000,
  /** Sectors per transfer. Some BIOSes refuse more than 62. */
  BOUNCE_SECTORS: 62,
  /** The kernel file's first 32 KiB, searched for a Multiboot header. */
  SCRATCH_ADDRESS: 0x48000,
  SCRATCH_BYTES: 0x8000,
  /** What the kernel gets: information, page tables, GDT, and at the end the first stack. Elsewhere when the kernel itself lies here. */
  HANDOFF_ADDRESS: 0x50000,
  HANDOFF_BYTES: 0x40000,
  FIRST_STACK_BYTES: 0x10000,
  /** Page tables that find room in there. */
  LOW_PAGE_TABLES: 32,
  LOADER_END: 0x90000,
} as const

/** What one kernel may have at most. */
export const LIMITS = {
  /** Loadable segments. */
  MAX_SEGMENTS: 128,
  /** The program header table: 146 entries of a 64-bit file, 256 of a 32-bit one. */
  MAX_PROGRAM_HEADER_BYTES: 8192,
  MAX_MODULES: 128,
  /** Longer section header tables are not handed over. */
  MAX_SECTION_HEADER_BYTES: 65_536,
} as const

/** What a boot configuration may have at most; the menu numbers its entries with one digit. */
export const CONFIG_LIMITS = {
  CONFIG_MAX_BYTES: 16_384,
  CONFIG_MAX_ENTRIES: 9,
  /** Seconds. */
  CONFIG_MAX_TIMEOUT: 3600,
  MAX_COMMAND_LINE_BYTES,
} as const

/** The GDT the loader leaves behind. */
export const SELECTORS = {
  /** The kernel's code segment, of 32 or 64 bits: at 0x08, as other loaders have it, since some kernels' gates count on it. */
  SELECTOR_CODE: 0x08,
  SELECTOR_DATA: 0x10,
  SELECTOR_CODE32: 0x18,
  SELECTOR_CODE16: 0x20,
  SELECTOR_DATA16: 0x28,
  SELECTOR_CODE16_PAGE: 0x30,
  SELECTOR_DATA16_PAGE: 0x38,
  SELECTOR_CODE64: 0x40,
  GDT_ENTRIES: 9,
} as const

/** The loader's last instructions find the processor's state here: offsets in struct entry_state of loader.h, and its modes. */
export const ENTRY_STATE = {
  MODE_PROTECTED: 0,
  MODE_LONG: 1,
  MODE_REAL: 2,
  STATE_MODE: 0,
  STATE_MOVE_COUNT: 4,
  STATE_MOVES: 8,
  STATE_ENTRY: 12,
  STATE_STACK: 20,
  STATE_FIRST: 28,
  STATE_SECOND: 36,
  STATE_CR3: 44,
  STATE_CR0: 48,
  STATE_CR4: 52,
  STATE_EFER: 56,
  STATE_DATA_SELECTOR: 60,
  STATE_STACK_SELECTOR: 64,
} as const

/** Most sectors stage 2 may have: its data without initial value needs room too, which its linker script checks. */
export const MAX_STAGE2_SECTORS = (MEMORY.STAGE2_END - MEMORY.STAGE2_ADDRESS) / SECTOR_BYTES

/** Everything above, as the loader's sources see it. */
export const LOADER_DEFINES: Readonly<Record<string, number>> = {
  SECTOR_BYTES,
  ...MBR,
  ...CD,
  ...DISK,
  ...RAW_VOLUME,
  ...PARAMETER_NUMBERS,
  ...CRATE_FLAGS_BITS,
  ...PROTOCOL,
  ...MAGIC,
  ...MEMORY,
  ...LIMITS,
  ...CONFIG_LIMITS,
  ...SELECTORS,
  ...ENTRY_STATE,
}
