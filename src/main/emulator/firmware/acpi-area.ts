/** The last of the RAM, which belongs to ACPI: tables, which systems can take over once they have read them, then memory that the firmware keeps. */
export interface AcpiArea {
  readonly tables: number
  readonly tablesBytes: number
  /** Where the FACS is. */
  readonly facs: number
  readonly facsBytes: number
}

const MIB = 0x10_0000
/** PCs with less than that are older than ACPI, and need all their memory. */
const LEAST_MEMORY = 4 * MIB
const TABLES_BYTES = 0xf000
const FACS_BYTES = 0x1000

/** Undefined: so little memory has none. */
export function acpiArea(memoryBytes: number): AcpiArea | undefined {
  if (memoryBytes < LEAST_MEMORY) return undefined
  const facs = memoryBytes - FACS_BYTES
  return { tables: facs - TABLES_BYTES, tablesBytes: TABLES_BYTES, facs, facsBytes: FACS_BYTES }
}
