/** Decides how a kernel is booted, and finds before the boot what the loader would have to refuse. */
import { ELF_MACHINE, ELF_TYPE, type ElfFile, type ElfSegment, looksLikeElf, parseElf, SEGMENT_TYPE } from './elf'
import { hex, ImageError } from './errors'
import { LIMITS, MAGIC, MEMORY } from './layout'
import { checkMultibootFeatures, findMultiboot2Header, findMultibootHeader, type MultibootHeader } from './multiboot'

/** How the kernel is entered. */
export type BootProtocol = 'multiboot1' | 'elf64' | 'elf32'

export interface KernelPlan {
  protocol: BootProtocol
  /** Virtual address. */
  entry: bigint
  /** Absent for a flat Multiboot kernel that brings its own addresses. */
  elf?: ElfFile
  multiboot?: MultibootHeader
  /** Sentences about what will boot but is probably not meant. */
  warnings: string[]
}

const FOUR_GIB = 1n << 32n
/** Bits 63 to 47 of a canonical address in the upper half. */
const UPPER_HALF = 0x1ffffn

/**
 * @param where names the file in errors.
 * @throws ImageError
 */
export function planKernel(bytes: Uint8Array, where = 'kernel'): KernelPlan {
  const { header, nearly } = findMultibootHeader(bytes)
  if (header) checkMultibootFeatures(header, where)
  // A flat file is no ELF but boots when its Multiboot header brings addresses.
  const flat = header?.addresses && !looksLikeElf(bytes)
  const elf = flat ? undefined : parseElf(bytes, where)
  if (header?.addresses) {
    checkAddresses(bytes, header, where)
    return { protocol: 'multiboot1', entry: BigInt(header.addresses.entry), multiboot: header, warnings: [], ...(elf && { elf }) }
  }
  if (!elf) throw new Error('unreachable: a file without addresses was parsed as ELF')
  const second = header ? undefined : findMultiboot2Header(bytes)
  const warnings = [...(nearly ? [describeNearly(nearly, where)] : []), ...(second === undefined ? [] : [describeSecond(second, elf.bits, where)])]
  const protocol = header ? 'multiboot1' : elf.bits === 64 ? 'elf64' : 'elf32'
  checkProgram(elf, protocol, where)
  return { protocol, entry: elf.entry, elf, warnings, ...(header && { multiboot: header }) }
}

function describeNearly({ offset, reason }: { offset: number; reason: 'too-far' | 'checksum' }, where: string): string {
  return reason === 'too-far'
    ? `${where}+${hex(offset)}: a Multiboot header lies here, outside the first ${MAGIC.MULTIBOOT1_SEARCH_BYTES} bytes where loaders look, so it is not used. Put its section first in the linker script, or link with -z noseparate-code.`
    : `${where}+${hex(offset)}: a Multiboot header's magic number is here, but magic, flags and checksum do not sum to 0, so it is not used.`
}

function describeSecond(offset: number, bits: 32 | 64, where: string): string {
  const entered = bits === 64 ? 'in long mode, where the 32-bit code that such kernels begin with does something else' : 'without its magic number and information'
  return `${where}+${hex(offset)}: this is a Multiboot 2 kernel, and the loader speaks Multiboot 1: it is entered ${entered}. Give it a Multiboot 1 header (0x1badb002), or boot a disk image with its own boot loader.`
}

function checkProgram(elf: ElfFile, protocol: BootProtocol, where: string): void {
  const wanted = elf.bits === 64 ? ELF_MACHINE.X86_64 : ELF_MACHINE.I386
  if (elf.machine !== wanted)
    throw new ImageError({
      what: `The ELF file is for machine ${elf.machine}; ${elf.bits}-bit x86 is ${wanted}.`,
      where,
      why: 'The PC could not run its instructions.',
      next: 'Check llvm-target or the -target flag.',
    })
  if (elf.type !== ELF_TYPE.EXECUTABLE) throw notExecutable(elf, where)
  const segments = elf.segments.filter(({ type, memoryBytes }) => type === SEGMENT_TYPE.LOAD && memoryBytes > 0n)
  if (segments.length === 0)
    throw new ImageError({
      what: 'The kernel has no loadable segment (PT_LOAD).',
      where,
      why: 'There is nothing to put into memory.',
      next: 'Check that the linker script keeps the code’s sections and that the entry symbol exists.',
    })
  const tableBytes = elf.segments.length * (elf.bits === 64 ? 56 : 32)
  if (segments.length > LIMITS.MAX_SEGMENTS || tableBytes > LIMITS.MAX_PROGRAM_HEADER_BYTES)
    throw new ImageError({
      what: `The kernel has ${segments.length} loadable segments and ${elf.segments.length} program headers.`,
      where,
      why: `The boot loader has room for ${LIMITS.MAX_SEGMENTS} segments and ${LIMITS.MAX_PROGRAM_HEADER_BYTES} bytes of program headers.`,
      next: 'Merge output sections in the linker script.',
    })
  const framesAreChosen = protocol === 'elf64' && wantsFrames(segments)
  if (!framesAreChosen) checkPlaces(segments, where)
  if (protocol === 'elf64') for (const segment of segments) checkMapping(segment, where)
  if (!segments.some((segment) => contains(segment, elf.entry)))
    throw new ImageError({
      what: `The entry point ${hex(elf.entry)} lies in none of the kernel's segments.`,
      where,
      why: 'The processor would start in memory without code.',
      next: 'Check that the entry symbol exists and is global: ENTRY(symbol) in the linker script, or -e symbol.',
    })
}

