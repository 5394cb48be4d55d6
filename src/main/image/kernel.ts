/** Decides how a kernel is booted, and finds before the boot what the loader would have to refuse. */
import type { BootloaderCrate, BootProtocol } from '../../shared/boot'
import type { BootParameters } from './boot-parameters'
import { crateParameters } from './bootloader-crate'
import { checkCrateConfiguration, findCrateSection, readCrateConfiguration } from './bootloader11'
import { ELF_TYPE, type ElfFile, looksLikeElf, parseElf } from './elf'
import { hex, ImageError } from './errors'
import { foreignFormats } from './foreign-formats'
import { flatParameters, type FlatProtocol, isFlat } from './flat'
import { wishParameters } from './graphics-wish'
import { MAGIC, MEMORY } from './layout'
import { checkLinux, findLinuxHeader } from './linux'
import { checkLimine, findLimine } from './limine'
import { LIMINE_LOWEST_ADDRESS } from './limine-requests'
import { checkMultibootFeatures, findMultibootHeader, multibootWish, type MultibootHeader, type MultibootSearch } from './multiboot'
import { checkMultiboot2Features, findMultiboot2Header, MULTIBOOT2_TAG, type Multiboot2Header, type Multiboot2Search, multiboot2Tag, multiboot2Wish } from './multiboot2'
import { checkProgram } from './program-checks'
import { checkRelativeOnly, relocateKernel } from './relocate'

/** What is known about a kernel beside its file. */
export interface KernelHints {
  /** Instead of what the file's headers say. */
  protocol?: BootProtocol | undefined
  /** The crate it was built with. */
  bootloader?: BootloaderCrate | undefined
  /** Where a flat binary's first byte goes. */
  address?: number | undefined
}

export interface KernelPlan {
  protocol: BootProtocol
  /** The file as the loader gets it: a position-independent one is settled at an address. */
  bytes: Uint8Array
  /** Virtual address. */
  entry: bigint
  /** What was added to the addresses that a position-independent kernel was linked to. */
  base: bigint
  /** What only this protocol wants to know. */
  parameters?: BootParameters
  /** Absent for a flat file. */
  elf?: ElfFile
  multiboot?: MultibootHeader
  multiboot2?: Multiboot2Header
  /** Sentences about what will boot but is probably not meant. */
  warnings: string[]
}

/** Position-independent kernels are settled from 1 MiB up; those of the bootloader crate where the linker puts others. */
const ONE_MIB = 0x100000n
const FOUR_GIB = 1n << 32n
const LOWEST_PLACES: Readonly<Partial<Record<BootProtocol, bigint>>> = { bootloader: 0x200000n, limine: LIMINE_LOWEST_ADDRESS }

/**
 * @param where names the file in errors.
 * @throws ImageError
 */
export function planKernel(bytes: Uint8Array, where = 'kernel', hints: KernelHints = {}): KernelPlan {
  const first = findMultibootHeader(bytes)
  const second = findMultiboot2Header(bytes)
  const protocol = hints.protocol ?? protocolOf(bytes, first, second.header, hints, where)
  if (isFlat(protocol)) return planFlat(bytes, protocol, hints.address, where)
  if (protocol === 'multiboot1') return withWish(planMultiboot1(bytes, first, where))
  if (protocol === 'multiboot2') return withWish(planMultiboot2(bytes, second, where))
  if (protocol === 'bootloader11') return planCrate11(bytes, where)
  if (protocol === 'linux') return planLinux(bytes, where)

  const plan = planElf(bytes, protocol, where)
  if (protocol === 'bootloader') return planCrate(plan, hints.bootloader, where)
  if (protocol === 'limine') return { ...plan, warnings: checkLimine(plan.bytes, plan.elf, where) }
  // The file is entered all the same: it may be made for several loaders.
  for (const foreign of foreignFormats(plan.bytes)) plan.warnings.push(`${where}: ${foreign} It is entered as any ELF file is.`)
  if (first.nearly) plan.warnings.push(describeNearly(first.nearly, where))
  if (second.nearly) plan.warnings.push(describeNearly2(second.nearly, where))
  return plan
}

/** The graphics mode that the header asks for, for firmware where it must be known before the header is read. */
function withWish(plan: KernelPlan): KernelPlan {
  const wish = plan.multiboot ? multibootWish(plan.bytes, plan.multiboot) : plan.multiboot2 && multiboot2Wish(plan.multiboot2)
  return { ...plan, parameters: { ...plan.parameters, ...wishParameters(wish) } }
}

function protocolOf(bytes: Uint8Array, first: MultibootSearch, second: Multiboot2Header | undefined, hints: KernelHints, where: string): BootProtocol {
  if (looksLikeElf(bytes) && findCrateSection(parseElf(bytes, where))) return 'bootloader11'
  if (hints.bootloader) return 'bootloader'
  if (findLinuxHeader(bytes)) return 'linux'
  if (isForLimine(bytes, first.header !== undefined || second !== undefined, where)) return 'limine'
  if (first.header && (first.header.addresses || looksLikeElf(bytes))) return 'multiboot1'
  if (second && (multiboot2Tag(second, MULTIBOOT2_TAG.ADDRESS) || looksLikeElf(bytes))) return 'multiboot2'
  return parseElf(bytes, where).bits === 64 ? 'elf64' : 'elf32'
}

