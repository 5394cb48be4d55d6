/** A real BIOS in the place of the lab's own: its ROM, and what it expects to find on a board that QEMU would have made. */
import type { Cpu } from '../cpu/cpu'
import type { CpuModel } from '../cpu/system/models'
import { PM_BASE, PM_BASE_BITS, SOFT_OFF, SUSPEND_TO_RAM } from '../devices/acpi-pm'
import { CfiFlash, FLASH_BLOCK_BYTES } from '../devices/cfi-flash'
import { CMOS } from '../devices/rtc-mc146818'
import { type FwCfg, FW_CFG } from '../devices/fw-cfg'
import type { PciBus } from '../devices/pci-bus'
import type { AcpiParts } from '../firmware/acpi/tables'
import { ACPI_FILES, acpiLoaderFiles, type AcpiLoaderFiles } from '../firmware/acpi/loader-script'
import { acpiPartsOf, POWER_MANAGEMENT, smbiosPartsOf } from '../firmware/platform'
import { smbiosTables } from '../firmware/smbios'
import { type BootChoice, bootKinds, bootPaths } from './boot-order'
import type { Drives } from './drives'
import type { IoBus } from './io-bus'
import type { MemoryMap } from './memory-map'

/** ROMs of a machine, as in their files. */
export interface Roms {
  /** BIOS: it ends at 4 GiB, and its last 128 KiB at 1 MiB. */
  readonly bios: Uint8Array
  /** BIOS of the display: its PCI expansion ROM. */
  readonly vga?: Uint8Array | undefined
  /** What is in a flash memory that ends where the BIOS begins: the variables of UEFI. The guest's writes go to a copy. */
  readonly variables?: Uint8Array | undefined
}

const PAGE = 0x1000
export const MIN_BIOS_BYTES = 16 << 10
export const MAX_BIOS_BYTES = 16 << 20
const MAX_VGA_BYTES = 64 << 10
const OPTION_ROM = [0x55, 0xaa] as const

/** Why these cannot be a machine's ROMs; undefined: they can. */
export function romProblem({ bios, vga, variables }: Roms): string | undefined {
  if (bios.length % PAGE !== 0 || bios.length < MIN_BIOS_BYTES || bios.length > MAX_BIOS_BYTES) {
    return `The BIOS has ${bios.length} bytes: a ROM has whole pages of 4 KiB, from 16 KiB to 16 MiB.`
  }
  if (variables && (variables.length === 0 || variables.length % FLASH_BLOCK_BYTES !== 0 || bios.length + variables.length > MAX_BIOS_BYTES)) {
    return `The variables have ${variables.length} bytes: a flash memory has whole blocks of 4 KiB, and with the BIOS no more than 16 MiB.`
  }
  if (vga && (vga.length > MAX_VGA_BYTES || vga[0] !== OPTION_ROM[0] || vga[1] !== OPTION_ROM[1])) {
    return `The display's BIOS is no option ROM: it begins with 55 AA and has no more than 64 KiB.`
  }
  return undefined
}

/** All that lies below 4 GiB. */
export const romImage = ({ bios, variables }: Roms): Uint8Array => (variables ? new Uint8Array(Buffer.concat([variables, bios])) : bios)

/** Makes the part of the ROM's block with the variables a flash memory. */
export function variableStore({ variables }: Roms, map: MemoryMap, cpu: Pick<Cpu, 'codeChanged' | 'memoryMapChanged'>): CfiFlash | undefined {
  if (!variables) return undefined
  const { physical, host, bytes } = map.rom
  const flash = new CfiFlash({
    memory: bytes.subarray(0, variables.length),
    changed: (at, count) => cpu.codeChanged(host + at, count),
    showArray: (shown) => {
      map.hideRom(shown ? undefined : { base: physical, bytes: variables.length })
      cpu.memoryMapChanged()
    },
  })
  map.mapDevice(physical, variables.length, flash)
  return flash
}

/** BIOS boot order, translation of the hard disks' geometry (2 bits each): cells of Bochs and QEMU. */
const BOOT_ORDER = { last: 0x38, first: 0x3d } as const
const TRANSLATION = 0x39
/** Processors beside the one that boots. */
const MORE_PROCESSORS = 0x5f
const LBA_ASSISTED = 0b0101_0101
const BOOT_KINDS = { floppy: 1, disk: 2, cd: 3 } as const
const ALL_KINDS = ['floppy', 'disk', 'cd'] as const

/** @see configureCmos for the cells that every PC has */
export function configureRomCmos(ram: Uint8Array, drives: Drives, { order }: BootChoice, processors: number): void {
  const { hardware } = drives
  const [first = 0, second = 0, third = 0] = [...new Set([...bootKinds(drives, order), ...ALL_KINDS])].map((kind) => BOOT_KINDS[kind])
  ram[BOOT_ORDER.first] = first | (second << 4)
  ram[BOOT_ORDER.last] = (third << 4) | 1
  ram[TRANSLATION] = LBA_ASSISTED
  ram[MORE_PROCESSORS] = processors - 1
  ram[CMOS.disks] = hardware.some(({ medium }) => medium === 'disk') ? 0xf0 : 0
}

const E820_BYTES = 20
const RAM = 1
/** Sleep states S0 to S5: bit 7, it exists; below, its SLP_TYP. */
const SLEEP_STATES = [0x80, 0, 0, 0x80 | SUSPEND_TO_RAM, 2, 0x80 | SOFT_OFF] as const

/** What the files tell of. */
export interface Board {
  readonly memoryBytes: number
  readonly drives: Drives
  readonly boot: BootChoice
  readonly model: CpuModel
  readonly processors: number
  readonly present: Pick<AcpiParts, 'hasMouse' | 'hasHpet'>
  readonly romBytes: number
  readonly ports: IoBus
  readonly pci: PciBus
}

/** Files that firmware for QEMU looks for: the memory, tables for operating systems, and what it boots first, by device paths of Open Firmware. */
export function configureFirmware(fwCfg: FwCfg, board: Board): void {
  const { memoryBytes, drives, boot: { order, menu = false }, model, processors, romBytes } = board
  const map = new DataView(new ArrayBuffer(E820_BYTES))
  map.setBigUint64(8, BigInt(memoryBytes), true)
  map.setUint32(16, RAM, true)
  fwCfg.addFile('bootorder', Buffer.from(`${bootPaths(drives, order).join('\n')}\0`, 'latin1'))
  fwCfg.setItem(FW_CFG.bootMenu, Uint8Array.of(Number(menu), 0))
  fwCfg.addFile('etc/e820', new Uint8Array(map.buffer))
  fwCfg.addFile('etc/system-states', Uint8Array.from(SLEEP_STATES))
  const smbios = smbiosTables(smbiosPartsOf(model, processors, memoryBytes, romBytes), 0)
  fwCfg.addFile('etc/smbios/smbios-anchor', smbios.entry)
  fwCfg.addFile('etc/smbios/smbios-tables', smbios.structures)
  // The tables say where the firmware has put the ports of power management: it reads them when it has.
  const files = (): AcpiLoaderFiles => acpiLoaderFiles(acpiPartsOf(board.ports, model.has('apic'), processors, board.pci.readConfig(POWER_MANAGEMENT, PM_BASE, 4) & PM_BASE_BITS, board.present))
  const { rsdp, tables, facs, script } = files()
  fwCfg.addFile(ACPI_FILES.rsdp, rsdp)
  fwCfg.addFile(ACPI_FILES.tables, tables, () => files().tables)
  fwCfg.addFile(ACPI_FILES.facs, facs)
  fwCfg.addFile('etc/table-loader', script)
}
