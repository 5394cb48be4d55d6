/** What an ELF file says about itself. Source: System V ABI (gABI) chapters 4 and 5; names as readelf prints them. */
import type { ElfFacts, SymbolFacts } from '../../../shared/inspection'
import { ByteReader } from '../byte-reader'
import type { SourceMap } from '../dwarf'
import { ELF_TYPE, type ElfFile, type ElfSection, type ElfSegment, type ElfSymbol, readSymbols, SECTION_TYPE } from '../elf'
import { hex } from '../errors'
import { loadable } from './why-not'

export const ELF_TYPE_NAMES: Readonly<Record<number, string>> = {
  [ELF_TYPE.RELOCATABLE]: 'object file (ET_REL)',
  [ELF_TYPE.EXECUTABLE]: 'executable (ET_EXEC)',
  [ELF_TYPE.SHARED]: 'position independent (ET_DYN)',
}
const SEGMENT_TYPE_NAMES: Readonly<Record<number, string>> = { 0: 'NULL', 1: 'LOAD', 2: 'DYNAMIC', 3: 'INTERP', 4: 'NOTE', 6: 'PHDR', 7: 'TLS', 0x6474e550: 'GNU_EH_FRAME', 0x6474e551: 'GNU_STACK', 0x6474e552: 'GNU_RELRO', 0x6474e553: 'GNU_PROPERTY' }
const SECTION_TYPE_NAMES: Readonly<Record<number, string>> = {
  0: 'NULL', 1: 'PROGBITS', 2: 'SYMTAB', 3: 'STRTAB', 4: 'RELA', 5: 'HASH', 6: 'DYNAMIC', 7: 'NOTE', 8: 'NOBITS', 9: 'REL', 11: 'DYNSYM',
  14: 'INIT_ARRAY', 15: 'FINI_ARRAY', 16: 'PREINIT_ARRAY', 17: 'GROUP', 18: 'SYMTAB_SHNDX', 19: 'RELR', 0x6ffffff6: 'GNU_HASH', 0x70000001: 'X86_64_UNWIND',
}
const SECTION_FLAG_LETTERS: readonly (readonly [bit: bigint, letter: string])[] = [[1n, 'W'], [2n, 'A'], [4n, 'X'], [0x10n, 'M'], [0x20n, 'S'], [0x40n, 'I'], [0x400n, 'T']]
const SYMBOL_TYPES = ['none', 'object', 'function', 'section', 'file', 'common', 'tls'] as const
const SYMBOL_BINDINGS = ['local', 'global', 'weak'] as const
const SPECIAL_SECTIONS: Readonly<Record<number, string>> = { 0: 'UND', 0xfff1: 'ABS', 0xfff2: 'COM' }
const FUNCTION = 2
const OBJECT = 1
/** n_type of the note that names a build. */
const NT_GNU_BUILD_ID = 3
const SHF_ALLOC = 2n

export interface ElfDetail {
  /** How many symbols, largest first; Infinity for all, in the table's order. */
  symbols: number
  /** The debug information, when there is any that can be read. */
  sources: SourceMap | undefined
}

/** @throws ImageError when the symbol table is damaged */
export function elfFacts(bytes: Uint8Array, elf: ElfFile, where: string, { symbols: wanted, sources }: ElfDetail): ElfFacts {
  const symbols = readSymbols(bytes, elf, where)
  const sized = symbols.filter(({ type, bytes: length }) => (type === FUNCTION || type === OBJECT) && length > 0n)
  const shown = wanted === Infinity ? symbols : sized.toSorted((a, b) => (b.bytes > a.bytes ? 1 : b.bytes < a.bytes ? -1 : 0)).slice(0, wanted)
  const entrySymbol = symbolAt(symbols, elf.entry)
  const buildId = readBuildId(bytes, elf, where)
  return {
    bits: elf.bits,
    type: ELF_TYPE_NAMES[elf.type] ?? String(elf.type),
    machine: elf.machine,
    entry: hex(elf.entry),
    ...(entrySymbol && { entrySymbol: entrySymbol.name }),
    segments: elf.segments.map((segment) => ({
      type: SEGMENT_TYPE_NAMES[segment.type] ?? hex(segment.type),
      offset: segment.offset,
      virtualAddress: hex(segment.virtualAddress),
      physicalAddress: hex(segment.physicalAddress),
      fileBytes: segment.fileBytes,
      memoryBytes: hex(segment.memoryBytes),
      flags: `${segment.flags & 4 ? 'R' : '-'}${segment.flags & 2 ? 'W' : '-'}${segment.flags & 1 ? 'X' : '-'}`,
      sections: elf.sections.filter((section) => liesIn(section, segment)).map(({ name }) => name),
    })),
    sections: elf.sections.filter(({ type }) => type !== 0).map(({ name, type, address, offset, bytes: length, flags }) => ({
      name,
      type: SECTION_TYPE_NAMES[type] ?? hex(type),
      address: hex(address),
      offset,
      bytes: length,
      flags: SECTION_FLAG_LETTERS.filter(([bit]) => flags & bit).map(([, letter]) => letter).join(''),
    })),
    symbolCount: symbols.length,
    symbols: shown.map((symbol) => symbolFacts(symbol, elf, sourceOf(symbol, sources))),
    sourceLines: sources?.lineCount ?? 0,
    ...(buildId !== undefined && { buildId }),
    remarks: [...remarksOf(bytes, elf, symbols), ...(sources && sources.moved !== 0n ? [`Its addresses moved by ${hex(sources.moved)} after it was linked; debug information in it has the linker's.`] : [])],
  }
}

