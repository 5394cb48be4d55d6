/** PE programs, as UEFI firmware starts them. Source: Microsoft PE/COFF specification; UEFI specification 2.10, 2.1.1. */
import type { PeFacts } from '../../../shared/inspection'
import { ByteReader } from '../byte-reader'
import { hex, ImageError } from '../errors'

const HEADER_POINTER_AT = 0x3c
const SIGNATURE = 0x4550 // "PE\0\0"
const COFF_BYTES = 20
const SECTION_BYTES = 40
const MAGIC_32 = 0x10b
const MAGIC_64 = 0x20b
const MACHINES: Readonly<Record<number, string>> = { 0x14c: 'IA32', 0x8664: 'x64', 0xaa64: 'AArch64', 0x1c0: 'ARM', 0xebc: 'EFI byte code' }
const SUBSYSTEMS: Readonly<Record<number, string>> = { 1: 'native', 2: 'Windows graphics', 3: 'Windows console', 10: 'EFI application', 11: 'EFI boot service driver', 12: 'EFI runtime driver', 13: 'EFI ROM' }
const EFI_SUBSYSTEMS = [10, 11, 12, 13]
const SCN = { EXECUTE: 0x2000_0000, READ: 0x4000_0000, WRITE: 0x8000_0000 } as const
const RELOCATIONS_STRIPPED = 1
/** The table of base relocations among the data directories. */
const BASE_RELOCATIONS = 5

export function looksLikePe(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x4d || bytes[1] !== 0x5a || bytes.length < HEADER_POINTER_AT + 4) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = view.getUint32(HEADER_POINTER_AT, true)
  return header + 4 <= bytes.length && view.getUint32(header, true) === SIGNATURE
}

/** @throws ImageError when headers are cut short or of no known kind */
export function peFacts(bytes: Uint8Array, where: string): PeFacts {
  const reader = new ByteReader(bytes, where)
  const coff = reader.u32(HEADER_POINTER_AT, 'the offset of the PE header') + 4
  reader.require(coff, COFF_BYTES, 'the COFF header')
  const machine = reader.u16(coff, 'the COFF header')
  const sectionCount = reader.u16(coff + 2, 'the COFF header')
  const optionalBytes = reader.u16(coff + 16, 'the COFF header')
  const characteristics = reader.u16(coff + 18, 'the COFF header')
  const optional = coff + COFF_BYTES
  const magic = reader.u16(optional, 'the optional header')
  if (magic !== MAGIC_32 && magic !== MAGIC_64)
    throw new ImageError({ what: `The optional header of this PE file has magic number ${hex(magic)}; ${hex(MAGIC_32)} (PE32) or ${hex(MAGIC_64)} (PE32+) is wanted.`, where: `${where}+${hex(optional)}`, why: 'It says where the program’s fields lie.', next: 'Link it again.' })
  const wide = magic === MAGIC_64
  const subsystem = reader.u16(optional + 68, 'the optional header')
  const entry = reader.u32(optional + 16, 'the optional header')
  const table = optional + optionalBytes
  reader.require(table, sectionCount * SECTION_BYTES, 'the section table')
  const sections = Array.from({ length: sectionCount }, (_, index) => sectionAt(reader, table + index * SECTION_BYTES))
  const remarks: string[] = []
  for (const { name, offset, fileBytes } of sections) if (fileBytes > 0 && offset + fileBytes > bytes.length) remarks.push(`Section ${name} should lie at ${hex(offset)} to ${hex(offset + fileBytes)}, but the file has ${hex(bytes.length)} bytes.`)
  if (!sections.some(({ address, memoryBytes, flags }) => entry >= address && entry < address + memoryBytes && flags.includes('X'))) remarks.push(`The entry point ${hex(entry)} lies in no section with code.`)
  if (!EFI_SUBSYSTEMS.includes(subsystem)) remarks.push('UEFI firmware starts EFI applications only: link with -subsystem:efi_application.')
  if (wide !== (machine === 0x8664 || machine === 0xaa64)) remarks.push(`A PE32${wide ? '+' : ''} header does not go with machine ${MACHINES[machine] ?? hex(machine)}.`)
  const directories = optional + (wide ? 108 : 92)
  const relocations = optionalBytes >= (wide ? 112 : 96) + (BASE_RELOCATIONS + 1) * 8 && reader.u32(directories, 'the data directories') > BASE_RELOCATIONS ? reader.u32(directories + 4 + BASE_RELOCATIONS * 8 + 4, 'the data directories') : 0
  if (characteristics & RELOCATIONS_STRIPPED) remarks.push('Its base relocations were stripped: firmware can only load it at its image base.')
  return {
    bits: wide ? 64 : 32,
    machine: MACHINES[machine] ?? hex(machine),
    subsystem: SUBSYSTEMS[subsystem] ?? String(subsystem),
    imageBase: hex(wide ? reader.u64(optional + 24, 'the optional header') : reader.u32(optional + 28, 'the optional header')),
    entry: hex(entry),
    relocationBytes: relocations,
    sections,
    remarks,
  }
}

function sectionAt(reader: ByteReader, at: number): PeFacts['sections'][number] {
  const field = (offset: number): number => reader.u32(at + offset, 'a section header')
  const flags = field(36)
  return {
    name: reader.text(at, at + 8),
    address: field(12),
    memoryBytes: field(8),
    offset: field(20),
    fileBytes: field(16),
    flags: `${flags & SCN.READ ? 'R' : '-'}${flags & SCN.WRITE ? 'W' : '-'}${flags & SCN.EXECUTE ? 'X' : '-'}`,
  }
}
