/**
 * What a BIOS tells operating systems about the board: ACPI's tables in the last of the RAM, their root pointer, the MP table and SMBIOS in the ROM;
 * and the chips that those speak of, set up accordingly.
 */
import { processorFeatures } from '../cpu/system/cpuid'
import type { CpuModel } from '../cpu/system/models'
import { PM_BASE, PM_MISC } from '../devices/acpi-pm'
import { slotNumber } from '../devices/pci-bus'
import { ELCR_PORT } from '../devices/piix3-isa'
import { FIRST_PIRQ_INPUT, IO_APIC_ID } from '../machine/interrupts'
import type { IoBus } from '../machine/io-bus'
import { type AcpiParts, buildAcpiTables } from './acpi/tables'
import type { AcpiArea } from './acpi-area'
import type { FirmwareHost } from './context'
import { buildMpTable } from './mp-table'
import { type Rom, ROM_BYTES, ROM_SEGMENT } from './rom'
import { buildSmbios, type SmbiosParts } from './smbios'

/** Offset in the ROM of what is found by searching: at multiples of 16. */
const TABLES = 0x8000
const PM_PORTS = 0x600
export const POWER_MANAGEMENT = slotNumber(1, 3)
const SCI = 9

/** Ports for power management; the system control interrupt is level-triggered. */
export function setUpPowerManagement({ pci, ports }: FirmwareHost): void {
  pci.writeConfig(POWER_MANAGEMENT, PM_BASE, 4, PM_PORTS)
  pci.writeConfig(POWER_MANAGEMENT, PM_MISC, 1, 1)
  ports.write8(ELCR_PORT + 1, ports.read8(ELCR_PORT + 1) | (1 << (SCI - 8)))
}

/** What ACPI's tables tell of the board. @param hasApics whether the processor has a local APIC, and so the board an I/O APIC */
export function acpiPartsOf(ports: Pick<IoBus, 'ownerOf'>, hasApics: boolean, processors: number, pmBase: number, present: Pick<AcpiParts, 'hasMouse' | 'hasHpet'>): AcpiParts {
  const apics = hasApics ? { ioApicId: IO_APIC_ID, firstPirqInput: FIRST_PIRQ_INPUT } : { ioApicId: undefined, firstPirqInput: undefined }
  return { ...apics, ...present, pmBase, sci: SCI, processors, hasPort: (port) => ports.ownerOf(port) !== undefined }
}

/** What SMBIOS tells of the board. */
export function smbiosPartsOf(model: CpuModel, processors: number, memoryBytes: number, romBytes: number): SmbiosParts {
  return { processors, signature: model.signature, features: processorFeatures(model, processors), memoryBytes, processor: model.title, has64Bit: model.has('long'), romBytes }
}

/** Puts the tables into ROM and RAM. @param area undefined: the RAM has no room for ACPI's tables */
export function installTables(host: FirmwareHost, rom: Rom, area: AcpiArea | undefined): void {
  const { memory, keyboard, memoryBytes, model, processors, localApic } = host
  let free = TABLES
  const put = (build: (at: number) => Uint8Array): void => {
    const bytes = build(ROM_SEGMENT * 16 + free)
    rom.bytes.set(bytes, free)
    free = Math.ceil((free + bytes.length) / 16) * 16
  }
  const processor = { processors, signature: model.signature, features: processorFeatures(model, processors) }
  if (area) {
    const { rsdp, tables, facs } = buildAcpiTables(acpiPartsOf(host.ports, localApic !== undefined, processors, PM_PORTS, { hasMouse: keyboard.hasMouse, hasHpet: host.hasHpet }), area)
    const before = keyboard.a20
    keyboard.setA20(true)
    memory.writeBytes(area.tables, tables)
    memory.writeBytes(area.facs, facs)
    keyboard.setA20(before)
    put(() => rsdp)
  }
  if (localApic) put((at) => buildMpTable({ ...processor, ioApicId: IO_APIC_ID, firstPirqInput: FIRST_PIRQ_INPUT, sci: SCI }, at))
  put((at) => buildSmbios(smbiosPartsOf(model, processors, memoryBytes, ROM_BYTES), at))
  host.installRom(rom.bytes)
}
