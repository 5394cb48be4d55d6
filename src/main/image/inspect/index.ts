/** What a file is, and for each boot protocol why it can be booted by it or why not. */
import type { ElfFacts, Inspection } from '../../../shared/inspection'
import { hasSources, SourceMap } from '../dwarf'
import { type ElfFile, looksLikeElf, parseElf, readSymbols } from '../elf'
import { foreignFormats } from '../foreign-formats'
import { checkInputSize } from '../input'
import { SECTOR_BYTES } from '../layout'
import { hasBootSignature } from '../mbr'
import { bootHeaders } from './boot-headers'
import { diskFacts } from './disk-facts'
import { ELF_TYPE_NAMES, elfFacts } from './elf-facts'
import { looksLikePe, peFacts } from './pe'
import { attempt, qualifyAll, unhinted } from './why-not'

export interface InspectOptions {
  /** How many symbols, the largest first; Infinity for all, in the table's order. */
  symbols?: number
}

const LARGEST_SYMBOLS = 10

/** @throws ImageError when the file is empty, too large, or a damaged ELF file */
export function inspectFile(bytes: Uint8Array, where = 'file', { symbols = LARGEST_SYMBOLS }: InspectOptions = {}): Inspection {
  checkInputSize(bytes.length, where)
  const elf = looksLikeElf(bytes) ? parseElf(bytes, where) : undefined
  const pe = looksLikePe(bytes) ? attempt(() => peFacts(bytes, where)) : undefined
  const disk = !elf && !pe && hasBootSignature(bytes)
  const protocols = qualifyAll(bytes, elf, where)
  const bootedAs = disk ? (bytes.length === SECTOR_BYTES ? 'boot sector' : 'disk') : unhinted(bytes, where)
  const facts = disk && bytes.length > SECTOR_BYTES ? diskFacts(bytes, where) : undefined
  return {
    version: 1,
    bytes: bytes.length,
    format: elf ? `${elf.bits}-bit ELF ${ELF_TYPE_NAMES[elf.type] ?? `of type ${elf.type}`}` : pe ? `PE program${pe.value ? ` (${pe.value.machine}, ${pe.value.subsystem})` : ', damaged'}` : disk ? (facts ? 'raw disk image' : 'boot sector') : 'raw bytes',
    ...(elf && { elf: explainElf(bytes, elf, where, symbols) }),
    ...(pe?.value && { pe: pe.value }),
    headers: bootHeaders(bytes, where),
    ...(facts && { disk: facts }),
    ...(bootedAs && { bootedAs }),
    protocols,
    foreign: [...foreignFormats(bytes), ...(pe?.why === undefined ? [] : [pe.why])],
  }
}

function explainElf(bytes: Uint8Array, elf: ElfFile, where: string, symbols: number): ElfFacts {
  const { value: sources, why } = hasSources(elf) ? attempt(() => new SourceMap(bytes, elf, readSymbols(bytes, elf, where), where)) : {}
  const facts = elfFacts(bytes, elf, where, { symbols, sources })
  return why === undefined ? facts : { ...facts, remarks: [...facts.remarks, why] }
}
