/** What a file is, and for each boot protocol why it can be booted by it or why not. */
import { BOOT_PROTOCOLS, type BootProtocol } from '../../shared/boot'
import { unpackDisk } from './disk-image'
import { ELF_TYPE, type ElfFile, type ElfSegment, looksLikeElf, parseElf, readSymbols, SEGMENT_TYPE } from './elf'
import { hex, ImageError } from './errors'
import { foreignFormats } from './foreign-formats'
import { isFlat } from './flat'
import { checkInputSize } from './input'
import { type KernelHints, planKernel } from './kernel'
import { DISK, SECTOR_BYTES } from './layout'
import { hasBootSignature, hasPartitionTable, readPartitionTable } from './mbr'

/** Numbers that can exceed 2^53 are texts such as `0xffffffff80000000`. */
export interface Inspection {
  bytes: number
  /** What the file looks like, in words. */
  format: string
  elf?: ElfFacts
  disk?: DiskFacts
  /** What the boot loader would do without any hint; absent when it would refuse. */
  bootedAs?: BootProtocol | 'boot sector' | 'disk'
  protocols: Qualification[]
  /** Formats that are recognised but that the boot loader does not serve. */
  foreign: string[]
}

export interface Qualification {
  protocol: BootProtocol | 'boot sector'
  fits: boolean
  /** Why not; or what is remarkable about a file that fits. */
  reasons: string[]
}

export interface ElfFacts {
  bits: 32 | 64
  type: string
  machine: number
  entry: string
  segments: { type: string; offset: number; virtualAddress: string; physicalAddress: string; fileBytes: number; memoryBytes: string; flags: string }[]
  sections: { name: string; address: string; bytes: number }[]
  symbols: number
  remarks: string[]
}

export interface DiskFacts {
  partitions: { active: boolean; type: string; firstSector: number; sectors: number }[]
  /** On a disk that Bootlab packed. */
  content?: { protocol: BootProtocol; kernelBytes: number; commandLine: string; modules: { bytes: number; commandLine: string }[] }
}

const ELF_TYPE_NAMES: Readonly<Record<number, string>> = {
  [ELF_TYPE.RELOCATABLE]: 'object file (ET_REL)',
  [ELF_TYPE.EXECUTABLE]: 'executable (ET_EXEC)',
  [ELF_TYPE.SHARED]: 'position independent (ET_DYN)',
}
const SEGMENT_TYPE_NAMES: Readonly<Record<number, string>> = { 1: 'LOAD', 2: 'DYNAMIC', 3: 'INTERP', 4: 'NOTE', 6: 'PHDR', 7: 'TLS', 0x6474e550: 'GNU_EH_FRAME', 0x6474e551: 'GNU_STACK', 0x6474e552: 'GNU_RELRO', 0x6474e553: 'GNU_PROPERTY' }
const PAGE_BYTES = 4096n

/** @throws ImageError when the file is empty, too large, or a damaged ELF file */
export function inspectFile(bytes: Uint8Array, where = 'file'): Inspection {
  checkInputSize(bytes.length, where)
  const elf = looksLikeElf(bytes) ? parseElf(bytes, where) : undefined
  const disk = !elf && hasBootSignature(bytes)
  const protocols: Qualification[] = [...BOOT_PROTOCOLS.map((protocol) => qualify(bytes, protocol, elf, where)), qualifyBootSector(bytes, elf !== undefined)]
  const bootedAs = disk ? (bytes.length === SECTOR_BYTES ? 'boot sector' : 'disk') : unhinted(bytes, where)
  return {
    bytes: bytes.length,
    format: elf ? `${elf.bits}-bit ELF ${ELF_TYPE_NAMES[elf.type] ?? `of type ${elf.type}`}` : disk ? (bytes.length === SECTOR_BYTES ? 'boot sector' : 'raw disk image') : 'raw bytes',
    ...(elf && { elf: elfFacts(bytes, elf, where) }),
    ...(disk && bytes.length > SECTOR_BYTES && { disk: diskFacts(bytes, where) }),
    ...(bootedAs && { bootedAs }),
    protocols,
    foreign: foreignFormats(bytes, elf),
  }
}

function unhinted(bytes: Uint8Array, where: string): BootProtocol | undefined {
  return attempt(() => planKernel(bytes, where).protocol).value
}

function attempt<T>(work: () => T): { value?: T; why?: string } {
  try {
    return { value: work() }
  } catch (error) {
    if (!(error instanceof ImageError)) throw error
    return { why: `${error.what} ${error.why} ${error.next}` }
  }
}

function qualify(bytes: Uint8Array, protocol: BootProtocol, elf: ElfFile | undefined, where: string): Qualification {
  if (isFlat(protocol)) {
    if (elf) return { protocol, fits: false, reasons: ['The file starts with an ELF header, which is not code. Link with --oformat binary, or let "output": "flat" do it.'] }
    return { protocol, fits: true, reasons: ['Any bytes can be code: give the address they were linked to ("boot": { "protocol", "address" } in the manifest).'] }
  }
  // Which version and features: the file does not say, and the checks do not depend on it.
  const hints: KernelHints = protocol === 'bootloader' ? { bootloader: { version: '0.9.0', features: [] } } : { protocol }
  const { value: plan, why } = attempt(() => planKernel(bytes, where, hints))
  if (!plan) return { protocol, fits: false, reasons: [why ?? ''] }
  const reasons = [...plan.warnings]
  if (plan.base !== 0n) reasons.push(`Position independent: its addresses move up by ${hex(plan.base)}.`)
  if (protocol === 'bootloader' && elf) reasons.push('The kernel must be built with the crate; that is not written in the file.', ...crateRemarks(elf))
  return { protocol, fits: true, reasons }
}

