/** Sections with debug information, inflated when they are compressed. Source: gABI chapter 4 "Section Compression"; DWARF 5, 7.1. */
import { inflateSync } from 'node:zlib'
import { ByteReader } from '../byte-reader'
import { type ElfFile, SECTION_TYPE } from '../elf'
import { ImageError } from '../errors'
import { Cursor } from './cursor'

const SHF_COMPRESSED = 0x800n
const ELFCOMPRESS_ZLIB = 1
/** Far above a kernel's debug information; what a few damaged bytes say must not fill the memory. */
const MAX_INFLATED_BYTES = 256 << 20
/** No compression of zlib's makes less of a byte. */
const MAX_RATIO = 1032

export class DebugSections {
  readonly bits: 32 | 64
  readonly #bytes: Uint8Array
  readonly #elf: ElfFile
  readonly #where: string
  readonly #readers = new Map<string, ByteReader | undefined>()

  constructor(bytes: Uint8Array, elf: ElfFile, where: string) {
    this.#bytes = bytes
    this.#elf = elf
    this.#where = where
    this.bits = elf.bits
  }

  /** Length of a section, 0 when it is not there. */
  length(name: string): number {
    return this.#reader(name)?.length ?? 0
  }

  /** From an offset to the section's end. @throws ImageError when the section is not there or ends before */
  cursor(name: string, offset = 0): Cursor {
    const reader = this.#reader(name)
    if (reader === undefined) throw this.damaged(`The section ${name} is wanted, and is not there.`)
    reader.require(offset, 0, `an entry of ${name}`)
    return new Cursor(reader, offset, reader.length, name)
  }

  /** Text at an offset of a table of strings; at most 4096 bytes of it, however often it is asked for. */
  text(name: string, offset: number): string {
    const reader = this.#reader(name)
    if (reader === undefined) throw this.damaged(`The section ${name} is wanted, and is not there.`)
    reader.require(offset, 1, `a text of ${name}`)
    return reader.text(offset, reader.length)
  }

  damaged(what: string): ImageError {
    return new ImageError({ what, where: this.#where, why: 'Without it the debug information cannot be understood.', next: 'Build the kernel again.' })
  }

  #reader(name: string): ByteReader | undefined {
    if (!this.#readers.has(name)) this.#readers.set(name, this.#open(name))
    return this.#readers.get(name)
  }

  #open(name: string): ByteReader | undefined {
    const section = this.#elf.sections.find((each) => each.name === name && each.type !== SECTION_TYPE.NO_BITS)
    if (section === undefined) return undefined
    const content = this.#bytes.subarray(section.offset, section.offset + section.bytes)
    return new ByteReader(section.flags & SHF_COMPRESSED ? this.#inflate(name, content) : content, `${this.#where}, ${name}`)
  }

  #inflate(name: string, content: Uint8Array): Uint8Array {
    const wide = this.bits === 64
    const reader = new ByteReader(content, `${this.#where}, ${name}`)
    const kind = reader.u32(0, 'the compression header')
    const bytes = wide ? Number(reader.u64(8, 'the compression header')) : reader.u32(4, 'the compression header')
    const packed = content.subarray(wide ? 24 : 12)
    if (kind !== ELFCOMPRESS_ZLIB) throw this.damaged(`The section ${name} is compressed by method ${kind}; only 1 (zlib) is read.`)
    if (bytes > MAX_INFLATED_BYTES || bytes > packed.length * MAX_RATIO) throw this.damaged(`The section ${name} says that it has ${bytes} bytes when inflated.`)
    try {
      const inflated = inflateSync(packed, { maxOutputLength: Math.max(1, bytes) })
      if (inflated.length === bytes) return inflated
    } catch (error) {
      throw this.damaged(`The section ${name} cannot be inflated: ${error instanceof Error ? error.message : String(error)}.`)
    }
    throw this.damaged(`The section ${name} inflates to another length than it says.`)
  }
}
