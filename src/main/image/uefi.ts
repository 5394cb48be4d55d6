/** Builds the UEFI programs from their sources in resources/loader/uefi: a front end for each kind of firmware, and the one 32-bit part that enters kernels. */
import fontJson from '../../../resources/fonts/cp437-8x16.json'
import bytes from '../../../resources/loader/bytes.c?raw'
import serial from '../../../resources/loader/serial.c?raw'
import serialHeader from '../../../resources/loader/serial.h?raw'
import blobScript from '../../../resources/loader/uefi/blob.ld?raw'
import efiConsole from '../../../resources/loader/uefi/efi_console.c?raw'
import efiDisk from '../../../resources/loader/uefi/efi_disk.c?raw'
import efiMachine from '../../../resources/loader/uefi/efi_machine.c?raw'
import efiMain from '../../../resources/loader/uefi/efi_main.c?raw'
import efiMemory from '../../../resources/loader/uefi/efi_memory.c?raw'
import efiScreen from '../../../resources/loader/uefi/efi_screen.c?raw'
import efiTables from '../../../resources/loader/uefi/efi_tables.c?raw'
import enter from '../../../resources/loader/uefi/enter.c?raw'
import enterHeader from '../../../resources/loader/uefi/enter.h?raw'
import enterStart from '../../../resources/loader/uefi/enter.S?raw'
import handOverHeader from '../../../resources/loader/uefi/hand_over.h?raw'
import leave from '../../../resources/loader/uefi/leave.c?raw'
import low from '../../../resources/loader/uefi/low.c?raw'
import programHeader from '../../../resources/loader/uefi/program.h?raw'
import textConsole from '../../../resources/loader/uefi/text_console.c?raw'
import uefiHeader from '../../../resources/loader/uefi/uefi.h?raw'
import type { AssemblerFn, EfiAssemblerFn, EfiProgram, FlatProgram, FlatSource } from './assembler'
import { LOADER_DEFINES } from './layout'
import { ENTERING_SOURCES, FINDING_SOURCES, LOADER_FLAGS, withLayout } from './loader'
import { BLOB_ADDRESSES, blobSource } from './uefi-blob'

/** The UEFI programs as files. */
export interface UefiBinaries {
  /** EFI/BOOT/BOOTX64.EFI */
  x64: Uint8Array
  /** EFI/BOOT/BOOTIA32.EFI */
  ia32: Uint8Array
}

const BLOB_STACK_BYTES = 0x10000
const FONT_FIRST = 0x20
const FONT_LAST = 0x7e

/** The printable part of the screen's font, as C. */
function fontHeader(): FlatSource {
  const glyphs = fontJson.glyphs.slice(FONT_FIRST, FONT_LAST + 1).map((rows) => `{${(rows.match(/../g) ?? []).map((row) => `0x${row}`).join(',')}}`)
  return { name: 'font.h', text: `#define FONT_FIRST ${FONT_FIRST}\n#define FONT_LAST ${FONT_LAST}\nstatic const uint8_t font[][16] = {\n${glyphs.join(',\n')}};\n` }
}

const HAND_OVER: FlatSource = { name: 'hand_over.h', text: handOverHeader }

const blobProgram = (address: number): FlatProgram => ({
  sources: [
    ...FINDING_SOURCES.filter(({ name }) => name === 'finding.h' || name === 'format.c'),
    ...ENTERING_SOURCES,
    HAND_OVER,
    fontHeader(),
    { name: 'enter.h', text: enterHeader },
    { name: 'enter.S', text: enterStart },
    { name: 'enter.c', text: enter },
    { name: 'serial.h', text: serialHeader },
    { name: 'serial.c', text: serial },
    { name: 'efi_console.c', text: efiConsole },
    { name: 'efi_machine.c', text: efiMachine },
    { name: 'efi_memory.c', text: efiMemory },
  ],
  linkerScript: withLayout(`BLOB_ADDRESS = ${address};\nBLOB_STACK_BYTES = ${BLOB_STACK_BYTES};\n${blobScript}`),
  defines: { ...LOADER_DEFINES },
  flags: [...LOADER_FLAGS],
})

const programFor = (machine: EfiProgram['machine'], blob: FlatSource): EfiProgram => ({
  machine,
  sources: [
    ...FINDING_SOURCES,
    HAND_OVER,
    { name: 'bytes.c', text: bytes },
    { name: 'uefi.h', text: uefiHeader },
    { name: 'program.h', text: programHeader },
    { name: 'efi_main.c', text: efiMain },
    { name: 'efi_disk.c', text: efiDisk },
    { name: 'efi_screen.c', text: efiScreen },
    { name: 'efi_tables.c', text: efiTables },
    { name: 'leave.c', text: leave },
    { name: 'low.c', text: low },
    { name: 'text_console.c', text: textConsole },
    blob,
  ],
  defines: { ...LOADER_DEFINES, BLOB_ADDRESS: BLOB_ADDRESSES[0] },
  flags: ['-std=c23', '-Os', '-mno-mmx', '-mno-sse', '-msoft-float', '-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-fno-builtin'],
})

/**
 * Builds both programs.
 * @throws ImageError when the 32-bit part cannot be moved; what the two functions reject with passes through.
 */
export async function assembleUefi({ flat, efi }: { flat: AssemblerFn; efi: EfiAssemblerFn }, signal?: AbortSignal): Promise<UefiBinaries> {
  const [first, second] = await Promise.all([flat(blobProgram(BLOB_ADDRESSES[0]), signal), flat(blobProgram(BLOB_ADDRESSES[1]), signal)])
  const blob = blobSource(first, second)
  const [x64, ia32] = await Promise.all([efi(programFor('x64', blob), signal), efi(programFor('ia32', blob), signal)])
  return { x64, ia32 }
}