/** A kernel that has a Multiboot header, too, is one for Limine only when no Multiboot loader could place it. */
function isForLimine(bytes: Uint8Array, multiboot: boolean, where: string): boolean {
  if (!looksLikeElf(bytes)) return false
  const elf = parseElf(bytes, where)
  if (multiboot && elf.segments.some(({ physicalAddress, memoryBytes }) => memoryBytes > 0n && physicalAddress < FOUR_GIB)) return false
  return findLimine(bytes, elf) !== undefined
}

/** Parses, settles a position-independent file's addresses, and checks what the loader will ask of it. */
function planElf(bytes: Uint8Array, protocol: BootProtocol, where: string, movesItself = false): KernelPlan & { elf: ElfFile } {
  let elf = parseElf(bytes, where)
  let base = 0n
  if (elf.type === ELF_TYPE.SHARED) {
    // A kernel that says it can run anywhere is moved by the loader and relocates itself.
    const settled = movesItself ? { bytes: withType(bytes, ELF_TYPE.EXECUTABLE), base } : relocateKernel(bytes, elf, LOWEST_PLACES[protocol] ?? ONE_MIB, where)
    bytes = settled.bytes
    base = settled.base
    elf = parseElf(bytes, where)
  }
  checkProgram(elf, protocol, where, movesItself)
  return { protocol, bytes, entry: elf.entry, base, elf, warnings: [] }
}

function withType(bytes: Uint8Array, type: number): Uint8Array {
  const copy = bytes.slice()
  new DataView(copy.buffer).setUint16(16, type, true)
  return copy
}

function planCrate(plan: KernelPlan, crate: BootloaderCrate | undefined, where: string): KernelPlan {
  if (crate) return { ...plan, parameters: crateParameters(crate, where) }
  throw new ImageError({
    what: 'The kernel is to be booted as one of the crate bootloader, but nothing says which version and features it was built with.',
    where,
    why: 'The boot information has another layout for each set of features, and the kernel file does not say which.',
    next: 'Boot the cargo project, whose Cargo.toml says it, not the kernel file alone.',
  })
}

/** What the crate's own loader asks for on a BIOS machine when the kernel has no wish. */
const CRATE_SCREEN = { width: 1280n, height: 720n, bits: 32n } as const

function planCrate11(bytes: Uint8Array, where: string): KernelPlan {
  const elf = parseElf(bytes, where)
  // The loader itself moves and relocates it.
  const moves = elf.type === ELF_TYPE.SHARED
  checkProgram(moves ? { ...elf, type: ELF_TYPE.EXECUTABLE } : elf, 'bootloader11', where, moves)
  const config = readCrateConfiguration(bytes, elf, where)
  checkCrateConfiguration(config, elf, where)
  if (moves) checkRelativeOnly(bytes, elf, where)
  const screen: BootParameters = {
    'framebuffer-width': config.leastWidth ?? CRATE_SCREEN.width,
    'framebuffer-height': config.leastHeight ?? CRATE_SCREEN.height,
    'framebuffer-bits': CRATE_SCREEN.bits,
  }
  return { protocol: 'bootloader11', bytes, entry: elf.entry, base: 0n, elf, parameters: screen, warnings: [] }
}

function planLinux(bytes: Uint8Array, where: string): KernelPlan {
  const { preferredAddress = ONE_MIB } = checkLinux(bytes, where)
  return { protocol: 'linux', bytes, entry: preferredAddress, base: 0n, warnings: [] }
}

function planFlat(bytes: Uint8Array, protocol: FlatProtocol, address: number | undefined, where: string): KernelPlan {
  const parameters = flatParameters(bytes.length, protocol, address, where)
  return { protocol, bytes, entry: BigInt(address ?? 0), base: 0n, parameters, warnings: [] }
}

function planMultiboot1(bytes: Uint8Array, { header, nearly }: MultibootSearch, where: string): KernelPlan {
  if (!header)
    throw new ImageError({
      what: nearly ? describeNearly(nearly, where) : 'The kernel has no Multiboot header (magic number 0x1badb002, 4-aligned, in its first 8192 bytes).',
      where,
      why: 'It is to be booted by Multiboot 1.',
      next: 'Put the header first in the linker script, or choose another protocol in the manifest ("boot").',
    })
  checkMultibootFeatures(header, where)
  if (!header.addresses) return { ...planElf(bytes, 'multiboot1', where), multiboot: header }
  checkAddresses(bytes, header.offset, header.addresses, where)
  return { protocol: 'multiboot1', bytes, entry: BigInt(header.addresses.entry), base: 0n, multiboot: header, warnings: [], ...(looksLikeElf(bytes) && { elf: parseElf(bytes, where) }) }
}

