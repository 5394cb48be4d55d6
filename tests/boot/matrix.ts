/**
 * Protocols × media × machines: tables, and what a cell boots. Every cell's kernel checks for itself what it was promised: the state of
 * the processor, its own content, memory map, command line, modules.
 */
import type { BootModule } from '../../src/shared/boot'
import type { FileSystem, ImageLayout } from '../../src/shared/image'
import { buildBootSectorImage, type KernelHints } from '../../src/main/image/index'
import { linkKernel, type TestKernel } from '../support/link-kernel'
import { checkedModules } from './checked-modules'
import { byteList, crateSection } from './crate11-config'
import { OWN_UPPER_KIB, script } from './kernels'
import { LIMINE_CHECKS, limineKernel } from './limine-kernels'
import { imageOf } from './qemu-judge'
import bootloader from './qemu-kernels/bootloader.c?raw'
import bootloader11 from './qemu-kernels/bootloader11.c?raw'
import elf64 from './qemu-kernels/elf64.c?raw'
import multiboot from './qemu-kernels/multiboot.c?raw'
import multiboot2 from './qemu-kernels/multiboot2.c?raw'
import real from './qemu-kernels/real.c?raw'

export interface MatrixMachine {
  name: string
  uefi: boolean
  /** Memory without a hole from 1 MiB. */
  upperKib: number
  /** It has tables of ACPI and SMBIOS. */
  tables: boolean
}

export const MACHINES = {
  own: { name: 'Bootlab’s PC', uefi: false, upperKib: OWN_UPPER_KIB, tables: true },
  seabios: { name: 'QEMU, SeaBIOS', uefi: false, upperKib: 130_944 - 1024, tables: true },
  // It leaves a hole at 8 MiB.
  ovmf: { name: 'QEMU, OVMF (UEFI, x64)', uefi: true, upperKib: 7168, tables: true },
} as const satisfies Record<string, MatrixMachine>

export interface Medium {
  layout: ImageLayout
  fileSystem: FileSystem
  /** How the machine gets it. */
  as: 'disk' | 'CD' | 'floppy'
  /** What a BIOS calls it. */
  drive: number
  /** The partition that it boots from, from 0. */
  partition?: number
}

export const MEDIA: Readonly<Record<string, Medium>> = {
  'MBR, FAT16': { layout: 'mbr', fileSystem: 'fat16', as: 'disk', drive: 0x80, partition: 0 },
  'MBR, FAT32': { layout: 'mbr', fileSystem: 'fat32', as: 'disk', drive: 0x80, partition: 0 },
  'raw partition': { layout: 'mbr', fileSystem: 'none', as: 'disk', drive: 0x80, partition: 0 },
  GPT: { layout: 'gpt', fileSystem: 'auto', as: 'disk', drive: 0x80, partition: 0 },
  'CD (ISO)': { layout: 'iso', fileSystem: 'auto', as: 'CD', drive: 0xe0 },
  'ISO as disk': { layout: 'iso', fileSystem: 'auto', as: 'disk', drive: 0x80 },
  floppy: { layout: 'floppy', fileSystem: 'fat12', as: 'floppy', drive: 0x00 },
}

/** What a kernel is told about where it will run. */
export interface Situation {
  machine: MatrixMachine
  medium: Medium
}

export interface MatrixKernel {
  file: Uint8Array
  hints?: KernelHints
  commandLine?: string
  modules?: readonly BootModule[]
}

export interface Protocol {
  /** Its kernel reports so many good lines. */
  checks: number
  kernel: (situation: Situation) => Promise<MatrixKernel>
  /** Why there is nothing to boot. */
  forbidden?: (situation: Situation) => string | undefined
}

const COMMAND_LINE = 'root=/dev/hda1 verbose "two words"'
/** Little, so that everything fits on a diskette. */
const CLEARED = { CLEARED_WORDS: 4000 }
const TWO = checkedModules(2)
const RAMDISK = Uint8Array.from({ length: 123_457 }, (_, index) => (index * 7 + (index >> 8)) & 0xff)
const FLAT_ADDRESS = 0x100000
const FLAT16_ADDRESS = 0x7e00
const LINKED_LOW = script('0x100000', '0')

