/** SMBIOS tables (DMTF DSP0134, System Management BIOS Reference Specification 2.8.0): what the PC is made of, for people and inventories. */
import { TableBytes } from './table-bytes'

export interface SmbiosParts {
  readonly memoryBytes: number
  readonly processors: number
  /** Name of the processor's model, and whether it knows 64-bit mode. */
  readonly processor: string
  readonly has64Bit: boolean
  /** CPUID leaf 1: EAX and EDX. */
  readonly signature: number
  readonly features: number
  readonly romBytes: number
}

const MAKER = 'Bootlab'
const UNKNOWN = 0x02
const SAFE = 0x03
const NO_HANDLE = 0xffff
/** None is there, for handles of error information. */
const NOT_PROVIDED = 0xfffe
const Handle = { bios: 0x0000, system: 0x0100, chassis: 0x0300, processor: 0x0400, memory: 0x1000, device: 0x1100, range: 0x1300, boot: 0x2000, end: 0x7f00 } as const
/** Characteristics of a processor. */
const MULTI_CORE = 0x0008
const KIB = 1024
const MIB = 1024 * KIB
const ENTRY_BYTES = 31
const VERSION = [2, 8] as const

/** A structure: header, fields, then its strings; fields name strings by number, from 1 on. */
function structure(type: number, handle: number, length: number, strings: readonly string[], fill: (table: TableBytes) => void): number[] {
  const table = new TableBytes(length).u8(0, type, length).u16(2, handle)
  fill(table)
  const texts = strings.flatMap((text) => [...Buffer.from(`${text}\0`, 'latin1')])
  return [...table.bytes, ...(texts.length === 0 ? [0] : texts), 0]
}

function structures({ memoryBytes, processors, processor, has64Bit, signature, features, romBytes }: SmbiosParts): number[][] {
  const kib = Math.floor(memoryBytes / KIB)
  return [
    // Characteristics: PCI, boot from CD, selectable boot; ACPI; a virtual machine.
    structure(0, Handle.bios, 0x18, [MAKER, '1', '01/01/2026'], (table) =>
      table.u8(4, 1, 2).u16(6, 0xf000).u8(8, 3, Math.ceil(romBytes / (64 * KIB)) - 1).u32(10, 0x1_8080).u8(18, 0x01, 0x10, 1, 0, 0xff, 0xff)),
    structure(1, Handle.system, 0x1b, [MAKER, 'PC', '1'], (table) => table.u8(4, 1, 2, 3, 0).u8(24, 0x06)),
    structure(3, Handle.chassis, 0x15, [MAKER], (table) => table.u8(4, 1, 0x03).u8(9, SAFE, SAFE, SAFE, UNKNOWN)),
    structure(4, Handle.processor, 0x2a, ['CPU 0', MAKER, processor], (table) =>
      // A central processor of another family, at 1 GHz, enabled, in a socket; its cores.
      table.u8(4, 1, 0x03, 0x01, 2).u32(8, signature).u32(12, features).u8(16, 3, 0).u16(20, 1000).u16(22, 1000).u8(24, 0x41, 0x01)
        .u16(26, NO_HANDLE).u16(28, NO_HANDLE).u16(30, NO_HANDLE).u8(35, processors, processors, processors)
        .u16(38, (has64Bit ? 0x0004 : 0x0002) | (processors > 1 ? MULTI_CORE : 0)).u16(40, 0x0001)),
    structure(16, Handle.memory, 0x0f, [], (table) => table.u8(4, 0x03, 0x03, 0x03).u32(7, kib).u16(11, NOT_PROVIDED).u16(13, 1)),
    structure(17, Handle.device, 0x22, ['DIMM 0'], (table) =>
      table.u16(4, Handle.memory).u16(6, NOT_PROVIDED).u16(8, 64).u16(10, 64).u16(12, Math.floor(memoryBytes / MIB)).u8(14, 0x09, 0, 1, 0, 0x07).u16(19, 0x0004)),
    structure(19, Handle.range, 0x1f, [], (table) => table.u32(4, 0).u32(8, kib - 1).u16(12, Handle.memory).u8(14, 1)),
    structure(32, Handle.boot, 0x0b, [], () => undefined),
    structure(127, Handle.end, 4, [], () => undefined),
  ]
}

export interface SmbiosTables {
  readonly entry: Uint8Array
  readonly structures: Uint8Array
}

/** Entry point and structures, of which the former says where the latter are. @param at physical address */
export function smbiosTables(parts: SmbiosParts, at: number): SmbiosTables {
  const list = structures(parts)
  const body = list.flat()
  const entry = new TableBytes(ENTRY_BYTES).text(0, '_SM_').u8(5, ENTRY_BYTES, ...VERSION).u16(8, Math.max(...list.map(({ length }) => length)))
  entry.text(16, '_DMI_').u16(22, body.length).u32(24, at).u16(28, list.length).u8(30, 0x28)
  // The intermediate checksum is over the second half, the first over all.
  const second = entry.bytes.subarray(16).reduce((sum, byte) => sum + byte, 0)
  entry.u8(21, -second & 0xff).checksum(4)
  return { entry: entry.bytes, structures: Uint8Array.from(body) }
}

/** The entry point, and the structures behind it. @param at physical address, a multiple of 16 */
export function buildSmbios(parts: SmbiosParts, at: number): Uint8Array {
  const start = Math.ceil(ENTRY_BYTES / 16) * 16
  const { entry, structures: body } = smbiosTables(parts, at + start)
  const result = new Uint8Array(start + body.length)
  result.set(entry)
  result.set(body, start)
  return result
}