function notExecutable(elf: ElfFile, where: string): ImageError {
  const relocatable = elf.type === ELF_TYPE.RELOCATABLE
  const shared = elf.type === ELF_TYPE.SHARED
  return new ImageError({
    what: relocatable
      ? 'This is an object file, not a linked kernel.'
      : shared
        ? 'The kernel is position independent (ET_DYN).'
        : `The ELF file has type ${elf.type}, not 2 (executable).`,
    where,
    why: relocatable ? 'Its addresses are not settled.' : 'The loader places kernels at the addresses they were linked to; it does not relocate.',
    next: shared
      ? 'Link with -no-pie; in a target specification set "relocation-model": "static" and "position-independent-executables": false.'
      : 'Link it into an executable.',
  })
}

/** The loader picks frames when the physical addresses only repeat virtual ones above 4 GiB; resources/loader/program.c. */
function wantsFrames(segments: readonly ElfSegment[]): boolean {
  return segments.every(({ virtualAddress, physicalAddress }) => virtualAddress >= FOUR_GIB && physicalAddress === virtualAddress)
}

function contains({ virtualAddress, memoryBytes }: ElfSegment, address: bigint): boolean {
  return address >= virtualAddress && address - virtualAddress < memoryBytes
}

/** What 4-level paging asks of a segment's addresses (Intel SDM volume 3, 4.5). */
function checkMapping({ virtualAddress, physicalAddress, memoryBytes }: ElfSegment, where: string): void {
  const last = virtualAddress + memoryBytes - 1n
  const upper = virtualAddress >> 47n
  if ((upper !== 0n && upper !== UPPER_HALF) || last >> 47n !== upper)
    throw new ImageError({
      what: `The segment at virtual address ${hex(virtualAddress)} to ${hex(last)} is not in canonical addresses.`,
      where,
      why: 'A processor with 4-level paging has addresses below 0x800000000000 and from 0xffff800000000000 only.',
      next: 'Link the kernel to one of these halves.',
    })
  if (virtualAddress === physicalAddress) return
  if ((virtualAddress ^ physicalAddress) & 0xfffn)
    throw new ImageError({
      what: `The segment at virtual address ${hex(virtualAddress)} has physical address ${hex(physicalAddress)}.`,
      where,
      why: 'Pages have 4096 bytes, so both must agree in the lowest 12 bits.',
      next: 'Align the section, or correct AT(...) in the linker script.',
    })
  if (virtualAddress < BigInt(MEMORY.LOADER_END))
    throw new ImageError({
      what: `The segment at virtual address ${hex(virtualAddress)} has another physical address, ${hex(physicalAddress)}.`,
      where,
      why: `The boot loader runs below ${hex(MEMORY.LOADER_END)} while it switches paging on, so these addresses stay as they are.`,
      next: 'Link the kernel to virtual addresses from 0x100000 up.',
    })
}

function checkPlaces(segments: readonly ElfSegment[], where: string): void {
  for (const [index, segment] of segments.entries()) {
    const start = segment.physicalAddress
    const end = start + segment.memoryBytes
    const place = `the segment at physical address ${hex(start)} to ${hex(end - 1n)}`
    if (end > FOUR_GIB)
      throw new ImageError({
        what: `A segment does not fit below 4 GiB: ${place}.`,
        where,
        why: 'The loader places segments in the first 4 GiB of memory.',
        next: 'Give it a low physical address: AT(...) in the linker script.',
      })
    if (start < BigInt(MEMORY.LOADER_END))
      throw new ImageError({
        what: `A segment would overwrite the boot loader: ${place}.`,
        where,
        why: `Memory below ${hex(MEMORY.LOADER_END)} holds the loader, the BIOS's data and the first stack.`,
        next: 'Link the kernel at 0x100000 (1 MiB) or above.',
      })
    const other = segments.slice(0, index).find((o) => start < o.physicalAddress + o.memoryBytes && o.physicalAddress < end)
    if (other)
      throw new ImageError({
        what: `Two segments overlap in memory: ${place} and the one at ${hex(other.physicalAddress)}.`,
        where,
        why: 'One would overwrite the other.',
        next: 'Check the physical addresses (AT) in the linker script.',
      })
  }
}

function checkAddresses(bytes: Uint8Array, header: MultibootHeader, where: string): void {
  if (!header.addresses) return
  const { header: own, load, loadEnd, bssEnd, entry } = header.addresses
  const fileStart = header.offset - (own - load)
  const fileBytes = loadEnd === 0 ? bytes.length - fileStart : loadEnd - load
  const end = bssEnd === 0 ? load + fileBytes : bssEnd
  const fits = load <= own && fileStart >= 0 && fileBytes > 0 && fileStart + fileBytes <= bytes.length && end >= load + fileBytes
  if (fits && load >= MEMORY.LOADER_END && entry >= load && entry < end) return
  throw new ImageError({
    what: `The addresses in the Multiboot header do not fit: header_addr ${hex(own)}, load_addr ${hex(load)}, load_end_addr ${hex(loadEnd)}, bss_end_addr ${hex(bssEnd)}, entry_addr ${hex(entry)}.`,
    where: `${where}+${hex(header.offset)}`,
    why: `The range must lie inside the file (${hex(bytes.length)} bytes), at ${hex(MEMORY.LOADER_END)} or above, and hold the entry point.`,
    next: 'Correct the addresses, or clear bit 16 of the flags so that the ELF headers count.',
  })
}