/** Everything in one piece, cleared memory too, with the code first. */
const flatScript = (address: number): string => `SECTIONS {
  . = ${address};
  .all : { *(.text .text.*) *(.rodata .rodata.*) *(.data .data.*) *(.bss .bss.*) . = ALIGN(4); BYTE(0) }
  /DISCARD/ : { *(.multiboot) *(.comment) *(.note*) }
}`
const flat = (address: number): Pick<TestKernel, 'linkArguments' | 'linkerScript'> => ({ linkArguments: ['--oformat', 'binary'], linkerScript: flatScript(address) })

/** A kernel that is told its command line and gets two modules. */
async function informed({ machine, medium }: Situation, kernel: TestKernel, hints?: KernelHints): Promise<MatrixKernel> {
  const defines = {
    ...CLEARED,
    ...TWO.defines,
    EXPECTED_UPPER_KIB: machine.upperKib,
    EXPECTED_COMMAND_LINE: JSON.stringify(COMMAND_LINE),
    BOOT_DEVICE: `${((medium.drive << 24) | ((medium.partition ?? 0xff) << 16) | 0xffff) >>> 0}u`,
    HAS_ACPI: machine.tables ? 1 : 0,
    ...(machine.uefi && { UEFI: 1 }),
    ...kernel.defines,
  }
  return { file: await linkKernel({ ...kernel, defines }), commandLine: COMMAND_LINE, modules: TWO.modules, ...(hints && { hints }) }
}

export const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  'Multiboot 1': { checks: 20, kernel: (at) => informed(at, { bits: 32, source: multiboot, linkerScript: LINKED_LOW }) },
  'Multiboot 2': { checks: 22, kernel: (at) => informed(at, { bits: 32, source: multiboot2, linkerScript: LINKED_LOW }) },
  'bootloader 0.9': {
    checks: 29,
    kernel: async () => ({
      file: await linkKernel({ bits: 64, source: bootloader, defines: { PHYSICAL: 1, RECURSIVE: 1, ...CLEARED }, linkArguments: ['-z', 'separate-code'] }),
      hints: { bootloader: { version: '0.9.34', features: ['map_physical_memory', 'recursive_page_table'] } },
    }),
  },
  'bootloader 0.11': {
    checks: 49,
    kernel: async ({ machine }) => {
      const defines = {
        ...CLEARED,
        CONFIG: byteList(crateSection({ patch: 16, physical: true, recursive: true })),
        PATCH: 16,
        PIE: 1,
        PHYSICAL: 1,
        RECURSIVE: 1,
        RAMDISK_BYTES: RAMDISK.length,
        RAMDISK_SUM: `${RAMDISK.reduce((total, byte) => (Math.imul(total, 31) + byte) >>> 0, 0)}u`,
        EXPECTED_UNKNOWN: machine.uefi ? 2 : 3,
        EXPECTED_FRAMEBUFFER: 0,
      }
      const file = await linkKernel({ bits: 64, source: bootloader11, linkArguments: ['-z', 'separate-code'], pie: true, defines })
      return { file, modules: [{ bytes: RAMDISK, commandLine: 'ramdisk' }] }
    },
  },
  Limine: {
    checks: LIMINE_CHECKS,
    kernel: async ({ machine }) => {
      const tables = machine.tables ? 1 : 0
      const { file, modules } = await limineKernel({ defines: { ...CLEARED, FIRMWARE: machine.uefi ? 2 : 0, HAS_ACPI: tables, HAS_SMBIOS: tables, LEAST_USABLE_MIB: 60 }, modules: 2, commandLine: COMMAND_LINE })
      return { file, modules, commandLine: COMMAND_LINE }
    },
  },
  'ELF64, no header': { checks: 25, kernel: (at) => informed(at, { bits: 64, source: elf64, defines: { EXPECTED_ADDRESS: 0x200000 } }) },
  'flat, 16 bits': {
    checks: 9,
    forbidden: ({ machine }) => (machine.uefi ? 'a UEFI machine has left real mode, and has no BIOS to offer' : undefined),
    kernel: async ({ medium }) => ({
      file: await linkKernel({ bits: 32, source: real, defines: { EXPECTED_ADDRESS: FLAT16_ADDRESS, EXPECTED_DRIVE: medium.drive }, ...flat(FLAT16_ADDRESS) }),
      hints: { protocol: 'flat16', address: FLAT16_ADDRESS },
    }),
  },
  'flat, 32 bits': { checks: 20, kernel: (at) => informed(at, { bits: 32, source: multiboot, ...flat(FLAT_ADDRESS) }, { protocol: 'flat32', address: FLAT_ADDRESS }) },
  'flat, 64 bits': { checks: 25, kernel: (at) => informed(at, { bits: 64, source: elf64, defines: { EXPECTED_ADDRESS: FLAT_ADDRESS }, ...flat(FLAT_ADDRESS) }, { protocol: 'flat64', address: FLAT_ADDRESS }) },
}

