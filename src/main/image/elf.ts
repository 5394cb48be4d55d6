/**
 * ELF files, 32 and 64 bits, little endian. Source: System V ABI (gABI) chapter 4 "Object Files" and chapter 5 "Program
 * Loading"; names of fields as there (p_paddr, sh_offset) stand in the tables below.
 */
import { ByteReader } from './byte-reader'
import { hex, ImageError } from './errors'

export const ELF_MACHINE = { I386: 3, X86_64: 62 } as const
export const ELF_TYPE = { RELOCATABLE: 1, EXECUTABLE: 2, SHARED: 3 } as const
export const SEGMENT_TYPE = { LOAD: 1, DYNAMIC: 2, INTERPRETER: 3 } as const
export const SECTION_TYPE = { SYMBOL_TABLE: 2, STRING_TABLE: 3, NO_BITS: 8 } as const

/** e_phnum when the real number is in section 0's sh_info. */
const PN_XNUM = 0xffff
/** Far above what a linked program has; a damaged count must not fill the memory. */
const MAX_SECTIONS = 0xffff
/** e_shstrndx when the real index is in section 0's sh_link. */
const SHN_XINDEX = 0xffff

export interface ElfSegment {
  type: number
  /** Bit 0 execute, bit 1 write, bit 2 read. */
  flags: number
  /** Bytes from the start of the file. */
  offset: number
  virtualAddress: bigint
  physicalAddress: bigint
  /** Bytes in the file. */
  fileBytes: number
  /** Bytes in memory; what the file does not fill is zero. */
  memoryBytes: bigint
  alignment: bigint
}

export interface ElfSection {
  name: string
  type: number
  flags: bigint
  address: bigint
  /** Bytes from the start of the file. */
  offset: number
  /** Bytes, in the file unless the type is NO_BITS. */
  bytes: number
  link: number
  info: number
  entryBytes: number
}

export interface ElfSymbol {
  name: string
  address: bigint
  bytes: bigint
  /** 0 none, 1 object, 2 function, 3 section, 4 file. */
  type: number
  /** 0 local, 1 global, 2 weak. */
  binding: number
  sectionIndex: number
}

export interface ElfFile {
  bits: 32 | 64
  /** One of {@link ELF_TYPE}, or another number. */
  type: number
  /** One of {@link ELF_MACHINE}, or another number. */
  machine: number
  entry: bigint
  segments: ElfSegment[]
  sections: ElfSection[]
  /** Where the headers lie in the file; of no length when they are not there. */
  tables: { headerBytes: number; segmentTable: { offset: number; bytes: number }; sectionTable: { offset: number; bytes: number } }
}

/** Offsets of fields that differ between the classes. A width of 8 is a u64, 4 a u32, 2 a u16. */
type Field = readonly [offset: number, width: 2 | 4 | 8]
interface Layout {
  headerBytes: number
  entry: Field
  phoff: Field
  shoff: Field
  phentsize: Field
  phnum: Field
  shentsize: Field
  shnum: Field
  shstrndx: Field
  segmentBytes: number
  p: Record<'flags' | 'offset' | 'vaddr' | 'paddr' | 'filesz' | 'memsz' | 'align', Field>
  sectionBytes: number
  s: Record<'flags' | 'addr' | 'offset' | 'size' | 'link' | 'info' | 'entsize', Field>
  symbolBytes: number
  symbol: { value: Field; size: Field; info: number; section: Field }
}

const LAYOUTS: Readonly<Record<32 | 64, Layout>> = {
  32: {
    headerBytes: 52,
    entry: [24, 4],
    phoff: [28, 4],
    shoff: [32, 4],
    phentsize: [42, 2],
    phnum: [44, 2],
    shentsize: [46, 2],
    shnum: [48, 2],
    shstrndx: [50, 2],
    segmentBytes: 32,
    p: { offset: [4, 4], vaddr: [8, 4], paddr: [12, 4], filesz: [16, 4], memsz: [20, 4], flags: [24, 4], align: [28, 4] },
    sectionBytes: 40,
    s: { flags: [8, 4], addr: [12, 4], offset: [16, 4], size: [20, 4], link: [24, 4], info: [28, 4], entsize: [36, 4] },
    symbolBytes: 16,
    symbol: { value: [4, 4], size: [8, 4], info: 12, section: [14, 2] },
  },
  64: {
    headerBytes: 64,
    entry: [24, 8],
    phoff: [32, 8],
    shoff: [40, 8],
    phentsize: [54, 2],
    phnum: [56, 2],
    shentsize: [58, 2],
    shnum: [60, 2],
    shstrndx: [62, 2],
    segmentBytes: 56,
    p: { flags: [4, 4], offset: [8, 8], vaddr: [16, 8], paddr: [24, 8], filesz: [32, 8], memsz: [40, 8], align: [48, 8] },
    sectionBytes: 64,
    s: { flags: [8, 8], addr: [16, 8], offset: [24, 8], size: [32, 8], link: [40, 4], info: [44, 4], entsize: [56, 8] },
    symbolBytes: 24,
    symbol: { value: [8, 8], size: [16, 8], info: 4, section: [6, 2] },
  },
}

