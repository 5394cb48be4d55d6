/**
 * The Rust crate `bootloader`, versions 0.6 to 0.9: which version does what. Source: the crate's releases on crates.io, src/main.rs,
 * src/page_table.rs and src/bootinfo/mod.rs of each.
 */
import type { BootloaderCrate } from '../../shared/boot'
import { ImageError } from './errors'
import type { BootParameters, ParameterName } from './boot-parameters'
import { CRATE_FLAGS_BITS } from './layout'

interface Release {
  /** The first version of it, as numbers. */
  since: readonly [minor: number, patch: number]
  flags: number
  /** Addresses are fixed; from 0.8 on the loader looks for free ones. */
  fixed?: { stack: bigint; bootInfo: bigint; physicalMemory: bigint; recursive: bigint }
}

const { CRATE_CALLED, CRATE_GUARD_PAGE, CRATE_THREAD_LOCAL } = CRATE_FLAGS_BITS

/** Latest first. */
const RELEASES: readonly Release[] = [
  { since: [8, 8], flags: CRATE_GUARD_PAGE | CRATE_CALLED | CRATE_THREAD_LOCAL },
  { since: [8, 2], flags: CRATE_GUARD_PAGE | CRATE_CALLED },
  { since: [8, 0], flags: CRATE_GUARD_PAGE },
  {
    since: [6, 0],
    flags: 0,
    fixed: { stack: 0x57ac_0000_0000n, bootInfo: 0xb0_071f_0000n, physicalMemory: 0xffff_fc00_0000_0000n, recursive: 0xffff_ffff_ffff_f000n },
  },
]

const FEATURES: Readonly<Record<string, number>> = {
  recursive_page_table: CRATE_FLAGS_BITS.CRATE_RECURSIVE_PAGE_TABLE,
  map_physical_memory: CRATE_FLAGS_BITS.CRATE_MAP_PHYSICAL_MEMORY,
  sse: CRATE_FLAGS_BITS.CRATE_SSE,
  vga_320x200: CRATE_FLAGS_BITS.CRATE_VGA_320X200,
}

const DEFAULT_STACK_PAGES = 512
/** 1 GiB: a larger stack is a mistake in the unit. */
const MAX_STACK_PAGES = 1 << 18

/**
 * The parameters of the boot configuration for a kernel of this crate.
 * @throws ImageError when the version is another loader's, or an address is no page's
 */
export function crateParameters(crate: BootloaderCrate, where: string): BootParameters {
  const release = releaseOf(crate.version, where)
  const flags = crate.features.reduce((all, feature) => all | (FEATURES[feature] ?? 0), release.flags)
  const pages = crate.kernelStackPages ?? DEFAULT_STACK_PAGES
  if (!Number.isInteger(pages) || pages < 1 || pages > MAX_STACK_PAGES)
    throw invalid('kernel-stack-size', String(pages), `It counts pages of 4096 bytes, from 1 to ${MAX_STACK_PAGES}.`, where)
  const address = (name: ParameterName, key: string, given: bigint | undefined, fixed: bigint | undefined): BootParameters => {
    const value = checkAddress(key, given, where) ?? fixed
    return value === undefined ? {} : { [name]: value }
  }
  return {
    'crate-flags': BigInt(flags),
    'stack-pages': BigInt(pages),
    ...address('stack-address', 'kernel-stack-address', crate.kernelStackAddress, release.fixed?.stack),
    ...address('boot-info-address', 'boot-info-address', crate.bootInfoAddress, release.fixed?.bootInfo),
    ...address('physical-offset', 'physical-memory-offset', crate.physicalMemoryOffset, release.fixed?.physicalMemory),
    ...address('recursive-address', 'recursive address', undefined, release.fixed?.recursive),
  }
}

function releaseOf(version: string, where: string): Release {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []
  const at = [Number(minor), Number(patch)] as const
  const release = RELEASES.find(({ since }) => at[0] > since[0] || (at[0] === since[0] && at[1] >= since[1]))
  if (major === '0' && release && at[0] < 10) return release
  throw new ImageError({
    what: `The kernel is built with version ${version} of the crate bootloader.`,
    where,
    why: 'The boot loader hands over as the versions 0.6 to 0.9 do.',
    next: 'Depend on bootloader = "0.9" in Cargo.toml.',
  })
}

function checkAddress(key: string, address: bigint | undefined, where: string): bigint | undefined {
  if (address === undefined) return undefined
  const upper = BigInt.asUintN(64, address) >> 47n
  if (address >= 0n && address % 4096n === 0n && (upper === 0n || upper === 0x1ffffn)) return address
  throw invalid(key, `0x${address.toString(16)}`, 'It must be a canonical address and a multiple of 4096.', where)
}

function invalid(key: string, value: string, why: string, where: string): ImageError {
  return new ImageError({
    what: `${key} is ${value}.`,
    where,
    why,
    next: 'Correct [package.metadata.bootloader] in Cargo.toml.',
  })
}