function qualifyBootSector(bytes: Uint8Array, isElf: boolean): Qualification {
  const reasons: string[] = []
  if (isElf) reasons.push('The file starts with an ELF header, which is not code.')
  if (bytes.length !== SECTOR_BYTES) reasons.push(bytes.length < SECTOR_BYTES ? `It has ${bytes.length} bytes; a sector has ${SECTOR_BYTES}.` : `It has ${bytes.length} bytes; a BIOS loads only the first ${SECTOR_BYTES}, the program must load the rest.`)
  if (!hasBootSignature(bytes)) reasons.push('Bytes 510 and 511 are not 55 AA.')
  return { protocol: 'boot sector', fits: !isElf && hasBootSignature(bytes) && bytes.length >= SECTOR_BYTES, reasons }
}

/** What the crate's own loader would not take, though Bootlab's does: it maps the file in place (bootloader 0.9, src/page_table.rs). */
function crateRemarks(elf: ElfFile): string[] {
  const loads = loadable(elf)
  const unaligned = loads.find(({ offset, virtualAddress }) => (BigInt(offset) - virtualAddress) % PAGE_BYTES !== 0n)
  const shared = loads.find((segment) => loads.some((other) => other !== segment && other.virtualAddress < segment.virtualAddress && lastPage(other) === segment.virtualAddress / PAGE_BYTES))
  return [
    ...(unaligned ? [`bootimage would not boot it: the segment at ${hex(unaligned.virtualAddress)} has file offset ${hex(unaligned.offset)}, and both must agree in the lowest 12 bits.`] : []),
    ...(shared ? [`bootimage would not boot it: the segment at ${hex(shared.virtualAddress)} begins on a page that another one ends on. Align sections to 4096 bytes.`] : []),
    ...(elf.segments.length > 32 ? [`bootimage would not boot it: it has ${elf.segments.length} program headers, and at most 32 are read there.`] : []),
  ]
}

function loadable({ segments }: ElfFile): ElfSegment[] {
  return segments.filter(({ type, memoryBytes }) => type === SEGMENT_TYPE.LOAD && memoryBytes > 0n)
}

function lastPage({ virtualAddress, memoryBytes }: ElfSegment): bigint {
  return (virtualAddress + memoryBytes - 1n) / PAGE_BYTES
}

function elfFacts(bytes: Uint8Array, elf: ElfFile, where: string): ElfFacts {
  const remarks: string[] = []
  for (const { virtualAddress, offset, alignment } of loadable(elf))
    if (alignment > 1n && (BigInt(offset) - virtualAddress) % alignment !== 0n)
      remarks.push(`The segment at ${hex(virtualAddress)} has file offset ${hex(offset)}: p_offset and p_vaddr differ modulo p_align (${hex(alignment)}).`)
  if (elf.segments.some(({ type }) => type === SEGMENT_TYPE.INTERPRETER)) remarks.push('It names a dynamic linker (PT_INTERP): it was linked as a program for an operating system, not as a kernel.')
  const writableCode = loadable(elf).find(({ flags }) => (flags & 3) === 3)
  if (writableCode) remarks.push(`The segment at ${hex(writableCode.virtualAddress)} is both writable and executable.`)
  return {
    bits: elf.bits,
    type: ELF_TYPE_NAMES[elf.type] ?? String(elf.type),
    machine: elf.machine,
    entry: hex(elf.entry),
    segments: elf.segments.map(({ type, offset, virtualAddress, physicalAddress, fileBytes, memoryBytes, flags }) => ({
      type: SEGMENT_TYPE_NAMES[type] ?? hex(type),
      offset,
      virtualAddress: hex(virtualAddress),
      physicalAddress: hex(physicalAddress),
      fileBytes,
      memoryBytes: hex(memoryBytes),
      flags: `${flags & 4 ? 'R' : '-'}${flags & 2 ? 'W' : '-'}${flags & 1 ? 'X' : '-'}`,
    })),
    sections: elf.sections.filter(({ name }) => name !== '').map(({ name, address, bytes: length }) => ({ name, address: hex(address), bytes: length })),
    symbols: readSymbols(bytes, elf, where).length,
    remarks,
  }
}

function diskFacts(bytes: Uint8Array, where: string): DiskFacts {
  const partitions = hasPartitionTable(bytes) ? (attempt(() => readPartitionTable(bytes, where)).value ?? []) : []
  const own = partitions.some(({ active, type }) => active && type === DISK.PARTITION_TYPE) ? attempt(() => unpackDisk(bytes, where)).value : undefined
  return {
    partitions: partitions.map(({ active, type, lba, sectors }) => ({ active, type: hex(type), firstSector: lba, sectors })),
    ...(own && {
      content: {
        protocol: own.protocol,
        kernelBytes: own.kernel.length,
        commandLine: own.commandLine,
        modules: own.modules.map((module) => ({ bytes: module.bytes.length, commandLine: module.commandLine })),
      },
    }),
  }
}
