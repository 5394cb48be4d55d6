/** What a file is, and for each boot protocol why it can be booted by it or why not. */
import type { ElfFacts, Inspection } from '../../../shared/inspection'
import { hasSources, SourceMap } from '../dwarf'
import { type ElfFile, looksLikeElf, parseElf, readSymbols } from '../elf'
import { foreignFormats } from '../foreign-formats'
import { checkInputSize } from '../input'
import { looksLikeIso } from '../iso-read'
import { SECTOR_BYTES } from '../layout'
import { findLinuxHeader, linuxVersion } from '../linux'
import { bootHeaders } from './boot-headers'
import { containerName, openContainer } from './container'
import { looksLikeDisk, readDisk } from './disk'
import { diskFacts } from './disk-facts'
import { ELF_TYPE_NAMES, elfFacts } from './elf-facts'
import { looksLikePe, peFacts } from './pe'
import { attempt, qualifyAll, qualifyBootSector, unhinted } from './why-not'

export { fileInside } from './inside'
export { ExploredImage } from './explore'
export { mapFile, originOf } from './map'
export { imageParts, type ImageParts } from './parts'

export interface InspectOptions {
  /** How many symbols, the largest first; Infinity for all, in the table's order. */
  symbols?: number
}

const LARGEST_SYMBOLS = 10

/** @throws ImageError when the file is empty, too large, or a damaged ELF file */
export function inspectFile(file: Uint8Array, where = 'file', { symbols = LARGEST_SYMBOLS }: InspectOptions = {}): Inspection {
  checkInputSize(file.length, where)
  const { bytes, container } = openContainer(file, where)
  const elf = looksLikeElf(bytes) ? parseElf(bytes, where) : undefined
  const pe = looksLikePe(bytes) ? attempt(() => peFacts(bytes, where)) : undefined
  // Linux kernels have the signature of a boot sector, and recent ones are PE programs, too.
  const linux = findLinuxHeader(bytes)
  const disk = !elf && !pe && !linux && looksLikeDisk(bytes)
  const bootedAs = disk ? (bytes.length === SECTOR_BYTES ? 'boot sector' : 'disk') : unhinted(bytes, where)
  const format = disk ? (bytes.length === SECTOR_BYTES ? 'boot sector' : looksLikeIso(bytes) ? 'CD image' : 'raw disk image') : linux ? `Linux kernel (boot protocol ${linuxVersion(linux)})` : (programName(elf, pe?.value) ?? (pe ? 'damaged PE program' : 'raw bytes'))
  return {
    version: 1,
    bytes: file.length,
    format: container === undefined ? format : container.opened ? `${container.kind} with ${format} inside` : container.kind,
    ...(container && { container }),
    ...(elf && { elf: explainElf(bytes, elf, where, symbols) }),
    ...(pe?.value && { pe: pe.value }),
    headers: bootHeaders(bytes, where, elf),
    ...(disk && bytes.length > SECTOR_BYTES && { disk: diskFacts(readDisk(bytes, where), where, whatIs) }),
    ...(bootedAs && { bootedAs }),
    protocols: disk && bytes.length > SECTOR_BYTES ? [qualifyBootSector(bytes, false)] : qualifyAll(bytes, elf, where),
    foreign: [...foreignFormats(bytes), ...(pe?.why === undefined ? [] : [pe.why])],
  }
}

function programName(elf: ElfFile | undefined, pe: Inspection['pe']): string | undefined {
  if (elf) return `${elf.bits}-bit ELF ${ELF_TYPE_NAMES[elf.type] ?? `of type ${elf.type}`}`
  return pe && `PE program (${pe.machine}, ${pe.subsystem})`
}

/** What a file on a volume is, in words. */
function whatIs(content: Uint8Array): string | undefined {
  const linux = findLinuxHeader(content)
  if (linux) return `Linux kernel (boot protocol ${linuxVersion(linux)})`
  if (looksLikeElf(content)) return programName(attempt(() => parseElf(content)).value, undefined) ?? 'damaged ELF file'
  if (looksLikePe(content)) return programName(undefined, attempt(() => peFacts(content, 'file')).value) ?? 'damaged PE program'
  return containerName(content)
}

function explainElf(bytes: Uint8Array, elf: ElfFile, where: string, symbols: number): ElfFacts {
  const { value: sources, why } = hasSources(elf) ? attempt(() => new SourceMap(bytes, elf, readSymbols(bytes, elf, where), where)) : {}
  const facts = elfFacts(bytes, elf, where, { symbols, sources })
  return why === undefined ? facts : { ...facts, remarks: [...facts.remarks, why] }
}
