/** Builds the boot loader from its sources in resources/loader. They travel inside the bundle, so nothing is looked up at run time. */
import a20 from '../../../resources/loader/a20.c?raw'
import biosHeader from '../../../resources/loader/bios.h?raw'
import bootloaderCrate from '../../../resources/loader/bootloader_crate.c?raw'
import bootloader11 from '../../../resources/loader/bootloader11.c?raw'
import bootloader11Config from '../../../resources/loader/bootloader11_config.c?raw'
import bootloader11Regions from '../../../resources/loader/bootloader11_regions.c?raw'
import bootloader11Header from '../../../resources/loader/bootloader11.h?raw'
import bytes from '../../../resources/loader/bytes.c?raw'
import consoleSource from '../../../resources/loader/console.c?raw'
import crateSpace from '../../../resources/loader/crate_space.c?raw'
import crateSpaceHeader from '../../../resources/loader/crate_space.h?raw'
import config from '../../../resources/loader/config.c?raw'
import detect from '../../../resources/loader/detect.c?raw'
import disk from '../../../resources/loader/disk.c?raw'
import elf from '../../../resources/loader/elf.c?raw'
import elf64 from '../../../resources/loader/elf64.c?raw'
import fat from '../../../resources/loader/fat.c?raw'
import findingHeader from '../../../resources/loader/finding.h?raw'
import firmware from '../../../resources/loader/firmware.c?raw'
import flat from '../../../resources/loader/flat.c?raw'
import format from '../../../resources/loader/format.c?raw'
import graphics from '../../../resources/loader/graphics.c?raw'
import handoff from '../../../resources/loader/handoff.c?raw'
import inflate from '../../../resources/loader/inflate.c?raw'
import iso9660 from '../../../resources/loader/iso9660.c?raw'
import leave from '../../../resources/loader/leave.S?raw'
import linux from '../../../resources/loader/linux.c?raw'
import main from '../../../resources/loader/main.c?raw'
import memory from '../../../resources/loader/memory.c?raw'
import memoryBios from '../../../resources/loader/memory_bios.c?raw'
import menu from '../../../resources/loader/menu.c?raw'
import menuHeader from '../../../resources/loader/menu.h?raw'
import modules from '../../../resources/loader/modules.c?raw'
import multiboot from '../../../resources/loader/multiboot.c?raw'
import multiboot1 from '../../../resources/loader/multiboot1.c?raw'
import multiboot2 from '../../../resources/loader/multiboot2.c?raw'
import names from '../../../resources/loader/names.c?raw'
import namesHeader from '../../../resources/loader/names.h?raw'
import paging from '../../../resources/loader/paging.c?raw'
import program from '../../../resources/loader/program.c?raw'
import progress from '../../../resources/loader/progress.c?raw'
import protocols from '../../../resources/loader/protocols.c?raw'
import relocate from '../../../resources/loader/relocate.c?raw'
import reserve from '../../../resources/loader/reserve.c?raw'
import loaderHeader from '../../../resources/loader/loader.h?raw'
import serial from '../../../resources/loader/serial.c?raw'
import serialHeader from '../../../resources/loader/serial.h?raw'
import stage1CdScript from '../../../resources/loader/stage1-cd.ld?raw'
import stage1Cd from '../../../resources/loader/stage1-cd.S?raw'
import stage1Script from '../../../resources/loader/stage1.ld?raw'
import stage1 from '../../../resources/loader/stage1.S?raw'
import stage2Script from '../../../resources/loader/stage2.ld?raw'
import stage2 from '../../../resources/loader/stage2.S?raw'
import volume from '../../../resources/loader/volume.c?raw'
import { BOOT_PROTOCOLS } from '../../shared/boot'
import type { AssemblerFn, FlatProgram, FlatSource } from './assembler'
import { PARAMETERS } from './boot-parameters'
import { ImageError } from './errors'
import { CD, LOADER_DEFINES, MAX_STAGE2_SECTORS, PROTOCOL_NUMBERS, SECTOR_BYTES } from './layout'
import { LIMINE_SOURCES } from './limine-sources'

/** The loader's binaries for a BIOS as they come from the linker; buildDiskImage completes them. */
export interface LoaderBinaries {
  /** One sector. */
  stage1: Uint8Array
  /** Stage 1 of a CD: 1 KiB, which stage 2 follows directly. */
  stage1Cd: Uint8Array
  /** Up to 224 KiB, with its data. */
  stage2: Uint8Array
}

/** Any 80486 runs the loader's C; it decides itself what the processor can do. */
export const LOADER_FLAGS: readonly string[] = [
  '-std=c23',
  '-Os',
  '-march=i486',
  '-mno-mmx',
  '-mno-sse',
  '-msoft-float',
  '-ffreestanding',
  '-fno-pic',
  '-fomit-frame-pointer',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fno-unwind-tables',
]

/** Linker scripts see the layout's numbers as symbols. */
export function withLayout(script: string): string {
  const assignments = Object.entries(LOADER_DEFINES).map(([name, value]) => `${name} = ${value};`)
  return `${assignments.join('\n')}\n${script}`
}

/** The words of the boot configuration that stand for numbers, as tables in C. */
function configWords(): string {
  const table = (name: string, words: readonly (readonly [word: string, number: number])[]): string =>
    `static const struct config_word ${name}[] = {${words.map(([word, number]) => `{"${word}", ${number}}`).join(', ')}};\n`
  const kinds = BOOT_PROTOCOLS.map((name) => [name, PROTOCOL_NUMBERS[name]] as const)
  return `#include "finding.h"\nstruct config_word { const char *word; uint32_t number; };\n${table('protocol_words', kinds)}${table('parameter_words', PARAMETERS.map((name, index) => [name, index]))}`
}

