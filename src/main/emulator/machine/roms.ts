/** A real BIOS in the place of the lab's own: its ROM, and what it expects to find on a board that QEMU would have made. */
import { CMOS } from '../devices/rtc-mc146818'
import { FW_CFG, type FwCfg } from '../devices/fw-cfg'
import { type BootChoice, bootKinds, bootPaths } from './boot-order'
import type { Drives } from './drives'

/** ROMs of a machine, as in their files. */
export interface Roms {
  /** BIOS: it ends at 4 GiB, and its last 128 KiB at 1 MiB. */
  readonly bios: Uint8Array
  /** BIOS of the display: its PCI expansion ROM. */
  readonly vga?: Uint8Array | undefined
}

const PAGE = 0x1000
export const MIN_BIOS_BYTES = 16 << 10
export const MAX_BIOS_BYTES = 16 << 20
const MAX_VGA_BYTES = 64 << 10
const OPTION_ROM = [0x55, 0xaa] as const

/** Why these cannot be a machine's ROMs; undefined: they can. */
export function romProblem({ bios, vga }: Roms): string | undefined {
  if (bios.length % PAGE !== 0 || bios.length < MIN_BIOS_BYTES || bios.length > MAX_BIOS_BYTES) {
    return `The BIOS has ${bios.length} bytes: a ROM has whole pages of 4 KiB, from 16 KiB to 16 MiB.`
  }
  if (vga && (vga.length > MAX_VGA_BYTES || vga[0] !== OPTION_ROM[0] || vga[1] !== OPTION_ROM[1])) {
    return `The display's BIOS is no option ROM: it begins with 55 AA and has no more than 64 KiB.`
  }
  return undefined
}

/** BIOS boot order, translation of the hard disks' geometry (2 bits each): cells of Bochs and QEMU. */
const BOOT_ORDER = { last: 0x38, first: 0x3d } as const
const TRANSLATION = 0x39
const LBA_ASSISTED = 0b0101_0101
const BOOT_KINDS = { floppy: 1, disk: 2, cd: 3 } as const
const ALL_KINDS = ['floppy', 'disk', 'cd'] as const

/** @see configureCmos for the cells that every PC has */
export function configureRomCmos(ram: Uint8Array, drives: Drives, { order }: BootChoice): void {
  const { hardware } = drives
  const [first = 0, second = 0, third = 0] = [...new Set([...bootKinds(drives, order), ...ALL_KINDS])].map((kind) => BOOT_KINDS[kind])
  ram[BOOT_ORDER.first] = first | (second << 4)
  ram[BOOT_ORDER.last] = (third << 4) | 1
  ram[TRANSLATION] = LBA_ASSISTED
  ram[CMOS.disks] = hardware.some(({ medium }) => medium === 'disk') ? 0xf0 : 0
}

const E820_BYTES = 20
const RAM = 1

/** Files that SeaBIOS looks for: the memory, and what it boots first, by device paths of Open Firmware. */
export function configureFirmware(fwCfg: FwCfg, memoryBytes: number, drives: Drives, { order, menu = false }: BootChoice): void {
  const map = new DataView(new ArrayBuffer(E820_BYTES))
  map.setBigUint64(8, BigInt(memoryBytes), true)
  map.setUint32(16, RAM, true)
  fwCfg.addFile('bootorder', Buffer.from(`${bootPaths(drives, order).join('\n')}\0`, 'latin1'))
  fwCfg.setItem(FW_CFG.bootMenu, Uint8Array.of(Number(menu), 0))
  fwCfg.addFile('etc/e820', new Uint8Array(map.buffer))
}