/** Whether the bytes start like an ELF file. */
export function looksLikeElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46
}

/**
 * Reads the header, program headers and section headers. All of them, and the bytes they claim, are inside the file
 * when this returns.
 * @param where names the file in errors.
 * @throws ImageError
 */
export function parseElf(bytes: Uint8Array, where = 'kernel'): ElfFile {
  const reader = new ByteReader(bytes, where)
  const bits = readClass(bytes, reader, where)
  const layout = LAYOUTS[bits]
  reader.require(0, layout.headerBytes, 'the ELF header')
  const header = (at: Field): bigint => field(reader, 0, at, 'the ELF header')
  const file: ElfFile = {
    bits,
    type: reader.u16(16, 'the ELF header'),
    machine: reader.u16(18, 'the ELF header'),
    entry: header(layout.entry),
    segments: [],
    sections: [],
    tables: { headerBytes: layout.headerBytes, segmentTable: { offset: 0, bytes: 0 }, sectionTable: { offset: 0, bytes: 0 } },
  }

  const sectionTable = toOffset(header(layout.shoff))
  const sectionBytes = Number(header(layout.shentsize))
  let sectionCount = Number(header(layout.shnum))
  let nameTable = Number(header(layout.shstrndx))
  let segmentCount = Number(header(layout.phnum))
  if (sectionTable !== 0) {
    checkEntryBytes('section', sectionBytes, layout.sectionBytes, where)
    reader.require(sectionTable, sectionBytes, 'the section header table')
    const first = readSection(reader, layout, sectionTable)
    if (sectionCount === 0) sectionCount = first.bytes
    if (nameTable === SHN_XINDEX) nameTable = first.link
    if (segmentCount === PN_XNUM) segmentCount = first.info
    reader.require(sectionTable, sectionBytes * sectionCount, 'the section header table')
    if (sectionCount > MAX_SECTIONS) throw tooManySections(sectionCount, where)
    for (let i = 0; i < sectionCount; i++) file.sections.push(readSection(reader, layout, sectionTable + i * sectionBytes))
    nameSections(reader, file.sections, nameTable, sectionTable, sectionBytes)
    file.tables.sectionTable = { offset: sectionTable, bytes: sectionBytes * sectionCount }
  }

  if (segmentCount > 0) {
    const table = toOffset(header(layout.phoff))
    const entryBytes = Number(header(layout.phentsize))
    checkEntryBytes('program', entryBytes, layout.segmentBytes, where)
    reader.require(table, entryBytes * segmentCount, 'the program header table')
    file.tables.segmentTable = { offset: table, bytes: entryBytes * segmentCount }
    for (let i = 0; i < segmentCount; i++) file.segments.push(readSegment(reader, layout, table + i * entryBytes, i, where))
  }
  return file
}

/**
 * The symbols of the file's symbol table, in its order, without the empty first one; none when it was stripped.
 * @throws ImageError
 */
export function readSymbols(bytes: Uint8Array, file: ElfFile, where = 'kernel'): ElfSymbol[] {
  const reader = new ByteReader(bytes, where)
  const layout = LAYOUTS[file.bits]
  const table = file.sections.find((section) => section.type === SECTION_TYPE.SYMBOL_TABLE)
  if (!table) return []
  checkEntryBytes('symbol', table.entryBytes, layout.symbolBytes, where)
  const names = file.sections[table.link]
  const symbols: ElfSymbol[] = []
  for (let at = table.offset + table.entryBytes; at + table.entryBytes <= table.offset + table.bytes; at += table.entryBytes) {
    const nameOffset = reader.u32(at, 'a symbol')
    const info = reader.u8(at + layout.symbol.info, 'a symbol')
    symbols.push({
      name: names ? nameIn(reader, names, nameOffset) : '',
      address: field(reader, at, layout.symbol.value, 'a symbol'),
      bytes: field(reader, at, layout.symbol.size, 'a symbol'),
      type: info & 15,
      binding: info >> 4,
      sectionIndex: Number(field(reader, at, layout.symbol.section, 'a symbol')),
    })
  }
  return symbols
}

