/**
 * The magic numbers of the Limine boot protocol, once for the image builder and the loader. Source: limine-protocol, PROTOCOL.md,
 * "Requests Delimiters", "Base Revisions" and "Feature List".
 */

/** The first two words of every request. */
export const LIMINE_COMMON = [0xc7b1dd30df4c8b88n, 0x0a82e883a194f07bn] as const
/** The first two words of a base revision tag; the third is the revision. */
export const LIMINE_REVISION_TAG = [0xf9562b2d5c95a6c8n, 0x6a7b384944536bdcn] as const
/** Requests lie between these, where there are any. */
export const LIMINE_START_MARKER = [0xf6b8f4b39de7d1aen, 0xfab91a6940fcb9cfn, 0x785c6ed015d3e316n, 0x181e920a7852b9d9n] as const
export const LIMINE_END_MARKER = [0xadc0e0531bb10d03n, 0x9572709f31764c62n] as const
/** The base revisions from 0 to this one are served. */
export const LIMINE_HIGHEST_REVISION = 6
/** Where Limine's kernels are linked, or moved to. */
export const LIMINE_LOWEST_ADDRESS = 0xffff_ffff_8000_0000n
/** Section of kernels of base revision 0 with pointers to the requests. */
export const LIMINE_SECTION = '.limine_reqs'

export interface LimineFeature {
  /** Name in the loader's source. */
  key: string
  /** Name in the specification. */
  name: string
  /** Third and fourth word of the request. */
  id: readonly [bigint, bigint]
  /** Whether the loader answers it, on a machine that has what it is about. */
  answered: boolean
}

const feature = (key: string, name: string, first: bigint, second: bigint, answered = true): LimineFeature => ({ key, name, id: [first, second], answered })

/** Every feature of the specification, in its order. */
export const LIMINE_FEATURES: readonly LimineFeature[] = [
  feature('BOOTLOADER_INFO', 'Bootloader Info', 0xf55038d8e2a1202fn, 0x279426fcf5f59740n),
  feature('COMMAND_LINE', 'Executable Command Line', 0x4b161536e598651en, 0xb390ad4a2f1f303an),
  feature('FIRMWARE_TYPE', 'Firmware Type', 0x8c2f75d90bef28a8n, 0x7045a4688eac00c3n),
  feature('STACK_SIZE', 'Stack Size', 0x224ef0460a8e8926n, 0xe1cb0fc25f46ea3dn),
  feature('HHDM', 'HHDM', 0x48dcf1cb8ad2b852n, 0x63984e959a98244bn),
  feature('FRAMEBUFFER', 'Framebuffer', 0x9d5827dcd881dd75n, 0xa3148604f6fab11bn),
  feature('PAGING_MODE', 'Paging Mode', 0x95c1a0edab0944cbn, 0xa4e5cb3842f7488an),
  feature('PROCESSORS', 'MP', 0x95a67b819a1b857en, 0xa0b61b723b6a73e0n),
  feature('HART_ID', 'RISC-V BSP Hart ID', 0x1369359f025525f9n, 0x2ff2a56178391bb6n, false),
  feature('MEMORY_MAP', 'Memory Map', 0x67cf3d9d378a806fn, 0xe304acdfc50c3c62n),
  feature('ENTRY_POINT', 'Entry Point', 0x13d86c035a1cd3e1n, 0x2b0caa89d8f3026an),
  feature('EXECUTABLE_FILE', 'Executable File', 0xad97e90e83f1ed67n, 0x31eb5d1c5ff23b69n),
  feature('MODULES', 'Module', 0x3e7e279702be32afn, 0xca1c4f3bd1280ceen),
  feature('RSDP', 'RSDP', 0xc5e77b6b397e7b43n, 0x27637845accdcf3cn),
  feature('SMBIOS', 'SMBIOS', 0x9e9046f11e095391n, 0xaa4a520fefbde5een),
  feature('EFI_SYSTEM_TABLE', 'EFI System Table', 0x5ceba5163eaaf6d6n, 0x0a6981610cf65fccn),
  feature('TPM_EVENT_LOG', 'TPM Event Log', 0x98e094fc7e76e979n, 0xee8d8775c54e1d1fn, false),
  feature('EFI_MEMORY_MAP', 'EFI Memory Map', 0x7df62a431d6872d5n, 0xa4fcdfb3e57306c8n),
  feature('DATE_AT_BOOT', 'Date at Boot', 0x502746e184c088aan, 0xfbc5ec83e6327893n),
  feature('EXECUTABLE_ADDRESS', 'Executable Address', 0x71ba76863cc55f63n, 0xb2644a48c516a487n),
  feature('DEVICE_TREE', 'Device Tree Blob', 0xb40ddb48fb54bac7n, 0x545081493f81ffb7n, false),
  feature('PERFORMANCE', 'Bootloader Performance', 0x6b50ad9bf36d13adn, 0xdc4c7e88fc759e17n, false),
  feature('KEEP_IOMMU', 'x86-64 Keep IOMMU', 0x8ebaabe51f490179n, 0x2aa86a59ffb4ab0fn),
  feature('TSC_FREQUENCY', 'TSC Frequency', 0x10f2ee1d87d195e4n, 0xf747a2b78f6ddb31n),
  feature('FLANTERM', 'Flanterm FB Init Params', 0x3259399fe7c5f126n, 0xe01c1c8c5db9d1a9n, false),
  feature('ENTROPY', 'Entropy', 0x65ea80255d5682c5n, 0x9117240723f493ebn),
]
