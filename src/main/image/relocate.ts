/**
 * Settles a position-independent kernel (ET_DYN, "static PIE") at an address, as a dynamic linker would at run time. Sources: System V
 * ABI (gABI) chapter 5 "Dynamic Section" and "Relocation"; AMD64 psABI 4.4.1 and i386 psABI 4.4 for the types; RELR as in the gABI draft.
 */
import { type ElfFile, type ElfSegment, ELF_TYPE, SECTION_TYPE, SEGMENT_TYPE } from './elf'
import { hex, ImageError } from './errors'
import { LIMITS } from './layout'

const DT = { PLTRELSZ: 2, SYMTAB: 6, RELA: 7, RELASZ: 8, RELAENT: 9, REL: 17, RELSZ: 18, RELENT: 19, PLTREL: 20, JMPREL: 23, RELRSZ: 35, RELR: 36 } as const

/** The value that a relocation stores: base + addend, or symbol (+ addend). Types that are not here need a run-time linker. */
const KINDS: Readonly<Record<32 | 64, Readonly<Record<number, 'nothing' | 'base' | 'symbol' | 'symbol+addend'>>>> = {
  64: { 0: 'nothing', 1: 'symbol+addend', 6: 'symbol', 7: 'symbol', 8: 'base' },
  32: { 0: 'nothing', 1: 'symbol+addend', 6: 'symbol', 7: 'symbol', 8: 'base' },
}

export interface Relocated {
  /** A file of type ET_EXEC with the same content at the new addresses. */
  bytes: Uint8Array
  /** What was added to every address. */
  base: bigint
}

/**
 * @param lowest the kernel's first byte gets the first suitably aligned address from here up; a file whose addresses are all at or above
 *   stays where it is linked.
 * @throws ImageError when a relocation needs more than the kernel's own addresses.
 */
export function relocateKernel(bytes: Uint8Array, elf: ElfFile, lowest: bigint, where: string): Relocated {
  const loads = elf.segments.filter(({ type, memoryBytes }) => type === SEGMENT_TYPE.LOAD && memoryBytes > 0n)
  const first = loads.reduce<bigint | undefined>((least, { virtualAddress }) => (least === undefined || virtualAddress < least ? virtualAddress : least), undefined)
  const alignment = loads.reduce((most, segment) => (segment.alignment > most ? segment.alignment : most), 4096n)
  const base = first === undefined || first >= lowest ? 0n : ((lowest - first + alignment - 1n) / alignment) * alignment
  const work = new Relocation(bytes.slice(), elf, base, where)
  work.requireFewSegments(loads.length)
  work.applyAll()
  work.moveHeaders()
  return { bytes: work.bytes, base }
}

/**
 * For kernels that the loader itself moves at boot: of relocations it knows R_X86_64_RELATIVE in a DT_RELA table (resources/loader/relocate.c).
 * @throws ImageError when there are others
 */
export function checkRelativeOnly(bytes: Uint8Array, elf: ElfFile, where: string): void {
  new Relocation(bytes, elf, 0n, where).requireRelative()
}

const RELATIVE = 8

class Relocation {
  readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #elf: ElfFile
  readonly #loads: ElfSegment[]
  readonly #base: bigint
  readonly #where: string
  readonly #word: 4 | 8
  readonly #mask: bigint
  readonly #dynamic = new Map<bigint, bigint>()

