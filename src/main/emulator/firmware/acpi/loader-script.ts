/**
 * ACPI tables as files for other firmware, with the script by which it puts them into memory (QEMU, hw/acpi/bios-linker-loader.c: "etc/table-loader"):
 * allocate every file, add the addresses to the pointers, make the checksums good.
 */
import { TableBytes } from '../table-bytes'
import { type AcpiParts, buildAcpiTables } from './tables'

export const ACPI_FILES = { rsdp: 'etc/acpi/rsdp', tables: 'etc/acpi/tables', facs: 'etc/acpi/facs' } as const
const ENTRY_BYTES = 128
const NAME_BYTES = 56
const Command = { allocate: 1, addPointer: 2, addChecksum: 3 } as const
/** Where a file is put: anywhere, or at F0000–FFFFF, where the root pointer is searched for. */
const Zone = { high: 1, below1MiB: 2 } as const
const ALIGNMENT = { rsdp: 16, tables: 64, facs: 64 } as const

export interface AcpiLoaderFiles {
  readonly rsdp: Uint8Array
  readonly tables: Uint8Array
  readonly facs: Uint8Array
  readonly script: Uint8Array
}

const entry = (command: number): TableBytes => new TableBytes(ENTRY_BYTES).u32(0, command)

export function acpiLoaderFiles(parts: AcpiParts): AcpiLoaderFiles {
  const { rsdp, tables, facs, pointers, checksums } = buildAcpiTables(parts, { tables: 0, facs: 0 })
  // OVMF sums up the bytes with the checksum's own, and drops tables whose sum is not 0 then: it starts as 0, as QEMU has it.
  const files = { rsdp, tables }
  for (const sum of checksums) files[sum.in][sum.at] = 0
  const allocate = (file: keyof typeof ACPI_FILES): TableBytes =>
    entry(Command.allocate).text(4, ACPI_FILES[file]).u32(4 + NAME_BYTES, ALIGNMENT[file]).u8(8 + NAME_BYTES, file === 'rsdp' ? Zone.below1MiB : Zone.high)
  const script = [
    allocate('tables'), allocate('facs'), allocate('rsdp'),
    ...pointers.map(({ from, at, bytes, to }) => entry(Command.addPointer).text(4, ACPI_FILES[from]).text(4 + NAME_BYTES, ACPI_FILES[to]).u32(4 + 2 * NAME_BYTES, at).u8(8 + 2 * NAME_BYTES, bytes)),
    ...checksums.map((sum) => entry(Command.addChecksum).text(4, ACPI_FILES[sum.in]).u32(4 + NAME_BYTES, sum.at).u32(8 + NAME_BYTES, sum.start).u32(12 + NAME_BYTES, sum.count)),
  ]
  return { rsdp, tables, facs, script: new Uint8Array(Buffer.concat(script.map(({ bytes }) => bytes))) }
}
