import { describe, expect, test } from 'vitest'
import { ACPI_FILES, acpiLoaderFiles } from './loader-script'
import { buildAcpiTables } from './tables'

const PARTS = { pmBase: 0x600, firstPirqInput: 16, ioApicId: 8, sci: 9, processors: 1, hasPort: () => true }
const ENTRY_BYTES = 128
/** Where this firmware puts the files. */
const PLACES: Readonly<Record<string, number>> = { [ACPI_FILES.rsdp]: 0xf5000, [ACPI_FILES.tables]: 0x7fe_0000, [ACPI_FILES.facs]: 0x7ff_0040 }

/** Does what a firmware does with the script (QEMU, hw/acpi/bios-linker-loader.c); as in OVMF, a checksum starts with what the file has in its place. */
function load(script: Uint8Array, given: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const loaded = new Map<string, Uint8Array>()
  for (let at = 0; at < script.length; at += ENTRY_BYTES) {
    const view = new DataView(script.buffer, script.byteOffset + at, ENTRY_BYTES)
    const name = (offset: number): string => Buffer.from(script.subarray(at + offset, at + offset + 56)).toString('latin1').replace(/\0.*$/, '')
    const bytes = loaded.get(name(4)) ?? new Uint8Array()
    const inside = new DataView(bytes.buffer)
    switch (view.getUint32(0, true)) {
      case 1:
        expect([(PLACES[name(4)] ?? 1) % view.getUint32(60, true), view.getUint8(64)]).toEqual([0, name(4) === ACPI_FILES.rsdp ? 2 : 1])
        loaded.set(name(4), (given.get(name(4)) ?? new Uint8Array()).slice())
        break
      case 2: {
        const place = view.getUint32(116, true)
        const target = PLACES[name(60)] ?? 0
        if (view.getUint8(120) === 4) inside.setUint32(place, inside.getUint32(place, true) + target, true)
        else inside.setBigUint64(place, inside.getBigUint64(place, true) + BigInt(target), true)
        break
      }
      case 3: {
        const [place, start, count] = [60, 64, 68].map((offset) => view.getUint32(offset, true))
        bytes[place ?? 0] = -bytes.subarray(start ?? 0, (start ?? 0) + (count ?? 0)).reduce((sum, byte) => sum + byte, 0) & 0xff
        break
      }
      default:
        throw new Error(`There is no command ${view.getUint32(0, true)}.`)
    }
  }
  return loaded
}

describe('table loader', () => {
  test('its script makes of the files what the tables are at their places', () => {
    const { rsdp, tables, facs, script } = acpiLoaderFiles(PARTS)
    const loaded = load(script, new Map([[ACPI_FILES.rsdp, rsdp], [ACPI_FILES.tables, tables], [ACPI_FILES.facs, facs]]))
    const placed = buildAcpiTables(PARTS, { tables: PLACES[ACPI_FILES.tables] ?? 0, facs: PLACES[ACPI_FILES.facs] ?? 0 })
    expect(Buffer.compare(loaded.get(ACPI_FILES.rsdp) ?? rsdp, placed.rsdp)).toBe(0)
    expect(Buffer.compare(loaded.get(ACPI_FILES.tables) ?? tables, placed.tables)).toBe(0)
    expect(Buffer.compare(loaded.get(ACPI_FILES.facs) ?? facs, placed.facs)).toBe(0)
  })

  test('the files are as long wherever power management is', () => {
    const there = acpiLoaderFiles({ ...PARTS, pmBase: 0xb000 })
    expect([there.tables.length, there.script]).toEqual([acpiLoaderFiles(PARTS).tables.length, acpiLoaderFiles(PARTS).script])
  })
})