function readClass(bytes: Uint8Array, reader: ByteReader, where: string): 32 | 64 {
  if (bytes.length === 0)
    throw new ImageError({ what: 'The file is empty.', where, why: 'There is nothing to boot.', next: 'Build it again.' })
  if (!looksLikeElf(bytes)) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    throw new ImageError({
      what: `This is not an ELF file: it starts with ${start} instead of 7f 45 4c 46.`,
      where,
      why: 'The loader finds the kernel’s segments and entry point in its ELF headers.',
      next: 'Give the linked kernel (build/<name>.elf), or a disk image.',
    })
  }
  const elfClass = reader.u8(4, 'the ELF identification')
  const data = reader.u8(5, 'the ELF identification')
  if ((elfClass !== 1 && elfClass !== 2) || data !== 1)
    throw new ImageError({
      what: `The ELF file has class ${elfClass} and data encoding ${data}; 1 or 2 and 1 (little endian) are wanted.`,
      where,
      why: 'An x86 PC runs 32-bit and 64-bit little-endian programs only.',
      next: 'Check the target triple, and build it again.',
    })
  return elfClass === 1 ? 32 : 64
}

function tooManySections(count: number, where: string): ImageError {
  return new ImageError({
    what: `The ELF file has ${count} sections; at most ${MAX_SECTIONS} are read.`,
    where,
    why: 'A linked kernel has a few dozen, so the file is probably damaged.',
    next: 'Build it again; let the linker script merge sections.',
  })
}

function checkEntryBytes(kind: string, actual: number, least: number, where: string): void {
  if (actual >= least) return
  throw new ImageError({
    what: `The ELF file is damaged: a ${kind} header has ${actual} bytes; at least ${least} are wanted.`,
    where,
    why: 'Its tables cannot be read.',
    next: 'Build it again.',
  })
}

function field(reader: ByteReader, base: number, [offset, width]: Field, what: string): bigint {
  if (width === 8) return reader.u64(base + offset, what)
  return BigInt(width === 4 ? reader.u32(base + offset, what) : reader.u16(base + offset, what))
}

/** A file offset or size as a number. Those beyond 2^53 lose precision, but stay far outside any file. */
function toOffset(value: bigint): number {
  return Number(value)
}

function readSegment(reader: ByteReader, layout: Layout, at: number, index: number, where: string): ElfSegment {
  const read = (name: keyof Layout['p']): bigint => field(reader, at, layout.p[name], 'a program header')
  const segment: ElfSegment = {
    type: reader.u32(at, 'a program header'),
    flags: Number(read('flags')),
    offset: toOffset(read('offset')),
    virtualAddress: read('vaddr'),
    physicalAddress: read('paddr'),
    fileBytes: toOffset(read('filesz')),
    memoryBytes: read('memsz'),
    alignment: read('align'),
  }
  if (segment.fileBytes > 0) reader.require(segment.offset, segment.fileBytes, `the content of segment ${index}`)
  if (segment.type === SEGMENT_TYPE.LOAD && BigInt(segment.fileBytes) > segment.memoryBytes)
    throw new ImageError({
      what: `Segment ${index} has ${hex(segment.fileBytes)} bytes in the file but only ${hex(segment.memoryBytes)} in memory.`,
      where,
      why: 'A segment cannot be larger in the file than in memory, so the file is damaged.',
      next: 'Build it again.',
    })
  return segment
}

function readSection(reader: ByteReader, layout: Layout, at: number): ElfSection {
  const read = (name: keyof Layout['s']): bigint => field(reader, at, layout.s[name], 'a section header')
  return {
    name: '',
    type: reader.u32(at + 4, 'a section header'),
    flags: read('flags'),
    address: read('addr'),
    offset: toOffset(read('offset')),
    bytes: toOffset(read('size')),
    link: Number(read('link')),
    info: Number(read('info')),
    entryBytes: toOffset(read('entsize')),
  }
}

function nameSections(reader: ByteReader, sections: ElfSection[], nameTable: number, table: number, entryBytes: number): void {
  const names = sections[nameTable]
  for (const [index, section] of sections.entries()) {
    // Section 0 describes the table itself, and a section without bits has no place in the file.
    if (index > 0 && section.type !== SECTION_TYPE.NO_BITS)
      reader.require(section.offset, section.bytes, `the content of section ${index}`)
    if (names && names.type === SECTION_TYPE.STRING_TABLE)
      section.name = nameIn(reader, names, reader.u32(table + index * entryBytes, 'a section header'))
  }
}

function nameIn(reader: ByteReader, table: ElfSection, offset: number): string {
  return offset < table.bytes ? reader.text(table.offset + offset, table.offset + table.bytes) : ''
}
