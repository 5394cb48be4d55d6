/** For each boot protocol, why a file can be booted by it or why not. */
import { BOOT_PROTOCOLS, type BootProtocol } from '../../../shared/boot'
import type { Qualification } from '../../../shared/inspection'
import { type ElfFile, type ElfSegment, SEGMENT_TYPE } from '../elf'
import { hex, ImageError } from '../errors'
import { isFlat } from '../flat'
import { type KernelHints, planKernel } from '../kernel'
import { SECTOR_BYTES } from '../layout'
import { hasBootSignature } from '../mbr'

const PAGE_BYTES = 4096n

/** @param elf when the file is one */
export function qualifyAll(bytes: Uint8Array, elf: ElfFile | undefined, where: string): Qualification[] {
  return [...BOOT_PROTOCOLS.map((protocol) => qualify(bytes, protocol, elf, where)), qualifyBootSector(bytes, elf !== undefined)]
}

/** What the boot loader would do without any hint; undefined when it would refuse. */
export function unhinted(bytes: Uint8Array, where: string): BootProtocol | undefined {
  return attempt(() => planKernel(bytes, where).protocol).value
}

/** The work's result, or the sentences of the ImageError it ended with. */
export function attempt<T>(work: () => T): { value?: T; why?: string } {
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

export function qualifyBootSector(bytes: Uint8Array, isElf: boolean): Qualification {
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

/** Segments that go into memory. */
export function loadable({ segments }: ElfFile): ElfSegment[] {
  return segments.filter(({ type, memoryBytes }) => type === SEGMENT_TYPE.LOAD && memoryBytes > 0n)
}

function lastPage({ virtualAddress, memoryBytes }: ElfSegment): bigint {
  return (virtualAddress + memoryBytes - 1n) / PAGE_BYTES
}