function symbolFacts({ name, address, bytes, type, binding, sectionIndex }: ElfSymbol, elf: ElfFile, source: string | undefined): SymbolFacts {
  return {
    name: type === 3 && name === '' ? (elf.sections[sectionIndex]?.name ?? '') : name,
    address: hex(address),
    bytes: hex(bytes),
    type: SYMBOL_TYPES[type] ?? 'other',
    binding: SYMBOL_BINDINGS[binding] ?? 'other',
    section: SPECIAL_SECTIONS[sectionIndex] ?? elf.sections[sectionIndex]?.name ?? String(sectionIndex),
    ...(source !== undefined && { source }),
  }
}

/** `file:line` of a function's or variable's definition. */
export function sourceOf({ type, address }: ElfSymbol, sources: SourceMap | undefined): string | undefined {
  const place = type === FUNCTION || type === OBJECT || type === 0 ? sources?.declarationAt(address) : undefined
  return place && `${place.file}:${place.line}`
}

/** Whether readelf lists the section under the segment: an allocated one by its address, another by its place in the file. */
export function liesIn(section: ElfSection, segment: ElfSegment): boolean {
  if (section.type === 0) return false
  if (section.flags & SHF_ALLOC) {
    const from = section.address - segment.virtualAddress
    return from >= 0n && (section.bytes === 0 ? from < segment.memoryBytes : from + BigInt(section.bytes) <= segment.memoryBytes)
  }
  return section.type !== SECTION_TYPE.NO_BITS && segment.fileBytes > 0 && section.bytes > 0 && section.offset >= segment.offset && section.offset + section.bytes <= segment.offset + segment.fileBytes
}

/** The function whose bytes hold the address, else the symbol that begins there. */
function symbolAt(symbols: readonly ElfSymbol[], address: bigint): ElfSymbol | undefined {
  return (
    symbols.find(({ type, address: start, bytes }) => type === FUNCTION && address >= start && address - start < bytes) ??
    symbols.find(({ type, address: start, name, sectionIndex }) => type <= FUNCTION && start === address && name !== '' && sectionIndex !== 0)
  )
}

function readBuildId(bytes: Uint8Array, elf: ElfFile, where: string): string | undefined {
  const note = elf.sections.find(({ name, type, bytes: length }) => name === '.note.gnu.build-id' && type === 7 && length >= 16)
  if (!note) return undefined
  const reader = new ByteReader(bytes, where)
  const [nameBytes, idBytes, type] = [0, 4, 8].map((at) => reader.u32(note.offset + at, 'the build identity'))
  if (type !== NT_GNU_BUILD_ID || nameBytes !== 4 || idBytes === undefined || 16 + idBytes > note.bytes) return undefined
  return Array.from(bytes.subarray(note.offset + 16, note.offset + 16 + idBytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function remarksOf(bytes: Uint8Array, elf: ElfFile, symbols: readonly ElfSymbol[]): string[] {
  const remarks: string[] = []
  const loads = loadable(elf)
  for (const { virtualAddress, offset, alignment } of loads)
    if (alignment > 1n && (BigInt(offset) - virtualAddress) % alignment !== 0n)
      remarks.push(`The segment at ${hex(virtualAddress)} has file offset ${hex(offset)}: p_offset and p_vaddr differ modulo p_align (${hex(alignment)}).`)
  const interpreter = elf.segments.find(({ type }) => type === 3)
  if (interpreter) remarks.push('It names a dynamic linker (PT_INTERP): it was linked as a program for an operating system, not as a kernel.')
  const writableCode = loads.find(({ flags }) => (flags & 3) === 3)
  if (writableCode) remarks.push(`The segment at ${hex(writableCode.virtualAddress)} is both writable and executable.`)
  const end = elf.segments.reduce((most, { offset, fileBytes }) => Math.max(most, offset + fileBytes), 0)
  if (end === 0 && bytes.length > 0 && elf.type !== ELF_TYPE.RELOCATABLE) remarks.push('No segment takes bytes from the file: nothing of it would be in memory.')
  if (symbols.length === 0) remarks.push('It has no symbol table (it was stripped): functions cannot be named.')
  if (!elf.sections.some(({ name }) => name === '.debug_line' || name === '.zdebug_line')) remarks.push('It has no debug information: compile with -g to see source lines.')
  const undefinedNames = symbols.filter(({ sectionIndex, name, binding }) => sectionIndex === 0 && name !== '' && binding === 1)
  if (undefinedNames.length > 0 && elf.type !== ELF_TYPE.RELOCATABLE) remarks.push(`Undefined symbols: ${undefinedNames.slice(0, 5).map(({ name }) => name).join(', ')}${undefinedNames.length > 5 ? ` and ${undefinedNames.length - 5} more` : ''}.`)
  return remarks
}