/** Finds what to boot; part of stage 2 and of the UEFI programs, compiled for each. */
export const FINDING_SOURCES: readonly FlatSource[] = [
  { name: 'finding.h', text: findingHeader },
  { name: 'config_words.h', text: configWords() },
  { name: 'menu.h', text: menuHeader },
  { name: 'names.h', text: namesHeader },
  { name: 'config.c', text: config },
  { name: 'fat.c', text: fat },
  { name: 'format.c', text: format },
  { name: 'iso9660.c', text: iso9660 },
  { name: 'menu.c', text: menu },
  { name: 'names.c', text: names },
  { name: 'progress.c', text: progress },
  { name: 'volume.c', text: volume },
]

/** Puts a kernel into memory and enters it, in 32-bit mode under every firmware. */
export const ENTERING_SOURCES: readonly FlatSource[] = [
  { name: 'loader.h', text: loaderHeader },
  { name: 'leave.S', text: leave },
  { name: 'bootloader_crate.c', text: bootloaderCrate },
  { name: 'bootloader11.h', text: bootloader11Header },
  { name: 'bootloader11.c', text: bootloader11 },
  { name: 'bootloader11_config.c', text: bootloader11Config },
  { name: 'bootloader11_regions.c', text: bootloader11Regions },
  { name: 'bytes.c', text: bytes },
  { name: 'crate_space.h', text: crateSpaceHeader },
  { name: 'crate_space.c', text: crateSpace },
  { name: 'detect.c', text: detect },
  { name: 'elf.c', text: elf },
  { name: 'elf64.c', text: elf64 },
  { name: 'flat.c', text: flat },
  { name: 'handoff.c', text: handoff },
  { name: 'inflate.c', text: inflate },
  ...LIMINE_SOURCES,
  { name: 'linux.c', text: linux },
  { name: 'memory.c', text: memory },
  { name: 'modules.c', text: modules },
  { name: 'multiboot.c', text: multiboot },
  { name: 'multiboot1.c', text: multiboot1 },
  { name: 'multiboot2.c', text: multiboot2 },
  { name: 'paging.c', text: paging },
  { name: 'program.c', text: program },
  { name: 'protocols.c', text: protocols },
  { name: 'relocate.c', text: relocate },
  { name: 'reserve.c', text: reserve },
]

/** What a BIOS machine needs of its own. */
const BIOS_SOURCES: readonly FlatSource[] = [
  { name: 'bios.h', text: biosHeader },
  { name: 'stage2.S', text: stage2 },
  { name: 'a20.c', text: a20 },
  { name: 'console.c', text: consoleSource },
  { name: 'disk.c', text: disk },
  { name: 'firmware.c', text: firmware },
  { name: 'graphics.c', text: graphics },
  { name: 'main.c', text: main },
  { name: 'memory_bios.c', text: memoryBios },
  { name: 'serial.h', text: serialHeader },
  { name: 'serial.c', text: serial },
]

/** What is compiled, as the assembler function receives it. */
export const LOADER_PROGRAMS: Readonly<Record<keyof LoaderBinaries, FlatProgram>> = {
  stage1: {
    sources: [{ name: 'stage1.S', text: stage1 }],
    linkerScript: withLayout(stage1Script),
    defines: { ...LOADER_DEFINES },
    flags: [...LOADER_FLAGS],
  },
  stage1Cd: {
    sources: [{ name: 'stage1-cd.S', text: stage1Cd }],
    linkerScript: withLayout(stage1CdScript),
    defines: { ...LOADER_DEFINES },
    flags: [...LOADER_FLAGS],
  },
  stage2: {
    sources: [...BIOS_SOURCES, ...FINDING_SOURCES, ...ENTERING_SOURCES],
    linkerScript: withLayout(stage2Script),
    defines: { ...LOADER_DEFINES },
    flags: [...LOADER_FLAGS],
  },
}

/**
 * Assembles all stages.
 * @throws ImageError when a stage does not have the size it must have; what `run` rejects with passes through.
 */
export async function assembleLoader(run: AssemblerFn, signal?: AbortSignal): Promise<LoaderBinaries> {
  const [first, cd, second] = await Promise.all([run(LOADER_PROGRAMS.stage1, signal), run(LOADER_PROGRAMS.stage1Cd, signal), run(LOADER_PROGRAMS.stage2, signal)])
  if (first.length !== SECTOR_BYTES) throw wrongSize('stage1.S', first.length, `exactly ${SECTOR_BYTES}`)
  if (cd.length !== CD.CD_STAGE1_BYTES) throw wrongSize('stage1-cd.S', cd.length, `exactly ${CD.CD_STAGE1_BYTES}`)
  const limit = MAX_STAGE2_SECTORS * SECTOR_BYTES
  if (second.length === 0 || second.length > limit) throw wrongSize('stage2.S', second.length, `1 to ${limit}`)
  return { stage1: first, stage1Cd: cd, stage2: second }
}

function wrongSize(source: string, actual: number, wanted: string): ImageError {
  return new ImageError({
    what: `The boot loader came out with ${actual} bytes; ${wanted} are wanted.`,
    where: `resources/loader/${source}`,
    why: 'A loader of another size cannot be put on a disk.',
    next: 'Check that the compiler honours the flags it is given; in a checkout, that the loader’s sources are unchanged.',
  })
}
