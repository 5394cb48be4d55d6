/** How a kernel wants to be booted, as far as its file does not say it itself. */

/**
 * The `bootloader` crate (0.6 to 0.9) that a kernel was built with. The kernel's ELF file carries no mark of it, so it comes from
 * Cargo.lock (version), the crate's resolved features, and `[package.metadata.bootloader]` in the kernel's Cargo.toml.
 * Addresses are virtual and multiples of 4096; absent ones are chosen at boot as the crate does it.
 */
export interface BootloaderCrate {
  /** As in Cargo.lock: `0.9.34`. Decides the layout of `BootInfo`. */
  version: string
  /** The crate's features that are on; those it does not know are ignored. */
  features: readonly string[]
  /** `kernel-stack-address` */
  kernelStackAddress?: bigint
  /** `kernel-stack-size`: 4096-byte pages, 512 when absent. */
  kernelStackPages?: number
  /** `boot-info-address` */
  bootInfoAddress?: bigint
  /** `physical-memory-offset` */
  physicalMemoryOffset?: bigint
}

/** How the loader enters a kernel. */
export const BOOT_PROTOCOLS = ['multiboot1', 'multiboot2', 'elf32', 'elf64', 'bootloader', 'limine', 'bootloader11', 'linux', 'flat16', 'flat32', 'flat64'] as const
export type BootProtocol = (typeof BOOT_PROTOCOLS)[number]

/** Longest command line of a kernel or a module in bytes of UTF-8, without a terminating zero. */
export const MAX_COMMAND_LINE_BYTES = 4095

/** A file that the kernel finds in memory beside itself. */
export interface BootModule {
  /** Its file's name, where the boot volume has names. */
  name?: string | undefined
  /** Whether it lies compressed on the boot volume; the kernel finds it inflated. */
  compress?: boolean | undefined
  bytes: Uint8Array
  /** At most {@link MAX_COMMAND_LINE_BYTES}. */
  commandLine: string
}