  constructor(bytes: Uint8Array, elf: ElfFile, base: bigint, where: string) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#elf = elf
    this.#loads = elf.segments.filter(({ type, fileBytes }) => type === SEGMENT_TYPE.LOAD && fileBytes > 0)
    this.#base = base
    this.#where = where
    this.#word = elf.bits === 64 ? 8 : 4
    this.#mask = elf.bits === 64 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn
    const dynamic = elf.segments.find(({ type }) => type === SEGMENT_TYPE.DYNAMIC)
    if (!dynamic) return
    // Counted from the segment's start: sums with an offset beyond 2^53, which an empty segment may have, are not exact.
    for (let entry = 0; entry + 2 * this.#word <= dynamic.fileBytes; entry += 2 * this.#word) {
      const at = dynamic.offset + entry
      const tag = this.#read(at)
      if (tag === 0n) break
      this.#dynamic.set(tag, this.#read(at + this.#word))
    }
  }

  applyAll(): void {
    this.#applyTable(DT.RELA, DT.RELASZ, true)
    this.#applyTable(DT.REL, DT.RELSZ, false)
    this.#applyTable(DT.JMPREL, DT.PLTRELSZ, this.#entry(DT.PLTREL) === BigInt(DT.RELA))
    this.#applyPacked()
  }

  /** Each relocation looks for its segment; the loader takes no more of them either. */
  requireFewSegments(count: number): void {
    if (count > LIMITS.MAX_SEGMENTS) throw this.#refusal(`The position-independent kernel has ${count} loadable segments.`, `The boot loader has room for ${LIMITS.MAX_SEGMENTS}.`)
  }

  requireRelative(): void {
    const others = [DT.RELSZ, DT.PLTRELSZ, DT.RELRSZ].find((tag) => (this.#entry(tag) ?? 0n) !== 0n)
    if (others !== undefined) throw this.#refusal(`The position-independent kernel has relocations in another table than DT_RELA (dynamic tag ${others}).`, 'The boot loader moves the kernel to its place, and knows only that table.')
    const address = this.#entry(DT.RELA)
    const size = Number(this.#entry(DT.RELASZ) ?? 0n)
    if (address === undefined || size === 0) return
    const start = this.#offsetOf(address, size, 'the relocation table')
    for (let at = start; at + 24 <= start + size; at += 24) {
      const info = this.#read(at + 8)
      if (info === BigInt(RELATIVE)) continue
      throw this.#refusal(`The position-independent kernel has a relocation of type ${info & 0xffff_ffffn} for symbol ${info >> 32n} at ${hex(this.#read(at))}.`, 'The boot loader moves the kernel to its place, and knows R_X86_64_RELATIVE (8) without a symbol.')
    }
  }

  /** Addresses in the ELF header, program headers, section headers and symbols; and the type. */
  moveHeaders(): void {
    const view = this.#view
    const wide = this.#elf.bits === 64
    view.setUint16(16, ELF_TYPE.EXECUTABLE, true)
    this.#add(24)
    const table = Number(this.#read(wide ? 32 : 28))
    const entryBytes = view.getUint16(wide ? 54 : 42, true)
    for (const [index] of this.#elf.segments.entries()) {
      const at = table + index * entryBytes
      this.#add(at + (wide ? 16 : 8))
      this.#add(at + (wide ? 24 : 12))
    }
    const sections = Number(this.#read(wide ? 40 : 32))
    const sectionBytes = view.getUint16(wide ? 58 : 46, true)
    for (const [index, section] of this.#elf.sections.entries()) {
      if (section.address !== 0n) this.#add(sections + index * sectionBytes + (wide ? 16 : 12))
    }
    // The one symbol table that a file may have (gABI, "Section Types"); section 0 describes no content.
    const symbols = this.#elf.sections.find(({ type }, index) => index > 0 && type === SECTION_TYPE.SYMBOL_TABLE)
    if (symbols) this.#moveSymbols(symbols.offset, symbols.bytes, symbols.entryBytes)
  }

  #moveSymbols(offset: number, bytes: number, entryBytes: number): void {
    const [value, index, least] = this.#elf.bits === 64 ? [8, 6, 24] : [4, 14, 16]
    if (entryBytes < least) throw this.#refusal(`The position-independent kernel is damaged: its symbols have ${entryBytes} bytes each, and ${least} are the least.`, 'Their addresses cannot be settled.')
    for (let at = offset; at + entryBytes <= offset + bytes; at += entryBytes) {
      const section = this.#view.getUint16(at + index, true)
      // Undefined symbols and absolute values (from SHN_LORESERVE up) are no addresses of the kernel's.
      if (section !== 0 && section < 0xff00) this.#add(at + value)
    }
  }

  #applyTable(tag: number, sizeTag: number, explicit: boolean): void {
    const address = this.#entry(tag)
    const size = Number(this.#entry(sizeTag) ?? 0n)
    if (address === undefined || size === 0) return
    const entryBytes = (explicit ? 3 : 2) * this.#word
    const start = this.#offsetOf(address, size, 'the relocation table')
    for (let at = start; at + entryBytes <= start + size; at += entryBytes) {
      const info = this.#read(at + this.#word)
      const [kind, symbol] = this.#elf.bits === 64 ? [Number(info & 0xffff_ffffn), info >> 32n] : [Number(info & 0xffn), info >> 8n]
      this.#applyOne(this.#read(at), kind, symbol, explicit ? this.#read(at + 2 * this.#word) : undefined)
    }
  }

  #applyOne(address: bigint, type: number, symbol: bigint, addend: bigint | undefined): void {
    const kind = KINDS[this.#elf.bits][type]
    if (kind === 'nothing') return
    if (kind === undefined)
      throw this.#refusal(`The position-independent kernel has a relocation of type ${type} at ${hex(address)}.`, 'Such a relocation is for a linker at run time, which a kernel does not have (thread-local variables and indirect functions make them).')
    const at = this.#offsetOf(address, this.#word, `the word at ${hex(address)} that a relocation changes`)
    const value = (kind === 'base' ? this.#base : this.#symbol(symbol)) + (kind === 'symbol' ? 0n : (addend ?? this.#read(at)))
    this.#write(at, value)
  }

  /** DT_RELR: an even word is the address of a place; an odd one a bitmap of the places that follow. */
  #applyPacked(): void {
    const address = this.#entry(DT.RELR)
    const size = Number(this.#entry(DT.RELRSZ) ?? 0n)
    if (address === undefined || size === 0) return
    const start = this.#offsetOf(address, size, 'the packed relocation table')
    const places = BigInt(8 * this.#word - 1)
    let next = 0n
    for (let at = start; at + this.#word <= start + size; at += this.#word) {
      const word = this.#read(at)
      if ((word & 1n) === 0n) {
        this.#applyOne(word, 8, 0n, undefined)
        next = word + BigInt(this.#word)
        continue
      }
      for (let bit = 0n; bit < places; bit++) if ((word >> (bit + 1n)) & 1n) this.#applyOne(next + bit * BigInt(this.#word), 8, 0n, undefined)
      next += places * BigInt(this.#word)
    }
  }

  #symbol(index: bigint): bigint {
    const wide = this.#elf.bits === 64
    const table = this.#entry(DT.SYMTAB)
    const entryBytes = wide ? 24 : 16
    const at = table === undefined ? undefined : this.#offsetOf(table + index * BigInt(entryBytes), entryBytes, `symbol ${index}`)
    if (at === undefined || this.#view.getUint16(at + (wide ? 6 : 14), true) === 0)
      throw this.#refusal(`The position-independent kernel refers to symbol ${index}, which it does not define.`, 'Nothing else is there that could.')
    return this.#read(at + (wide ? 8 : 4)) + this.#base
  }

  #entry(tag: number): bigint | undefined {
    return this.#dynamic.get(BigInt(tag))
  }

  /** File offset of an address as it was linked. */
  #offsetOf(address: bigint, bytes: number, what: string): number {
    for (const { virtualAddress, offset, fileBytes } of this.#loads) {
      if (address < virtualAddress || address - virtualAddress + BigInt(bytes) > BigInt(fileBytes)) continue
      return offset + Number(address - virtualAddress)
    }
    throw this.#refusal(`The position-independent kernel is damaged: ${what} is not in the file.`, 'Its addresses cannot be settled.')
  }

  #read(at: number): bigint {
    return this.#word === 8 ? this.#view.getBigUint64(at, true) : BigInt(this.#view.getUint32(at, true))
  }

  #write(at: number, value: bigint): void {
    if (this.#word === 8) this.#view.setBigUint64(at, value & this.#mask, true)
    else this.#view.setUint32(at, Number(value & this.#mask), true)
  }

  #add(at: number): void {
    this.#write(at, this.#read(at) + this.#base)
  }

  #refusal(what: string, why: string): ImageError {
    return new ImageError({
      what,
      where: this.#where,
      why,
      next: 'Link with -no-pie; in a target specification set "relocation-model": "static" and "position-independent-executables": false.',
    })
  }
}
