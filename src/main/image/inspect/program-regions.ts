/** The bytes of a program file (ELF or PE) by header, segment, section and function. */
import type { PieceRole } from '../../../shared/image-explorer'
import { hasSources, SourceMap } from '../dwarf'
import { ELF_MACHINE, type ElfFile, type ElfSection, type ElfSegment, type ElfSymbol, looksLikeElf, parseElf, readSymbols, SECTION_TYPE } from '../elf'
import { hex } from '../errors'
import { ELF_TYPE_NAMES, sourceOf } from './elf-facts'
import { factList } from './facts'
import { looksLikePe, peFacts } from './pe'
import { nest, region, type Region } from './region'
import { attempt, loadable } from './why-not'

const SHF_WRITE = 1n
const SHF_ALLOC = 2n
const SHF_EXECUTABLE = 4n
/** Symbols that name places: none, object, function. */
const LAST_PLACE_TYPE = 2

/** Regions of a file's content; none when it is no program, or too damaged to be read. */
export function programRegions(bytes: Uint8Array, where: string): Region[] {
  if (looksLikeElf(bytes)) return attempt(() => elfRegions(bytes, parseElf(bytes, where), where)).value ?? []
  return looksLikePe(bytes) ? (attempt(() => peRegions(bytes, where)).value ?? []) : []
}

/** @throws ImageError when the symbol table is damaged */
export function elfRegions(bytes: Uint8Array, elf: ElfFile, where: string): Region[] {
  const symbols = readSymbols(bytes, elf, where)
  const sources = hasSources(elf) ? attempt(() => new SourceMap(bytes, elf, symbols, where)).value : undefined
  const { headerBytes, segmentTable, sectionTable } = elf.tables
  const places = symbolsBySection(symbols)
  const parts = [
    region('header', 'ELF header', 0, headerBytes, { role: 'elf-header', facts: factList({ bits: elf.bits, 'elf-type': ELF_TYPE_NAMES[elf.type] ?? String(elf.type), machine: machineName(elf.machine), entry: hex(elf.entry) }) }),
    region('header', 'program headers', segmentTable.offset, segmentTable.bytes, { role: 'program-headers' }),
    region('header', 'section headers', sectionTable.offset, sectionTable.bytes, { role: 'section-headers' }),
    ...loadable(elf).map((segment) => segmentRegion(segment, sources)),
    ...elf.sections.flatMap((section, index) => sectionRegions(section, places.get(index) ?? [], sources)),
  ]
  return nest(parts, bytes.length)
}

function segmentRegion({ offset, fileBytes, memoryBytes, flags, virtualAddress, physicalAddress }: ElfSegment, sources: SourceMap | undefined): Region {
  const letters = `${flags & 4 ? 'R' : '-'}${flags & 2 ? 'W' : '-'}${flags & 1 ? 'X' : '-'}`
  const detail = virtualAddress === physicalAddress ? `at ${hex(virtualAddress)}` : `runs at ${hex(virtualAddress)}, loaded at ${hex(physicalAddress)}`
  return region('segment', `LOAD ${letters}`, offset, fileBytes, { detail, address: virtualAddress, sources, facts: factList({ access: letters, 'run-address': hex(virtualAddress), 'load-address': hex(physicalAddress), 'file-bytes': fileBytes, 'memory-bytes': String(memoryBytes) }) })
}

function sectionRegions(section: ElfSection, symbols: readonly ElfSymbol[], sources: SourceMap | undefined): Region[] {
  const { name, type, flags, address, offset, bytes } = section
  if (type === 0 || type === SECTION_TYPE.NO_BITS || bytes === 0) return []
  if (!(flags & SHF_ALLOC)) return [region('section', name, offset, bytes, { role: sectionRole(section) })]
  const detail = sources && flags & SHF_EXECUTABLE && symbols.length === 0 ? sourceFiles(sources, address, bytes) : undefined
  return [region('section', name, offset, bytes, { address, detail, role: sectionRole(section), facts: factList({ 'run-address': hex(address) }) }), ...symbolRegions(section, symbols, sources)]
}

