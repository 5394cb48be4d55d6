/** What the loader asks of a kernel's segments, checked before the boot. The loader checks it again: resources/loader/program.c, elf64.c. */
import type { BootProtocol } from '../../shared/boot'
import { ELF_MACHINE, ELF_TYPE, type ElfFile, type ElfSegment, SEGMENT_TYPE } from './elf'
import { hex, ImageError } from './errors'
import { LIMITS, MEMORY } from './layout'
import { checkLiminePlace } from './limine'

const ONE_MIB = 0x100000n
const FOUR_GIB = 1n << 32n
/** Bits 63 to 47 of a canonical address in the upper half. */
const UPPER_HALF = 0x1ffffn

/**
 * What the loader would refuse about an ELF file's program headers.
 * @param moved the loader chooses the place at boot
 * @throws ImageError
 */
export function checkProgram(elf: ElfFile, protocol: BootProtocol, where: string, moved = false): void {
  const wanted = elf.bits === 64 ? ELF_MACHINE.X86_64 : ELF_MACHINE.I386
  if (elf.machine !== wanted)
    throw new ImageError({
      what: `The ELF file is for machine ${elf.machine}; ${elf.bits}-bit x86 is ${wanted}.`,
      where,
      why: 'The PC could not run its instructions.',
      next: 'Check llvm-target or the -target flag.',
    })
  if (elf.type !== ELF_TYPE.EXECUTABLE) throw notExecutable(elf, where)
  if (elf.bits === 32 && (protocol === 'elf64' || protocol === 'bootloader' || protocol === 'limine')) throw wrongClass(32, where)
  if (elf.bits === 32 && protocol === 'bootloader11') throw wrongClass(32, where)
  if (elf.bits === 64 && protocol === 'elf32') throw wrongClass(64, where)
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
  if (protocol === 'bootloader' || (protocol === 'bootloader11' && !moved)) for (const segment of segments) checkCrateSegment(segment, where)
  else if (protocol === 'limine') checkLiminePlace(segments, where)
  else if (!moved && (protocol !== 'elf64' || !wantsFrames(segments))) checkPlaces(segments, where)
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
  return new ImageError({
    what: relocatable ? 'This is an object file, not a linked kernel.' : `The ELF file has type ${elf.type}, neither 2 (executable) nor 3 (position independent).`,
    where,
    why: 'Its addresses are not settled.',
    next: 'Link it into an executable.',
  })
}

function wrongClass(bits: 32 | 64, where: string): ImageError {
  const [other, triple] = bits === 32 ? ['64', 'x86_64'] : ['32', 'i386']
  return new ImageError({
    what: `The kernel is a ${bits}-bit ELF file.`,
    where,
    why: `The boot protocol that was asked for enters ${other}-bit kernels only.`,
    next: `Build it for ${triple}, or choose another protocol in the manifest ("boot").`,
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
function checkCanonical({ virtualAddress, memoryBytes }: ElfSegment, where: string): void {
  const last = virtualAddress + memoryBytes - 1n
  const upper = virtualAddress >> 47n
  if ((upper === 0n || upper === UPPER_HALF) && last >> 47n === upper) return
  const half = virtualAddress >> 56n
  const five = (half === 0n || half === 0xffn) && last >> 56n === half
  throw new ImageError({
    what: `The segment at virtual address ${hex(virtualAddress)} to ${hex(last)} ${five ? 'needs 5-level paging' : 'is not in canonical addresses'}.`,
    where,
    why: `${five ? 'The boot loader switches 4-level paging on, and with it there are addresses' : 'A processor with 4-level paging has addresses'} below 0x800000000000 and from 0xffff800000000000 only.`,
    next: 'Link the kernel to one of these halves.',
  })
}

function checkMapping(segment: ElfSegment, where: string): void {
  checkCanonical(segment, where)
  const { virtualAddress, physicalAddress } = segment
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

/** The crate's loader keeps the lowest megabyte for itself and the screen. */
function checkCrateSegment(segment: ElfSegment, where: string): void {
  checkCanonical(segment, where)
  if (segment.virtualAddress >= ONE_MIB) return
  throw new ImageError({
    what: `The segment at virtual address ${hex(segment.virtualAddress)} lies in the first MiB.`,
    where,
    why: 'There the bootloader crate’s kernels find the screen and the loader.',
    next: 'Link the kernel to virtual addresses from 0x200000 up, where the linker puts it by itself.',
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
    if (start < BigInt(MEMORY.LOWEST_ADDRESS))
      throw new ImageError({
        what: `A segment would overwrite the BIOS's data: ${place}.`,
        where,
        why: `Memory below ${hex(MEMORY.LOWEST_ADDRESS)} holds its interrupt table and variables.`,
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
