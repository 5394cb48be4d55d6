/**
 * ACPI tables (Advanced Configuration and Power Interface Specification 6.5, 5.2) for the board: RSDP, RSDT, XSDT, FADT, FACS, MADT, HPET, DSDT.
 */
import { ACPI_DISABLE, ACPI_ENABLE, APM_CONTROL, Pm } from '../../devices/acpi-pm'
import { HPET_BASE, HPET_BLOCK_ID } from '../../devices/hpet'
import { IO_APIC_BASE } from '../../devices/io-apic'
import { APIC_BASE } from '../../devices/local-apic-registers'
import { CMOS } from '../../devices/rtc-mc146818'
import { TableBytes } from '../table-bytes'
import { type DsdtParts, definitionBlock } from './dsdt'

export interface AcpiParts extends DsdtParts {
  /** ISA line of the system control interrupt. */
  readonly sci: number
  /** Identifier of the I/O APIC; undefined: there are no APICs. */
  readonly ioApicId: number | undefined
}

/** Where the tables go. */
export interface AcpiPlaces {
  /** First address of the tables, whole pages; ACPI can give the memory back when they were read. */
  readonly tables: number
  /** Of the FACS: a multiple of 64, in memory that stays reserved. */
  readonly facs: number
}

export interface AcpiTables {
  readonly rsdp: Uint8Array
  /** From `tables` on. */
  readonly tables: Uint8Array
  readonly facs: Uint8Array
  /** What must be changed where tables lie elsewhere. */
  readonly pointers: readonly AcpiPointer[]
  readonly checksums: readonly AcpiChecksum[]
}

/** An address in `from`, at offset `at`, of something in `to`. */
export interface AcpiPointer {
  readonly from: 'rsdp' | 'tables'
  readonly at: number
  readonly bytes: 4 | 8
  readonly to: 'tables' | 'facs'
}

/** A byte at offset `at` that makes `count` bytes from `start` on sum up to 0. */
export interface AcpiChecksum {
  readonly in: 'rsdp' | 'tables'
  readonly at: number
  readonly start: number
  readonly count: number
}

type Fields = readonly (readonly [at: number, bytes: 4 | 8, to: AcpiPointer['to']])[]
const FADT_POINTERS: Fields = [[36, 4, 'facs'], [40, 4, 'tables'], [132, 8, 'facs'], [140, 8, 'tables']]
const RSDP_POINTERS: Fields = [[16, 4, 'tables'], [24, 8, 'tables']]
const CHECKSUM = 9

const OEM = 'BOOTLB'
const OEM_TABLE = 'BOOTLAB '
const CREATOR = 'BTLB'
const HEADER_BYTES = 36
const FADT_BYTES = 244
const FACS_BYTES = 64
/** In the FACS: where a system in real mode wants to go on after sleep state S3, a physical address; 0: nowhere. */
export const WAKING_VECTOR = 12
const ALIGNMENT = 64
/** Room for the tables; `set` throws beyond it. */
const MOST_BYTES = 0xf000
/** Ports and value that reset the PC: the ISA bridge's reset control register. */
const RESET_PORT = 0xcf9
const RESET_VALUE = 0x06
/** WBINVD works; HLT is C1; power and sleep buttons are no fixed events; reset register. */
const FADT_FLAGS = 0x1 | 0x4 | 0x10 | 0x20 | 0x400
/** Devices on the ISA bus, a keyboard controller. */
const BOOT_ARCHITECTURE = 0x3
const PCAT_COMPATIBLE = 1
/** Source override: level-triggered, active high. */
const LEVEL_HIGH = 0x0d
const TIMER_INPUT = 2

const SYSTEM_MEMORY = 0
const SYSTEM_IO = 1

/** Generic address structure (5.2.3.2); access size 0: undefined. */
class Table extends TableBytes {
  address(at: number, space: number, bits: number, address: number): this {
    return this.u8(at, space, bits, 0, 0).u64(at + 4, address)
  }
}

/** A table with the header that all but RSDP and FACS have. */
function described(signature: string, revision: number, length: number, fill: (table: Table) => void): Uint8Array {
  const table = new Table(length).text(0, signature).u32(4, length).u8(8, revision).text(10, OEM).text(16, OEM_TABLE).u32(24, 1).text(28, CREATOR).u32(32, 1)
  fill(table)
  return table.checksum(CHECKSUM).bytes
}

/** Pointers to other tables, of 4 or 8 bytes. */
function root(signature: string, bytes: 4 | 8, pointers: readonly number[]): Uint8Array {
  return described(signature, 1, HEADER_BYTES + bytes * pointers.length, (table) => {
    pointers.forEach((pointer, index) => (bytes === 4 ? table.u32(HEADER_BYTES + 4 * index, pointer) : table.u64(HEADER_BYTES + 8 * index, pointer)))
  })
}