/** The image of a cell, for BIOS and UEFI as ever. */
export async function cellImage(protocol: Protocol, situation: Situation): Promise<Uint8Array> {
  const { file, hints, commandLine = '', modules = [] } = await protocol.kernel(situation)
  const { layout, fileSystem } = situation.medium
  return imageOf(file, commandLine, { modules, ...hints, image: { layout, fileSystem, firmware: 'both' } })
}

/** A project's own boot sector is the whole of what a BIOS loads: it has media, but no layout. */
export const SECTOR = {
  name: 'boot sector',
  checks: 6,
  media: { disk: 0x80, floppy: 0x00 },
  forbidden: 'a UEFI firmware starts no boot sectors',
  image: async (drive: number): Promise<Uint8Array> =>
    buildBootSectorImage(await linkKernel({ bits: 32, source: real, defines: { SECTOR: 1, EXPECTED_ADDRESS: 0x7c00, EXPECTED_DRIVE: drive }, linkArguments: ['--oformat', 'binary'], linkerScript: `SECTIONS { . = 0x7c00; .text : { *(.text) } /DISCARD/ : { *(.comment) *(.note*) } }` })),
} as const

/** All cells of a machine; those that are forbidden have a reason. */
export function cellsOf(machine: MatrixMachine): { name: string; protocol: Protocol; situation: Situation; forbidden?: string }[] {
  return Object.entries(PROTOCOLS).flatMap(([protocolName, protocol]) =>
    Object.entries(MEDIA).map(([mediumName, medium]) => {
      const situation = { machine, medium }
      const forbidden = protocol.forbidden?.(situation)
      return { name: `${protocolName} from ${mediumName}`, protocol, situation, ...(forbidden !== undefined && { forbidden }) }
    }),
  )
}

/** docs/boot-matrix.md */
export function matrixPage(): string {
  const reasons: string[] = []
  const empty = (reason: string): string => {
    if (!reasons.includes(reason)) reasons.push(reason)
    return `– (${reasons.indexOf(reason) + 1})`
  }
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const media = Object.keys(MEDIA)
  const tables = Object.values(MACHINES).map((machine) => {
    const rows = Object.entries(PROTOCOLS).map(([name, protocol]) => row([name, ...Object.values(MEDIA).map((medium) => {
      const reason = protocol.forbidden?.({ machine, medium })
      return reason === undefined ? String(protocol.checks) : empty(reason)
    })]))
    const sector = machine.uefi ? `${SECTOR.name}: ${empty(SECTOR.forbidden)}` : `${SECTOR.name}, as hard disk and as diskette: ${SECTOR.checks}`
    return [`## ${machine.name}`, '', row(['', ...media]), row(['---', ...media.map(() => '---')]), ...rows, '', `A project's own ${sector}`].join('\n')
  })
  return `# Boot matrix

Every boot protocol, from every medium, on every firmware. In each cell a kernel boots that checks for itself what it was promised, and reports over the
serial port: the processor's state (registers, descriptor tables, paging), its own content and cleared memory, the memory map, the command line and the
modules by their hash, as far as the protocol has them. The number is that of its checks, all of which must be good.

Every image is for BIOS and UEFI at once. OVMF has no driver for diskette drives: there the diskette's image is a hard disk's. \`tests/boot/matrix*.test.ts\` boots the cells, and keeps this page true: \`npx vitest run tests/boot/matrix-own.test.ts -t page -u\` writes it
from the tables in \`tests/boot/matrix.ts\`.

${tables.join('\n\n')}
${reasons.length > 0 ? `\n## Empty cells\n\n${reasons.map((reason, index) => `${index + 1}. ${reason}`).join('\n')}\n` : ''}`
}