/** By its flags, which is what a loader sees; what is not loaded by its name and type. */
function sectionRole({ name, type, flags }: ElfSection): PieceRole {
  if (flags & SHF_ALLOC) return flags & SHF_EXECUTABLE ? 'code' : flags & SHF_WRITE ? 'data' : 'constants'
  if (name.startsWith('.debug')) return 'debug'
  return type === SECTION_TYPE.SYMBOL_TABLE || type === SECTION_TYPE.STRING_TABLE ? 'symbol-table' : 'section'
}

/** By type of the symbol: none, object, function. */
const SYMBOL_ROLES: readonly PieceRole[] = ['label', 'variable', 'function']

function machineName(machine: number): string {
  return machine === ELF_MACHINE.I386 ? 'i386' : machine === ELF_MACHINE.X86_64 ? 'x86-64' : String(machine)
}

/** Functions and objects; a label without length reaches to the next one. Names for the same place are one region. */
function symbolRegions({ address, bytes, offset }: ElfSection, symbols: readonly ElfSymbol[], sources: SourceMap | undefined): Region[] {
  const inside = symbols.filter((symbol) => symbol.address >= address && symbol.address < address + BigInt(bytes)).toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
  const named = new Map<bigint, ElfSymbol[]>()
  for (const symbol of inside) named.set(symbol.address, [...(named.get(symbol.address) ?? []), symbol])
  const starts = [...named.keys()]
  return [...named.values()].flatMap((aliases, index) => {
    const [first] = aliases
    if (!first) return []
    const size = aliases.reduce((most, alias) => (alias.bytes > most ? alias.bytes : most), 0n)
    const next = starts[index + 1] ?? address + BigInt(bytes)
    const length = size > 0n ? size : next - first.address
    const declared = sourceOf(first, sources)
    const end = first.address + length > address + BigInt(bytes) ? address + BigInt(bytes) : first.address + length
    return [region('symbol', aliases.map(({ name }) => name).join(', '), offset + Number(first.address - address), Number(end - first.address), { address: first.address, detail: declared, sources, role: SYMBOL_ROLES[first.type], facts: factList({ 'run-address': hex(first.address), declared }) })]
  })
}

function symbolsBySection(symbols: readonly ElfSymbol[]): Map<number, ElfSymbol[]> {
  const bySection = new Map<number, ElfSymbol[]>()
  for (const symbol of symbols) {
    if (symbol.type > LAST_PLACE_TYPE || symbol.name === '') continue
    const list = bySection.get(symbol.sectionIndex)
    if (list) list.push(symbol)
    else bySection.set(symbol.sectionIndex, [symbol])
  }
  return bySection
}

/** Names of the files that a section's code comes from. */
function sourceFiles(sources: SourceMap, address: bigint, bytes: number): string | undefined {
  const files = new Set(sources.ranges(address, address + BigInt(bytes)).map(({ file }) => file))
  return files.size === 0 ? undefined : [...files].join(', ')
}

function peRegions(bytes: Uint8Array, where: string): Region[] {
  const { sections, bits, machine, subsystem, imageBase, entry } = peFacts(bytes, where)
  const first = sections.reduce((least, { offset, fileBytes }) => (fileBytes > 0 && offset < least ? offset : least), bytes.length)
  return nest([region('header', 'PE headers', 0, first, { role: 'pe-headers', facts: factList({ bits, machine, subsystem, 'image-base': imageBase, entry }) }), ...sections.map(({ name, offset, fileBytes, address, flags }) => region('section', name, offset, fileBytes, { address: BigInt(address), role: flags.includes('X') ? 'code' : flags.includes('W') ? 'data' : 'constants', facts: factList({ access: flags, 'run-address': hex(BigInt(address)) }) }))], bytes.length)
}