function dsdt(parts: AcpiParts): Uint8Array {
  const block = definitionBlock(parts)
  return described('DSDT', 2, HEADER_BYTES + block.length, (table) => table.bytes.set(block, HEADER_BYTES))
}

/** FADT of ACPI 2.0, with 64-bit addresses and the reset register. */
function fadt({ pmBase, sci }: AcpiParts, facsAt: number, dsdtAt: number): Uint8Array {
  return described('FACP', 3, FADT_BYTES, (table) => {
    table.u32(36, facsAt).u32(40, dsdtAt).u8(45, 1)
    table.u16(46, sci).u32(48, APM_CONTROL).u8(52, ACPI_ENABLE, ACPI_DISABLE)
    table.u32(56, pmBase + Pm.status).u32(64, pmBase + Pm.control).u32(76, pmBase + Pm.timer)
    // Lengths of the event, control and timer registers; no deeper processor states.
    table.u8(88, 4, 2).u8(91, 4).u16(96, 0xfff).u16(98, 0xfff).u8(108, CMOS.century).u16(109, BOOT_ARCHITECTURE).u32(112, FADT_FLAGS)
    table.address(116, SYSTEM_IO, 8, RESET_PORT).u8(128, RESET_VALUE)
    table.u64(132, facsAt).u64(140, dsdtAt)
    table.address(148, SYSTEM_IO, 32, pmBase + Pm.status).address(172, SYSTEM_IO, 16, pmBase + Pm.control).address(208, SYSTEM_IO, 32, pmBase + Pm.timer)
  })
}

function madt({ processors, sci }: AcpiParts, ioApicId: number): Uint8Array {
  const entries = [
    ...Array.from({ length: processors }, (_, index) => [0, 8, index, index, 1, 0, 0, 0]),
    [1, 12, ioApicId, 0, ...bytes32(IO_APIC_BASE), ...bytes32(0)],
    // The timer's line is another input; the system control interrupt is level-triggered.
    [2, 10, 0, 0, ...bytes32(TIMER_INPUT), 0, 0],
    [2, 10, 0, sci, ...bytes32(sci), LEVEL_HIGH, 0],
    // NMI is LINT1 of every processor.
    [4, 6, 0xff, 0, 0, 1],
  ].flat()
  return described('APIC', 3, HEADER_BYTES + 8 + entries.length, (table) => table.u32(36, APIC_BASE).u32(40, PCAT_COMPATIBLE).u8(44, ...entries))
}

const bytes32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)]

function hpet(): Uint8Array {
  return described('HPET', 1, 56, (table) => table.u32(36, HPET_BLOCK_ID).address(40, SYSTEM_MEMORY, 64, HPET_BASE).u16(53, 0x80))
}

function facs(): Uint8Array {
  return new Table(FACS_BYTES).text(0, 'FACS').u32(4, FACS_BYTES).u8(32, 1).bytes
}

export function buildAcpiTables(parts: AcpiParts, places: AcpiPlaces): AcpiTables {
  const all = new Uint8Array(MOST_BYTES)
  let end = 0
  const pointers: AcpiPointer[] = RSDP_POINTERS.map(([at, bytes, to]) => ({ from: 'rsdp', at, bytes, to }))
  const checksums: AcpiChecksum[] = [{ in: 'rsdp', at: 8, start: 0, count: 20 }, { in: 'rsdp', at: 32, start: 0, count: 36 }]
  const put = (table: Uint8Array, fields: Fields = []): number => {
    const start = Math.ceil(end / ALIGNMENT) * ALIGNMENT
    all.set(table, start)
    end = start + table.length
    for (const [at, bytes, to] of fields) pointers.push({ from: 'tables', at: start + at, bytes, to })
    checksums.push({ in: 'tables', at: start + CHECKSUM, start, count: table.length })
    return places.tables + start
  }
  const fadtAt = put(fadt(parts, places.facs, put(dsdt(parts))), FADT_POINTERS)
  const tables = [fadtAt, ...(parts.ioApicId === undefined ? [] : [put(madt(parts, parts.ioApicId))]), ...(parts.hasHpet === false ? [] : [put(hpet())])]
  const putRoot = (signature: string, bytes: 4 | 8): number => put(root(signature, bytes, tables), tables.map((_, index) => [HEADER_BYTES + bytes * index, bytes, 'tables']))
  const rsdt = putRoot('RSDT', 4)
  const xsdt = putRoot('XSDT', 8)
  return { rsdp: rsdp(rsdt, xsdt), tables: all.slice(0, end), facs: facs(), pointers, checksums }
}

/** Root system description pointer, revision 2: 20 bytes of ACPI 1.0, then the rest. */
function rsdp(rsdt: number, xsdt: number): Uint8Array {
  return new Table(36).text(0, 'RSD PTR ').text(9, OEM).u8(15, 2).u32(16, rsdt).u32(20, 36).u64(24, xsdt).checksum(8, 20).checksum(32).bytes
}
