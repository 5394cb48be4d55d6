/**
 * What only some boot protocols want to know, each a number of up to 64 bits. The loader's C sees the names as PARAMETER_ADDRESS and so
 * on (indices of boot_entry.parameters); the boot configuration as lines such as `address 0x8000`.
 */
export const PARAMETERS = [
  /** Flat binaries: physical address of the first byte, where they are entered, too. */
  'address',
  /** Crate bootloader 0.6 to 0.9: what the kernel was built to find (CRATE_FLAGS_BITS in layout.ts). */
  'crate-flags',
  /** Crate bootloader: length of the stack in pages of 4096 bytes. */
  'stack-pages',
  /** Crate bootloader: virtual addresses; an absent one is chosen by the loader. */
  'stack-address',
  'boot-info-address',
  'physical-offset',
  /** Where the recursive entry shows the PML4. */
  'recursive-address',
  /** The graphics mode that is wished for, for firmware where it must be set before the kernel is looked at. */
  'framebuffer-width',
  'framebuffer-height',
  'framebuffer-bits',
] as const

export type ParameterName = (typeof PARAMETERS)[number]
export type BootParameters = Readonly<Partial<Record<ParameterName, bigint>>>

/** As the loader's sources see them. */
export const PARAMETER_NUMBERS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(PARAMETERS.map((name, index) => [`PARAMETER_${name.toUpperCase().replaceAll('-', '_')}`, index])),
  PARAMETER_COUNT: PARAMETERS.length,
}