function planMultiboot2(bytes: Uint8Array, { header, nearly }: Multiboot2Search, where: string): KernelPlan {
  if (!header)
    throw new ImageError({
      what: nearly ? describeNearly2(nearly, where) : 'The kernel has no Multiboot 2 header (magic number 0xe85250d6, 8-aligned, in its first 32768 bytes).',
      where,
      why: 'It is to be booted by Multiboot 2.',
      next: 'Put the header first in the linker script, or choose another protocol in the manifest ("boot").',
    })
  checkMultiboot2Features(header, where)
  const addresses = multiboot2Tag(header, MULTIBOOT2_TAG.ADDRESS)
  const entry = multiboot2Tag(header, MULTIBOOT2_TAG.ENTRY)?.words[0]
  if (!addresses) {
    const plan = planElf(bytes, 'multiboot2', where, multiboot2Tag(header, MULTIBOOT2_TAG.RELOCATABLE) !== undefined)
    const wish = multiboot2Tag(header, MULTIBOOT2_TAG.FRAMEBUFFER)
    if (wish) plan.warnings.push(graphicsWish(wish.words[0] ?? 0, wish.words[1] ?? 0, where))
    return { ...plan, multiboot2: header, ...(entry !== undefined && { entry: BigInt(entry) }) }
  }
  const [own = 0, load = 0, loadEnd = 0, bssEnd = 0] = addresses.words
  if (entry === undefined)
    throw new ImageError({
      what: 'The Multiboot 2 header has addresses (tag 2), but no entry address (tag 3).',
      where: `${where}+${hex(header.offset)}`,
      why: 'With addresses of its own the ELF headers do not count, and so nothing says where the kernel starts.',
      next: 'Add an entry address tag, or leave the address tag out.',
    })
  // All ones: the file from its start.
  checkAddresses(bytes, header.offset, { header: own, load: load === 0xffff_ffff ? own - header.offset : load, loadEnd, bssEnd, entry }, where)
  return { protocol: 'multiboot2', bytes, entry: BigInt(entry), base: 0n, multiboot2: header, warnings: [] }
}

/** Bootlab's PC has no graphics modes yet, so a wish for one is worth a word. */
function graphicsWish(width: number, height: number, where: string): string {
  const size = width > 0 && height > 0 ? ` of ${width}×${height}` : ''
  return `${where}: the Multiboot header asks for a graphics mode${size}. Bootlab's PC has text mode only, and says so in the framebuffer information; in QEMU and on real PCs the kernel gets it.`
}

function describeNearly({ offset, reason, checksum, right }: NonNullable<MultibootSearch['nearly']>, where: string): string {
  return reason === 'too-far'
    ? `${where}+${hex(offset)}: a Multiboot header lies here, outside the first ${MAGIC.MULTIBOOT1_SEARCH_BYTES} bytes where loaders look, so it is not used. Put its section first in the linker script, or link with -z noseparate-code.`
    : `${where}+${hex(offset)}: a Multiboot header's magic number is here, but magic, flags and checksum do not sum to 0, so it is not used. The checksum is ${hex(checksum)}; ${hex(right)} would be right.`
}

const NEARLY_2 = {
  'too-far': `a Multiboot 2 header lies here, outside the first ${MAGIC.MULTIBOOT2_SEARCH_BYTES} bytes where loaders look, so it is not used. Put its section first in the linker script.`,
  checksum: "a Multiboot 2 header's magic number is here, but magic, architecture, length and checksum do not sum to 0, so it is not used.",
  architecture: 'a Multiboot 2 header lies here, but for another processor than i386 (architecture 0), so it is not used.',
} as const

function describeNearly2({ offset, reason, checksum, right }: NonNullable<Multiboot2Search['nearly']>, where: string): string {
  return `${where}+${hex(offset)}: ${NEARLY_2[reason]}${reason === 'checksum' ? ` The checksum is ${hex(checksum)}; ${hex(right)} would be right.` : ''}`
}

function checkAddresses(bytes: Uint8Array, offset: number, addresses: NonNullable<MultibootHeader['addresses']>, where: string): void {
  const { header: own, load, loadEnd, bssEnd, entry } = addresses
  const fileStart = offset - (own - load)
  const fileBytes = loadEnd === 0 ? bytes.length - fileStart : loadEnd - load
  const end = bssEnd === 0 ? load + fileBytes : bssEnd
  const fits = load <= own && fileStart >= 0 && fileBytes > 0 && fileStart + fileBytes <= bytes.length && end >= load + fileBytes
  if (fits && load >= MEMORY.LOWEST_ADDRESS && entry >= load && entry < end) return
  throw new ImageError({
    what: `The addresses in the Multiboot header do not fit: header_addr ${hex(own)}, load_addr ${hex(load)}, load_end_addr ${hex(loadEnd)}, bss_end_addr ${hex(bssEnd)}, entry_addr ${hex(entry)}.`,
    where: `${where}+${hex(offset)}`,
    why: `The range must lie inside the file (${hex(bytes.length)} bytes), at ${hex(MEMORY.LOWEST_ADDRESS)} or above, and hold the entry point.`,
    next: 'Correct the addresses, or leave them out so that the ELF headers count.',
  })
}
